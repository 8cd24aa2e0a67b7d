//! From an entry of the catalogue to a model in memory.

mod unlisted;

use std::sync::Arc;

use candle_core::Device;
use tokio_util::sync::CancellationToken;

use crate::model::arch::bert::{BertFiles, BertModel, BertSettings};
use crate::model::arch::decoder::{self, DecoderModel};
use crate::model::arch::marian::linear::Quantization;
use crate::model::arch::marian::{MarianFiles, MarianModel, MarianSettings};
use crate::model::arch::t5::{T5Files, T5Model, T5Settings};
use crate::model::catalog::{Architecture, Catalog, Entry, Role};
use crate::model::weights::{Installed, InstalledFile, WeightsError};
use crate::model::{Loader, Model, ModelError, ModelId};

pub use unlisted::unlisted;

/// Gets the files of a catalogue entry. Blocking; may download.
pub type Fetch =
    Box<dyn FnMut(&Arc<Entry>, &CancellationToken) -> Result<Installed, WeightsError> + Send>;

/// What a model is told besides what the catalogue says of it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches that are independent of each other, and set by name"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switches {
    /// Compute the plain way, in f32 and tensors, for doubts about the fast one.
    pub reference: bool,
    /// Sequence-to-sequence models need not look at words that are unlikely for a source.
    pub shortlist: bool,
    /// Language models may guess what a text copies from its source, and check it.
    pub lookup: bool,
    /// Write up to the limit whatever the model says, for measuring.
    pub ignore_end: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            reference: false,
            shortlist: true,
            lookup: true,
            ignore_end: false,
        }
    }
}

/// Loads models of the catalogue.
#[allow(missing_debug_implementations, reason = "holds a closure")]
pub struct CatalogLoader {
    catalog: Arc<Catalog>,
    fetch: Fetch,
    device: Device,
    switches: Switches,
}

impl CatalogLoader {
    /// A loader that takes entries from `catalog`, their files from `fetch`, and puts them on
    /// `device`.
    pub fn new(catalog: Arc<Catalog>, fetch: Fetch, device: Device) -> Self {
        Self {
            catalog,
            fetch,
            device,
            switches: Switches::default(),
        }
    }

    /// The same with these switches.
    #[must_use]
    pub fn with_switches(mut self, switches: Switches) -> Self {
        self.switches = switches;
        self
    }
}

impl Loader for CatalogLoader {
    fn load(
        &mut self,
        id: &ModelId,
        cancel: &CancellationToken,
    ) -> Result<Box<dyn Model>, ModelError> {
        let entry = self
            .catalog
            .get(id.as_str())
            .ok_or_else(|| ModelError::Unknown(id.to_string()))?;
        let installed = (self.fetch)(entry, cancel)?;
        open(id, &installed, &self.device, self.switches)
    }

    fn memory_bytes(&self, id: &ModelId) -> u64 {
        self.catalog
            .get(id.as_str())
            .map_or(0, |entry| entry.memory_mib.saturating_mul(1024 * 1024))
    }
}

/// Loads a model whose files are here.
///
/// # Errors
/// When a file is missing or does not load.
pub fn open(
    id: &ModelId,
    installed: &Installed,
    device: &Device,
    switches: Switches,
) -> Result<Box<dyn Model>, ModelError> {
    let entry = &installed.entry;
    let batch = entry.decode.batch_on(!device.is_cpu());
    let file = |role: Role| -> Result<&InstalledFile, ModelError> {
        installed.file(role).ok_or_else(|| ModelError::Load {
            id: id.clone(),
            source: format!("the catalogue names no file with role {role:?}").into(),
        })
    };
    match entry.architecture {
        Architecture::Qwen2 | Architecture::Qwen3 | Architecture::Gemma3 | Architecture::Llama => {
            let weights = file(Role::Weights)?;
            let settings = decoder::Settings {
                id: id.clone(),
                architecture: entry.architecture,
                sha256: weights.sha256.clone(),
                quantization: entry.quantization.clone(),
                context_tokens: entry.context_tokens,
                batch,
                reference: switches.reference,
                lookup: switches.lookup,
                ignore_end: switches.ignore_end,
            };
            Ok(Box::new(DecoderModel::load(
                &weights.path,
                settings,
                device,
            )?))
        }
        Architecture::Marian => {
            let weights = file(Role::Weights)?;
            let quantization =
                Quantization::parse(&entry.quantization).ok_or_else(|| ModelError::Load {
                    id: id.clone(),
                    source: format!(
                        "the catalogue says {:?}; a Marian model is int8, q8_0, f16 or f32",
                        entry.quantization
                    )
                    .into(),
                })?;
            let files = MarianFiles {
                config: file(Role::Config)?.path.clone(),
                weights: weights.path.clone(),
                source_spm: file(Role::SourceSpm)?.path.clone(),
                target_spm: file(Role::TargetSpm)?.path.clone(),
                vocab: file(Role::Vocab)?.path.clone(),
                vocabulary_map: installed
                    .file(Role::VocabularyMap)
                    .map(|map| map.path.clone()),
            };
            let settings = MarianSettings {
                id: id.clone(),
                sha256: weights.sha256.clone(),
                quantization,
                context_tokens: entry.context_tokens,
                batch,
                reference: switches.reference,
                shortlist: switches.shortlist,
                ignore_end: switches.ignore_end,
            };
            Ok(Box::new(MarianModel::load(&files, settings, device)?))
        }
        Architecture::T5 => {
            let weights = file(Role::Weights)?;
            let files = T5Files {
                config: file(Role::Config)?.path.clone(),
                weights: weights.path.clone(),
                tokenizer: file(Role::Tokenizer)?.path.clone(),
            };
            let settings = T5Settings {
                id: id.clone(),
                sha256: weights.sha256.clone(),
                quantization: entry.quantization.clone(),
                context_tokens: entry.context_tokens,
                batch,
                reference: switches.reference,
                shortlist: switches.shortlist,
                ignore_end: switches.ignore_end,
            };
            Ok(Box::new(T5Model::load(&files, settings, device)?))
        }
        Architecture::Bert => {
            let files = BertFiles {
                config: file(Role::Config)?.path.clone(),
                weights: file(Role::Weights)?.path.clone(),
                tokenizer: file(Role::Tokenizer)?.path.clone(),
            };
            let sha256 = file(Role::Weights)?.sha256.clone();
            let settings = bert_settings(id, entry, sha256, batch);
            Ok(Box::new(BertModel::load(&files, settings, device)?))
        }
    }
}

fn bert_settings(id: &ModelId, entry: &Entry, sha256: String, batch: usize) -> BertSettings {
    BertSettings {
        id: id.clone(),
        sha256,
        quantization: entry.quantization.clone(),
        context_tokens: entry.context_tokens,
        batch,
    }
}
