//! All that was found, first: what an editor has to read before anything goes out.

use maud::{Markup, html};

use crate::job::wire::SegmentStatus;
use crate::report::article::name;
use crate::report::head::sum;
use crate::report::page::Page;
use crate::report::remarks::Remark;
use crate::report::spot::{Part, written};
use crate::report::text::{severity, severity_class, shortened, title};
use crate::report::words::count;

/// Longest note in the list, in characters: the whole stands below the text.
const NOTE: usize = 120;

/// The list of all remarks, language by language, with links to each.
pub(super) fn list(page: &Page<'_>) -> Markup {
    let remarks = page.remarks.all();
    let groups: Vec<(usize, Vec<(usize, &Remark<'_>)>)> = (0..page.columns.len())
        .map(|column| {
            let of_column = |(_, remark): &(usize, &Remark<'_>)| remark.spot.column == column;
            let group = remarks.iter().enumerate().filter(of_column).collect();
            (column, group)
        })
        .collect();
    html! {
        section.findings aria-labelledby="findings" {
            h2 id="findings" { (verdict(page)) }
            @if let Some(retried) = retried(page) { p.attempts { (retried) } }
            @if !remarks.is_empty() {
                div.groups {
                    @for (column, group) in &groups {
                        @if !group.is_empty() { (self::group(page, *column, group)) }
                    }
                }
            }
        }
    }
}

fn group(page: &Page<'_>, column: usize, group: &[(usize, &Remark<'_>)]) -> Markup {
    let label = page
        .columns
        .get(column)
        .map_or("", |column| column.label.as_str());
    let class = (column > 0).then(|| format!("of-{}", page.name(column)));
    html! {
        div class=[class] {
            h3 {
                @if column == 0 { (label) " summary" } @else { (label) " " span { (sum(page, column)) } }
            }
            ol {
                @for (index, remark) in group {
                    li {
                        a href={ "#f" (index + 1) } {
                            span.number { (index + 1) } " "
                            span class=(severity_class(remark.severity)) { (severity(remark.severity)) } " "
                            span.title { (title(remark)) }
                        }
                        " "
                        span.where { (place(page, remark)) }
                        @if !remark.note.is_empty() { " " bdi.said { (shortened(remark.note, NOTE)) } }
                    }
                }
            }
        }
    }
}

/// `§ 4, sentence 2`.
fn place(page: &Page<'_>, remark: &Remark<'_>) -> String {
    let sentence = remark.spot.index + 1;
    match remark.spot.part {
        Part::Summary => format!("Summary, sentence {sentence}"),
        Part::Section(section) => {
            let target = remark.spot.column.checked_sub(1);
            let target = target.and_then(|at| page.result.targets.get(at));
            let here = target.and_then(|target| target.sections.get(section));
            let number = section + 1;
            match here {
                Some(here) if here.segments.len() == 1 => {
                    format!("§ {number}, {}", name(here.kind))
                }
                _ => format!("§ {number}, sentence {sentence}"),
            }
        }
    }
}

fn verdict(page: &Page<'_>) -> String {
    let statuses: Vec<SegmentStatus> = written(page.result, page.columns)
        .map(|(_, segment)| segment.status)
        .collect();
    let review = statuses
        .iter()
        .filter(|status| **status == SegmentStatus::NeedsReview)
        .count();
    match (statuses.len(), review) {
        (0, _) => "Nothing was summarised or translated".to_owned(),
        (1, 0) => "The one segment passed the checks".to_owned(),
        (all, 0) => format!("All {} passed the checks", count(all, "segment")),
        (all, 1) => format!("1 of {} needs review", count(all, "segment")),
        (all, review) => format!("{review} of {} need review", count(all, "segment")),
    }
}

/// How many segments were good at a later attempt.
fn retried(page: &Page<'_>) -> Option<String> {
    let retried = written(page.result, page.columns)
        .filter(|(_, segment)| segment.status == SegmentStatus::Retried)
        .count();
    (retried > 0).then(|| {
        format!(
            "{} passed after another attempt.",
            count(retried, "segment")
        )
    })
}
