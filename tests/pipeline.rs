//! An article through the pipeline, on a model that answers by a script.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a helper that fails fails its test"
)]

mod alike;
mod checks;
mod contract;
mod corrections;
mod injection;
mod meaning;
mod planted;
mod summary;
mod terms;

use std::collections::BTreeMap;
use std::sync::Mutex;

use presslate::job::wire::{ResultMessage, SegmentStatus, parse_job};
use presslate::job::{ErrorCode, Job, Lang};
use presslate::model::{Stop, Strategy};
use presslate::pipeline::{Event, JobError, Observe, Pipeline, Unobserved};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::common::fake_model::{Answer, Asked, FakeModel, plan, seq2seq_plan, translated};

/// The body's first sentences, as a summary that its article supports.
const SUMMARY: &str = "Dockers in Rostock voted on Friday to end a strike. \
     The strike began on 9 June. The port handled 2,140 ships last year.";

fn article() -> Value {
    json!({ "sections": [
        { "kind": "title", "text": "Rostock Dockers End Two-Week Strike" },
        { "kind": "lead", "text": "Dockers in Rostock voted on Friday to end a strike that had stopped grain shipments across the Baltic." },
        { "kind": "paragraph", "text": "The strike began on 9 June, when talks over night shifts failed. “We got most of what we asked for,” said Greta Holm, who speaks for the union." },
        { "kind": "heading", "text": "Grain Left Waiting" },
        { "kind": "paragraph", "text": "The port handled 2,140 ships last year. Eleven of them were still waiting in the roads on Friday evening." },
        { "kind": "list_item", "text": "***" }
    ]})
}

fn job(article: &Value, extra: &Value) -> Job {
    let mut message = json!({ "id": "a-1", "article": article, "targets": ["ko", "ru"] });
    for (key, value) in extra.as_object().expect("an object") {
        message[key] = value.clone();
    }
    parse_job(message.to_string().as_bytes()).expect("a valid job")
}

/// The right answer to any request.
fn right(asked: &Asked) -> Answer {
    match asked.task.as_str() {
        "ko" => translated(&asked.text, Lang::Ko).into(),
        "ru" => translated(&asked.text, Lang::Ru).into(),
        _ => SUMMARY.into(),
    }
}

async fn run(model: &FakeModel, job: &Job) -> Result<ResultMessage, JobError> {
    Pipeline::new(model.clone(), plan())
        .run(job, &Unobserved, &CancellationToken::new())
        .await
}

/// Runs a job whose Korean decodings of the headline are `answers` in turn, the last for good;
/// gives the headline's segment.
async fn headline(answers: &[Answer]) -> (presslate::job::wire::SegmentResult, Vec<Asked>) {
    let given = answers.to_vec();
    let model = FakeModel::new(move |asked| {
        let is_headline = asked.task == "ko" && asked.text.starts_with("Rostock Dockers");
        let answer = is_headline
            .then(|| given.get(asked.attempt).or(given.last()).cloned())
            .flatten();
        answer.unwrap_or_else(|| right(asked))
    });
    let result = run(
        &model,
        &job(
            &article(),
            &json!({ "tasks": ["translate"], "targets": ["ko"] }),
        ),
    )
    .await
    .unwrap();
    let asked = model
        .asked()
        .into_iter()
        .filter(|asked| asked.text.starts_with("Rostock Dockers"))
        .collect();
    (result.targets[0].sections[0].segments[0].clone(), asked)
}

#[tokio::test]
async fn every_section_comes_back_in_order_in_every_language() {
    let model = FakeModel::new(right);
    let result = run(&model, &job(&article(), &json!({}))).await.unwrap();
    assert_eq!(result.status, SegmentStatus::Ok, "{result:#?}");
    assert_eq!(result.source.sections.len(), 6);
    assert_eq!(
        result
            .targets
            .iter()
            .map(|target| target.lang)
            .collect::<Vec<_>>(),
        [Lang::Ko, Lang::Ru]
    );
    for target in &result.targets {
        assert_eq!(target.sections.len(), result.source.sections.len());
        assert_eq!(
            target.title.as_deref(),
            Some(target.sections[0].text.as_str())
        );
        for (index, (section, source)) in target
            .sections
            .iter()
            .zip(&result.source.sections)
            .enumerate()
        {
            assert_eq!(section.kind, source.kind);
            for segment in &section.segments {
                let span = segment.source.expect("a segment of the article has a span");
                assert_eq!(span.section, index);
                assert_eq!(
                    segment.source_text.as_deref(),
                    source.text.get(span.start..span.end)
                );
                assert_eq!(
                    segment.text,
                    translated(segment.source_text.as_deref().unwrap(), target.lang)
                );
            }
        }
        assert_eq!(target.summary.as_ref().unwrap().segments.len(), 3);
    }
    assert_eq!(result.targets[0].sections[2].segments.len(), 2);
    assert_eq!(
        result
            .models
            .iter()
            .map(|model| model.task.as_str())
            .collect::<Vec<_>>(),
        ["summarise", "translate:ko", "translate:ru"]
    );
}

