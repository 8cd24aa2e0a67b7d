//! presslate's worker, with a runner that does nothing, or sleeps.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use presslate::job::wire::{ResultMessage, SegmentStatus, SourceText, TokenCounts, VERSION};
use presslate::job::{Body, Job, Lang, Section, SectionKind};
use presslate::pipeline::{JobError, Observe};
use presslate::queue::amqp::{self, Config};
use presslate::queue::topology::Names;
use presslate::worker::{RunJob, Settings, work};
use tokio_util::sync::CancellationToken;

use crate::WorkerArgs;

/// Answers every job at once, or after a while.
#[derive(Debug, Clone, Default)]
pub(crate) struct Idler {
    pub(crate) pause: Duration,
    pub(crate) runs: Arc<AtomicUsize>,
}

impl RunJob for Idler {
    async fn run(
        &self,
        job: &Job,
        _observer: &dyn Observe,
        _cancel: &CancellationToken,
    ) -> Result<ResultMessage, JobError> {
        if !self.pause.is_zero() {
            tokio::time::sleep(self.pause).await;
        }
        self.runs.fetch_add(1, Ordering::SeqCst);
        Ok(result(job))
    }
}

fn result(job: &Job) -> ResultMessage {
    ResultMessage {
        version: VERSION.to_owned(),
        kind: "result".to_owned(),
        id: job.id.as_str().to_owned(),
        revision: job.revision,
        embargoed_until: job.embargoed_until.map(|time| time.to_string()),
        status: SegmentStatus::Ok,
        source: SourceText {
            lang: Lang::En,
            sections: vec![Section::new(SectionKind::Paragraph, text(job))],
            dropped: Vec::new(),
            embeds: Vec::new(),
        },
        summary: None,
        targets: Vec::new(),
        models: Vec::new(),
        timings: Vec::new(),
        tokens: TokenCounts::default(),
        segments: presslate::job::wire::SegmentCounts::default(),
        glossary: None,
        // Whose it is, for who wants to count.
        worker: std::process::id().to_string(),
        metadata: job.metadata.clone(),
    }
}

fn text(job: &Job) -> &str {
    match &job.article.body {
        Body::Text(text) => text,
        Body::Html(_) | Body::Sections(_) => "",
    }
}

/// How the program itself would be set up for so many slots.
pub(crate) fn config(url: &str, names: Names, slots: u16) -> Config {
    Config {
        names,
        prefetch: slots,
        ..Config::new(url.to_owned())
    }
}

/// How the program itself would be set up for so many slots.
pub(crate) fn settings(slots: u16) -> Settings {
    Settings {
        slots: usize::from(slots),
        fingerprint: "bench".to_owned(),
        ..Settings::default()
    }
}

/// The worker process: says `ready` when it has connected, and works until its standard input ends.
pub(crate) async fn serve(url: &str, args: &WorkerArgs) -> Result<()> {
    let (source, sink, link) = amqp::open(config(url, Names::prefixed(&args.prefix), args.slots))?;
    link.first_news().await;
    writeln!(std::io::stdout(), "ready")?;
    let (stop, cancel) = (CancellationToken::new(), CancellationToken::new());
    let told = stop.clone();
    let thread = std::thread::Builder::new().name("orders".to_owned());
    let listener = thread.spawn(move || {
        let _ended = std::io::stdin().lock().read(&mut [0]);
        told.cancel();
    })?;
    let runner = Idler {
        pause: Duration::from_millis(args.millis),
        ..Idler::default()
    };
    work(source, sink, runner, stop, cancel, settings(args.slots)).await?;
    link.close().await;
    let _joined = listener.join();
    Ok(())
}
