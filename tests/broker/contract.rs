//! What a message says beside the article, and what answers say beside the result.

use std::io::Write;

use lapin::BasicProperties;
use serde_json::Value;

use super::*;

fn long(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_a_cloud_event_in_its_headers() {
    let Some(broker) = broker().await else { return };
    let running = Running::start(broker.config(), quick()).up().await;
    broker.send(&job("a-1")).await;
    let answer = broker.take(&broker.names.results).await;
    let attribute = |name: &str| header(&answer, &format!("cloudEvents:{name}"));
    assert_eq!(attribute("specversion").as_deref(), Some("1.0"));
    assert_eq!(attribute("type").as_deref(), Some("presslate.result.v1"));
    assert_eq!(attribute("subject").as_deref(), Some("a-1"));
    assert_eq!(
        attribute("id").as_deref(),
        answer
            .properties
            .message_id()
            .as_ref()
            .map(ShortString::as_str)
    );
    let time: jiff::Timestamp = attribute("time").unwrap().parse().unwrap();
    assert!(time.duration_until(jiff::Timestamp::now()).as_secs() < 60);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_in_a_cloud_event_of_either_mode_is_done() {
    let Some(broker) = broker().await else { return };
    let running = Running::start(broker.config(), quick()).up().await;
    let data = r#"{"article":{"text":"Rain fell on Leeds."},"targets":["ko"]}"#;
    let mut headers = FieldTable::default();
    for (name, value) in [
        ("cloudEvents:specversion", "1.0"),
        ("cloudEvents:id", "e-1"),
        ("cloudEvents:source", "/desk"),
        ("cloudEvents:type", "desk.article"),
    ] {
        headers.insert(name.into(), long(value));
    }
    broker.send_with(data.as_bytes(), headers).await;
    let structured = format!(
        r#"{{"specversion":"1.0","id":"e-2","source":"/desk","type":"desk.article","data":{data}}}"#
    );
    let properties =
        BasicProperties::default().with_content_type("application/cloudevents+json".into());
    broker
        .publish("", &broker.names.jobs, structured.as_bytes(), properties)
        .await;
    for id in ["e-1", "e-2"] {
        let answer = broker.take(&broker.names.results).await;
        assert_eq!(answer.routing_key.as_str(), "result");
        let message: Value = serde_json::from_slice(&answer.data).unwrap();
        assert_eq!(message["id"], id);
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compressed_job_is_done_and_a_bomb_is_answered() {
    let Some(broker) = broker().await else { return };
    let running = Running::start(broker.config(), quick()).up().await;
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let bomb = gzip(&vec![b' '; 50_000_000]);
    assert!(bomb.len() < 100_000);
    for (payload, key) in [(gzip(&job("a-1")), "result"), (bomb, "error")] {
        let properties = BasicProperties::default().with_content_encoding("gzip".into());
        broker
            .publish("", &broker.names.jobs, &payload, properties)
            .await;
        let answer = broker.take(&broker.names.results).await;
        assert_eq!(answer.routing_key.as_str(), key);
        if key == "error" {
            assert_eq!(error_of(&answer.data).code, ErrorCode::TooLarge);
        }
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_and_progress_go_out_to_whoever_binds_a_queue_for_them() {
    let Some(broker) = broker().await else { return };
    let running = Running::start(broker.config(), quick()).up().await;
    let (results, heard) = (
        broker.names.results.as_str(),
        format!("{}.heard", broker.names.results),
    );
    broker.listen(&heard, Some((results, "#"))).await;
    broker.send(&job("parts-1")).await;
    let mut kinds = Vec::new();
    for _ in 0..3 {
        let answer = broker.take(&heard).await;
        let message: Value = serde_json::from_slice(&answer.data).unwrap();
        assert_eq!(message["id"], "parts-1");
        assert_eq!(message["kind"], answer.routing_key.as_str());
        if message["kind"] == "progress" {
            assert_eq!(
                (&message["stage"], &message["segments_total"]),
                (&"translate:ko".into(), &7.into())
            );
        }
        if message["kind"] == "partial" {
            assert_eq!(message["part"]["target"]["title"], "비");
        }
        kinds.push(answer.routing_key.as_str().to_owned());
    }
    // On a channel of their own: one may overtake another.
    kinds.sort();
    assert_eq!(kinds, ["partial", "progress", "result"]);
    assert_eq!(
        broker.take(results).await.routing_key.as_str(),
        "result",
        "the queue of results holds final answers only"
    );
    broker.until_waiting(results, 0).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_for_a_reply_gets_the_answer_besides() {
    let Some(broker) = broker().await else { return };
    let settings = Settings {
        replies: broker.names.replies.clone(),
        ..quick()
    };
    let running = Running::start(broker.config(), settings).up().await;
    let mine = format!("{}mine", broker.names.replies);
    broker.listen(&mine, None).await;
    let with_reply = |id: &str, to: &str| {
        format!(
            r#"{{"id":"{id}","article":{{"text":"Rain."}},"targets":["ko"],"reply_to":"{to}"}}"#
        )
    };
    broker.send(with_reply("a-1", &mine).as_bytes()).await;
    let (reply, answer) = (
        broker.take(&mine).await,
        broker.take(&broker.names.results).await,
    );
    assert_eq!(reply.data, answer.data);
    assert_eq!(
        reply.properties.message_id(),
        answer.properties.message_id()
    );

    // Somebody who has gone: nothing is lost but the reply.
    let gone = format!("{}gone", broker.names.replies);
    broker.send(with_reply("a-2", &gone).as_bytes()).await;
    assert_eq!(
        broker
            .take(&broker.names.results)
            .await
            .routing_key
            .as_str(),
        "result"
    );

    // A job cannot have messages put into any queue it likes.
    let jobs = broker.names.jobs.clone();
    broker.send(with_reply("a-3", &jobs).as_bytes()).await;
    let error = error_of(&broker.take(&broker.names.results).await.data);
    assert_eq!(
        (error.code, error.field.as_deref()),
        (ErrorCode::InvalidField, Some("reply_to"))
    );
    assert_eq!(running.link.sessions(), 1);
    running.stop().await;
    broker.until_waiting(&broker.names.jobs, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_on_the_control_exchange_cancels_a_running_job() {
    let Some(broker) = broker().await else { return };
    let running = Running::start(broker.config(), quick()).up().await;
    broker.send(&job("slow-1")).await;
    running.until_started(1).await;
    let order = br#"{"kind":"cancel","id":"slow-1"}"#;
    broker
        .publish(
            &broker.names.control,
            "control",
            order,
            BasicProperties::default(),
        )
        .await;
    let error = error_of(&broker.take(&broker.names.results).await.data);
    assert_eq!(
        (error.code, error.id.as_deref()),
        (ErrorCode::Cancelled, Some("slow-1"))
    );
    running.stop().await;
    assert_eq!(broker.waiting(&broker.names.dead).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_heard_by_a_worker_that_starts_after_it() {
    let Some(broker) = broker().await else { return };
    let running = Running::start(broker.config(), quick()).up().await;
    running.stop().await;
    let order = br#"{"kind":"cancel","id":"slow-1"}"#;
    let properties = BasicProperties::default();
    broker
        .publish(&broker.names.control, "control", order, properties)
        .await;
    let running = Running::start(broker.config(), quick()).up().await;
    // It is read beside the jobs, and reaches this one before or while it runs.
    broker.send(&job("slow-1")).await;
    let error = error_of(&broker.take(&broker.names.results).await.data);
    assert_eq!(error.code, ErrorCode::Cancelled);
    running.stop().await;
}
