//! Urgent jobs, suspects, and what waits for its time.

use lapin::BasicProperties;
use lapin::options::{BasicConsumeOptions, BasicQosOptions};

use super::*;
use crate::common::broker::Broker;

fn ids(answer: &lapin::message::Delivery) -> String {
    let id = answer.properties.correlation_id().clone().unwrap();
    id.as_str().to_owned()
}

/// Has a worker declare the queues, and leave.
async fn declare(broker: &Broker) {
    let running = Running::start(broker.config(), quick()).up().await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn urgent_jobs_go_before_those_that_came_first() {
    let Some(broker) = broker().await else { return };
    declare(&broker).await;
    for number in 0..3 {
        broker.send(&job(&format!("a-{number}"))).await;
    }
    broker
        .publish(
            &broker.names.jobs,
            "urgent",
            &job("flash"),
            BasicProperties::default(),
        )
        .await;
    let running = Running::start(broker.config(), quick()).up().await;
    let mut order = Vec::new();
    for _ in 0..4 {
        order.push(ids(&broker.take(&broker.names.results).await));
    }
    let flash = order.iter().position(|id| id == "flash").unwrap();
    assert!(
        flash <= 1,
        "at most the job that was sent ahead goes before it: {order:?}"
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_four_jobs_three_are_urgent_where_both_wait() {
    let Some(broker) = broker().await else { return };
    declare(&broker).await;
    for number in 0..12 {
        let urgent = job(&format!("urgent-{number}"));
        let properties = BasicProperties::default();
        broker
            .publish(&broker.names.jobs, "urgent", &urgent, properties)
            .await;
        broker.send(&job(&format!("normal-{number}"))).await;
    }
    // A lane has given out all it may until its last delivery is settled, and the broker may take
    // long under the load of other tests.
    let config = Config {
        turn_wait: PATIENCE,
        ..broker.config()
    };
    let running = Running::start(config, quick()).up().await;
    running.until_started(13).await;
    let runs = running.runner.runs();
    let order: String = runs.iter().filter_map(|id| id.chars().next()).collect();
    // Which lane's first delivery is there first is a matter of chance.
    let order = order.strip_prefix('n').unwrap_or(&order);
    assert!(order.starts_with("uuunuuunuuun"), "{runs:?}");
    running.stop().await;
}

/// Takes jobs as a worker does, and dies with them in hand.
async fn take_and_die(broker: &Broker, jobs: usize) {
    let properties = lapin::ConnectionProperties::default();
    let connection = lapin::Connection::connect(&broker.uri().to_string(), properties)
        .await
        .unwrap();
    let channel = connection.create_channel().await.unwrap();
    let prefetch = u16::try_from(jobs).unwrap();
    channel
        .basic_qos(prefetch, BasicQosOptions::default())
        .await
        .unwrap();
    let mut consumer = channel
        .basic_consume(
            broker.names.jobs.as_str().into(),
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        )
        .await
        .unwrap();
    for _ in 0..jobs {
        futures_util::StreamExt::next(&mut consumer)
            .await
            .unwrap()
            .unwrap();
    }
    connection.close(200, "dies".into()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_worker_had_in_hand_runs_alone_and_is_answered() {
    let Some(broker) = broker().await else { return };
    declare(&broker).await;
    for number in 0..3 {
        broker.send(&job(&format!("a-{number}"))).await;
    }
    take_and_die(&broker, 3).await;
    broker.until_waiting(&broker.names.jobs, 3).await;

    let running = Running::start(broker.config(), quick()).up().await;
    let mut answered = Vec::new();
    for _ in 0..3 {
        let answer = broker.take(&broker.names.results).await;
        assert_eq!(answer.routing_key.as_str(), "result");
        answered.push(ids(&answer));
    }
    answered.sort();
    assert_eq!(answered, ["a-0", "a-1", "a-2"]);
    assert_eq!(running.runner.runs().len(), 3, "each is run once");
    let drained = running.stop().await;
    assert_eq!(
        drained.finished, 6,
        "each delivery is settled twice: moved to the suspects, and answered"
    );
    assert_eq!(broker.waiting(&broker.names.suspects).await, 0);
    assert_eq!(broker.waiting(&broker.names.dead).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_under_embargo_waits_on_the_broker_and_comes_out_after_it() {
    let Some(broker) = broker().await else { return };
    let running = Running::start(broker.config(), quick()).up().await;
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(4);
    let embargoed = format!(
        r#"{{"id":"a-1","embargoed_until":"{until}","article":{{"text":"Rain."}},"targets":["ko"]}}"#
    );
    broker.send(embargoed.as_bytes()).await;
    broker.send(&job("a-2")).await;
    assert_eq!(ids(&broker.take(&broker.names.results).await), "a-2");
    assert_eq!(ids(&broker.take(&broker.names.results).await), "a-1");
    assert!(jiff::Timestamp::now() >= until);
    assert_eq!(running.runner.runs(), ["a-2", "a-1"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_fails_waits_in_a_queue_and_leaves_its_slot_to_others() {
    let Some(broker) = broker().await else { return };
    let settings = Settings {
        max_attempts: 2,
        min_retry_pause: Duration::from_secs(2),
        ..quick()
    };
    let running = Running::start(broker.config(), settings).up().await;
    broker.send(&job("fail-1")).await;
    broker.send(&job("a-2")).await;
    let first = broker.take(&broker.names.results).await;
    assert_eq!(ids(&first), "a-2", "one slot is enough for both");
    let error = error_of(&broker.take(&broker.names.results).await.data);
    assert_eq!((error.code, error.attempt), (ErrorCode::ModelFailed, 2));
    let dead = broker.take(&broker.names.dead).await;
    assert_eq!(
        header(&dead, "x-presslate-error-code").as_deref(),
        Some("model_failed")
    );
    running.stop().await;
}
