//! T5 and what shares its shape, such as MADLAD-400: an encoder and a decoder from a GGUF file.
//!
//! A network of our own rather than candle-transformers' `quantized_t5`, whose decoder takes the
//! wrong relative positions from the tenth token on: see `distance`. It shares Marian's batching
//! and search.

pub mod config;
mod distance;
pub mod net;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::Device;
use tokenizers::Tokenizer;

use crate::model::arch::marian::closed::Closed;
use crate::model::arch::marian::requests::{self, SequenceToSequence};
use crate::model::arch::marian::search::{Specials, Steps};
use crate::model::arch::marian::{in_file, read};
use crate::model::{Card, CountTokens, Feed, Model, ModelError, ModelId};
use config::Config;
use net::Network;

/// Where a model's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct T5Files {
    /// `config.json`.
    pub config: PathBuf,
    /// GGUF, its tensors under the transformers library's names.
    pub weights: PathBuf,
    /// `tokenizer.json`.
    pub tokenizer: PathBuf,
}

/// What is known of a model besides its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct T5Settings {
    /// Its id in the catalogue.
    pub id: ModelId,
    /// SHA-256 of its weights, in hex.
    pub sha256: String,
    /// How its weights are stored, such as `Q4_K`: only told, the file decides.
    pub quantization: String,
    /// Longest source and longest output, in tokens.
    pub context_tokens: usize,
    /// Sentences computed together.
    pub batch: usize,
    /// Compute the plain way, for doubts about the fast one.
    pub reference: bool,
    /// Words that are unlikely for a source need not be looked at.
    pub shortlist: bool,
    /// Write up to the limit, for measuring.
    pub ignore_end: bool,
}

/// A T5 model in memory.
#[derive(Debug)]
pub struct T5Model {
    card: Arc<Card>,
    tokens: Arc<T5Tokens>,
    network: Network,
    specials: Specials,
}

#[derive(Debug)]
struct T5Tokens(Tokenizer);

impl CountTokens for T5Tokens {
    fn count(&self, text: &str) -> usize {
        self.0
            .encode_fast(text, false)
            .map_or(0, |encoding| encoding.len())
    }
}

impl T5Model {
    /// Loads a model.
    ///
    /// # Errors
    /// [`ModelError::Load`], saying which file is missing, broken, or not one of this model.
    pub fn load(
        files: &T5Files,
        settings: T5Settings,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let id = settings.id.clone();
        Self::try_load(files, settings, device).map_err(|source| ModelError::Load { id, source })
    }

    fn try_load(
        files: &T5Files,
        settings: T5Settings,
        device: &Device,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let config: Config = serde_json::from_slice(&read(&files.config)?)
            .map_err(|error| in_file(&files.config, error))?;
        let tokens = Arc::new(T5Tokens(tokenizer(&files.tokenizer)?));
        let network = Network::load(&config, &files.weights, device, settings.reference);
        let network = network.map_err(|error| in_file(&files.weights, error))?;
        let T5Settings {
            id,
            sha256,
            quantization,
            context_tokens,
            batch,
            reference: _,
            shortlist: _,
            ignore_end,
        } = settings;
        let counter = Arc::<T5Tokens>::clone(&tokens);
        let card = Card {
            id,
            sha256,
            quantization,
            context_tokens,
            batch: batch.max(1),
            tokens: counter,
        };
        let mut specials = Specials {
            start: config.start(),
            eos: config.eos_token_id,
            banned: vec![config.pad_token_id],
        };
        if ignore_end {
            specials.banned.push(specials.eos);
        }
        Ok(Self {
            card: Arc::new(card),
            tokens,
            network,
            specials,
        })
    }

    /// The network, for comparing its numbers with another's.
    pub fn network(&self) -> &Network {
        &self.network
    }
}

pub(super) fn tokenizer(path: &Path) -> Result<Tokenizer, Box<dyn Error + Send + Sync>> {
    let mut tokenizer = Tokenizer::from_bytes(read(path)?).map_err(|error| in_file(path, error))?;
    // A control token in an article is text like any other.
    tokenizer.set_encode_special_tokens(true);
    tokenizer.with_padding(None);
    tokenizer
        .with_truncation(None)
        .map_err(|error| in_file(path, error))?;
    Ok(tokenizer)
}

impl SequenceToSequence for T5Model {
    fn card(&self) -> &Card {
        &self.card
    }

    fn specials(&self) -> &Specials {
        &self.specials
    }

    fn tokenize(&self, target: &str, text: &str) -> candle_core::Result<Vec<u32>> {
        let target = target.trim();
        let mut ids = Vec::new();
        if !target.is_empty() {
            let Some(id) = self.tokens.0.token_to_id(target) else {
                candle_core::bail!("this model has no target token {target:?}")
            };
            ids.push(id);
        }
        let encoding = self
            .tokens
            .0
            .encode_fast(text, false)
            .map_err(candle_core::Error::msg)?;
        ids.extend(encoding.get_ids());
        ids.push(self.specials.eos);
        Ok(ids)
    }

    fn begin(&self) -> Box<dyn Steps + '_> {
        Box::new(Closed::new(|sources| self.network.encode(sources)))
    }

    fn text(&self, tokens: &[u32]) -> String {
        // It fails only where a decoder's pattern does; what it has then is no text.
        self.tokens
            .0
            .decode(tokens, true)
            .unwrap_or_default()
            .trim()
            .to_owned()
    }
}

impl Model for T5Model {
    fn card(&self) -> Arc<Card> {
        Arc::clone(&self.card)
    }

    fn generate(&mut self, feed: &mut dyn Feed) {
        requests::answer(self, feed);
    }
}
