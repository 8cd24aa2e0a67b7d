//! Takes deliveries, runs jobs, publishes answers, and settles: in that order, so that nothing is
//! lost. An answer may come twice, with the same message id; it never comes zero times.

mod answer;
mod board;
mod cache;
mod delivery;
mod disposition;
mod far;
mod flights;
mod health;
mod ledger;
mod plan;
mod report;
mod run;
mod tally;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

pub use board::{Board, Note};
pub use disposition::{Disposition, Ending, disposition, ending, ends};

use crate::job::Job;
use crate::job::wire::ResultMessage;
use crate::model::Generate;
use crate::pipeline::{JobError, Observe, Pipeline};
use crate::queue::topology::Names;
use crate::queue::{Lane, QueueError, Sink, Source};
use crate::telemetry::events;
use crate::telemetry::metrics::Metrics;
use delivery::{Desk, Ended};

/// Runs one job from start to end. What a worker needs of a pipeline, so that tests can stand in.
pub trait RunJob: Send + Sync {
    /// Runs it, and tells `observer` how far it is. A panic is caught and counts as
    /// [`JobError::Panicked`].
    ///
    /// # Errors
    /// Why there is no result; after `cancel` has fired, a cancellation, within one decoding step.
    fn run(
        &self,
        job: &Job,
        observer: &dyn Observe,
        cancel: &CancellationToken,
    ) -> impl Future<Output = Result<ResultMessage, JobError>> + Send;
}

impl<G: Generate> RunJob for Pipeline<G> {
    async fn run(
        &self,
        job: &Job,
        observer: &dyn Observe,
        cancel: &CancellationToken,
    ) -> Result<ResultMessage, JobError> {
        Pipeline::run(self, job, observer, cancel).await
    }
}

/// How a worker works.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Jobs worked on at the same time. The broker's prefetch should be the same.
    pub slots: usize,
    /// Deliveries after which a job that keeps failing is answered with an error. Below the queue's
    /// delivery limit, or the broker takes the job away before it is answered.
    pub max_attempts: u32,
    /// Larger messages are refused unread, in bytes; also what a compressed one may become.
    pub max_message_bytes: usize,
    /// What the names of queues for replies begin with.
    pub replies: String,
    /// Time for one job. Twice this and some more has to be below the broker's consumer timeout: a
    /// delivery may wait for a whole job before its own turn.
    pub deadline: Duration,
    /// Time for jobs in work after the worker was told to stop.
    pub grace: Duration,
    /// Time for jobs to end once cancelled. What takes longer is dropped, and goes back to the queue
    /// when the connection closes.
    pub abandon_after: Duration,
    /// First pause before a failed job is put back; doubles with each attempt.
    pub min_retry_pause: Duration,
    /// Longest pause before a failed job is put back.
    pub max_retry_pause: Duration,
    /// First pause before an answer is published again.
    pub min_publish_pause: Duration,
    /// Longest pause before an answer is published again.
    pub max_publish_pause: Duration,
    /// Answers kept for deliveries that come again.
    pub cached_answers: usize,
    /// Size of all kept answers together, in bytes.
    pub cached_bytes: usize,
    /// Names everything beside the job that decides what its result is, such as models and their
    /// versions: part of message ids.
    pub fingerprint: String,
    /// Where it is counted.
    pub metrics: Metrics,
    /// Where what is in hand can be looked at.
    pub board: Board,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            slots: 1,
            max_attempts: 5,
            max_message_bytes: Job::MAX_MESSAGE_BYTES,
            replies: Names::default().replies,
            deadline: Duration::from_mins(14),
            grace: Duration::from_mins(1),
            abandon_after: Duration::from_secs(10),
            min_retry_pause: Duration::from_secs(1),
            max_retry_pause: Duration::from_mins(5),
            min_publish_pause: Duration::from_millis(100),
            max_publish_pause: Duration::from_secs(30),
            cached_answers: 256,
            cached_bytes: 64 * 1024 * 1024,
            fingerprint: String::new(),
            metrics: Metrics::default(),
            board: Board::default(),
        }
    }
}

impl Settings {
    fn slots(&self) -> usize {
        self.slots.clamp(1, Semaphore::MAX_PERMITS)
    }
}

/// What a worker leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drained {
    /// Deliveries that were answered or put back to be tried again.
    pub finished: u64,
    /// Deliveries that went back unfinished because the worker had to leave.
    pub abandoned: u64,
}

/// Why a worker ended that nobody told to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkError {
    /// The source has given up.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// Jobs fail, and not by their own fault. Going on would fail every job on the queue.
    #[error("{0}")]
    Engine(String),
}

