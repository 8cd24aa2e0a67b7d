//! One session: two connections, their channels and consumers. Never repaired, only replaced.

use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use lapin::options::{BasicAckOptions, BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Confirmation, Connection, Consumer, Event};
use tokio::sync::{Mutex, mpsc};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::connect::connect;
use super::tap::{self, Tap};
use super::{Address, Config, declare, properties, reason, short};
use crate::queue::topology::{Features, Topology};
use crate::queue::{Order, QueueError};
use crate::telemetry::events;

/// For closing what may be broken already.
pub(super) const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// How often the connections are asked whether they are still there, should no event say so.
const PULSE: Duration = Duration::from_secs(1);

/// See the module.
pub(super) struct Session {
    /// Tells sessions apart.
    pub(super) number: u64,
    /// Where jobs come from, in the order in which they are served; empty when not consuming.
    pub(super) taps: Vec<Tap>,
    /// What the broker can do.
    pub(super) features: Features,
    /// For answers, and for jobs that move to another queue: confirmed.
    answers: Channel,
    /// For what may get lost: not confirmed.
    notices: Channel,
    /// For replies, opened when one is due. Alone, because a refused one closes its channel.
    replies: Mutex<Option<Channel>>,
    control: Option<(Channel, Consumer)>,
    consume: Connection,
    publish: Connection,
    confirm_timeout: Duration,
    request_timeout: Duration,
    address: Address,
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

    async fn channel(&self, connection: &Connection) -> Result<Channel, QueueError> {
        self.request("opening a channel", connection.create_channel())
            .await
    }

    async fn confirmed_channel(&self, connection: &Connection) -> Result<Channel, QueueError> {
        let channel = self.channel(connection).await?;
        self.request(
            "asking for confirms",
            channel.confirm_select(ConfirmSelectOptions::default()),
        )
        .await?;
        Ok(channel)
    }
}

/// Where a message goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Route<'a> {
    pub(super) exchange: &'a str,
    pub(super) key: &'a str,
}

