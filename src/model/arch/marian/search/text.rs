//! A text that is being written, in whichever way its request asks for.

use super::beam::Beam;
use super::row::Row;
use super::{Specials, Task, Written};
use crate::model::Strategy;
use crate::model::decode::Shape;

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
            Strategy::Greedy => How::Row(Row::new(0)),
            Strategy::Sample { seed, .. } => How::Row(Row::new(seed)),
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

    /// What its next token is chosen by where that is the likeliest; `None` where chance decides, or
    /// several hypotheses compete.
    pub(super) fn greedy<'a>(&'a self, specials: &'a Specials) -> Option<Shape<'a>> {
        let decode = &self.task.request.decode;
        match (&self.how, decode.strategy) {
            (How::Row(row), Strategy::Greedy) => Some(row.shape(decode, specials)),
            _ => None,
        }
    }

    /// Takes a step with the likeliest token, where [`Text::greedy`] asked for it; the text, when it
    /// has ended.
    pub(super) fn take(&mut self, token: u32, specials: &Specials) -> Option<Written> {
        self.task.request.meter.add(1);
        match &mut self.how {
            How::Row(row) => row.take(token, self.task.limit, specials),
            How::Beam(_) => None,
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
            How::Row(row) => row.advance(logits, decode, limit, specials),
            How::Beam(beam) => {
                let mut rows = logits.chunks_exact_mut(vocab.max(1));
                let from = beam.advance(&mut rows, decode, specials);
                self.rows = from
                    .into_iter()
                    .filter_map(|row| self.rows.get(row).copied())
                    .collect();
                beam.result(limit)
            }
        }
    }
}