/// Works until `stop` fires, the source ends, or the engine is broken.
///
/// After `stop` nothing new is taken; jobs in work have [`Settings::grace`], and are then
/// cancelled and handed back. `cancel` ends the grace early.
///
/// # Errors
/// When the source has given up, or the engine has ended or fails one job after the other. Jobs in
/// work are finished or handed back first.
pub async fn work<S: Source, K: Sink, R: RunJob + 'static>(
    mut source: S,
    sink: K,
    runner: R,
    stop: CancellationToken,
    cancel: CancellationToken,
    settings: Settings,
) -> Result<Drained, WorkError> {
    let slots = Arc::new(Semaphore::new(settings.slots()));
    // A child: the caller's token is the caller's to fire.
    let cancel = cancel.child_token();
    let (grace, abandon_after) = (settings.grace, settings.abandon_after);
    let board = settings.board.clone();
    events::WorkerStarted {
        slots: settings.slots(),
    }
    .emit();
    let desk = Arc::new(Desk::new(
        source.settler(),
        sink,
        runner,
        cancel.clone(),
        settings,
    ));
    let mut orders = source.orders();
    let mut jobs: JoinSet<Ended> = JoinSet::new();
    let mut drained = Drained::default();

    let end = loop {
        while let Some(joined) = jobs.try_join_next() {
            drained.count(joined);
        }
        let next = async {
            // The slot first: what has no slot stays with the broker, where others can have it.
            let slot = Arc::clone(&slots).acquire_owned().await.ok()?;
            source
                .next()
                .await
                .map(|delivery| delivery.map(|delivery| (slot, delivery)))
        };
        let next = tokio::select! {
            biased;
            () = stop.cancelled() => break Ok(()),
            () = cancel.cancelled() => break Ok(()),
            () = desk.health().broken() => break Ok(()),
            Some(order) = orders.recv() => {
                desk.order(&order);
                continue;
            }
            next = next => next,
        };
        match next {
            Some(Ok((slot, delivery))) => {
                let desk = Arc::clone(&desk);
                // A suspect runs alone: with every slot. It takes its place in line for them here,
                // before the next delivery does, and semaphores serve in order.
                let others = match delivery.lane {
                    Lane::Suspect => desk.slots().saturating_sub(1),
                    Lane::Normal | Lane::Urgent => 0,
                };
                let mut others = Box::pin(Arc::clone(&slots).acquire_many_owned(others));
                let at_once = others.as_mut().now_or_never();
                jobs.spawn(async move {
                    let _slot = slot;
                    let _others = if let Some(others) = at_once {
                        others.ok()
                    } else {
                        // Without them, the worker is leaving, and the delivery goes back.
                        tokio::select! {
                            biased;
                            others = others => others.ok(),
                            () = desk.leaving() => None,
                        }
                    };
                    desk.handle(delivery).await
                });
            }
            Some(Err(error)) => break Err(error),
            None => break Ok(()),
        }
    };

    if let Some(reason) = desk.health().reason() {
        board.set_fault(&reason);
    }
    events::WorkerStopping {
        in_work: jobs.len(),
        grace,
    }
    .emit();
    source.close().await;
    drain(&mut jobs, &mut drained, &cancel, (grace, abandon_after)).await;
    let Drained {
        finished,
        abandoned,
    } = drained;
    events::WorkerStopped {
        finished,
        abandoned,
    }
    .emit();
    // Asked last: the engine may also break while the last jobs are finished.
    match desk.health().reason() {
        Some(reason) => Err(WorkError::Engine(reason)),
        None => Ok(end.map(|()| drained)?),
    }
}

/// Waits for the jobs in work, for as long as they have.
async fn drain(
    jobs: &mut JoinSet<Ended>,
    drained: &mut Drained,
    cancel: &CancellationToken,
    (grace, abandon_after): (Duration, Duration),
) {
    let leave = async {
        tokio::select! {
            () = sleep(grace) => {}
            () = cancel.cancelled() => {}
        }
    };
    tokio::select! {
        biased;
        () = join_all(jobs, drained) => return,
        () = leave => cancel.cancel(),
    }
    if timeout(abandon_after, join_all(jobs, drained))
        .await
        .is_err()
    {
        drained.abandoned += u64::try_from(jobs.len()).unwrap_or(u64::MAX);
        jobs.shutdown().await;
    }
}

async fn join_all(jobs: &mut JoinSet<Ended>, drained: &mut Drained) {
    while let Some(joined) = jobs.join_next().await {
        drained.count(joined);
    }
}

impl Drained {
    fn count(&mut self, joined: Result<Ended, JoinError>) {
        match joined {
            Ok(Ended::Finished) => self.finished += 1,
            Ok(Ended::HandedBack) => self.abandoned += 1,
            Err(error) => {
                // A job's own panic is caught earlier; this is one of the worker's. Its delivery
                // was dropped unanswered, and so comes again.
                tracing::error!(%error, "the handling of a delivery broke; this is a fault in presslate, please report it");
                self.abandoned += 1;
            }
        }
    }
}
