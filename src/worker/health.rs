//! Whether the engine still works. One that does not would fail every job that the queue holds,
//! and each would be thrown away for it: the worker has to end instead.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use super::answer::Identity;
use crate::model::ModelError;
use crate::pipeline::JobError;
use crate::telemetry::Chain;

/// Failures in a row after which it is the engine that is broken. Not more than the attempts of a
/// job, or a model that does not load costs a job before it is noticed.
const FAILURES: u32 = 5;

/// What the jobs say about the engine.
#[derive(Debug, Default)]
pub(super) struct Health {
    broken: CancellationToken,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Failures since the last success.
    failures: u32,
    /// The job that failed first since then.
    first: Option<Identity>,
    /// Whether a second job has failed since then, or a model has failed before it saw a job.
    beyond_one_job: bool,
    /// Why the engine counts as broken.
    reason: Option<String>,
}

impl Health {
    /// Notes that a job has a result.
    pub(super) fn succeeded(&self) {
        let mut state = self.state();
        let reason = state.reason.take();
        *state = State {
            reason,
            ..State::default()
        };
    }

    /// Notes how a job failed; `leaving` when jobs are being cancelled. Gives whether the engine
    /// is to blame for it: then the job has to go back as it came.
    pub(super) fn failed(&self, job: Identity, error: &JobError, leaving: bool) -> bool {
        let mut state = self.state();
        match error {
            JobError::Model(ModelError::Cancelled | ModelError::Stopped) if !leaving => {
                self.trip(&mut state, || {
                    format!(
                        "{}, though nobody asked it to: jobs in work went back to the queue; start the worker again",
                        Chain(error)
                    )
                });
            }
            JobError::Model(
                ModelError::Weights(_)
                | ModelError::Load { .. }
                | ModelError::Forward(_)
                | ModelError::Panicked,
            ) => {
                state.failures += 1;
                let first = *state.first.get_or_insert(job);
                // A job can break a computation; it has no part in the loading of a model.
                state.beyond_one_job |= first != job
                    || matches!(
                        error,
                        JobError::Model(ModelError::Weights(_) | ModelError::Load { .. })
                    );
                if state.failures >= FAILURES && state.beyond_one_job {
                    let failures = state.failures;
                    self.trip(&mut state, || {
                        format!(
                            "the models failed {failures} times in a row, the last time with: {}; jobs in work went \
                             back to the queue; see that there is enough memory and that `presslate models verify` \
                             finds nothing, then start the worker again",
                            Chain(error)
                        )
                    });
                }
            }
            JobError::Invalid(_)
            | JobError::Empty(_)
            | JobError::Language { .. }
            | JobError::NoModel { .. }
            | JobError::Model(_)
            | JobError::Panicked => return false,
        }
        state.reason.is_some()
    }

    /// Notes that a job did not stop when it was told to: whatever it runs on is stuck.
    pub(super) fn hung(&self, job: &str) {
        self.trip(&mut self.state(), || {
            format!(
                "job {job:?} did not stop when its time was up, so what it runs on is stuck; jobs in work went back \
                 to the queue; start the worker again"
            )
        });
    }

    /// Waits until the engine counts as broken.
    pub(super) async fn broken(&self) {
        self.broken.cancelled().await;
    }

    /// Why the engine counts as broken, where it does.
    pub(super) fn reason(&self) -> Option<String> {
        self.state().reason.clone()
    }

    fn trip(&self, state: &mut State, reason: impl FnOnce() -> String) {
        state.reason.get_or_insert_with(reason);
        self.broken.cancel();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(number: u8) -> Identity {
        Identity::of_bytes(&[number], "")
    }

    fn forward() -> JobError {
        JobError::Model(ModelError::Forward(candle_core::Error::Msg(
            "out of memory".to_owned(),
        )))
    }

    fn load() -> JobError {
        JobError::Model(ModelError::Load {
            id: crate::model::ModelId::new("tiny"),
            source: "no such tensor".into(),
        })
    }

    #[test]
    fn a_job_that_fails_alone_is_to_blame_itself() {
        let health = Health::default();
        for _ in 0..100 {
            assert!(!health.failed(job(1), &forward(), false));
        }
        assert_eq!(health.reason(), None);
    }

    #[test]
    fn the_fifth_failure_in_a_row_among_several_jobs_is_the_engines() {
        let health = Health::default();
        let blamed: Vec<bool> = (0..5)
            .map(|number| health.failed(job(number % 2), &forward(), false))
            .collect();
        assert_eq!(blamed, [false, false, false, false, true]);
        assert!(health.broken.is_cancelled());
        let reason = health.reason().unwrap();
        assert!(
            reason.contains("5 times") && reason.contains("out of memory"),
            "{reason}"
        );
    }

    #[test]
    fn a_success_in_between_starts_the_count_again() {
        let health = Health::default();
        for number in 0..100 {
            assert!(!health.failed(job(number), &forward(), false));
            if number % 4 == 3 {
                health.succeeded();
            }
        }
    }

    #[test]
    fn a_model_that_does_not_load_is_never_the_fault_of_a_job() {
        let health = Health::default();
        let blamed = (1..=5).find(|_| health.failed(job(1), &load(), false));
        assert_eq!(blamed, Some(5));
    }

    #[test]
    fn an_engine_that_stopped_is_broken_at_once_unless_the_worker_is_leaving() {
        let stopped = JobError::Model(ModelError::Stopped);
        let health = Health::default();
        assert!(!health.failed(job(1), &stopped, true));
        assert!(!health.broken.is_cancelled());
        assert!(health.failed(job(1), &stopped, false));
        assert!(health.reason().unwrap().contains("has stopped"));
        health.succeeded();
        assert!(health.reason().is_some(), "it stays broken");
    }

    #[test]
    fn a_job_that_can_never_succeed_says_nothing_about_the_engine() {
        let health = Health::default();
        for number in 0..100 {
            let error = JobError::Model(ModelError::Unknown("x".to_owned()));
            assert!(!health.failed(job(number), &error, false));
        }
    }
}
