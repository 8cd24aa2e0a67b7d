//! Each job gets its answer, and is settled after it.

use super::*;

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
    assert_eq!(ends(&bench.queue, 0), ["return"]);
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
    assert_eq!(ends(&bench.queue, 0), ["reject"]);
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
async fn a_job_that_can_never_succeed_is_answered_at_once() {
    let queue = MemoryQueue::new();
    queue.push(job("never-1"));
    let (bench, _) = run(queue, Settings::default()).await;
    assert_eq!(ends(&bench.queue, 0), ["reject"]);
    assert_eq!(error_of(&bench.queue.answers()[0]).code, ErrorCode::NoModel);
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
    assert_eq!(ends(&bench.queue, 0), ["reject"]);
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
    assert_eq!(ends(&bench.queue, count), ["ack"]);
}
