//! What the worker is asked to do: a [`Job`], parsed once at the edge and valid ever after.

pub mod cloudevents;
mod digest;
mod entity;
mod error;
mod glossary;
pub mod lang;
pub mod markup;
mod metadata;
pub mod ninjs;
mod priority;
mod quote;
pub mod section;
mod time;
pub mod wire;

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;

pub use entity::{Entity, EntityKind};
pub use error::{ErrorCode, InvalidJob};
pub use glossary::Term;
pub use lang::Lang;
pub use metadata::Metadata;
pub use priority::Priority;
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
    /// Length of the summary, in sentences (1 to [`Job::MAX_SUMMARY_SENTENCES`]), where the job says.
    pub summary_sentences: Option<usize>,
    /// Most words of the summary ([`Job::SUMMARY_WORDS`]), where the job says.
    pub summary_words: Option<usize>,
    /// The article's language where the producer states it; detected otherwise.
    pub source_lang: Option<Lang>,
    /// Counts up when the producer sends the job again with other content; the newest one counts.
    pub revision: u64,
    /// How urgent it is.
    pub priority: Priority,
    /// Not to be published before: passed on with the result.
    pub embargoed_until: Option<Timestamp>,
    /// Of no use after.
    pub expires: Option<Timestamp>,
    /// Names a glossary of the worker's.
    pub glossary_id: Option<String>,
    /// Terms that come with the job.
    pub glossary: Vec<Term>,
    /// The queue that wants the answer.
    pub reply_to: Option<String>,
    /// Passed through to every answer untouched.
    pub metadata: Option<Metadata>,
    /// The ninjs item that the article came in, of which the translations are made items again.
    pub item: Option<Box<ninjs::Item>>,
    /// People, organisations and places that the producer says the article is about; none unless it
    /// came in a ninjs item.
    pub entities: Vec<Entity>,
}

impl Job {
    /// Used when a job does not say.
    pub const DEFAULT_SUMMARY_SENTENCES: usize = 3;
    /// Longer is not a summary.
    pub const MAX_SUMMARY_SENTENCES: usize = 12;
    /// What may be asked for in words.
    pub const SUMMARY_WORDS: std::ops::RangeInclusive<usize> = 15..=300;
    /// Largest message that is looked at at all, in bytes.
    pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;
    /// Longest article text, in characters, markup included.
    pub const MAX_ARTICLE_CHARS: usize = 1_000_000;
    /// Longest `glossary_id` and `reply_to`, in bytes: AMQP short strings end at 255.
    pub const MAX_NAME_BYTES: usize = 200;
}
