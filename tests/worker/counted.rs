//! What a worker counts, and shows of what it has in hand.

use presslate::telemetry::metrics::{Metrics, Now};
use presslate::worker::Board;

use super::*;

/// The lines of metrics whose names begin so, without histograms' buckets.
fn lines(metrics: &Metrics, start: &str) -> Vec<String> {
    metrics
        .render(&Now::default())
        .lines()
        .filter(|line| line.starts_with(start) && !line.ends_with(" 0"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn every_end_of_a_delivery_is_counted_with_its_reason() {
    let queue = MemoryQueue::new();
    for message in [job("a-1"), job("a-1"), job("panic-2"), b"{".to_vec()] {
        queue.push(message);
    }
    let metrics = Metrics::default();
    let settings = Settings {
        max_attempts: 2,
        metrics: metrics.clone(),
        ..Settings::default()
    };
    run(queue, settings).await;
    let mut ends = lines(&metrics, "presslate_jobs_total");
    ends.sort();
    assert_eq!(
        ends,
        [
            r#"presslate_jobs_total{outcome="done",reason="none"} 1"#,
            r#"presslate_jobs_total{outcome="duplicate",reason="none"} 1"#,
            r#"presslate_jobs_total{outcome="failed",reason="internal"} 1"#,
            r#"presslate_jobs_total{outcome="failed",reason="malformed_message"} 1"#,
            r#"presslate_jobs_total{outcome="retried",reason="internal"} 1"#,
        ]
    );
    assert_eq!(
        lines(&metrics, "presslate_redeliveries_total"),
        [r#"presslate_redeliveries_total{lane="normal"} 1"#]
    );
    assert_eq!(
        lines(&metrics, "presslate_results_total"),
        [r#"presslate_results_total{status="ok"} 1"#]
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_confirmed_is_counted_by_why() {
    let queue = MemoryQueue::new();
    queue.set_faults(Faults {
        unroutable: 2,
        ..Faults::default()
    });
    queue.push(job("a-1"));
    let metrics = Metrics::default();
    let settings = Settings {
        metrics: metrics.clone(),
        ..Settings::default()
    };
    run(queue, settings).await;
    let failures = lines(&metrics, "presslate_publish_failures_total");
    assert_eq!(
        failures,
        [r#"presslate_publish_failures_total{reason="unroutable"} 2"#]
    );
    let published = lines(&metrics, "presslate_publish_duration_seconds_count");
    assert_eq!(published, ["presslate_publish_duration_seconds_count 1"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_in_hand_can_be_looked_at_until_it_is_settled() {
    let queue = MemoryQueue::new();
    queue.push(job("slow-1"));
    let board = Board::default();
    let bench = start(
        queue,
        Settings {
            board: board.clone(),
            ..Settings::default()
        },
    );
    while board.notes().is_empty() {
        tokio::task::yield_now().await;
    }
    let note = board.notes().remove(0);
    assert_eq!(
        (note.job.as_deref(), note.lane, note.attempt),
        (Some("slow-1"), "normal", 1)
    );
    bench.queue.end();
    bench.worker.await.unwrap().unwrap();
    assert!(board.notes().is_empty());
}
