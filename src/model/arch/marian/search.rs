//! From logits to texts: what greedy decoding, sampling and beam search have in common.

mod beam;
mod choose;

pub use beam::beam;

use candle_core::Tensor;
use tokio_util::sync::CancellationToken;

use super::net::Decoding;
use crate::model::{Decode, Meter, ModelError, Request, Stop, Strategy, decode};
use choose::{Random, likeliest, sample};

/// A batch that can be decoded step by step: a network, or a table in tests.
pub trait Steps {
    /// Takes the last token of each hypothesis and gives the logits of the next.
    ///
    /// # Errors
    /// When the computation fails.
    fn step(&mut self, tokens: &[u32]) -> candle_core::Result<Logits>;

    /// Keeps some sentences and hypotheses: see [`Decoding::arrange`].
    ///
    /// # Errors
    /// When the computation fails.
    fn arrange(&mut self, sentences: &[u32], rows: &[u32]) -> candle_core::Result<()>;
}

impl Steps for Decoding<'_> {
    fn step(&mut self, tokens: &[u32]) -> candle_core::Result<Logits> {
        let logits: Tensor = Decoding::step(self, tokens)?;
        let vocab = logits.dim(1)?;
        Ok(Logits {
            values: logits.flatten_all()?.to_vec1()?,
            vocab,
        })
    }

    fn arrange(&mut self, sentences: &[u32], rows: &[u32]) -> candle_core::Result<()> {
        Decoding::arrange(self, sentences, rows)
    }
}

/// Logits of several hypotheses, one row each.
#[derive(Debug, Clone)]
pub struct Logits {
    /// Row after row.
    pub values: Vec<f32>,
    /// Length of a row.
    pub vocab: usize,
}

impl Logits {
    fn rows(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.values.chunks_exact_mut(self.vocab.max(1))
    }
}

/// Tokens with a meaning of their own.
#[derive(Debug, Clone)]
pub struct Specials {
    /// What every text begins with; not part of it.
    pub start: u32,
    /// Ends a text; not part of it.
    pub eos: u32,
    /// Never written.
    pub banned: Vec<u32>,
}

/// One text to write.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// Names it in the answer.
    pub index: usize,
    /// How to write it.
    pub decode: &'a Decode,
    /// Tokens it may have; the end token is not counted.
    pub limit: usize,
    /// Ends it before the next step.
    pub cancel: &'a CancellationToken,
    /// Counts its tokens.
    pub meter: &'a Meter,
}

impl<'a> Task<'a> {
    /// The task of a request.
    pub fn new(index: usize, request: &'a Request, limit: usize) -> Self {
        let Request {
            prompt: _,
            decode,
            cancel,
            meter,
        } = request;
        Self {
            index,
            decode,
            limit,
            cancel,
            meter,
        }
    }
}

/// A text as tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// Without start and end token.
    pub tokens: Vec<u32>,
    /// Why it ended.
    pub stop: Stop,
    /// In beam search: the sum of the log-probabilities, the end token's included, divided by
    /// their number to the power of the length penalty.
    pub score: Option<f32>,
}

/// Takes a finished text.
pub type Finish<'f> = dyn FnMut(usize, Result<Written, ModelError>) + 'f;

struct Row<'a> {
    task: Task<'a>,
    tokens: Vec<u32>,
    random: Random,
}

