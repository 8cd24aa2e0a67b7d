//! The worker process: presslate's worker on presslate's queue, with a runner that only pretends.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use presslate::job::wire::{
    ResultMessage, SegmentStatus, SourceText, StageTiming, TokenCounts, VERSION,
};
use presslate::job::{Body, Job, Lang, Metadata};
use presslate::model::ModelError;
use presslate::pipeline::{JobError, Observe};
use presslate::queue::amqp::{self, AmqpSink, Config};
use presslate::queue::{Answer, QueueError, Sink};
use presslate::shutdown;
use presslate::telemetry::logs;
use presslate::worker::{RunJob, Settings, work};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::doom::Doom;
use crate::options::{Sabotage, WorkerArgs};
use crate::random::Random;

/// Runs until it is told to stop, or dies.
pub(crate) fn run(args: &WorkerArgs) -> Result<ExitCode> {
    let _logs = logs::init(logs::Format::Pretty, "info,lapin=error", None)?;
    let doom = Doom::default();
    doom.listen()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let served = runtime.block_on(serve(args, doom));
    // A job that hangs must not keep the process.
    runtime.shutdown_background();
    served
}

async fn serve(args: &WorkerArgs, doom: Doom) -> Result<ExitCode> {
    let config = Config {
        prefetch: args.slots,
        // Shorter than in life, so that a dead wire is noticed within a run.
        heartbeat: Duration::from_secs(4),
        request_timeout: Duration::from_secs(4),
        confirm_timeout: Duration::from_secs(5),
        ..Config::new(args.url.clone())
    };
    let settings = Settings {
        slots: usize::from(args.slots),
        deadline: Duration::from_secs(2),
        grace: Duration::from_secs(3),
        abandon_after: Duration::from_millis(500),
        max_retry_pause: Duration::from_secs(2),
        max_publish_pause: Duration::from_secs(2),
        fingerprint: "chaos".to_owned(),
        ..Settings::default()
    };
    let (source, sink, link) = amqp::open(config)?;
    let count = Arc::new(AtomicU64::new(0));
    let sink = Mortal {
        inner: sink,
        doom: doom.clone(),
        sabotage: args.sabotage,
        count: Arc::clone(&count),
    };
    let runner = Pretender {
        doom,
        sabotage: args.sabotage,
        count,
    };
    let signals = shutdown::listen()?;
    let (stop, now) = (signals.stop.clone(), signals.now.clone());
    let worked = work(source, sink, runner, stop, now, settings).await;
    link.close().await;
    match worked {
        Ok(_) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            tracing::error!(%error, "the worker ended by itself");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// A sink that dies when it is told to.
#[derive(Debug, Clone)]
struct Mortal {
    inner: AmqpSink,
    doom: Doom,
    sabotage: Option<Sabotage>,
    count: Arc<AtomicU64>,
}

impl Sink for Mortal {
    async fn publish(&self, answer: &Answer) -> Result<(), QueueError> {
        if self.sabotage == Some(Sabotage::Lose)
            && self.count.fetch_add(1, Ordering::SeqCst) % 20 == 19
        {
            return Ok(());
        }
        if self.doom.is("before-confirm") {
            // Long enough for the message to leave, most times too short for the confirm.
            let sent =
                tokio::time::timeout(Duration::from_micros(300), self.inner.publish(answer)).await;
            tracing::debug!(?sent, "dying");
            self.doom.meet("before-confirm");
        }
        let published = self.inner.publish(answer).await;
        if published.is_ok() {
            self.doom.meet("after-confirm");
        }
        published
    }

    async fn notify(&self, notice: &Answer) {
        self.inner.notify(notice).await;
    }
}

/// Runs no models: a job takes a while that depends on its id alone, and so does its result.
#[derive(Debug)]
struct Pretender {
    doom: Doom,
    sabotage: Option<Sabotage>,
    count: Arc<AtomicU64>,
}

impl RunJob for Pretender {
    async fn run(
        &self,
        job: &Job,
        _observer: &dyn Observe,
        cancel: &CancellationToken,
    ) -> Result<ResultMessage, JobError> {
        let started = Instant::now();
        let _ending = Ending::of(job);
        self.doom.meet("before-run");
        match text(job).split(' ').next() {
            Some("poison:crash") => {
                sleep(Duration::from_millis(20)).await;
                std::process::abort();
            }
            Some("poison:panic") => panic(),
            Some("poison:hang") => hang().await,
            Some("poison:slow") => {
                cancel.cancelled().await;
                return Err(ModelError::Cancelled.into());
            }
            _ => {}
        }
        if self.sabotage == Some(Sabotage::Blame)
            && self.count.fetch_add(1, Ordering::SeqCst) % 20 == 19
        {
            return Err(JobError::NoModel {
                what: "do what is right".to_owned(),
            });
        }
        let whole = pretended(job);
        if self.doom.is("mid-run") {
            sleep(whole / 2).await;
            std::process::abort();
        }
        tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(ModelError::Cancelled.into()),
            () = sleep(whole) => {}
        }
        self.doom.meet("after-run");
        let generated = match self.sabotage {
            Some(Sabotage::Vary) => {
                self.count.fetch_add(1, Ordering::SeqCst) + u64::from(std::process::id())
            }
            _ => Random::new(0, job.id.as_str()).between(1, 10_000),
        };
        Ok(result(job, started.elapsed(), generated))
    }
}

fn text(job: &Job) -> &str {
    match &job.article.body {
        Body::Text(text) => text,
        Body::Html(_) | Body::Sections(_) => "",
    }
}

/// Most jobs are short, some take a while.
fn pretended(job: &Job) -> Duration {
    let mut random = Random::new(1, job.id.as_str());
    match random.between(0, 99) {
        0..70 => random.millis(2, 20),
        70..95 => random.millis(50, 150),
        _ => random.millis(300, 800),
    }
}

fn result(job: &Job, took: Duration, generated: u64) -> ResultMessage {
    ResultMessage {
        version: VERSION.to_owned(),
        kind: "result".to_owned(),
        id: job.id.as_str().to_owned(),
        revision: job.revision,
        embargoed_until: job.embargoed_until.map(|time| time.to_string()),
        status: SegmentStatus::Ok,
        source: SourceText {
            lang: Lang::En,
            sections: Vec::new(),
            dropped: Vec::new(),
            embeds: Vec::new(),
        },
        summary: None,
        targets: Vec::new(),
        models: Vec::new(),
        timings: vec![StageTiming {
            began: None,
            stage: "pretend".to_owned(),
            seconds: took.as_secs_f64(),
        }],
        tokens: TokenCounts {
            prompt: 0,
            generated,
        },
        segments: presslate::job::wire::SegmentCounts::default(),
        glossary: None,
        worker: "chaos".to_owned(),
        metadata: job.metadata.clone(),
    }
}

/// Tells the parent that a job begins, and when dropped that it is over, however it ended.
struct Ending(String);

impl Ending {
    fn of(job: &Job) -> Self {
        let metadata = job.metadata.as_ref().map(Metadata::as_json);
        let metadata = metadata.and_then(|json| serde_json::from_str::<Value>(json).ok());
        let key = metadata
            .as_ref()
            .and_then(|metadata| metadata.get("key")?.as_str());
        let ending = Self(key.unwrap_or("?").to_owned());
        ending.say("run");
        ending
    }

    fn say(&self, what: &str) {
        // A parent that does not listen is gone.
        let _heard = writeln!(std::io::stdout().lock(), "{what} {}", self.0);
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.say("end");
    }
}

#[expect(clippy::panic, reason = "what a worker has to survive")]
fn panic() {
    panic!("poison");
}

/// Never ends, and hears nothing: as a future does that waits for a thread which computes for ever.
async fn hang() {
    std::future::pending::<()>().await;
}
