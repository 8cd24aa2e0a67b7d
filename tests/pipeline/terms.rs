//! Terms with translators that take no prompt: a source with placeholders, once, where it helps.

use presslate::job::Lang;
use presslate::job::wire::{SegmentResult, SegmentStatus};
use presslate::model::{Stop, Strategy};
use presslate::pipeline::{Pipeline, Unobserved};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::job;
use crate::common::fake_model::{Answer, Asked, FakeModel, plan, seq2seq_plan, translated};

const SOURCE: &str = "The Harbour Board told Gullwing to leave, and Gullwing did.";
const PROTECTED: &str = "The XQ1 told XQ2 to leave, and XQ3 did.";
/// The source without the two names of the glossary.
const KO: [&str; 2] = [
    "항만청이 바다갈매기에 떠나라고 했고, 바다갈매기는 떠났다.",
    "XQ1이 XQ2에 떠나라고 했고, XQ3은 떠났다.",
];
const RU: [&str; 2] = [
    "Портовая служба велела «Чайке» уйти, и «Чайка» ушла.",
    "XQ1 велело XQ2 уйти, и XQ3 ушло.",
];

/// Runs one sentence with a glossary of two terms through a translator without a prompt.
async fn run(
    lang: Lang,
    answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> (SegmentResult, Vec<Asked>) {
    let model = FakeModel::new(answer);
    let terms = json!([
        { "source": "Harbour Board", "target": "항만위원회", "target_lang": "ko" },
        { "source": "Gullwing", "target": "걸윙", "target_lang": "ko" },
        { "source": "Harbour Board", "target": "НКП", "target_lang": "ru" },
        { "source": "Gullwing", "target": "Gullwing", "target_lang": "ru" },
    ]);
    let article = json!({ "sections": [{ "kind": "paragraph", "text": SOURCE }] });
    let job = job(
        &article,
        &json!({ "tasks": ["translate"], "targets": [lang.tag()], "glossary": terms }),
    );
    let result = Pipeline::new(model.clone(), seq2seq_plan(4))
        .run(&job, &Unobserved, &CancellationToken::new())
        .await
        .unwrap();
    (
        result.targets[0].sections[0].segments[0].clone(),
        model.asked(),
    )
}

/// Answers the plain source with `plain` and that with placeholders with `protected`.
fn script(plain: &str, protected: &str) -> impl Fn(&Asked) -> Answer + Send + Sync + 'static {
    let (plain, protected) = (plain.to_owned(), protected.to_owned());
    move |asked| {
        let has_placeholders = asked.text.contains("XQ1");
        (if has_placeholders { &protected } else { &plain })
            .as_str()
            .into()
    }
}

#[tokio::test]
async fn a_missing_term_is_decoded_as_a_placeholder_and_comes_back_in_its_form() {
    for (lang, [plain, protected], expected) in [
        (
            Lang::Ko,
            KO,
            "항만위원회가 걸윙에 떠나라고 했고, 걸윙은 떠났다.",
        ),
        (Lang::Ru, RU, "НКП велело Gullwing уйти, и Gullwing ушло."),
    ] {
        let (segment, asked) = run(lang, script(plain, protected)).await;
        let texts: Vec<&str> = asked.iter().map(|asked| asked.text.as_str()).collect();
        assert_eq!(texts, [SOURCE, PROTECTED]);
        assert_eq!(segment.text, expected);
        assert_eq!(
            (segment.status, segment.attempts),
            (SegmentStatus::Retried, 2)
        );
        assert_eq!(segment.reasons, ["glossary_term_missing"]);
        // As likely a copy as can be had: by the same beam as the first.
        assert!(
            asked
                .iter()
                .all(|asked| matches!(asked.decode.strategy, Strategy::Beam { width: 4, .. }))
        );
        assert!(asked.iter().all(|asked| asked.task == lang.tag()));
    }
}

#[tokio::test]
async fn a_translation_with_its_terms_is_never_decoded_with_placeholders() {
    let good = "항만위원회가 걸윙에 떠나라고 했고, 걸윙은 떠났다.";
    let (segment, asked) = run(Lang::Ko, script(good, "")).await;
    assert_eq!((segment.status, asked.len()), (SegmentStatus::Ok, 1));

    // What fails for another reason is decoded again as ever.
    let (segment, asked) = run(Lang::Ko, move |asked| match asked.decode.strategy {
        Strategy::Beam { .. } => Answer {
            text: good.to_owned(),
            stop: Stop::TokenLimit,
        },
        _ => good.into(),
    })
    .await;
    assert_eq!(segment.reasons, ["truncated"]);
    assert!(asked.iter().all(|asked| asked.text == SOURCE));
    assert!(matches!(asked[1].decode.strategy, Strategy::Sample { .. }));
}

#[tokio::test]
async fn an_output_without_its_placeholders_is_thrown_away() {
    for (lang, [plain, protected]) in [(Lang::Ko, KO), (Lang::Ru, RU)] {
        for spoilt in [
            protected.replace("XQ2", ""),
            protected.replace("XQ2", "XQ1"),
            protected.replace("XQ2", "XQ"),
            String::new(),
        ] {
            let (segment, asked) = run(lang, script(plain, &spoilt)).await;
            assert_eq!(segment.text, plain, "{spoilt}");
            assert_eq!(segment.status, SegmentStatus::NeedsReview);
            assert!(!segment.reasons.is_empty());
            // The third try is the wide beam on the plain source.
            assert_eq!((segment.attempts, asked.len()), (3, 3));
            assert_eq!(asked[2].text, SOURCE);
            assert!(matches!(
                asked[2].decode.strategy,
                Strategy::Beam { width: 8, .. }
            ));
        }
    }
}

#[tokio::test]
async fn a_worse_translation_with_all_terms_does_not_win() {
    let [plain, _] = KO;
    let worse = "XQ1 XQ2 XQ3 떠나 떠나 떠나 떠나 떠나 떠나 떠나 떠나 떠나 떠나 떠나 떠나";
    let (segment, _) = run(Lang::Ko, script(plain, worse)).await;
    assert_eq!(segment.text, plain);
    assert_eq!(segment.status, SegmentStatus::NeedsReview);
}

#[tokio::test]
async fn a_model_with_a_prompt_gets_no_placeholders() {
    let model = FakeModel::new(|asked| translated(&asked.text, Lang::Ko).into());
    let terms = json!([{ "source": "Gullwing", "target": "걸윙", "target_lang": "ko" }]);
    let article = json!({ "sections": [{ "kind": "paragraph", "text": SOURCE }] });
    let job = job(
        &article,
        &json!({ "tasks": ["translate"], "targets": ["ko"], "glossary": terms }),
    );
    let result = Pipeline::new(model.clone(), plan())
        .run(&job, &Unobserved, &CancellationToken::new())
        .await
        .unwrap();
    let segment = &result.targets[0].sections[0].segments[0];
    assert_eq!(segment.reasons, ["glossary_term_missing"]);
    assert!(model.asked().len() == 3 && model.asked().iter().all(|asked| asked.text == SOURCE));
}
