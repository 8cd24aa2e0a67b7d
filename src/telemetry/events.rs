//! Everything that is worth a log line in production, one type each. A failure is said once,
//! where it is dealt with.

use std::time::Duration;

use super::metrics::JobMetrics;

/// How a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Answered with a result.
    Done,
    /// Answered with a result that was made for an earlier delivery of the same message.
    Duplicate,
    /// Answered with an error result, and dead-lettered.
    Failed,
    /// Answered with an error, because nobody wants it any more.
    CalledOff,
    /// Put back, to be tried again.
    Retried,
    /// Put back, because it is not due yet.
    Waiting,
    /// Came back without an answer, and is put where jobs run alone.
    Isolated,
    /// Handed back because this worker is leaving.
    Returned,
    /// Left alone: the broker has given it to another worker meanwhile.
    GivenAway,
}

impl Outcome {
    /// The name in logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Duplicate => "duplicate",
            Self::Failed => "failed",
            Self::CalledOff => "called_off",
            Self::Retried => "retried",
            Self::Waiting => "waiting",
            Self::Isolated => "isolated",
            Self::Returned => "returned",
            Self::GivenAway => "given_away",
        }
    }
}

/// A delivery has been settled.
#[derive(Debug)]
pub struct JobEnded<'a> {
    /// The job's id, where it could be read.
    pub job: Option<&'a str>,
    /// The queue that it came from.
    pub lane: &'static str,
    /// Which delivery of it this was.
    pub attempt: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// From its producer's timestamp to the delivery, where that is known.
    pub waited: Option<Duration>,
    /// From delivery to settlement.
    pub took: Duration,
    /// Whether the result has something that needs review, where there is a result.
    pub needs_review: Option<bool>,
    /// Code and text of what went wrong.
    pub error: Option<(&'a str, &'a str)>,
}

impl JobEnded<'_> {
    /// Logs and counts it.
    pub fn emit(self, metrics: &JobMetrics) {
        let Self {
            job,
            lane,
            attempt,
            outcome,
            waited,
            took,
            needs_review,
            error,
        } = self;
        let (job, outcome_name, seconds) = (
            job.unwrap_or("(unknown)"),
            outcome.name(),
            took.as_secs_f64(),
        );
        let waited_seconds = waited.map(|waited| waited.as_secs_f64());
        let (code, error) = error.unzip();
        metrics.ended(outcome_name, code, took);
        // The level is part of the place in the source, hence one place for each.
        macro_rules! say {
            ($level:ident, $words:literal) => {
                tracing::$level!(
                    job,
                    lane,
                    attempt,
                    outcome = outcome_name,
                    waited_seconds,
                    seconds,
                    needs_review,
                    code,
                    error,
                    $words
                )
            };
        }
        match outcome {
            Outcome::Done | Outcome::Duplicate => say!(info, "job answered"),
            Outcome::Failed => say!(error, "job failed for good"),
            Outcome::Retried => say!(warn, "job failed and is put back"),
            Outcome::CalledOff => say!(info, "job called off"),
            Outcome::Waiting => say!(info, "job put back until it is due"),
            Outcome::Isolated => {
                say!(warn, "job came back without an answer; it will run alone");
            }
            Outcome::GivenAway => say!(info, "job left to the worker that has it now"),
            Outcome::Returned => say!(info, "job handed back unfinished"),
        }
    }
}

/// A job is being worked on.
#[derive(Debug)]
pub struct JobStarted<'a> {
    /// The job's id.
    pub job: &'a str,
    /// Which delivery of it this is.
    pub attempt: u32,
    /// Size of the message.
    pub bytes: usize,
}

impl JobStarted<'_> {
    /// Logs it.
    pub fn emit(self) {
        let Self {
            job,
            attempt,
            bytes,
        } = self;
        tracing::info!(job, attempt, bytes, "job started");
    }
}

/// An answer was not confirmed; it is kept and published again.
#[derive(Debug)]
pub struct PublishFailed<'a> {
    /// The job's id, where it could be read.
    pub job: Option<&'a str>,
    /// A word for why.
    pub reason: &'static str,
    /// Why.
    pub error: &'a str,
    /// When it is tried again.
    pub retry: Duration,
}

impl PublishFailed<'_> {
    /// Logs and counts it.
    pub fn emit(self, metrics: &JobMetrics) {
        let Self {
            job,
            reason,
            error,
            retry,
        } = self;
        metrics.publish_failed(reason);
        let (job, retry_seconds) = (job.unwrap_or("(unknown)"), retry.as_secs_f64());
        tracing::warn!(
            job,
            error,
            retry_seconds,
            "answer not published; it is kept and published again"
        );
    }
}

/// The broker may not know what became of a delivery, and will give it out again.
#[derive(Debug)]
pub struct SettleLost<'a> {
    /// The job's id, where it could be read.
    pub job: Option<&'a str>,
}

impl SettleLost<'_> {
    /// Logs and counts it.
    pub fn emit(self, metrics: &JobMetrics) {
        let job = self.job.unwrap_or("(unknown)");
        metrics.settle_lost();
        tracing::warn!(
            job,
            "the broker was not told of the end of a job: it comes again"
        );
    }
}

/// A session with the broker is up.
#[derive(Debug)]
pub struct BrokerConnected<'a> {
    /// Address, without the password.
    pub broker: &'a str,
    /// Sessions so far.
    pub session: u64,
}

