//! Glossaries as TOML.

use serde::Deserialize;
use toml::Spanned;

use super::{Draft, Wrong, trimmed};
use crate::glossary::entry::{Case, Entry};
use crate::glossary::error::Place;
use crate::job::Lang;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    term: Vec<Spanned<TermTable>>,
}

/// One `[[term]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TermTable {
    source: OneOrMore,
    ko: Option<OneOrMore>,
    ru: Option<OneOrMore>,
    #[serde(default)]
    case: CaseName,
    #[serde(default = "yes")]
    translate: bool,
    #[serde(default)]
    indeclinable: bool,
    forbidden_ko: Option<OneOrMore>,
    forbidden_ru: Option<OneOrMore>,
    #[serde(default)]
    note: String,
    #[serde(default)]
    origin: String,
}

/// A string, or a list of them.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CaseName {
    #[default]
    Auto,
    Exact,
    Insensitive,
}

fn yes() -> bool {
    true
}

pub(super) fn drafts(text: &str) -> Result<Vec<Draft>, Wrong> {
    let place = |at: usize| {
        let before = text.as_bytes().iter().take(at);
        Place::Line(1 + before.filter(|byte| **byte == b'\n').count())
    };
    let file: File = toml::from_str(text).map_err(|error: toml::de::Error| {
        let what = format!("the file cannot be read: {}", error.message());
        (error.span().map(|span| place(span.start)), what)
    })?;
    Ok(file
        .term
        .into_iter()
        .map(|table| Draft {
            place: place(table.span().start),
            entry: table.into_inner().entry(),
        })
        .collect())
}

impl TermTable {
    fn entry(self) -> Entry {
        let of = |ko: Option<OneOrMore>, ru: Option<OneOrMore>| {
            [(Lang::Ko, ko), (Lang::Ru, ru)]
                .into_iter()
                .filter_map(|(lang, forms)| Some((lang, forms?.list())))
                .filter(|(_, forms)| !forms.is_empty())
                .collect()
        };
        Entry {
            sources: self.source.list(),
            case: match self.case {
                CaseName::Auto => Case::Auto,
                CaseName::Exact => Case::Exact,
                CaseName::Insensitive => Case::Insensitive,
            },
            do_not_translate: !self.translate,
            indeclinable: self.indeclinable,
            targets: of(self.ko, self.ru),
            forbidden: of(self.forbidden_ko, self.forbidden_ru),
            note: self.note,
            origin: self.origin,
        }
    }
}

impl OneOrMore {
    fn list(&self) -> Vec<String> {
        match self {
            Self::One(form) => trimmed(std::iter::once(form.as_str())),
            Self::More(forms) => trimmed(forms.iter().map(String::as_str)),
        }
    }
}
