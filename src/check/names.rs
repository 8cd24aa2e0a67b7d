//! Are the names of the source in the translation, and do they keep their form?
//!
//! A name is looked for in the forms that rules of transcription allow (`to_cyrillic.tsv`,
//! `to_hangul.tsv`), and for countries, great cities, institutions and given names in those of a
//! table (`exonyms.tsv`, `given.tsv`).

mod cyrillic;
mod find;
mod hangul;
mod known;
mod sound;
mod table;
mod tokens;
mod varying;

use std::ops::Range;

pub use find::{Kind, Name, find};
pub use known::Known;
pub use varying::varying;

use crate::check::finding::{Code, Finding};
use crate::job::Lang;

/// Where a name stands in a translation.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hit {
    cost: u32,
    /// With its ending.
    range: Range<usize>,
    /// Without it.
    stem: Range<usize>,
}

/// Where `name` stands in `target`, in bytes, in any plausible form; of a name of several words, its
/// last word is enough.
pub fn appears(name: &str, target: &str, lang: Lang) -> Option<Range<usize>> {
    let plain = name.replace('.', "");
    if let Some(entry) = table::exonym(name).or_else(|| table::exonym(&plain)) {
        if let Some(range) = entry.find(target, lang) {
            return Some(range);
        }
    }
    let words: Vec<String> = plain.split_whitespace().map(str::to_owned).collect();
    hit(&words, target, lang).map(|hit| hit.range)
}

/// Where the words of a name stand: the last of them, or of a name that begins with that of the
/// family all or the first.
fn hit(words: &[String], target: &str, lang: Lang) -> Option<Hit> {
    let all: Vec<&str> = words.iter().map(String::as_str).collect();
    let (first, last) = (*all.first()?, known::surname(words)?);
    if all.len() > 1 && begins_with_family(&all) {
        return sounded(&all, target, lang).or_else(|| sounded(&[first], target, lang));
    }
    let listed = || {
        let range = table::given(last)?.find(target, lang)?;
        Some(Hit {
            cost: 0,
            stem: range.clone(),
            range,
        })
    };
    sounded(&[last], target, lang).or_else(listed)
}

/// "Kim Jong Un", "Moon Jae-in", "Xi Jinping": short words, none of them a given name of the West.
fn begins_with_family(words: &[&str]) -> bool {
    const LONGEST: usize = 6;
    words.iter().all(|word| word.split('-').all(|part| part.chars().count() <= LONGEST))
        && words.first().is_some_and(|first| {
            is_family(first) && (words.len() == 2 || words.len() == 3)
        })
}

/// Where words stand as they sound.
fn sounded(words: &[&str], target: &str, lang: Lang) -> Option<Hit> {
    let parts: Vec<&str> = words.iter().flat_map(|word| word.split('-')).collect();
    match lang {
        Lang::Ko => hangul::find(&parts, target),
        Lang::Ru => cyrillic::find(&parts, target),
        Lang::En => None,
    }
}

/// The people and places of `source`, and the institutions of the table, that `target` has in no
/// plausible form.
pub fn check(source: &str, target: &str, lang: Lang, known: &Known) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for name in known.checked(source) {
        let printed = source.get(name.range.clone()).unwrap_or_default();
        if appears(printed, target, lang).is_none() {
            let note = format!("no form of “{printed}” found");
            if findings.iter().all(|finding| finding.note != note) {
                findings.push(Finding::lost(Code::Name, name.range, note));
            }
        }
    }
    findings
}

/// Whether a word is a family name of Korea, China or Vietnam, which stands before the given name.
fn is_family(word: &str) -> bool {
    include_str!("names/families.txt").split_whitespace().any(|family| family == word)
}
