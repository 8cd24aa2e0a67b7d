//! Queues of our own on a broker: made, filled, emptied and deleted.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions, ExchangeDeleteOptions, QueueDeclareOptions, QueueDeleteOptions,
    QueuePurgeOptions,
};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Consumer};
use presslate::queue::amqp::{self, Config, LinkState};
use presslate::queue::topology::{Names, Topology};
use serde_json::json;
use tokio::time::{sleep, timeout};

/// For anything that is asked of the broker.
const PATIENCE: Duration = Duration::from_secs(30);
/// Size of a job, in bytes.
const BODY: usize = 4096;

/// A connection, a channel that confirms, and the names that everything has.
pub(crate) struct Broker {
    pub(crate) url: String,
    pub(crate) prefix: String,
    pub(crate) names: Names,
    pub(crate) channel: Channel,
    _connection: Connection,
}

impl Broker {
    /// Connects, and has presslate declare its queues under names that nobody else uses.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let prefix = format!("bench-{:016x}", RandomState::new().build_hasher().finish());
        let names = Names::prefixed(&prefix);
        let connection = timeout(
            PATIENCE,
            Connection::connect(url, ConnectionProperties::default()),
        )
        .await
        .context("no broker answers")?
        .context("a broker is needed: see --amqp-url")?;
        let channel = connection.create_channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        let (_source, _sink, link) = amqp::open(Config {
            names: names.clone(),
            ..Config::new(url.to_owned())
        })?;
        let state = timeout(PATIENCE, link.first_news()).await?;
        ensure!(
            state == LinkState::Up,
            "presslate could not declare its queues: {state:?}"
        );
        link.close().await;
        Ok(Self {
            url: url.to_owned(),
            prefix,
            names,
            channel,
            _connection: connection,
        })
    }

    /// Puts jobs in the queue.
    pub(crate) async fn fill(&self, from: usize, count: usize) -> Result<()> {
        let options = BasicPublishOptions {
            mandatory: true,
            ..BasicPublishOptions::default()
        };
        let mut confirms = Vec::with_capacity(count);
        for number in from..from + count {
            let properties = BasicProperties::default().with_delivery_mode(2);
            let (exchange, body) = (self.names.jobs.as_str(), job(number)?);
            confirms.push(
                self.channel
                    .basic_publish(exchange.into(), "job".into(), options, &body, properties)
                    .await?,
            );
        }
        for confirm in confirms {
            let confirmed = confirm.await?;
            ensure!(
                matches!(confirmed, Confirmation::Ack(None)),
                "the broker did not take a job: {confirmed:?}"
            );
        }
        Ok(())
    }

    /// Throws the answers away; gives how many there were.
    pub(crate) async fn purge_results(&self) -> Result<u32> {
        Ok(self
            .channel
            .queue_purge(
                self.names.results.as_str().into(),
                QueuePurgeOptions::default(),
            )
            .await?)
    }

    /// Sees that no job is left. What the broker says of a queue runs behind it.
    pub(crate) async fn until_no_jobs(&self) -> Result<()> {
        let passive = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let started = Instant::now();
        loop {
            let queue = self.names.jobs.as_str();
            let found = self
                .channel
                .queue_declare(queue.into(), passive, FieldTable::default())
                .await?;
            if found.message_count() == 0 {
                return Ok(());
            }
            ensure!(
                started.elapsed() < PATIENCE,
                "{} jobs are left",
                found.message_count()
            );
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Takes answers, to be acknowledged one by one.
    pub(crate) async fn answers(&self) -> Result<Consumer> {
        self.channel
            .basic_qos(200, BasicQosOptions::default())
            .await?;
        let queue = self.names.results.as_str();
        Ok(self
            .channel
            .basic_consume(
                queue.into(),
                "answers".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await?)
    }

    /// Deletes everything.
    pub(crate) async fn clear(self) -> Result<()> {
        let topology = Topology::new(&self.names);
        for queue in topology.queues {
            self.channel
                .queue_delete(queue.name.as_str().into(), QueueDeleteOptions::default())
                .await?;
        }
        for exchange in topology.exchanges {
            self.channel
                .exchange_delete(
                    exchange.name.as_str().into(),
                    ExchangeDeleteOptions::default(),
                )
                .await?;
        }
        Ok(())
    }
}

/// The body of the next answer, acknowledged.
pub(crate) async fn answer(answers: &mut Consumer) -> Result<Vec<u8>> {
    let next = timeout(PATIENCE, answers.next())
        .await
        .context("no answer comes any more")?;
    let delivery = next.context("the consumer was cancelled")??;
    delivery.ack(BasicAckOptions::default()).await?;
    Ok(delivery.data)
}

/// A job of four kibibytes. Its text comes back in its result, so that answers are as large.
fn job(number: usize) -> Result<Vec<u8>> {
    let made = |filling: usize| {
        serde_json::to_vec(&json!({
            "id": format!("job-{number:08}"),
            "article": {"text": "rain ".repeat(filling.div_ceil(5)).get(..filling).unwrap_or_default()},
            "targets": ["ko"],
        }))
    };
    let bare = made(0)?.len();
    Ok(made(BODY.saturating_sub(bare))?)
}
