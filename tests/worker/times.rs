//! Embargo, expiry and the deadline.

use jiff::{SignedDuration, Timestamp};

use super::*;

fn timed(id: &str, field: &str, from_now: SignedDuration) -> String {
    let time = Timestamp::now() + from_now;
    format!(r#"{{"id":"{id}","{field}":"{time}","article":{{"text":"Rain."}},"targets":["ko"]}}"#)
}

#[tokio::test(start_paused = true)]
async fn a_job_under_embargo_waits_and_is_not_answered_before() {
    let queue = MemoryQueue::new();
    queue.push(timed(
        "a-1",
        "embargoed_until",
        SignedDuration::from_hours(1),
    ));
    queue.push(job("a-2"));
    let (bench, _) = run(queue, Settings::default()).await;
    assert_eq!(ends(&bench.queue, 0), ["wait"]);
    assert_eq!(bench.queue.later(), [0]);
    assert_eq!(bench.runner.runs(), ["a-2"]);
    assert_eq!(bench.queue.answers().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_embargo_has_passed_runs() {
    let queue = MemoryQueue::new();
    queue.push(timed(
        "a-1",
        "embargoed_until",
        SignedDuration::from_millis(-5),
    ));
    // Too near for another round through the broker.
    queue.push(timed(
        "a-2",
        "embargoed_until",
        SignedDuration::from_millis(900),
    ));
    let (bench, _) = run(queue, Settings::default()).await;
    assert_eq!(bench.runner.runs(), ["a-1", "a-2"]);
    assert_eq!(ends(&bench.queue, 1), ["ack"]);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_has_expired_is_answered_and_not_run() {
    let queue = MemoryQueue::new();
    queue.push(timed("a-1", "expires", SignedDuration::from_secs(-1)));
    let (bench, _) = run(queue, Settings::default()).await;
    assert!(bench.runner.runs().is_empty());
    assert_eq!(error_of(&bench.queue.answers()[0]).code, ErrorCode::Expired);
    assert_eq!(ends(&bench.queue, 0), ["ack"], "it is no dead letter");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_expires_while_it_runs_is_cut_short() {
    let queue = MemoryQueue::new();
    queue.push(timed("slow-1", "expires", SignedDuration::from_secs(20)));
    let started = tokio::time::Instant::now();
    let (bench, _) = run(queue, Settings::default()).await;
    assert!(started.elapsed() < SLOW / 2, "{:?}", started.elapsed());
    assert_eq!(error_of(&bench.queue.answers()[0]).code, ErrorCode::Expired);
}

#[tokio::test(start_paused = true)]
async fn a_job_over_the_deadline_is_answered_and_buried_and_its_neighbour_is_not() {
    let queue = MemoryQueue::new();
    queue.push(job("slow-1"));
    queue.push(job("a-2"));
    let settings = Settings {
        deadline: SLOW / 4,
        ..Settings::default()
    };
    let started = tokio::time::Instant::now();
    let (bench, drained) = run(queue, settings).await;
    assert_eq!(started.elapsed(), SLOW / 4);
    let error = error_of(&bench.queue.answers()[0]);
    assert_eq!(error.code, ErrorCode::Deadline);
    assert!(error.message.contains("15 s"), "{}", error.message);
    assert_eq!(ends(&bench.queue, 0), ["reject"]);
    assert_eq!(ends(&bench.queue, 1), ["ack"]);
    assert_eq!(drained.finished, 2);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_hangs_is_answered_and_the_worker_ends_to_be_started_again() {
    let queue = MemoryQueue::new();
    queue.push_suspect(job("stuck-1"), 2);
    queue.push(job("a-2"));
    let settings = Settings {
        deadline: Duration::from_secs(30),
        abandon_after: Duration::from_secs(3),
        ..Settings::default()
    };
    let bench = start(queue, settings);
    let ended = bench.worker.await.unwrap();
    let Err(WorkError::Engine(reason)) = ended else {
        panic!("{ended:?}")
    };
    assert!(reason.contains("stuck-1"), "{reason}");
    assert_eq!(
        error_of(&bench.queue.answers()[0]).code,
        ErrorCode::Deadline
    );
    assert_eq!(ends(&bench.queue, 0), ["reject"]);
    assert_eq!(bench.queue.dead(), [0]);
    assert!(!bench.queue.dead().contains(&1));
}
