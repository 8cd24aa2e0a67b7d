//! `presslate work` against a real broker, on a tiny model that the test makes.

use serde_json::Value;

use super::run::with_tiny_model;
use super::{stderr, stdout};
use crate::common::broker::broker;
use crate::common::worker::{JOB, MODEL, Worker};

/// A result without what may differ from one run to the next.
fn timeless(json: &[u8]) -> Value {
    let mut result: Value = serde_json::from_slice(json).unwrap();
    result["timings"].take();
    result
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_on_the_queue_gives_the_result_that_run_prints() {
    let Some(broker) = broker().await else { return };
    let desk = with_tiny_model(None);
    let mut worker = Worker::start(&desk, &broker, "");
    worker.log_until("connected to the broker");

    broker.send(JOB.as_bytes()).await;
    let answer = broker.take(&broker.names.results).await;
    let (output, log) = worker.stop();
    assert_eq!(
        (output.status.code(), stdout(&output)),
        (Some(0), String::new()),
        "{log}"
    );
    // What is logged of a job is its id, and no word of the article.
    assert!(log.contains("a-1") && !log.contains("Leeds"), "{log}");

    desk.write("job.json", JOB);
    let run = desk
        .presslate(&format!("run job.json {MODEL} --format json"))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", stderr(&run));
    assert_eq!(timeless(&answer.data), timeless(&run.stdout));
}
