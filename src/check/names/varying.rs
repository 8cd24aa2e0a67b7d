//! Does a name have the same form throughout an article?

use std::collections::BTreeMap;
use std::ops::Range;

use crate::check::finding::{Code, Finding};
use crate::job::Lang;

use super::{Hit, Known, Name, known, sound, sounded, table};

/// One mention of a name with its counterpart.
#[derive(Debug)]
struct Mention {
    /// Which of the pairs.
    pair: usize,
    source: Range<usize>,
    target: Range<usize>,
    /// As it is compared: without endings.
    form: String,
    /// As it stands.
    printed: String,
}

/// Segments (source and output, by their place in `pairs`) where a name is transcribed in another
/// way than in most of the article; where no form has more mentions, the first one counts.
///
/// Compared are the last words of names, where both forms are plausible; names in the table of
/// countries and institutions have several forms by right.
pub fn varying(pairs: &[(&str, &str)], lang: Lang, known: &Known) -> Vec<(usize, Finding)> {
    let mut by_name: BTreeMap<String, Vec<Mention>> = BTreeMap::new();
    for (pair, (source, target)) in pairs.iter().enumerate() {
        for name in known.checked(source) {
            let Some((key, hit)) = transcribed(&name, target, lang) else {
                continue;
            };
            let mentions = by_name.entry(key).or_default();
            let printed = target.get(hit.range.clone()).unwrap_or_default();
            let stem = target.get(hit.stem.clone()).unwrap_or_default();
            if mentions.last().is_none_or(|last| last.pair != pair) {
                mentions.push(Mention {
                    pair,
                    source: name.range,
                    target: hit.range,
                    form: form(stem, lang),
                    printed: printed.to_owned(),
                });
            }
        }
    }
    let mut findings: Vec<_> = by_name
        .values()
        .flat_map(|mentions| minority(mentions))
        .collect();
    findings.sort_by_key(|(pair, finding)| (*pair, finding.source.as_ref().map(|at| at.start)));
    findings
}

/// The word of a name that is compared, and where it stands, if its form leaves no doubt.
fn transcribed(name: &Name, target: &str, lang: Lang) -> Option<(String, Hit)> {
    /// The most that a form may cost a letter to be sure that it is one, in tenths.
    const SURE: usize = 6;
    const SHORTEST: usize = 4;
    let words: Vec<&str> = name.words.iter().map(String::as_str).collect();
    if table::exonym(&name.text()).is_some() || known::begins_with_family(&words) {
        return None;
    }
    let last = known::surname(&name.words)?;
    let length = sound::letters(last).len();
    let hit = sounded(&[last], target, lang, SURE)?;
    // "гарлемский" has no form of its own.
    let is_adjective = target
        .get(hit.range.clone())
        .is_some_and(|word| word.starts_with(char::is_lowercase));
    (length >= SHORTEST && !is_adjective).then(|| (last.to_lowercase(), hit))
}

/// What is compared of a form: in Cyrillic without the vowels at its end, which are those of cases,
/// and without a vowel that falls out in them.
fn form(stem: &str, lang: Lang) -> String {
    if lang != Lang::Ru {
        return stem.chars().filter(|c| !c.is_whitespace()).collect();
    }
    let lower = stem.to_lowercase().replace('ё', "е");
    let stem = lower.trim_end_matches(['а', 'я', 'о', 'е', 'и', 'ы', 'у', 'ю', 'ь', 'й']);
    let mut letters: Vec<char> = stem.chars().collect();
    let second = letters.len().checked_sub(2);
    if let Some(second) = second.filter(|at| matches!(letters.get(*at), Some('е' | 'о'))) {
        letters.remove(second);
    }
    letters.into_iter().collect()
}

/// The mentions whose form is not the most frequent.
fn minority(mentions: &[Mention]) -> Vec<(usize, Finding)> {
    let count = |form: &str| mentions.iter().filter(|other| other.form == form).count();
    let Some(usual) = mentions
        .iter()
        .rev()
        .max_by_key(|mention| count(&mention.form))
    else {
        return Vec::new();
    };
    mentions
        .iter()
        .filter(|mention| mention.form != usual.form)
        .map(|mention| {
            let note = format!("“{}” here, “{}” elsewhere", mention.printed, usual.printed);
            let mut finding = Finding::lost(Code::NameVaries, mention.source.clone(), note);
            finding.target = Some(mention.target.clone());
            (mention.pair, finding)
        })
        .collect()
}
