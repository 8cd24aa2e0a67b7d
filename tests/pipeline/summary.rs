//! Summaries: their length, what they may claim, and articles longer than the context.

use presslate::job::Lang;
use presslate::job::wire::{SegmentResult, SegmentStatus, Support, SupportBy};
use presslate::pipeline::{Pipeline, Unobserved};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{SUMMARY, article, job, plan, right, run};
use crate::common::fake_model::{Answer, Asked, FakeModel, translated};

fn only_summary(sentences: usize) -> Value {
    json!({ "tasks": ["summarise"], "targets": [], "summary_sentences": sentences })
}

/// Summarises the article with these answers in turn, the last for good.
async fn summarised(
    sentences: usize,
    answers: &[&str],
) -> (presslate::job::wire::Summary, Vec<Asked>) {
    let given: Vec<String> = answers.iter().map(|answer| (*answer).to_owned()).collect();
    let model = FakeModel::new(move |asked| {
        given
            .get(asked.attempt)
            .or(given.last())
            .cloned()
            .unwrap_or_default()
            .into()
    });
    let result = run(&model, &job(&article(), &only_summary(sentences)))
        .await
        .unwrap();
    (result.summary.unwrap(), model.asked())
}

#[tokio::test]
async fn a_summary_has_the_sentences_asked_for() {
    for wanted in [1, 2, 3] {
        let (summary, asked) = summarised(wanted, &[SUMMARY]).await;
        assert_eq!(summary.segments.len(), wanted);
        assert!(
            summary
                .segments
                .iter()
                .all(|segment| segment.status == SegmentStatus::Ok),
            "{summary:#?}"
        );
        assert!(asked[0].prompt.ends_with(&format!("Sentences: {wanted}")));
        assert_eq!(asked.len(), 1);
    }
}

#[tokio::test]
async fn a_list_and_an_announcement_become_plain_sentences() {
    let answer = format!(
        "Here is a summary:\n\n1. {}",
        SUMMARY.replace(". The ", ".\n2. The ")
    );
    let (summary, _) = summarised(3, &[&answer]).await;
    assert_eq!(summary.text, SUMMARY);
}

#[tokio::test]
async fn too_few_sentences_are_asked_for_again() {
    let (summary, asked) = summarised(3, &["Dockers in Rostock voted on Friday.", SUMMARY]).await;
    assert_eq!(summary.segments.len(), 3);
    assert_eq!(asked.len(), 2);
    assert!(
        summary
            .segments
            .iter()
            .all(|segment| segment.status == SegmentStatus::Retried)
    );
    assert_eq!(summary.segments[0].reasons, ["too_few_sentences"]);

    let (summary, asked) = summarised(3, &["Dockers in Rostock voted on Friday."]).await;
    assert_eq!((summary.segments.len(), asked.len()), (3, 2));
    assert_eq!(summary.segments[0].status, SegmentStatus::Ok);
    for segment in &summary.segments[1..] {
        is_extracted(segment, "too_few_sentences");
    }
}

/// Whether a sentence is the article's own, and stands there for this reason.
fn is_extracted(segment: &SegmentResult, reason: &str) {
    assert_eq!(segment.status, SegmentStatus::Retried, "{segment:?}");
    assert_eq!(segment.reasons.first().map(String::as_str), Some(reason));
    assert_eq!(segment.findings.len(), 1);
    assert_eq!(segment.findings[0].code, "extracted");
    let [Support { span, by }] = segment.support.as_slice() else {
        panic!("one sentence is the whole support: {segment:?}")
    };
    assert_eq!(*by, SupportBy::Words);
    let sections = article()["sections"].clone();
    let text = sections[span.section]["text"].as_str().unwrap();
    assert_eq!(text.get(span.start..span.end), Some(segment.text.as_str()));
}

#[tokio::test]
async fn each_sentence_says_where_the_article_says_it() {
    let (summary, _) = summarised(3, &[SUMMARY]).await;
    let sections: Vec<Vec<usize>> = summary
        .segments
        .iter()
        .map(|segment| segment.support.iter().map(|one| one.span.section).collect())
        .collect();
    assert_eq!(sections, [[1], [2], [4]]);
}

#[tokio::test]
async fn a_summary_keeps_to_the_words_asked_for() {
    let words = |text: &str| text.split_whitespace().count();
    for most in [15, 20, 40] {
        let model = FakeModel::new(right);
        let only = json!({ "tasks": ["summarise"], "targets": [], "summary_words": most });
        let result = run(&model, &job(&article(), &only)).await.unwrap();
        let summary = result.summary.unwrap();
        assert!(words(&summary.text) <= most, "{most}: {}", summary.text);
        assert!(3 * words(&summary.text) >= most, "{most}: {}", summary.text);
    }
}

