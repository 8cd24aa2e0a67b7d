//! A job while it runs: in a task of its own, with an end to it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::RunJob;
use super::answer::Case;
use super::board::Pin;
use super::ledger::{CalledOff, Entry};
use super::report;
use crate::job::Job;
use crate::job::wire::ResultMessage;
use crate::pipeline::JobError;
use crate::queue::Sink;

/// How a run ended.
pub(super) enum Ran {
    /// By itself.
    Ended(Result<Box<ResultMessage>, JobError>),
    /// It was cut short.
    Cut {
        why: Cut,
        /// It did not stop when it was told to: what it runs on cannot be used any more.
        hung: bool,
    },
}

/// Why a run was cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// It was called off.
    CalledOff(CalledOff),
    /// It took longer than a job may.
    Deadline,
    /// Its result would have come too late for its producer.
    Expired,
}

/// How long a run may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For every job.
    pub(super) deadline: Duration,
    /// To end by itself once it is cancelled.
    pub(super) abandon_after: Duration,
}

/// Runs a job to its end, or cuts it short. Its parts and its progress go to `sink` meanwhile.
///
/// In a task of its own, so that a job that blocks its thread does not block the clock that it is
/// measured with, and a job that panics ends nothing but itself.
pub(super) async fn run<R: RunJob + 'static>(
    runner: &Arc<R>,
    (job, case, entry, pin): (&Arc<Job>, &Case<'_>, &Entry<'_>, &Pin),
    sink: &impl Sink,
    limits: Limits,
    cancel: CancellationToken,
) -> Ran {
    let (observer, mut reporter) = report::pair();
    let mut task = JoinSet::new();
    task.spawn({
        let (runner, job, cancel) = (Arc::clone(runner), Arc::clone(job), cancel.clone());
        async move { runner.run(&job, &observer, &cancel).await }.in_current_span()
    });
    let (end, late) = end(job, limits.deadline);
    let why = loop {
        tokio::select! {
            biased;
            // Before the end, so that every part that is ready is published.
            notice = reporter.next(job, case, pin) => sink.notify(&notice).await,
            joined = task.join_next() => {
                return Ran::Ended(match joined {
                    Some(Ok(ended)) => ended.map(Box::new),
                    Some(Err(_)) | None => Err(JobError::Panicked),
                });
            }
            off = entry.called_off() => break Cut::CalledOff(off),
            () = sleep_until(end) => break late,
        }
    };
    cancel.cancel();
    let stopped = timeout(limits.abandon_after, task.join_next()).await;
    Ran::Cut {
        why,
        hung: stopped.is_err(),
    }
}

/// A time as the clock of the system gives it. Systems with a shorter reach than what a job can
/// write have no clock that would get there either.
pub(super) fn system_time(time: jiff::Timestamp) -> SystemTime {
    SystemTime::try_from(time).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// When a run must end, and why then.
fn end(job: &Job, deadline: Duration) -> (Instant, Cut) {
    let now = Instant::now();
    let expires = job.expires.map(system_time).map(|expires| {
        expires
            .duration_since(SystemTime::now())
            .unwrap_or_default()
    });
    match expires {
        Some(expires) if expires < deadline => (now + expires, Cut::Expired),
        _ => (now + deadline, Cut::Deadline),
    }
}
