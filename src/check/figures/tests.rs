//! Both languages, from text to findings.

mod clean;
mod planted;
mod reading;

use crate::check::finding::Code;
use crate::job::Lang;

use super::check;

/// The codes of what is wrong, and the words in both texts.
fn findings(source: &str, target: &str, lang: Lang) -> Vec<(Code, String, String)> {
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
