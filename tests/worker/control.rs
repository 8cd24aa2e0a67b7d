//! Orders, and jobs that call others off.

use super::*;

const CANCEL: &str = r#"{"kind":"cancel","id":"slow-1"}"#;

fn revision(id: &str, revision: u64) -> String {
    format!(
        r#"{{"id":"{id}","revision":{revision},"article":{{"text":"Rain."}},"targets":["ko"]}}"#
    )
}

async fn until_started(bench: &Bench, jobs: usize) {
    while bench.runner.runs().len() < jobs {
        tokio::task::yield_now().await;
    }
}

async fn ended(bench: Bench) -> Remains {
    bench.queue.end();
    bench.worker.await.unwrap().unwrap();
    Remains {
        queue: bench.queue,
        runner: bench.runner,
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_cancels_a_running_job_at_once_and_answers_it() {
    let queue = MemoryQueue::new();
    queue.push(job("slow-1"));
    let bench = start(queue, Settings::default());
    until_started(&bench, 1).await;
    let ordered = tokio::time::Instant::now();
    bench.queue.order(CANCEL);
    let bench = ended(bench).await;
    assert_eq!(ordered.elapsed(), Duration::ZERO);
    let error = error_of(&bench.queue.answers()[0]);
    assert_eq!(
        (error.code, error.id.as_deref(), error.retryable),
        (ErrorCode::Cancelled, Some("slow-1"), false)
    );
    assert_eq!(ends(&bench.queue, 0), ["ack"], "it is no dead letter");
}

#[tokio::test(start_paused = true)]
async fn an_order_cancels_a_job_that_waits_in_the_queue() {
    let queue = MemoryQueue::new();
    queue.push(job("slow-0"));
    queue.push(job("slow-1"));
    let bench = start(queue, Settings::default());
    until_started(&bench, 1).await;
    bench.queue.order(CANCEL);
    let bench = ended(bench).await;
    assert_eq!(bench.runner.runs(), ["slow-0"]);
    assert_eq!(
        error_of(&bench.queue.answers()[1]).code,
        ErrorCode::Cancelled
    );
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_none_harms_nobody() {
    let queue = MemoryQueue::new();
    queue.push(job("slow-1"));
    let bench = start(queue, Settings::default());
    until_started(&bench, 1).await;
    for order in [
        "",
        "null",
        r#"{"kind":"explode","id":"slow-1"}"#,
        "\u{feff}",
    ] {
        bench.queue.order(order);
    }
    let bench = ended(bench).await;
    assert_eq!(ends(&bench.queue, 0), ["ack"]);
    assert_eq!(bench.queue.answers()[0].kind, AnswerKind::Result);
}

#[tokio::test(start_paused = true)]
async fn a_newer_revision_calls_off_the_older_one_that_runs() {
    let queue = MemoryQueue::new();
    queue.push(revision("slow-1", 1));
    let settings = Settings {
        slots: 2,
        ..Settings::default()
    };
    let bench = start(queue, settings);
    until_started(&bench, 1).await;
    bench.queue.push(revision("slow-1", 2));
    let bench = ended(bench).await;
    let answers = bench.queue.answers();
    let error = error_of(&answers[0]);
    assert_eq!((error.code, error.revision), (ErrorCode::Superseded, 1));
    assert_eq!(answers[1].kind, AnswerKind::Result);
    assert_eq!(answers.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_older_revision_that_comes_late_is_answered_and_not_run() {
    let queue = MemoryQueue::new();
    queue.push(revision("a-1", 7));
    queue.push(revision("a-1", 6));
    queue.push(revision("a-2", 1));
    let (bench, _) = run(queue, Settings::default()).await;
    assert_eq!(bench.runner.runs(), ["a-1", "a-2"]);
    let error = error_of(&bench.queue.answers()[1]);
    assert_eq!((error.code, error.revision), (ErrorCode::Superseded, 6));
    assert!(
        error.message.contains("newer revision"),
        "{}",
        error.message
    );
    assert_eq!(ends(&bench.queue, 1), ["ack"]);
}

#[tokio::test(start_paused = true)]
async fn a_result_that_waits_for_the_broker_does_not_overwrite_a_newer_revision() {
    let queue = MemoryQueue::new();
    queue.set_faults(Faults {
        refuse_publish: 3,
        ..Faults::default()
    });
    queue.push(revision("a-1", 1));
    let settings = Settings {
        slots: 2,
        ..Settings::default()
    };
    let bench = start(queue, settings);
    bench
        .queue
        .until(|events| {
            events
                .iter()
                .any(|event| matches!(event, Event::NotPublished(_)))
        })
        .await;
    bench.queue.push(revision("a-1", 2));
    let bench = ended(bench).await;
    let answers = bench.queue.answers();
    let results = answers
        .iter()
        .filter(|answer| answer.kind == AnswerKind::Result)
        .count();
    assert_eq!((results, answers.len()), (1, 2), "{answers:#?}");
    let error = answers
        .iter()
        .find(|answer| answer.kind == AnswerKind::Error);
    assert_eq!(error_of(error.unwrap()).revision, 1);
}
