//! Evaluations as text in columns.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{Evaluation, Measured};

/// Scores and rates of each language, then findings by code.
pub(super) fn evaluation(evaluation: &Evaluation) -> String {
    let about = &evaluation.about;
    let mut text = format!("{} on {}\n", about.system, about.set);
    for (name, value) in &about.details {
        let _infallible = writeln!(text, "{name}: {value}");
    }
    let head = [
        "LANGUAGE",
        "SEGMENTS",
        "CHRF",
        "CHRF++",
        "BLEU",
        "REVIEW %",
        "RETRIED %",
        "NAMES %",
        "FIGURES %",
        "COVERED %",
        "SECONDS",
        "TOKENS/S",
    ];
    let rows = evaluation.languages.iter().map(scores);
    text.push('\n');
    text.push_str(&aligned(&head, rows));

    let mut head = vec!["FINDING"];
    head.extend(
        evaluation
            .languages
            .iter()
            .map(|language| language.lang().tag()),
    );
    let rows: Vec<Vec<String>> = codes(evaluation)
        .into_iter()
        .map(|code| {
            let mut row = vec![code.to_owned()];
            row.extend(evaluation.languages.iter().map(|language| {
                let found = language.rates.codes.get(code);
                found.map_or(0, |found| found.segments).to_string()
            }));
            row
        })
        .collect();
    if !rows.is_empty() {
        text.push_str("\nSegments with a finding\n");
        text.push_str(&aligned(&head, rows));
    }
    text
}

/// Every code that was found in any language, in order.
pub(in crate::eval) fn codes(evaluation: &Evaluation) -> BTreeSet<&str> {
    let languages = evaluation.languages.iter();
    languages
        .flat_map(|language| language.rates.codes.keys().map(String::as_str))
        .collect()
}

fn scores(language: &Measured) -> Vec<String> {
    let (scores, rates) = (&language.scores, &language.rates);
    let share = |segments| format!("{:.1}", rates.share(segments));
    vec![
        language.lang().tag().to_owned(),
        rates.segments.to_string(),
        format!("{:.1}", scores.chrf),
        format!("{:.1}", scores.chrf_pp),
        format!("{:.1}", scores.bleu),
        share(rates.needs_review),
        share(rates.retried),
        share(rates.names),
        share(rates.figures),
        share(rates.covered),
        format!("{:.1}", rates.seconds),
        format!("{:.1}", rates.tokens_per_second()),
    ]
}

/// Names of columns and rows below them: the first column begins where it begins, the others end
/// where they end.
pub(in crate::eval) fn aligned(
    head: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let head = head.iter().map(|name| (*name).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths = vec![0; columns];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let _infallible = match column {
                0 => write!(line, "{cell:<width$}"),
                _ => write!(line, "  {cell:>width$}"),
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::eval::segment::tests;

    #[test]
    fn the_table_has_scores_and_findings_of_each_language() {
        let text = tests::evaluation(0).to_table();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "first on segments.tsv");
        assert_eq!(lines[1], "device: cpu, 2 threads");
        assert!(lines[3].starts_with("LANGUAGE  SEGMENTS  CHRF"), "{text}");
        // Scores as sacrebleu prints them.
        let row = |at: usize| lines[at].split_whitespace().collect::<Vec<_>>();
        assert_eq!(row(4)[..6], ["ko", "30", "38.1", "36.0", "42.1", "10.0"]);
        assert_eq!(row(5)[..6], ["ru", "30", "65.0", "62.6", "42.1", "10.0"]);
        assert_eq!(row(4)[7..], ["6.7", "3.3", "96.7", "12.5", "48.0"]);
        assert_eq!(row(8), ["FINDING", "ko", "ru"]);
        assert_eq!(row(11), ["name", "2", "2"]);
        assert_eq!(lines[3].len(), lines[4].len());
    }

    #[test]
    fn without_findings_there_is_no_table_of_them() {
        let mut evaluation = tests::evaluation(0);
        for language in &mut evaluation.languages {
            language.rates.codes.clear();
        }
        assert!(!evaluation.to_table().contains("FINDING"));
    }
}
