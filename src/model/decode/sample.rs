//! One token by chance, out of a row of logits or out of its likeliest.

use super::likeliest;

/// How chance decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draw {
    /// What logits are divided by; 0 is the likeliest.
    pub temperature: f64,
    /// Only the smallest set of tokens is drawn from whose probabilities add up to this.
    pub top_p: f64,
}

/// Likeliest tokens that are sorted before all are.
const FIRST: usize = 64;

/// A token less likely than the likeliest by more than this, as a logarithm, is never drawn: all of a
/// vocabulary together would not come up once in 10¹² draws.
const UNHEARD_OF: f64 = -40.0;

/// A random token of the nucleus of `logits`.
pub fn sample(logits: &[f32], draw: Draw, random: &mut Random) -> u32 {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if draw.temperature <= 0.0 || !max.is_finite() {
        return likeliest(logits);
    }
    let mut total = 0.0;
    let mut weights: Vec<(u32, f64)> = Vec::new();
    for (token, logit) in (0u32..).zip(logits) {
        let power = f64::from(logit - max) / draw.temperature;
        if power > UNHEARD_OF {
            let weight = power.exp();
            total += weight;
            weights.push((token, weight));
        }
    }
    let by_weight = |a: &(u32, f64), b: &(u32, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if weights.len() > FIRST {
        weights.select_nth_unstable_by(FIRST, by_weight);
    }
    let count = FIRST.min(weights.len());
    let (first, _) = weights.split_at_mut(count);
    first.sort_unstable_by(by_weight);
    let mass = draw.top_p * total;
    if let Some(nucleus) = nucleus(first, mass) {
        return draw_from(nucleus, random);
    }
    weights.sort_unstable_by(by_weight);
    draw_from(nucleus(&weights, mass).unwrap_or(&weights), random)
}

/// Whether the likeliest tokens, with the logarithms of their probabilities at the temperature, have all
/// of the nucleus among them.
pub fn is_enough(best: &[(u32, f32)], top_p: f64) -> bool {
    nucleus(&weights(best), top_p).is_some()
}

/// A random token of the nucleus, given the likeliest tokens, the likeliest first, as in [`is_enough`].
/// `None`, and nothing is drawn, where they are not.
pub fn sample_best(best: &[(u32, f32)], top_p: f64, random: &mut Random) -> Option<u32> {
    nucleus(&weights(best), top_p).map(|nucleus| draw_from(nucleus, random))
}

fn weights(best: &[(u32, f32)]) -> Vec<(u32, f64)> {
    best.iter()
        .map(|(token, log_probability)| (*token, f64::from(*log_probability).exp()))
        .collect()
}

/// The first of `weights` that add up to `mass`, at least one; `None` where all together do not.
fn nucleus(weights: &[(u32, f64)], mass: f64) -> Option<&[(u32, f64)]> {
    let mut sum = 0.0;
    let last = weights.iter().position(|(_, weight)| {
        sum += weight;
        sum >= mass
    })?;
    weights.get(..=last)
}

/// One of `weights`, each as often as it says.
fn draw_from(weights: &[(u32, f64)], random: &mut Random) -> u32 {
    let sum: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let mut left = random.unit() * sum;
    let drawn = weights.iter().find(|(_, weight)| {
        left -= weight;
        left < 0.0
    });
    drawn.or(weights.last()).map_or(0, |(token, _)| *token)
}

/// `SplitMix64`: small, seeded, and the same on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Equal seeds give equal numbers.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// At least 0 and below 1.
    pub fn unit(&mut self) -> f64 {
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

    const ALL: f64 = 1.0;

    fn draw(temperature: f64, top_p: f64) -> Draw {
        Draw { temperature, top_p }
    }

    #[test]
    fn the_likeliest_of_equals_is_the_first_and_nothing_likely_is_still_a_token() {
        assert_eq!(likeliest(&[0.0, 2.0, 2.0]), 1);
        assert_eq!(likeliest(&[f32::NEG_INFINITY, f32::NAN]), 0);
        let mut random = Random::new(1);
        for nothing in [&[f32::NEG_INFINITY, f32::NAN][..], &[]] {
            assert_eq!(sample(nothing, draw(1.0, 0.9), &mut random), 0);
        }
        assert_eq!(sample_best(&[], 0.9, &mut random), None);
    }

    #[test]
    fn sampling_stays_in_the_nucleus_and_follows_the_probabilities() {
        let logits = [2f32.ln(), 1f32.ln(), 1f32.ln() - 9.0, f32::NEG_INFINITY];
        let mut random = Random::new(7);
        let mut counts = [0; 4];
        for _ in 0..3000 {
            counts[sample(&logits, draw(1.0, 0.9), &mut random) as usize] += 1;
        }
        assert_eq!(counts[2..], [0, 0]);
        assert!((1900..2100).contains(&counts[0]), "{counts:?}");
        assert_eq!(sample(&logits, draw(0.0, 0.9), &mut random), 0);
        assert_eq!(sample(&logits, draw(1.0, 0.0), &mut random), 0);
    }

    /// Logits of a vocabulary in which the likeliest are far apart and the rest is even.
    fn vocabulary(size: u16) -> Vec<f32> {
        let at = |i: u16| if i % 97 == 5 { 6.0 } else { 0.0 } + (f32::from(i) * 0.7).sin();
        (0..size).map(at).collect()
    }

    #[test]
    fn a_nucleus_of_any_size_is_drawn_from_whole() {
        let logits = vocabulary(1000);
        for (top_p, least) in [(0.05, 1), (0.5, 3), (0.99, 100), (ALL, 400)] {
            let mut random = Random::new(3);
            let drawn: std::collections::BTreeSet<u32> = (0..4000)
                .map(|_| sample(&logits, draw(1.0, top_p), &mut random))
                .collect();
            assert!(drawn.len() >= least, "{top_p}: {}", drawn.len());
        }
    }

    #[test]
    fn the_likeliest_are_enough_where_the_nucleus_is_within_them() {
        let logits = vocabulary(1000);
        for temperature in [0.2, 0.4, 1.0] {
            let scaled: Vec<f64> = logits.iter().map(|l| f64::from(*l) / temperature).collect();
            let total = scaled.iter().map(|l| l.exp()).sum::<f64>().ln();
            let mut best: Vec<(u32, f32)> = (0u32..)
                .zip(&scaled)
                .map(|(token, l)| {
                    #[expect(clippy::cast_possible_truncation, reason = "as a device gives it")]
                    let log_probability = (l - total) as f32;
                    (token, log_probability)
                })
                .collect();
            best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            best.truncate(8);
            let mass: f64 = best.iter().map(|(_, p)| f64::from(*p).exp()).sum();
            for top_p in [0.3, 0.9] {
                let (mut here, mut there) = (Random::new(11), Random::new(11));
                for _ in 0..50 {
                    let drawn = sample_best(&best, top_p, &mut here);
                    assert_eq!(drawn.is_some(), mass >= top_p, "{temperature} {top_p}");
                    if let Some(token) = drawn {
                        assert_eq!(token, sample(&logits, draw(temperature, top_p), &mut there));
                    }
                }
            }
        }
    }
}
