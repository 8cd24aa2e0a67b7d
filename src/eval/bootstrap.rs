//! Do two systems differ by more than the choice of the segments explains?
//!
//! Paired bootstrap resampling: as many segments as there are are drawn again and again, with
//! replacement, the same for both systems, and what the metric says of each draw shows how much its
//! score owes to chance. The numbers are those of sacrebleu's `--paired-bs`, but for two things: the
//! generator of the draws is our own and the same on every machine, and systems that no draw tells
//! apart have a probability of 1, where sacrebleu gives its least.
//!
//! Koehn, 2004: Statistical significance tests for machine translation evaluation.

use crate::eval::metric::{Metric, add};
use crate::eval::{count, ratio};

/// How often segments are drawn.
pub const SAMPLES: usize = 1000;
/// The seed that is used when nobody names another.
pub const SEED: u64 = 12345;

/// What a metric says of two systems on the same segments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paired {
    /// The system that the other is compared with.
    pub baseline: Estimate,
    /// The system that is compared.
    pub system: Estimate,
    /// How much higher the system scores than the baseline, on average over the draws.
    pub mean_difference: f64,
    /// Where 95 % of these differences are.
    pub interval: (f64, f64),
    /// How likely a difference as large as the one found is when there is none.
    pub p: f64,
}

impl Paired {
    /// How much higher the system scores than the baseline, on the segments as they are.
    pub fn difference(&self) -> f64 {
        self.system.score - self.baseline.score
    }
}

/// A score, and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Of the segments as they are.
    pub score: f64,
    /// Over the draws.
    pub mean: f64,
    /// Half of the range in which 95 % of the draws are.
    pub half_width: f64,
}

/// Compares two systems by the counts of their segments, which are in the same order: [`SAMPLES`]
/// draws, the same for the same seed and number of segments.
///
/// `None` where there are no segments, or not as many of one system as of the other.
pub fn paired<const N: usize>(
    metric: &impl Metric<N>,
    baseline: &[[u32; N]],
    system: &[[u32; N]],
    seed: u64,
) -> Option<Paired> {
    let mut random = SplitMix(seed);
    compare(metric, baseline, system, SAMPLES, || {
        random.below(baseline.len())
    })
}

/// As [`paired`], with what is drawn given as indices of segments.
fn compare<const N: usize>(
    metric: &impl Metric<N>,
    baseline: &[[u32; N]],
    system: &[[u32; N]],
    samples: usize,
    mut draw: impl FnMut() -> usize,
) -> Option<Paired> {
    if baseline.is_empty() || baseline.len() != system.len() {
        return None;
    }
    let mut baselines = Vec::with_capacity(samples);
    let mut systems = Vec::with_capacity(samples);
    for _ in 0..samples {
        let mut sums = ([0; N], [0; N]);
        for _ in 0..baseline.len() {
            let at = draw();
            if let (Some(baseline), Some(system)) = (baseline.get(at), system.get(at)) {
                add(&mut sums.0, baseline);
                add(&mut sums.1, system);
            }
        }
        baselines.push(metric.score(&sums.0));
        systems.push(metric.score(&sums.1));
    }
    let differences: Vec<f64> = systems.iter().zip(&baselines).map(|(s, b)| s - b).collect();
    let found = metric.corpus(system) - metric.corpus(baseline);
    Some(Paired {
        baseline: estimate(metric.corpus(baseline), baselines),
        system: estimate(metric.corpus(system), systems),
        mean_difference: mean(&differences),
        p: p_value(&differences, found),
        interval: interval(differences),
    })
}

fn estimate(score: f64, samples: Vec<f64>) -> Estimate {
    let mean = mean(&samples);
    let (low, high) = interval(samples);
    Estimate {
        score,
        mean,
        half_width: (high - low) / 2.0,
    }
}

/// The share of draws whose difference, either way, is above the mean by more than what was found.
/// One is added to both numbers, so that it is never 0, and never said to be surer than the number of
/// draws allows.
fn p_value(differences: &[f64], found: f64) -> f64 {
    let sizes: Vec<f64> = differences.iter().map(|d| d.abs()).collect();
    if sizes.iter().all(|size| *size <= 0.0) {
        return 1.0;
    }
    let mean = mean(&sizes);
    let above = sizes.iter().filter(|size| **size - mean > found.abs());
    ratio(count(above.count() + 1), count(sizes.len() + 1))
}

fn mean(numbers: &[f64]) -> f64 {
    if numbers.is_empty() {
        return 0.0;
    }
    numbers.iter().sum::<f64>() / f64::from(count(numbers.len()))
}

/// The numbers that leave a fortieth on either side.
fn interval(mut numbers: Vec<f64>) -> (f64, f64) {
    numbers.sort_unstable_by(f64::total_cmp);
    let rest = numbers.len() / 40;
    let low = numbers.get(rest);
    let high = numbers.iter().nth_back(rest);
    (
        low.copied().unwrap_or_default(),
        high.copied().unwrap_or_default(),
    )
}

/// Steele, Lea and Flood's generator.
struct SplitMix(u64);

