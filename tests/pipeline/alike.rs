//! How alike is alike enough? What a model of sentences adds to words in saying what a summary rests on,
//! and what it lets through. `tests/data/support/alike.tsv` has short articles of our own, sentences that
//! say what they say in other words, and sentences about the same that they do not say.
//!
//! ```sh
//! TEST_WEIGHTS=<folder of the models> TEST_SHARED=<folder of eval/> \
//!   cargo test --test it pipeline::alike -- --nocapture
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use presslate::check::Code;
use presslate::check::support::{ALIKE, Evidence, NEAR};
use presslate::job::{Section, SectionKind};
use presslate::model::arch::bert::BertModel;
use presslate::model::{Embedding, Model};
use presslate::text::Article;
use tokio_util::sync::CancellationToken;

use crate::bert::real::real_model;

use super::checks::test_set;

const PAIRS: &str = include_str!("../data/support/alike.tsv");
/// Where a table has a row.
const THRESHOLDS: [f32; 9] = [0.40, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80];

/// An article, and what its sentences mean.
struct Read {
    evidence: Evidence,
    meaning: Vec<Embedding>,
}

fn evidence(paragraphs: &[&str]) -> Evidence {
    let section = |text: &&str| Section::new(SectionKind::Paragraph, *text);
    Evidence::new(&Article {
        sections: paragraphs.iter().map(section).collect(),
        dropped: Vec::new(),
        embeds: Vec::new(),
    })
}

fn read(model: &mut BertModel, paragraphs: &[&str]) -> Read {
    let evidence = evidence(paragraphs);
    let of = evidence.sentences().iter();
    let texts: Vec<&str> = of.map(|sentence| sentence.text.as_str()).collect();
    let meaning = embed(model, &texts);
    Read { evidence, meaning }
}

fn embed(model: &mut BertModel, texts: &[&str]) -> Vec<Embedding> {
    let texts: Vec<Arc<str>> = texts.iter().map(|text| Arc::from(*text)).collect();
    model
        .embed(&texts, &CancellationToken::new(), &mut |_| ())
        .unwrap()
}

/// One sentence that is asked for: whether words find it, and from which threshold down meaning does.
#[derive(Clone, Copy)]
struct Asked {
    by_words: bool,
    up_to: Option<f32>,
}

fn ask(article: &Read, text: &str, embedding: &Embedding) -> Asked {
    let is_supported = |likeness: &[f32]| {
        let grounding = article.evidence.ground(text, likeness);
        let mut findings = grounding.findings.iter();
        findings.all(|finding| finding.code != Code::UnsupportedSentence)
    };
    let likeness: Vec<f32> = article
        .meaning
        .iter()
        .map(|of| of.likeness(embedding))
        .collect();
    // The program has one threshold: moving what it is compared with moves it.
    let at = |threshold: f32| -> Vec<f32> {
        likeness.iter().map(|one| one - threshold + ALIKE).collect()
    };
    let mut up_to = THRESHOLDS.iter().rev().copied();
    Asked {
        by_words: is_supported(&[]),
        up_to: up_to.find(|threshold| is_supported(&at(*threshold))),
    }
}

/// Each sentence of an article, asked of the others.
fn held_out(whole: &Read) -> Vec<Asked> {
    let of = whole.evidence.sentences().iter();
    let texts: Vec<&str> = of.map(|sentence| sentence.text.as_str()).collect();
    let without = |held: usize| {
        let mut others = texts.clone();
        let text = others.remove(held);
        let evidence = evidence(&others);
        // A sentence that is cut in another way by itself has no vector.
        let same = evidence.sentences().len() == others.len();
        let mut meaning = whole.meaning.clone();
        let embedding = meaning.remove(held);
        same.then(|| ask(&Read { evidence, meaning }, text, &embedding))
    };
    (0..texts.len()).filter_map(without).collect()
}

/// Shares in percent: found by words, and found by words or meaning at a threshold.
fn shares(asked: &[Asked], threshold: f32) -> (f64, f64) {
    let percent = |count: usize| {
        100.0 * f64::from(u32::try_from(count).unwrap())
            / f64::from(u32::try_from(asked.len()).unwrap())
    };
    let words = asked.iter().filter(|one| one.by_words).count();
    let both = |one: &&Asked| one.by_words || one.up_to.is_some_and(|most| most >= threshold);
    (percent(words), percent(asked.iter().filter(both).count()))
}

#[test]
fn what_is_alike_enough_is_said_and_hardly_anything_else_is() {
    let Some(mut model) = real_model() else {
        return;
    };
    let mut articles: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for line in PAIRS.lines().skip(1) {
        let [article, kind, text] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line:?} has not three columns")
        };
        let kinds = articles.entry(article).or_default();
        kinds.entry(kind).or_default().push(text);
    }
    let mut asked: BTreeMap<&str, Vec<Asked>> = BTreeMap::new();
    for kinds in articles.values() {
        let article = read(&mut model, &kinds["body"]);
        for kind in ["says", "not"] {
            for (text, embedding) in kinds[kind].iter().zip(embed(&mut model, &kinds[kind])) {
                asked
                    .entry(kind)
                    .or_default()
                    .push(ask(&article, text, &embedding));
            }
        }
    }
    // A sentence of the body that the others, about the same, mostly do not say.
    if let Some(set) = test_set() {
        let rows: Vec<(&str, &str)> = set
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once('\t'))
            .map(|(document, rest)| (document, rest.split('\t').next().unwrap_or_default()))
            .collect();
        // Some of the documents: each sentence is asked of all others, once for every threshold.
        let documents = rows.chunk_by(|one, next| one.0 == next.0);
        for document in documents.step_by(6) {
            let headless = document.get(1..).unwrap_or_default();
            let texts: Vec<&str> = headless.iter().map(|(_, text)| *text).collect();
            let whole = read(&mut model, &texts);
            asked.entry("held").or_default().extend(held_out(&whole));
        }
    }
    println!("share of sentences that are taken as said, in percent");
    println!("threshold  other words  not said  held out");
    let row = |name: &str, of: &dyn Fn(&[Asked]) -> f64| {
        let cell = |kind: &str| asked.get(kind).map_or(f64::NAN, |asked| of(asked));
        println!(
            "{name:>9}  {:>11.1}  {:>8.1}  {:>8.1}",
            cell("says"),
            cell("not"),
            cell("held")
        );
    };
    row("words", &|asked| shares(asked, ALIKE).0);
    for threshold in THRESHOLDS {
        row(&format!("{threshold:.2}"), &|asked| {
            shares(asked, threshold).1
        });
    }
    let gain = |kind: &str| {
        let (words, both) = shares(&asked[kind], ALIKE);
        both - words
    };
    assert!(gain("not") < 3.0, "{} of those not said", gain("not"));
    if asked.contains_key("held") {
        assert!(gain("held") < 1.0, "{} of those held out", gain("held"));
    }
    // Much more of what is said comes near, and is shown as a source.
    let (words, near) = shares(&asked["says"], NEAR);
    assert!(
        near - words >= 40.0,
        "{words} by words, {near} with those near"
    );
}
