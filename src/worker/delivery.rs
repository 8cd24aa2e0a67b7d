//! One delivery, from its bytes to its settlement.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use super::answer::{self, Case, Failure, Identity};
use super::cache::Cache;
use super::disposition::{Ending, disposition, ending};
use super::flights::Flights;
use super::health::Health;
use super::ledger::{CalledOff, Ledger};
use super::run::{Cut, Limits, Ran, run, system_time};
use super::{RunJob, Settings};
use crate::job::wire::{self, Envelope, Read, parse_control};
use crate::job::{ErrorCode, InvalidJob, Job};
use crate::pipeline::JobError;
use crate::queue::{
    Answer, AnswerKind, Backoff, Delivery, Lane, Order, QueueError, Settle, Sink, Verdict,
};
use crate::telemetry::events::{JobEnded, JobStarted, Outcome, PublishFailed, SettleLost};
use crate::telemetry::{Chain, trace};

/// A wait that is not worth sending a job away for.
const SHORT_WAIT: Duration = Duration::from_secs(1);

/// Where deliveries are handled: everything they share.
pub(super) struct Desk<T, K, R> {
    settler: T,
    sink: K,
    runner: Arc<R>,
    cancel: CancellationToken,
    settings: Settings,
    cache: Mutex<Cache>,
    flights: Flights,
    health: Health,
    ledger: Ledger,
    settle_lost: AtomicU64,
}

/// How the handling of a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It was answered, or put back to be tried again.
    Finished,
    /// It went back because the worker is leaving, or its engine is broken.
    HandedBack,
}

/// What to do with a delivery.
struct Plan {
    /// Published and confirmed before the delivery is settled.
    answer: Option<Answer>,
    verdict: Verdict,
    outcome: Outcome,
    failure: Option<Failure>,
}

/// How a delivery came.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    lane: Lane,
    came_back: bool,
    not_before: Option<SystemTime>,
    sent: Option<SystemTime>,
}

impl Plan {
    /// Nothing is wrong, but it is not done here.
    fn hand_back() -> Self {
        Self {
            answer: None,
            verdict: Verdict::Return,
            outcome: Outcome::Returned,
            failure: None,
        }
    }
}

