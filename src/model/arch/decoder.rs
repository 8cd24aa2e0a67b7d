//! Decoder-only models from GGUF files: Qwen2, Qwen3, Gemma 3 and Llama.
//!
//! Our own forward pass instead of candle-transformers', which has no padding masks and so runs
//! one text at a time: here the segments of an article run as the rows of one batch, and the
//! instruction that they share is computed once (`cache::Prefix`).

mod attention;
mod cache;
mod config;
mod rope;
mod rows;
#[cfg(test)]
mod tests;
mod weights;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Tensor};

use crate::model::arch::{Done, in_batches};
use crate::model::catalog::Architecture;
use crate::model::tokens::{TextTokens, gguf};
use crate::model::{Card, Feed, Generated, Model, ModelError, ModelId, Request};
use cache::{Cache, Prefix};
use config::Config;
use rows::Row;
use weights::Weights;

/// Columns of a batch that are computed at once while reading prompts, times rows. Larger is not
/// faster, and a request can only be cancelled in between.
const PREFILL_TOKENS: usize = 256;

/// Memory for the keys and values of one batch, in bytes; a single row may take more. A batch over
/// it runs in parts: one long article must not cost the process its life.
const KV_BYTES: usize = 1 << 30;

/// Shared beginnings kept: a summary's and two languages', and one to spare.
const PREFIXES: usize = 4;

/// What the file itself does not say.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its id in the catalogue.
    pub id: ModelId,
    /// Which family it is of.
    pub architecture: Architecture,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// How its weights are stored.
    pub quantization: String,
    /// Prompt and output together, in tokens; at most what the model was trained for.
    pub context_tokens: usize,
    /// Rows of a batch.
    pub batch: usize,
    /// Compute the plain way, for doubts about the fast one.
    pub reference: bool,
    /// Write up to the limit, for measuring: an end token is one like others.
    pub ignore_end: bool,
}

/// A decoder-only model in memory.
#[derive(Debug)]
pub struct DecoderModel {
    card: Arc<Card>,
    weights: Weights,
    tokens: TextTokens,
    begin: Option<u32>,
    end: Vec<u32>,
    /// The most recently used last.
    prefixes: Vec<(Arc<str>, Arc<Prefix>)>,
}

impl DecoderModel {
    /// Loads a model from a GGUF file.
    ///
    /// # Errors
    /// When the file cannot be read, is of another architecture, or lacks a part.
    pub fn load(path: &Path, settings: Settings, device: &Device) -> Result<Self, ModelError> {
        let id = settings.id.clone();
        Self::read(path, settings, device).map_err(|source| ModelError::Load {
            id,
            source: Box::new(source),
        })
    }

    fn read(path: &Path, settings: Settings, device: &Device) -> candle_core::Result<Self> {
        let mut reader = BufReader::new(File::open(path)?);
        let mut content = Content::read(&mut reader)?;
        let config = Config::read(&content, settings.architecture)?;
        let gguf::GgufTokens {
            tokenizer,
            begin,
            end,
        } = gguf::read(&mut content)?;
        let positions = settings.context_tokens.min(config.context);
        let weights = Weights::read(&content, &mut reader, config, positions, device)?;
        let tokens = TextTokens::new(tokenizer);
        let card = Arc::new(Card {
            id: settings.id,
            sha256: settings.sha256,
            quantization: settings.quantization,
            context_tokens: positions,
            batch: settings.batch.max(1),
            tokens: Arc::new(tokens.clone()),
        });
        Ok(Self {
            card,
            weights,
            tokens,
            begin,
            end: if settings.ignore_end { Vec::new() } else { end },
            prefixes: Vec::new(),
        })
    }

    /// The keys and values of a shared beginning, computed at most once while it stays in use.
    fn prefix(
        &mut self,
        text: &Arc<str>,
        abandoned: &dyn Fn() -> bool,
    ) -> Result<Option<Arc<Prefix>>, ModelError> {
        if let Some(at) = self.prefixes.iter().position(|(known, _)| known == text) {
            let entry = self.prefixes.remove(at);
            let prefix = Arc::clone(&entry.1);
            self.prefixes.push(entry);
            return Ok(Some(prefix));
        }
        let mut ids: Vec<u32> = self.begin.into_iter().collect();
        ids.extend(self.tokens.encode_markup(text)?);
        if ids.is_empty() {
            return Ok(None);
        }
        if ids.len() >= self.card.context_tokens {
            return Err(ModelError::TooLong {
                tokens: ids.len(),
                limit: self.card.context_tokens,
            });
        }
        let mut cache = Cache::new(
            &self.weights.config,
            vec![0],
            ids.len(),
            &self.weights.device,
        )?;
        for chunk in ids.chunks(PREFILL_TOKENS) {
            if abandoned() {
                return Err(ModelError::Cancelled);
            }
            let chunk = Tensor::new(chunk, &self.weights.device)?.unsqueeze(0)?;
            self.weights.forward(&chunk, &mut cache, None)?;
        }
        let prefix = Arc::new(cache.into_prefix()?);
        if self.prefixes.len() >= PREFIXES {
            self.prefixes.remove(0);
        }
        self.prefixes.push((Arc::clone(text), Arc::clone(&prefix)));
        Ok(Some(prefix))
    }

