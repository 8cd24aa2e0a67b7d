//! The suite of planted errors (`tests/data/checks`): how many are found, and how often good translations
//! are flagged. Prints its table; `cargo test planted -- --nocapture` shows it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use presslate::check::{self, Code, Finding, Standard};
use presslate::glossary::{Glossary, world};
use presslate::job::Lang;

/// A class of planted errors, what a check may call it, and how many in a hundred must be found.
const CLASSES: [(&str, &[Code], u32); 12] = [
    ("figure", &[Code::Figures, Code::FigureAdded], 98),
    ("tenfold", &[Code::Figures, Code::FigureAdded], 98),
    ("unit", &[Code::Unit, Code::Figures], 80),
    ("time", &[Code::Time, Code::Figures], 80),
    ("name", &[Code::Name, Code::GlossaryTermMissing], 80),
    // What is dropped takes its figures, names and denials along, and is held back for those.
    (
        "dropped",
        &[
            Code::SentenceMissing,
            Code::LengthRatio,
            Code::Truncated,
            Code::Figures,
            Code::Name,
            Code::Polarity,
        ],
        98,
    ),
    ("added", &[Code::SentenceAdded, Code::LengthRatio], 80),
    ("polarity", &[Code::Polarity], 80),
    ("latin", &[Code::WrongScript, Code::CopiedSource], 80),
    ("script", &[Code::WrongScript], 98),
    ("loop", &[Code::Loop], 98),
    ("quotation", &[Code::Quotation], 80),
];
/// The glossary that is built in.
static WORLD: LazyLock<Glossary> = LazyLock::new(|| world().unwrap());
/// Good translations that may be flagged, in a hundred.
const FALSE_ALARMS: u32 = 3;

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().map(|line| line.split('\t').collect())
}

fn findings(source: &str, text: &str, lang: Lang) -> Vec<Finding> {
    let mut findings = check::translation(source, text, false, Standard::plain(lang));
    findings.extend(WORLD.check(source, text, lang));
    findings
}

fn planted(lang: Lang, clean: &'static str, planted: &'static str) {
    let mut alarms = 0;
    let mut all = 0;
    for row in rows(clean) {
        let [id, source, text] = row.as_slice() else {
            panic!("a clean row has three columns: {row:?}")
        };
        let findings = findings(source, text, lang);
        all += 1;
        if check::fails(&findings) {
            alarms += 1;
            println!("{lang} {id}: false alarm: {findings:?}\n  {source}\n  {text}");
        }
    }
    assert!(all >= 200, "{all} clean rows");
    let mut found: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for row in rows(planted) {
        let [id, class, source, text, note] = row.as_slice() else {
            panic!("a planted row has five columns: {row:?}")
        };
        let (name, codes, _) = CLASSES
            .iter()
            .find(|(name, ..)| name == class)
            .unwrap_or_else(|| panic!("{class} is no class"));
        let findings = findings(source, text, lang);
        let hit = findings.iter().any(|finding| codes.contains(&finding.code));
        let count = found.entry(name).or_default();
        count.0 += u32::from(hit);
        count.1 += 1;
        if !hit {
            println!("{lang} {id}: missed: {note}\n  {source}\n  {text}");
        }
    }
    println!("{lang} clean: {alarms} of {all} flagged");
    let mut failed = Vec::new();
    for (class, _, least) in CLASSES {
        let (hits, of) = found.get(class).copied().unwrap_or_default();
        println!("{lang} {class:<10} {hits:>3} of {of}");
        assert!(of >= 24, "{class} has {of} rows");
        if 100 * hits < least * of {
            failed.push(format!(
                "{class}: {hits} of {of}, and {least} in 100 are to be found"
            ));
        }
    }
    assert!(failed.is_empty(), "{lang}: {failed:#?}");
    assert!(
        100 * alarms <= FALSE_ALARMS * all,
        "{lang}: {alarms} of {all} good translations are flagged"
    );
}

#[test]
fn planted_errors_are_found_in_korean() {
    planted(
        Lang::Ko,
        include_str!("../data/checks/clean.ko.tsv"),
        include_str!("../data/checks/planted.ko.tsv"),
    );
}

#[test]
fn planted_errors_are_found_in_russian() {
    planted(
        Lang::Ru,
        include_str!("../data/checks/clean.ru.tsv"),
        include_str!("../data/checks/planted.ru.tsv"),
    );
}
