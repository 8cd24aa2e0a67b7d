//! Tables: that of `presslate models list`, and those of numbers.

use super::text::bytes;
use crate::model::catalog::{Entry, TaskName};
use crate::model::weights::Presence;

/// Columns of the table.
const HEAD: [&str; 7] = [
    "MODEL",
    "TASKS",
    "WRITES",
    "SIZE",
    "MEMORY",
    "COMMERCIAL USE",
    "HERE",
];

/// A model's row, and the lines below it.
pub(super) type Row = ([String; 7], Vec<String>);

/// One model.
pub(super) fn row(entry: &Entry, presence: Presence) -> Row {
    let tasks = entry.tasks.iter().map(|task| match task {
        TaskName::Summarise => "summarise",
        TaskName::Translate => "translate",
        TaskName::Embed => "embed",
    });
    let size = entry
        .files
        .iter()
        .map(|file| file.size)
        .sum::<Option<u64>>();
    let commercial = entry.licence.commercial;
    let here = match presence {
        Presence::Complete { .. } => "yes".to_owned(),
        Presence::Partial { bytes: some } => format!("{} of it", bytes(some)),
        Presence::Absent => "no".to_owned(),
    };
    let columns = [
        entry.id.clone(),
        tasks.collect::<Vec<_>>().join(","),
        entry
            .target_langs
            .iter()
            .map(|lang| lang.tag())
            .collect::<Vec<_>>()
            .join(","),
        size.map_or_else(|| "unknown".to_owned(), bytes),
        bytes(entry.memory_mib.saturating_mul(1 << 20)),
        format!("{commercial} ({})", entry.licence.name),
        here,
    ];
    let mut below = vec![entry.description.clone()];
    if !entry.licence.note.is_empty() {
        below.push(format!("licence: {}", entry.licence.note));
    }
    (columns, below)
}

/// All rows, aligned.
pub(super) fn table(rows: impl IntoIterator<Item = Row>) -> String {
    let rows: Vec<Row> = std::iter::once((HEAD.map(str::to_owned), Vec::new()))
        .chain(rows)
        .collect();
    let mut widths = [0; HEAD.len()];
    for (columns, _) in &rows {
        for (width, column) in widths.iter_mut().zip(columns) {
            *width = (*width).max(column.chars().count());
        }
    }
    let mut text = String::new();
    for (columns, below) in &rows {
        let line: Vec<String> = columns
            .iter()
            .zip(widths)
            .map(|(column, width)| format!("{column:<width$}"))
            .collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
        for line in below {
            text.push_str("  ");
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// Rows of numbers below their names, aligned at their ends.
pub(super) fn numbers(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths = vec![0; columns];
    for row in rows {
        for (width, column) in widths.iter_mut().zip(row) {
            *width = (*width).max(column.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        let line: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(column, width)| format!("{column:>width$}"))
            .collect();
        text.push_str(&line.join("  "));
        text.push('\n');
    }
    text
}