    /// Runs requests that share a beginning as the rows of one batch.
    fn run(
        &mut self,
        text: &Arc<str>,
        requests: Vec<(usize, &Request)>,
        done: &mut Done<'_>,
    ) -> Result<(), ModelError> {
        let prefix = self.prefix(text, &|| {
            requests
                .iter()
                .all(|(_, request)| request.cancel.is_cancelled())
        })?;
        let before = prefix.as_ref().map_or(0, |prefix| prefix.len);
        let mut rows = Vec::with_capacity(requests.len());
        for (index, request) in requests {
            let ids = self.tokens.encode_parts(&request.prompt.parts)?;
            match Row::new(index, request, ids, before, self.card.context_tokens) {
                Ok(row) => rows.push(row),
                Err(error) => done(index, Err(error)),
            }
        }
        while !rows.is_empty() {
            let room = KV_BYTES / self.weights.config.token_bytes().max(1);
            let rest = rows.split_off(rows::fitting(&rows, room));
            self.run_rows(rows, prefix.as_deref(), done)?;
            rows = rest;
        }
        Ok(())
    }

    /// Runs rows together until each has ended.
    fn run_rows(
        &self,
        mut rows: Vec<Row<'_>>,
        prefix: Option<&Prefix>,
        done: &mut Done<'_>,
    ) -> Result<(), ModelError> {
        let longest = rows.iter().map(Row::prompt_len).max().unwrap_or(0);
        let room = rows.iter().map(Row::room).max().unwrap_or(0);
        let padding = rows.iter().map(|row| longest - row.prompt_len()).collect();
        let mut cache = Cache::new(
            &self.weights.config,
            padding,
            longest + room,
            &self.weights.device,
        )?;
        let mut hidden = self.prefill(&rows, longest, &mut cache, prefix)?;
        while !rows.is_empty() {
            let logits = self.weights.logits(&hidden)?.to_vec2::<f32>()?;
            let mut keep = Vec::with_capacity(rows.len());
            let mut stay = Vec::with_capacity(rows.len());
            for (at, (mut row, logits)) in rows.drain(..).zip(logits).enumerate() {
                match row.step(logits, &self.tokens, &self.end) {
                    Ok(None) => {
                        keep.push(at);
                        stay.push(row);
                    }
                    Ok(Some(generated)) => done(row.index, Ok(generated)),
                    Err(error) => done(row.index, Err(error)),
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
            let next = Tensor::from_vec(next, (rows.len(), 1), &self.weights.device)?;
            hidden = self.weights.forward(&next, &mut cache, prefix)?;
        }
        Ok(())
    }

    /// Reads the rows' prompts, a stretch of columns at a time; rows that are cancelled meanwhile
    /// are answered when their first token is picked.
    fn prefill(
        &self,
        rows: &[Row<'_>],
        longest: usize,
        cache: &mut Cache,
        prefix: Option<&Prefix>,
    ) -> Result<Tensor, ModelError> {
        let pad = self.end.first().copied().unwrap_or(0);
        let stretch = (PREFILL_TOKENS / rows.len()).max(1);
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
            limit: self.card.context_tokens,
        })
    }
}

impl Model for DecoderModel {
    fn card(&self) -> Arc<Card> {
        Arc::clone(&self.card)
    }

    fn generate(&mut self, feed: &mut dyn Feed) {
        in_batches(feed, self.card.batch, |batch, done| {
            self.answer(batch, done);
        });
    }
}

impl DecoderModel {
    /// Answers each request once; those with the same beginning share a batch.
    fn answer(&mut self, batch: &[Request], done: &mut Done<'_>) {
        let mut groups: BTreeMap<&Arc<str>, Vec<(usize, &Request)>> = BTreeMap::new();
        for (index, request) in batch.iter().enumerate() {
            groups
                .entry(&request.prompt.prefix)
                .or_default()
                .push((index, request));
        }
        for (prefix, group) in groups {
            for part in group.chunks(self.card.batch) {
                let mut answered = vec![];
                let result = self.run(prefix, part.to_vec(), &mut |index,
                                                                   result: Result<
                    Generated,
                    ModelError,
                >| {
                    answered.push(index);
                    done(index, result);
                });
                if let Err(error) = result {
                    let mut error = Some(error);
                    for (index, _) in part.iter().filter(|(index, _)| !answered.contains(index)) {
                        done(*index, Err(repeat(&mut error)));
                    }
                }
            }
        }
    }
}

/// The same failure for every row of a batch: the first gets it whole, the others its words.
fn repeat(error: &mut Option<ModelError>) -> ModelError {
    match error.take() {
        Some(ModelError::Cancelled) => {
            *error = Some(ModelError::Cancelled);
            ModelError::Cancelled
        }
        Some(first) => {
            *error = Some(ModelError::Forward(candle_core::Error::msg(
                first.to_string(),
            )));
            first
        }
        None => ModelError::Stopped,
    }
}
