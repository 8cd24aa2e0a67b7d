//! The checks on professional translations: how often do they cry wolf?

use std::collections::BTreeMap;
use std::path::PathBuf;

use presslate::check::{self, Code, Standard, figures, glossary::Glossary};
use presslate::job::Lang;

/// Largest share of professional translations that may be flagged by any check, in percent.
const FALSE_ALARMS: f64 = 3.0;

/// The test set, where the machine has it: `$TEST_SHARED`, or `shared` beside the repository.
fn test_set() -> Option<String> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let root = std::env::var_os("TEST_SHARED").map_or_else(beside, PathBuf::from);
    let path = root.join("eval/ntrex-dev/segments.tsv");
    let text = std::fs::read_to_string(&path);
    if text.is_err() {
        crate::common::skip::skip(&format!(
            "{} is not there; set TEST_SHARED to the folder that holds eval/",
            path.display()
        ));
    }
    text.ok()
}

#[test]
fn few_professional_translations_are_flagged() {
    let Some(text) = test_set() else { return };
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect())
        .collect();
    assert!(rows.len() > 900, "the test set has {} rows", rows.len());
    for (lang, column) in [(Lang::Ko, 2), (Lang::Ru, 3)] {
        let mut by_check: BTreeMap<Code, u32> = BTreeMap::new();
        let mut flagged = 0;
        let glossary = Glossary::default();
        let standard = Standard {
            lang,
            glossary: &glossary,
        };
        for row in &rows {
            let findings = check::translation(row[1], row[column], false, standard);
            flagged += u32::from(!findings.is_empty());
            for finding in &findings {
                *by_check.entry(finding.code).or_default() += 1;
                println!(
                    "{lang} {finding:?} {:?}\n  {}\n  {}",
                    figures::missing(row[1], row[column], lang),
                    row[1],
                    row[column]
                );
            }
        }
        let percent =
            |count: u32| 100.0 * f64::from(count) / f64::from(u32::try_from(rows.len()).unwrap());
        for (finding, count) in &by_check {
            println!(
                "{lang} {:<14} {count:>3} {:.2} %",
                finding.name(),
                percent(*count)
            );
        }
        println!(
            "{lang} any            {flagged:>3} {:.2} %",
            percent(flagged)
        );
        assert!(
            percent(flagged) <= FALSE_ALARMS,
            "{lang}: {:.2} % of professional translations are flagged",
            percent(flagged)
        );
    }
}
