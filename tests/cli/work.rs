//! `presslate work` against a real broker, on a tiny model that the test makes.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};

use serde_json::Value;

use super::run::with_tiny_model;
use super::{stderr, stdout};
use crate::common::broker::broker;

const JOB: &str = r#"{"id":"a-1","article":{"text":"Two streets in Leeds were closed on Monday after rain."},
    "targets":["ru"],"tasks":["translate"],"metadata":{"desk":"home"}}"#;
const MODEL: &str = "--model tiny --catalog-dir catalog --model-dir weights --device cpu";

/// A result without what may differ from one run to the next.
fn timeless(json: &[u8]) -> Value {
    let mut result: Value = serde_json::from_slice(json).unwrap();
    result["timings"].take();
    result
}

/// Reads the worker's log up to a line with `text`.
fn log_until(log: &mut impl BufRead, text: &str) {
    let mut read = String::new();
    while !read.contains(text) {
        assert!(
            log.read_line(&mut read).unwrap() > 0,
            "it ended before {text:?}:\n{read}"
        );
    }
}

fn terminate(child: &Child) {
    let kill = std::process::Command::new("kill")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    assert!(kill.success());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_on_the_queue_gives_the_result_that_run_prints() {
    let Some(broker) = broker().await else { return };
    let desk = with_tiny_model(None);
    let prefix = broker.names.jobs.strip_suffix(".jobs").unwrap().to_owned();
    let mut command = desk.presslate(&format!("work {MODEL} --queue-prefix {prefix}"));
    command
        .env("PRESSLATE_AMQP_URL", broker.uri().to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut worker = command.spawn().unwrap();
    let mut log = BufReader::new(worker.stderr.take().unwrap());
    log_until(&mut log, "connected to the broker");

    broker.send(JOB.as_bytes()).await;
    let answer = broker.take(&broker.names.results).await;
    terminate(&worker);
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    let output = worker.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), stdout(&output)),
        (Some(0), String::new()),
        "{rest}"
    );
    // What is logged of a job is its id, and no word of the article.
    assert!(rest.contains("a-1") && !rest.contains("Leeds"), "{rest}");

    desk.write("job.json", JOB);
    let run = desk
        .presslate(&format!("run job.json {MODEL} --format json"))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", stderr(&run));
    assert_eq!(timeless(&answer.data), timeless(&run.stdout));
}
