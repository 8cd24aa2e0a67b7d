//! A real broker: names of our own on it, cleaned up afterwards, and a proxy that cuts.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::skip::skip;
use lapin::message::{BasicGetMessage, Delivery};
use lapin::options::{
    BasicAckOptions, BasicGetOptions, BasicPublishOptions, ExchangeDeleteOptions, QueueBindOptions,
    QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::uri::AMQPUri;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use presslate::queue::amqp::Config;
use presslate::queue::topology::{Exchange, Names, Queue, Topology};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Long enough for a slow machine; no test waits for it unless it fails.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

/// A broker with names that no other test uses.
pub(crate) struct Broker {
    pub(crate) names: Names,
    pub(crate) channel: Channel,
    url: String,
    forgotten: bool,
    _connection: Connection,
}

/// The broker to test against; `None`, said aloud, when there is none and none is required.
pub(crate) async fn broker() -> Option<Broker> {
    let url = setting("TEST_AMQP_URL").unwrap_or_else(|| Config::DEFAULT_URL.to_owned());
    let error = match Broker::at(&url).await {
        Ok(broker) => return Some(broker),
        Err(error) => error,
    };
    assert!(
        setting("CI").is_none(),
        "CI needs a RabbitMQ; set TEST_AMQP_URL ({error})"
    );
    skip(&format!(
        "no RabbitMQ to test against, set TEST_AMQP_URL ({error})"
    ));
    None
}

#[expect(clippy::disallowed_methods, reason = "tests have no `config`")]
pub(crate) fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Broker {
    /// The broker at an address.
    pub(crate) async fn at(url: &str) -> Result<Self, String> {
        let connecting = Connection::connect(url, ConnectionProperties::default());
        let connection = match timeout(Duration::from_secs(10), connecting).await {
            Ok(connected) => connected.map_err(|error| error.to_string())?,
            Err(_) => return Err("no answer within 10 s".to_owned()),
        };
        let channel = connection.create_channel().await.unwrap();
        let names = Names::prefixed(&format!(
            "test-{:016x}",
            RandomState::new().build_hasher().finish()
        ));
        Ok(Self {
            forgotten: false,
            names,
            channel,
            url: url.to_owned(),
            _connection: connection,
        })
    }

    /// Leaves everything on the broker, for the test to find it again.
    pub(crate) fn forget(mut self) {
        self.forgotten = true;
    }

    /// Settings for a worker.
    pub(crate) fn config(&self) -> Config {
        self.config_at(&self.uri())
    }

    /// Settings for a worker at another address.
    pub(crate) fn config_at(&self, uri: &AMQPUri) -> Config {
        Config {
            names: self.names.clone(),
            ..Config::new(uri.to_string())
        }
    }

    /// The broker's address.
    pub(crate) fn uri(&self) -> AMQPUri {
        self.url.parse().unwrap()
    }

    /// Puts a job in the queue of jobs, which must exist.
    pub(crate) async fn send(&self, payload: &[u8]) {
        self.send_with(payload, FieldTable::default()).await;
    }

    /// The same, with headers.
    pub(crate) async fn send_with(&self, payload: &[u8], headers: FieldTable) {
        let properties = BasicProperties::default().with_headers(headers);
        self.publish("", &self.names.jobs, payload, properties)
            .await;
    }

    /// Publishes a message that survives a restart.
    pub(crate) async fn publish(
        &self,
        exchange: &str,
        key: &str,
        payload: &[u8],
        properties: BasicProperties,
    ) {
        let options = BasicPublishOptions {
            mandatory: true,
            ..BasicPublishOptions::default()
        };
        let properties = properties.with_delivery_mode(2);
        self.channel
            .basic_publish(exchange.into(), key.into(), options, payload, properties)
            .await
            .unwrap()
            .await
            .unwrap();
    }

    /// A queue that is gone with the test's connection, bound to an exchange if one is named.
    pub(crate) async fn listen(&self, name: &str, exchange: Option<(&str, &str)>) {
        let options = QueueDeclareOptions {
            exclusive: true,
            ..QueueDeclareOptions::default()
        };
        self.channel
            .queue_declare(name.into(), options, FieldTable::default())
            .await
            .unwrap();
        if let Some((exchange, key)) = exchange {
            self.channel
                .queue_bind(
                    name.into(),
                    exchange.into(),
                    key.into(),
                    QueueBindOptions::default(),
                    FieldTable::default(),
                )
                .await
                .unwrap();
        }
    }

    /// Takes one message out of a queue, waiting for it.
    pub(crate) async fn take(&self, queue: &str) -> Delivery {
        let started = Instant::now();
        loop {
            let got = self
                .channel
                .basic_get(queue.into(), BasicGetOptions::default())
                .await
                .unwrap();
            if let Some(BasicGetMessage { delivery, .. }) = got {
                assert!(
                    delivery
                        .acker
                        .ack(BasicAckOptions::default())
                        .await
                        .unwrap()
                );
                return delivery;
            }
            assert!(started.elapsed() < PATIENCE, "nothing came out of {queue}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Messages that wait in a queue.
    pub(crate) async fn waiting(&self, queue: &str) -> u32 {
        let passive = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        self.channel
            .queue_declare(queue.into(), passive, FieldTable::default())
            .await
            .unwrap()
            .message_count()
    }

    /// Waits until so many messages wait in a queue.
    pub(crate) async fn until_waiting(&self, queue: &str, count: u32) {
        let started = Instant::now();
        loop {
            let waiting = self.waiting(queue).await;
            if waiting == count {
                return;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "{queue} has {waiting} messages, not {count}"
            );
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Cleans up, also after a failed test.
impl Drop for Broker {
    fn drop(&mut self) {
        if self.forgotten {
            return;
        }
        let url = self.url.clone();
        let topology = Topology::new(&self.names);
        let cleaning = std::thread::Builder::new()
            .name("clean-up".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(async move {
                    let connection = Connection::connect(&url, ConnectionProperties::default())
                        .await
                        .unwrap();
                    let channel = connection.create_channel().await.unwrap();
                    for Queue { name, .. } in topology.queues {
                        channel
                            .queue_delete(name.as_str().into(), QueueDeleteOptions::default())
                            .await
                            .unwrap();
                    }
                    for Exchange { name, .. } in topology.exchanges {
                        channel
                            .exchange_delete(name.as_str().into(), ExchangeDeleteOptions::default())
                            .await
                            .unwrap();
                    }
                    connection.close(200, "OK".into()).await.unwrap();
                });
            });
        let cleaned = cleaning.unwrap().join();
        assert!(
            cleaned.is_ok() || std::thread::panicking(),
            "the broker was not cleaned up"
        );
    }
}

/// Text of a header.
pub(crate) fn header(delivery: &Delivery, name: &str) -> Option<String> {
    match delivery.properties.headers().as_ref()?.inner().get(name)? {
        AMQPValue::LongString(text) => Some(String::from_utf8_lossy(text.as_bytes()).into_owned()),
        AMQPValue::ShortString(text) => Some(text.as_str().to_owned()),
        other => Some(format!("{other:?}")),
    }
}

/// A wire to the broker that can be cut, and mends at once.
#[derive(Clone)]
pub(crate) struct Proxy {
    uri: AMQPUri,
    wire: Arc<Mutex<Wire>>,
}

/// Connections that are cut together.
#[derive(Clone, Default)]
struct Wire {
    cut: CancellationToken,
    tasks: TaskTracker,
}

impl Proxy {
    pub(crate) async fn start(broker: &Broker) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let mut uri = broker.uri();
        let target = (uri.authority.host.clone(), uri.authority.port);
        "127.0.0.1".clone_into(&mut uri.authority.host);
        uri.authority.port = listener.local_addr().unwrap().port();
        let proxy = Self {
            uri,
            wire: Arc::default(),
        };
        let wire = Arc::clone(&proxy.wire);
        TaskTracker::new().spawn(async move {
            loop {
                let Ok((mut near, _)) = listener.accept().await else {
                    return;
                };
                let (Wire { cut, tasks }, target) = (wire.lock().unwrap().clone(), target.clone());
                tasks.spawn(async move {
                    let mut far = TcpStream::connect(target).await?;
                    tokio::select! {
                        () = cut.cancelled() => Ok(()),
                        copied = copy_bidirectional(&mut near, &mut far) => copied.map(|_| ()),
                    }
                });
            }
        });
        proxy
    }

    /// The broker's address through the proxy.
    pub(crate) fn uri(&self) -> &AMQPUri {
        &self.uri
    }

    /// Cuts every connection; nothing gets through any more when it returns. New connections are
    /// let through.
    pub(crate) async fn cut(&self) {
        let Wire { cut, tasks } = std::mem::take(&mut *self.wire.lock().unwrap());
        cut.cancel();
        tasks.close();
        tasks.wait().await;
    }
}
