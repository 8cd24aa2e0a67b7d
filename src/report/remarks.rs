//! What is to be said about a result, numbered, with its place in the texts.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::job::wire::{
    Finding, ResultMessage, SegmentResult, SegmentStatus, Severity, SourceSpan, TextSpan,
};
use crate::report::marks::Mark;
use crate::report::sentences::{self, Sentences};
use crate::report::spot::{Column, Part, Spot, written};

/// One thing to be said about one segment. Its number is its index and one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark<'a> {
    /// The segment.
    pub(super) spot: Spot<'a>,
    /// How bad it is.
    pub(super) severity: Severity,
    /// What it is; `None` where the result does not say why a segment needs review.
    pub(super) code: Option<&'a str>,
    /// What was expected and what was found. May be empty.
    pub(super) note: &'a str,
    /// Whether it is said of the summary sentence that this one translates.
    pub(super) inherited: bool,
    /// What it is about, in the text that the segment was made from.
    pub(super) original: Option<&'a str>,
    /// What it is about, in the segment.
    pub(super) output: Option<&'a str>,
}

/// All remarks on a result, in the order of their columns.
#[derive(Debug)]
pub(super) struct Remarks<'a> {
    list: Vec<Remark<'a>>,
    by_spot: BTreeMap<Spot<'a>, Range<usize>>,
    marks: BTreeMap<Spot<'a>, Vec<Mark>>,
}

/// What findings are about, beside the segments that have them.
#[derive(Clone, Copy)]
struct Texts<'a> {
    result: &'a ResultMessage,
    sentences: &'a Sentences,
    /// The name of the source's column.
    source: &'a str,
}

impl<'a> Remarks<'a> {
    /// Collects the findings of a result, and the reasons without a finding.
    pub(super) fn of(
        result: &'a ResultMessage,
        columns: &'a [Column],
        sentences: &'a Sentences,
    ) -> Self {
        let mut remarks = Self {
            list: Vec::new(),
            by_spot: BTreeMap::new(),
            marks: BTreeMap::new(),
        };
        let texts = Texts {
            result,
            sentences,
            source: columns.first().map_or("", |column| column.name.as_str()),
        };
        for (spot, segment) in written(result, columns) {
            let first = remarks.list.len();
            let original = original(result, segment);
            for finding in &segment.findings {
                let index = remarks.list.len();
                remarks.mark_output(spot, segment, finding.target, index);
                if let (Some(span), Some(original)) = (finding.source, original)
                    && let Some(mark) = Mark::new(original, span.start, span.end, index)
                {
                    remarks.mark_original(texts, spot, segment, original, mark);
                }
                remarks.list.push(remark(spot, segment, original, finding));
            }
            remarks.add_reasons(result, spot, segment);
            let added = first..remarks.list.len();
            if !added.is_empty() {
                remarks.by_spot.insert(spot, added);
            }
        }
        remarks
    }

    /// Reasons for review that no finding of the segment tells more about.
    fn add_reasons(
        &mut self,
        result: &'a ResultMessage,
        spot: Spot<'a>,
        segment: &'a SegmentResult,
    ) {
        if segment.status != SegmentStatus::NeedsReview {
            return;
        }
        let told = |code: &str| segment.findings.iter().any(|finding| finding.code == code);
        let bare = |code, inherited| Remark {
            spot,
            severity: Severity::Error,
            code,
            note: "",
            inherited,
            original: None,
            output: None,
        };
        let english = summarised(result, spot).filter(|_| spot.column > 0);
        let mut reasons: Vec<&str> = Vec::new();
        for reason in &segment.reasons {
            if told(reason) || reasons.contains(&reason.as_str()) {
                continue;
            }
            reasons.push(reason);
            let inherited = english.is_some_and(|english| english.reasons.contains(reason));
            self.list.push(bare(Some(reason), inherited));
        }
        let has_error = |finding: &Finding| finding.severity == Severity::Error;
        if reasons.is_empty() && !segment.findings.iter().any(has_error) {
            self.list.push(bare(None, false));
        }
    }

    fn mark_output(
        &mut self,
        spot: Spot<'a>,
        segment: &SegmentResult,
        span: Option<TextSpan>,
        index: usize,
    ) {
        let mark = span.and_then(|span| Mark::new(&segment.text, span.start, span.end, index));
        if let Some(mark) = mark {
            self.marks.entry(spot).or_default().push(mark);
        }
    }

    /// Marks the source's text, or the summary's, where the segment was made from just that.
    fn mark_original(
        &mut self,
        texts: Texts<'a>,
        spot: Spot<'a>,
        segment: &SegmentResult,
        original: &str,
        mark: Mark,
    ) {
        let place = |part, index| Spot {
            column: 0,
            name: texts.source,
            part,
            index,
        };
        if spot.part == Part::Summary {
            let english = summarised(texts.result, spot);
            if spot.column > 0 && english.is_some_and(|english| english.text == original) {
                let spot = place(Part::Summary, spot.index);
                self.marks.entry(spot).or_default().push(mark);
            }
            return;
        }
        let Some(span) = segment.source else {
            return;
        };
        if sentences::text(texts.result, span) != Some(original) {
            return;
        }
        let sentences = texts.sentences.section(span.section);
        for index in texts.sentences.within(span) {
            let clipped = sentences.get(index).and_then(|sentence| {
                mark.clipped(sentence.start - span.start, sentence.end - span.start)
            });
            if let Some(mark) = clipped {
                let spot = place(Part::Section(span.section), index);
                self.marks.entry(spot).or_default().push(mark);
            }
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Remark<'a>] {
        &self.list
    }

    /// Those on one segment, with their indices.
    pub(super) fn on(&self, spot: Spot<'a>) -> impl Iterator<Item = (usize, &Remark<'a>)> {
        let range = self.by_spot.get(&spot).cloned().unwrap_or_default();
        range.filter_map(|index| Some((index, self.list.get(index)?)))
    }

    /// The marks in one text.
    pub(super) fn marks(&self, spot: Spot<'a>) -> &[Mark] {
        self.marks.get(&spot).map_or(&[], Vec::as_slice)
    }
}

fn remark<'a>(
    spot: Spot<'a>,
    segment: &'a SegmentResult,
    original: Option<&'a str>,
    finding: &'a Finding,
) -> Remark<'a> {
    let quoted = |text: Option<&'a str>, span: Option<TextSpan>| {
        let span = span?;
        text?
            .get(span.start..span.end)
            .filter(|quoted| !quoted.trim().is_empty())
    };
    Remark {
        spot,
        severity: finding.severity,
        code: Some(&finding.code),
        note: &finding.note,
        inherited: false,
        original: quoted(original, finding.source),
        output: quoted(Some(&segment.text), finding.target),
    }
}

/// What a segment was made from: as it says, or what stands at its place in the source.
fn original<'a>(result: &'a ResultMessage, segment: &'a SegmentResult) -> Option<&'a str> {
    let place = |span: SourceSpan| sentences::text(result, span);
    segment
        .source_text
        .as_deref()
        .or_else(|| segment.source.and_then(place))
}

/// The sentence of the source's summary beside one of a target's.
fn summarised<'a>(result: &'a ResultMessage, spot: Spot<'_>) -> Option<&'a SegmentResult> {
    let summary = result.summary.as_ref()?;
    summary
        .segments
        .get(spot.index)
        .filter(|_| spot.part == Part::Summary)
}
