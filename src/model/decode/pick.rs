//! A picker: turns one row of logits into the next token of one text.

use super::{Choice, Chosen, Draw, Random, Shape, Wish, likeliest, sample, sample_best};
use crate::model::{Decode, Strategy};

/// Picks the tokens of one text, one after the other.
#[derive(Debug, Clone)]
pub struct Picker {
    draw: Option<(Draw, Random)>,
    repetition_penalty: f32,
    no_repeat_ngram: usize,
}

impl Picker {
    /// A picker that follows `decode`; a beam is taken as the likeliest token.
    pub fn new(decode: &Decode) -> Self {
        let draw = match decode.strategy {
            Strategy::Greedy | Strategy::Beam { .. } => None,
            Strategy::Sample {
                temperature,
                top_p,
                seed,
            } => Some((Draw { temperature, top_p }, Random::new(seed))),
        };
        Self {
            draw,
            repetition_penalty: decode.repetition_penalty,
            no_repeat_ngram: decode.no_repeat_ngram,
        }
    }

    /// How the next token is to be chosen, given the tokens written so far and those that are never
    /// written.
    pub fn choice<'a>(&self, written: &'a [u32], banned: &'a [u32]) -> Choice<'a> {
        Choice {
            shape: Shape {
                written,
                repetition_penalty: self.repetition_penalty,
                no_repeat_ngram: self.no_repeat_ngram,
                banned,
            },
            wish: match self.draw {
                None => Wish::Likeliest,
                Some((draw, _)) => Wish::Drawn(draw),
            },
        }
    }

    /// The next token, given the logits over the vocabulary, the tokens written so far and those that
    /// are never written. What is not to be repeated is marked down in `logits`.
    pub fn pick(&mut self, logits: &mut [f32], written: &[u32], banned: &[u32]) -> u32 {
        self.choice(written, banned).shape.apply(logits);
        match &mut self.draw {
            None => likeliest(logits),
            Some((draw, random)) => sample(logits, *draw, random),
        }
    }

    /// The next token, given what came of [`Picker::choice`].
    pub fn take(&mut self, chosen: Chosen, written: &[u32], banned: &[u32]) -> u32 {
        match (chosen, &mut self.draw) {
            (Chosen::Token(token), _) => token,
            (Chosen::Logits(mut logits), _) => self.pick(&mut logits, written, banned),
            (Chosen::Best(best), draw) => {
                let first = best.first().map_or(0, |(token, _)| *token);
                let drawn = draw
                    .as_mut()
                    .and_then(|(draw, random)| sample_best(&best, draw.top_p, random));
                drawn.unwrap_or(first)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(strategy: Strategy) -> Decode {
        Decode::plain(strategy, 8)
    }

    #[test]
    fn greedy_takes_the_likeliest_and_the_first_of_equals() {
        let mut picker = Picker::new(&decode(Strategy::Greedy));
        assert_eq!(picker.pick(&mut [0.1, 3.0, 3.0, -1.0], &[], &[]), 1);
        assert_eq!(picker.pick(&mut [0.1, 3.0, 3.0, -1.0], &[], &[1]), 2);
    }

    #[test]
    fn greedy_takes_the_first_where_nothing_can_be_compared() {
        let mut picker = Picker::new(&decode(Strategy::Greedy));
        assert_eq!(picker.pick(&mut [f32::NAN; 3], &[], &[]), 0);
        assert_eq!(picker.pick(&mut [f32::NEG_INFINITY; 9], &[], &[]), 0);
        assert_eq!(picker.pick(&mut [], &[], &[]), 0);
    }

    #[test]
    fn equal_seeds_sample_equal_tokens() {
        let logits: Vec<f32> = (0..50u8).map(|i| (f32::from(i) * 0.7).sin()).collect();
        let draw = |seed| {
            let mut picker = Picker::new(&decode(Strategy::Sample {
                temperature: 1.0,
                top_p: 0.95,
                seed,
            }));
            (0..20)
                .map(|_| picker.pick(&mut logits.clone(), &[], &[]))
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }
}
