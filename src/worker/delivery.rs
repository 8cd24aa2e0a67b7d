//! One delivery, from its bytes to its settlement.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use super::answer::{self, Failure, Identity};
use super::cache::Cache;
use super::flights::Flights;
use super::health::Health;
use super::{RunJob, Settings, disposition, verdict};
use crate::job::wire::{ResultMessage, parse_job};
use crate::job::{ErrorCode, InvalidJob, Job, JobId};
use crate::pipeline::JobError;
use crate::queue::{Answer, AnswerKind, Backoff, Delivery, QueueError, Settle, Sink, Verdict};
use crate::telemetry::events::{JobEnded, JobStarted, Outcome, PublishFailed, SettleLost};
use crate::telemetry::{Chain, trace};

/// Where deliveries are handled: everything they share.
pub(super) struct Desk<T, K, R> {
    settler: T,
    sink: K,
    runner: R,
    cancel: CancellationToken,
    settings: Settings,
    cache: Mutex<Cache>,
    flights: Flights,
    health: Health,
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
enum Plan {
    /// Publish, and settle once that is confirmed.
    Answer {
        answer: Answer,
        verdict: Verdict,
        outcome: Outcome,
        failure: Option<Failure>,
    },
    /// Put it back after a pause.
    PutBack(Failure),
    /// Hand it back at once.
    HandBack,
}

/// What is known of a delivery while it is handled.
struct Case<'a> {
    job_id: Option<&'a str>,
    identity: Identity,
    attempt: u32,
    /// For the answer.
    trace: Option<String>,
    bytes: usize,
}

impl<T: Settle, K: Sink, R: RunJob> Desk<T, K, R> {
    pub(super) fn new(
        settler: T,
        sink: K,
        runner: R,
        cancel: CancellationToken,
        settings: Settings,
    ) -> Self {
        let cache = Mutex::new(Cache::new(settings.cached_answers, settings.cached_bytes));
        let (flights, settle_lost) = (Flights::default(), AtomicU64::new(0));
        Self {
            settler,
            sink,
            runner,
            cancel,
            settings,
            cache,
            flights,
            health: Health::default(),
            settle_lost,
        }
    }

    /// Handles a delivery to its end.
    pub(super) async fn handle(&self, delivery: Delivery<T::Token>) -> Ended {
        let started = Instant::now();
        let Delivery {
            payload,
            attempt,
            trace_parent,
            token,
        } = delivery;
        let parsed = self.parse(&payload);
        let job_id = match &parsed {
            Ok(job) => Some(job.id.as_str().to_owned()),
            // An id that is no id is not repeated in headers and logs.
            Err(invalid) => invalid
                .id
                .clone()
                .filter(|id| JobId::new(id.as_str()).is_ok()),
        };
        let span = trace::job_span(job_id.as_deref(), attempt, trace_parent.as_deref());
        let case = Case {
            job_id: job_id.as_deref(),
            identity: Identity::new(job_id.as_deref(), &payload, &self.settings.fingerprint),
            attempt,
            trace: trace::answer_parent(&span, trace_parent.as_deref()),
            bytes: payload.len(),
        };
        drop(payload);
        let handled = async {
            // The same message may be in work already, delivered on a session that has ended.
            let flight = tokio::select! {
                biased;
                flight = self.flights.enter(case.identity) => Some(flight),
                () = self.cancel.cancelled() => None,
            };
            let plan = match &flight {
                Some(_) => self.plan(&case, parsed).await,
                None => Plan::HandBack,
            };
            let ended = self.carry_out(&case, plan, token, started).await;
            drop(flight);
            ended
        };
        handled.instrument(Span::clone(&span)).await
    }

    /// What its jobs say about the engine.
    pub(super) fn health(&self) -> &Health {
        &self.health
    }

    fn parse(&self, payload: &[u8]) -> Result<Job, InvalidJob> {
        let (bytes, limit) = (payload.len(), self.settings.max_message_bytes);
        if bytes > limit {
            return Err(InvalidJob {
                code: ErrorCode::TooLarge,
                message: format!(
                    "the message has {bytes} bytes; this worker accepts at most {limit}: send the article's text \
                     without pictures or scripts"
                ),
                field: None,
                id: None,
            });
        }
        parse_job(payload)
    }

