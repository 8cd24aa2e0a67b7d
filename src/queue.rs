//! Where jobs come from and answers go: three traits, and two sets of implementations, [`amqp`]
//! for RabbitMQ and [`memory`] for tests.

pub mod amqp;
mod backoff;
pub mod memory;
pub mod topology;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;

pub use backoff::Backoff;
pub use topology::Lane;

use crate::job::wire::Envelope;

/// A message that has been delivered and not yet settled. The token is moved into
/// [`Settle::settle`], so settling twice does not compile.
#[derive(Debug)]
pub struct Delivery<T> {
    /// The message.
    pub payload: Arc<[u8]>,
    /// What came with it.
    pub envelope: Envelope,
    /// The queue that it came from.
    pub lane: Lane,
    /// Deliveries so far, this one included, those left out that do not count against the job.
    pub attempt: u32,
    /// Whether an earlier delivery ended without a word: its worker may have died of it.
    pub came_back: bool,
    /// Not to be worked on before, where it was put back to wait.
    pub not_before: Option<SystemTime>,
    /// When the producer sent it, where it says so.
    pub sent: Option<SystemTime>,
    /// W3C trace context (`traceparent`), where the producer sent a well-formed one.
    pub trace_parent: Option<String>,
    /// Settles it.
    pub token: T,
}

/// What becomes of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Answered: the broker forgets it.
    Ack,
    /// Failed, and may succeed later: counts towards the delivery limit.
    Retry {
        /// Not before this much time has passed.
        after: Duration,
    },
    /// Not due yet: comes again, and does not count.
    Wait {
        /// When it is due.
        until: SystemTime,
    },
    /// May have killed a worker: to the lane of suspects, without counting once more.
    Isolate,
    /// Nothing is wrong with it, this worker is leaving: does not count where the broker can tell.
    Return,
    /// Can never succeed: to the dead letters.
    Reject(Reason),
}

/// Why a job is among the dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The code of its error answer.
    pub code: &'static str,
    /// What happened, for people.
    pub message: String,
}

/// An answer on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it is.
    pub kind: AnswerKind,
    /// The job's id, where it is known.
    pub job_id: Option<String>,
    /// The same for the same answer however often it is published, so that consumers can drop
    /// duplicates: 64 hexadecimal digits.
    pub message_id: String,
    /// JSON.
    pub payload: Vec<u8>,
    /// Where its producer wants a final answer besides.
    pub reply_to: Option<String>,
    /// W3C trace context to pass on.
    pub trace_parent: Option<String>,
}

/// What an answer is; also its routing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnswerKind {
    /// The final answer: a result.
    Result,
    /// The final answer: an error.
    Error,
    /// One part of a result that is not complete yet.
    Partial,
    /// How far a job is.
    Progress,
}

impl AnswerKind {
    /// The name in routing keys and message types.
    pub fn name(self) -> &'static str {
        match self {
            Self::Result => "result",
            Self::Error => "error",
            Self::Partial => "partial",
            Self::Progress => "progress",
        }
    }
}

/// An order to all workers, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The message.
    pub payload: Vec<u8>,
    /// When it was sent, where the sender says so.
    pub sent: Option<SystemTime>,
}

/// Gives out deliveries. It mends itself: a broken connection is rebuilt inside
/// [`next`](Source::next).
pub trait Source: Send {
    /// What settles a delivery.
    type Token: Send + Sync + 'static;
    /// Settles deliveries of this source.
    type Settler: Settle<Token = Self::Token> + Clone + 'static;

    /// A settler to go with deliveries.
    fn settler(&self) -> Self::Settler;
    /// Orders to all workers, those of the last hours first. An order may come twice. To be taken
    /// once: what is taken later stays empty.
    fn orders(&mut self) -> mpsc::Receiver<Order>;
    /// The next delivery; `None` when the source is closed for good, and an error when it has
    /// given up: neither is asked again. Dropping the future loses no delivery.
    fn next(
        &mut self,
    ) -> impl Future<Output = Option<Result<Delivery<Self::Token>, QueueError>>> + Send;
    /// Takes no more: the broker is told to send nothing further, and deliveries that were sent
    /// ahead go back. Those given out already can still be settled.
    fn close(&mut self) -> impl Future<Output = ()> + Send;
}

