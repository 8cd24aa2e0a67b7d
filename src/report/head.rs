//! The top of the page: what it is, whether it may go out, and which languages are shown.

use maud::{Markup, html};

use crate::job::SectionKind;
use crate::job::wire::{ResultMessage, SegmentStatus};
use crate::report::page::Page;
use crate::report::spot::written;
use crate::report::text::badge;
use crate::report::words::{count, list, moment, own_name};

/// What the article is called: its headline, or the id of the job.
fn headline(result: &ResultMessage) -> Option<&str> {
    let first = result.source.sections.first()?;
    let title = first.text.trim();
    (first.kind == SectionKind::Title && !title.is_empty()).then_some(title)
}

/// The title of the window.
pub(super) fn title(result: &ResultMessage) -> String {
    let what = headline(result).unwrap_or(&result.id);
    let embargo = if result.embargoed_until.is_some() {
        "Embargoed: "
    } else {
        ""
    };
    format!("{embargo}{what} – presslate report")
}

/// The banner.
pub(super) fn header(page: &Page<'_>) -> Markup {
    let result = page.result;
    let targets: Vec<&str> = result
        .targets
        .iter()
        .map(|target| target.lang.name())
        .collect();
    let lang = result.source.lang;
    html! {
        header {
            @if let Some(until) = &result.embargoed_until {
                p.embargo {
                    strong { "Embargo" } " "
                    span { "Not to be published before " time datetime=(until) { (moment(until)) } }
                }
            }
            div.masthead {
                p.brand { "presslate" span { " report" } }
                @if let Some(headline) = headline(result) {
                    h1 lang=(lang.tag()) { (headline) }
                } @else {
                    h1 { "Job " (result.id) }
                }
                p.about {
                    @if written(result, page.columns).next().is_some() { (badge(result.status)) " " }
                    span { (lang.name()) @if !targets.is_empty() { " into " (list(&targets)) } }
                    span { "Job " code { (result.id) } }
                    @if result.revision > 0 { span { "Revision " (result.revision) } }
                }
            }
        }
    }
}

/// Chooses among targets. It works without scripts; where a browser cannot, all are shown.
pub(super) fn switch(page: &Page<'_>) -> Markup {
    let targets = page.columns.get(1..).unwrap_or_default();
    html! {
        @if targets.len() > 1 {
            div.controls {
                fieldset.switch {
                    legend { "Show" }
                    @for column in targets {
                        label {
                            input type="radio" name="show" id={ "show-" (column.name) } autocomplete="off";
                            span { (column.label) }
                        }
                    }
                    label {
                        input type="radio" name="show" id="show-all" autocomplete="off" checked;
                        span { @if targets.len() == 2 { "Both" } @else { "All" } }
                    }
                }
                (keys())
            }
        } @else if !targets.is_empty() {
            div.controls { (keys()) }
        }
    }
}

/// Shown by the script, which is what makes it true.
fn keys() -> Markup {
    html! {
        p.keys hidden {
            "Point at a sentence, or move with the keyboard: "
            kbd { "Tab" } " into the text, then "
            kbd { "↑" } " " kbd { "↓" } " by sentence, "
            kbd { "←" } " " kbd { "→" } " between languages."
        }
    }
}

/// The names of the columns. Cells say their language themselves where there are no columns.
pub(super) fn heads(page: &Page<'_>) -> Markup {
    html! {
        div.heads {
            p.label {}
            @for (index, column) in page.columns.iter().enumerate() {
                div class=(page.cell(index)) data-column=(column.name) {
                    p {
                        strong lang=(column.lang.tag()) { (own_name(column.lang)) }
                        @if own_name(column.lang) != column.label { " " span { (column.label) } }
                        @if index == 0 { " " span { "original" } }
                    }
                    @if index > 0 { p.sum { (sum(page, index)) } }
                }
            }
        }
    }
}

/// How a target's segments came out.
pub(super) fn sum(page: &Page<'_>, column: usize) -> String {
    let segments = written(page.result, page.columns).filter(|(spot, _)| spot.column == column);
    let (mut all, mut review) = (0, 0);
    for (_, segment) in segments {
        all += 1;
        review += usize::from(segment.status == SegmentStatus::NeedsReview);
    }
    match (all, review) {
        (0, _) => "no segments".to_owned(),
        (all, 0) => format!("{} passed", count(all, "segment")),
        (all, review) => format!("{review} of {} to review", count(all, "segment")),
    }
}
