//! Marian: the encoder and decoder of the opus-mt models.
//!
//! Written for this program because candle-transformers' Marian has no padding mask, no beam, and
//! computes the source's keys and values again at every step. Here sentences of different length
//! share a batch, the source is projected once, and the keys and values of what has been written
//! stay in place. Reads `config.json`, `source.spm`, `target.spm`, `vocab.json`, and the weights
//! from safetensors or from either kind of PyTorch file, none of which is executed.

pub mod config;
mod layer;
mod legacy;
pub mod linear;
pub mod net;
pub mod search;
pub mod weights;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::Device;

use crate::model::tokens::marian::MarianTokens;
use crate::model::tokens::spm::SentencePiece;
use crate::model::{Card, Generated, Model, ModelError, ModelId, Part, Request, Stop, Strategy};
use config::Config;
use linear::Quantization;
use net::Network;
use search::{Specials, Task, Written};
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
}

impl MarianFiles {
    /// The files of a folder under the names that the hub has them under; safetensors where there
    /// are both kinds of weights.
    pub fn in_folder(folder: &Path) -> Self {
        let safetensors = folder.join("model.safetensors");
        let weights = if safetensors.is_file() { safetensors } else { folder.join("pytorch_model.bin") };
        Self {
            config: folder.join("config.json"),
            weights,
            source_spm: folder.join("source.spm"),
            target_spm: folder.join("target.spm"),
            vocab: folder.join("vocab.json"),
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
}

/// A Marian model in memory.
#[derive(Debug)]
pub struct MarianModel {
    card: Arc<Card>,
    tokens: Arc<MarianTokens>,
    network: Network,
    specials: Specials,
}

impl MarianModel {
    /// Loads a model.
    ///
    /// # Errors
    /// [`ModelError::Load`], saying which file is missing, broken, or not one of this model.
    pub fn load(files: &MarianFiles, settings: MarianSettings, device: &Device) -> Result<Self, ModelError> {
        let id = settings.id.clone();
        Self::try_load(files, settings, device).map_err(|source| ModelError::Load { id, source })
    }

    fn try_load(
        files: &MarianFiles,
        settings: MarianSettings,
        device: &Device,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let config = Config::parse(&read(&files.config)?).map_err(|error| in_file(&files.config, error))?;
        let spm = |path: &Path| SentencePiece::parse(&read(path)?).map_err(|error| in_file(path, error));
        let (source, target) = (spm(&files.source_spm)?, spm(&files.target_spm)?);
        let tokens = MarianTokens::new(source, target, &read(&files.vocab)?);
        let tokens = Arc::new(tokens.map_err(|error| in_file(&files.vocab, error))?);
        if tokens.id_bound() > config.vocab_size {
            let message = format!("it has ids up to {} and config.json says {}", tokens.id_bound(), config.vocab_size);
            return Err(in_file(&files.vocab, message));
        }
        let mut weights = WeightFile::open(&files.weights, device).map_err(|error| in_file(&files.weights, error))?;
        let network = Network::load(&config, &mut weights, settings.quantization, device)
            .map_err(|error| in_file(&files.weights, error))?;
        let card = Card {
            id: settings.id,
            sha256: settings.sha256,
            quantization: settings.quantization.name().to_owned(),
            context_tokens: settings.context_tokens.min(config.max_position_embeddings),
            batch: settings.batch.max(1),
            tokens: Arc::<MarianTokens>::clone(&tokens),
        };
        let specials = Specials {
            start: config.decoder_start_token_id,
            eos: config.eos_token_id,
            banned: config.banned(),
        };
        Ok(Self { card: Arc::new(card), tokens, network, specials })
    }

    /// The network, for comparing its numbers with another's.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The tokenizer.
    pub fn tokens(&self) -> &MarianTokens {
        &self.tokens
    }

    /// The ids of a request's source; `None` where there is nothing to translate.
    fn source(&self, request: &Request) -> Result<Option<Vec<u32>>, ModelError> {
        if request.cancel.is_cancelled() {
            return Err(ModelError::Cancelled);
        }
        let parts = request.prompt.parts.iter().map(|part| match part {
            Part::Markup(text) | Part::Text(text) => &**text,
        });
        let text: String = parts.collect();
        if text.trim().is_empty() {
            return Ok(None);
        }
        let ids = self.tokens.encode(&request.prompt.prefix, &text).map_err(candle_core::Error::wrap)?;
        if ids.len() > self.card.context_tokens {
            return Err(ModelError::TooLong { tokens: ids.len(), limit: self.card.context_tokens });
        }
        Ok(Some(ids))
    }

    /// Computes texts that are searched for in the same way, at most a batch of them.
    fn run(
        &self,
        group: &[(usize, Vec<u32>)],
        how: Search,
        batch: &[Request],
        done: &mut dyn FnMut(usize, Result<Generated, ModelError>),
    ) {
        let tasks: Vec<Task<'_>> = group
            .iter()
            .filter_map(|(index, _)| batch.get(*index).map(|request| (*index, request)))
            .map(|(index, request)| {
                Task::new(index, request, request.decode.max_new_tokens.min(self.card.context_tokens))
            })
            .collect();
        let sources: Vec<&[u32]> = group.iter().map(|(_, ids)| ids.as_slice()).collect();
        let mut finish = |index: usize, written: Result<Written, ModelError>| {
            let ids = group.iter().find(|(at, _)| *at == index).map_or(0, |(_, ids)| ids.len());
            let stops = batch.get(index).map(|request| request.decode.stop.as_slice()).unwrap_or_default();
            done(index, written.map(|written| self.generated(&written, ids, stops)));
        };
        let mut decoding = match self.network.encode(&sources) {
            Ok(decoding) => decoding,
            Err(error) => {
                for task in &tasks {
                    finish(task.index, Err(ModelError::Forward(candle_core::Error::Msg(error.to_string()))));
                }
                return;
            }
        };
        match how {
            Search::RowByRow => search::row_by_row(&mut decoding, &tasks, &self.specials, &mut finish),
            Search::Beam { width, length_penalty } => {
                search::beam(&mut decoding, &tasks, (width, length_penalty), &self.specials, &mut finish);
            }
        }
    }

    fn generated(&self, written: &Written, prompt_tokens: usize, stops: &[String]) -> Generated {
        let mut text = self.tokens.decode(&written.tokens);
        let mut stop = written.stop;
        let first = stops.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| text.find(stop.as_str())).min();
        if let Some(end) = first {
            text.truncate(end);
            stop = Stop::EndOfText;
        }
        Generated { text, stop, prompt_tokens, tokens: written.tokens.len() }
    }
}

impl Model for MarianModel {
    fn card(&self) -> Arc<Card> {
        Arc::clone(&self.card)
    }

