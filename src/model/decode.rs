//! Choosing tokens from logits, the same for every architecture: on the host, one row of the
//! vocabulary at a time. `arch::choose` does the same where the logits are.

mod choice;
mod pick;
mod sample;
mod shape;

pub use choice::{Choice, Chosen, Continuation, Wish};
pub use pick::Picker;
pub use sample::{Draw, Random, is_enough, sample, sample_best};
pub use shape::{Shape, Touched};

use crate::model::kernel::isa::Isa;
use crate::model::kernel::rows::argmax;

/// The likeliest token; of equals the first, and 0 where none is above -inf.
pub fn likeliest(logits: &[f32]) -> u32 {
    argmax(Isa::best(), logits)
        .and_then(|(token, _)| u32::try_from(token).ok())
        .unwrap_or_default()
}

/// Divides the logits of tokens in `seen` by `penalty` (multiplies negative ones), once each.
/// 1 is off. For log-probabilities too, which are all negative.
pub fn penalise(logits: &mut [f32], seen: &[u32], penalty: f32) {
    if (penalty - 1.0).abs() < f32::EPSILON {
        return;
    }
    let mut seen: Vec<u32> = seen.to_vec();
    seen.sort_unstable();
    seen.dedup();
    for token in seen {
        if let Some(logit) = at(logits, token) {
            *logit = if *logit > 0.0 {
                *logit / penalty
            } else {
                *logit * penalty
            };
        }
    }
}

/// Bans (`-inf`) each token that would make an n-gram of `n` tokens come twice in `history`.
/// 0 is off.
pub fn ban_ngrams(logits: &mut [f32], history: &[u32], n: usize) {
    for token in repeating(history, n) {
        if let Some(logit) = at(logits, token) {
            *logit = f32::NEG_INFINITY;
        }
    }
}

/// The tokens that would make an n-gram of `n` tokens come twice in `history`; none where `n` is 0.
fn repeating(history: &[u32], n: usize) -> impl Iterator<Item = u32> {
    let start = n.checked_sub(1).and_then(|n| history.len().checked_sub(n));
    let current = start.and_then(|start| history.get(start..));
    // Windows of nothing are no windows, and a panic.
    let ngrams = history.windows(n.max(1)).filter_map(<[u32]>::split_last);
    ngrams
        .filter(move |(_, before)| current == Some(before))
        .map(|(last, _)| *last)
}

fn at(logits: &mut [f32], token: u32) -> Option<&mut f32> {
    usize::try_from(token)
        .ok()
        .and_then(|token| logits.get_mut(token))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn a_seen_token_is_penalised_once_whatever_its_sign() {
        let mut logits = [2.0, -2.0, 1.0];
        penalise(&mut logits, &[0, 1, 1, 0, 9], 2.0);
        assert_eq!(logits, [1.0, -4.0, 1.0]);
    }

    #[test]
    fn a_penalty_of_one_changes_nothing() {
        let mut logits = [2.0, -2.0];
        penalise(&mut logits, &[0, 1], 1.0);
        assert_eq!(logits, [2.0, -2.0]);
    }

    #[test]
    fn the_token_that_would_repeat_an_ngram_is_banned() {
        let mut logits = [0.0; 5];
        ban_ngrams(&mut logits, &[1, 2, 3, 1, 2], 3);
        assert_eq!(logits, [0.0, 0.0, 0.0, f32::NEG_INFINITY, 0.0]);
    }

    #[test]
    fn unigrams_are_banned_outright_and_short_histories_ban_nothing() {
        let mut logits = [0.0; 3];
        ban_ngrams(&mut logits, &[1], 1);
        assert_eq!(logits, [0.0, f32::NEG_INFINITY, 0.0]);
        let mut logits = [0.0; 3];
        ban_ngrams(&mut logits, &[1], 3);
        ban_ngrams(&mut logits, &[], 2);
        ban_ngrams(&mut logits, &[1, 1, 1], 0);
        assert_eq!(logits, [0.0; 3]);
    }
}
