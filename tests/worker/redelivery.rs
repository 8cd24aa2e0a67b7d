//! Messages that come more than once.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_job_that_panics_is_tried_again_and_in_the_end_answered_with_an_error() {
    let queue = MemoryQueue::new();
    queue.push(job("panic-1"));
    queue.push(job("a-2"));
    let (bench, drained) = run(
        queue,
        Settings {
            max_attempts: 3,
            ..Settings::default()
        },
    )
    .await;
    assert_eq!(ends(&bench.queue, 0), ["retry", "retry", "reject"]);
    assert_eq!(
        ends(&bench.queue, 1),
        ["ack"],
        "its neighbour is not harmed"
    );
    let errors: Vec<ErrorMessage> = bench
        .queue
        .answers()
        .iter()
        .filter(|answer| answer.kind == AnswerKind::Error)
        .map(error_of)
        .collect();
    assert_eq!(
        errors.len(),
        1,
        "one final answer, not one for each attempt"
    );
    assert_eq!(
        (errors[0].code, errors[0].attempt, errors[0].retryable),
        (ErrorCode::Internal, 3, true)
    );
    assert_eq!(drained.finished, 4);
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_model_fails_is_put_back_for_growing_pauses() {
    let queue = MemoryQueue::new();
    queue.push(job("fail-1"));
    let settings = Settings {
        max_attempts: 4,
        min_retry_pause: Duration::from_secs(1),
        ..Settings::default()
    };
    let (bench, _) = run(queue, settings).await;
    let pauses: Vec<Duration> = bench
        .queue
        .verdicts(0)
        .into_iter()
        .filter_map(|verdict| match verdict {
            Verdict::Retry { after } => Some(after),
            _ => None,
        })
        .collect();
    assert_eq!(pauses.len(), 3);
    for (pause, seconds) in pauses.iter().zip([1, 2, 4]) {
        let ceiling = Duration::from_secs(seconds);
        assert!(*pause >= ceiling / 2 && *pause <= ceiling, "{pauses:?}");
    }
    let error = error_of(&bench.queue.answers()[0]);
    assert_eq!(error.code, ErrorCode::ModelFailed);
    assert!(
        error.message.contains("out of memory"),
        "the cause is named: {}",
        error.message
    );
}

#[tokio::test(start_paused = true)]
async fn a_job_that_came_back_more_often_than_allowed_is_answered_without_being_run() {
    let queue = MemoryQueue::new();
    queue.push_with(job("a-1"), 6, None);
    let (bench, _) = run(
        queue,
        Settings {
            max_attempts: 5,
            ..Settings::default()
        },
    )
    .await;
    let error = error_of(&bench.queue.answers()[0]);
    assert_eq!(error.code, ErrorCode::Poison);
    assert!(error.message.contains("5 times"), "{}", error.message);
    assert_eq!(bench.queue.dead(), [0]);
    assert!(
        bench.runner.runs().is_empty(),
        "it may be what kills workers"
    );
}

#[tokio::test(start_paused = true)]
async fn a_redelivery_is_answered_from_the_cache_with_the_same_id_and_bytes() {
    for faults in [
        Faults {
            settle_void: 1,
            ..Faults::default()
        },
        Faults {
            settle_fails: 1,
            ..Faults::default()
        },
    ] {
        let queue = MemoryQueue::new();
        queue.set_faults(faults);
        queue.push(job("a-1"));
        let bench = start(queue, Settings::default());
        bench
            .queue
            .until(|events| {
                events
                    .iter()
                    .any(|event| matches!(event, Event::Settled { known: true, .. }))
            })
            .await;
        bench.stop.cancel();
        bench.worker.await.unwrap().unwrap();
        let answers = bench.queue.answers();
        assert_eq!(answers.len(), 2);
        assert_eq!(answers[0], answers[1]);
        assert_eq!(bench.runner.runs(), ["a-1"], "inference ran once");
        assert_eq!(ends(&bench.queue, 0), ["ack"]);
    }
}

#[tokio::test(start_paused = true)]
async fn another_worker_gives_a_redelivery_the_same_message_id() {
    let mut ids = Vec::new();
    for attempt in [1, 2] {
        let queue = MemoryQueue::new();
        queue.push_with(job("a-1"), attempt, None);
        let (bench, _) = run(queue, Settings::default()).await;
        ids.push(bench.queue.answers()[0].message_id.clone());
    }
    assert_eq!(ids[0], ids[1]);

    let queue = MemoryQueue::new();
    queue.push(job("a-1"));
    let (bench, _) = run(
        queue,
        Settings {
            fingerprint: "another model".to_owned(),
            ..Settings::default()
        },
    )
    .await;
    assert_ne!(
        bench.queue.answers()[0].message_id,
        ids[0],
        "another model makes another result"
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_answer_that_comes_again_is_the_same_to_the_byte() {
    let queue = MemoryQueue::new();
    queue.set_faults(Faults {
        settle_void: 1,
        ..Faults::default()
    });
    queue.push(job("never-1"));
    let bench = start(queue, Settings::default());
    bench
        .queue
        .until(|events| {
            events
                .iter()
                .any(|event| matches!(event, Event::Settled { known: true, .. }))
        })
        .await;
    bench.stop.cancel();
    bench.worker.await.unwrap().unwrap();
    let answers = bench.queue.answers();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0], answers[1]);
    assert_eq!(ends(&bench.queue, 0), ["reject"]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_job_that_is_sent_again_is_tried_again() {
    let queue = MemoryQueue::new();
    queue.push(job("never-1"));
    queue.push(job("never-1"));
    let (bench, _) = run(queue, Settings::default()).await;
    assert_eq!(bench.runner.runs(), ["never-1", "never-1"]);
}

#[tokio::test(start_paused = true)]
async fn the_same_message_twice_at_the_same_time_is_run_once() {
    let queue = MemoryQueue::new();
    queue.push(job("slow-1"));
    queue.push(job("slow-1"));
    let (bench, drained) = run(
        queue,
        Settings {
            slots: 2,
            ..Settings::default()
        },
    )
    .await;
    assert_eq!(bench.runner.runs(), ["slow-1"]);
    assert_eq!(bench.queue.answers().len(), 2, "each delivery is answered");
    assert_eq!(drained.finished, 2);
}

#[tokio::test(start_paused = true)]
async fn an_error_for_a_delivery_that_another_worker_has_by_now_is_not_published() {
    for (id, published) in [("never-1", 0), ("a-1", 1)] {
        let queue = MemoryQueue::new();
        queue.set_faults(Faults {
            gone: true,
            ..Faults::default()
        });
        queue.push(job(id));
        let (bench, drained) = run(queue, Settings::default()).await;
        assert_eq!(bench.queue.answers().len(), published, "{id}");
        assert_eq!(drained.abandoned, 0, "another worker has it");
        assert!(bench.queue.dead().is_empty());
    }
}
