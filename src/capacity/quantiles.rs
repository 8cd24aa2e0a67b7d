//! A lot of times, in order.

use super::number;

/// Times in seconds, to be asked for their mean and for the time that a share of them keeps to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Quantiles {
    sorted: Vec<f64>,
}

impl FromIterator<f64> for Quantiles {
    fn from_iter<I: IntoIterator<Item = f64>>(times: I) -> Self {
        let mut sorted: Vec<f64> = times.into_iter().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Self { sorted }
    }
}

impl Quantiles {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// The mean; 0 of none.
    pub fn mean(&self) -> f64 {
        match self.sorted.len() {
            0 => 0.0,
            count => self.sorted.iter().sum::<f64>() / number(count),
        }
    }

    /// The least that `percent` of all do not exceed (the nearest rank); 0 of none.
    pub fn percent(&self, percent: usize) -> f64 {
        let rank = self.sorted.len().saturating_mul(percent).div_ceil(100);
        let at = rank.max(1) - 1;
        self.sorted.get(at).copied().unwrap_or(0.0)
    }

    /// The longest; 0 of none.
    pub fn most(&self) -> f64 {
        self.sorted.last().copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "the numbers are exact")]
    fn quantiles_are_values_that_were_there() {
        let times: Quantiles = (1..=100u8).rev().map(f64::from).collect();
        assert_eq!(times.percent(50), 50.0);
        assert_eq!(times.percent(99), 99.0);
        assert_eq!(
            (times.mean(), times.most(), times.count()),
            (50.5, 100.0, 100)
        );
        let none = Quantiles::default();
        assert_eq!(
            (none.mean(), none.percent(95), none.most()),
            (0.0, 0.0, 0.0)
        );
    }
}
