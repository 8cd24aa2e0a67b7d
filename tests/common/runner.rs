//! A stand-in for the pipeline: does what the job's id says.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use presslate::job::wire::{
    ResultMessage, SegmentStatus, SourceText, TargetResult, TokenCounts, VERSION,
};
use presslate::job::{Job, Lang};
use presslate::model::ModelError;
use presslate::pipeline::{Event, JobError, Observe};
use presslate::worker::RunJob;
use tokio_util::sync::CancellationToken;

/// Runs jobs by their ids: `panic…`, `fail…` (retryable), `stopped…` (as after the engine's end), `never…` (for good), `slow…` (60 s,
/// cancellable), `parts…` (reports a stage and a target), `stuck…` (ends never), `block…` (holds a thread of its own for [`BLOCK`]), `gated…`
/// (ends when the gate is opened);
/// everything else is done at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct FakeRunner {
    runs: Arc<Mutex<Vec<String>>>,
    gate: CancellationToken,
}

/// How long a `block…` job takes.
pub(crate) const BLOCK: Duration = Duration::from_secs(8);
/// How long a `slow…` job takes.
pub(crate) const SLOW: Duration = Duration::from_mins(1);

impl FakeRunner {
    /// Ids of the jobs that were run, in order.
    pub(crate) fn runs(&self) -> Vec<String> {
        self.runs.lock().unwrap().clone()
    }

    /// Lets jobs with a gate end.
    pub(crate) fn open_gate(&self) {
        self.gate.cancel();
    }
}

impl RunJob for FakeRunner {
    async fn run(
        &self,
        job: &Job,
        observer: &dyn Observe,
        cancel: &CancellationToken,
    ) -> Result<ResultMessage, JobError> {
        let id = job.id.as_str();
        self.runs.lock().unwrap().push(id.to_owned());
        assert!(!id.starts_with("panic"), "the test wants this panic");
        if id.starts_with("fail") {
            return Err(JobError::Model(ModelError::Forward(
                candle_core::Error::Msg("out of memory".to_owned()),
            )));
        }
        if id.starts_with("stopped") {
            return Err(JobError::Model(ModelError::Stopped));
        }
        if id.starts_with("never") {
            return Err(JobError::NoModel {
                what: "translate en to ru".to_owned(),
            });
        }
        if id.starts_with("parts") {
            observer.event(Event::StageStarted {
                stage: "translate:ko".to_owned(),
                segments: 7,
            });
            observer.event(Event::TargetReady(Box::new(target())));
        }
        if id.starts_with("slow") {
            tokio::select! {
                () = cancel.cancelled() => return Err(JobError::Model(ModelError::Cancelled)),
                () = tokio::time::sleep(SLOW) => {}
            }
        }
        if id.starts_with("stuck") {
            std::future::pending::<()>().await;
        }
        if id.starts_with("gated") {
            self.gate.cancelled().await;
        }
        if id.starts_with("block") {
            let (done, waiting) = tokio::sync::oneshot::channel();
            // As the engine does: off the runtime.
            #[expect(
                clippy::disallowed_methods,
                reason = "a thread of its own is what is tested"
            )]
            let thread = std::thread::Builder::new()
                .name("engine-fake".to_owned())
                .spawn(move || {
                    std::thread::sleep(BLOCK);
                    done.send(())
                });
            waiting.await.unwrap();
            thread.unwrap().join().unwrap().unwrap();
        }
        Ok(result_of(job))
    }
}

fn target() -> TargetResult {
    TargetResult {
        lang: Lang::Ko,
        status: SegmentStatus::Ok,
        title: Some("비".to_owned()),
        summary: None,
        sections: Vec::new(),
        html: None,
        item: None,
    }
}

/// A result with nothing in it that depends on when it was made.
pub(crate) fn result_of(job: &Job) -> ResultMessage {
    ResultMessage {
        version: VERSION.to_owned(),
        kind: "result".to_owned(),
        id: job.id.as_str().to_owned(),
        revision: job.revision,
        embargoed_until: job.embargoed_until.map(|until| until.to_string()),
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
        timings: Vec::new(),
        segments: presslate::job::wire::SegmentCounts::default(),
        glossary: None,
        tokens: TokenCounts::default(),
        worker: "test".to_owned(),
        metadata: job.metadata.clone(),
    }
}

/// The smallest job with this id.
pub(crate) fn job(id: &str) -> Vec<u8> {
    serde_json::to_vec(&serde_json::json!({
        "id": id, "article": {"text": "Rain fell on Leeds."}, "targets": ["ko"],
    }))
    .unwrap()
}