impl Session {
    /// Connects, declares or checks, and consumes if `consuming`. Nothing is left behind when it
    /// fails or is dropped half-way.
    pub(super) async fn open(
        number: u64,
        config: &Config,
        address: &Address,
        features: Features,
        consuming: bool,
    ) -> Result<Self, QueueError> {
        let publish = connect(config, address, "presslate publish").await?;
        let consume = connect(config, address, "presslate consume").await?;
        let patience = Patience {
            address,
            request: config.request_timeout,
        };

        // A refused declaration closes its channel, hence one for that alone.
        let setup = patience.channel(&publish).await?;
        if config.declare {
            declare::apply(&setup, &Topology::new(&config.names), &patience).await?;
        } else {
            declare::check(&setup, &config.names, &patience).await?;
        }
        patience
            .request("closing a channel", setup.close(200, "OK".into()))
            .await?;

        let answers = patience.confirmed_channel(&publish).await?;
        let notices = patience.channel(&publish).await?;
        let mut taps = Vec::new();
        let mut control = None;
        if consuming {
            for lane in crate::queue::Lane::ALL {
                let channel = patience.channel(&consume).await?;
                taps.push(Tap::open(lane, channel, config, &patience).await?);
            }
            let channel = patience.channel(&consume).await?;
            let orders = tap::orders(&channel, &config.names.control, &patience).await?;
            control = Some((channel, orders));
        }
        Ok(Self {
            number,
            taps,
            features,
            answers,
            notices,
            replies: Mutex::default(),
            control,
            consume,
            publish,
            confirm_timeout: config.confirm_timeout,
            request_timeout: config.request_timeout,
            address: address.clone(),
            over: CancellationToken::new(),
            why: OnceLock::new(),
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

    /// Publishes and waits until the broker has the message safe. A message that the broker only
    /// does not take (no queue, or a full one) leaves the session as it is; anything else ends it.
    pub(super) async fn confirmed(
        &self,
        route: Route<'_>,
        payload: &[u8],
        properties: BasicProperties,
    ) -> Result<(), QueueError> {
        let published = tokio::select! {
            biased;
            published = self.publish_on(&self.answers, route, payload, properties) => published,
            () = self.over() => return Err(self.why()),
        };
        match published {
            Ok(()) => Ok(()),
            Err(error @ (QueueError::Unroutable { .. } | QueueError::NotAccepted)) => Err(error),
            Err(error) => {
                self.end(error.clone());
                Err(error)
            }
        }
    }

    async fn publish_on(
        &self,
        channel: &Channel,
        route: Route<'_>,
        payload: &[u8],
        properties: BasicProperties,
    ) -> Result<(), QueueError> {
        let Route { exchange, key } = route;
        let what = || format!("publishing to exchange {exchange:?}");
        let options = BasicPublishOptions {
            mandatory: true,
            ..BasicPublishOptions::default()
        };
        let published =
            channel.basic_publish(short(exchange)?, short(key)?, options, payload, properties);
        let mut confirm = match timeout(self.request_timeout, published).await {
            Ok(Ok(confirm)) => confirm,
            Ok(Err(error)) => return Err(reason::doing(&error, &what(), &self.address)),
            Err(_) => return Err(QueueError::Timeout(self.request_timeout)),
        };
        let confirmation = loop {
            match timeout(self.confirm_timeout, &mut confirm).await {
                Ok(Ok(confirmation)) => break confirmation,
                Ok(Err(error)) if reason::is_too_large(&error) => {
                    return Err(QueueError::TooLarge {
                        bytes: payload.len(),
                    });
                }
                Ok(Err(error)) => return Err(reason::doing(&error, &what(), &self.address)),
                // It will confirm when it has memory or disk again. A new session would be blocked
                // just the same, and each one charges the jobs in hand with a failed delivery.
                Err(_) if self.is_blocked() => {}
                Err(_) => return Err(QueueError::Timeout(self.confirm_timeout)),
            }
        };
        match confirmation {
            // Only this: an unroutable message is acknowledged too, with the message in it.
            Confirmation::Ack(None) => Ok(()),
            Confirmation::Ack(Some(_returned)) => Err(QueueError::Unroutable {
                exchange: exchange.to_owned(),
                key: key.to_owned(),
            }),
            Confirmation::Nack(_) => Err(QueueError::NotAccepted),
            Confirmation::NotRequested => Err(QueueError::NotConfirmed),
        }
    }

    /// Publishes what nobody depends on. Nothing is published while the broker is blocked: it would
    /// pile up in memory here.
    pub(super) async fn notify(
        &self,
        route: Route<'_>,
        payload: &[u8],
        properties: BasicProperties,
    ) {
        let (Ok(exchange), Ok(key)) = (short(route.exchange), short(route.key)) else {
            return;
        };
        if self.is_over() || self.is_blocked() {
            return;
        }
        let published = self.notices.basic_publish(
            exchange,
            key,
            BasicPublishOptions::default(),
            payload,
            properties,
        );
        match timeout(self.request_timeout, published).await {
            Ok(Ok(_unconfirmed)) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a progress report was not published"),
            Err(_) => tracing::debug!("a progress report was not published in time"),
        }
    }

    /// Publishes a reply to a queue by its name, and waits until the broker has it. Whoever asked
    /// may have gone; that is no failure.
    pub(super) async fn reply(
        &self,
        queue: &str,
        payload: &[u8],
        properties: BasicProperties,
    ) -> Result<(), QueueError> {
        let mut replies = self.replies.lock().await;
        let channel = match replies
            .take()
            .filter(|channel| channel.status().connected())
        {
            Some(channel) => channel,
            None => self.patience().confirmed_channel(&self.publish).await?,
        };
        let route = Route {
            exchange: "",
            key: queue,
        };
        let published = self.publish_on(&channel, route, payload, properties).await;
        *replies = Some(channel);
        published
    }

    pub(super) fn patience(&self) -> Patience<'_> {
        Patience {
            address: &self.address,
            request: self.request_timeout,
        }
    }

    /// Watches the connections, and passes orders on, until the session is over.
    pub(super) async fn watch(&self, orders: &mpsc::Sender<Order>) {
        let mut publish = pin!(self.publish.events_listener());
        let mut consume = pin!(self.consume.events_listener());
        let mut control = self.control.as_ref().map(|(_, consumer)| consumer.clone());
        let mut pulse = interval(PULSE);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.over() => return,
                event = next_event(&mut publish) => self.hear(event),
                event = next_event(&mut consume) => self.hear(event),
                _ = pulse.tick() => {
                    if !self.is_alive() {
                        self.end(QueueError::Lost("a connection or channel has closed".to_owned()));
                    }
                }
                () = self.pass_on(control.as_mut(), orders) => {}
            }
        }
    }

    fn is_alive(&self) -> bool {
        self.publish.status().connected()
            && self.consume.status().connected()
            && self.answers.status().connected()
            && self.notices.status().connected()
            && self
                .control
                .as_ref()
                .is_none_or(|(channel, _)| channel.status().connected())
            && self.taps.iter().all(Tap::is_alive)
    }

    /// Waits for one order and for room for it. Orders stay with the broker until there is.
    async fn pass_on(&self, control: Option<&mut Consumer>, orders: &mpsc::Sender<Order>) {
        let Some(control) = control else {
            return std::future::pending().await;
        };
        let Ok(room) = orders.reserve().await else {
            // Nobody listens to orders.
            return std::future::pending().await;
        };
        match control.next().await {
            Some(Ok(delivery)) => {
                room.send(Order {
                    sent: properties::sent(&delivery.properties),
                    payload: delivery.data,
                });
                // A stream keeps what is acknowledged; this only asks for more.
                let told = delivery.acker.ack(BasicAckOptions::default());
                if !matches!(timeout(self.request_timeout, told).await, Ok(Ok(true))) {
                    self.end(QueueError::Lost(
                        "an order could not be acknowledged".to_owned(),
                    ));
                }
            }
            Some(Err(error)) => {
                self.end(reason::doing(&error, "reading orders", &self.address));
            }
            None => self.end(QueueError::Lost(
                "the broker cancelled the reading of orders: their stream was deleted".to_owned(),
            )),
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
    pub(super) async fn stop_consuming(&self, config: &Config) {
        for tap in &self.taps {
            if let Err(why) = tap.close(self, config).await {
                return self.end(why);
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

async fn next_event(events: &mut (impl Stream<Item = Event> + Unpin)) -> Event {
    match events.next().await {
        Some(event) => event,
        None => std::future::pending().await,
    }
}
