//! Texts with their marks, and the notes below them.

use maud::{Markup, html};

use crate::job::wire::{SegmentResult, SegmentStatus, Severity};
use crate::report::codes;
use crate::report::marks::pieces;
use crate::report::page::Page;
use crate::report::remarks::Remark;
use crate::report::spot::{Part, Spot};

/// Longest quotation in a note, in characters.
const QUOTED: usize = 160;

/// One sentence with its marks. `of` are the ids of the sentences that it was made from, and `by`
/// of those that support it.
pub(super) fn sentence(page: &Page<'_>, spot: Spot<'_>, text: &str, of: &str, by: &str) -> Markup {
    let some = |ids: &str| (!ids.is_empty()).then(|| ids.to_owned());
    html! {
        span.seg id=(spot) data-of=[some(of)] data-by=[some(by)] { (marked(page, spot, text)) }
    }
}

/// A text with its marks, and the numbers of its remarks: each where its mark ends, and the
/// segment's own that have none at the end.
fn marked(page: &Page<'_>, spot: Spot<'_>, text: &str) -> Markup {
    let marks = page.remarks.marks(spot);
    let unplaced = page
        .remarks
        .on(spot)
        .map(|(index, _)| index)
        .filter(|index| !marks.iter().any(|mark| mark.remark == *index && mark.ends));
    html! {
        @if text.trim().is_empty() {
            em.nothing lang="en" { "(nothing was written)" }
        }
        @for piece in pieces(text, marks) {
            @if piece.remarks.is_empty() {
                (piece.text)
            } @else {
                mark class=(mark_class(page, &piece.remarks)) data-f=(numbers(&piece.remarks)) {
                    (piece.text)
                }
            }
            @for index in piece.ending { (reference(page, spot, index)) }
        }
        @for index in unplaced { (reference(page, spot, index)) }
    }
}

/// How bad it is, and in whose column the remarks stand.
fn mark_class(page: &Page<'_>, remarks: &[usize]) -> String {
    let remarks: Vec<&Remark<'_>> = remarks
        .iter()
        .filter_map(|index| page.remarks.all().get(*index))
        .collect();
    let error = remarks
        .iter()
        .any(|remark| remark.severity == Severity::Error);
    let mut class = if error { "error" } else { "notice" }.to_owned();
    let mut columns: Vec<&str> = remarks.iter().map(|remark| remark.spot.name).collect();
    columns.dedup();
    for column in columns {
        class.push_str(" by-");
        class.push_str(column);
    }
    class
}

fn numbers(remarks: &[usize]) -> String {
    let numbers: Vec<String> = remarks
        .iter()
        .map(|index| (index + 1).to_string())
        .collect();
    numbers.join(" ")
}

/// The number of a remark, as a link to it. In another column than its own it goes with that one.
fn reference(page: &Page<'_>, spot: Spot<'_>, index: usize) -> Markup {
    let number = index + 1;
    let of = page
        .remarks
        .all()
        .get(index)
        .filter(|remark| remark.spot.column != spot.column)
        .map(|remark| remark.spot.name);
    let class = of.map_or_else(|| "ref".to_owned(), |of| format!("ref of-{of}"));
    html! {
        sup class=(class) lang="en" {
            // Keeps the number on the line of the word before it.
            "\u{2060}"
            // Keeps the number on the line of the word before it.
            "\u{2060}"
            a href={ "#f" (number) } aria-label={ "Finding " (number) } { (number) }
        }
    }
}

