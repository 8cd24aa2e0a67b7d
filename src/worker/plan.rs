//! What is to be done with a delivery: answered at once, put elsewhere, or run.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use super::RunJob;
use super::answer::{self, Case, Failure};
use super::board::Pin;
use super::delivery::Desk;
use super::disposition::{Ending, disposition, ending};
use super::ledger::CalledOff;
use super::run::{Cut, Limits, Ran, run, system_time};
use super::tally;
use crate::job::wire::SegmentStatus;
use crate::job::{ErrorCode, InvalidJob, Job};
use crate::pipeline::JobError;
use crate::queue::{Answer, Backoff, Lane, Settle, Sink, Verdict};
use crate::telemetry::events::{JobStarted, Outcome};

/// A wait that is not worth sending a job away for.
const SHORT_WAIT: Duration = Duration::from_secs(1);

/// What to do with a delivery.
pub(super) struct Plan {
    /// Published and confirmed before the delivery is settled.
    pub(super) answer: Option<Answer>,
    pub(super) verdict: Verdict,
    pub(super) outcome: Outcome,
    pub(super) failure: Option<Failure>,
    /// Of a result.
    pub(super) needs_review: Option<bool>,
}

/// How a delivery came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub(super) lane: Lane,
    pub(super) came_back: bool,
    pub(super) not_before: Option<SystemTime>,
    pub(super) sent: Option<SystemTime>,
}

impl Plan {
    /// Without an answer, as those are that go elsewhere.
    fn unanswered(verdict: Verdict, outcome: Outcome) -> Self {
        Self {
            answer: None,
            verdict,
            outcome,
            failure: None,
            needs_review: None,
        }
    }

    /// Nothing is wrong, but it is not done here.
    pub(super) fn hand_back() -> Self {
        Self::unanswered(Verdict::Return, Outcome::Returned)
    }
}