#[tokio::test]
async fn without_a_model_for_it_the_article_is_its_own_summary() {
    let model = FakeModel::new(right);
    let mut plan = plan();
    plan.summarise = None;
    let job = job(
        &article(),
        &json!({ "targets": ["ko"], "summary_sentences": 2 }),
    );
    let result = Pipeline::new(model, plan)
        .run(&job, &Unobserved, &CancellationToken::new())
        .await
        .unwrap();
    let summary = result.summary.unwrap();
    assert_eq!(summary.segments.len(), 2);
    for segment in &summary.segments {
        assert_eq!(segment.status, SegmentStatus::Ok);
        assert_eq!(segment.findings[0].code, "extracted");
    }
    assert_eq!(
        result.targets[0].summary.as_ref().unwrap().segments.len(),
        2
    );
    assert_eq!(result.models.len(), 1);
}

#[tokio::test]
async fn a_claim_that_the_article_does_not_make_gives_way_to_it() {
    for (claim, reason) in [
        ("The strike began on 19 June.", "unsupported_figure"),
        ("The strike was led by Pia Lindgren.", "unsupported_name"),
    ] {
        let answer = SUMMARY.replace("The strike began on 9 June.", claim);
        let (summary, asked) = summarised(3, &[&answer]).await;
        assert_eq!(asked.len(), 2, "{claim}");
        assert_eq!(summary.segments[0].status, SegmentStatus::Ok);
        is_extracted(&summary.segments[1], reason);
        assert_eq!(summary.segments[2].status, SegmentStatus::Ok);
        assert!(!summary.text.contains(claim));
    }
}

#[tokio::test]
async fn a_sentence_that_says_more_than_the_article_gives_way_to_it() {
    let brief = json!({ "sections": [
        { "kind": "paragraph", "text": "The night ferry to Gotland left two hours late." },
        { "kind": "paragraph", "text": "Its crew had waited for a doctor." }
    ]});
    let model = FakeModel::new(|asked| match asked.task.as_str() {
        "summarise" => {
            "The night ferry to Gotland left two hours late, and 40 people missed it.".into()
        }
        _ => right(asked),
    });
    let wanted = json!({ "targets": ["ru"], "summary_sentences": 1 });
    let result = run(&model, &job(&brief, &wanted)).await.unwrap();
    let segment = &result.summary.unwrap().segments[0];
    assert_eq!(
        segment.text,
        "The night ferry to Gotland left two hours late."
    );
    assert_eq!(segment.reasons, ["unsupported_figure"]);
}

#[tokio::test]
async fn a_summary_alone_is_translated_alone() {
    let model = FakeModel::new(right);
    let only = json!({ "tasks": ["summarise"], "targets": ["ko"] });
    let result = run(&model, &job(&article(), &only)).await.unwrap();
    let english = result.summary.unwrap();
    assert_eq!(result.targets.len(), 1);
    let korean = &result.targets[0];
    assert_eq!(
        (korean.lang, korean.status, korean.title.as_deref()),
        (Lang::Ko, SegmentStatus::Ok, None)
    );
    assert!(korean.sections.is_empty());
    let summary = korean.summary.as_ref().unwrap();
    assert_eq!(summary.segments.len(), english.segments.len());
    for (korean, english) in summary.segments.iter().zip(&english.segments) {
        assert_eq!(korean.text, translated(&english.text, Lang::Ko));
    }
    let asked = model.asked();
    assert_eq!(
        asked.iter().filter(|asked| asked.task == "ko").count(),
        english.segments.len()
    );
}

#[tokio::test]
async fn a_summary_without_languages_has_no_target_results() {
    let model = FakeModel::new(right);
    let result = run(&model, &job(&article(), &only_summary(3)))
        .await
        .unwrap();
    assert!(result.summary.is_some() && result.targets.is_empty());
}

#[tokio::test]
async fn a_model_without_an_answer_leaves_the_articles_own_sentences() {
    let (summary, _) = summarised(2, &[""]).await;
    assert!(
        summary
            .text
            .starts_with("Dockers in Rostock voted on Friday"),
        "{}",
        summary.text
    );
    assert_eq!(summary.segments.len(), 2);
    for segment in &summary.segments {
        is_extracted(segment, "empty");
    }
}