/// What is to be said below a text of several segments. Empty when all went well at once.
pub(super) fn notes<'a>(page: &Page<'a>, segments: &[(Spot<'a>, &SegmentResult)]) -> Markup {
    let worth_it = |(spot, segment): &&(Spot<'a>, &SegmentResult)| {
        segment.status != SegmentStatus::Ok || page.remarks.on(*spot).next().is_some()
    };
    let several = segments.len() > 1;
    html! {
        @for (spot, segment) in segments.iter().filter(worth_it) {
            div.note.review[segment.status == SegmentStatus::NeedsReview] lang="en" data-seg=(spot) {
                p.state {
                    (badge(segment.status))
                    @if several { " Sentence " (spot.index + 1) }
                    @if segment.attempts > 1 { " · attempt " (segment.attempts) }
                    @if let Some(before) = before(segment) { " · " (before) }
                }
                @if page.remarks.on(*spot).next().is_some() {
                    ul {
                        @for (index, remark) in page.remarks.on(*spot) {
                            (note(page, index, remark))
                        }
                    }
                }
            }
        }
    }
}

/// What was wrong before, where it no longer is.
fn before(segment: &SegmentResult) -> Option<String> {
    if segment.status != SegmentStatus::Retried || segment.reasons.is_empty() {
        return None;
    }
    let titles: Vec<_> = segment
        .reasons
        .iter()
        .map(|reason| codes::title(reason).to_lowercase())
        .collect();
    Some(format!("before: {}", titles.join(", ")))
}

fn note(page: &Page<'_>, index: usize, remark: &Remark<'_>) -> Markup {
    let number = index + 1;
    let source = page.lang(0);
    let original = match (remark.spot.part, remark.spot.column) {
        (Part::Summary, 1..) => "Summary",
        _ => "Original",
    };
    let output = match (remark.spot.part, remark.spot.column) {
        (Part::Summary, 0) => "Summary",
        _ => "Here",
    };
    html! {
        li.finding id={ "f" (number) } data-f=(number) tabindex="-1" {
            p {
                span.number { (number) } " "
                @if remark.severity == Severity::Notice {
                    span class=(severity_class(remark.severity)) { (severity(remark.severity)) } " "
                }
                strong { (title(remark)) }
                @if !remark.note.is_empty() { ": " bdi { (remark.note) } }
            }
            @if remark.original.is_some() || remark.output.is_some() {
                p.excerpts {
                    @if let Some(text) = remark.original {
                        span { (original) " " q lang=(source) { (shortened(text, QUOTED)) } }
                    }
                    @if let Some(text) = remark.output {
                        " "
                        span {
                            (output) " "
                            q lang=(page.lang(remark.spot.column)) { (shortened(text, QUOTED)) }
                        }
                    }
                }
            }
            @if remark.inherited {
                p.advice { "Said of the English sentence that this one translates." }
            } @else if let Some(advice) = remark.code.and_then(codes::advice) {
                p.advice { (advice) }
            }
        }
    }
}

/// What a remark is, in a few words.
pub(super) fn title(remark: &Remark<'_>) -> String {
    remark.code.map_or_else(
        || "The result does not say why".to_owned(),
        |code| codes::title(code).into_owned(),
    )
}

/// How bad a remark is, in a word.
pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "Review",
        Severity::Notice => "Note",
    }
}

/// The class of that word.
pub(super) fn severity_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "tag error",
        Severity::Notice => "tag notice",
    }
}

/// A status in words.
pub(super) fn badge(status: SegmentStatus) -> Markup {
    let (class, words) = match status {
        SegmentStatus::Ok => ("badge ok", "Passed"),
        SegmentStatus::Retried => ("badge retried", "Passed after another attempt"),
        SegmentStatus::NeedsReview => ("badge review", "Needs review"),
    };
    html! { span class=(class) { (words) } }
}

/// The beginning of a text, of at most so many characters and an ellipsis.
pub(super) fn shortened(text: &str, longest: usize) -> String {
    let text = text.trim();
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((end, _)) => {
            let cut = text.get(..end).unwrap_or(text);
            // At a space, where there is one not far back.
            let at_word = cut
                .rfind(char::is_whitespace)
                .filter(|at| at * 2 > end)
                .and_then(|at| cut.get(..at));
            format!("{}…", at_word.unwrap_or(cut).trim_end())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_a_space_if_one_is_near() {
        assert_eq!(shortened(" short ", 20), "short");
        assert_eq!(shortened("the harbour was closed", 14), "the harbour…");
        assert_eq!(shortened("항구가 폐쇄되었다", 3), "항구가…");
        assert_eq!(shortened(&"가".repeat(50), 4), "가가가가…");
    }
}
