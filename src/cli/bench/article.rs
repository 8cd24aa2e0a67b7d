//! The way of a whole article: its summary and its translations, as a job of the queue has them.

use std::sync::OnceLock;
use std::time::Instant;

use futures_util::future::try_join_all;
use tokio_util::sync::CancellationToken;

use super::memory;
use super::stats::{median_by, rate};
use crate::cli::args::BenchArgs;
use crate::cli::exit::Failure;
use crate::cli::models::Models;
use crate::cli::wiring;
use crate::config::EngineSettings;
use crate::job::Job;
use crate::model::catalog::Choice;
use crate::model::{Generate, ModelId};
use crate::pipeline::{Event, Observe};

/// The median of several runs of one article.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Article {
    /// Ids of the models that took part.
    pub(super) models: Vec<String>,
    /// Tags of the languages.
    pub(super) targets: Vec<String>,
    /// All models together.
    pub(super) load_seconds: f64,
    pub(super) seconds: f64,
    /// Until the summary, or the first language, was complete.
    pub(super) first_result_seconds: f64,
    /// Written, over all stages and attempts.
    pub(super) tokens: u64,
    pub(super) peak_memory_bytes: Option<u64>,
    /// With several at the same time.
    pub(super) in_work: Vec<InWork>,
}

/// The article several times at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct InWork {
    pub(super) jobs: usize,
    /// Until all were done.
    pub(super) seconds: f64,
}

impl InWork {
    pub(super) fn per_minute(&self) -> f64 {
        60.0 * rate(self.jobs, self.seconds)
    }
}

impl Article {
    pub(super) fn per_minute(&self) -> f64 {
        60.0 * rate(1, self.seconds)
    }
}

/// Measures `job` on the models of `choice`, which are here: a run that does not count, then those that do.
///
/// # Errors
/// When a model does not load, or the job has no result.
pub(super) async fn measure(
    job: &Job,
    choice: Choice,
    models: &Models,
    args: &BenchArgs,
    settings: &EngineSettings,
    cancel: &CancellationToken,
) -> Result<Article, Failure> {
    let entries = choice.entries();
    memory::forget_peak();
    let switches = crate::model::load::Switches {
        ignore_end: false,
        ..super::switches(args, settings)
    };
    let (engine, thread) = wiring::start_unwatched(models, settings, switches)?;
    let work = async {
        let started = Instant::now();
        for entry in &entries {
            engine.card(&ModelId::new(&entry.id), cancel).await?;
        }
        let load_seconds = started.elapsed().as_secs_f64();
        let ids: Vec<String> = entries.iter().map(|entry| entry.id.clone()).collect();
        let pipeline = wiring::pipeline(engine, choice, 0);
        let mut runs = Vec::new();
        for _ in 0..=args.repeat.get() {
            let clock = Clock::start();
            let result = pipeline.run(job, &clock, cancel).await?;
            let seconds = clock.started.elapsed().as_secs_f64();
            runs.push(Article {
                models: ids.clone(),
                targets: result
                    .targets
                    .iter()
                    .map(|target| target.lang.tag().to_owned())
                    .collect(),
                load_seconds,
                seconds,
                first_result_seconds: clock.first.get().copied().unwrap_or(seconds),
                tokens: result.tokens.generated,
                peak_memory_bytes: None,
                in_work: Vec::new(),
            });
        }
        runs.remove(0);
        let article = median_by(runs, |run| run.seconds)
            .ok_or_else(|| anyhow::anyhow!("--repeat: nothing was run"))?;
        let mut in_work = Vec::with_capacity(args.in_work.len());
        for jobs in args.in_work.iter().copied() {
            let clock = Clock::start();
            let together = (0..jobs).map(|_| pipeline.run(job, &clock, cancel));
            try_join_all(together).await?;
            let seconds = clock.started.elapsed().as_secs_f64();
            in_work.push(InWork { jobs, seconds });
        }
        Ok(Article {
            peak_memory_bytes: memory::peak(),
            in_work,
            ..article
        })
    };
    wiring::joined(thread, work).await
}

/// Notes when the first result is complete.
struct Clock {
    started: Instant,
    first: OnceLock<f64>,
}

impl Clock {
    fn start() -> Self {
        Self {
            started: Instant::now(),
            first: OnceLock::new(),
        }
    }
}

impl Observe for Clock {
    fn event(&self, event: Event) {
        if matches!(event, Event::SummaryReady(_) | Event::TargetReady(_)) {
            self.first
                .get_or_init(|| self.started.elapsed().as_secs_f64());
        }
    }
}
