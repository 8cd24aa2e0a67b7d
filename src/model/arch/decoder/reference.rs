//! The forward pass on candle's tensors: on GPUs, and on the CPU as what the faster one there is
//! compared with. Batches start and end together, and their rows are padded to one length.

use std::sync::Arc;
use std::time::Instant;

use candle_core::Tensor;

use super::cache::{Cache, Prefix};
use super::prefixes::Prefixes;
use super::rows::{self, Row};
use super::weights::Weights;
use super::{About, KV_BYTES, PREFILL_TOKENS, PREFILL_TOKENS_ON_GPU};
use crate::model::arch::choose::choose;
use crate::model::arch::exhausted::{Group, run_in_halves};
use crate::model::arch::{Answers, in_batches};
use crate::model::decode::Choice;
use crate::model::{Feed, ModelError, Pass, Ticket};

/// The weights as tensors, and the shared beginnings that were used last.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) weights: Weights,
    prefixes: Prefixes<Prefix>,
}

impl Reference {
    pub(super) fn new(weights: Weights) -> Self {
        Self {
            weights,
            prefixes: Prefixes::default(),
        }
    }

    fn prefill_tokens(&self) -> usize {
        if self.weights.device.is_cpu() {
            PREFILL_TOKENS
        } else {
            PREFILL_TOKENS_ON_GPU
        }
    }

    /// See [`Model::generate`](crate::model::Model::generate).
    pub(super) fn generate(&mut self, about: &About, feed: &mut dyn Feed) {
        in_batches(feed, about.card.batch, |beginning, batch, answers| {
            let group = batch.iter().enumerate().collect();
            run_in_halves(group, answers, |group, answers| {
                self.run(about, beginning, group, answers)
            });
        });
    }

    /// The keys and values of a shared beginning, computed at most once while it stays in use.
    fn prefix(
        &mut self,
        about: &About,
        text: &Arc<str>,
        abandoned: &dyn Fn() -> bool,
    ) -> Result<Option<Arc<Prefix>>, ModelError> {
        if let Some(prefix) = self.prefixes.get(text) {
            return Ok(Some(prefix));
        }
        let ids = about.beginning(text)?;
        if ids.is_empty() {
            return Ok(None);
        }
        let mut cache = self.weights.cache(vec![0], ids.len())?;
        for chunk in ids.chunks(self.prefill_tokens()) {
            if abandoned() {
                return Err(ModelError::Cancelled);
            }
            let chunk = Tensor::new(chunk, &self.weights.device)?.unsqueeze(0)?;
            self.weights.forward(&chunk, &mut cache, None)?;
        }
        Ok(Some(self.prefixes.keep(text, cache.into_prefix()?)))
    }

    /// Runs requests that share a beginning as the rows of one batch.
    fn run(
        &mut self,
        about: &About,
        text: &Arc<str>,
        requests: Group<'_>,
        answers: &mut Answers<'_>,
    ) -> Result<(), ModelError> {
        let prefix = self.prefix(about, text, &|| {
            requests
                .iter()
                .all(|(_, request)| request.cancel.is_cancelled())
        })?;
        let before = prefix.as_ref().map_or(0, |prefix| prefix.len);
        let mut rows = Vec::with_capacity(requests.len());
        for (index, request) in requests {
            match about.row(Ticket(index), request.clone(), before) {
                Ok(row) => rows.push(row),
                Err(error) => answers.done(index, Err(error)),
            }
        }
        while !rows.is_empty() {
            let room = KV_BYTES / self.weights.token_bytes().max(1);
            let rest = rows.split_off(rows::fitting(&rows, room));
            self.run_rows(about, rows, prefix.as_deref(), answers)?;
            rows = rest;
        }
        Ok(())
    }

    /// Runs rows together until each has ended.
    fn run_rows(
        &self,
        about: &About,
        mut rows: Vec<Row>,
        prefix: Option<&Prefix>,
        answers: &mut Answers<'_>,
    ) -> Result<(), ModelError> {
        let longest = rows.iter().map(Row::prompt_len).max().unwrap_or(0);
        let room = rows.iter().map(Row::room).max().unwrap_or(0);
        let padding = rows.iter().map(|row| longest - row.prompt_len()).collect();
        let mut cache = self.weights.cache(padding, longest + room)?;
        let mut began = Instant::now();
        let mut pass = Pass {
            prefill: true,
            texts: rows.len(),
            tokens: rows.iter().map(Row::prompt_len).sum(),
            took: began.elapsed(),
        };
        let mut hidden = self.prefill(about, &rows, longest, &mut cache, prefix)?;
        while !rows.is_empty() {
            let logits = self.weights.logits(&hidden)?;
            let choices: Vec<Choice<'_>> = rows.iter().map(Row::choice).collect();
            let chosen = choose(&logits, &choices)?;
            // Only here is it certain that a GPU has done what it was told to.
            pass.took = began.elapsed();
            answers.passed(pass);
            let mut keep = Vec::with_capacity(rows.len());
            let mut stay = Vec::with_capacity(rows.len());
            for (at, (mut row, chosen)) in rows.drain(..).zip(chosen).enumerate() {
                match row.take(chosen, &about.tokens, &about.end) {
                    Ok(None) => {
                        keep.push(at);
                        stay.push(row);
                    }
                    Ok(Some(generated)) => answers.done(row.ticket.0, Ok(generated)),
                    Err(error) => answers.done(row.ticket.0, Err(error)),
                }
            }
            let left = keep.len() < cache.padding.len();
            rows = stay;
            if rows.is_empty() {
                break;
            }
            if left {
                cache.keep(&keep)?;
            }
            let next: Vec<u32> = rows.iter().map(Row::last).collect();
            began = Instant::now();
            pass = Pass {
                prefill: false,
                texts: rows.len(),
                tokens: rows.len(),
                ..pass
            };
            let next = Tensor::from_vec(next, (rows.len(), 1), &self.weights.device)?;
            hidden = self.weights.forward(&next, &mut cache, prefix)?;
        }
        Ok(())
    }

    /// Reads the rows' prompts, a stretch of columns at a time; rows that are cancelled meanwhile
    /// are answered when their first token is picked.
    fn prefill(
        &self,
        about: &About,
        rows: &[Row],
        longest: usize,
        cache: &mut Cache,
        prefix: Option<&Prefix>,
    ) -> Result<Tensor, ModelError> {
        let pad = about.end.first().copied().unwrap_or(0);
        let stretch = (self.prefill_tokens() / rows.len()).max(1);
        let mut hidden = None;
        let mut start = 0;
        while start < longest {
            if rows.iter().all(Row::is_cancelled) {
                return Err(ModelError::Cancelled);
            }
            let end = (start + stretch).min(longest);
            let ids: Vec<u32> = rows
                .iter()
                .flat_map(|row| row.columns(start..end, longest, pad))
                .collect();
            let ids = Tensor::from_vec(ids, (rows.len(), end - start), &self.weights.device)?;
            hidden = Some(self.weights.forward(&ids, cache, prefix)?);
            start = end;
        }
        hidden.ok_or(ModelError::TooLong {
            tokens: 0,
            limit: about.card.context_tokens,
        })
    }
}