impl<T: Settle, K: Sink, R: RunJob + 'static> Desk<T, K, R> {
    pub(super) fn new(
        settler: T,
        sink: K,
        runner: R,
        cancel: CancellationToken,
        settings: Settings,
    ) -> Self {
        let cache = Mutex::new(Cache::new(settings.cached_answers, settings.cached_bytes));
        Self {
            settler,
            sink,
            runner: Arc::new(runner),
            cancel,
            settings,
            cache,
            flights: Flights::default(),
            health: Health::default(),
            ledger: Ledger::default(),
            settle_lost: AtomicU64::new(0),
        }
    }

    /// Handles a delivery to its end.
    pub(super) async fn handle(&self, delivery: Delivery<T::Token>) -> Ended {
        let started = Instant::now();
        let Delivery {
            payload,
            envelope,
            lane,
            attempt,
            came_back,
            not_before,
            sent,
            trace_parent,
            token,
        } = delivery;
        let read = self.read(&payload, &envelope);
        let (job, invalid, event_trace) = match read {
            Ok(Read { job, trace_parent }) => (Some(Arc::new(job)), None, trace_parent),
            Err(invalid) => (None, Some(invalid), None),
        };
        let mut about = match &job {
            Some(job) => answer::about(job),
            None => wire::peek(&payload, &envelope, self.limits()),
        };
        about.reply_to = about.reply_to.filter(|queue| self.may_reply_to(queue));
        let fingerprint = &self.settings.fingerprint;
        let identity = match &job {
            Some(job) => Identity::of_job(job, fingerprint),
            None => Identity::of_bytes(&payload, fingerprint),
        };
        let trace_parent = trace_parent.or(event_trace);
        let span = trace::job_span(about.id.as_deref(), attempt, trace_parent.as_deref());
        let case = Case {
            job: job.as_deref(),
            about,
            identity,
            attempt,
            trace: trace::answer_parent(&span, trace_parent.as_deref()),
            bytes: payload.len(),
        };
        drop(payload);
        let arrival = Arrival {
            lane,
            came_back,
            not_before,
            sent,
        };
        let handled = async {
            // The same job may be in work already, delivered on a session that has ended.
            let flight = tokio::select! {
                biased;
                flight = self.flights.enter(case.identity) => Some(flight),
                () = self.cancel.cancelled() => None,
            };
            let plan = match &flight {
                Some(_) => self.plan(&case, arrival, job.as_ref(), invalid).await,
                None => Plan::hand_back(),
            };
            let ended = self.carry_out(&case, sent, plan, token, started).await;
            drop(flight);
            ended
        };
        handled.instrument(Span::clone(&span)).await
    }

    /// Carries out an order. What is none is said and left alone: there is nobody to answer.
    pub(super) fn order(&self, order: &Order) {
        match parse_control(&order.payload) {
            Ok(control) => self
                .ledger
                .order(&control, order.sent.unwrap_or_else(SystemTime::now)),
            Err(invalid) => tracing::warn!(error = %invalid, "an order was not understood"),
        }
    }

    /// Every slot there is, for a job that runs alone.
    pub(super) fn slots(&self) -> u32 {
        u32::try_from(self.settings.slots()).unwrap_or(u32::MAX)
    }

    /// Waits until jobs in work are cancelled.
    pub(super) async fn leaving(&self) {
        self.cancel.cancelled().await;
    }

    /// What its jobs say about the engine.
    pub(super) fn health(&self) -> &Health {
        &self.health
    }

    fn read(&self, payload: &[u8], envelope: &Envelope) -> Result<Read, InvalidJob> {
        let read = wire::read(payload, envelope, self.limits())?;
        match &read.job.reply_to {
            Some(queue) if !self.may_reply_to(queue) => Err(InvalidJob {
                code: ErrorCode::InvalidField,
                message: format!(
                    "reply_to names a queue that answers may not be sent to: its name must begin with {:?}, or be \
                     RabbitMQ's direct reply-to",
                    self.settings.replies
                ),
                field: Some("reply_to".to_owned()),
                id: Some(read.job.id.as_str().to_owned()),
            }),
            _ => Ok(read),
        }
    }

    fn limits(&self) -> wire::Limits {
        wire::Limits {
            message_bytes: self.settings.max_message_bytes,
        }
    }

    /// A job must not be able to send a message into any queue there is.
    fn may_reply_to(&self, queue: &str) -> bool {
        queue.starts_with(&self.settings.replies) || queue.starts_with("amq.rabbitmq.reply-to.")
    }

    async fn plan(
        &self,
        case: &Case<'_>,
        arrival: Arrival,
        job: Option<&Arc<Job>>,
        invalid: Option<InvalidJob>,
    ) -> Plan {
        let cached = self.cache().get(&case.identity);
        if let Some((mut answer, verdict)) = cached {
            answer.trace_parent.clone_from(&case.trace);
            answer.reply_to.clone_from(&case.about.reply_to);
            return Plan {
                answer: Some(answer),
                verdict,
                outcome: Outcome::Duplicate,
                failure: None,
            };
        }
        let Some(job) = job else {
            let failure = invalid.as_ref().map_or_else(
                || Failure::new(ErrorCode::Internal, "the message was not read"),
                Failure::from,
            );
            return self.fail(case, failure);
        };
        if case.attempt > self.settings.max_attempts {
            // The attempts before ended neither in an answer nor in a failure that was reported:
            // the process died, or lost the broker. Once more might be once more of the same.
            return self.fail(case, Failure::new(ErrorCode::Poison, format!(
                "given up: the job was delivered {} times before and never finished, because the worker ended or \
                 lost the broker each time",
                case.attempt - 1
            )));
        }
        if arrival.came_back && arrival.lane != Lane::Suspect {
            return Plan {
                answer: None,
                verdict: Verdict::Isolate,
                outcome: Outcome::Isolated,
                failure: None,
            };
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
            (job, case, &entry),
            &self.sink,
            limits,
            cancel,
        )
        .await;
        match ran {
            Ran::Ended(Ok(result)) => {
                self.health.succeeded();
                match answer::result(case, &result) {
                    Ok(answer) => {
                        self.cache()
                            .put(case.identity, answer.clone(), Verdict::Ack);
                        Plan {
                            answer: Some(answer),
                            verdict: Verdict::Ack,
                            outcome: Outcome::Done,
                            failure: None,
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
            return Some(Plan {
                answer: None,
                verdict: Verdict::Wait { until: due },
                outcome: Outcome::Waiting,
                failure: None,
            });
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
                Plan {
                    answer: None,
                    verdict: Verdict::Retry {
                        after: backoff.pause(case.attempt.saturating_sub(1)),
                    },
                    outcome: Outcome::Retried,
                    failure: Some(Failure::from(error)),
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
    fn fail(&self, case: &Case<'_>, failure: Failure) -> Plan {
        let verdict = Verdict::Reject(failure.reason());
        self.answer_error(case, failure, verdict, Outcome::Failed)
    }

    /// Answers with an error a job that nobody wants any more: there is nothing to bury.
    fn call_off(&self, case: &Case<'_>, why: Cut) -> Plan {
        let failure = match why {
            Cut::CalledOff(CalledOff::Cancelled) => {
                Failure::new(ErrorCode::Cancelled, "cancelled by an order")
            }
            Cut::CalledOff(CalledOff::Superseded(newest)) => Failure::new(
                ErrorCode::Superseded,
                format!("revision {newest} of this job has come, and is answered in its place"),
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
            verdict,
            outcome,
            failure: Some(failure),
        }
    }

    async fn carry_out(
        &self,
        case: &Case<'_>,
        sent: Option<SystemTime>,
        plan: Plan,
        token: T::Token,
        started: Instant,
    ) -> Ended {
        let Plan {
            verdict,
            outcome,
            failure,
            ..
        } = match plan.answer {
            Some(_) => self
                .publish(case, sent, plan)
                .await
                .unwrap_or_else(Plan::hand_back),
            None => plan,
        };
        let handed_back = verdict == Verdict::Return;
        let known = match self.settler.settle(token, verdict).await {
            Ok(known) => known,
            Err(error) => {
                tracing::debug!(error = %Chain(&error), "settling failed");
                false
            }
        };
        if known {
            // Only a result is kept beyond its delivery: who sends a failed job again wants it tried.
            self.cache().settled(&case.identity);
        } else {
            let total = self.settle_lost.fetch_add(1, Ordering::Relaxed) + 1;
            SettleLost {
                job: case.job_id(),
                total,
            }
            .emit();
        }
        let error = failure
            .as_ref()
            .map(|failure| (failure.code.name(), failure.message.as_str()));
        JobEnded {
            job: case.job_id(),
            attempt: case.attempt,
            outcome,
            took: started.elapsed(),
            error,
        }
        .emit();
        if handed_back {
            Ended::HandedBack
        } else {
            Ended::Finished
        }
    }

    /// Publishes until it is confirmed, and gives the plan as it was carried out: the answer may
    /// have had to become an error. `None` when the worker had to leave before.
    async fn publish(
        &self,
        case: &Case<'_>,
        sent: Option<SystemTime>,
        mut plan: Plan,
    ) -> Option<Plan> {
        let mut backoff = Backoff::new(
            self.settings.min_publish_pause,
            self.settings.max_publish_pause,
        );
        loop {
            // While an answer waits for the broker, a newer revision or an order may come.
            if plan.outcome == Outcome::Done
                && let Some(why) = case.job.and_then(|job| self.ledger.called_off(job, sent))
            {
                plan = self.call_off(case, Cut::CalledOff(why));
            }
            let answer = plan.answer.as_ref()?;
            let published = tokio::select! {
                biased;
                published = self.sink.publish(answer) => published,
                () = self.cancel.cancelled() => return None,
            };
            let error = match published {
                Ok(()) => return Some(plan),
                Err(error) => error,
            };
            if answer.kind == AnswerKind::Result && matches!(error, QueueError::TooLarge { .. }) {
                let message = format!(
                    "the job is done, but {error}: split the article, or raise that setting"
                );
                plan = self.fail(case, Failure::new(ErrorCode::TooLarge, message));
                continue;
            }
            let retry = backoff.next_delay();
            PublishFailed {
                job: case.job_id(),
                error: &error.to_string(),
                retry,
            }
            .emit();
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return None,
                () = sleep(retry) => {}
            }
        }
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