#[tokio::test]
async fn an_article_no_longer_than_its_summary_is_its_own_summary() {
    let model = FakeModel::new(right);
    let brief = json!({ "title": "Ferry Delayed", "sections": [{ "kind": "paragraph", "text": "The night ferry to Gotland left two hours late." }] });
    let result = run(&model, &job(&brief, &only_summary(3))).await.unwrap();
    assert_eq!(
        result.summary.unwrap().text,
        "The night ferry to Gotland left two hours late."
    );
    let headline =
        json!({ "sections": [{ "kind": "title", "text": "Ferry to Gotland Leaves Late" }] });
    let result = run(&model, &job(&headline, &only_summary(3)))
        .await
        .unwrap();
    assert_eq!(result.summary.unwrap().text, "Ferry to Gotland Leaves Late");
    assert!(model.asked().is_empty());
}

/// An article of numbered paragraphs, far longer than the context.
fn long_article(paragraphs: usize) -> Value {
    let sections: Vec<Value> = (0..paragraphs)
        .map(|n| {
            let text = format!(
                "Witness number {n} told the inquiry that the lock gates had failed before. \
                 The board noted statement {n} and asked the operator for its records."
            );
            json!({ "kind": "paragraph", "text": text })
        })
        .collect();
    json!({ "sections": sections })
}

#[tokio::test]
async fn a_long_article_is_summarised_in_parts_and_every_paragraph_is_read() {
    let model = FakeModel::new(|asked| {
        let first = asked.text.split(". ").next().unwrap_or_default();
        Answer::from(format!(
            "{first}. The board noted it. The operator has records."
        ))
    })
    .with_context(700);
    let result = run(&model, &job(&long_article(200), &only_summary(3)))
        .await
        .unwrap();
    assert_eq!(result.summary.unwrap().segments.len(), 3);
    let asked = model.asked();
    let read: String = asked
        .iter()
        .filter(|asked| asked.task == "summarise")
        .map(|asked| asked.text.as_str())
        .collect();
    for n in 0..200 {
        assert!(
            read.contains(&format!("Witness number {n} "))
                && read.contains(&format!("statement {n} ")),
            "{n} was not read"
        );
    }
    let parts = asked
        .iter()
        .filter(|asked| asked.task == "summarise")
        .count();
    let of_notes: Vec<_> = asked.iter().filter(|asked| asked.task == "merge").collect();
    assert!(parts > 3);
    // Every part's note reaches a merge, and the last merge is the summary.
    let merged: String = of_notes.iter().map(|asked| asked.text.as_str()).collect();
    for part in asked.iter().filter(|asked| asked.task == "summarise") {
        assert!(merged.contains(part.text.split(". ").next().unwrap()));
    }
}

#[tokio::test]
async fn a_paragraph_longer_than_the_context_is_read_whole() {
    let sentences: Vec<String> = (0..300)
        .map(|n| format!("Exhibit {n} was shown to the court in silence."))
        .collect();
    let article = json!({ "sections": [{ "kind": "paragraph", "text": sentences.join(" ") }] });
    let model =
        FakeModel::new(|_| "Exhibit 1 was shown. Exhibit 2 was shown. Exhibit 3 was shown.".into())
            .with_context(600);
    run(&model, &job(&article, &only_summary(3))).await.unwrap();
    let texts: Vec<String> = model
        .asked()
        .iter()
        .map(|asked| asked.text.replace('\n', " "))
        .collect();
    let read = texts.join(" ");
    for n in 0..300 {
        assert!(read.contains(&format!("Exhibit {n} ")), "{n} was not read");
    }
}

#[tokio::test]
async fn a_part_that_the_model_says_nothing_about_is_not_lost() {
    let model = FakeModel::new(|asked| match asked.task.as_str() {
        "summarise" => "".into(),
        _ => "The board noted it. The operator has records. The gates had failed.".into(),
    })
    .with_context(700);
    run(&model, &job(&long_article(60), &only_summary(3)))
        .await
        .unwrap();
    let asked = model.asked();
    let merged: String = asked
        .iter()
        .filter(|asked| asked.task == "merge")
        .map(|asked| asked.text.as_str())
        .collect();
    for part in asked.iter().filter(|asked| asked.task == "summarise") {
        let opening: String = part.text.split(' ').take(5).collect::<Vec<_>>().join(" ");
        assert!(merged.contains(&opening), "{opening} is lost");
    }
}

