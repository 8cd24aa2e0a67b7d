//! The worker on a real RabbitMQ: `TEST_AMQP_URL`, or one on this machine.

mod contract;
mod faults;
mod jobs;
mod lanes;
mod outages;
mod refusals;
mod tls;
mod topology;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lapin::options::{
    ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions,
    QueueDeleteOptions, QueuePurgeOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use presslate::job::wire::{ErrorMessage, parse_job};
use presslate::job::{ErrorCode, Job};
use presslate::queue::amqp::{self, AmqpSink, Config, Link, LinkState};
use presslate::queue::{Answer, QueueError, Sink};
use presslate::worker::{Drained, Settings, WorkError, work};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::common::broker::{PATIENCE, Proxy, broker, header};
use crate::common::runner::{BLOCK, FakeRunner, job, result_of};

/// A sink that notes what went wrong, and cuts the wire right after confirms when told to.
#[derive(Clone)]
struct Spy {
    inner: AmqpSink,
    errors: Arc<Mutex<Vec<QueueError>>>,
    cuts: Arc<AtomicUsize>,
    proxy: Option<Proxy>,
}

impl Sink for Spy {
    async fn publish(&self, answer: &Answer) -> Result<(), QueueError> {
        let published = self.inner.publish(answer).await;
        match published {
            Ok(()) => {
                let cut = self
                    .cuts
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |cuts| {
                        cuts.checked_sub(1)
                    })
                    .is_ok();
                if let (true, Some(proxy)) = (cut, &self.proxy) {
                    proxy.cut().await;
                }
                Ok(())
            }
            Err(error) => {
                self.errors.lock().unwrap().push(error.clone());
                Err(error)
            }
        }
    }

    async fn notify(&self, notice: &Answer) {
        self.inner.notify(notice).await;
    }
}

/// A worker on the broker.
struct Running {
    link: Link,
    runner: FakeRunner,
    spy: Spy,
    stop: CancellationToken,
    worker: JoinHandle<Result<Drained, WorkError>>,
}

impl Running {
    fn start(config: Config, settings: Settings) -> Self {
        Self::start_with(config, settings, 0, None)
    }

    fn start_with(config: Config, settings: Settings, cuts: usize, proxy: Option<Proxy>) -> Self {
        let (source, sink, link) = amqp::open(config).unwrap();
        let (runner, stop) = (FakeRunner::default(), CancellationToken::new());
        let spy = Spy {
            inner: sink,
            errors: Arc::default(),
            cuts: Arc::new(AtomicUsize::new(cuts)),
            proxy,
        };
        let cancel = CancellationToken::new();
        #[expect(clippy::disallowed_methods, reason = "the test joins it")]
        let worker = tokio::spawn(work(
            source,
            spy.clone(),
            runner.clone(),
            stop.clone(),
            cancel,
            settings,
        ));
        Self {
            link,
            runner,
            spy,
            stop,
            worker,
        }
    }

    /// Waits until it is connected.
    async fn up(self) -> Self {
        self.until(|state| *state == LinkState::Up).await;
        self
    }

    async fn until(&self, wanted: impl Fn(&LinkState) -> bool) {
        let started = Instant::now();
        while !wanted(&self.link.state()) {
            assert!(
                started.elapsed() < PATIENCE,
                "stays {:?}",
                self.link.state()
            );
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until so many jobs have begun.
    async fn until_started(&self, count: usize) {
        let started = Instant::now();
        while self.runner.runs().len() < count {
            assert!(started.elapsed() < PATIENCE, "the job was not started");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits for so many failures to publish.
    async fn until_failed(&self, count: usize) {
        let started = Instant::now();
        while self.spy.errors.lock().unwrap().len() < count {
            assert!(
                started.elapsed() < PATIENCE,
                "publishing did not fail {count} times"
            );
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn stop(self) -> Drained {
        self.stop.cancel();
        let drained = self.worker.await.unwrap().unwrap();
        self.link.close().await;
        drained
    }
}

fn quick() -> Settings {
    Settings {
        grace: Duration::ZERO,
        min_retry_pause: Duration::from_millis(10),
        max_publish_pause: Duration::from_millis(200),
        ..Settings::default()
    }
}

fn error_of(payload: &[u8]) -> ErrorMessage {
    serde_json::from_slice(payload).unwrap()
}
