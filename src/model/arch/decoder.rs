//! Decoder-only models from GGUF files: Qwen2, Qwen3, Gemma 3 and Llama.
//!
//! Our own forward passes instead of candle-transformers', which have no padding masks and so run
//! one text at a time: here the segments of an article run as the rows of one batch, and the
//! instruction that they share is computed once. There are two: `cpu` on plain slices, for the
//! processor, and `reference` on candle's tensors, for GPUs and for doubts.

mod attention;
mod cache;
mod config;
mod cpu;
mod prefixes;
mod reference;
mod rope;
mod rows;
#[cfg(test)]
mod tests;
mod weights;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use candle_core::Device;
use candle_core::quantized::gguf_file::Content;

use crate::model::catalog::Architecture;
use crate::model::tokens::{TextTokens, gguf};
use crate::model::{Card, Feed, Model, ModelError, ModelId, Request, Ticket};
use config::Config;
use cpu::Cpu;
use reference::Reference;
use rows::Row;
use weights::Weights;

/// Tokens that are computed at once while reading prompts. Larger is not faster on a CPU, and a request
/// can only be cancelled in between.
const PREFILL_TOKENS: usize = 256;

/// The same on a GPU, which would be idle most of the time with as few.
const PREFILL_TOKENS_ON_GPU: usize = 4096;

/// Memory for the keys and values of one batch, in bytes; a single row may take more. A batch over
/// it runs in parts: one long article must not cost the process its life.
const KV_BYTES: usize = 1 << 30;

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
    /// Whether to compute on candle's tensors where there is something faster.
    pub reference: bool,
    /// Whether the faster pass may guess what a text goes on with, and check it.
    pub lookup: bool,
    /// Write up to the limit, for measuring: an end token is one like others.
    pub ignore_end: bool,
}

/// A decoder-only model in memory.
#[derive(Debug)]
pub struct DecoderModel {
    about: About,
    network: Network,
}

/// What a forward pass has to know besides its weights.
#[derive(Debug)]
struct About {
    card: Arc<Card>,
    tokens: TextTokens,
    begin: Option<u32>,
    end: Vec<u32>,
}

#[derive(Debug)]
enum Network {
    Cpu(Box<Cpu>),
    Reference(Box<Reference>),
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
        let network = if settings.reference || !device.is_cpu() || !Cpu::takes(&config) {
            let weights = Weights::read(&content, &mut reader, config, positions, device)?;
            Network::Reference(Box::new(Reference::new(weights)))
        } else {
            let cpu = Cpu::read(
                &content,
                reader.into_inner(),
                config,
                positions,
                settings.lookup,
            )?;
            Network::Cpu(Box::new(cpu))
        };
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
            about: About {
                card,
                tokens,
                begin,
                end: if settings.ignore_end { Vec::new() } else { end },
            },
            network,
        })
    }

    /// The logits of what follows `ids`, which are read in `pieces`, from the forward pass on tensors;
    /// `None` where the model has another. For comparing its numbers with another's.
    ///
    /// # Errors
    /// When an id is outside the vocabulary, there are more than the context has, or the device fails.
    pub fn logits(&self, ids: &[u32], pieces: usize) -> candle_core::Result<Option<Vec<f32>>> {
        match &self.network {
            Network::Cpu(_) => Ok(None),
            Network::Reference(reference) => reference.weights.read_logits(ids, pieces).map(Some),
        }
    }
}

impl About {
    /// The tokens of a shared beginning; none where there is nothing to share.
    fn beginning(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let mut ids: Vec<u32> = self.begin.into_iter().collect();
        ids.extend(self.tokens.encode_markup(text)?);
        if ids.len() >= self.card.context_tokens {
            return Err(ModelError::TooLong {
                tokens: ids.len(),
                limit: self.card.context_tokens,
            });
        }
        Ok(ids)
    }

    /// A request as a row that comes after `before` shared tokens.
    fn row(&self, ticket: Ticket, request: Request, before: usize) -> Result<Row, ModelError> {
        let ids = self.tokens.encode_parts(&request.prompt.parts)?;
        Row::new(ticket, request, ids, before, self.card.context_tokens)
    }
}

impl Model for DecoderModel {
    fn card(&self) -> Arc<Card> {
        Arc::clone(&self.about.card)
    }

    fn generate(&mut self, feed: &mut dyn Feed) {
        match &mut self.network {
            Network::Cpu(cpu) => cpu.generate(&self.about, feed),
            Network::Reference(reference) => reference.generate(&self.about, feed),
        }
    }
}
