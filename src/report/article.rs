//! The summary and the sections, a row each: the source and its translations side by side.

use maud::{Markup, html};

use crate::job::wire::{SegmentResult, SourceSpan, Summary, Support, SupportBy, TargetResult};
use crate::job::{Section, SectionKind};
use crate::report::codes::EXTRACTED;
use crate::report::estimates::estimates;
use crate::report::page::Page;
use crate::report::sentences;
use crate::report::spot::{Part, Spot};
use crate::report::text::{notes, sentence, shortened};

/// How much of a supporting sentence a summary shows, in characters.
const SHOWN: usize = 70;

/// The summary, sentence by sentence; nothing when there is none.
pub(super) fn summary(page: &Page<'_>) -> Markup {
    let summaries: Vec<Option<&Summary>> = std::iter::once(page.result.summary.as_ref())
        .chain(
            page.result
                .targets
                .iter()
                .map(|target| target.summary.as_ref()),
        )
        .collect();
    let rows = summaries
        .iter()
        .flatten()
        .map(|summary| summary.segments.len())
        .max();
    let Some(rows) = rows else {
        return html! {};
    };
    html! {
        section.summary aria-labelledby="summary" {
            h2 id="summary" { "Summary" }
            @for index in 0..rows {
                div.row id={ "m" (index + 1) } role="group" aria-label={ "Summary, sentence " (index + 1) } {
                    p.label { a href={ "#m" (index + 1) } { (index + 1) } }
                    @for (column, summary) in summaries.iter().enumerate() {
                        div class=(page.cell(column)) data-lang=(page.lang(column)) {
                            @if let Some(segment) = summary.and_then(|summary| summary.segments.get(index)) {
                                (summary_sentence(page, column, index, segment))
                            }
                        }
                    }
                }
            }
            @if rows == 0 { p.none { "The summary is empty." } }
        }
    }
}

fn summary_sentence(
    page: &Page<'_>,
    column: usize,
    index: usize,
    segment: &SegmentResult,
) -> Markup {
    let spot = page.spot(column, Part::Summary, index);
    let english = page.result.summary.as_ref();
    let is_translation =
        column > 0 && english.is_some_and(|english| english.segments.len() > index);
    let of = if is_translation {
        page.spot(0, Part::Summary, index).to_string()
    } else {
        String::new()
    };
    let by = ids(page, segment.support.iter().map(|one| &one.span));
    html! {
        p lang=(page.lang(column)) { (sentence(page, spot, &segment.text, &of, &by)) }
        (support(page, segment))
        (notes(page, &[(spot, segment)]))
    }
}

/// Links to the sentences that say what a sentence of the summary says.
fn support(page: &Page<'_>, segment: &SegmentResult) -> Markup {
    let extracted = segment
        .findings
        .iter()
        .any(|finding| finding.code == EXTRACTED);
    let links: Vec<_> = segment
        .support
        .iter()
        .filter_map(|Support { span, by }| {
            let index = page.sentences.within(*span).next()?;
            let text = sentences::text(page.result, *span)?;
            Some((span.section, index, text, *by == SupportBy::Meaning))
        })
        .collect();
    html! {
        @if !links.is_empty() {
            div.support lang="en" {
                p { @if extracted { "The article’s own words, from" } @else { "Supported by" } }
                ul {
                    @for (section, index, text, in_other_words) in links {
                        li {
                            a href={ "#" (page.spot(0, Part::Section(section), index)) } {
                                "§ " (section + 1) " "
                                q lang=(page.lang(0)) { (shortened(text, SHOWN)) }
                            }
                            @if in_other_words { " in other words" }
                        }
                    }
                }
            }
        }
    }
}

