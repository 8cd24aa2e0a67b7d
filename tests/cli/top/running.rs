//! `presslate top` beside a worker and a broker that are what they seem.

use std::time::{Duration, Instant};

use lapin::BasicProperties;
use lapin::options::QueueBindOptions;
use lapin::types::FieldTable;
use serde_json::{Value, json};

use super::{Terminal, as_json};
use crate::cli::Desk;
use crate::cli::run::with_tiny_model;
use crate::common::broker::{Broker, PATIENCE};
use crate::common::node::{Node, Setup};
use crate::common::worker::{JOB, Worker};

/// Looks until it sees what is looked for.
#[expect(
    clippy::disallowed_methods,
    reason = "what runs beside has threads of its own"
)]
fn look(flags: &str, what: &str, seen: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        let picture = as_json(flags);
        if seen(&picture) {
            return picture;
        }
        assert!(started.elapsed() < PATIENCE, "no {what}: {picture:#}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn queue<'a>(picture: &'a Value, name: &str) -> &'a Value {
    let queues = picture["broker"]["queues"].as_array().unwrap();
    queues.iter().find(|queue| queue["queue"] == name).unwrap()
}

fn outcome(picture: &Value, outcome: &str, reason: &Value) -> Option<u64> {
    let outcomes = picture["since_start"]["outcomes"].as_array()?;
    let found = outcomes
        .iter()
        .find(|one| one["outcome"] == outcome && one["reason"] == *reason)?;
    found["count"].as_u64()
}

/// Binds the queue of results to its exchange, or takes it away.
async fn takes_results(broker: &Broker, bound: bool) {
    let (queue, exchange) = (&*broker.names.results, &*broker.names.results);
    let (channel, none) = (&broker.channel, FieldTable::default());
    let done = if bound {
        let options = QueueBindOptions::default();
        channel
            .queue_bind(
                queue.into(),
                exchange.into(),
                "result".into(),
                options,
                none,
            )
            .await
    } else {
        channel
            .queue_unbind(queue.into(), exchange.into(), "result".into(), none)
            .await
    };
    done.unwrap();
}

fn shows_what_is_held(terminal: &Terminal) {
    terminal.tmux(&["resize-window", "-x", "120", "-y", "40"]);
    let screen = terminal.shows("failed invalid_field");
    for what in [
        "workers 0/1 ready",
        "1 dead letter",
        "no queue is",
        "a-3",
        "translate:ru",
        "publish unroutable",
        "≤",
    ] {
        assert!(screen.contains(what), "{what} is missing:\n{screen}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_at_work_is_shown_with_its_jobs_and_what_became_of_them_and_why_it_is_not_ready() {
    let Some(node) = Node::start(Setup {
        management: true,
        ..Setup::default()
    }) else {
        return;
    };
    let desk = with_tiny_model(None);
    let broker = Broker::at(&node.url()).await.unwrap();
    let names = broker.names.clone();
    let mut worker = Worker::start(&desk, &broker, "--admin 127.0.0.1:0");
    let prefix = names.jobs.strip_suffix(".jobs").unwrap();
    let flags = format!(
        "--worker {} --management {} --queue-prefix {prefix}",
        worker.admin(),
        node.management_url()
    );
    worker.log_until("connected to the broker");

    // One job that is done, and one that cannot be.
    broker.send(JOB.as_bytes()).await;
    broker.send(b"{\"id\":\"a-2\"}").await;
    let ended = look(&flags, "end of both", |picture| {
        outcome(picture, "done", &Value::Null) == Some(1)
            && outcome(picture, "failed", &json!("invalid_field")) == Some(1)
    });
    let one = &ended["workers"][0];
    assert_eq!(
        (&one["state"], &one["reasons"], &one["broker"]),
        (&json!("ready"), &json!([]), &json!("up"))
    );
    let steps = ended["since_start"]["steps"].as_array().unwrap();
    let done = steps
        .iter()
        .find(|step| step["step"] == "job done")
        .unwrap();
    let (mean, p95) = (done["mean_seconds"].as_f64().unwrap(), &done["p95"]);
    let within = p95["over_seconds"].as_f64().unwrap()..=p95["at_most_seconds"].as_f64().unwrap();
    assert!(
        within.contains(&mean),
        "of one job, all are the same: {done}"
    );

    // While nothing takes results, the next job stays in hand, and the worker is not ready.
    takes_results(&broker, false).await;
    let job = JOB.replace("a-1", "a-3");
    broker
        .publish(
            &names.jobs,
            "urgent",
            job.as_bytes(),
            BasicProperties::default(),
        )
        .await;
    let held = look(&flags, "job in hand", |picture| {
        picture["workers"][0]["state"] == "not_ready"
            && queue(picture, &names.urgent)["unacked"] == 1
            && queue(picture, &names.dead)["ready"] == 1
    });
    let why = held["workers"][0]["reasons"][0].as_str().unwrap();
    assert!(why.contains("no queue is bound"), "{why}");
    let job = &held["jobs"][0];
    assert_eq!(
        (&job["job"], &job["lane"], &job["stage"]),
        (&json!("a-3"), &json!("urgent"), &json!("translate:ru"))
    );
    assert_eq!(job["segments_done"], job["segments_total"]);
    assert_eq!(held["workers"][0]["jobs_in_work"], 1);
    let unroutable = &held["since_start"]["publish_failures"]["unroutable"];
    assert!(unroutable.as_u64() > Some(0), "{held:#}");
    let alerts = held["alerts"].to_string();
    assert!(
        alerts.contains("is not ready: no queue is bound") && alerts.contains("1 dead letter"),
        "{alerts}"
    );

    let command = Desk::new().presslate(&format!("top --interval 1 {flags}"));
    let terminal = Terminal::open(&command, "LC_ALL=C.UTF-8");
    if let Some(terminal) = &terminal {
        shows_what_is_held(terminal);
    }
    takes_results(&broker, true).await;
    if let Some(terminal) = &terminal {
        terminal.shows("workers 1/1 ready");
        terminal.shows("no job in work");
        terminal.press("q");
        terminal.shows("left with 0");
    }
    look(&flags, "end of the job", |picture| {
        outcome(picture, "done", &Value::Null) == Some(2)
            && picture["workers"][0]["state"] == "ready"
            && picture["jobs"] == json!([])
    });
    let (output, log) = worker.stop();
    assert_eq!(output.status.code(), Some(0), "{log}");
    // The answers that came back have the article in them.
    assert!(log.contains("no queue is bound"), "{log}");
    assert!(!log.contains("BasicReturnMessage"), "{log}");
}