    fn generate(&mut self, batch: &[Request], done: &mut dyn FnMut(usize, Result<Generated, ModelError>)) {
        let mut groups: Vec<(Search, Vec<(usize, Vec<u32>)>)> = Vec::new();
        for (index, request) in batch.iter().enumerate() {
            match self.source(request) {
                Err(error) => done(index, Err(error)),
                // A translation of nothing is nothing; a model would make something up.
                Ok(None) => done(index, Ok(Generated {
                    text: String::new(),
                    stop: Stop::EndOfText,
                    prompt_tokens: 0,
                    tokens: 0,
                })),
                Ok(Some(ids)) => {
                    let how = Search::of(&request.decode.strategy);
                    match groups.iter_mut().find(|(other, _)| *other == how) {
                        Some((_, group)) => group.push((index, ids)),
                        None => groups.push((how, vec![(index, ids)])),
                    }
                }
            }
        }
        for (how, mut group) in groups {
            // Sentences of like length together: the least padding.
            group.sort_by_key(|(_, ids)| ids.len());
            for chunk in group.chunks(self.card.batch) {
                self.run(chunk, how, batch, done);
            }
        }
    }
}

/// How a group of requests is searched for; greedy and sampling requests share a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Search {
    RowByRow,
    Beam { width: usize, length_penalty: f32 },
}

impl Search {
    fn of(strategy: &Strategy) -> Self {
        match *strategy {
            Strategy::Greedy | Strategy::Sample { .. } => Self::RowByRow,
            Strategy::Beam { width, length_penalty } => Self::Beam { width, length_penalty },
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    std::fs::read(path).map_err(|error| in_file(path, error))
}

/// An error that says which file it is about.
fn in_file(path: &Path, error: impl Into<Box<dyn Error + Send + Sync>>) -> Box<dyn Error + Send + Sync> {
    Box::new(FileError { path: path.to_owned(), source: error.into() })
}

#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be used", path = path.display())]
struct FileError {
    path: PathBuf,
    source: Box<dyn Error + Send + Sync>,
}
