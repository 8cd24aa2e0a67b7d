//! Choosing tokens from logits, on the host: one row of the vocabulary at a time.

mod pick;

pub use pick::Picker;

/// Divides the positive and multiplies the negative logits of tokens already `seen` by `penalty`.
pub fn penalise(logits: &mut [f32], seen: &[u32], penalty: f32) {
    if penalty <= 1.0 {
        return;
    }
    let mut done = std::collections::HashSet::with_capacity(seen.len());
    for &token in seen {
        if !done.insert(token) {
            continue;
        }
        if let Some(logit) = logits.get_mut(token as usize) {
            *logit = if *logit > 0.0 {
                *logit / penalty
            } else {
                *logit * penalty
            };
        }
    }
}

/// Makes every token impossible that would complete an n-gram which `history` has already.
pub fn ban_ngrams(logits: &mut [f32], history: &[u32], n: usize) {
    if n == 0 || history.len() + 1 < n {
        return;
    }
    let (_, tail) = history.split_at(history.len() + 1 - n);
    for window in history.windows(n) {
        if let Some((last, head)) = window.split_last()
            && head == tail
            && let Some(logit) = logits.get_mut(*last as usize)
        {
            *logit = f32::NEG_INFINITY;
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the numbers are exact")]
mod tests {
    use super::*;

    #[test]
    fn tokens_seen_before_become_less_likely_once_each() {
        let mut logits = vec![2.0, -2.0, 1.0];
        penalise(&mut logits, &[0, 1, 0], 2.0);
        assert_eq!(logits, [1.0, -4.0, 1.0]);
    }

    #[test]
    fn a_repeated_ngram_cannot_be_completed() {
        let mut logits = vec![0.0; 4];
        ban_ngrams(&mut logits, &[1, 2, 3, 1, 2], 3);
        assert_eq!(logits, [0.0, 0.0, 0.0, f32::NEG_INFINITY]);
        let mut short = vec![0.0; 4];
        ban_ngrams(&mut short, &[1], 3);
        assert_eq!(short, [0.0; 4]);
    }
}
