//! BERT as sentence-transformers has it: the mean over a text's tokens, of length one. What it gives
//! is compared, not read.
//!
//! The network is candle-transformers' own: it is small, and one pass over an article's sentences is
//! little beside writing the summary. Texts of like length are computed together, padded to the longest;
//! padding is masked where tokens look at each other, and left out of the mean.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel as Network, Config};
use tokenizers::Tokenizer;
use tokio_util::sync::CancellationToken;

use crate::model::arch::marian::{in_file, read};
use crate::model::arch::t5::tokenizer;
use crate::model::{Card, CountTokens, Embedding, Feed, Model, ModelError, ModelId, Pass, Room};

/// `[CLS]` and `[SEP]` stand around every text.
const FEWEST_TOKENS: usize = 2;

/// Where a model's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BertFiles {
    /// `config.json`.
    pub config: PathBuf,
    /// safetensors.
    pub weights: PathBuf,
    /// `tokenizer.json`.
    pub tokenizer: PathBuf,
}

/// What is known of a model besides its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BertSettings {
    /// Its id in the catalogue.
    pub id: ModelId,
    /// SHA-256 of its weights, in hex.
    pub sha256: String,
    /// How its weights are stored: only told.
    pub quantization: String,
    /// So many tokens of a text are read, those that stand around it included.
    pub context_tokens: usize,
    /// Texts computed together.
    pub batch: usize,
}

/// A BERT model in memory.
pub struct BertModel {
    card: Arc<Card>,
    tokens: Arc<BertTokens>,
    network: Network,
    device: Device,
    /// What fills up short texts.
    padding: u32,
}

#[derive(Debug)]
struct BertTokens(Tokenizer);

impl CountTokens for BertTokens {
    fn count(&self, text: &str) -> usize {
        self.0
            .encode_fast(text, false)
            .map_or(0, |encoding| encoding.len())
    }
}

impl fmt::Debug for BertModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BertModel")
            .field("card", &self.card)
            .finish_non_exhaustive()
    }
}

impl BertModel {
    /// Loads a model.
    ///
    /// # Errors
    /// [`ModelError::Load`], saying which file is missing, broken, or not one of this model.
    pub fn load(
        files: &BertFiles,
        settings: BertSettings,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let id = settings.id.clone();
        Self::try_load(files, settings, device).map_err(|source| ModelError::Load { id, source })
    }

    fn try_load(
        files: &BertFiles,
        settings: BertSettings,
        device: &Device,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let config: Config = serde_json::from_slice(&read(&files.config)?)
            .map_err(|error| in_file(&files.config, error))?;
        let tokenizer = tokenizer(&files.tokenizer)?;
        let ids = tokenizer.get_vocab_size(true);
        if ids > config.vocab_size {
            let message = format!(
                "it has {ids} tokens and config.json says {}",
                config.vocab_size
            );
            return Err(in_file(&files.tokenizer, message));
        }
        let padding = u32::try_from(config.pad_token_id)
            .ok()
            .filter(|_| config.pad_token_id < config.vocab_size)
            .ok_or_else(|| in_file(&files.config, "pad_token_id is no token"))?;
        let weights =
            VarBuilder::from_buffered_safetensors(read(&files.weights)?, DType::F32, device);
        let network = weights.and_then(|weights| Network::load(weights, &config));
        let network = network.map_err(|error| in_file(&files.weights, error))?;
        let tokens = Arc::new(BertTokens(tokenizer));
        let BertSettings {
            id,
            sha256,
            quantization,
            context_tokens,
            batch,
        } = settings;
        let counter = Arc::<BertTokens>::clone(&tokens);
        let card = Card {
            id,
            sha256,
            quantization,
            context_tokens: context_tokens
                .min(config.max_position_embeddings)
                .max(FEWEST_TOKENS),
            batch: batch.max(1),
            tokens: counter,
        };
        Ok(Self {
            card: Arc::new(card),
            tokens,
            network,
            device: device.clone(),
            padding,
        })
    }

    /// The token ids of as much of a text as is read, with what stands around it.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn ids(&self, text: &str) -> candle_core::Result<Vec<u32>> {
        let encoding = self.tokens.0.encode_fast(text, true);
        let mut ids = encoding
            .map_err(candle_core::Error::msg)?
            .get_ids()
            .to_vec();
        if let (Some(&end), true) = (ids.last(), ids.len() > self.card.context_tokens) {
            ids.truncate(self.card.context_tokens - 1);
            ids.push(end);
        }
        Ok(ids)
    }

    /// One pass: the mean over each text's tokens, of any length.
    fn pass(&self, texts: &[&[u32]]) -> candle_core::Result<Vec<Vec<f32>>> {
        let longest = texts.iter().map(|ids| ids.len()).max().unwrap_or(0);
        let (mut ids, mut mask) = (Vec::new(), Vec::new());
        for text in texts {
            let padding = longest - text.len();
            ids.extend(text.iter().copied());
            ids.extend(std::iter::repeat_n(self.padding, padding));
            mask.extend(std::iter::repeat_n(1f32, text.len()));
            mask.extend(std::iter::repeat_n(0f32, padding));
        }
        let shape = (texts.len(), longest);
        let ids = Tensor::from_vec(ids, shape, &self.device)?;
        let mask = Tensor::from_vec(mask, shape, &self.device)?;
        let hidden = self
            .network
            .forward(&ids, &ids.zeros_like()?, Some(&mask))?;
        let sums = hidden.broadcast_mul(&mask.unsqueeze(2)?)?.sum(1)?;
        sums.broadcast_div(&mask.sum_keepdim(1)?)?.to_vec2()
    }
}

impl Model for BertModel {
    fn card(&self) -> Arc<Card> {
        Arc::clone(&self.card)
    }

    fn generate(&mut self, feed: &mut dyn Feed) {
        loop {
            let requests = feed.more(Room::rows(self.card.batch));
            if requests.is_empty() {
                return;
            }
            for (ticket, _) in requests {
                let id = self.card.id.clone();
                let what = "write text";
                feed.done(ticket, Err(ModelError::Unfit { id, what }));
            }
        }
    }

    fn embed(
        &mut self,
        texts: &[Arc<str>],
        cancel: &CancellationToken,
        passed: &mut dyn FnMut(Pass),
    ) -> Result<Vec<Embedding>, ModelError> {
        let ids = texts.iter().map(|text| self.ids(text));
        let ids: Vec<Vec<u32>> = ids.collect::<candle_core::Result<_>>()?;
        // Rows of like length waste little padding.
        let mut order: Vec<(usize, &[u32])> = ids.iter().map(Vec::as_slice).enumerate().collect();
        order.sort_by_key(|(_, ids)| ids.len());
        let mut found: Vec<(usize, Embedding)> = Vec::with_capacity(texts.len());
        for group in order.chunks(self.card.batch) {
            if cancel.is_cancelled() {
                return Err(ModelError::Cancelled);
            }
            let began = Instant::now();
            let rows: Vec<&[u32]> = group.iter().map(|(_, ids)| *ids).collect();
            let means = self.pass(&rows)?;
            found.extend(
                group
                    .iter()
                    .zip(means)
                    .map(|((index, ids), mean)| (*index, Embedding::new(&mean, ids.len()))),
            );
            passed(Pass {
                prefill: true,
                texts: rows.len(),
                tokens: rows.iter().map(|ids| ids.len()).sum(),
                took: began.elapsed(),
            });
        }
        found.sort_by_key(|(index, _)| *index);
        Ok(found.into_iter().map(|(_, embedding)| embedding).collect())
    }
}
