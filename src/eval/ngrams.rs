//! Runs of characters or words that two texts have in common.

use std::cmp::Ordering;

/// How many runs of `length` a text has.
pub(super) fn count<T>(text: &[T], length: usize) -> u32 {
    let runs = (text.len() + 1).saturating_sub(length);
    u32::try_from(runs).unwrap_or(u32::MAX)
}

/// How many runs of `length` both texts have; one that comes more than once counts as often as in
/// the text that has it less.
pub(super) fn shared<T: Ord>(a: &[T], b: &[T], length: usize) -> u32 {
    let (a, b) = (sorted(a, length), sorted(b, length));
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut shared = 0;
    while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
        match x.cmp(y) {
            Ordering::Less => drop(a.next()),
            Ordering::Greater => drop(b.next()),
            Ordering::Equal => {
                shared += 1;
                a.next();
                b.next();
            }
        }
    }
    shared
}

fn sorted<T: Ord>(text: &[T], length: usize) -> Vec<&[T]> {
    let mut runs: Vec<&[T]> = text.windows(length.max(1)).collect();
    runs.sort_unstable();
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn a_run_counts_as_often_as_both_have_it() {
        let (a, b) = (chars("ааабв"), chars("ваааа"));
        // а three times, в once.
        assert_eq!(shared(&a, &b, 1), 4);
        // аа twice.
        assert_eq!(shared(&a, &b, 2), 2);
        assert_eq!(shared(&a, &b, 3), 1);
        assert_eq!(shared(&a, &b, 4), 0);
    }

    #[test]
    fn a_text_shorter_than_the_run_has_none() {
        assert_eq!(count(&chars("한국"), 1), 2);
        assert_eq!(count(&chars("한국"), 2), 1);
        assert_eq!(count(&chars("한국"), 3), 0);
        assert_eq!(count(&chars(""), 1), 0);
        assert_eq!(shared(&chars("한국"), &chars("한국"), 3), 0);
    }
}
