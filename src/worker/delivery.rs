//! One delivery, from its bytes to its settlement.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use super::answer::{self, Case, Failure, Identity};
use super::cache::Cache;
use super::flights::Flights;
use super::health::Health;
use super::ledger::Ledger;
use super::plan::{Arrival, Plan};
use super::run::Cut;
use super::{RunJob, Settings};
use crate::job::wire::{self, Envelope, Read, parse_control};
use crate::job::{ErrorCode, InvalidJob};
use crate::queue::{AnswerKind, Backoff, Delivery, Order, QueueError, Settle, Sink};
use crate::telemetry::events::{JobEnded, Outcome, PublishFailed, SettleLost};
use crate::telemetry::{Chain, trace};

/// Where deliveries are handled: everything they share.
pub(super) struct Desk<T, K, R> {
    settler: T,
    pub(super) sink: K,
    pub(super) runner: Arc<R>,
    pub(super) cancel: CancellationToken,
    pub(super) settings: Settings,
    cache: Mutex<Cache>,
    flights: Flights,
    pub(super) health: Health,
    pub(super) ledger: Ledger,
}

/// How the handling of a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It was answered, or put back to be tried again.
    Finished,
    /// It went back because the worker is leaving, or its engine is broken.
    HandedBack,
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
        }
    }

    /// Handles a delivery to its end.
    pub(super) async fn handle(&self, delivery: Delivery<T::Token>) -> Ended {
        let started = Instant::now();
        let metrics = self.settings.metrics.jobs();
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
        // Clocks differ a little: what was sent in the future has not waited.
        let waited = sent.map(|sent| SystemTime::now().duration_since(sent).unwrap_or_default());
        metrics.delivered(lane.name(), waited);
        if came_back || attempt > 1 {
            metrics.redelivered(lane.name());
        }
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
        let board = &self.settings.board;
        let pin = board.pin(case.job_id(), lane.name(), attempt, sent);
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
                () = self.cancel.cancelled() => None,
                flight = self.flights.enter(case.identity) => Some(flight),
            };
            let plan = match &flight {
                Some(_) => self.plan(&case, arrival, job.as_ref(), invalid, &pin).await,
                None => Plan::hand_back(),
            };
            let ended = self
                .carry_out(&case, (arrival, waited), plan, token, started)
                .await;
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

    async fn carry_out(
        &self,
        case: &Case<'_>,
        (arrival, waited): (Arrival, Option<Duration>),
        plan: Plan,
        token: T::Token,
        started: Instant,
    ) -> Ended {
        let metrics = self.settings.metrics.jobs();
        let Plan {
            verdict,
            outcome,
            failure,
            needs_review,
            ..
        } = match plan.answer {
            Some(_) => self
                .publish(case, arrival.sent, plan, &token)
                .instrument(tracing::info_span!("publish"))
                .await
                .unwrap_or_else(Plan::hand_back),
            None => plan,
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
            SettleLost { job: case.job_id() }.emit(metrics);
        }
        let error = failure
            .as_ref()
            .map(|failure| (failure.code.name(), failure.message.as_str()));
        JobEnded {
            job: case.job_id(),
            lane: arrival.lane.name(),
            attempt: case.attempt,
            outcome,
            waited,
            took: started.elapsed(),
            needs_review,
            error,
        }
        .emit(metrics);
        if outcome == Outcome::Returned {
            Ended::HandedBack
        } else {
            Ended::Finished
        }
    }

    /// Publishes until it is confirmed, and gives the plan as it was carried out: the answer may
    /// have had to become an error, or have lost its purpose. `None` when the worker had to leave
    /// before.
    async fn publish(
        &self,
        case: &Case<'_>,
        sent: Option<SystemTime>,
        mut plan: Plan,
        token: &T::Token,
    ) -> Option<Plan> {
        let metrics = self.settings.metrics.jobs();
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
            // A result is the same whoever publishes it. An error is not: a worker that was cut off
            // may give one for a job that another has done.
            if answer.kind == AnswerKind::Error && !self.settler.is_live(token) {
                self.cache().settled(&case.identity);
                return Some(Plan {
                    outcome: Outcome::GivenAway,
                    ..Plan::hand_back()
                });
            }
            let began = Instant::now();
            let published = tokio::select! {
                biased;
                published = self.sink.publish(answer) => published,
                () = self.cancel.cancelled() => return None,
            };
            let error = match published {
                Ok(()) => {
                    metrics.published(began.elapsed());
                    return Some(plan);
                }
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
                reason: error.name(),
                error: &error.to_string(),
                retry,
            }
            .emit(metrics);
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return None,
                () = sleep(retry) => {}
            }
        }
    }

    pub(super) fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
