//! A correction is mostly the same article again: what did not change is not translated again.

use std::sync::Arc;

use presslate::job::wire::{ResultMessage, SegmentResult};
use presslate::pipeline::{Pipeline, SegmentCache, Unobserved};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{article, job, plan, right};
use crate::common::fake_model::{Asked, FakeModel};

const BYTES: usize = 1 << 20;

fn corrected() -> Value {
    let mut article = article();
    article["sections"][4]["text"] =
        "The port handled 2,410 ships last year. Eleven of them were still waiting in the roads on Friday evening."
            .into();
    article
}

/// Runs articles one after the other with one cache; gives the results, and what was asked for the last.
async fn in_turn(articles: &[(Value, Value)], bytes: usize) -> (Vec<ResultMessage>, Vec<Asked>) {
    let cache = Arc::new(SegmentCache::new(bytes));
    let mut results = Vec::new();
    let mut asked = Vec::new();
    for (article, extra) in articles {
        let model = FakeModel::new(right);
        let pipeline = Pipeline::new(model.clone(), plan()).with_cache(cache.clone());
        let job = job(article, extra);
        let result = pipeline
            .run(&job, &Unobserved, &CancellationToken::new())
            .await;
        results.push(result.unwrap());
        asked = model.asked();
    }
    (results, asked)
}

fn translate(revision: u64) -> Value {
    json!({ "tasks": ["translate"], "targets": ["ko", "ru"], "revision": revision })
}

#[tokio::test]
async fn only_the_changed_sentence_is_translated_again() {
    let (results, asked) = in_turn(
        &[(article(), translate(1)), (corrected(), translate(2))],
        BYTES,
    )
    .await;
    let texts: Vec<&str> = asked.iter().map(|asked| asked.text.as_str()).collect();
    assert_eq!(texts, ["The port handled 2,410 ships last year."; 2]);
    let counts: Vec<_> = results
        .iter()
        .map(|result| (result.segments.translated, result.segments.reused))
        .collect();
    let all = counts[0].0;
    assert_eq!(counts, [(all, 0), (all, all - 2)]);
}

#[tokio::test]
async fn what_is_reused_is_what_would_have_been_written() {
    let (results, asked) = in_turn(
        &[(article(), translate(1)), (article(), translate(2))],
        BYTES,
    )
    .await;
    assert!(asked.is_empty());
    assert_eq!(results[0].targets, results[1].targets);
}

#[tokio::test]
async fn a_sentence_that_stands_twice_is_translated_once() {
    let mut twice = article();
    let sections = twice["sections"].as_array_mut().unwrap();
    let last = sections.len();
    sections.push(sections[4].clone());
    let (results, asked) = in_turn(&[(twice, translate(1))], BYTES).await;
    let mut texts: Vec<_> = asked
        .iter()
        .map(|asked| (&asked.task, &asked.text))
        .collect();
    texts.sort();
    let all = texts.len();
    texts.dedup();
    assert_eq!(texts.len(), all, "something was asked for twice");
    for target in &results[0].targets {
        let [first, second] = [4, last].map(|at| &target.sections[at].segments);
        let written = |segments: &[SegmentResult]| -> Vec<String> {
            segments
                .iter()
                .map(|segment| segment.text.clone())
                .collect()
        };
        assert_eq!(written(first), written(second));
        assert!(!first.is_empty());
    }
    // Not from an earlier job.
    assert_eq!(results[0].segments.reused, 0);
}

#[tokio::test]
async fn another_glossary_makes_another_translation() {
    let terms = json!([{ "source": "ships", "target": "суда", "target_lang": "ru" }]);
    let mut with_terms = translate(2);
    with_terms["glossary"] = terms;
    let (results, _) = in_turn(&[(article(), translate(1)), (article(), with_terms)], BYTES).await;
    // What has no letters is not translated at all.
    let ko = results[1].targets[0]
        .sections
        .iter()
        .flat_map(|section| &section.segments)
        .filter(|segment| segment.attempts > 0)
        .count();
    assert_eq!(
        results[1].segments.reused, ko as u64,
        "the Korean alone is the same"
    );
}

#[tokio::test]
async fn a_cache_without_room_changes_nothing() {
    let (results, asked) =
        in_turn(&[(article(), translate(1)), (article(), translate(2))], 0).await;
    assert!(!asked.is_empty());
    assert_eq!(results[1].segments.reused, 0);
    assert_eq!(results[0].targets, results[1].targets);
}
