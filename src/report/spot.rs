//! Where a piece of text stands on the page: the ids of elements are made from it.

use std::fmt;

use crate::job::Lang;
use crate::job::wire::{ResultMessage, SegmentResult};

/// A column of the page. The first is the source's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Its language.
    pub(super) lang: Lang,
    /// What ids and classes begin with: the language's tag, numbered where it comes again.
    pub(super) name: String,
    /// Its English name, numbered likewise.
    pub(super) label: String,
}

/// The columns of a result: the source, then its targets in order.
pub(super) fn columns(result: &ResultMessage) -> Vec<Column> {
    let langs = result.targets.iter().map(|target| target.lang);
    let mut columns: Vec<Column> = Vec::new();
    for lang in std::iter::once(result.source.lang).chain(langs) {
        let before = columns.iter().filter(|column| column.lang == lang).count();
        let (name, label) = match before {
            0 => (lang.tag().to_owned(), lang.name().to_owned()),
            _ => (
                format!("{lang}{}", before + 1),
                format!("{} {}", lang.name(), before + 1),
            ),
        };
        columns.push(Column { lang, name, label });
    }
    columns
}

/// The parts of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// The summary.
    Summary,
    /// A section, by its index.
    Section(usize),
}

/// One sentence or so in one column. Written out, it is the id of its element: `en-s4-2` is the
/// second of section 4, `ko-m1` the first of the Korean summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot<'a> {
    /// The column's index: 0 is the source.
    pub(super) column: usize,
    /// The part of it.
    pub(super) part: Part,
    /// Index within the part.
    pub(super) index: usize,
    /// The column's name.
    pub(super) name: &'a str,
}

impl fmt::Display for Spot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, number) = (self.name, self.index + 1);
        match self.part {
            Part::Summary => write!(f, "{name}-m{number}"),
            Part::Section(section) => write!(f, "{name}-s{}-{number}", section + 1),
        }
    }
}

/// Every segment that somebody wrote, with its place: the source's summary, then target by target
/// the summary and the sections.
pub(super) fn written<'a>(
    result: &'a ResultMessage,
    columns: &'a [Column],
) -> impl Iterator<Item = (Spot<'a>, &'a SegmentResult)> {
    let summaries =
        std::iter::once(&result.summary).chain(result.targets.iter().map(|target| &target.summary));
    columns.iter().zip(summaries).enumerate().flat_map(
        move |(column, (Column { name, .. }, summary))| {
            let spot = move |part, index| Spot {
                column,
                part,
                index,
                name,
            };
            let summary = summary.iter().flat_map(|summary| &summary.segments);
            let summary = summary
                .enumerate()
                .map(move |(index, segment)| (spot(Part::Summary, index), segment));
            let target = column.checked_sub(1).and_then(|at| result.targets.get(at));
            let sections = target.into_iter().flat_map(|target| &target.sections);
            let sections = sections.enumerate().flat_map(move |(section, text)| {
                let segments = text.segments.iter().enumerate();
                segments.map(move |(index, segment)| (spot(Part::Section(section), index), segment))
            });
            summary.chain(sections)
        },
    )
}
