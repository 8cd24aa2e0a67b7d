//! The worker on a queue in memory, with a stand-in for the pipeline and a clock that the tests
//! stop.

use std::time::Duration;

use presslate::job::ErrorCode;
use presslate::job::wire::{ErrorMessage, parse_job};
use presslate::queue::memory::{Event, Faults, MemoryQueue};
use presslate::queue::{Answer, AnswerKind, QueueError, Verdict};
use presslate::worker::{Drained, Settings, work};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::common::runner::{FakeRunner, SLOW, job, result_of};

/// A worker on a queue.
struct Bench {
    queue: MemoryQueue,
    runner: FakeRunner,
    stop: CancellationToken,
    cancel: CancellationToken,
    worker: JoinHandle<Result<Drained, QueueError>>,
}

fn start(queue: MemoryQueue, settings: Settings) -> Bench {
    let (runner, stop, cancel) = (
        FakeRunner::default(),
        CancellationToken::new(),
        CancellationToken::new(),
    );
    #[expect(clippy::disallowed_methods, reason = "the test joins it")]
    let worker = tokio::spawn(work(
        queue.source(),
        queue.sink(),
        runner.clone(),
        stop.clone(),
        cancel.clone(),
        settings,
    ));
    Bench {
        queue,
        runner,
        stop,
        cancel,
        worker,
    }
}

/// What is left of a [`Bench`] whose worker has ended.
struct Remains {
    queue: MemoryQueue,
    runner: FakeRunner,
}

/// Runs a worker until the queue is empty.
async fn run(queue: MemoryQueue, settings: Settings) -> (Remains, Drained) {
    let Bench {
        queue,
        runner,
        worker,
        stop: _,
        cancel: _,
    } = start(queue, settings);
    queue.end();
    let drained = worker.await.unwrap().unwrap();
    (Remains { queue, runner }, drained)
}

fn error_of(answer: &Answer) -> ErrorMessage {
    assert_eq!(answer.kind, AnswerKind::Error);
    serde_json::from_slice(&answer.payload).unwrap()
}

fn position(events: &[Event], wanted: impl Fn(&Event) -> bool) -> usize {
    events
        .iter()
        .position(wanted)
        .unwrap_or_else(|| panic!("not among {events:#?}"))
}

#[tokio::test(start_paused = true)]
async fn a_job_is_acknowledged_only_after_its_result_is_confirmed() {
    let queue = MemoryQueue::new();
    queue.push(job("a-1"));
    let (bench, drained) = run(queue, Settings::default()).await;
    let events = bench.queue.events();
    let published = position(&events, |event| matches!(event, Event::Published(_)));
    let settled = position(&events, |event| {
        matches!(
            event,
            Event::Settled {
                verdict: Verdict::Ack,
                ..
            }
        )
    });
    assert!(published < settled, "{events:#?}");
    assert_eq!(
        drained,
        Drained {
            finished: 1,
            abandoned: 0
        }
    );
}

#[tokio::test(start_paused = true)]
async fn a_result_is_the_json_of_the_result_message_and_nothing_else() {
    let queue = MemoryQueue::new();
    queue.push(job("a-1"));
    let (bench, _) = run(queue, Settings::default()).await;
    let expected = serde_json::to_vec(&result_of(&parse_job(&job("a-1")).unwrap())).unwrap();
    assert_eq!(bench.queue.answers()[0].payload, expected);
    assert_eq!(bench.queue.answers()[0].job_id.as_deref(), Some("a-1"));
}