#[tokio::test]
async fn order_is_kept_when_answers_come_last_first() {
    let plain = FakeModel::new(right);
    let only_ko = job(
        &article(),
        &json!({ "tasks": ["translate"], "targets": ["ko"] }),
    );
    let expected = run(&plain, &only_ko).await.unwrap();
    // All of the language's requests are open before the first is answered.
    let reversing = FakeModel::new(right).reversing(plain.asked().len());
    let result = run(&reversing, &only_ko).await.unwrap();
    assert_eq!(result.targets, expected.targets);
}

#[tokio::test]
async fn text_without_letters_is_not_given_to_a_model() {
    let model = FakeModel::new(right);
    let result = run(&model, &job(&article(), &json!({}))).await.unwrap();
    assert_eq!(result.targets[0].sections[5].text, "***");
    assert_eq!(result.targets[0].sections[5].segments[0].attempts, 0);
    assert!(model.asked().iter().all(|asked| asked.text != "***"));
}

#[tokio::test]
async fn a_failed_decoding_is_repeated_with_other_settings_and_its_reason_is_kept() {
    for (bad, reason) in [
        ("", "empty"),
        ("Rostock Dockers End Two-Week Strike", "copied_source"),
        ("罗斯托克码头工人结束罢工", "wrong_script"),
        ("파업 끝나 파업 끝나 파업 끝나", "loop"),
        ("I'm sorry, 로스토크 부두 노동자 파업 종료", "preamble"),
        ("로", "length_ratio"),
    ] {
        let (segment, asked) =
            headline(&[bad.into(), "로스토크 부두 노동자들, 2주 파업 종료".into()]).await;
        assert_eq!(segment.status, SegmentStatus::Retried, "{bad}");
        assert_eq!(segment.attempts, 2, "{bad}");
        assert!(
            segment.reasons.iter().any(|code| code == reason),
            "{bad}: {:?}",
            segment.reasons
        );
        assert_eq!(segment.text, "로스토크 부두 노동자들, 2주 파업 종료");
        assert_eq!(asked[0].decode.strategy, Strategy::Greedy);
        assert!(matches!(asked[1].decode.strategy, Strategy::Sample { .. }));
        assert!(asked[1].decode.repetition_penalty > asked[0].decode.repetition_penalty);
    }
}

#[tokio::test]
async fn what_still_fails_after_two_retries_needs_review() {
    for (bad, reason) in [
        ("", "empty"),
        ("Rostock Dockers End Two-Week Strike", "copied_source"),
        ("罗斯托克码头工人结束罢工", "wrong_script"),
        ("파업 끝나 파업 끝나 파업 끝나", "loop"),
    ] {
        let (segment, asked) = headline(&[bad.into()]).await;
        assert_eq!(segment.status, SegmentStatus::NeedsReview, "{bad}");
        assert_eq!(segment.attempts, 3);
        assert_eq!(asked.len(), 3);
        assert_ne!(asked[1].decode.strategy, asked[2].decode.strategy);
        assert!(
            segment.reasons.iter().any(|code| code == reason),
            "{bad}: {:?}",
            segment.reasons
        );
        assert_eq!(segment.text, bad);
    }
}

