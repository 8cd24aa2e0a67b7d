//! BLEU: how many of the output's runs of one to four words stand in the reference.
//!
//! The same as sacrebleu 2 computes by default with one reference: case is kept, a length of run
//! without any match counts half of one match, the next such length a quarter (`smooth:exp`), and
//! all four lengths count (`eff:no`), so that it is for sets, not for sentences. `tests/peers`
//! compares.
//!
//! Papineni et al., 2002: BLEU: a method for automatic evaluation of machine translation.

use crate::eval::metric::Metric;
use crate::eval::tokens::Tokeniser;
use crate::eval::{ngrams, ratio};

/// Longest run of words.
const LONGEST: usize = 4;

/// Numbers kept for a segment: the words of the output and of the reference, then for runs of 1 to
/// 4 words how many both have, then how many the output has.
pub type Counts = [u32; 2 + 2 * LONGEST];

/// BLEU over words that are cut so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bleu(pub Tokeniser);

impl Bleu {
    /// What is counted for a segment.
    pub fn counts(self, output: &str, reference: &str) -> Counts {
        let (output, reference) = (self.0.tokens(output), self.0.tokens(reference));
        let mut counts = Counts::default();
        let [words, wanted, runs @ ..] = &mut counts;
        *words = ngrams::count(&output, 1);
        *wanted = ngrams::count(&reference, 1);
        let (both, had) = runs.split_at_mut(LONGEST);
        for ((length, both), had) in (1..).zip(both).zip(had) {
            *both = ngrams::shared(&output, &reference, length);
            *had = ngrams::count(&output, length);
        }
        counts
    }

    /// What is said of the score for others to compute the same: sacrebleu's signature, without its
    /// version.
    pub fn signature(self) -> String {
        format!("nrefs:1|case:mixed|eff:no|tok:{}|smooth:exp", self.0.name())
    }
}

impl Metric<{ 2 + 2 * LONGEST }> for Bleu {
    /// 0 where nothing matches, and where no output has four words.
    fn score(&self, [words, wanted, runs @ ..]: &Counts) -> f64 {
        let (both, had) = runs.split_at(LONGEST);
        if both.iter().all(|both| *both == 0) {
            return 0.0;
        }
        let mut smoothing = 1.0;
        let mut logarithms = 0.0;
        for (both, had) in both.iter().zip(had) {
            if *had == 0 {
                return 0.0;
            }
            let share = if *both == 0 {
                smoothing *= 2.0;
                ratio(1, *had) / smoothing
            } else {
                ratio(*both, *had)
            };
            logarithms += (100.0 * share).ln() / 4.0;
        }
        let brevity = if words < wanted {
            (1.0 - ratio(*wanted, *words)).exp()
        } else {
            1.0
        };
        brevity * logarithms.exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::peer;

    fn score(tokeniser: Tokeniser, pairs: &[(&str, &str)]) -> f64 {
        let bleu = Bleu(tokeniser);
        let counts: Vec<Counts> = pairs
            .iter()
            .map(|(output, reference)| bleu.counts(output, reference))
            .collect();
        bleu.corpus(&counts)
    }

    #[test]
    fn sets_score_as_sacrebleu_says() {
        let systems = peer::systems();
        assert_eq!(systems.len(), 4);
        for system in systems {
            let pairs: Vec<_> = system.pairs().collect();
            let score = score(Tokeniser::of(system.lang), &pairs);
            peer::assert_near(score, &system.expected["bleu"], 1e-9);
        }
    }

    /// Numbers by sacrebleu 2.6.0.
    #[test]
    fn lengths_without_a_match_are_smoothed() {
        let russian = [("Суд отложил дело снова .", "Суд снова перенёс слушания.")];
        let korean = [("법원이 미뤘다", "법원은 또 미루었다")];
        assert!((score(Tokeniser::V13a, &russian) - 14.058_533_129).abs() < 1e-6);
        assert!((score(Tokeniser::Char, &korean) - 13.832_543_625).abs() < 1e-6);
    }

    #[test]
    fn nothing_scores_nothing_and_the_same_scores_all() {
        let korean = "시장은 금요일에 떠난다.";
        let russian = "Мэр уезжает в пятницу.";
        for (tokeniser, text) in [(Tokeniser::Char, korean), (Tokeniser::V13a, russian)] {
            assert!((score(tokeniser, &[(text, text)]) - 100.0).abs() < 1e-9);
            assert!(score(tokeniser, &[("", text)]).abs() < 1e-9);
            assert!(score(tokeniser, &[(text, "")]).abs() < 1e-9);
            assert!(score(tokeniser, &[]).abs() < 1e-9);
            // A segment without output costs by its length alone.
            let part = score(tokeniser, &[(text, text), ("", text)]);
            assert!((part - 100.0 * (-1.0_f64).exp()).abs() < 1e-9, "{part}");
        }
        // Too short for a run of four: no score, as sacrebleu has it.
        assert!(score(Tokeniser::V13a, &[("Погода", "Погода")]).abs() < 1e-9);
    }
}
