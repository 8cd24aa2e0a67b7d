//! chrF and chrF++: how many short runs of characters, and of words, output and reference share.
//!
//! The same as sacrebleu 2 computes by default with one reference: white space is left out, case is
//! kept, recall weighs four times what precision does, and a length of run that either text is too
//! short for is left out of the mean (`eff:yes`) instead of being smoothed. `tests/peers` compares.
//!
//! Popović, 2015: chrF: character n-gram F-score for automatic MT evaluation; and 2017: chrF++:
//! words helping character n-grams.

use crate::eval::metric::Metric;
use crate::eval::tokens::is_space;
use crate::eval::{ngrams, ratio};

/// Longest run of characters.
const CHARS: usize = 6;
/// Longest run of words, where words count at all.
const WORDS: usize = 2;
/// Numbers kept for a length of run: how many the output has, the reference has, both have.
const KEPT: usize = 3;
/// The square of beta: how many times the weight of precision recall has.
const RECALL: f64 = 4.0;

/// Numbers kept for a segment: those of runs of 1 to 6 characters, then of 1 and 2 words.
pub type Counts = [u32; KEPT * (CHARS + WORDS)];

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chrf {
    /// Runs of 1 to 6 characters: chrF.
    Chars,
    /// Runs of 1 and 2 words besides: chrF++.
    CharsAndWords,
}

impl Chrf {
    /// What is counted for a segment.
    pub fn counts(self, output: &str, reference: &str) -> Counts {
        let mut counts = Counts::default();
        let (each, _) = counts.as_chunks_mut::<KEPT>();
        let (chars, words) = each.split_at_mut(CHARS);
        fill(chars, &letters(output), &letters(reference));
        if self == Self::CharsAndWords {
            fill(words, &words_of(output), &words_of(reference));
        }
        counts
    }

    /// The score of one segment, 0 to 100.
    pub fn sentence(self, output: &str, reference: &str) -> f64 {
        self.score(&self.counts(output, reference))
    }

    /// What is said of the score for others to compute the same: sacrebleu's signature, without its
    /// version.
    pub fn signature(self) -> &'static str {
        match self {
            Self::Chars => "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no",
            Self::CharsAndWords => "nrefs:1|case:mixed|eff:yes|nc:6|nw:2|space:no",
        }
    }
}

impl Metric<{ KEPT * (CHARS + WORDS) }> for Chrf {
    /// 0 where there is nothing to compare.
    fn score(&self, counts: &Counts) -> f64 {
        let (each, _) = counts.as_chunks::<KEPT>();
        let (mut precision, mut recall, mut lengths) = (0.0, 0.0, 0.0);
        for [output, reference, both] in each {
            if *output > 0 && *reference > 0 {
                precision += ratio(*both, *output);
                recall += ratio(*both, *reference);
                lengths += 1.0;
            }
        }
        if precision + recall > 0.0 {
            let (precision, recall) = (precision / lengths, recall / lengths);
            100.0 * (1.0 + RECALL) * precision * recall / (RECALL * precision + recall)
        } else {
            0.0
        }
    }
}

/// Counts runs of 1, 2, … of two texts.
fn fill<T: Ord>(counts: &mut [[u32; KEPT]], output: &[T], reference: &[T]) {
    for (length, counts) in (1..).zip(counts) {
        let wanted = ngrams::count(reference, length);
        // Runs that the reference is too short for are not held against the output.
        if wanted > 0 {
            let both = ngrams::shared(output, reference, length);
            *counts = [ngrams::count(output, length), wanted, both];
        }
    }
}

fn letters(text: &str) -> Vec<char> {
    text.chars().filter(|c| !is_space(*c)).collect()
}

/// Words, with an ASCII mark at their end or else at their beginning as a word of its own: one mark
/// only, so that `(yes)` is `(yes` and `)`.
fn words_of(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        let first = word.chars().next().map_or(0, char::len_utf8);
        let last = word.chars().next_back().map_or(0, char::len_utf8);
        let at = if first == word.len() {
            word.len()
        } else if word.ends_with(|c: char| c.is_ascii_punctuation()) {
            word.len() - last
        } else if word.starts_with(|c: char| c.is_ascii_punctuation()) {
            first
        } else {
            word.len()
        };
        let (left, right) = word.split_at(at);
        words.push(left);
        if !right.is_empty() {
            words.push(right);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::peer;

    const BOTH: [Chrf; 2] = [Chrf::Chars, Chrf::CharsAndWords];

    #[test]
    fn sets_and_sentences_score_as_sacrebleu_says() {
        let mut compared = 0;
        for system in peer::systems() {
            for (metric, name) in BOTH.into_iter().zip(["chrf", "chrf_pp"]) {
                let counts: Vec<Counts> = system
                    .pairs()
                    .map(|(output, reference)| metric.counts(output, reference))
                    .collect();
                peer::assert_near(metric.corpus(&counts), &system.expected[name], 1e-9);
                let rows = system.expected[format!("{name}_rows")].as_array().unwrap();
                assert_eq!(rows.len(), counts.len());
                for (counts, expected) in counts.iter().zip(rows) {
                    peer::assert_near(metric.score(counts), expected, 1e-6);
                    compared += 1;
                }
            }
        }
        assert_eq!(compared, 2 * 2 * 2 * 30);
    }

    #[test]
    fn nothing_scores_nothing_and_the_same_scores_all() {
        for metric in BOTH {
            for text in [
                "날씨",
                "Погода",
                "б",
                "***",
                "그는 “네”라고 했다.",
                "Он сказал: «Да».",
            ] {
                assert!(metric.sentence("", text).abs() < 1e-9, "{text}");
                assert!(metric.sentence(text, "").abs() < 1e-9, "{text}");
                assert!(metric.sentence(" \u{3000} ", text).abs() < 1e-9, "{text}");
                assert!((metric.sentence(text, text) - 100.0).abs() < 1e-9, "{text}");
            }
            assert!(metric.sentence("", "").abs() < 1e-9);
            assert!(metric.corpus(&[]).abs() < 1e-9);
        }
    }

    #[test]
    fn spaces_do_not_count_for_characters_and_do_for_words() {
        let (joined, apart) = ("관계자는말했다", "관계자는\u{a0}말했다");
        assert!((Chrf::Chars.sentence(joined, apart) - 100.0).abs() < 1e-9);
        assert!(Chrf::CharsAndWords.sentence(joined, apart) < 90.0);
    }

    #[test]
    fn one_mark_is_taken_off_a_word() {
        assert_eq!(words_of("(да)"), ["(да", ")"]);
        assert_eq!(words_of("\"네\", ..."), ["\"네\"", ",", "..", "."]);
        assert_eq!(words_of("#метка — !"), ["#", "метка", "—", "!"]);
        // Only marks of ASCII.
        assert_eq!(words_of("«да» 했다。"), ["«да»", "했다。"]);
        assert_eq!(words_of(" \t "), [""; 0]);
    }
}
