//! The worker on a queue in memory, with a stand-in for the pipeline and a clock that the tests
//! stop.

mod answers;
mod control;
mod counted;
mod redelivery;
mod stopping;
mod suspects;
mod times;

use std::time::Duration;

use presslate::job::ErrorCode;
use presslate::job::wire::{ErrorMessage, parse_job};
use presslate::queue::memory::{Event, Faults, MemoryQueue};
use presslate::queue::{Answer, AnswerKind, Verdict};
use presslate::worker::{Drained, Settings, WorkError, work};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::common::runner::{FakeRunner, SLOW, job, result_of};

/// A worker on a queue.
struct Bench {
    queue: MemoryQueue,
    runner: FakeRunner,
    stop: CancellationToken,
    cancel: CancellationToken,
    worker: JoinHandle<Result<Drained, WorkError>>,
}

fn start(queue: MemoryQueue, settings: Settings) -> Bench {
    let (runner, stop, cancel) = (
        FakeRunner::default(),
        CancellationToken::new(),
        CancellationToken::new(),
    );
    #[expect(clippy::disallowed_methods, reason = "the test joins it")]
    let worker = tokio::spawn(work(
        queue.source(),
        queue.sink(),
        runner.clone(),
        stop.clone(),
        cancel.clone(),
        settings,
    ));
    Bench {
        queue,
        runner,
        stop,
        cancel,
        worker,
    }
}

/// What is left of a [`Bench`] whose worker has ended.
struct Remains {
    queue: MemoryQueue,
    runner: FakeRunner,
}

/// Runs a worker until the queue is empty.
async fn run(queue: MemoryQueue, settings: Settings) -> (Remains, Drained) {
    let Bench {
        queue,
        runner,
        worker,
        stop: _,
        cancel: _,
    } = start(queue, settings);
    queue.end();
    let drained = worker.await.unwrap().unwrap();
    (Remains { queue, runner }, drained)
}

fn error_of(answer: &Answer) -> ErrorMessage {
    assert_eq!(answer.kind, AnswerKind::Error);
    serde_json::from_slice(&answer.payload).unwrap()
}

/// How the deliveries of a message ended, in a word each.
fn ends(queue: &MemoryQueue, message: usize) -> Vec<&'static str> {
    let word = |verdict| match verdict {
        Verdict::Ack => "ack",
        Verdict::Retry { .. } => "retry",
        Verdict::Wait { .. } => "wait",
        Verdict::Isolate => "isolate",
        Verdict::Return => "return",
        Verdict::Reject(_) => "reject",
    };
    queue.verdicts(message).into_iter().map(word).collect()
}

fn position(events: &[Event], wanted: impl Fn(&Event) -> bool) -> usize {
    events
        .iter()
        .position(wanted)
        .unwrap_or_else(|| panic!("not among {events:#?}"))
}