impl BrokerConnected<'_> {
    /// Logs it.
    pub fn emit(self) {
        let Self { broker, session } = self;
        tracing::info!(broker, session, "connected to the broker");
    }
}

/// There is no session with the broker.
#[derive(Debug)]
pub struct BrokerLost<'a> {
    /// Why, and what to do where somebody has to do something.
    pub reason: &'a str,
    /// Whether it stays so until somebody changes something.
    pub refused: bool,
    /// When the next try is.
    pub retry_seconds: f64,
    /// Whether this is what was said the last time: then it is not worth another line.
    pub repeated: bool,
}

impl BrokerLost<'_> {
    /// Logs it.
    pub fn emit(self) {
        let Self {
            reason,
            refused,
            retry_seconds,
            repeated,
        } = self;
        if repeated {
            tracing::debug!(reason, retry_seconds, "still no broker");
        } else if refused {
            tracing::error!(
                reason,
                retry_seconds,
                "the broker refuses this worker; it is asked again until it does not"
            );
        } else {
            tracing::warn!(reason, retry_seconds, "lost the broker; connecting again");
        }
    }
}

/// The connection to a broker on another machine is not encrypted.
#[derive(Debug)]
pub struct BrokerInClear<'a> {
    /// Its address, without the password.
    pub broker: &'a str,
}

impl BrokerInClear<'_> {
    /// Logs it.
    pub fn emit(self) {
        tracing::warn!(
            broker = self.broker,
            "password and articles travel in clear text: write amqps:// where the broker speaks TLS"
        );
    }
}

/// The broker is none that presslate knows.
#[derive(Debug)]
pub struct BrokerUnknown<'a> {
    /// What it calls itself.
    pub product: &'a str,
}

impl BrokerUnknown<'_> {
    /// Logs it.
    pub fn emit(self) {
        tracing::warn!(
            product = self.product,
            "the broker is not RabbitMQ or does not say its version; it is used like RabbitMQ 3.10"
        );
    }
}

/// The broker takes no messages for want of memory or disk.
#[derive(Debug)]
pub struct BrokerBlocked<'a> {
    /// The broker's words.
    pub reason: &'a str,
}

impl BrokerBlocked<'_> {
    /// Logs it.
    pub fn emit(self) {
        tracing::warn!(
            reason = self.reason,
            "the broker takes no answers just now; they are kept until it does"
        );
    }
}

/// The broker takes messages again.
#[derive(Debug)]
pub struct BrokerUnblocked;

impl BrokerUnblocked {
    /// Logs it.
    pub fn emit(self) {
        tracing::info!("the broker takes answers again");
    }
}

/// A glossary is new, or has another content than before.
#[derive(Debug)]
pub struct GlossaryRead<'a> {
    /// Its id.
    pub glossary: &'a str,
    /// SHA-256 of its content, as results have it.
    pub sha256: &'a str,
}

impl GlossaryRead<'_> {
    /// Logs it.
    pub fn emit(self) {
        let Self { glossary, sha256 } = self;
        tracing::info!(glossary, sha256, "glossary read");
    }
}

/// A glossary's file is gone. Jobs that name it are answered with an error.
#[derive(Debug)]
pub struct GlossaryRemoved<'a> {
    /// Its id.
    pub glossary: &'a str,
}

impl GlossaryRemoved<'_> {
    /// Logs it.
    pub fn emit(self) {
        tracing::warn!(
            glossary = self.glossary,
            "the glossary's file is gone: jobs that name it fail"
        );
    }
}

/// A glossary's file cannot be used.
#[derive(Debug)]
pub struct GlossaryFailed<'a> {
    /// Its id; empty where it is their folder that cannot be read.
    pub glossary: &'a str,
    /// What is wrong and where.
    pub error: &'a str,
}

impl GlossaryFailed<'_> {
    /// Logs it.
    pub fn emit(self) {
        let Self { glossary, error } = self;
        tracing::error!(
            glossary,
            error,
            "the glossary cannot be read; its last good version, if there was one, is used until it can"
        );
    }
}

/// The admin port answers.
#[derive(Debug)]
pub struct AdminListening {
    /// Where; the port is the one that was found where 0 was asked for.
    pub address: std::net::SocketAddr,
}

impl AdminListening {
    /// Logs it.
    pub fn emit(self) {
        tracing::info!(address = %self.address, "the admin port answers");
    }
}

/// The worker takes jobs.
#[derive(Debug)]
pub struct WorkerStarted {
    /// Jobs worked on at the same time.
    pub slots: usize,
}

impl WorkerStarted {
    /// Logs it.
    pub fn emit(self) {
        tracing::info!(slots = self.slots, "worker started");
    }
}

/// The worker takes no more jobs.
#[derive(Debug)]
pub struct WorkerStopping {
    /// Jobs in work.
    pub in_work: usize,
    /// How long they have.
    pub grace: Duration,
}

impl WorkerStopping {
    /// Logs it.
    pub fn emit(self) {
        let Self { in_work, grace } = self;
        tracing::info!(
            in_work,
            grace_seconds = grace.as_secs_f64(),
            "worker stopping: taking no more jobs"
        );
    }
}

/// The worker has ended.
#[derive(Debug)]
pub struct WorkerStopped {
    /// Jobs settled in its life.
    pub finished: u64,
    /// Jobs handed back unfinished.
    pub abandoned: u64,
}

impl WorkerStopped {
    /// Logs it.
    pub fn emit(self) {
        let Self {
            finished,
            abandoned,
        } = self;
        tracing::info!(finished, abandoned, "worker stopped");
    }
}