impl SplitMix {
    /// A number below `bound`, each as likely as the others but for one in 2³² at most of `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        // The top half of the number as a fraction of 1, times the bound.
        let bound = u64::from(count(bound));
        usize::try_from(((z >> 32) * bound) >> 32).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::bleu::Bleu;
    use crate::eval::chrf::Chrf;
    use crate::eval::metric::Share;
    use crate::eval::peer;
    use crate::eval::tokens::Tokeniser;
    use serde_json::Value;

    /// With the draws of sacrebleu.
    fn assert_agrees<const N: usize>(
        metric: &impl Metric<N>,
        systems: [&[[u32; N]]; 2],
        expected: &Value,
    ) {
        let drawn: Vec<usize> = peer::expected()["drawn"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|sample| sample.as_array().unwrap())
            .map(|index| usize::try_from(index.as_u64().unwrap()).unwrap())
            .collect();
        let samples = drawn.len() / systems[0].len();
        let mut drawn = drawn.into_iter();
        let found = compare(metric, systems[0], systems[1], samples, || {
            drawn.next().unwrap()
        })
        .unwrap();
        assert!(drawn.next().is_none());
        for (found, expected) in [
            (found.baseline, &expected["baseline"]),
            (found.system, &expected["system"]),
        ] {
            peer::assert_near(found.score, &expected["score"], 1e-9);
            // sacrebleu adds in single precision here.
            peer::assert_near(found.mean, &expected["mean"], 1e-4);
            peer::assert_near(found.half_width, &expected["half_width"], 1e-4);
        }
        peer::assert_near(found.p, &expected["p"], 1e-9);
    }

    #[test]
    fn with_the_same_draws_everything_is_as_sacrebleu_says() {
        let expected = peer::expected();
        for pair in peer::systems().chunks(2) {
            let [first, second] = pair else { panic!() };
            assert_eq!(first.lang, second.lang);
            let expected = &expected[first.lang.tag()]["paired"];
            for (chrf, name) in [(Chrf::Chars, "chrf"), (Chrf::CharsAndWords, "chrf_pp")] {
                let counts = [first, second].map(|system| {
                    let pairs = system.pairs();
                    pairs.map(|(o, r)| chrf.counts(o, r)).collect::<Vec<_>>()
                });
                assert_agrees(&chrf, [&counts[0], &counts[1]], &expected[name]);
            }
            let bleu = Bleu(Tokeniser::of(first.lang));
            let counts = [first, second].map(|system| {
                let pairs = system.pairs();
                pairs.map(|(o, r)| bleu.counts(o, r)).collect::<Vec<_>>()
            });
            assert_agrees(&bleu, [&counts[0], &counts[1]], &expected["bleu"]);
        }
    }

    #[test]
    fn a_system_does_not_differ_from_itself() {
        let counts: Vec<_> = (0..50).map(|i| Share.counts(i % 3 == 0)).collect();
        let found = paired(&Share, &counts, &counts, SEED).unwrap();
        assert!((found.p - 1.0).abs() < 1e-9, "{found:?}");
        assert!(found.difference().abs() < 1e-9);
        assert!(found.mean_difference.abs() < 1e-9);
        assert!(found.interval.0.abs() < 1e-9 && found.interval.1.abs() < 1e-9);
    }

    #[test]
    fn a_great_difference_is_not_chance_and_a_small_one_may_be() {
        let share = |of: usize| -> Vec<_> { (0..200).map(|i| Share.counts(i < of)).collect() };
        let great = paired(&Share, &share(20), &share(120), SEED).unwrap();
        assert!((great.difference() - 50.0).abs() < 1e-9);
        assert!((great.mean_difference - 50.0).abs() < 1.0, "{great:?}");
        assert!(
            great.interval.0 > 40.0 && great.interval.1 < 60.0,
            "{great:?}"
        );
        assert!(great.p < 0.01, "{great:?}");
        let uneven: Vec<_> = (0..200).map(|i| Share.counts(i % 10 == 0)).collect();
        let small = paired(&Share, &share(21), &uneven, SEED).unwrap();
        assert!(small.p > 0.3, "{small:?}");
        assert!(
            small.interval.0 < 0.0 && small.interval.1 > 0.0,
            "{small:?}"
        );
    }

    #[test]
    fn draws_are_the_same_for_a_seed_and_others_for_another() {
        let a: Vec<_> = (0..40).map(|i| Share.counts(i % 4 == 0)).collect();
        let b: Vec<_> = (0..40).map(|i| Share.counts(i % 3 == 0)).collect();
        let once = paired(&Share, &a, &b, 1);
        assert_eq!(once, paired(&Share, &a, &b, 1));
        assert_ne!(once, paired(&Share, &a, &b, 2));
    }

    #[test]
    fn every_segment_is_drawn_about_as_often() {
        let mut random = SplitMix(SEED);
        let mut drawn = [0; 7];
        for _ in 0..7000 {
            drawn[random.below(7)] += 1;
        }
        assert!(drawn.iter().all(|n| (880..1120).contains(n)), "{drawn:?}");
    }

    #[test]
    fn systems_on_other_segments_are_not_compared() {
        let counts = [Share.counts(true); 3];
        assert_eq!(paired(&Share, &counts, &counts[..2], SEED), None);
        assert_eq!(paired(&Share, &[], &[], SEED), None);
    }
}
