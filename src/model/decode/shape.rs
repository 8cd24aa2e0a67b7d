//! What is done to a text's logits before its next token is chosen.

use super::{ban_ngrams, penalise, repeating};

/// What a text's settings and its own beginning say about its next token.
#[derive(Debug, Clone, Copy)]
pub struct Shape<'a> {
    /// Its tokens so far.
    pub written: &'a [u32],
    /// Divides the logits of those (1 is off).
    pub repetition_penalty: f32,
    /// No n-gram of this length comes twice (0 is off).
    pub no_repeat_ngram: usize,
    /// Never written.
    pub banned: &'a [u32],
}

/// A token whose logit is changed, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Touched {
    /// Which token.
    pub token: u32,
    /// What a positive logit is divided by, and a negative one multiplied.
    pub penalty: f32,
    /// Whether it becomes -inf after that.
    pub banned: bool,
}

impl Shape<'_> {
    /// Changes a row of the vocabulary.
    pub fn apply(&self, logits: &mut [f32]) {
        penalise(logits, self.written, self.repetition_penalty);
        ban_ngrams(logits, self.written, self.no_repeat_ngram);
        for banned in self.banned {
            let banned = usize::try_from(*banned).ok();
            if let Some(logit) = banned.and_then(|banned| logits.get_mut(banned)) {
                *logit = f32::NEG_INFINITY;
            }
        }
    }

    /// Whether tokens are penalised for having been written.
    pub fn penalises(&self) -> bool {
        (self.repetition_penalty - 1.0).abs() >= f32::EPSILON
    }

    /// The same as [`Shape::apply`] as a list: each token of a vocabulary of `size` that is changed, once.
    pub fn touched(&self, size: usize) -> Vec<Touched> {
        let seen = if self.penalises() { self.written } else { &[] };
        let seen = seen.iter().map(|token| Touched {
            token: *token,
            penalty: self.repetition_penalty,
            banned: false,
        });
        let repeats = repeating(self.written, self.no_repeat_ngram);
        let banned = repeats.chain(self.banned.iter().copied());
        let banned = banned.map(|token| Touched {
            token,
            penalty: 1.0,
            banned: true,
        });
        let mut touched: Vec<Touched> = seen.chain(banned).collect();
        touched.retain(|touched| usize::try_from(touched.token).is_ok_and(|token| token < size));
        // What is banned comes last, and stays.
        touched.sort_by_key(|touched| (touched.token, touched.banned));
        touched.reverse();
        touched.dedup_by_key(|touched| touched.token);
        touched
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_list_says_what_is_done_to_a_row(
            logits in prop::collection::vec(-8f32..8.0, 12),
            written in prop::collection::vec(0u32..14, 0..20),
            penalty in prop::sample::select(vec![1.0f32, 1.3, 2.0]),
            no_repeat_ngram in 0usize..4,
            banned in prop::collection::vec(0u32..14, 0..3),
        ) {
            let shape = Shape {
                written: &written,
                repetition_penalty: penalty,
                no_repeat_ngram,
                banned: &banned,
            };
            let mut applied = logits.clone();
            shape.apply(&mut applied);
            let mut listed = logits;
            let touched = shape.touched(listed.len());
            for touched in &touched {
                let logit = &mut listed[usize::try_from(touched.token).unwrap()];
                *logit = if *logit > 0.0 { *logit / touched.penalty } else { *logit * touched.penalty };
                if touched.banned {
                    *logit = f32::NEG_INFINITY;
                }
            }
            prop_assert_eq!(applied, listed);
        }
    }
}
