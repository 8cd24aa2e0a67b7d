//! The checks on professional translations: how often do they cry wolf?

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use presslate::check::names::Known;
use presslate::check::{self, Code, Finding, Standard};
use presslate::job::Lang;

/// Largest share of professional translations that may be flagged by any check, in percent.
const FLAGGED: f64 = 3.0;
/// The same without [`READ`].
const FALSE_ALARMS: f64 = 2.0;
/// Checks whose every finding here was read: nearly all are errors of the translators (a lost score, a
/// weekday that became another, a name left out), so that fewer findings would be worse.
const READ: [Code; 5] = [
    Code::Figures,
    Code::FigureAdded,
    Code::Unit,
    Code::Time,
    Code::Name,
];

/// The test set, where the machine has it: `$TEST_SHARED`, or `shared` beside the repository.
pub(super) fn test_set() -> Option<String> {
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
        let (mut flagged, mut doubtful) = (0, 0);
        for article in rows.chunk_by(|one, next| one[0] == next[0]) {
            let known = Known::new(article.iter().map(|row| row[1]), []);
            let standard = Standard {
                known: &known,
                ..Standard::plain(lang)
            };
            for row in article {
                let findings = check::translation(row[1], row[column], false, standard);
                flagged += u32::from(check::fails(&findings));
                let unread = |finding: &&Finding| !READ.contains(&finding.code);
                let others: Vec<Finding> = findings.iter().filter(unread).cloned().collect();
                doubtful += u32::from(check::fails(&others));
                let codes: BTreeSet<Code> = findings.iter().map(|finding| finding.code).collect();
                for code in codes {
                    *by_check.entry(code).or_default() += 1;
                }
                for finding in &findings {
                    println!("{lang} {finding:?}\n  {}\n  {}", row[1], row[column]);
                }
            }
        }
        let percent =
            |count: u32| 100.0 * f64::from(count) / f64::from(u32::try_from(rows.len()).unwrap());
        for (code, count) in &by_check {
            println!(
                "{lang} {:<16} {count:>3} {:.2} %",
                code.name(),
                percent(*count)
            );
        }
        println!(
            "{lang} any              {flagged:>3} {:.2} %",
            percent(flagged)
        );
        println!(
            "{lang} without the checks that were read: {:.2} %",
            percent(doubtful)
        );
        assert!(
            percent(flagged) <= FLAGGED,
            "{lang}: {:.2} % are flagged",
            percent(flagged)
        );
        assert!(
            percent(doubtful) <= FALSE_ALARMS,
            "{lang}: {:.2} % are flagged",
            percent(doubtful)
        );
    }
}