#[tokio::test]
async fn the_last_attempt_of_a_model_with_a_beam_is_a_wider_beam() {
    for (beam, widest) in [(1, 4), (4, 8)] {
        let model = FakeModel::new(|_| "".into());
        Pipeline::new(model.clone(), seq2seq_plan(beam))
            .run(
                &job(&article(), &json!({ "tasks": ["translate"] })),
                &Unobserved,
                &CancellationToken::new(),
            )
            .await
            .unwrap();
        for asked in model.asked().iter().filter(|asked| asked.attempt == 2) {
            assert!(
                matches!(asked.decode.strategy, Strategy::Beam { width, .. } if width == widest),
                "{asked:?}"
            );
        }
        assert!(model.asked().iter().any(|asked| asked.attempt == 2));
    }
}

#[tokio::test]
async fn the_least_bad_of_three_failures_is_kept() {
    let (segment, _) = headline(&[
        "罗斯托克码头工人结束罢工".into(),
        "로".into(),
        "파업 끝나 파업 끝나 파업 끝나".into(),
    ])
    .await;
    assert_eq!(
        (segment.text.as_str(), segment.reasons.as_slice()),
        ("로", ["length_ratio".to_owned()].as_slice())
    );
}

#[tokio::test]
async fn an_output_cut_at_its_limit_is_tried_again() {
    let cut = Answer {
        text: "로스토크 부두 노동자들, 2주".to_owned(),
        stop: Stop::TokenLimit,
    };
    let (segment, asked) = headline(&[cut, "로스토크 부두 노동자들, 2주 파업 종료".into()]).await;
    assert_eq!(
        (segment.status, segment.reasons),
        (SegmentStatus::Retried, vec!["truncated".to_owned()])
    );
    // The limit follows from the source's five words.
    assert_eq!(asked[0].decode.max_new_tokens, 3 * 5 + 16);
}

#[tokio::test]
async fn a_chat_preamble_is_taken_off_without_a_retry() {
    let (segment, asked) = headline(&[
        "Here is the Korean translation:\n\n“로스토크 부두 노동자들, 2주 파업 종료”".into(),
    ])
    .await;
    assert_eq!(segment.text, "로스토크 부두 노동자들, 2주 파업 종료");
    assert_eq!((segment.status, asked.len()), (SegmentStatus::Ok, 1));
}

#[tokio::test]
async fn a_missing_figure_is_flagged() {
    let model = FakeModel::new(|asked| match right(asked) {
        Answer { text, .. } if asked.task == "ru" => text.replace("2,140", "2 410").into(),
        answer => answer,
    });
    let result = run(&model, &job(&article(), &json!({ "tasks": ["translate"] })))
        .await
        .unwrap();
    let [ko, ru] = result.targets.as_slice() else {
        panic!("two targets")
    };
    assert_eq!(
        (ko.status, ru.status, result.status),
        (
            SegmentStatus::Ok,
            SegmentStatus::NeedsReview,
            SegmentStatus::NeedsReview
        )
    );
    assert_eq!(ru.sections[4].segments[0].reasons, ["figures"]);
    assert_eq!(ru.sections[4].segments[1].status, SegmentStatus::Ok);
}

#[tokio::test]
async fn cancelling_ends_the_job_and_its_requests() {
    let model = FakeModel::new(right).silent();
    let cancel = CancellationToken::new();
    let job = job(&article(), &json!({ "tasks": ["translate"] }));
    let pipeline = Pipeline::new(model.clone(), plan());
    let running = pipeline.run(&job, &Unobserved, &cancel);
    let stopping = async {
        model.arrival().await;
        cancel.cancel();
    };
    let (result, ()) = tokio::join!(running, stopping);
    assert_eq!(result.unwrap_err().code(), ErrorCode::Cancelled);
    assert!(!model.asked().is_empty());
    assert!(
        model
            .asked()
            .iter()
            .all(|asked| asked.cancel.is_cancelled())
    );
}

#[tokio::test]
async fn dropping_the_job_ends_its_requests() {
    let model = FakeModel::new(right).silent();
    let cancel = CancellationToken::new();
    let job = job(&article(), &json!({ "tasks": ["translate"] }));
    let pipeline = Pipeline::new(model.clone(), plan());
    tokio::select! {
        _ = pipeline.run(&job, &Unobserved, &cancel) => panic!("nothing answers it"),
        () = model.arrival() => {}
    }
    assert!(
        model
            .asked()
            .iter()
            .all(|asked| asked.cancel.is_cancelled())
    );
    assert!(!cancel.is_cancelled());
}

