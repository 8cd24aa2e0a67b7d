//! Chance that is the same every time.

/// Steele, Lea and Flood's generator.
#[derive(Debug, Clone)]
pub struct SplitMix(u64);

impl SplitMix {
    /// One that gives the same numbers for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// One for another purpose, so that a question more or less there changes nothing here.
    #[must_use]
    pub fn apart(seed: u64, purpose: u64) -> Self {
        let mut random = Self(seed ^ purpose.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        Self(random.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Above 0, at most 1.
    pub fn uniform(&mut self) -> f64 {
        let top = u32::try_from(self.next() >> 32).unwrap_or(u32::MAX);
        (f64::from(top) + 1.0) / (f64::from(u32::MAX) + 1.0)
    }

    /// Of this mean, as are gaps between independent events.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -self.uniform().ln() * mean
    }

    /// Of this mean, and of this standard deviation as a share of it: never below 0, and seldom
    /// far above, as lengths of texts are.
    pub fn log_normal(&mut self, mean: f64, spread: f64) -> f64 {
        let variance = (1.0 + spread * spread).ln();
        (variance.sqrt() * self.normal() - variance / 2.0).exp() * mean
    }

    /// Of mean 0 and standard deviation 1 (Box and Muller).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Below `count`; 0 where there is nothing to choose from.
    pub fn below(&mut self, count: usize) -> usize {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let chosen = (self.next() >> 32).wrapping_mul(count.min(1 << 32)) >> 32;
        usize::try_from(chosen).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_and_another_purpose_others() {
        let draw = |mut random: SplitMix| (0..5).map(|_| random.next()).collect::<Vec<_>>();
        assert_eq!(draw(SplitMix::new(7)), draw(SplitMix::new(7)));
        assert_eq!(draw(SplitMix::apart(7, 1)), draw(SplitMix::apart(7, 1)));
        assert_ne!(draw(SplitMix::apart(7, 1)), draw(SplitMix::apart(7, 2)));
        assert_ne!(draw(SplitMix::apart(7, 1)), draw(SplitMix::apart(8, 1)));
    }

    /// Mean, and standard deviation as a share of it.
    fn moments(values: &[f64]) -> (f64, f64) {
        let count = f64::from(u32::try_from(values.len()).unwrap());
        let mean = values.iter().sum::<f64>() / count;
        let square = values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / count;
        (mean, square.sqrt() / mean)
    }

    #[test]
    fn distributions_have_the_mean_and_the_spread_that_are_asked_for() {
        let mut random = SplitMix::new(3);
        for spread in [0.0, 0.3, 0.8] {
            let values: Vec<f64> = (0..100_000)
                .map(|_| random.log_normal(480.0, spread))
                .collect();
            let (mean, found) = moments(&values);
            assert!((mean / 480.0 - 1.0).abs() < 0.01, "{spread}: {mean}");
            assert!((found - spread).abs() < 0.02, "{spread}: {found}");
            assert!(values.iter().all(|value| *value > 0.0));
        }
        let gaps: Vec<f64> = (0..100_000).map(|_| random.exponential(2.0)).collect();
        let (mean, spread) = moments(&gaps);
        assert!(
            (mean - 2.0).abs() < 0.03 && (spread - 1.0).abs() < 0.02,
            "{mean} {spread}"
        );
    }

    #[test]
    fn each_of_a_few_is_chosen_as_often_as_the_others() {
        let mut random = SplitMix::new(9);
        let mut chosen = [0; 3];
        for _ in 0..30_000 {
            chosen[random.below(3)] += 1;
        }
        assert!(
            chosen.iter().all(|count| (9_600..10_400).contains(count)),
            "{chosen:?}"
        );
        assert_eq!(random.below(1), 0);
        assert_eq!(random.below(0), 0);
    }
}
