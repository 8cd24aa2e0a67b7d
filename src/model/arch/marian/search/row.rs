//! Greedy decoding and sampling: one hypothesis.

use super::choose::{Random, sample};
use super::{Specials, Written, shape};
use crate::model::decode::{Shape, likeliest};
use crate::model::{Decode, Stop, Strategy};

/// A text that is written token by token.
pub(super) struct Row {
    tokens: Vec<u32>,
    random: Random,
}

impl Row {
    /// An empty text; equal seeds choose equally.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            tokens: Vec::new(),
            random: Random::new(seed),
        }
    }

    /// The token written last, or `start`.
    pub(super) fn last(&self, start: u32) -> u32 {
        self.tokens.last().copied().unwrap_or(start)
    }

    /// Chooses the next token; the text, when it has ended.
    pub(super) fn advance(
        &mut self,
        logits: &mut [f32],
        decode: &Decode,
        limit: usize,
        specials: &Specials,
    ) -> Option<Written> {
        self.shape(decode, specials).apply(logits);
        let token = match decode.strategy {
            Strategy::Greedy | Strategy::Beam { .. } => likeliest(logits),
            Strategy::Sample {
                temperature, top_p, ..
            } => sample(logits, temperature, top_p, &mut self.random),
        };
        self.take(token, limit, specials)
    }

    /// What its next token is chosen by.
    pub(super) fn shape<'a>(&'a self, decode: &Decode, specials: &'a Specials) -> Shape<'a> {
        shape(&self.tokens, decode, specials)
    }

    /// Goes on with a token; the text, when it has ended.
    pub(super) fn take(
        &mut self,
        token: u32,
        limit: usize,
        specials: &Specials,
    ) -> Option<Written> {
        let stop = if token == specials.eos {
            Stop::EndOfText
        } else {
            self.tokens.push(token);
            if self.tokens.len() < limit {
                return None;
            }
            Stop::TokenLimit
        };
        Some(Written {
            tokens: std::mem::take(&mut self.tokens),
            stop,
            score: None,
        })
    }
}