impl<T: Settle, K: Sink, R: RunJob + 'static> Desk<T, K, R> {
    pub(super) async fn plan(
        &self,
        case: &Case<'_>,
        arrival: Arrival,
        job: Option<&Arc<Job>>,
        invalid: Option<InvalidJob>,
        pin: &Pin,
    ) -> Plan {
        let cached = self.cache().get(&case.identity);
        if let Some((mut answer, verdict)) = cached {
            answer.trace_parent.clone_from(&case.trace);
            answer.reply_to.clone_from(&case.about.reply_to);
            return Plan {
                answer: Some(answer),
                ..Plan::unanswered(verdict, Outcome::Duplicate)
            };
        }
        let Some(job) = job else {
            let failure = invalid.as_ref().map_or_else(
                || Failure::new(ErrorCode::Internal, "the message was not read"),
                Failure::from,
            );
            return self.fail(case, failure);
        };
        // Whatever the count: it is charged with every death of a worker that had it in hand, also of
        // one that had not begun with it. From here on it is in hand alone.
        if arrival.came_back && arrival.lane != Lane::Suspect {
            return Plan::unanswered(Verdict::Isolate, Outcome::Isolated);
        }
        if case.attempt > self.settings.max_attempts {
            // The attempts before ended neither in an answer nor in a failure that was reported:
            // the process died, or lost the broker. Once more might be once more of the same.
            return self.fail(case, Failure::new(ErrorCode::Poison, format!(
                "given up: the job was delivered {} times before and never finished, because the worker ended or \
                 lost the broker each time",
                case.attempt - 1
            )));
        }
        if let Some(why) = self.ledger.called_off(job, arrival.sent) {
            return self.call_off(case, Cut::CalledOff(why));
        }
        if job
            .expires
            .is_some_and(|expires| system_time(expires) <= SystemTime::now())
        {
            return self.call_off(case, Cut::Expired);
        }
        if let Some(plan) = self.wait(job, arrival).await {
            return plan;
        }
        JobStarted {
            job: job.id.as_str(),
            attempt: case.attempt,
            bytes: case.bytes,
        }
        .emit();
        let entry = self.ledger.begin(job);
        let limits = Limits {
            deadline: self.settings.deadline,
            abandon_after: self.settings.abandon_after,
        };
        let cancel = self.cancel.child_token();
        let ran = run(
            &self.runner,
            (job, case, &entry, pin),
            &self.sink,
            limits,
            cancel,
        )
        .await;
        match ran {
            Ran::Ended(Ok(result)) => {
                self.health.succeeded();
                tally::count(&result, self.settings.metrics.jobs());
                match answer::result(case, &result) {
                    Ok(answer) => {
                        self.cache()
                            .put(case.identity, answer.clone(), Verdict::Ack);
                        Plan {
                            answer: Some(answer),
                            needs_review: Some(result.status == SegmentStatus::NeedsReview),
                            ..Plan::unanswered(Verdict::Ack, Outcome::Done)
                        }
                    }
                    Err(failure) => self.fail(case, failure),
                }
            }
            Ran::Ended(Err(error)) => self.failed(case, &error),
            Ran::Cut { why, hung } => {
                if hung {
                    self.health.hung(job.id.as_str());
                }
                match why {
                    Cut::Deadline => self.fail(case, self.too_slow(hung)),
                    Cut::CalledOff(_) | Cut::Expired => self.call_off(case, why),
                }
            }
        }
    }

    /// Waits until a job is due, or plans to have it come again then.
    async fn wait(&self, job: &Job, arrival: Arrival) -> Option<Plan> {
        let embargo = job.embargoed_until.map(system_time);
        let due = arrival.not_before.max(embargo)?;
        let left = due.duration_since(SystemTime::now()).ok()?;
        if left > SHORT_WAIT {
            return Some(Plan::unanswered(
                Verdict::Wait { until: due },
                Outcome::Waiting,
            ));
        }
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Some(Plan::hand_back()),
            () = sleep(left) => None,
        }
    }

    fn failed(&self, case: &Case<'_>, error: &JobError) -> Plan {
        let leaving = self.cancel.is_cancelled();
        if self.health.failed(case.identity, error, leaving) {
            return Plan::hand_back();
        }
        let settings = &self.settings;
        match ending(disposition(error), case.attempt, settings.max_attempts) {
            Ending::Return => Plan::hand_back(),
            Ending::Retry => {
                let backoff = Backoff::new(settings.min_retry_pause, settings.max_retry_pause);
                let after = backoff.pause(case.attempt.saturating_sub(1));
                Plan {
                    failure: Some(Failure::from(error)),
                    ..Plan::unanswered(Verdict::Retry { after }, Outcome::Retried)
                }
            }
            Ending::Fail => self.fail(case, Failure::from(error)),
        }
    }

    fn too_slow(&self, hung: bool) -> Failure {
        let seconds = self.settings.deadline.as_secs_f64();
        let more = if hung {
            "; it did not stop when it was told to, and the worker has to start again"
        } else {
            ": split the article, use a faster model or machine, or raise PRESSLATE_DEADLINE"
        };
        Failure::new(
            ErrorCode::Deadline,
            format!("the job took longer than the {seconds} s that a job may take{more}"),
        )
    }

    /// Answers with an error, and buries the job.
    pub(super) fn fail(&self, case: &Case<'_>, failure: Failure) -> Plan {
        let verdict = Verdict::Reject(failure.reason());
        self.answer_error(case, failure, verdict, Outcome::Failed)
    }

    /// Answers with an error a job that nobody wants any more: there is nothing to bury.
    pub(super) fn call_off(&self, case: &Case<'_>, why: Cut) -> Plan {
        let failure = match why {
            Cut::CalledOff(CalledOff::Cancelled) => {
                Failure::new(ErrorCode::Cancelled, "cancelled by an order")
            }
            // It does not say which: two workers may know of different ones, and what they say has to
            // be the same.
            Cut::CalledOff(CalledOff::Superseded) => Failure::new(
                ErrorCode::Superseded,
                "a newer revision of this job has come, and is answered in its place",
            ),
            Cut::Expired | Cut::Deadline => Failure::new(
                ErrorCode::Expired,
                "the job's time was up (`expires`) before it was done: send it again with a later one, or run more \
                 workers",
            ),
        };
        self.answer_error(case, failure, Verdict::Ack, Outcome::CalledOff)
    }

    fn answer_error(
        &self,
        case: &Case<'_>,
        failure: Failure,
        verdict: Verdict,
        outcome: Outcome,
    ) -> Plan {
        let answer = answer::error(case, &failure);
        self.cache()
            .put(case.identity, answer.clone(), verdict.clone());
        Plan {
            answer: Some(answer),
            failure: Some(failure),
            ..Plan::unanswered(verdict, outcome)
        }
    }
}
