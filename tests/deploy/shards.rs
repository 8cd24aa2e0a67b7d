//! Shards: what `shard.py` declares in front of them, and where producers' messages go.

use std::collections::BTreeMap;
use std::process::{Command, Output};
use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::{BasicConsumeOptions, BasicGetOptions, BasicQosOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ConnectionProperties};
use serde_json::Value;

use super::{deploy, python};
use crate::cli::{Desk, stderr, stdout};
use crate::common::node::{Node, Setup};

/// What producers know.
const FRONT: &str = "news";
const SHARDS: [&str; 2] = ["news-0", "news-1"];

fn succeed(mut command: Command) -> String {
    let output: Output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", stderr(&output));
    stdout(&output)
}

/// The ids of the jobs in a queue, and how many there are of each.
async fn taken(channel: &Channel, queue: &str) -> BTreeMap<String, usize> {
    let mut ids = BTreeMap::new();
    let options = BasicGetOptions { no_ack: true };
    while let Some(message) = channel.basic_get(queue.into(), options).await.unwrap() {
        let job: Value = serde_json::from_slice(&message.delivery.data).unwrap();
        *ids.entry(job["id"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    ids
}

/// The first message of a stream.
async fn first(channel: &Channel, stream: &str) -> Vec<u8> {
    channel
        .basic_qos(1, BasicQosOptions::default())
        .await
        .unwrap();
    let mut arguments = FieldTable::default();
    arguments.insert(
        "x-stream-offset".into(),
        AMQPValue::LongString("first".into()),
    );
    let options = BasicConsumeOptions::default();
    let consumer = channel.basic_consume(stream.into(), "".into(), options, arguments);
    let mut consumer = consumer.await.unwrap();
    let next = tokio::time::timeout(Duration::from_secs(30), consumer.next()).await;
    next.unwrap().unwrap().unwrap().data
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revisions_of_an_article_go_to_one_shard_and_orders_to_all() {
    let Some(python) = python() else { return };
    let Some(node) = Node::start(Setup::default()) else {
        return;
    };
    let mut enable = node.command("rabbitmq-plugins");
    enable.args(["enable", "rabbitmq_consistent_hash_exchange"]);
    succeed(enable);
    let desk = Desk::new();
    for shard in SHARDS {
        let mut apply = desk.presslate(&format!("topology apply --queue-prefix {shard}"));
        apply.env("PRESSLATE_AMQP_URL", node.url());
        succeed(apply);
    }
    let example = |name: &str, arguments: &[&str]| {
        let mut command = Command::new(&python);
        command
            .arg(deploy("examples").join(name))
            .args(arguments)
            .current_dir(desk.path("."))
            .env("PRESSLATE_AMQP_URL", node.url())
            .env("PRESSLATE_QUEUE_PREFIX", FRONT);
        succeed(command)
    };
    let said = example("shard.py", &["2", "1000"]);
    let shares: Vec<usize> = said
        .lines()
        .filter_map(|line| line.split_once(' ')?.1.parse().ok())
        .collect();
    assert_eq!(shares.iter().sum::<usize>(), 1000, "{said}");
    assert!(
        shares.len() == 2 && shares.iter().all(|share| *share > 400),
        "{said}"
    );
    // Run again it changes nothing.
    assert_eq!(example("shard.py", &["2", "1000"]), said);

    let ids = ["a-1", "a-2", "a-3", "a-4", "a-5", "a-6"];
    for revision in 0..2 {
        for id in ids {
            let job = format!(
                r#"{{"id":"{id}","revision":{revision},"article":{{"text":"Rain."}},"targets":["ko"]}}"#
            );
            desk.write("job.json", job);
            example("producer.py", &["job.json"]);
        }
    }
    example("producer.py", &["job.json", "urgent"]);
    example("cancel.py", &["a-1"]);

    let connection = Connection::connect(&node.url(), ConnectionProperties::default())
        .await
        .unwrap();
    let channel = connection.create_channel().await.unwrap();
    let mut found = BTreeMap::new();
    let mut urgent = BTreeMap::new();
    for shard in SHARDS {
        for (id, count) in taken(&channel, &format!("{shard}.jobs")).await {
            assert_eq!(found.insert(id.clone(), shard), None, "{id} is in both");
            assert_eq!(count, 2, "{id}");
        }
        for id in taken(&channel, &format!("{shard}.jobs.urgent"))
            .await
            .into_keys()
        {
            urgent.insert(id, shard);
        }
        let orders = connection.create_channel().await.unwrap();
        let order = first(&orders, &format!("{shard}.control")).await;
        let order: Value = serde_json::from_slice(&order).unwrap();
        assert_eq!(order["id"], "a-1");
    }
    assert_eq!(found.keys().collect::<Vec<_>>(), ids);
    assert_eq!(urgent.get("a-6"), found.get("a-6"));
    // The channels of orders are closing already, each by itself, and a connection will not close beside
    // them: it ends with the broker, which is this test's own.
    drop(connection);
}