#[tokio::test(start_paused = true)]
async fn a_refused_answer_is_published_again_and_its_job_not_acknowledged_before() {
    let queue = MemoryQueue::new();
    queue.set_faults(Faults {
        refuse_publish: 7,
        ..Faults::default()
    });
    queue.push(job("a-1"));
    let (bench, _) = run(queue, Settings::default()).await;
    let events = bench.queue.events();
    let refusals = events
        .iter()
        .filter(|event| matches!(event, Event::NotPublished(_)))
        .count();
    assert_eq!(refusals, 7);
    let published = position(&events, |event| matches!(event, Event::Published(_)));
    let settled = position(&events, |event| matches!(event, Event::Settled { .. }));
    assert!(published < settled, "{events:#?}");
    assert_eq!(
        bench.runner.runs(),
        ["a-1"],
        "inference is not repeated for the sake of publishing"
    );
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_result_cannot_be_routed_is_not_acknowledged() {
    let queue = MemoryQueue::new();
    queue.set_faults(Faults {
        unroutable: u32::MAX,
        ..Faults::default()
    });
    queue.push(job("a-1"));
    let bench = start(queue, Settings::default());
    bench
        .queue
        .until(|events| {
            events
                .iter()
                .filter(|event| matches!(event, Event::NotPublished(_)))
                .count()
                >= 20
        })
        .await;
    bench.stop.cancel();
    let drained = bench.worker.await.unwrap().unwrap();
    assert_eq!(
        drained,
        Drained {
            finished: 0,
            abandoned: 1
        }
    );
    assert_eq!(bench.queue.verdicts(0), [Verdict::Return]);
    assert_eq!(bench.queue.waiting(), [0], "the job is still there");
}

#[tokio::test(start_paused = true)]
async fn an_invalid_job_is_answered_with_an_error_and_dead_lettered() {
    let queue = MemoryQueue::new();
    queue.push(r#"{"id":"a-1","article":{"text":"Rain."},"targets":["ko","xx"]}"#);
    let (bench, _) = run(queue, Settings::default()).await;
    let answers = bench.queue.answers();
    assert_eq!(answers.len(), 1);
    let error = error_of(&answers[0]);
    assert_eq!(
        (
            error.id.as_deref(),
            error.code,
            error.field.as_deref(),
            error.retryable,
            error.attempt
        ),
        (
            Some("a-1"),
            ErrorCode::InvalidField,
            Some("targets[1]"),
            false,
            1
        )
    );
    assert_eq!(bench.queue.verdicts(0), [Verdict::Reject]);
    assert_eq!(bench.queue.dead(), [0]);
    assert!(bench.runner.runs().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_message_over_the_size_limit_is_refused_without_being_parsed() {
    let queue = MemoryQueue::new();
    queue.push(job("a-1"));
    let (bench, _) = run(
        queue,
        Settings {
            max_message_bytes: 20,
            ..Settings::default()
        },
    )
    .await;
    let error = error_of(&bench.queue.answers()[0]);
    assert_eq!((error.code, error.id), (ErrorCode::TooLarge, None));
    assert!(error.message.contains("at most 20"), "{}", error.message);
    assert_eq!(bench.queue.dead(), [0]);
}

#[tokio::test(start_paused = true)]
async fn an_id_too_long_for_a_header_is_answered_without_it() {
    let queue = MemoryQueue::new();
    queue.push(job(&"x".repeat(300)));
    queue.push(job("tab\there"));
    let (bench, _) = run(queue, Settings::default()).await;
    for answer in bench.queue.answers() {
        let error = error_of(&answer);
        assert_eq!(
            (error.code, error.field.as_deref()),
            (ErrorCode::InvalidField, Some("id"))
        );
        assert_eq!(answer.job_id, None);
    }
    assert_eq!(bench.queue.dead(), [0, 1]);
}

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
    assert_eq!(
        bench.queue.verdicts(0),
        [Verdict::Retry, Verdict::Retry, Verdict::Reject]
    );
    assert_eq!(
        bench.queue.verdicts(1),
        [Verdict::Ack],
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
async fn a_job_whose_model_fails_is_put_back_after_growing_pauses() {
    let queue = MemoryQueue::new();
    queue.push(job("fail-1"));
    let started = tokio::time::Instant::now();
    let settings = Settings {
        max_attempts: 4,
        min_retry_pause: Duration::from_secs(1),
        ..Settings::default()
    };
    let (bench, _) = run(queue, settings).await;
    assert_eq!(started.elapsed().as_secs(), 1 + 2 + 4);
    let error = error_of(&bench.queue.answers()[0]);
    assert_eq!(error.code, ErrorCode::ModelFailed);
    assert!(
        error.message.contains("out of memory"),
        "the cause is named: {}",
        error.message
    );
}

#[tokio::test(start_paused = true)]
async fn a_job_that_can_never_succeed_is_answered_at_once() {
    let queue = MemoryQueue::new();
    queue.push(job("never-1"));
    let (bench, _) = run(queue, Settings::default()).await;
    assert_eq!(bench.queue.verdicts(0), [Verdict::Reject]);
    assert_eq!(error_of(&bench.queue.answers()[0]).code, ErrorCode::NoModel);
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
    assert_eq!(error.code, ErrorCode::Internal);
    assert!(error.message.contains("5 times"), "{}", error.message);
    assert_eq!(bench.queue.dead(), [0]);
    assert!(
        bench.runner.runs().is_empty(),
        "it may be what kills workers"
    );
}

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
    assert_eq!(bench.queue.verdicts(0), [Verdict::Ack]);
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
    assert_eq!(bench.queue.verdicts(0), [Verdict::Return]);
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
    assert_eq!(bench.queue.verdicts(0), [Verdict::Return]);
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
        bench.queue.verdicts(0).is_empty(),
        "left to the broker, which gives it out again"
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
        assert_eq!(bench.queue.verdicts(0), [Verdict::Ack]);
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
    assert_eq!(bench.queue.verdicts(0), [Verdict::Reject]);
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
async fn as_many_jobs_run_at_the_same_time_as_there_are_slots_and_no_more() {
    let queue = MemoryQueue::new();
    for number in 0..6 {
        queue.push(job(&format!("slow-{number}")));
    }
    let started = tokio::time::Instant::now();
    let (_, drained) = run(
        queue,
        Settings {
            slots: 3,
            ..Settings::default()
        },
    )
    .await;
    assert_eq!(started.elapsed(), SLOW * 2);
    assert_eq!(drained.finished, 6);
}

#[tokio::test(start_paused = true)]
async fn a_result_larger_than_the_broker_takes_becomes_an_error_answer() {
    let queue = MemoryQueue::new();
    queue.set_faults(Faults {
        too_large: 1,
        ..Faults::default()
    });
    queue.push(job("a-1"));
    let (bench, _) = run(queue, Settings::default()).await;
    let error = error_of(&bench.queue.answers()[0]);
    assert_eq!(
        (error.code, error.id.as_deref()),
        (ErrorCode::TooLarge, Some("a-1"))
    );
    assert!(
        error.message.contains("max_message_size"),
        "{}",
        error.message
    );
    assert_eq!(bench.queue.verdicts(0), [Verdict::Reject]);
}

#[tokio::test(start_paused = true)]
async fn the_producers_trace_goes_through_to_the_answer() {
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let queue = MemoryQueue::new();
    queue.push_with(job("a-1"), 1, Some(parent));
    queue.push_with("not a job", 1, Some(parent));
    let (bench, _) = run(queue, Settings::default()).await;
    for answer in bench.queue.answers() {
        assert_eq!(answer.trace_parent.as_deref(), Some(parent));
    }
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
    assert_eq!(bench.queue.verdicts(0), [Verdict::Ack]);
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_no_job_never_end_the_worker() {
    let queue = MemoryQueue::new();
    let deep = format!(
        r#"{{"id":"a-1","metadata":{}{}}}"#,
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    let hostile: Vec<Vec<u8>> = vec![
        Vec::new(),
        vec![0xff; 4096],
        b"\x00".to_vec(),
        deep.into_bytes(),
        br#"{"id":["#.to_vec(),
        br#"{"id":"a-1","article":{"text":"x"},"targets":["ko"],"summary_sentences":1e999}"#
            .to_vec(),
        b"null".to_vec(),
    ];
    let count = hostile.len();
    for payload in hostile {
        queue.push(payload);
    }
    queue.push(job("after"));
    let (bench, drained) = run(queue, Settings::default()).await;
    assert_eq!(drained.finished, u64::try_from(count).unwrap() + 1);
    assert_eq!(bench.queue.dead().len(), count);
    assert_eq!(bench.queue.verdicts(count), [Verdict::Ack]);
}