/// The sections, side by side.
pub(super) fn sections(page: &Page<'_>) -> Markup {
    let result = page.result;
    let rows = result
        .targets
        .iter()
        .map(|target| target.sections.len())
        .chain([result.source.sections.len()])
        .max()
        .unwrap_or(0);
    html! {
        section.article aria-labelledby="article" {
            h2 id="article" tabindex="-1" { "Article" }
            (headlines(page))
            @for index in 0..rows {
                @let kind = kind(page, index);
                div class={ "row " (class(kind)) } id={ "s" (index + 1) } role="group"
                    aria-label={ "Section " (index + 1) ", " (name(kind)) } {
                    p.label {
                        a href={ "#s" (index + 1) } { "§ " (index + 1) }
                        @if kind != SectionKind::Paragraph { " " span { (name(kind)) } }
                    }
                    div class=(page.cell(0)) data-lang=(page.lang(0)) {
                        @if let Some(section) = result.source.sections.get(index)
                            && !section.text.trim().is_empty() {
                            (block(page, 0, section.kind, index, &section.text, &source(page, index, section)))
                        }
                    }
                    @for (target, column) in result.targets.iter().zip(1..) {
                        div class=(page.cell(column)) data-lang=(page.lang(column)) {
                            (translation(page, column, target, index))
                        }
                    }
                }
            }
            @if rows == 0 { p.none { "The article has no text." } }
        }
    }
}

/// Headlines that are no section of their target.
fn headlines(page: &Page<'_>) -> Markup {
    let apart = |target: &TargetResult| {
        let first = target.sections.first().map(|section| section.kind);
        target
            .title
            .clone()
            .filter(|title| first != Some(SectionKind::Title) && !title.trim().is_empty())
    };
    let titles: Vec<Option<String>> = page.result.targets.iter().map(apart).collect();
    html! {
        @if titles.iter().any(Option::is_some) {
            div.row.title role="group" aria-label="Headline" {
                p.label { span { "headline" } }
                div class=(page.cell(0)) data-lang=(page.lang(0)) {}
                @for (title, column) in titles.iter().zip(1..) {
                    div class=(page.cell(column)) data-lang=(page.lang(column)) {
                        @if let Some(title) = title { h3 lang=(page.lang(column)) { (title) } }
                    }
                }
            }
        }
    }
}

/// A source section with its sentences, and what stands between them.
fn source(page: &Page<'_>, index: usize, section: &Section) -> Markup {
    let text = section.text.as_str();
    let ranges = page.sentences.section(index);
    let ends = std::iter::once(0).chain(ranges.iter().map(|range| range.end));
    let last = ranges.last().map_or(0, |range| range.end);
    html! {
        @for (number, (range, before)) in ranges.iter().zip(ends).enumerate() {
            (text.get(before..range.start).unwrap_or_default())
            @let spot = page.spot(0, Part::Section(index), number);
            (sentence(page, spot, text.get(range.clone()).unwrap_or_default(), "", ""))
        }
        (text.get(last..).unwrap_or_default())
    }
}

/// A target's section with its segments and what is to be said about them.
fn translation<'a>(
    page: &Page<'a>,
    column: usize,
    target: &'a TargetResult,
    index: usize,
) -> Markup {
    let Some(section) = target.sections.get(index) else {
        return html! {};
    };
    let segments: Vec<(Spot<'a>, &SegmentResult)> = section
        .segments
        .iter()
        .enumerate()
        .map(|(number, segment)| (page.spot(column, Part::Section(index), number), segment))
        .collect();
    let texts = segments.iter().map(|(_, segment)| segment.text.as_str());
    let (gaps, rest) = gaps(&section.text, texts);
    let content = html! {
        @for ((spot, segment), gap) in segments.iter().zip(gaps) {
            (gap)
            @let of = segment.source.map_or_else(String::new, |span| ids(page, &[span]));
            (sentence(page, *spot, &segment.text, &of, ""))
        }
        (rest)
    };
    html! {
        @if !(segments.is_empty() && section.text.trim().is_empty()) {
            (block(page, column, section.kind, index, &section.text, &content))
        }
        (estimates(page, column, index, section))
        (notes(page, &segments))
    }
}

/// What stands before each segment in the text of its section, and after the last. A segment that
/// is not where it should be is kept apart from the one before by a space, and if it is the last,
/// nothing comes after it.
fn gaps<'a>(whole: &'a str, segments: impl Iterator<Item = &'a str>) -> (Vec<&'a str>, &'a str) {
    let (mut rest, mut lost) = (whole, false);
    let mut gaps = Vec::new();
    for text in segments {
        if let Some((gap, after)) = near(rest, text) {
            gaps.push(if lost && gap.is_empty() { " " } else { gap });
            (rest, lost) = (after, false);
        } else {
            gaps.push(if gaps.is_empty() { "" } else { " " });
            lost = true;
        }
    }
    (gaps, if lost { "" } else { rest })
}