/// Writes each task's text by its own greedy or sampling settings (beam counts as greedy), one
/// hypothesis a task. Calls `finish` once for each; finished rows leave the batch.
pub fn row_by_row(
    steps: &mut dyn Steps,
    tasks: &[Task<'_>],
    specials: &Specials,
    finish: &mut Finish<'_>,
) {
    let mut rows: Vec<Row<'_>> = tasks.iter().map(|task| Row::new(*task)).collect();
    let mut leaving: Vec<bool> = rows.iter().map(|row| row.task.limit == 0).collect();
    for row in rows.iter().filter(|row| row.task.limit == 0) {
        finish(
            row.task.index,
            Ok(Written {
                tokens: Vec::new(),
                stop: Stop::TokenLimit,
                score: None,
            }),
        );
    }
    loop {
        for (row, leaving) in rows.iter().zip(&mut leaving) {
            if !*leaving && row.task.cancel.is_cancelled() {
                *leaving = true;
                finish(row.task.index, Err(ModelError::Cancelled));
            }
        }
        if let Err(error) = keep_rows(steps, &mut rows, &leaving) {
            return fail(rows.iter().map(|row| row.task.index), &error, finish);
        }
        if rows.is_empty() {
            return;
        }
        let last: Vec<u32> = rows
            .iter()
            .map(|row| row.tokens.last().copied().unwrap_or(specials.start))
            .collect();
        let mut logits = match steps.step(&last) {
            Ok(logits) => logits,
            Err(error) => return fail(rows.iter().map(|row| row.task.index), &error, finish),
        };
        leaving = rows
            .iter_mut()
            .zip(logits.rows())
            .map(|(row, logits)| row.write(logits, specials, finish))
            .collect();
    }
}

impl<'a> Row<'a> {
    fn new(task: Task<'a>) -> Self {
        let seed = match task.decode.strategy {
            Strategy::Sample { seed, .. } => seed,
            Strategy::Greedy | Strategy::Beam { .. } => 0,
        };
        Self {
            task,
            tokens: Vec::new(),
            random: Random::new(seed),
        }
    }

    /// Chooses the next token; true when the text has ended.
    fn write(&mut self, logits: &mut [f32], specials: &Specials, finish: &mut Finish<'_>) -> bool {
        shape(logits, &self.tokens, self.task.decode, specials);
        let token = match self.task.decode.strategy {
            Strategy::Greedy | Strategy::Beam { .. } => likeliest(logits),
            Strategy::Sample {
                temperature, top_p, ..
            } => sample(logits, temperature, top_p, &mut self.random),
        };
        self.task.meter.add(1);
        let stop = if token == specials.eos {
            Stop::EndOfText
        } else {
            self.tokens.push(token);
            if self.tokens.len() < self.task.limit {
                return false;
            }
            Stop::TokenLimit
        };
        finish(
            self.task.index,
            Ok(Written {
                tokens: std::mem::take(&mut self.tokens),
                stop,
                score: None,
            }),
        );
        true
    }
}

/// Applies what the settings say about repetition, and what is never written.
fn shape(logits: &mut [f32], written: &[u32], settings: &Decode, specials: &Specials) {
    decode::penalise(logits, written, settings.repetition_penalty);
    decode::ban_ngrams(logits, written, settings.no_repeat_ngram);
    for banned in &specials.banned {
        if let Some(logit) = usize::try_from(*banned)
            .ok()
            .and_then(|banned| logits.get_mut(banned))
        {
            *logit = f32::NEG_INFINITY;
        }
    }
}

fn keep_rows(
    steps: &mut dyn Steps,
    rows: &mut Vec<Row<'_>>,
    leaving: &[bool],
) -> candle_core::Result<()> {
    if !leaving.contains(&true) {
        return Ok(());
    }
    let kept: Vec<u32> = (0u32..)
        .zip(leaving)
        .filter(|(_, leaves)| !**leaves)
        .map(|(at, _)| at)
        .collect();
    let mut leaves = leaving.iter();
    rows.retain(|_| !leaves.next().copied().unwrap_or(false));
    if kept.is_empty() {
        Ok(())
    } else {
        steps.arrange(&kept, &kept)
    }
}

/// One failure of the batch is the failure of every text in it.
pub(super) fn fail(
    indices: impl Iterator<Item = usize>,
    error: &candle_core::Error,
    finish: &mut Finish<'_>,
) {
    for index in indices {
        finish(
            index,
            Err(ModelError::Forward(candle_core::Error::Msg(
                error.to_string(),
            ))),
        );
    }
}

#[cfg(test)]
mod tests;
