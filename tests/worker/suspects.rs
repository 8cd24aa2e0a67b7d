//! Jobs that came back without an answer: they may have killed their worker.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_job_that_came_back_is_isolated_before_it_is_run() {
    let queue = MemoryQueue::new();
    queue.push_with(job("a-1"), 2, None);
    let (bench, drained) = run(queue, Settings::default()).await;
    assert_eq!(ends(&bench.queue, 0), ["isolate", "ack"]);
    assert_eq!(bench.runner.runs(), ["a-1"], "run once, and alone");
    assert_eq!(drained.finished, 2);
}

#[tokio::test(start_paused = true)]
async fn a_suspect_runs_alone() {
    let queue = MemoryQueue::new();
    queue.push(job("slow-1"));
    queue.push(job("slow-2"));
    queue.push_suspect(job("slow-3"), 2);
    queue.push(job("slow-4"));
    queue.push(job("slow-5"));
    let started = tokio::time::Instant::now();
    let settings = Settings {
        slots: 3,
        grace: SLOW * 4,
        ..Settings::default()
    };
    let (bench, drained) = run(queue, settings).await;
    assert_eq!(drained.finished, 5);
    assert_eq!(
        started.elapsed(),
        SLOW * 3,
        "the two before it, then it, then the two after it"
    );
    let runs = bench.runner.runs();
    assert_eq!(runs[2], "slow-3", "{runs:?}");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_came_back_to_the_worker_that_still_runs_it_is_no_suspect() {
    let queue = MemoryQueue::new();
    queue.push(job("slow-1"));
    queue.push_with(job("slow-1"), 2, None);
    let settings = Settings {
        slots: 2,
        ..Settings::default()
    };
    let (bench, _) = run(queue, settings).await;
    assert_eq!(bench.runner.runs(), ["slow-1"]);
    assert_eq!(ends(&bench.queue, 1), ["ack"]);
}

#[tokio::test(start_paused = true)]
async fn a_suspect_that_waits_for_its_turn_goes_back_when_the_worker_leaves() {
    let queue = MemoryQueue::new();
    queue.push(job("slow-1"));
    queue.push_suspect(job("a-2"), 2);
    let settings = Settings {
        slots: 2,
        grace: SLOW / 2,
        ..Settings::default()
    };
    let bench = start(queue, settings);
    bench
        .queue
        .until(|events| {
            let given = |event: &&Event| matches!(event, Event::Delivered { .. });
            events.iter().filter(given).count() == 2
        })
        .await;
    bench.stop.cancel();
    let drained = bench.worker.await.unwrap().unwrap();
    assert_eq!(drained.abandoned, 2);
    assert_eq!(ends(&bench.queue, 1), ["return"]);
    assert_eq!(bench.runner.runs(), ["slow-1"]);
}