    async fn plan(&self, case: &Case<'_>, parsed: Result<Job, InvalidJob>) -> Plan {
        let cached = self.cache().get(&case.identity);
        if let Some((mut answer, verdict)) = cached {
            answer.trace_parent.clone_from(&case.trace);
            return Plan::Answer {
                answer,
                verdict,
                outcome: Outcome::Duplicate,
                failure: None,
            };
        }
        let job = match parsed {
            Ok(job) => job,
            Err(invalid) => return self.fail(case, Failure::from(&invalid)),
        };
        if case.attempt > self.settings.max_attempts {
            // The attempts before ended neither in an answer nor in a failure that was reported:
            // the process died, or lost the broker. Once more might be once more of the same.
            let message = format!(
                "given up: the job was delivered {} times before and never finished, because the worker ended or \
                 lost the broker each time",
                case.attempt - 1
            );
            return self.fail(
                case,
                Failure {
                    code: ErrorCode::Internal,
                    message,
                    field: None,
                },
            );
        }
        JobStarted {
            job: job.id.as_str(),
            attempt: case.attempt,
            bytes: case.bytes,
        }
        .emit();
        let error = match self.run(&job).await {
            Ok(result) => {
                self.health.succeeded();
                match answer::result(&case.identity, &result, case.trace.clone()) {
                    Ok(answer) => {
                        self.cache()
                            .put(case.identity, answer.clone(), Verdict::Ack);
                        return Plan::Answer {
                            answer,
                            verdict: Verdict::Ack,
                            outcome: Outcome::Done,
                            failure: None,
                        };
                    }
                    Err(failure) => return self.fail(case, failure),
                }
            }
            Err(error) => error,
        };
        let leaving = self.cancel.is_cancelled();
        if self.health.failed(case.identity, &error, leaving) {
            return Plan::HandBack;
        }
        match verdict(
            disposition(&error),
            case.attempt,
            self.settings.max_attempts,
        ) {
            Verdict::Return => Plan::HandBack,
            Verdict::Retry => Plan::PutBack(Failure::from(&error)),
            Verdict::Reject | Verdict::Ack => self.fail(case, Failure::from(&error)),
        }
    }

    fn fail(&self, case: &Case<'_>, failure: Failure) -> Plan {
        let answer = answer::error(
            &case.identity,
            case.job_id,
            &failure,
            case.attempt,
            case.trace.clone(),
        );
        self.cache()
            .put(case.identity, answer.clone(), Verdict::Reject);
        Plan::Answer {
            answer,
            verdict: Verdict::Reject,
            outcome: Outcome::Failed,
            failure: Some(failure),
        }
    }

    async fn run(&self, job: &Job) -> Result<ResultMessage, JobError> {
        // A panic leaves nothing of the job behind that would be looked at again.
        let run = AssertUnwindSafe(Box::pin(async {
            self.runner.run(job, &self.cancel.child_token()).await
        }));
        run.catch_unwind().await.unwrap_or(Err(JobError::Panicked))
    }

    async fn carry_out(
        &self,
        case: &Case<'_>,
        plan: Plan,
        token: T::Token,
        started: Instant,
    ) -> Ended {
        let (verdict, outcome, failure) = match plan {
            Plan::Answer {
                answer,
                verdict,
                outcome,
                failure,
            } => match self.publish(case, answer, verdict).await {
                Some((verdict, late)) => (
                    verdict,
                    if late.is_some() {
                        Outcome::Failed
                    } else {
                        outcome
                    },
                    late.or(failure),
                ),
                None => (Verdict::Return, Outcome::Returned, failure),
            },
            Plan::PutBack(failure) => {
                let settings = &self.settings;
                let backoff = Backoff::new(settings.min_retry_pause, settings.max_retry_pause);
                // It failed, whether or not there is time for the whole pause. Also where the
                // engine turns out to be broken: several jobs that break it would otherwise come
                // back for ever.
                tokio::select! {
                    biased;
                    () = self.cancel.cancelled() => {}
                    () = self.health.broken() => {}
                    () = sleep(backoff.ceiling(case.attempt.saturating_sub(1))) => {}
                }
                (Verdict::Retry, Outcome::Retried, Some(failure))
            }
            Plan::HandBack => (Verdict::Return, Outcome::Returned, None),
        };
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
                job: case.job_id,
                total,
            }
            .emit();
        }
        let error = failure
            .as_ref()
            .map(|failure| (failure.code.name(), failure.message.as_str()));
        JobEnded {
            job: case.job_id,
            attempt: case.attempt,
            outcome,
            took: started.elapsed(),
            error,
        }
        .emit();
        if verdict == Verdict::Return {
            Ended::HandedBack
        } else {
            Ended::Finished
        }
    }

    /// Publishes until it is confirmed. Gives the verdict for the delivery, and a failure if the
    /// answer had to become an error; `None` when the worker had to leave before.
    async fn publish(
        &self,
        case: &Case<'_>,
        mut answer: Answer,
        mut verdict: Verdict,
    ) -> Option<(Verdict, Option<Failure>)> {
        let mut backoff = Backoff::new(
            self.settings.min_publish_pause,
            self.settings.max_publish_pause,
        );
        let mut late = None;
        loop {
            let published = tokio::select! {
                biased;
                published = self.sink.publish(&answer) => published,
                () = self.cancel.cancelled() => return None,
            };
            let error = match published {
                Ok(()) => return Some((verdict, late)),
                Err(error) => error,
            };
            if answer.kind == AnswerKind::Result && matches!(error, QueueError::TooLarge { .. }) {
                let failure = Failure {
                    code: ErrorCode::TooLarge,
                    message: format!(
                        "the job is done, but {error}: split the article, or raise that setting"
                    ),
                    field: None,
                };
                answer = answer::error(
                    &case.identity,
                    case.job_id,
                    &failure,
                    case.attempt,
                    case.trace.clone(),
                );
                verdict = Verdict::Reject;
                self.cache().put(case.identity, answer.clone(), verdict);
                late = Some(failure);
                continue;
            }
            let retry = backoff.next_delay();
            PublishFailed {
                job: case.job_id,
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