/// One sentence of a few hundred words, without an end before its last.
fn endless_sentence() -> String {
    let clauses: Vec<String> = (0..150)
        .map(|n| format!("clause number {n} was read out"))
        .collect();
    format!("The clerk said that {}.", clauses.join(", "))
}

#[tokio::test]
async fn an_article_of_one_endless_sentence_is_summarised_all_the_same() {
    let model = FakeModel::new(|_| "The clerk said that clause number 1 was read out.".into());
    let article = json!({ "sections": [{ "kind": "paragraph", "text": endless_sentence() }] });
    let result = run(&model, &job(&article, &only_summary(1))).await.unwrap();
    assert_eq!(
        result.summary.unwrap().text,
        "The clerk said that clause number 1 was read out."
    );
    assert_eq!(model.asked().len(), 1);
}

#[tokio::test]
async fn a_summary_sentence_too_long_to_translate_is_translated_in_pieces() {
    // Nothing is written, so the article's opening stands in for the summary, however long it is.
    let model = FakeModel::new(|asked| match asked.task.as_str() {
        "summarise" => "".into(),
        _ => right(asked),
    });
    let article = json!({ "sections": [{ "kind": "paragraph", "text": endless_sentence() }] });
    let result = run(&model, &job(&article, &json!({ "targets": ["ko"] })))
        .await
        .unwrap();
    let english = result.summary.unwrap();
    let korean = result.targets[0].summary.clone().unwrap();
    assert_eq!((english.segments.len(), korean.segments.len()), (1, 1));
    assert_eq!(
        korean.segments[0].source_text.as_deref(),
        Some(english.text.as_str())
    );
    assert_eq!(korean.text, translated(&english.text, Lang::Ko));
    for asked in model.asked().iter().filter(|asked| asked.task == "ko") {
        assert!(asked.text.split_whitespace().count() <= 256, "{asked:?}");
    }
}

/// What of a long article reaches the merge when this is the answer for each of its parts.
async fn merged_from(answer: fn(&Asked) -> Answer, sentences: usize) -> (Vec<Asked>, String) {
    let model = FakeModel::new(move |asked| match asked.task.as_str() {
        "summarise" => answer(asked),
        _ => "The board noted it. The operator has records. The gates had failed.".into(),
    })
    .with_context(1500);
    run(&model, &job(&long_article(60), &only_summary(sentences)))
        .await
        .unwrap();
    let (parts, merges): (Vec<Asked>, Vec<Asked>) = model
        .asked()
        .into_iter()
        .partition(|asked| asked.task == "summarise");
    assert!(parts.len() > 1);
    (parts, merges[0].text.clone())
}

#[tokio::test]
async fn an_apology_or_a_loop_for_a_part_gives_way_to_the_parts_own_first_sentences() {
    for answer in [
        |_: &Asked| Answer::from("I'm sorry, but I cannot help with that. The board noted it."),
        |_: &Asked| Answer::from(["the board noted"; 40].join(" ")),
    ] {
        let (parts, merged) = merged_from(answer, 3).await;
        assert!(!merged.contains("sorry") && !merged.contains("noted the board"));
        for part in parts {
            let first = part.text.split(". ").next().unwrap().to_owned();
            assert!(merged.contains(&first), "{first} is lost in {merged}");
        }
    }
}

#[tokio::test]
async fn a_part_is_asked_for_again_when_its_summary_says_what_the_article_does_not() {
    let (parts, merged) = merged_from(
        |asked| {
            let who = if asked.attempt == 0 {
                "Ventspils"
            } else {
                "The board"
            };
            format!("{who} noted it. The operator has records. The gates had failed.").into()
        },
        3,
    )
    .await;
    assert!(parts.iter().any(|part| part.attempt == 1));
    assert!(!merged.contains("Ventspils"), "{merged}");
}

#[tokio::test]
async fn the_parts_together_have_the_sentences_that_the_summary_is_to_have() {
    let (parts, _) = merged_from(
        |_| {
            let sentences: Vec<String> = (0..12)
                .map(|n| format!("The board noted statement {n}."))
                .collect();
            sentences.join(" ").into()
        },
        12,
    )
    .await;
    let first: Vec<_> = parts.iter().filter(|part| part.attempt == 0).collect();
    let each = 12_usize.div_ceil(first.len()).max(3);
    for part in &first {
        assert!(part.prompt.ends_with(&format!("Sentences: {each}")));
        assert!(part.decode.max_new_tokens > 64 * 3, "{part:?}");
    }
    assert!(each > 3, "{} parts are too many for this test", first.len());
}
