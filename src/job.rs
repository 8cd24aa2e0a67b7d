//! What the worker is asked to do: a [`Job`], parsed once at the edge and valid ever after.

pub mod lang;
pub mod ninjs;
mod quote;
pub mod section;
pub mod wire;

use std::collections::BTreeSet;
use std::fmt;

pub use lang::Lang;
pub use section::{Section, SectionKind};

/// Identifies a job to its producer. At most [`JobId::MAX_BYTES`] bytes, never empty, and free of
/// control characters, so that it may go into headers and logs as it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(String);

impl JobId {
    /// AMQP short strings end at 255 bytes; the rest is room for a suffix in derived ids.
    pub const MAX_BYTES: usize = 200;

    /// Checks an id.
    ///
    /// # Errors
    /// A sentence saying what is wrong with it.
    pub fn new(id: impl Into<String>) -> Result<Self, String> {
        let id = id.into();
        if id.trim().is_empty() {
            return Err("the id is empty".to_owned());
        }
        if id.len() > Self::MAX_BYTES {
            return Err(format!(
                "the id has {} bytes; at most {} fit a message header",
                id.len(),
                Self::MAX_BYTES
            ));
        }
        if id.chars().any(char::is_control) {
            return Err("the id has control characters".to_owned());
        }
        Ok(Self(id))
    }

    /// The id as its producer wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One thing to make of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Task {
    /// A short summary in the source language and in each target language. Without
    /// [`Task::Translate`], nothing else is translated.
    Summarise,
    /// The title, headings and body in each target language.
    Translate,
}

impl Task {
    /// Every task, in the order they run.
    pub const ALL: [Self; 2] = [Self::Summarise, Self::Translate];

    /// The name in messages and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Summarise => "summarise",
            Self::Translate => "translate",
        }
    }

    /// Parses a name; the American spelling is accepted as well.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "summarise" | "summarize" => Some(Self::Summarise),
            "translate" => Some(Self::Translate),
            _ => None,
        }
    }
}

/// The text of an article as its producer holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A raw page or story as plain text.
    Text(String),
    /// A page or a fragment of HTML.
    Html(String),
    /// Sections that the producer has cut already: nothing is dropped from them.
    Sections(Vec<Section>),
}

/// An article: its body, and a headline where the producer keeps it apart from the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArticleInput {
    /// The headline, when it is not part of the body.
    pub title: Option<String>,
    /// The text.
    pub body: Body,
}

/// A unit of work: one article, and what to make of it. Built by [`wire::parse_job`], so every
/// value here has been checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Names the job in every answer.
    pub id: JobId,
    /// The article.
    pub article: ArticleInput,
    /// Languages to translate into; empty when only a summary in the source language is wanted.
    pub targets: Vec<Lang>,
    /// What to do.
    pub tasks: BTreeSet<Task>,
    /// Length of the summary, in sentences (1 to [`Job::MAX_SUMMARY_SENTENCES`]).
    pub summary_sentences: usize,
    /// The article's language where the producer states it; detected otherwise.
    pub source_lang: Option<Lang>,
    /// Passed through to the result untouched.
    pub metadata: Option<serde_json::Value>,
}

impl Job {
    /// Used when a job does not say.
    pub const DEFAULT_SUMMARY_SENTENCES: usize = 3;
    /// Longer is not a summary.
    pub const MAX_SUMMARY_SENTENCES: usize = 12;
    /// Largest message that is looked at at all, in bytes.
    pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;
    /// Longest article text, in characters, markup included.
    pub const MAX_ARTICLE_CHARS: usize = 1_000_000;
}

/// Why a message is not a job. `code` and `field` go into the error result as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidJob {
    /// Stable, machine readable.
    pub code: ErrorCode,
    /// What is wrong and what to do, for people.
    pub message: String,
    /// Path of the offending field, such as `targets[1]`.
    pub field: Option<String>,
    /// The job's id, when that much could be read.
    pub id: Option<String>,
}

/// Stable codes of everything that can end a job without a result.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not UTF-8, not JSON, or nested too deep.
    MalformedMessage,
    /// A field is missing, unknown where that matters, or has a wrong value.
    InvalidField,
    /// The message's major version is not one this worker speaks.
    UnsupportedVersion,
    /// The message or the article is over the size limit.
    TooLarge,
    /// Nothing is left of the article once chrome is dropped, or it was empty.
    EmptyArticle,
    /// The article is not in a language this worker reads.
    UnsupportedLanguage,
    /// No configured model serves the wanted pair or task.
    NoModel,
    /// A model could not be loaded or failed while running.
    ModelFailed,
    /// Took longer than the job may.
    Deadline,
    /// Stopped on request.
    Cancelled,
    /// A fault in the worker itself.
    Internal,
}

impl ErrorCode {
    /// Whether the same message may succeed later or elsewhere.
    pub fn retryable(self) -> bool {
        match self {
            Self::MalformedMessage
            | Self::InvalidField
            | Self::UnsupportedVersion
            | Self::TooLarge
            | Self::EmptyArticle
            | Self::UnsupportedLanguage
            | Self::NoModel => false,
            Self::ModelFailed | Self::Deadline | Self::Cancelled | Self::Internal => true,
        }
    }

    /// The code as it stands in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::MalformedMessage => "malformed_message",
            Self::InvalidField => "invalid_field",
            Self::UnsupportedVersion => "unsupported_version",
            Self::TooLarge => "too_large",
            Self::EmptyArticle => "empty_article",
            Self::UnsupportedLanguage => "unsupported_language",
            Self::NoModel => "no_model",
            Self::ModelFailed => "model_failed",
            Self::Deadline => "deadline",
            Self::Cancelled => "cancelled",
            Self::Internal => "internal",
        }
    }
}
