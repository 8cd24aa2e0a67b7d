//! Marian: the encoder and decoder of the opus-mt models.
//!
//! Written for this program because candle-transformers' Marian has no padding mask, no beam, and
//! computes the source's keys and values again at every step. Here sentences of different length
//! share a batch, the source is projected once, and the keys and values of what has been written
//! stay in place. Reads `config.json`, `source.spm`, `target.spm`, `vocab.json`, and the weights
//! from safetensors or from either kind of PyTorch file, none of which is executed.

pub(super) mod closed;
pub mod config;
mod cpu;
mod desk;
pub(super) mod layer;
mod legacy;
pub mod linear;
pub mod net;
pub(super) mod requests;
pub mod search;
pub mod weights;

use std::error::Error;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::Device;

use crate::model::tokens::marian::MarianTokens;
use crate::model::tokens::spm::SentencePiece;
use crate::model::{Card, Feed, Model, ModelError, ModelId};
use closed::Closed;
use config::Config;
use linear::Quantization;
use net::Network;
use requests::SequenceToSequence;
use search::{Specials, Steps};
use weights::WeightFile;

/// Where a model's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarianFiles {
    /// `config.json`.
    pub config: PathBuf,
    /// `model.safetensors` or `pytorch_model.bin`.
    pub weights: PathBuf,
    /// `source.spm`.
    pub source_spm: PathBuf,
    /// `target.spm`.
    pub target_spm: PathBuf,
    /// `vocab.json`.
    pub vocab: PathBuf,
    /// Which target tokens a source token may become, where there is such a table: a vocabulary
    /// map as CTranslate2 reads it, `vmap.txt`.
    pub vocabulary_map: Option<PathBuf>,
}

impl MarianFiles {
    /// The files of a folder under the names that the hub has them under; safetensors where there
    /// are both kinds of weights.
    pub fn in_folder(folder: &Path) -> Self {
        let safetensors = folder.join("model.safetensors");
        let weights = if safetensors.is_file() {
            safetensors
        } else {
            folder.join("pytorch_model.bin")
        };
        Self {
            config: folder.join("config.json"),
            weights,
            source_spm: folder.join("source.spm"),
            target_spm: folder.join("target.spm"),
            vocab: folder.join("vocab.json"),
            vocabulary_map: Some(folder.join("vmap.txt")).filter(|path| path.is_file()),
        }
    }
}

/// What is known of a model besides its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarianSettings {
    /// Its id in the catalogue.
    pub id: ModelId,
    /// SHA-256 of its weights, in hex.
    pub sha256: String,
    /// How its weights are to be held in memory.
    pub quantization: Quantization,
    /// Longest source and longest output, in tokens; the model's own limit holds as well.
    pub context_tokens: usize,
    /// Sentences computed together.
    pub batch: usize,
    /// Whether to compute with tensors in f32, whatever `quantization` says: slow, and to be
    /// compared with.
    pub reference: bool,
    /// Tokens that are unlikely for a source need not be looked at, where the vocabulary map says
    /// which they are.
    pub shortlist: bool,
    /// Write up to the limit, for measuring.
    pub ignore_end: bool,
}

/// A Marian model in memory.
#[derive(Debug)]
pub struct MarianModel {
    card: Arc<Card>,
    tokens: Arc<MarianTokens>,
    network: Form,
    specials: Specials,
}

/// The network in one of its two forms.
#[derive(Debug)]
enum Form {
    /// On plain slices.
    Slices(Box<cpu::Network>),
    /// On candle's tensors: on GPUs, and where f32 or the reference is asked for.
    Tensors(Box<Network>),
}

impl MarianModel {
    /// Loads a model.
    ///
    /// # Errors
    /// [`ModelError::Load`], saying which file is missing, broken, or not one of this model.
    pub fn load(
        files: &MarianFiles,
        settings: MarianSettings,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let id = settings.id.clone();
        Self::try_load(files, settings, device).map_err(|source| ModelError::Load { id, source })
    }

