//! Files to entries: the formats, and what holds for all of them.

mod csv;
mod tbx;
mod toml;

use std::collections::HashMap;

use super::Glossary;
use super::entry::Entry;
use super::error::Place;
use super::tokens::{folded, plain, tokens};
use crate::job::{Lang, Term};

/// How a glossary is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A table with a line of column names; parted by commas, semicolons or tabs.
    Csv,
    /// `[[term]]` tables.
    Toml,
    /// TBX: ISO 30042 of 2019, or the older dialect whose root is `martif`.
    Tbx,
}

impl Format {
    /// By the ending of a file's name, without the dot: `csv`, `tsv`, `toml`, `tbx`. `None` for others.
    pub fn of(ending: &str) -> Option<Self> {
        match ending.to_ascii_lowercase().as_str() {
            "csv" | "tsv" => Some(Self::Csv),
            "toml" => Some(Self::Toml),
            "tbx" => Some(Self::Tbx),
            _ => None,
        }
    }
}

/// An entry as it was read, not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    /// Where it stands.
    pub(super) place: Place,
    /// What it says.
    pub(super) entry: Entry,
}

/// What is wrong, and where.
pub(super) type Wrong = (Option<Place>, String);

/// The entries of a file, as they stand there.
pub(super) fn drafts(format: Format, bytes: &[u8]) -> Result<Vec<Draft>, Wrong> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        let what = "the file is not UTF-8: save it again with this encoding".to_owned();
        (Some(Place::Line(line)), what)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        Format::Csv => csv::drafts(text),
        Format::Toml => toml::drafts(text),
        Format::Tbx => tbx::drafts(text),
    }
}

/// The entries, once each is known to make sense and no two contradict each other.
pub(super) fn checked(drafts: Vec<Draft>) -> Result<Vec<Entry>, Wrong> {
    if drafts.len() > Glossary::MAX_ENTRIES {
        let what = format!(
            "has {} entries; at most {} are read: part it",
            drafts.len(),
            Glossary::MAX_ENTRIES
        );
        return Err((None, what));
    }
    // A term as it is looked for, to where it was first seen.
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<Draft> = Vec::with_capacity(drafts.len());
    for mut draft in drafts {
        check(&draft.entry).map_err(|what| (Some(draft.place.clone()), what))?;
        let mut sources = Vec::new();
        for source in std::mem::take(&mut draft.entry.sources) {
            let key = if draft.entry.case.is_exact(&source) {
                plain(&source)
            } else {
                folded(&source)
            };
            let at = *seen.entry(key).or_insert(kept.len());
            match kept.get(at) {
                Some(first) if !says_the_same(&first.entry, &draft.entry) => {
                    let what = format!(
                        "{source:?} has other forms here than in {}: keep one of the two, or put accepted forms \
                         side by side",
                        first.place
                    );
                    return Err((Some(draft.place), what));
                }
                None if !sources.contains(&source) => sources.push(source),
                // Said before, here or in another entry.
                _ => {}
            }
        }
        if !sources.is_empty() {
            draft.entry.sources = sources;
            kept.push(draft);
        }
    }
    Ok(kept.into_iter().map(|draft| draft.entry).collect())
}

fn says_the_same(one: &Entry, other: &Entry) -> bool {
    one.targets == other.targets && one.do_not_translate == other.do_not_translate
}

/// What is wrong with an entry alone.
fn check(entry: &Entry) -> Result<(), String> {
    let name = entry.sources.first().map_or("", String::as_str);
    if name.is_empty() {
        return Err("the term is empty: write it, or take the entry out".to_owned());
    }
    if !Lang::TARGETS.into_iter().any(|lang| entry.is_for(lang)) {
        return Err(format!(
            "{name:?} has no form in any language and is not marked do-not-translate: give a form for ko or ru"
        ));
    }
    let forms = entry.targets.values().chain(entry.forbidden.values());
    for form in entry.sources.iter().chain(forms.flatten()) {
        let length = form.chars().count();
        if length > Term::MAX_CHARS {
            return Err(format!(
                "{name:?} has a form of {length} characters; at most {} are read: a glossary is for terms, not for \
                 sentences",
                Term::MAX_CHARS
            ));
        }
        if form.chars().any(char::is_control) {
            return Err(format!(
                "{form:?} has a line break or another control character in it: take it out"
            ));
        }
        if !tokens(form)
            .iter()
            .any(|token| token.text.chars().any(char::is_alphanumeric))
        {
            return Err(format!(
                "{form:?} has neither letter nor digit: write a word"
            ));
        }
    }
    for lang in Lang::TARGETS {
        let accepted = entry.accepted(lang);
        let both = entry
            .forbidden(lang)
            .iter()
            .find(|form| accepted.iter().any(|good| folded(good) == folded(form)));
        if let Some(form) = both {
            return Err(format!(
                "{form:?} is both accepted and forbidden for {name:?} in {lang}: take it out of one of the two"
            ));
        }
    }
    Ok(())
}

/// The forms of a list, without white space around them and without empty ones.
fn trimmed<'a>(forms: impl Iterator<Item = &'a str>) -> Vec<String> {
    forms
        .map(str::trim)
        .filter(|form| !form.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests;
