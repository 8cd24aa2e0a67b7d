//! Jobs on their way through a healthy broker.

use super::*;

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
        header(&dead, "x-presslate-error-code").as_deref(),
        Some("invalid_field")
    );
    let why = header(&dead, "x-presslate-error-message").unwrap();
    assert!(why.contains("targets[0]"), "{why}");
    running.stop().await;
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
    let runs = running.runner.runs();
    let runs = runs.iter().filter(|id| *id == "panic-1").count();
    // From 4.3 on the queue counts failures and deaths alike, and the first may have been either.
    assert!((5..=6).contains(&runs), "{runs}");
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