    fn try_load(
        files: &MarianFiles,
        settings: MarianSettings,
        device: &Device,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let config =
            Config::parse(&read(&files.config)?).map_err(|error| in_file(&files.config, error))?;
        let spm =
            |path: &Path| SentencePiece::parse(&read(path)?).map_err(|error| in_file(path, error));
        let (source, target) = (spm(&files.source_spm)?, spm(&files.target_spm)?);
        let tokens = MarianTokens::new(source, target, &read(&files.vocab)?);
        let tokens = Arc::new(tokens.map_err(|error| in_file(&files.vocab, error))?);
        if tokens.id_bound() > config.vocab_size {
            let message = format!(
                "it has ids up to {} and config.json says {}",
                tokens.id_bound(),
                config.vocab_size
            );
            return Err(in_file(&files.vocab, message));
        }
        let mut weights = WeightFile::open(&files.weights, device)
            .map_err(|error| in_file(&files.weights, error))?;
        let slices = settings.quantization == Quantization::Int8
            && !settings.reference
            && matches!(device, Device::Cpu)
            && cpu::Network::supports(&config);
        let mut specials = Specials {
            start: config.decoder_start_token_id,
            eos: config.eos_token_id,
            banned: config.banned(),
        };
        let held = match (slices, settings.reference) {
            (true, _) => Quantization::Int8,
            (false, true) => Quantization::F32,
            (false, false) => settings.quantization.on(device),
        };
        let network = if slices {
            let network = cpu::Network::load(&config, &mut weights, device);
            network.map(|network| Form::Slices(Box::new(network)))
        } else {
            Network::load(&config, &mut weights, held, device)
                .map(|network| Form::Tensors(Box::new(network)))
        };
        let mut network = network.map_err(|error| in_file(&files.weights, error))?;
        if let (Form::Slices(network), Some(path), true) =
            (&mut network, &files.vocabulary_map, settings.shortlist)
        {
            let text = String::from_utf8(read(path)?).map_err(|error| in_file(path, error))?;
            let table = cpu::Table::parse(&text, |piece| tokens.id(piece));
            let table = table.map_err(|error| in_file(path, error))?;
            network.narrow(table, [specials.eos]);
        }
        let card = Card {
            id: settings.id,
            sha256: settings.sha256,
            quantization: held.name().to_owned(),
            context_tokens: settings.context_tokens.min(config.max_position_embeddings),
            batch: settings.batch.max(1),
            tokens: Arc::<MarianTokens>::clone(&tokens),
        };
        if settings.ignore_end {
            specials.banned.push(specials.eos);
        }
        Ok(Self {
            card: Arc::new(card),
            tokens,
            network,
            specials,
        })
    }

    /// The network on tensors, where the model has it: for comparing its numbers with another's.
    pub fn network(&self) -> Option<&Network> {
        match &self.network {
            Form::Tensors(network) => Some(network),
            Form::Slices(_) => None,
        }
    }

    /// An empty batch, for comparing numbers.
    pub fn steps(&self) -> Box<dyn Steps + '_> {
        match &self.network {
            Form::Slices(network) => Box::new(network.begin()),
            Form::Tensors(network) => Box::new(Closed::new(|sources| network.encode(sources))),
        }
    }

    /// The tokenizer.
    pub fn tokens(&self) -> &MarianTokens {
        &self.tokens
    }
}

impl SequenceToSequence for MarianModel {
    fn card(&self) -> &Card {
        &self.card
    }

    fn specials(&self) -> &Specials {
        &self.specials
    }

    fn tokenize(&self, target: &str, text: &str) -> candle_core::Result<Vec<u32>> {
        self.tokens
            .encode(target, text)
            .map_err(candle_core::Error::wrap)
    }

    fn begin(&self) -> Box<dyn Steps + '_> {
        self.steps()
    }

    fn lanes(&self) -> NonZeroUsize {
        match &self.network {
            Form::Slices(_) => crate::model::device::threads(),
            Form::Tensors(_) => NonZeroUsize::MIN,
        }
    }

    fn text(&self, tokens: &[u32]) -> String {
        self.tokens.decode(tokens)
    }
}

impl Model for MarianModel {
    fn card(&self) -> Arc<Card> {
        Arc::clone(&self.card)
    }

    fn generate(&mut self, feed: &mut dyn Feed) {
        requests::answer(self, feed);
    }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    std::fs::read(path).map_err(|error| in_file(path, error))
}

/// An error that says which file it is about.
pub(super) fn in_file(
    path: &Path,
    error: impl Into<Box<dyn Error + Send + Sync>>,
) -> Box<dyn Error + Send + Sync> {
    Box::new(FileError {
        path: path.to_owned(),
        source: error.into(),
    })
}

#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be used", path = path.display())]
struct FileError {
    path: PathBuf,
    source: Box<dyn Error + Send + Sync>,
}
