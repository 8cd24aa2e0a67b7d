//! One session: two connections, their channels and a consumer. Never repaired, only replaced.

use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use lapin::options::{
    BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions,
    ConfirmSelectOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties, Consumer, Event};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::{Address, Config, declare, reason, short};
use crate::queue::QueueError;
use crate::queue::topology::{Features, Topology};
use crate::telemetry::events;

/// For closing what may be broken already.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// How often the connections are asked whether they are still there, should no event say so.
const PULSE: Duration = Duration::from_secs(1);

/// See the module.
pub(super) struct Session {
    /// Tells sessions apart.
    pub(super) number: u64,
    pub(super) channel: Channel,
    pub(super) consumer: Option<Consumer>,
    consume_channel: Channel,
    consume: Connection,
    publish: Connection,
    over: CancellationToken,
    why: OnceLock<QueueError>,
}

/// How long to wait for the broker, and how to speak of it when it does not answer well.
pub(super) struct Patience<'a> {
    pub(super) address: &'a Address,
    pub(super) request: Duration,
}

impl Patience<'_> {
    /// Waits for an answer.
    pub(super) async fn request<T>(
        &self,
        what: &str,
        answer: impl Future<Output = lapin::Result<T>>,
    ) -> Result<T, QueueError> {
        match timeout(self.request, answer).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(reason::doing(&error, what, self.address)),
            Err(_) => Err(QueueError::Timeout(self.request)),
        }
    }
}

impl Session {
    /// Connects, declares or checks, and consumes if `consuming`. Nothing is left behind when it
    /// fails or is dropped half-way.
    pub(super) async fn open(
        number: u64,
        config: &Config,
        address: &Address,
        consuming: bool,
    ) -> Result<Self, QueueError> {
        let publish = connect(config, address, "presslate publish").await?;
        let consume = connect(config, address, "presslate consume").await?;
        let patience = Patience {
            address,
            request: config.request_timeout,
        };

        // A refused declaration closes its channel, hence one for that alone.
        let setup = patience
            .request("opening a channel", publish.create_channel())
            .await?;
        if config.declare {
            declare::apply(
                &setup,
                &Topology::new(&config.names, Features::default()),
                &patience,
            )
            .await?;
        } else {
            declare::check(&setup, &config.names, &patience).await?;
        }
        patience
            .request("closing a channel", setup.close(200, "OK".into()))
            .await?;

        let channel = patience
            .request("opening a channel", publish.create_channel())
            .await?;
        patience
            .request(
                "asking for confirms",
                channel.confirm_select(ConfirmSelectOptions::default()),
            )
            .await?;
        let consume_channel = patience
            .request("opening a channel", consume.create_channel())
            .await?;
        patience
            .request(
                "setting the prefetch",
                consume_channel.basic_qos(config.prefetch, BasicQosOptions::default()),
            )
            .await?;
        let consumer = if consuming {
            let jobs = &config.names.jobs;
            let consumer = consume_channel.basic_consume(
                short(jobs)?,
                "".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            );
            Some(
                patience
                    .request(&format!("consuming from queue {jobs:?}"), consumer)
                    .await?,
            )
        } else {
            None
        };
        let (over, why) = (CancellationToken::new(), OnceLock::new());
        Ok(Self {
            number,
            channel,
            consumer,
            consume_channel,
            consume,
            publish,
            over,
            why,
        })
    }

    /// Ends the session; the first reason counts.
    pub(super) fn end(&self, why: QueueError) {
        if self.why.set(why).is_ok() {
            self.over.cancel();
        }
    }

    /// Ready when the session has ended.
    pub(super) async fn over(&self) {
        self.over.cancelled().await;
    }

    /// Whether it has ended.
    pub(super) fn is_over(&self) -> bool {
        self.over.is_cancelled()
    }

    /// Why it ended.
    pub(super) fn why(&self) -> QueueError {
        self.why
            .get()
            .cloned()
            .unwrap_or_else(|| QueueError::Lost("it was closed".to_owned()))
    }

    /// Whether the broker reads nothing from us for want of memory or disk.
    pub(super) fn is_blocked(&self) -> bool {
        self.publish.status().blocked()
    }

    /// Watches the connections until the session is over.
    pub(super) async fn watch(&self) {
        let mut publish = pin!(self.publish.events_listener());
        let mut consume = pin!(self.consume.events_listener());
        let mut pulse = interval(PULSE);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.over() => return,
                event = next_event(&mut publish) => self.hear(event),
                event = next_event(&mut consume) => self.hear(event),
                _ = pulse.tick() => {
                    let alive = self.publish.status().connected() && self.consume.status().connected()
                        && self.channel.status().connected() && self.consume_channel.status().connected();
                    if !alive {
                        self.end(QueueError::Lost("a connection or channel has closed".to_owned()));
                    }
                }
            }
        }
    }

    fn hear(&self, event: Event) {
        match event {
            Event::ConnectionBlocked(why) => events::BrokerBlocked { reason: &why }.emit(),
            Event::ConnectionUnblocked => events::BrokerUnblocked.emit(),
            Event::Error(error) => self.end(QueueError::Lost(error.to_string())),
            // Flow control is the library's business, and the rest does not happen here.
            _ => {}
        }
    }

    /// Tells the broker to send no more, and gives back what it sent ahead.
    pub(super) async fn stop_consuming(&self, patience: Duration) {
        let Some(mut consumer) = self.consumer.clone() else {
            return;
        };
        let cancelled = self
            .consume_channel
            .basic_cancel(consumer.tag(), BasicCancelOptions::default());
        match timeout(patience, cancelled).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return self.end(QueueError::Lost(error.to_string())),
            Err(_) => return self.end(QueueError::Timeout(patience)),
        }
        // The stream ends by itself after a cancel; the limit is for a broker that dies just now.
        while let Ok(Some(Ok(delivery))) = timeout(CLOSE_TIMEOUT, consumer.next()).await {
            // Not a failure of the job: a nack does not count against it where the broker can tell.
            let back = delivery.acker.nack(BasicNackOptions {
                requeue: true,
                ..BasicNackOptions::default()
            });
            if !matches!(timeout(patience, back).await, Ok(Ok(true))) {
                return self.end(QueueError::Lost(
                    "deliveries could not be given back".to_owned(),
                ));
            }
        }
    }

    /// Closes both connections, so that the broker gives unsettled deliveries to others at once.
    pub(super) async fn close(&self) {
        self.end(QueueError::Lost("it was closed".to_owned()));
        let both = async {
            // A connection that is broken already has nothing to say to this.
            tokio::join!(
                self.consume.close(200, "OK".into()),
                self.publish.close(200, "OK".into())
            )
        };
        if timeout(CLOSE_TIMEOUT, both).await.is_err() {
            tracing::debug!("the broker did not answer the closing of a connection");
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("number", &self.number)
            .field("over", &self.is_over())
            .finish_non_exhaustive()
    }
}

async fn connect(config: &Config, address: &Address, name: &str) -> Result<Connection, QueueError> {
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    match timeout(
        config.connect_timeout,
        Connection::connect_uri(address.uri.clone(), properties),
    )
    .await
    {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(reason::connecting(&error, address)),
        Err(_) => Err(QueueError::Lost(format!(
            "the broker at {} did not answer within {:?}",
            address.host(),
            config.connect_timeout
        ))),
    }
}

async fn next_event(events: &mut (impl Stream<Item = Event> + Unpin)) -> Event {
    match events.next().await {
        Some(event) => event,
        None => std::future::pending().await,
    }
}
