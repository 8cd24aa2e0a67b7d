//! From outputs back to an article: as many sections as there were, in the same order.

use std::ops::Range;

use crate::check;
use crate::check::names::{self, Known};
use crate::job::wire::{
    self, DroppedText, SegmentResult, SegmentStatus, SourceSpan, SourceText, Summary, TargetResult,
    TargetSection, TextSpan,
};
use crate::job::{Lang, SectionKind};
use crate::pipeline::attempt::Output;
use crate::text::Article;
use crate::text::chunk::Segment;
use crate::text::markup::{self, Translated};

/// The source part of a result.
pub(super) fn source(article: Article) -> SourceText {
    SourceText {
        lang: Lang::En,
        sections: article.sections,
        embeds: article.embeds,
        dropped: article
            .dropped
            .into_iter()
            .map(|dropped| DroppedText {
                text: dropped.text,
                reason: dropped.reason.name().to_owned(),
            })
            .collect(),
    }
}

/// The text of a segment, and where it stands, without the space around it.
pub(super) fn trimmed<'a>(article: &'a Article, segment: &Segment) -> (&'a str, Range<usize>) {
    let text = article
        .sections
        .get(segment.section)
        .and_then(|section| section.text.get(segment.range.clone()))
        .unwrap_or_default();
    let start = segment.range.start + (text.len() - text.trim_start().len());
    let text = text.trim();
    (text, start..start + text.len())
}

/// The translated sections, from one output per segment.
pub(super) fn sections(
    article: &Article,
    segments: &[Segment],
    outputs: Vec<Output>,
    lang: Lang,
) -> Vec<TargetSection> {
    // A link around a name goes to the name.
    let find = |words: &str, text: &str| names::appears(words, text, lang);
    let mut work = segments.iter().zip(outputs).peekable();
    let mut sections = Vec::with_capacity(article.sections.len());
    for (index, section) in article.sections.iter().enumerate() {
        let mut ranges = Vec::new();
        let mut texts = Vec::new();
        let mut results = Vec::new();
        while let Some((segment, output)) = work.next_if(|(segment, _)| segment.section == index) {
            let (source_text, span) = trimmed(article, segment);
            ranges.push(segment.range.clone());
            texts.push(output.text.clone());
            let span = SourceSpan {
                section: index,
                start: span.start,
                end: span.end,
            };
            results.push(result(output, Some(span), Some(source_text.to_owned())));
        }
        // A section without a segment has nothing to translate.
        let Translated { text, marks } = if results.is_empty() {
            Translated {
                text: section.text.clone(),
                marks: Vec::new(),
            }
        } else {
            markup::translated(section, &ranges, &texts, lang, &find)
        };
        sections.push(TargetSection {
            kind: section.kind,
            text,
            marks,
            segments: results,
        });
    }
    sections
}

/// A summary in the source language.
pub(super) fn summary(outputs: Vec<Output>) -> Summary {
    let segments: Vec<_> = outputs
        .into_iter()
        .map(|output| result(output, None, None))
        .collect();
    Summary {
        text: join(&segments),
        segments,
    }
}

/// A summary in a target language. What is wrong with a sentence of the English summary is wrong
/// with its translation too.
pub(super) fn translated_summary(english: &Summary, outputs: Vec<Output>) -> Summary {
    let segments: Vec<_> = english
        .segments
        .iter()
        .zip(outputs)
        .map(|(english, output)| {
            let mut segment = result(output, None, Some(english.text.clone()));
            if english.status == SegmentStatus::NeedsReview {
                if segment.status != SegmentStatus::NeedsReview {
                    segment.reasons.clear();
                }
                segment.status = SegmentStatus::NeedsReview;
                for reason in &english.reasons {
                    if !segment.reasons.contains(reason) {
                        segment.reasons.push(reason.clone());
                    }
                }
            }
            segment
        })
        .collect();
    Summary {
        text: join(&segments),
        segments,
    }
}

/// One target language, complete.
pub(super) fn target(
    lang: Lang,
    summary: Option<Summary>,
    sections: Vec<TargetSection>,
) -> TargetResult {
    let in_sections = sections.iter().flat_map(|section| &section.segments);
    let in_summary = summary.iter().flat_map(|summary| &summary.segments);
    let status = worst(in_sections.chain(in_summary));
    let title = sections
        .first()
        .filter(|section| section.kind == SectionKind::Title)
        .map(|title| title.text.clone());
    TargetResult {
        lang,
        status,
        title,
        summary,
        sections,
        html: None,
        item: None,
    }
}

/// Marks the names that are written in another way than elsewhere in the same target.
pub(super) fn mark_varying(target: &mut TargetResult, known: &Known) {
    let lang = target.lang;
    let in_sections = target
        .sections
        .iter_mut()
        .flat_map(|section| &mut section.segments);
    let in_summary = target
        .summary
        .iter_mut()
        .flat_map(|summary| &mut summary.segments);
    let mut segments: Vec<&mut SegmentResult> = in_sections.chain(in_summary).collect();
    let pairs: Vec<(&str, &str)> = segments
        .iter()
        .map(|segment| {
            let source = segment.source_text.as_deref().unwrap_or_default();
            (source, segment.text.as_str())
        })
        .collect();
    for (index, found) in names::varying(&pairs, lang, known) {
        if let Some(segment) = segments.get_mut(index) {
            segment.findings.push(finding(found));
        }
    }
}

/// `needs_review` when any segment is, `ok` otherwise: a retry that went well is no news.
pub(super) fn worst<'a>(segments: impl IntoIterator<Item = &'a SegmentResult>) -> SegmentStatus {
    let bad = segments
        .into_iter()
        .any(|segment| segment.status == SegmentStatus::NeedsReview);
    if bad {
        SegmentStatus::NeedsReview
    } else {
        SegmentStatus::Ok
    }
}

fn result(
    output: Output,
    source: Option<SourceSpan>,
    source_text: Option<String>,
) -> SegmentResult {
    let Output {
        text,
        status,
        reasons,
        findings,
        support,
        attempts,
    } = output;
    SegmentResult {
        source,
        source_text,
        text,
        status,
        reasons,
        findings: findings.into_iter().map(finding).collect(),
        support,
        attempts,
    }
}

fn finding(finding: check::Finding) -> wire::Finding {
    let span = |range: Range<usize>| TextSpan {
        start: range.start,
        end: range.end,
    };
    wire::Finding {
        code: finding.code.name().to_owned(),
        severity: match finding.code.severity() {
            check::Severity::Notice => wire::Severity::Notice,
            check::Severity::Error => wire::Severity::Error,
        },
        source: finding.source.map(span),
        target: finding.target.map(span),
        note: finding.note,
    }
}

fn join(segments: &[SegmentResult]) -> String {
    segments
        .iter()
        .map(|segment| segment.text.as_str())
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
