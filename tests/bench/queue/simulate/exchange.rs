//! Jobs out, answers in, and when.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures_util::StreamExt;
use lapin::options::{BasicAckOptions, BasicPublishOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Consumer};
use serde_json::Value;
use tokio::time::{sleep, sleep_until, timeout};

use super::articles::Story;
use super::number;
use crate::broker::Broker;

/// For the next answer.
const PATIENCE: Duration = Duration::from_mins(2);
/// Between two looks at the queue.
const LOOK: Duration = Duration::from_millis(50);

/// A job that was sent and answered, in seconds from the beginning of its run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) length: usize,
    /// When it was sent.
    pub(super) at: f64,
    pub(super) done: f64,
}

impl Sent {
    pub(super) fn latency(&self) -> f64 {
        self.done - self.at
    }
}

/// A run.
#[derive(Debug)]
pub(super) struct Kept {
    /// In the order in which they were sent.
    pub(super) sent: Vec<Sent>,
    /// When the broker was asked, in seconds from the beginning, and how many jobs waited.
    pub(super) ready: Vec<(f64, f64)>,
}

/// Sends jobs and takes answers.
pub(super) struct Exchange<'a> {
    broker: &'a Broker,
    answers: Consumer,
    /// For questions.
    questions: Channel,
    _connection: Connection,
    /// Jobs so far, in all runs: each has an id of its own.
    jobs: usize,
}

impl<'a> Exchange<'a> {
    pub(super) async fn open(broker: &'a Broker) -> Result<Self> {
        let connection = Connection::connect(&broker.url, ConnectionProperties::default()).await?;
        Ok(Self {
            broker,
            answers: broker.answers().await?,
            questions: connection.create_channel().await?,
            _connection: connection,
            jobs: 0,
        })
    }

    /// Runs `count` jobs, article after article, with so many sent and not answered at any time.
    pub(super) async fn keep_in_work(
        &mut self,
        in_work: usize,
        count: usize,
        story: &Story,
    ) -> Result<Vec<Sent>> {
        let started = Instant::now();
        let first = self.jobs;
        self.jobs += count;
        let (broker, mut sent) = (self.broker, Vec::new());
        for at in 0..in_work.min(count) {
            sent.push(send(broker, story, first + at, at % story.lengths(), started).await?);
        }
        for _ in 0..count {
            let (number, at) = next(&mut self.answers).await?;
            let job = number.checked_sub(first).and_then(|at| sent.get_mut(at));
            job.context("an answer to a job of another run")?.done =
                at.duration_since(started).as_secs_f64();
            let at = sent.len();
            if at < count {
                sent.push(send(broker, story, first + at, at % story.lengths(), started).await?);
            }
        }
        Ok(sent)
    }

    /// Runs jobs that are sent at their times, whether or not anybody keeps up.
    pub(super) async fn keep_to(&mut self, plan: &[(f64, usize)], story: &Story) -> Result<Kept> {
        let started = Instant::now();
        let first = self.jobs;
        self.jobs += plan.len();
        let broker = self.broker;
        let sending = async {
            let mut sent = Vec::with_capacity(plan.len());
            for (at, (due, length)) in plan.iter().enumerate() {
                let due = started + Duration::from_secs_f64(*due);
                sleep_until(due.into()).await;
                sent.push(send(broker, story, first + at, *length, started).await?);
            }
            Ok::<_, anyhow::Error>(sent)
        };
        let answers = &mut self.answers;
        let taking = async {
            let mut done = vec![f64::NAN; plan.len()];
            for _ in 0..plan.len() {
                let (number, at) = next(answers).await?;
                let place = number.checked_sub(first).and_then(|at| done.get_mut(at));
                *place.context("an answer to a job of another run")? =
                    at.duration_since(started).as_secs_f64();
            }
            Ok::<_, anyhow::Error>(done)
        };
        let questions = &self.questions;
        let mut ready = Vec::new();
        let looking = async {
            loop {
                let waiting = waiting(questions, &broker.names.jobs).await?;
                ready.push((started.elapsed().as_secs_f64(), waiting));
                sleep(LOOK).await;
            }
        };
        let (mut sent, done) = tokio::select! {
            both = async { tokio::try_join!(sending, taking) } => both?,
            failed = looking => return failed,
        };
        for (sent, done) in sent.iter_mut().zip(done) {
            sent.done = done;
        }
        ensure!(
            sent.iter().all(|sent| sent.done.is_finite()),
            "a job was answered twice"
        );
        Ok(Kept { sent, ready })
    }
}

/// Sends a job, and says when.
async fn send(
    broker: &Broker,
    story: &Story,
    number: usize,
    length: usize,
    started: Instant,
) -> Result<Sent> {
    let body = story.job(number, length)?;
    let options = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let properties = BasicProperties::default().with_delivery_mode(2);
    let exchange = broker.names.jobs.as_str().into();
    let confirm = broker
        .channel
        .basic_publish(exchange, "job".into(), options, &body, properties)
        .await?;
    let at = started.elapsed().as_secs_f64();
    let confirmed = confirm.await?;
    ensure!(
        matches!(confirmed, Confirmation::Ack(None)),
        "the broker did not take a job: {confirmed:?}"
    );
    Ok(Sent {
        length,
        at,
        done: f64::NAN,
    })
}

/// The number of the next job that is answered, and when that was.
async fn next(answers: &mut Consumer) -> Result<(usize, Instant)> {
    let delivery = timeout(PATIENCE, answers.next())
        .await
        .context("no answer comes any more")?
        .context("the consumer was cancelled")??;
    let at = Instant::now();
    delivery.ack(BasicAckOptions::default()).await?;
    let answer: Value = serde_json::from_slice(&delivery.data)?;
    let field = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
    if field("kind") != "result" {
        bail!("{} was answered with: {}", field("id"), field("message"));
    }
    let number = field("id")
        .strip_prefix("job-")
        .context("an answer to no job of ours")?;
    Ok((number.parse()?, at))
}

/// Jobs that nobody has in hand.
async fn waiting(channel: &Channel, queue: &str) -> Result<f64> {
    let passive = QueueDeclareOptions {
        passive: true,
        ..QueueDeclareOptions::default()
    };
    let found = channel
        .queue_declare(queue.into(), passive, FieldTable::default())
        .await?;
    Ok(number(usize::try_from(found.message_count())?))
}
