//! What breaks between worker and broker.

use super::*;

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
            .all(|error| matches!(error, QueueError::Unroutable { .. })),
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
