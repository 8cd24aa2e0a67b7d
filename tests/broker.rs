//! The worker on a real RabbitMQ: `TEST_AMQP_URL`, or one on this machine.

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
use presslate::worker::{Drained, Settings, work};
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
                let again = match &error {
                    QueueError::Unroutable(key) => QueueError::Unroutable(key.clone()),
                    QueueError::NotAccepted => QueueError::NotAccepted,
                    other => QueueError::Lost(other.to_string()),
                };
                self.errors.lock().unwrap().push(error);
                Err(again)
            }
        }
    }
}

/// A worker on the broker.
struct Running {
    link: Link,
    runner: FakeRunner,
    spy: Spy,
    stop: CancellationToken,
    worker: JoinHandle<Result<Drained, QueueError>>,
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_on_the_broker_comes_out_as_its_result() {
    let Some(broker) = broker().await else { return };
    let running = Running::start(
        broker.config(),
        Settings {
            grace: PATIENCE,
            ..quick()
        },
    )
    .up()
    .await;
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let mut headers = FieldTable::default();
    headers.insert("traceparent".into(), AMQPValue::LongString(parent.into()));
    broker.send_with(&job("a-1"), headers).await;

    let answer = broker.take(&broker.names.results).await;
    let expected = serde_json::to_vec(&result_of(&parse_job(&job("a-1")).unwrap())).unwrap();
    assert_eq!(answer.data, expected);
    assert_eq!(answer.exchange.as_str(), broker.names.results);
    assert_eq!(answer.routing_key.as_str(), "result");
    let properties = &answer.properties;
    let text =
        |property: &Option<ShortString>| property.as_ref().map(|text| text.as_str().to_owned());
    assert_eq!(
        text(properties.content_type()).as_deref(),
        Some("application/json")
    );
    assert_eq!(text(properties.kind()).as_deref(), Some("result"));
    assert_eq!(text(properties.correlation_id()).as_deref(), Some("a-1"));
    assert_eq!(text(properties.app_id()).as_deref(), Some("presslate"));
    assert_eq!(text(properties.message_id()).map(|id| id.len()), Some(64));
    assert_eq!(
        properties.delivery_mode(),
        &Some(2),
        "it survives a restart of the broker"
    );
    assert!(properties.timestamp().is_some());
    assert_eq!(header(&answer, "traceparent").as_deref(), Some(parent));

    assert_eq!(
        running.stop().await,
        Drained {
            finished: 1,
            abandoned: 0
        }
    );
    broker.until_waiting(&broker.names.jobs, 0).await;
    assert_eq!(broker.waiting(&broker.names.dead).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_job_on_the_broker_is_answered_and_lands_in_the_dead_letters() {
    let Some(broker) = broker().await else { return };
    let running = Running::start(broker.config(), quick()).up().await;
    let payload = br#"{"id":"a-1","article":{"text":"Rain."},"targets":["xx"]}"#;
    broker.send(payload).await;

    let answer = broker.take(&broker.names.results).await;
    assert_eq!(answer.routing_key.as_str(), "error");
    let error = error_of(&answer.data);
    assert_eq!(
        (error.id.as_deref(), error.field.as_deref()),
        (Some("a-1"), Some("targets[0]"))
    );
    let dead = broker.take(&broker.names.dead).await;
    assert_eq!(dead.data, payload, "as it came");
    assert_eq!(
        header(&dead, "x-first-death-reason").as_deref(),
        Some("rejected")
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_lost_between_confirm_and_acknowledgement_costs_a_duplicate_with_the_same_id()
{
    let Some(broker) = broker().await else { return };
    let proxy = Proxy::start(&broker).await;
    let config = broker.config_at(proxy.uri());
    let running = Running::start_with(config, quick(), 1, Some(proxy))
        .up()
        .await;
    broker.send(&job("a-1")).await;

    let first = broker.take(&broker.names.results).await;
    let second = broker.take(&broker.names.results).await;
    assert_eq!(first.data, second.data);
    assert_eq!(
        first.properties.message_id(),
        second.properties.message_id()
    );
    assert_eq!(
        running.runner.runs(),
        ["a-1"],
        "the redelivery is answered without inference"
    );
    assert_eq!(running.link.sessions(), 2);
    running.stop().await;
    broker.until_waiting(&broker.names.jobs, 0).await;
    assert_eq!(broker.waiting(&broker.names.results).await, 0);
    assert_eq!(broker.waiting(&broker.names.dead).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_lost_during_a_job_loses_neither_the_job_nor_its_result() {
    let Some(broker) = broker().await else { return };
    let proxy = Proxy::start(&broker).await;
    let running = Running::start(broker.config_at(proxy.uri()), quick())
        .up()
        .await;
    broker.send(&job("block-1")).await;
    let started = Instant::now();
    while running.runner.runs().is_empty() {
        assert!(started.elapsed() < PATIENCE, "the job was not started");
        sleep(Duration::from_millis(10)).await;
    }
    proxy.cut().await;

    let first = broker.take(&broker.names.results).await;
    let second = broker.take(&broker.names.results).await;
    assert_eq!(
        first.properties.message_id(),
        second.properties.message_id()
    );
    assert_eq!(running.runner.runs(), ["block-1"]);
    running.stop().await;
    broker.until_waiting(&broker.names.jobs, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_whose_result_finds_no_queue_stays_on_the_broker() {
    let Some(broker) = broker().await else { return };
    let running = Running::start(broker.config(), quick()).up().await;
    let (results, key) = (broker.names.results.as_str(), "result");
    broker
        .channel
        .queue_unbind(
            results.into(),
            results.into(),
            key.into(),
            FieldTable::default(),
        )
        .await
        .unwrap();
    broker.send(&job("a-1")).await;
    running.until_failed(3).await;
    assert!(
        running
            .spy
            .errors
            .lock()
            .unwrap()
            .iter()
            .all(|error| matches!(error, QueueError::Unroutable(_))),
        "{:?}",
        running.spy.errors.lock().unwrap()
    );
    assert_eq!(running.link.sessions(), 1, "the session is not at fault");
    assert_eq!(
        running.stop().await,
        Drained {
            finished: 0,
            abandoned: 1
        }
    );
    broker.until_waiting(&broker.names.jobs, 1).await;

    // Somebody binds it again: here the next worker, which declares.
    let running = Running::start(broker.config(), quick()).up().await;
    assert_eq!(broker.take(results).await.routing_key.as_str(), key);
    running.stop().await;
    broker.until_waiting(&broker.names.jobs, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_wait_while_the_results_queue_is_full() {
    let Some(broker) = broker().await else { return };
    // The queue of an administrator who wants it short.
    let results = broker.names.results.as_str();
    let running = Running::start(broker.config(), quick()).up().await;
    running.stop().await;
    broker
        .channel
        .queue_delete(results.into(), QueueDeleteOptions::default())
        .await
        .unwrap();
    let mut arguments = FieldTable::default();
    arguments.insert(
        "x-queue-type".into(),
        AMQPValue::LongString("quorum".into()),
    );
    arguments.insert(
        "x-overflow".into(),
        AMQPValue::LongString("reject-publish".into()),
    );
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(1));
    let durable = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    broker
        .channel
        .queue_declare(results.into(), durable, arguments)
        .await
        .unwrap();
    let bind = QueueBindOptions::default();
    broker
        .channel
        .queue_bind(
            results.into(),
            results.into(),
            "#".into(),
            bind,
            FieldTable::default(),
        )
        .await
        .unwrap();

    let config = Config {
        declare: false,
        ..broker.config()
    };
    let running = Running::start(
        config,
        Settings {
            grace: PATIENCE,
            ..quick()
        },
    )
    .up()
    .await;
    for number in 0..6 {
        broker.send(&job(&format!("a-{number}"))).await;
    }
    running.until_failed(2).await;
    assert!(
        running
            .spy
            .errors
            .lock()
            .unwrap()
            .iter()
            .all(|error| matches!(error, QueueError::NotAccepted))
    );
    let mut ids = Vec::new();
    while ids.len() < 6 {
        let answer = broker.take(results).await;
        ids.push(
            answer
                .properties
                .correlation_id()
                .clone()
                .unwrap()
                .as_str()
                .to_owned(),
        );
    }
    ids.sort();
    assert_eq!(ids, ["a-0", "a-1", "a-2", "a-3", "a-4", "a-5"]);
    assert_eq!(running.stop().await.finished, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_keeps_panicking_ends_in_the_dead_letters_with_one_error_answer() {
    let Some(broker) = broker().await else { return };
    let running = Running::start(
        broker.config(),
        Settings {
            grace: PATIENCE,
            ..quick()
        },
    )
    .up()
    .await;
    broker.send(&job("panic-1")).await;
    broker.send(&job("a-2")).await;

    let mut answers = [
        broker.take(&broker.names.results).await,
        broker.take(&broker.names.results).await,
    ];
    answers.sort_by_key(|answer| answer.routing_key.as_str().to_owned());
    let error = error_of(&answers[0].data);
    assert_eq!(
        (error.id.as_deref(), error.code, error.attempt),
        (Some("panic-1"), ErrorCode::Internal, 5)
    );
    assert_eq!(
        answers[1].routing_key.as_str(),
        "result",
        "its neighbour is not harmed"
    );
    let dead = broker.take(&broker.names.dead).await;
    assert_eq!(dead.data, job("panic-1"));
    assert_eq!(
        running
            .runner
            .runs()
            .iter()
            .filter(|id| *id == "panic-1")
            .count(),
        5
    );
    running.stop().await;
    assert_eq!(broker.waiting(&broker.names.results).await, 0);
    assert_eq!(broker.waiting(&broker.names.dead).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_messages_do_not_end_the_worker() {
    let Some(broker) = broker().await else { return };
    let running = Running::start(
        broker.config(),
        Settings {
            grace: PATIENCE,
            ..quick()
        },
    )
    .up()
    .await;
    let deep = format!(
        r#"{{"id":"deep","metadata":{}{}}}"#,
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    let hostile: Vec<Vec<u8>> = vec![
        Vec::new(),
        vec![0xff; 100_000],
        deep.into_bytes(),
        job(&"i".repeat(300)),
        job("tab\there"),
        vec![b' '; Job::MAX_MESSAGE_BYTES + 1],
    ];
    for payload in &hostile {
        broker.send(payload).await;
    }
    // Hostile headers on a good job, and an id as long as ids may be.
    let mut headers = FieldTable::default();
    headers.insert(
        "traceparent".into(),
        AMQPValue::LongString(vec![0xff_u8; 5000].into()),
    );
    headers.insert(
        "x-delivery-count".into(),
        AMQPValue::LongString("many".into()),
    );
    let long = "i".repeat(200);
    broker.send_with(&job(&long), headers).await;

    for _ in &hostile {
        let answer = broker.take(&broker.names.results).await;
        assert_eq!(answer.routing_key.as_str(), "error");
        assert!(!error_of(&answer.data).message.is_empty());
        broker.take(&broker.names.dead).await;
    }
    let answer = broker.take(&broker.names.results).await;
    assert_eq!(answer.routing_key.as_str(), "result");
    assert_eq!(
        answer
            .properties
            .correlation_id()
            .as_ref()
            .map(ShortString::as_str),
        Some(long.as_str())
    );
    assert_eq!(
        header(&answer, "traceparent"),
        None,
        "what is not well formed is not passed on"
    );
    assert_eq!(running.link.sessions(), 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inference_that_takes_longer_than_heartbeats_does_not_lose_the_connection() {
    let Some(broker) = broker().await else { return };
    let heartbeat = Duration::from_secs(2);
    assert!(BLOCK > heartbeat * 3, "or the test would show nothing");
    let config = Config {
        heartbeat,
        ..broker.config()
    };
    let running = Running::start(
        config,
        Settings {
            grace: PATIENCE,
            ..quick()
        },
    )
    .up()
    .await;
    broker.send(&job("block-1")).await;
    broker.take(&broker.names.results).await;
    assert_eq!(running.link.sessions(), 1);
    assert_eq!(
        running.stop().await,
        Drained {
            finished: 1,
            abandoned: 0
        }
    );
    broker.until_waiting(&broker.names.jobs, 0).await;
    assert_eq!(
        broker.waiting(&broker.names.results).await,
        0,
        "answered once"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_stops_hands_back_the_job_in_hand_and_takes_no_more() {
    let Some(broker) = broker().await else { return };
    let config = Config {
        prefetch: 2,
        ..broker.config()
    };
    let running = Running::start(config, quick()).up().await;
    for id in ["slow-1", "slow-2", "slow-3"] {
        broker.send(&job(id)).await;
    }
    // One in work, one sent ahead, one left on the broker.
    broker.until_waiting(&broker.names.jobs, 1).await;
    let started = Instant::now();
    while running.runner.runs().is_empty() {
        assert!(started.elapsed() < PATIENCE, "the job was not started");
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(
        running.stop().await,
        Drained {
            finished: 0,
            abandoned: 1
        }
    );
    broker.until_waiting(&broker.names.jobs, 3).await;
    assert_eq!(broker.waiting(&broker.names.results).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_queue_is_declared_again_and_work_goes_on() {
    let Some(broker) = broker().await else { return };
    let running = Running::start(broker.config(), quick()).up().await;
    broker
        .channel
        .queue_delete(
            broker.names.jobs.as_str().into(),
            QueueDeleteOptions::default(),
        )
        .await
        .unwrap();
    let started = Instant::now();
    while running.link.sessions() < 2 {
        assert!(started.elapsed() < PATIENCE, "the deletion went unnoticed");
        sleep(Duration::from_millis(10)).await;
    }
    broker.send(&job("a-1")).await;
    assert_eq!(
        broker
            .take(&broker.names.results)
            .await
            .routing_key
            .as_str(),
        "result"
    );
    running.stop().await;
}

/// Starts a link that must be refused, and gives its reason.
async fn refusal(config: Config) -> String {
    let (_source, _sink, link) = amqp::open(config).unwrap();
    let state = link.first_news().await;
    link.close().await;
    match state {
        LinkState::Down {
            reason,
            refused: true,
        } => reason,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_said_in_words_and_not_repeated() {
    let Some(broker) = broker().await else { return };
    let mut uri = broker.uri();
    uri.authority.userinfo.password = "hunter2".to_owned();
    let reason = refusal(broker.config_at(&uri)).await;
    assert!(
        reason.contains("wrong user name or password") && reason.contains("PRESSLATE_AMQP_URL"),
        "{reason}"
    );
    assert!(!reason.contains("hunter2"), "{reason}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_virtual_host_is_said_in_words() {
    let Some(broker) = broker().await else { return };
    let mut uri = broker.uri();
    uri.vhost = "no-such-vhost".to_owned();
    let reason = refusal(broker.config_at(&uri)).await;
    assert!(
        reason.contains("no-such-vhost") && reason.contains("add_vhost"),
        "{reason}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_with_other_settings_is_said_in_words() {
    let Some(broker) = broker().await else { return };
    let durable = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    broker
        .channel
        .queue_declare(
            broker.names.jobs.as_str().into(),
            durable,
            FieldTable::default(),
        )
        .await
        .unwrap();
    let reason = refusal(broker.config()).await;
    assert!(
        reason.contains(&broker.names.jobs) && reason.contains("other settings"),
        "{reason}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_queue_is_said_in_words_and_work_begins_once_it_is_there() {
    let Some(broker) = broker().await else { return };
    let running = Running::start(
        Config {
            declare: false,
            ..broker.config()
        },
        quick(),
    );
    running
        .until(|state| matches!(state, LinkState::Down { refused: true, .. }))
        .await;
    let LinkState::Down { reason, .. } = running.link.state() else {
        panic!("{:?}", running.link.state())
    };
    assert!(
        reason.contains(&broker.names.jobs) && reason.contains("does not exist"),
        "{reason}"
    );
    assert!(!running.link.state().is_ready());

    let administrator = Running::start(broker.config(), quick()).up().await;
    administrator.stop().await;
    broker.send(&job("a-1")).await;
    assert_eq!(
        broker
            .take(&broker.names.results)
            .await
            .routing_key
            .as_str(),
        "result"
    );
    assert!(running.link.state().is_ready());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_that_goes_missing_makes_the_worker_unready_and_keeps_the_result() {
    let Some(broker) = broker().await else { return };
    let results = broker.names.results.as_str();
    let running = Running::start(broker.config(), quick()).up().await;
    running.stop().await;
    let running = Running::start(
        Config {
            declare: false,
            ..broker.config()
        },
        quick(),
    )
    .up()
    .await;
    broker
        .channel
        .exchange_delete(results.into(), ExchangeDeleteOptions::default())
        .await
        .unwrap();
    broker.send(&job("a-1")).await;
    running.until(|state| matches!(state, LinkState::Down { reason, refused: true } if reason.contains(results))).await;

    let durable = ExchangeDeclareOptions {
        durable: true,
        ..ExchangeDeclareOptions::default()
    };
    let topic = lapin::ExchangeKind::Topic;
    broker
        .channel
        .exchange_declare(results.into(), topic, durable, FieldTable::default())
        .await
        .unwrap();
    let bind = QueueBindOptions::default();
    broker
        .channel
        .queue_bind(
            results.into(),
            results.into(),
            "#".into(),
            bind,
            FieldTable::default(),
        )
        .await
        .unwrap();
    assert_eq!(broker.take(results).await.routing_key.as_str(), "result");
    assert_eq!(running.runner.runs(), ["a-1"], "the result was kept");
    running.stop().await;
    broker
        .channel
        .queue_purge(results.into(), QueuePurgeOptions::default())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_not_there_is_said_in_words_and_is_no_refusal() {
    // A port that was free a moment ago, and that nobody listens on.
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let (_source, sink, link) = amqp::open(Config {
        confirm_timeout: Duration::from_millis(50),
        ..Config::new(format!("amqp://guest:guest@127.0.0.1:{port}/%2f"))
    })
    .unwrap();
    let LinkState::Down { reason, refused } = link.first_news().await else {
        panic!("{:?}", link.state())
    };
    assert!(
        reason.contains(&format!("127.0.0.1:{port}")) && !refused,
        "{reason}"
    );
    let answer = Answer {
        kind: presslate::queue::AnswerKind::Result,
        job_id: None,
        message_id: String::new(),
        payload: Vec::new(),
        trace_parent: None,
    };
    assert!(sink.publish(&answer).await.is_err());
    link.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn declaring_twice_changes_nothing() {
    let Some(broker) = broker().await else { return };
    for _ in 0..2 {
        let running = Running::start(broker.config(), quick()).up().await;
        assert_eq!(running.link.sessions(), 1);
        running.stop().await;
    }
}
