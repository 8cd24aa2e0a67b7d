//! Summaries that say what the article says in other words, with a model that compares sentences.

use presslate::job::wire::{ResultMessage, SegmentStatus, SupportBy};
use presslate::pipeline::{Pipeline, Unobserved};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{SUMMARY, article, job, right};
use crate::common::fake_model::{FakeModel, comparing_plan, plan};

/// Shares no word with the article's lead, whose vector it has.
const OTHER_WORDS: &str = "After a ballot, they called off their walkout.";

/// The lead, and what a model takes for the same, point one way; every other text its own.
fn meaning(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0; 64];
    let same = ["voted on Friday", "walkout"];
    let place = if same.iter().any(|words| text.contains(words)) {
        0
    } else {
        1 + text.len() % 63
    };
    vector[place] = 1.0;
    vector
}

/// A summary of three sentences, the first of them this one.
async fn summarised(first: &'static str, compares: bool) -> ResultMessage {
    let answer = SUMMARY.replacen(
        "Dockers in Rostock voted on Friday to end a strike.",
        first,
        1,
    );
    let model = FakeModel::new(move |asked| match asked.task.as_str() {
        "summarise" => answer.clone().into(),
        _ => right(asked),
    });
    let plan = if compares { comparing_plan() } else { plan() };
    let only = json!({ "targets": ["ru"], "tasks": ["summarise"], "summary_sentences": 3 });
    Pipeline::new(model.comparing(meaning), plan)
        .run(
            &job(&article(), &only),
            &Unobserved,
            &CancellationToken::new(),
        )
        .await
        .unwrap()
}

#[tokio::test]
async fn other_words_for_what_the_article_says_are_kept_and_say_so() {
    let result = summarised(OTHER_WORDS, true).await;
    let segment = &result.summary.unwrap().segments[0];
    assert_eq!(
        (segment.text.as_str(), segment.status),
        (OTHER_WORDS, SegmentStatus::Ok)
    );
    assert_eq!(segment.attempts, 1);
    let [support] = segment.support.as_slice() else {
        panic!("{segment:?}")
    };
    assert_eq!((support.span.section, support.by), (1, SupportBy::Meaning));
    let used: Vec<_> = result
        .models
        .iter()
        .map(|model| (model.task.as_str(), model.id.as_str()))
        .collect();
    assert_eq!(
        used,
        [
            ("summarise", "fake"),
            ("embed", "comparing"),
            ("translate:ru", "fake")
        ]
    );
    let stages: Vec<_> = result
        .timings
        .iter()
        .map(|timing| timing.stage.as_str())
        .collect();
    assert!(
        stages.contains(&"load:comparing") && stages.contains(&"embed"),
        "{stages:?}"
    );
}

#[tokio::test]
async fn without_the_model_words_alone_count_and_nothing_is_embedded() {
    let result = summarised(OTHER_WORDS, false).await;
    let segment = &result.summary.unwrap().segments[0];
    assert_ne!(segment.text, OTHER_WORDS);
    assert_eq!(segment.reasons, ["unsupported_sentence"]);
    assert!(result.models.iter().all(|model| model.task != "embed"));
    assert!(result.timings.iter().all(|timing| timing.stage != "embed"));
}

#[tokio::test]
async fn what_words_support_is_the_same_with_the_model_and_without() {
    let first = "Dockers in Rostock voted on Friday to end a strike.";
    let with = summarised(first, true).await.summary.unwrap();
    let without = summarised(first, false).await.summary.unwrap();
    assert_eq!(with, without);
    assert!(!serde_json::to_string(&with).unwrap().contains("\"by\""));
}

#[tokio::test]
async fn likeness_excuses_no_name_no_figure_and_no_denial() {
    for (first, reason) in [
        (
            "After a ballot, they called off their walkout in Ventspils.",
            "unsupported_name",
        ),
        (
            "After a ballot, some 950 of them called off their walkout.",
            "unsupported_figure",
        ),
        (
            "After a ballot, they refused to call off their walkout.",
            "unsupported_sentence",
        ),
        (
            "After a ballot, they did not call off their walkout.",
            "unsupported_sentence",
        ),
    ] {
        let segment = summarised(first, true)
            .await
            .summary
            .unwrap()
            .segments
            .remove(0);
        assert_ne!(segment.text, first);
        assert_eq!(segment.reasons, [reason], "{first}");
    }
}
