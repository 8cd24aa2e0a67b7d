//! One [`Job`] to one [`ResultMessage`]: clean, detect, segment, summarise, translate, reassemble.

mod assemble;
mod attempt;
mod cache;
mod language;
pub mod prompt;
mod run;
mod stages;
pub mod summarise;
mod terms;
pub mod translate;
mod write;

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::glossary::store::Store;
use crate::job::wire::{ResultMessage, Summary, TargetResult};
use crate::job::{ErrorCode, InvalidJob, Job, Lang};
use crate::model::catalog::Entry;
use crate::model::{Generate, ModelError};
use crate::pipeline::attempt::Tally;
use crate::pipeline::run::Run;
use crate::text::EmptyArticle;

pub use cache::SegmentCache;

/// Which model does what.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Writes summaries.
    pub summarise: Option<Arc<Entry>>,
    /// Translates into each language.
    pub translate: BTreeMap<Lang, Arc<Entry>>,
    /// Says how alike sentences are. Without it, a summary is held against its article by words
    /// alone.
    pub embed: Option<Arc<Entry>>,
}

/// What an observer is told while a job runs. Stages may overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A stage begins; `segments` is how many pieces of work it has.
    StageStarted {
        /// Such as `clean`, `load:<model>`, `summarise`, `translate:ko`.
        stage: String,
        /// Pieces of work; 0 when it is not divided.
        segments: usize,
    },
    /// A stage that has begun has more to do than was known.
    StageGrew {
        /// The stage.
        stage: String,
        /// Pieces of work that were added.
        segments: usize,
    },
    /// One piece of a stage is done.
    SegmentDone {
        /// The stage.
        stage: String,
        /// Tokens written so far in this job.
        tokens: u64,
    },
    /// A stage has ended.
    StageDone {
        /// The stage.
        stage: String,
    },
    /// The summary in the source language is complete.
    SummaryReady(Box<Summary>),
    /// One target language is complete.
    TargetReady(Box<TargetResult>),
}

/// Is told of a job's progress. Called from async code: must not block.
pub trait Observe: Send + Sync {
    /// Something happened.
    fn event(&self, event: Event);
    /// The counter for tokens as they are written.
    fn meter(&self) -> crate::model::Meter {
        crate::model::Meter::default()
    }
}

/// An observer that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observe for Unobserved {
    fn event(&self, _event: Event) {}
}

/// Why a job has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// The message is not a job.
    #[error(transparent)]
    Invalid(#[from] InvalidJob),
    /// The page holds no article.
    #[error(transparent)]
    Empty(#[from] EmptyArticle),
    /// The article is in a language that is not read here.
    #[error(
        "the article is in {found}; presslate reads English (en) and writes Korean (ko) and Russian (ru)"
    )]
    Language {
        /// English name of the language found.
        found: String,
    },
    /// No model is configured for what was asked.
    #[error(
        "no model is configured to {what}; choose one with --model or a profile (`presslate models list`)"
    )]
    NoModel {
        /// Such as `translate en to ru`.
        what: String,
    },
    /// A model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The work itself broke.
    #[error("the job panicked; this is a fault in presslate, please report it")]
    Panicked,
}

impl JobError {
    /// The code for messages.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Invalid(invalid) => invalid.code,
            Self::Empty(_) => ErrorCode::EmptyArticle,
            Self::Language { .. } => ErrorCode::UnsupportedLanguage,
            Self::NoModel { .. }
            | Self::Model(ModelError::Unknown(_) | ModelError::Unfit { .. }) => ErrorCode::NoModel,
            Self::Model(ModelError::Cancelled | ModelError::Stopped) => ErrorCode::Cancelled,
            // The same text has as many tokens the next time.
            Self::Model(ModelError::TooLong { .. }) => ErrorCode::TooLarge,
            Self::Model(_) => ErrorCode::ModelFailed,
            Self::Panicked => ErrorCode::Internal,
        }
    }
}

/// The glossaries that jobs may name.
#[derive(Debug, Clone)]
pub struct Glossaries {
    /// All of them.
    pub store: Arc<Store>,
    /// That of jobs that name none.
    pub default: Option<String>,
}

/// Runs jobs.
#[derive(Debug)]
pub struct Pipeline<G> {
    engine: G,
    plan: Plan,
    seed: u64,
    cache: Option<Arc<SegmentCache>>,
    glossaries: Option<Glossaries>,
}

impl<G: Generate> Pipeline<G> {
    /// A pipeline that runs `plan` on `engine`.
    pub fn new(engine: G, plan: Plan) -> Self {
        Self {
            engine,
            plan,
            seed: 0,
            cache: None,
            glossaries: None,
        }
    }

    /// The same, with another seed for the decodings that follow a failed one. Equal seeds give
    /// equal results.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The same, which takes from a cache what was translated before, and leaves there what it
    /// translates.
    #[must_use]
    pub fn with_cache(self, cache: Arc<SegmentCache>) -> Self {
        Self {
            cache: Some(cache),
            ..self
        }
    }

    /// The same, with glossaries that jobs may name.
    #[must_use]
    pub fn with_glossaries(self, glossaries: Glossaries) -> Self {
        Self {
            glossaries: Some(glossaries),
            ..self
        }
    }

    /// Runs one job from start to end. It ends as soon as `cancel` fires, and the models stop
    /// working on it too, as they do when the future is dropped.
    ///
    /// # Errors
    /// [`JobError`], whose code says whether trying again can help.
    pub async fn run(
        &self,
        job: &Job,
        observer: &dyn Observe,
        cancel: &CancellationToken,
    ) -> Result<ResultMessage, JobError> {
        let requests = cancel.child_token();
        // Also when this future is dropped, or when one of many requests has failed.
        let _stop_requests = requests.clone().drop_guard();
        let tally = Tally::default();
        let run = Run {
            engine: &self.engine,
            plan: &self.plan,
            seed: self.seed,
            job,
            cancel: requests,
            meter: observer.meter(),
            tally: &tally,
            cache: self.cache.as_deref(),
            glossaries: self.glossaries.as_ref(),
        };
        match cancel
            .run_until_cancelled(Box::pin(run::run(&run, observer)))
            .await
        {
            Some(result) => result,
            None => Err(ModelError::Cancelled.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_for_the_model_is_not_tried_again() {
        let code = JobError::from(ModelError::TooLong {
            tokens: 900,
            limit: 512,
        })
        .code();
        assert_eq!(code, ErrorCode::TooLarge);
        assert!(!code.retryable());
    }
}
