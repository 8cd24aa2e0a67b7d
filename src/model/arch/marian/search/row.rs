//! Greedy decoding and sampling: one hypothesis.

use super::{Specials, Written};
use crate::model::decode::{Choice, Chosen, Picker};
use crate::model::{Decode, Stop};

/// A text that is written token by token.
pub(super) struct Row {
    tokens: Vec<u32>,
    picker: Picker,
}

impl Row {
    /// An empty text; equal seeds choose equally.
    pub(super) fn new(decode: &Decode) -> Self {
        Self {
            tokens: Vec::new(),
            picker: Picker::new(decode),
        }
    }

    /// The token written last, or `start`.
    pub(super) fn last(&self, start: u32) -> u32 {
        self.tokens.last().copied().unwrap_or(start)
    }

    /// How its next token is to be chosen.
    pub(super) fn choice<'a>(&'a self, specials: &'a Specials) -> Choice<'a> {
        self.picker.choice(&self.tokens, &specials.banned)
    }

    /// Chooses the next token; the text, when it has ended.
    pub(super) fn advance(
        &mut self,
        logits: &mut [f32],
        limit: usize,
        specials: &Specials,
    ) -> Option<Written> {
        let token = self.picker.pick(logits, &self.tokens, &specials.banned);
        self.go_on(token, limit, specials)
    }

    /// Takes what came of [`Row::choice`]; the text, when it has ended.
    pub(super) fn take(
        &mut self,
        chosen: Chosen,
        limit: usize,
        specials: &Specials,
    ) -> Option<Written> {
        let token = self.picker.take(chosen, &self.tokens, &specials.banned);
        self.go_on(token, limit, specials)
    }

    fn go_on(&mut self, token: u32, limit: usize, specials: &Specials) -> Option<Written> {
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
