//! Glossaries as tables.

use std::collections::BTreeMap;

use super::{Draft, Wrong, trimmed};
use crate::glossary::entry::{Case, Entry};
use crate::glossary::error::Place;
use crate::job::Lang;

/// The columns there are. All but the first may be left out.
const COLUMNS: [&str; 10] = [
    "source",
    "ko",
    "ru",
    "case",
    "translate",
    "indeclinable",
    "forbidden_ko",
    "forbidden_ru",
    "note",
    "origin",
];
/// What parts the forms of one field.
const BETWEEN: char = '|';
/// Stands for: nothing is said about this language.
const NONE: &str = "-";

pub(super) fn drafts(text: &str) -> Result<Vec<Draft>, Wrong> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .flexible(true)
        .from_reader(text.as_bytes());
    let columns = reader
        .headers()
        .map_err(|error| unreadable(&error))
        .and_then(|header| columns(header).map_err(|what| (Some(Place::Line(1)), what)))?;
    let mut drafts = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error))?;
        let line = record.position().map_or(0, |position| line(text, position));
        let row = Row {
            columns: &columns,
            record: &record,
        };
        let entry = row
            .entry()
            .map_err(|what| (Some(Place::Line(line)), what))?;
        drafts.push(Draft {
            place: Place::Line(line),
            entry,
        });
    }
    Ok(drafts)
}

/// What parts the fields: spreadsheets of many countries write semicolons.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    b",;\t"
        .iter()
        .copied()
        .rev()
        .max_by_key(|mark| header.bytes().filter(|byte| byte == mark).count())
        .unwrap_or(b',')
}

/// The line where a record begins. The library's position is before empty lines that it skips.
fn line(text: &str, position: &csv::Position) -> usize {
    let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.get(from..).unwrap_or_default();
    let skipped = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
    let breaks = rest
        .bytes()
        .take(skipped)
        .filter(|byte| *byte == b'\n')
        .count();
    usize::try_from(position.line()).unwrap_or(usize::MAX) + breaks
}

fn unreadable(error: &csv::Error) -> Wrong {
    let line = error
        .position()
        .and_then(|position| usize::try_from(position.line()).ok());
    (
        line.map(Place::Line),
        format!("the table cannot be read: {error}"),
    )
}

/// Each column's place in a row.
fn columns(header: &csv::StringRecord) -> Result<BTreeMap<&'static str, usize>, String> {
    let mut columns = BTreeMap::new();
    for (at, name) in header.iter().enumerate() {
        let lower = name.trim().to_ascii_lowercase();
        let known = COLUMNS.into_iter().find(|known| *known == lower);
        let Some(known) = known else {
            return Err(format!(
                "column {name:?} is not known: the columns are {}",
                COLUMNS.join(", ")
            ));
        };
        if columns.insert(known, at).is_some() {
            return Err(format!("column {known} comes twice: take one of them out"));
        }
    }
    if !columns.contains_key("source") {
        return Err("there is no column source: the first line names the columns".to_owned());
    }
    Ok(columns)
}

struct Row<'a> {
    columns: &'a BTreeMap<&'static str, usize>,
    record: &'a csv::StringRecord,
}

impl Row<'_> {
    fn entry(&self) -> Result<Entry, String> {
        let (fields, wanted) = (self.record.len(), self.columns.len());
        if fields != wanted {
            return Err(format!(
                "has {fields} fields where the first line names {wanted} columns: put what contains the mark \
                 between fields into double quotes"
            ));
        }
        let do_not_translate = !self.yes_or_no("translate", true)?;
        let mut entry = Entry {
            sources: self.forms("source"),
            case: self.case()?,
            do_not_translate,
            indeclinable: self.yes_or_no("indeclinable", false)?,
            note: self.field("note").to_owned(),
            origin: self.field("origin").to_owned(),
            ..Entry::default()
        };
        for lang in Lang::TARGETS {
            if !self.columns.contains_key(lang.tag()) || self.field(lang.tag()) == NONE {
                continue;
            }
            let forms = self.forms(lang.tag());
            if forms.is_empty() {
                if !do_not_translate {
                    return Err(format!(
                        "column {lang} is empty and the term is not marked do-not-translate: give its form, write \
                         {NONE} if there is none in this language, or set translate to no"
                    ));
                }
                continue;
            }
            entry.targets.insert(lang, forms);
        }
        for lang in Lang::TARGETS {
            let forms = self.forms(&format!("forbidden_{lang}"));
            if !forms.is_empty() {
                entry.forbidden.insert(lang, forms);
            }
        }
        Ok(entry)
    }

    fn field(&self, column: &str) -> &str {
        self.columns
            .get(column)
            .and_then(|at| self.record.get(*at))
            .unwrap_or_default()
            .trim()
    }

    fn forms(&self, column: &str) -> Vec<String> {
        trimmed(self.field(column).split(BETWEEN))
    }

    fn yes_or_no(&self, column: &str, default: bool) -> Result<bool, String> {
        match self.field(column).to_ascii_lowercase().as_str() {
            "" => Ok(default),
            "yes" | "true" | "1" => Ok(true),
            "no" | "false" | "0" => Ok(false),
            other => Err(format!("column {column} is {other:?}: write yes or no")),
        }
    }

    fn case(&self) -> Result<Case, String> {
        match self.field("case").to_ascii_lowercase().as_str() {
            "" | "auto" => Ok(Case::Auto),
            "exact" => Ok(Case::Exact),
            "insensitive" => Ok(Case::Insensitive),
            other => Err(format!(
                "column case is {other:?}: write exact or insensitive, or leave it empty"
            )),
        }
    }
}