/// What stands before and after the first occurrence of a text; `None` when it is not near.
fn near<'a>(rest: &'a str, text: &str) -> Option<(&'a str, &'a str)> {
    // White space, as a rule. Looking further would take ever longer in texts that do not fit.
    const NEAR: usize = 200;
    let end = rest.floor_char_boundary(text.len().saturating_add(NEAR));
    let at = rest.get(..end)?.find(text)?;
    Some((rest.get(..at)?, rest.get(at + text.len()..)?))
}

/// A block in the element of its role. An empty heading is none.
fn block(
    page: &Page<'_>,
    column: usize,
    kind: SectionKind,
    index: usize,
    text: &str,
    content: &Markup,
) -> Markup {
    let lang = page.lang(column);
    let below = page
        .result
        .source
        .sections
        .first()
        .is_some_and(|first| first.kind == SectionKind::Title && !first.text.trim().is_empty());
    let heading =
        matches!(kind, SectionKind::Title | SectionKind::Heading) && !text.trim().is_empty();
    html! {
        @if heading && below && index > 0 {
            h4 lang=(lang) { (content) }
        } @else if heading {
            h3 lang=(lang) { (content) }
        } @else if kind == SectionKind::Quote {
            blockquote lang=(lang) { p { (content) } }
        } @else {
            p lang=(lang) { (content) }
        }
    }
}

/// The ids of the sentences at some spans, for a list of them in an attribute.
fn ids<'a>(page: &Page<'_>, spans: impl IntoIterator<Item = &'a SourceSpan>) -> String {
    let sentences = spans.into_iter().flat_map(|span| {
        let spot = |index| page.spot(0, Part::Section(span.section), index).to_string();
        page.sentences.within(*span).map(spot)
    });
    sentences.collect::<Vec<_>>().join(" ")
}

/// The role of a row: the source's, or that of the first target which has one.
fn kind(page: &Page<'_>, index: usize) -> SectionKind {
    let source = page.result.source.sections.get(index);
    let targets = page.result.targets.iter();
    let mut targets = targets.filter_map(|target| target.sections.get(index));
    source
        .map(|section| section.kind)
        .or_else(|| targets.next().map(|section| section.kind))
        .unwrap_or(SectionKind::Paragraph)
}

/// A role, for people.
pub(super) fn name(kind: SectionKind) -> &'static str {
    match kind {
        SectionKind::Title => "headline",
        SectionKind::Lead => "lead",
        SectionKind::Heading => "subhead",
        SectionKind::Paragraph => "paragraph",
        SectionKind::Quote => "quotation",
        SectionKind::Caption => "caption",
        SectionKind::ListItem => "list item",
    }
}

fn class(kind: SectionKind) -> &'static str {
    match kind {
        SectionKind::Title => "title",
        SectionKind::Lead => "lead",
        SectionKind::Heading => "heading",
        SectionKind::Paragraph => "paragraph",
        SectionKind::Quote => "quote",
        SectionKind::Caption => "caption",
        SectionKind::ListItem => "item",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_segments_is_kept() {
        let cut = |whole, segments: &[&'static str]| gaps(whole, segments.iter().copied());
        assert_eq!(cut(" 가. 나.\n", &["가.", "나."]), (vec![" ", " "], "\n"));
        assert_eq!(cut("Да.  Нет.", &["Да.", "Нет."]), (vec!["", "  "], ""));
        assert_eq!(
            cut("Да. Нет.", &["", "Да.", "", "Нет."]),
            (vec!["", "", "", " "], "")
        );
        assert_eq!(cut("whole", &[]), (vec![], "whole"));
    }

    #[test]
    fn segments_that_do_not_fit_their_section_are_shown_all_the_same() {
        let cut = |whole, segments: &[&'static str]| gaps(whole, segments.iter().copied());
        assert_eq!(cut("Да.", &["Нет.", "Да."]), (vec!["", " "], ""));
        assert_eq!(cut("Да.", &["Да.", "Нет."]), (vec!["", " "], ""));
        assert_eq!(cut("", &["가", "나"]), (vec!["", " "], ""));
        // Too far away to be looked for.
        let far = format!("{}나", "가".repeat(100));
        assert_eq!(gaps(&far, ["나"].into_iter()), (vec![""], ""));
    }
}
