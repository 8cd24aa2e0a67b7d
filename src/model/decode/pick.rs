//! A picker: turns one row of logits into the next token of one text.

use candle_core::{Device, Tensor};
use candle_transformers::generation::{LogitsProcessor, Sampling};

use super::{Shape, likeliest};
use crate::model::{Decode, Strategy};

/// Picks the tokens of one text, one after the other.
#[allow(missing_debug_implementations, reason = "candle's sampler has none")]
pub struct Picker {
    sampler: Option<LogitsProcessor>,
    repetition_penalty: f32,
    no_repeat_ngram: usize,
}

impl Picker {
    /// A picker that follows `decode`.
    pub fn new(decode: &Decode) -> Self {
        let sampler = match decode.strategy {
            Strategy::Greedy | Strategy::Beam { .. } => None,
            Strategy::Sample {
                temperature,
                top_p,
                seed,
            } => Some(LogitsProcessor::from_sampling(
                seed,
                Sampling::TopP {
                    p: top_p,
                    temperature,
                },
            )),
        };
        Self {
            sampler,
            repetition_penalty: decode.repetition_penalty,
            no_repeat_ngram: decode.no_repeat_ngram,
        }
    }

    /// What is done to the logits first, given the tokens written so far.
    pub fn shape<'a>(&self, written: &'a [u32]) -> Shape<'a> {
        Shape {
            written,
            repetition_penalty: self.repetition_penalty,
            no_repeat_ngram: self.no_repeat_ngram,
            banned: &[],
        }
    }

    /// Whether it takes the likeliest token, so that nobody need see the others.
    pub fn is_greedy(&self) -> bool {
        self.sampler.is_none()
    }

    /// The next token, given the logits over the vocabulary and the tokens written so far. What is
    /// not to be repeated is marked down in `logits`.
    ///
    /// # Errors
    /// When sampling fails, such as on logits that are all infinite.
    pub fn pick(&mut self, logits: &mut [f32], written: &[u32]) -> candle_core::Result<u32> {
        self.shape(written).apply(logits);
        match &mut self.sampler {
            None => Ok(likeliest(logits)),
            Some(sampler) => {
                let size = logits.len();
                sampler.sample(&Tensor::from_slice(logits, size, &Device::Cpu)?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(strategy: Strategy) -> Decode {
        Decode {
            max_new_tokens: 8,
            strategy,
            repetition_penalty: 1.0,
            no_repeat_ngram: 0,
            stop: vec![],
        }
    }

    #[test]
    fn greedy_takes_the_likeliest_and_the_first_of_equals() {
        let mut picker = Picker::new(&decode(Strategy::Greedy));
        assert_eq!(picker.pick(&mut [0.1, 3.0, 3.0, -1.0], &[]).unwrap(), 1);
    }

    #[test]
    fn greedy_takes_the_first_where_nothing_can_be_compared() {
        let mut picker = Picker::new(&decode(Strategy::Greedy));
        assert_eq!(picker.pick(&mut [f32::NAN; 3], &[]).unwrap(), 0);
        assert_eq!(picker.pick(&mut [f32::NEG_INFINITY; 9], &[]).unwrap(), 0);
        assert_eq!(picker.pick(&mut [], &[]).unwrap(), 0);
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
                .map(|_| picker.pick(&mut logits.clone(), &[]).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }
}
