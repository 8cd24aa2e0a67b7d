//! One token from one row of logits.

use crate::model::decode::likeliest;

/// A random token of the smallest set whose probabilities add up to `top_p`.
pub(super) fn sample(logits: &[f32], temperature: f64, top_p: f64, random: &mut Random) -> u32 {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if temperature <= 0.0 || !max.is_finite() {
        return likeliest(logits);
    }
    let weight = |logit: f32| (f64::from(logit - max) / temperature).exp();
    let mut weights: Vec<(u32, f64)> = (0u32..)
        .zip(logits.iter().map(|logit| weight(*logit)))
        .collect();
    weights.retain(|(_, weight)| *weight > 0.0);
    weights.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let mut sum = 0.0;
    let nucleus = weights.iter().take_while(|(_, weight)| {
        let inside = sum < top_p * total;
        sum += weight;
        inside
    });
    let count = nucleus.count().max(1);
    weights.truncate(count);
    let mass: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let mut left = random.unit() * mass;
    for (token, weight) in &weights {
        left -= weight;
        if left < 0.0 {
            return *token;
        }
    }
    weights
        .last()
        .map_or_else(|| likeliest(logits), |(token, _)| *token)
}

/// `SplitMix64`: small, seeded, and the same on every machine.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// At least 0 and below 1.
    pub(super) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let high = u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or(0);
        f64::from(high) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_of_equals_is_the_first_and_nothing_likely_is_still_a_token() {
        assert_eq!(likeliest(&[0.0, 2.0, 2.0]), 1);
        assert_eq!(likeliest(&[f32::NEG_INFINITY, f32::NAN]), 0);
    }

    #[test]
    fn sampling_stays_in_the_nucleus_and_follows_the_probabilities() {
        let logits = [2f32.ln(), 1f32.ln(), 1f32.ln() - 9.0, f32::NEG_INFINITY];
        let mut random = Random::new(7);
        let mut counts = [0; 4];
        for _ in 0..3000 {
            counts[sample(&logits, 1.0, 0.9, &mut random) as usize] += 1;
        }
        assert_eq!(counts[2..], [0, 0]);
        assert!((1900..2100).contains(&counts[0]), "{counts:?}");
        assert_eq!(sample(&logits, 0.0, 0.9, &mut random), 0);
        assert_eq!(sample(&logits, 1.0, 0.0, &mut random), 0);
    }
}
