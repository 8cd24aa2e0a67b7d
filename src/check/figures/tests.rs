//! Both languages, from text to findings.

mod clean;
mod planted;
mod reading;

use crate::check::finding::Code;
use crate::job::Lang;

use super::check;

/// The codes of what is wrong, and the words in both texts.
fn findings(source: &str, target: &str, lang: &str) -> Vec<(Code, String, String)> {
    let lang: Lang = lang.parse().unwrap();
    let words = |text: &str, range: Option<std::ops::Range<usize>>| {
        range.map_or(String::new(), |range| text.get(range).unwrap().to_owned())
    };
    check(source, target, lang)
        .into_iter()
        .map(|finding| {
            assert!(!finding.note.is_empty());
            assert!(finding.source.is_some() || finding.target.is_some());
            (
                finding.code,
                words(source, finding.source),
                words(target, finding.target),
            )
        })
        .collect()
}

/// The rows of a table of cases, cut at its bars.
fn rows<const COLUMNS: usize>(table: &str) -> Vec<[&str; COLUMNS]> {
    let rows: Vec<_> = table
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let columns: Vec<_> = line.split('|').map(str::trim).collect();
            <[&str; COLUMNS]>::try_from(columns).expect(line)
        })
        .collect();
    assert!(!rows.is_empty());
    rows
}