/// Settles deliveries.
pub trait Settle: Send + Sync {
    /// What settles a delivery.
    type Token: Send + Sync + 'static;

    /// Whether the broker still waits for the settlement of a delivery. Where it does not, it has
    /// given the delivery out again, or will.
    fn is_live(&self, token: &Self::Token) -> bool;

    /// Tells the broker what became of a delivery. `Ok(false)`: the broker no longer knows the
    /// delivery and will give it out again.
    ///
    /// # Errors
    /// When it is not known whether the broker was told: expect the delivery again.
    fn settle(
        &self,
        token: Self::Token,
        verdict: Verdict,
    ) -> impl Future<Output = Result<bool, QueueError>> + Send;
}

/// Takes answers.
pub trait Sink: Clone + Send + Sync + 'static {
    /// Publishes a final answer and waits until the broker has it safe. A copy for
    /// [`Answer::reply_to`] follows it, and may get lost.
    ///
    /// # Errors
    /// When that is not certain: the job must then not be acknowledged.
    fn publish(&self, answer: &Answer) -> impl Future<Output = Result<(), QueueError>> + Send;

    /// Publishes what nobody depends on: a part or a progress report. It may get lost.
    fn notify(&self, notice: &Answer) -> impl Future<Output = ()> + Send;
}

/// A failure of the queue side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// The connection or channel is gone.
    #[error("the broker connection is down: {0}")]
    Lost(String),
    /// The broker said no, and will until somebody changes something: credentials, virtual host,
    /// permissions, a missing queue.
    #[error("{0}")]
    Refused(String),
    /// No queue is bound for this answer.
    #[error(
        "no queue is bound to exchange {exchange:?} for routing key {key:?}: bind one, as `rabbitmqadmin` and \
         the management page of the broker can"
    )]
    Unroutable {
        /// Where answers go.
        exchange: String,
        /// The answer's routing key.
        key: String,
    },
    /// The broker did not take the message (its queue is full).
    #[error(
        "the broker did not accept the answer: its queue is full; consume from it, or raise its length limit"
    )]
    NotAccepted,
    /// The message is larger than the broker takes, now and later.
    #[error(
        "the answer has {bytes} bytes, more than the broker takes (its setting max_message_size)"
    )]
    TooLarge {
        /// Size of the payload.
        bytes: usize,
    },
    /// The channel was not in confirm mode: a fault in presslate.
    #[error("the broker was not asked to confirm")]
    NotConfirmed,
    /// No answer from the broker in time.
    #[error("the broker did not answer within {0:?}")]
    Timeout(Duration),
}

impl QueueError {
    /// A word for it, as labels of metrics have it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Lost(_) => "lost",
            Self::Refused(_) => "refused",
            Self::Unroutable { .. } => "unroutable",
            Self::NotAccepted => "not_accepted",
            Self::TooLarge { .. } => "too_large",
            Self::NotConfirmed => "not_confirmed",
            Self::Timeout(_) => "timeout",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::telemetry::metrics::{Metrics, Now};

    #[test]
    fn every_way_in_which_an_answer_is_not_confirmed_is_counted_from_0() {
        let text = Metrics::default().render(&Now::default());
        for error in [
            QueueError::Lost(String::new()),
            QueueError::Refused(String::new()),
            QueueError::Unroutable {
                exchange: String::new(),
                key: String::new(),
            },
            QueueError::NotAccepted,
            QueueError::TooLarge { bytes: 0 },
            QueueError::NotConfirmed,
            QueueError::Timeout(Duration::ZERO),
        ] {
            let name = error.name();
            let line = format!("presslate_publish_failures_total{{reason=\"{name}\"}} 0\n");
            assert!(text.contains(&line), "{line} is missing from\n{text}");
        }
    }
}
