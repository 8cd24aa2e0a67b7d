//! The admin port of a worker, from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::Path;

use presslate::telemetry::metrics::reference;
use serde_json::{Value, json};
use tokio::time::{Duration, sleep};

use super::run::with_tiny_model;
use super::stderr;
use crate::common::broker::broker;
use crate::common::worker::{JOB, MODEL, Worker};

async fn get(url: &str) -> (u16, String) {
    let answer = reqwest::get(url).await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.text().await.unwrap())
}

async fn until_ready(admin: &str) {
    while get(&format!("{admin}/ready")).await.0 != 200 {
        sleep(Duration::from_millis(50)).await;
    }
}

/// What a worker has counted and measured: type and labels of each metric.
fn emitted(text: &str) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let mut metrics = BTreeMap::new();
    let mut family = (String::new(), String::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            family = (name.to_owned(), kind.to_owned());
        } else if !line.starts_with('#') {
            let (name, labels) = line.split_once('{').unwrap_or((line, "}"));
            let (labels, _) = labels.rsplit_once('}').unwrap();
            let name = name.split(' ').next().unwrap();
            let full = match family.1.as_str() {
                "histogram" => family.0.clone(),
                _ => name.to_owned(),
            };
            let of: &mut (String, BTreeSet<String>) = metrics
                .entry(full)
                .or_insert_with(|| (family.1.clone(), BTreeSet::new()));
            let names = labels.split(',').filter_map(|label| label.split_once('='));
            of.1.extend(
                names
                    .map(|(name, _)| name.to_owned())
                    .filter(|name| name != "le"),
            );
        }
    }
    metrics
}

/// The same of the reference.
fn described() -> BTreeMap<String, (String, BTreeSet<String>)> {
    reference()
        .lines()
        .skip(2)
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let [name, kind, labels, _help] = cells.as_slice() else {
                panic!("{row}");
            };
            let labels = labels.split(", ").map(|label| label.trim_matches('`'));
            let labels = labels.filter(|label| *label != "–").map(str::to_owned);
            (
                name.trim_matches('`').to_owned(),
                ((*kind).to_owned(), labels.collect()),
            )
        })
        .collect()
}

#[test]
fn the_reference_of_metrics_is_what_the_program_says_of_itself() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/METRICS.md");
    let text = std::fs::read_to_string(path).unwrap();
    let table: String = text
        .lines()
        .filter(|line| line.starts_with('|'))
        .flat_map(|line| [line, "\n"])
        .collect();
    assert!(
        table == reference(),
        "the table of deploy/METRICS.md should be:\n{}",
        reference()
    );
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_shows_what_it_does_and_what_it_did() {
    let Some(broker) = broker().await else { return };
    let desk = with_tiny_model(None);
    let mut worker = Worker::start(&desk, &broker, "--admin 127.0.0.1:0");
    let admin = worker.admin();
    assert_eq!(get(&format!("{admin}/live")).await.0, 200);
    until_ready(&admin).await;
    let (_, version) = get(&format!("{admin}/version")).await;
    let version: Value = serde_json::from_str(&version).unwrap();
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    let models = version["models"].as_array().unwrap();
    assert!(
        models[0].as_str().unwrap().starts_with("tiny "),
        "{version}"
    );

    broker.send(JOB.as_bytes()).await;
    broker.send(b"{\"id\":\"a-2\"}").await;
    for _ in 0..2 {
        broker.take(&broker.names.results).await;
    }
    // An answer is out before its delivery is settled, and that before it is counted.
    let settled = |text: &str| {
        text.contains("presslate_jobs_total{outcome=\"done\",reason=\"none\"} 1")
            && text.contains("presslate_jobs_total{outcome=\"failed\",reason=\"invalid_field\"} 1")
    };
    let metrics = loop {
        let (status, text) = get(&format!("{admin}/metrics")).await;
        assert_eq!(status, 200);
        if settled(&text) {
            break text;
        }
        sleep(Duration::from_millis(50)).await;
    };
    for line in [
        "presslate_ready 1.0",
        "presslate_broker_state{state=\"up\"} 1.0",
        "presslate_broker_sessions_total 1",
        "presslate_jobs_in_work 0.0",
        "presslate_model_loads_total{model=\"tiny\",outcome=\"loaded\"} 1",
        "presslate_stage_duration_seconds_count{stage=\"translate\",target=\"ru\"} 1",
    ] {
        assert!(metrics.contains(line), "{line} is missing from\n{metrics}");
    }
    let (emitted, described) = (emitted(&metrics), described());
    for (name, what) in &emitted {
        assert_eq!(Some(what), described.get(name), "{name}");
    }
    // What a worker has only after things that did not happen here.
    let rare = ["presslate_queue_wait_seconds"];
    let missing: Vec<&String> = described
        .keys()
        .filter(|name| !emitted.contains_key(*name) && !rare.contains(&name.as_str()))
        .collect();
    assert!(missing.is_empty(), "described and not there: {missing:?}");

    let (_, jobs) = get(&format!("{admin}/jobs")).await;
    assert_eq!(
        serde_json::from_str::<Value>(&jobs).unwrap(),
        json!({"jobs": []})
    );
    let (output, log) = worker.stop();
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert!(!log.contains("Leeds"), "article text in the log:\n{log}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_without_a_broker_is_alive_and_not_ready() {
    let desk = with_tiny_model(None);
    // A port that nobody listens to.
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut worker = Worker::at(&desk, &format!("amqp://{free}"), "--admin 127.0.0.1:0");
    let admin = worker.admin();
    worker.log_until("connecting again");
    let (status, text) = get(&format!("{admin}/ready")).await;
    assert_eq!(status, 503);
    let port = free.port().to_string();
    assert!(text.contains(&port), "{text}");
    assert_eq!(get(&format!("{admin}/live")).await.0, 200);
    let (output, log) = worker.stop();
    assert_eq!(output.status.code(), Some(0), "{log}");
}

#[test]
fn a_port_that_is_taken_is_said_before_anything_is_loaded() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let desk = with_tiny_model(None);
    let output = desk
        .presslate(&format!("work {MODEL} --admin {address}"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    let text = stderr(&output);
    assert!(
        text.contains(&address.to_string()) && text.contains("PRESSLATE_ADMIN"),
        "{text}"
    );
}