#[tokio::test]
async fn an_article_in_another_language_is_refused_by_name() {
    let german = "Die Hafenarbeiter in Rostock haben am Freitag beschlossen, ihren Streik zu beenden. \
                  Der Streik hatte im Juni begonnen, nachdem die Verhandlungen gescheitert waren.";
    let model = FakeModel::new(right);
    let error = run(&model, &job(&json!({ "text": german }), &json!({})))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::UnsupportedLanguage);
    assert!(error.to_string().contains("German"), "{error}");
    assert!(model.asked().is_empty());
}

#[tokio::test]
async fn a_job_without_a_model_for_it_is_refused() {
    let mut plan = plan();
    plan.translate.remove(&Lang::Ru);
    let pipeline = Pipeline::new(FakeModel::new(right), plan);
    let error = pipeline
        .run(
            &job(&article(), &json!({})),
            &Unobserved,
            &CancellationToken::new(),
        )
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::NoModel);
    assert!(error.to_string().contains("translate en to ru"), "{error}");
}

#[derive(Default)]
struct Recorder(Mutex<Vec<Event>>);

impl Observe for Recorder {
    fn event(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

#[tokio::test]
async fn progress_tells_of_every_stage_and_every_segment() {
    let recorder = Recorder::default();
    let pipeline = Pipeline::new(FakeModel::new(right), plan());
    let result = pipeline
        .run(
            &job(&article(), &json!({})),
            &recorder,
            &CancellationToken::new(),
        )
        .await
        .unwrap();
    let events = recorder.0.into_inner().unwrap();

    let mut open: BTreeMap<String, usize> = BTreeMap::new();
    let mut began = Vec::new();
    let mut ended = Vec::new();
    let mut written = 0;
    for event in events {
        match event {
            Event::StageStarted { stage, segments } => {
                began.push(stage.clone());
                assert_eq!(open.insert(stage, segments), None, "a stage begins once");
            }
            Event::StageGrew { stage, segments } => {
                *open.get_mut(&stage).expect("what grows has begun") += segments;
            }
            Event::SegmentDone { stage, tokens } => {
                let left = open.get_mut(&stage).expect("a segment belongs to a stage");
                *left = left
                    .checked_sub(1)
                    .expect("no more segments than announced");
                assert!(tokens >= written, "tokens only grow");
                written = tokens;
            }
            Event::StageDone { stage } => {
                assert_eq!(
                    open.remove(&stage),
                    Some(0),
                    "every announced segment was told of"
                );
                ended.push(stage);
            }
            Event::SummaryReady(_) => assert_eq!(ended.last().unwrap(), "summarise"),
            Event::TargetReady(target) => {
                assert_eq!(*ended.last().unwrap(), format!("translate:{}", target.lang));
            }
        }
    }
    assert!(open.is_empty(), "every stage has ended: {open:?}");
    let sorted = |mut stages: Vec<String>| {
        stages.sort();
        stages
    };
    let all = [
        "clean",
        "detect",
        "load:fake",
        "segment",
        "summarise",
        "translate:ko",
        "translate:ru",
    ];
    assert_eq!(sorted(ended), all);
    let timings = &result.timings;
    let named: Vec<String> = timings.iter().map(|timing| timing.stage.clone()).collect();
    assert_eq!(named, began, "in the order in which they began");
    let times: Vec<f64> = timings.iter().map(|timing| timing.began.unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(written, result.tokens.generated);
    assert!(written > 0);
}

#[tokio::test]
async fn a_result_survives_json_and_is_what_its_schema_says() {
    let model = FakeModel::new(right);
    let job = job(&article(), &json!({ "metadata": { "desk": "north" } }));
    let result = run(&model, &job).await.unwrap();
    let json = serde_json::to_value(&result).unwrap();
    assert_eq!(
        serde_json::from_value::<ResultMessage>(json.clone()).unwrap(),
        result
    );
    let schema = serde_json::to_value(schemars::schema_for!(ResultMessage)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&json)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(
        (&json["kind"], &json["id"], &json["metadata"]["desk"]),
        (&json!("result"), &json!("a-1"), &json!("north"))
    );
}

#[test]
fn a_running_job_can_be_moved_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    let (pipeline, job) = (
        Pipeline::new(FakeModel::new(right), plan()),
        job(&article(), &json!({})),
    );
    let cancel = CancellationToken::new();
    is_send(&pipeline.run(&job, &Unobserved, &cancel));
}
