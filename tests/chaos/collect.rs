//! Takes answers and dead letters off the broker, through all faults, and writes them down before
//! it acknowledges them.

use anyhow::{Context, Result, bail};
use futures_util::StreamExt;
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::ledger::{Ledger, Message};
use crate::wire::{PATIENCE, PAUSE, Wire, patiently};

/// Messages on their way to us.
const AHEAD: u16 = 100;

/// What a collector does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duty {
    /// Take what comes.
    Collect,
    /// Take nothing.
    Rest,
}

/// Takes everything out of one queue.
#[derive(Debug)]
pub(crate) struct Collector {
    pub(crate) url: String,
    pub(crate) queue: String,
    /// Whether these are dead letters.
    pub(crate) dead: bool,
    pub(crate) ledger: Ledger,
    /// What is wanted.
    pub(crate) wanted: watch::Receiver<Duty>,
    /// What is.
    pub(crate) is: watch::Sender<Duty>,
    pub(crate) stop: CancellationToken,
}

impl Collector {
    /// Collects until stopped.
    pub(crate) async fn run(mut self) -> Result<()> {
        loop {
            tokio::select! {
                biased;
                () = self.stop.clone().cancelled_owned() => return Ok(()),
                collected = self.collect() => if let Err(error) = collected {
                    tracing::debug!(queue = self.queue, error = format!("{error:#}"), "collecting again");
                },
            }
            sleep(PAUSE).await;
        }
    }

    /// Until something breaks, or a rest is over.
    async fn collect(&mut self) -> Result<()> {
        if *self.wanted.borrow_and_update() == Duty::Rest {
            self.is.send_replace(Duty::Rest);
            self.wanted.changed().await?;
            return Ok(());
        }
        let wire = Wire::open(&self.url).await?;
        patiently(wire.channel.basic_qos(AHEAD, BasicQosOptions::default())).await?;
        let mut consumer = patiently(wire.channel.basic_consume(
            self.queue.as_str().into(),
            "collector".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        ))
        .await?;
        self.is.send_replace(Duty::Collect);
        loop {
            tokio::select! {
                biased;
                changed = self.wanted.changed() => {
                    changed?;
                    if *self.wanted.borrow() == Duty::Rest {
                        break;
                    }
                }
                next = consumer.next() => self.take(next.context("the consumer was cancelled")??).await?,
            }
        }
        patiently(
            wire.channel
                .basic_cancel("collector".into(), BasicCancelOptions::default()),
        )
        .await?;
        // What was on its way: the stream ends after it.
        while let Some(delivery) = timeout(PATIENCE, consumer.next()).await? {
            self.take(delivery?).await?;
        }
        self.is.send_replace(Duty::Rest);
        Ok(())
    }

    async fn take(&self, delivery: Delivery) -> Result<()> {
        let properties = &delivery.properties;
        let message = Message {
            key: delivery.routing_key.as_str(),
            correlation_id: properties
                .correlation_id()
                .as_ref()
                .map(ShortString::as_str),
            id: properties.message_id().as_ref().map(ShortString::as_str),
            body: &delivery.data,
            redelivered: delivery.redelivered,
        };
        if self.dead {
            let headers = properties.headers().as_ref();
            let code =
                headers.and_then(
                    |headers| match headers.inner().get("x-presslate-error-code") {
                        Some(AMQPValue::LongString(code)) => {
                            Some(String::from_utf8_lossy(code.as_bytes()).into_owned())
                        }
                        Some(AMQPValue::ShortString(code)) => Some(code.as_str().to_owned()),
                        _ => None,
                    },
                );
            self.ledger.dead(&message, code.as_deref());
        } else if matches!(message.key, "result" | "error") {
            self.ledger.answer(&message);
        }
        if !patiently(delivery.acker.ack(BasicAckOptions::default())).await? {
            bail!("the channel is gone");
        }
        Ok(())
    }
}
