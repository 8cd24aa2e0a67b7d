//! What a job's own terms, names and times do on the way through.

use super::*;

fn with(extra: &Value) -> Job {
    let mut fields = json!({ "tasks": ["translate"], "targets": ["ru"] });
    for (key, value) in extra.as_object().unwrap() {
        fields[key] = value.clone();
    }
    job(&article(), &fields)
}

#[tokio::test]
async fn a_result_has_the_jobs_revision_and_embargo() {
    let job = with(&json!({ "revision": 7, "embargoed_until": "2031-04-02T15:00:00+09:00" }));
    let result = run(&FakeModel::new(right), &job).await.unwrap();
    assert_eq!(result.revision, 7);
    assert_eq!(
        result.embargoed_until.as_deref(),
        Some("2031-04-02T06:00:00Z")
    );
}

#[tokio::test]
async fn a_named_glossary_is_refused_before_any_work() {
    let model = FakeModel::new(right);
    let error = run(&model, &with(&json!({ "glossary_id": "house-style" })))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::UnknownGlossary);
    assert!(!error.code().retryable());
    let JobError::Invalid(invalid) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(invalid.field.as_deref(), Some("glossary_id"));
    assert!(
        invalid.message.contains("house-style") && invalid.message.contains("glossary"),
        "{error}"
    );
    assert!(model.asked().is_empty());
}

/// The second paragraph's second sentence names the union; the model writes `answers` for it in
/// turn.
async fn union(answers: [&'static str; 3]) -> presslate::job::wire::SegmentResult {
    let model = FakeModel::new(move |asked| {
        if asked.text.contains("Greta Holm") {
            answers[asked.attempt.min(2)].into()
        } else {
            right(asked)
        }
    });
    let terms = json!([
        { "source": "union", "target": "профсоюз", "target_lang": "ru" },
        { "source": "Union", "target": "노조", "target_lang": "ko" },
        { "source": "lockout", "target": "локаут" },
    ]);
    let result = run(&model, &with(&json!({ "glossary": terms })))
        .await
        .unwrap();
    result.targets[0].sections[2].segments[1].clone()
}

const WITH: &str =
    "«Мы получили почти всё, чего просили», — сказала Грета Хольм от имени профсоюза.";
const WITHOUT: &str =
    "«Мы получили почти всё, чего просили», — сказала Грета Хольм от имени объединения.";

#[tokio::test]
async fn a_term_of_the_glossary_in_another_case_is_no_fault() {
    let segment = union([WITH; 3]).await;
    assert_eq!(
        (segment.status, segment.attempts),
        (SegmentStatus::Ok, 1),
        "{segment:?}"
    );
}

#[tokio::test]
async fn a_missing_term_is_decoded_again_and_the_retry_can_mend_it() {
    let segment = union([WITHOUT, WITH, WITHOUT]).await;
    assert_eq!(
        (segment.status, segment.attempts),
        (SegmentStatus::Retried, 2)
    );
    assert_eq!(segment.reasons, ["glossary_term_missing"]);
    assert_eq!(segment.text, WITH);
}

#[tokio::test]
async fn a_term_that_stays_missing_needs_review() {
    let segment = union([WITHOUT; 3]).await;
    assert_eq!(segment.status, SegmentStatus::NeedsReview);
    assert_eq!(segment.reasons, ["glossary_term_missing"]);
}

#[tokio::test]
async fn the_summary_and_each_language_are_told_of_as_soon_as_they_are_complete() {
    let recorder = Recorder::default();
    let result = Pipeline::new(FakeModel::new(right), plan())
        .run(
            &job(&article(), &json!({})),
            &recorder,
            &CancellationToken::new(),
        )
        .await
        .unwrap();
    let events = recorder.0.into_inner().unwrap();
    let at = |wanted: &Event| events.iter().position(|event| event == wanted).unwrap();
    let done = |stage: &str| {
        at(&Event::StageDone {
            stage: stage.to_owned(),
        })
    };
    let summary = at(&Event::SummaryReady(Box::new(result.summary.unwrap())));
    let [korean, russian] =
        [0, 1].map(|index| at(&Event::TargetReady(Box::new(result.targets[index].clone()))));
    assert_eq!(summary, done("summarise") + 1);
    assert_eq!(korean, done("translate:ko") + 1);
    assert_eq!(russian, done("translate:ru") + 1);
}
