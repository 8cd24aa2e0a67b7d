//! What metrics have in common: counts that are summed over segments, and a score from the sum.

use crate::eval::ratio;

/// A metric whose score for many segments is computed from the sums of `N` counts of each.
///
/// Segments are counted once, and any choice of them is then scored by adding: that is what makes
/// [`crate::eval::bootstrap`] fast.
pub trait Metric<const N: usize> {
    /// The score, in percent, that goes with such sums.
    fn score(&self, counts: &[u32; N]) -> f64;

    /// The score of all segments together; what it is for none depends on the metric.
    fn corpus(&self, segments: &[[u32; N]]) -> f64 {
        let mut sums = [0; N];
        for counts in segments {
            add(&mut sums, counts);
        }
        self.score(&sums)
    }
}

/// Adds counts to sums, which end at the largest number there is.
pub(super) fn add<const N: usize>(sums: &mut [u32; N], counts: &[u32; N]) {
    for (sum, count) in sums.iter_mut().zip(counts) {
        *sum = sum.saturating_add(*count);
    }
}

/// The share of segments of which something is true, in percent; 0 where there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share;

impl Share {
    /// What one segment counts.
    pub fn counts(self, is_true: bool) -> [u32; 2] {
        [u32::from(is_true), 1]
    }
}

impl Metric<2> for Share {
    fn score(&self, [hits, total]: &[u32; 2]) -> f64 {
        100.0 * ratio(*hits, *total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_all_segments_and_none_have_none() {
        let counts: Vec<_> = [true, false, false, true, false]
            .map(|needs_review| Share.counts(needs_review))
            .to_vec();
        assert!((Share.corpus(&counts) - 40.0).abs() < 1e-9);
        assert!(Share.corpus(&[]).abs() < 1e-9);
    }

    #[test]
    fn sums_do_not_wrap() {
        let mut sums = [u32::MAX - 1, 1];
        add(&mut sums, &[5, 5]);
        assert_eq!(sums, [u32::MAX, 6]);
    }
}
