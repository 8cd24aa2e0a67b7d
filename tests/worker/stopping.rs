//! How a worker ends.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_worker_told_to_stop_finishes_the_job_in_hand_and_takes_no_other() {
    let queue = MemoryQueue::new();
    queue.push(job("slow-1"));
    queue.push(job("a-2"));
    let bench = start(
        queue,
        Settings {
            grace: SLOW * 2,
            ..Settings::default()
        },
    );
    bench.queue.until(|events| !events.is_empty()).await;
    bench.stop.cancel();
    let drained = bench.worker.await.unwrap().unwrap();
    assert_eq!(
        drained,
        Drained {
            finished: 1,
            abandoned: 0
        }
    );
    assert_eq!(ends(&bench.queue, 0), ["ack"]);
    assert_eq!(bench.queue.waiting(), [1]);
    let events = bench.queue.events();
    let closed = position(&events, |event| *event == Event::Closed);
    let published = position(&events, |event| matches!(event, Event::Published(_)));
    assert!(
        closed < published,
        "the broker is told at once, so that it gives jobs to others: {events:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_job_that_outlives_the_grace_is_handed_back_without_an_error_answer() {
    let queue = MemoryQueue::new();
    queue.push(job("slow-1"));
    let bench = start(
        queue,
        Settings {
            grace: SLOW / 2,
            ..Settings::default()
        },
    );
    bench.queue.until(|events| !events.is_empty()).await;
    let stopped = tokio::time::Instant::now();
    bench.stop.cancel();
    let drained = bench.worker.await.unwrap().unwrap();
    assert_eq!(stopped.elapsed(), SLOW / 2);
    assert_eq!(
        drained,
        Drained {
            finished: 0,
            abandoned: 1
        }
    );
    assert_eq!(ends(&bench.queue, 0), ["return"]);
    assert!(bench.queue.answers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn cancelling_ends_the_grace_at_once() {
    let queue = MemoryQueue::new();
    queue.push(job("slow-1"));
    let bench = start(queue, Settings::default());
    bench.queue.until(|events| !events.is_empty()).await;
    let cancelled = tokio::time::Instant::now();
    bench.cancel.cancel();
    let drained = bench.worker.await.unwrap().unwrap();
    assert_eq!(cancelled.elapsed(), Duration::ZERO);
    assert_eq!(
        drained,
        Drained {
            finished: 0,
            abandoned: 1
        }
    );
    assert_eq!(ends(&bench.queue, 0), ["return"]);
    assert!(bench.queue.answers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_job_that_does_not_let_itself_be_cancelled_does_not_keep_the_worker() {
    let queue = MemoryQueue::new();
    queue.push(job("stuck-1"));
    let settings = Settings {
        grace: Duration::from_secs(5),
        abandon_after: Duration::from_secs(3),
        ..Settings::default()
    };
    let bench = start(queue, settings);
    bench.queue.until(|events| !events.is_empty()).await;
    let stopped = tokio::time::Instant::now();
    bench.stop.cancel();
    let drained = bench.worker.await.unwrap().unwrap();
    assert_eq!(stopped.elapsed().as_secs(), 8);
    assert_eq!(
        drained,
        Drained {
            finished: 0,
            abandoned: 1
        }
    );
    assert!(
        ends(&bench.queue, 0).is_empty(),
        "left to the broker, which gives it out again"
    );
}

#[tokio::test(start_paused = true)]
async fn a_source_that_gives_up_ends_the_worker_with_its_reason_after_the_jobs_in_hand() {
    let queue = MemoryQueue::new();
    queue.push(job("slow-1"));
    let bench = start(
        queue,
        Settings {
            slots: 2,
            grace: SLOW * 2,
            ..Settings::default()
        },
    );
    bench.queue.until(|events| !events.is_empty()).await;
    bench.queue.give_up("the queue is gone");
    let error = bench.worker.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("the queue is gone"), "{error}");
    assert_eq!(ends(&bench.queue, 0), ["ack"]);
}

fn engine_error(ended: Result<Drained, WorkError>) -> String {
    match ended {
        Err(WorkError::Engine(reason)) => reason,
        other => panic!("not an engine's fault: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_engine_has_ended_hands_its_job_back_and_ends_with_an_error() {
    let queue = MemoryQueue::new();
    // As often as a job may be tried.
    queue.push_suspect(job("stopped-1"), 5);
    queue.push(job("a-2"));
    let bench = start(queue, Settings::default());
    let reason = engine_error(bench.worker.await.unwrap());
    assert!(reason.contains("the engine has stopped"), "{reason}");
    assert_eq!(ends(&bench.queue, 0), ["return"]);
    assert_eq!(bench.queue.waiting(), [0, 1]);
    assert!(bench.queue.answers().is_empty() && bench.queue.dead().is_empty());
    assert_eq!(bench.runner.runs(), ["stopped-1"], "no other is taken");
}

#[tokio::test(start_paused = true)]
async fn models_that_fail_one_job_after_the_other_end_the_worker_and_no_job_is_dead_lettered() {
    let queue = MemoryQueue::new();
    for number in 0..12 {
        queue.push(job(&format!("fail-{number}")));
    }
    let bench = start(
        queue,
        Settings {
            slots: 2,
            ..Settings::default()
        },
    );
    let reason = engine_error(bench.worker.await.unwrap());
    assert!(
        reason.contains("5 times in a row") && reason.contains("out of memory"),
        "{reason}"
    );
    assert!(bench.queue.answers().is_empty() && bench.queue.dead().is_empty());
    assert_eq!(bench.queue.waiting().len(), 12, "all are still there");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_fails_alone_does_not_end_the_worker() {
    let queue = MemoryQueue::new();
    queue.push(job("fail-1"));
    queue.push(job("a-2"));
    let settings = Settings {
        max_attempts: 9,
        ..Settings::default()
    };
    let (bench, _) = run(queue, settings).await;
    assert_eq!(bench.queue.dead(), [0]);
    assert_eq!(ends(&bench.queue, 1), ["ack"]);
}
