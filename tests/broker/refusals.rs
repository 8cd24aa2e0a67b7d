//! What a broker refuses, and how the worker says so.

use super::*;

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
        reason.contains(&broker.names.jobs)
            && reason.contains("other settings")
            && reason.contains("--no-declare"),
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
        reason.contains(&broker.names.dead) && reason.contains("does not exist"),
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
        reply_to: None,
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
