//! A text that is being written, in whichever way its request asks for.

use super::beam::Beam;
use super::row::Row;
use super::{Specials, Task, Written};
use crate::model::Strategy;
use crate::model::decode::{Choice, Chosen};

/// A text that is being written, and its place in the batch.
pub(super) struct Text {
    pub(super) task: Task,
    /// Which of the network's sources is its own.
    pub(super) sentence: u32,
    /// Which of the network's hypotheses each of its own continues.
    pub(super) rows: Vec<u32>,
    how: How,
}

enum How {
    Row(Row),
    Beam(Beam),
}

impl Text {
    /// A text with one empty hypothesis.
    pub(super) fn new(task: Task, sentence: u32, row: u32) -> Self {
        let how = match task.request.decode.strategy {
            Strategy::Greedy | Strategy::Sample { .. } => How::Row(Row::new(&task.request.decode)),
            Strategy::Beam {
                width,
                length_penalty,
            } => How::Beam(Beam::new(width, length_penalty)),
        };
        Self {
            task,
            sentence,
            rows: vec![row],
            how,
        }
    }

    /// Adds the last token of each hypothesis.
    pub(super) fn last_tokens(&self, start: u32, into: &mut Vec<u32>) {
        match &self.how {
            How::Row(row) => into.push(row.last(start)),
            How::Beam(beam) => beam.last_tokens(start, into),
        }
    }

    /// How the next token of each hypothesis is to be chosen.
    pub(super) fn choices<'a>(&'a self, specials: &'a Specials) -> Vec<Choice<'a>> {
        match &self.how {
            How::Row(row) => vec![row.choice(specials)],
            How::Beam(beam) => beam.choices(&self.task.request.decode, specials),
        }
    }

    /// Takes a step, given what came of [`Text::choices`]; the text, when it has ended.
    pub(super) fn take(
        &mut self,
        mut chosen: impl Iterator<Item = Chosen>,
        specials: &Specials,
    ) -> Option<Written> {
        self.task.request.meter.add(1);
        match &mut self.how {
            How::Row(row) => {
                let chosen = chosen.next().unwrap_or(Chosen::Token(specials.eos));
                row.take(chosen, self.task.limit, specials)
            }
            How::Beam(beam) => {
                let from = beam.choose(chosen, specials);
                self.follow(&from)
            }
        }
    }

    /// Continues these hypotheses; the text, when it has ended.
    fn follow(&mut self, from: &[usize]) -> Option<Written> {
        let rows = from.iter().filter_map(|row| self.rows.get(*row).copied());
        self.rows = rows.collect();
        match &self.how {
            How::Row(_) => None,
            How::Beam(beam) => beam.result(self.task.limit),
        }
    }

    /// Takes a step, given the logits of its hypotheses; the text, when it has ended.
    pub(super) fn advance(
        &mut self,
        logits: &mut [f32],
        vocab: usize,
        specials: &Specials,
    ) -> Option<Written> {
        let (decode, limit) = (&self.task.request.decode, self.task.limit);
        self.task.request.meter.add(1);
        match &mut self.how {
            How::Row(row) => row.advance(logits, limit, specials),
            How::Beam(beam) => {
                let mut rows = logits.chunks_exact_mut(vocab.max(1));
                let from = beam.advance(&mut rows, decode, specials);
                self.follow(&from)
            }
        }
    }
}
