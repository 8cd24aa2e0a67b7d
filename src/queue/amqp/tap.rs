//! Where messages come in: one channel and consumer for each lane, so that each has a prefetch of
//! its own, and one for orders.

use futures_util::StreamExt;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Consumer};
use tokio::time::timeout;

use super::hand::Hand;
use super::session::{CLOSE_TIMEOUT, Patience, Session};
use super::{Config, properties, short};
use crate::queue::{Lane, QueueError};

/// Suspects in hand: the one that runs alone. A second would be charged with what the first does.
const SUSPECTS: u16 = 1;
/// Orders sent ahead. A stream gives out nothing without a limit.
const ORDERS: u16 = 100;
/// Orders as old as this are read again by every worker that starts; as a stream writes durations.
const ORDERS_SINCE: &str = "24h";

/// The consumer of one lane.
#[derive(Debug)]
pub(super) struct Tap {
    pub(super) lane: Lane,
    pub(super) consumer: Consumer,
    channel: Channel,
}

impl Tap {
    /// Begins to consume.
    pub(super) async fn open(
        lane: Lane,
        channel: Channel,
        config: &Config,
        patience: &Patience<'_>,
    ) -> Result<Self, QueueError> {
        let prefetch = match lane {
            Lane::Normal | Lane::Urgent => config.prefetch,
            Lane::Suspect => SUSPECTS,
        };
        let queue = config.names.lane(lane);
        let consumer = consume(&channel, queue, prefetch, FieldTable::default(), patience).await?;
        Ok(Self {
            lane,
            consumer,
            channel,
        })
    }

    pub(super) fn is_alive(&self) -> bool {
        self.channel.status().connected()
    }

    /// Tells the broker to send no more, and gives back what it sent ahead.
    pub(super) async fn close(&self, session: &Session, config: &Config) -> Result<(), QueueError> {
        let mut consumer = self.consumer.clone();
        let cancelled = self
            .channel
            .basic_cancel(consumer.tag(), BasicCancelOptions::default());
        match timeout(config.request_timeout, cancelled).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(QueueError::Lost(error.to_string())),
            Err(_) => return Err(QueueError::Timeout(config.request_timeout)),
        }
        // The stream ends by itself after a cancel; the limit is for a broker that dies just now.
        while let Ok(Some(Ok(delivery))) = timeout(CLOSE_TIMEOUT, consumer.next()).await {
            let attempt = properties::attempt(&delivery.properties, delivery.redelivered);
            let hand = Hand {
                session,
                config,
                lane: self.lane,
                payload: &delivery.data,
                properties: &delivery.properties,
                acker: &delivery.acker,
                attempt,
            };
            if !matches!(
                timeout(config.request_timeout, hand.give_back()).await,
                Ok(Ok(true))
            ) {
                return Err(QueueError::Lost(
                    "deliveries could not be given back".to_owned(),
                ));
            }
        }
        Ok(())
    }
}

/// Reads the orders of the last hours, and those to come.
pub(super) async fn orders(
    channel: &Channel,
    stream: &str,
    patience: &Patience<'_>,
) -> Result<Consumer, QueueError> {
    let mut arguments = FieldTable::default();
    arguments.insert(
        "x-stream-offset".into(),
        AMQPValue::LongString(ORDERS_SINCE.into()),
    );
    consume(channel, stream, ORDERS, arguments, patience).await
}

async fn consume(
    channel: &Channel,
    queue: &str,
    prefetch: u16,
    arguments: FieldTable,
    patience: &Patience<'_>,
) -> Result<Consumer, QueueError> {
    patience
        .request(
            "setting the prefetch",
            channel.basic_qos(prefetch, BasicQosOptions::default()),
        )
        .await?;
    let consumer = channel.basic_consume(
        short(queue)?,
        "".into(),
        BasicConsumeOptions::default(),
        arguments,
    );
    patience
        .request(&format!("consuming from queue {queue:?}"), consumer)
        .await
}
