//! The source's sections, cut where anything refers to them.
//!
//! A result has no list of the source's sentences: it has the spans that its segments were made
//! from, and those that support its summary. Each section is cut at all of their ends, so that
//! every span is a run of whole sentences, whatever the targets' segments look like.

use std::ops::Range;

use crate::job::wire::{ResultMessage, SourceSpan};

/// The sentences of each section: byte ranges, ascending, without overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentences(Vec<Vec<Range<usize>>>);

impl Sentences {
    /// Cuts the source of a result. Spans that are not of its text are ignored.
    pub(super) fn of(result: &ResultMessage) -> Self {
        let mut spans: Vec<Vec<Range<usize>>> = vec![Vec::new(); result.source.sections.len()];
        let mut add = |span: &SourceSpan| {
            if text(result, *span).is_some()
                && let Some(spans) = spans.get_mut(span.section)
            {
                spans.push(span.start..span.end);
            }
        };
        for target in &result.targets {
            let segments = target.sections.iter().flat_map(|section| &section.segments);
            segments
                .filter_map(|segment| segment.source.as_ref())
                .for_each(&mut add);
        }
        let summaries = result.targets.iter().map(|target| &target.summary);
        for summary in std::iter::once(&result.summary).chain(summaries).flatten() {
            let support = summary.segments.iter().flat_map(|segment| &segment.support);
            support.map(|one| &one.span).for_each(&mut add);
        }
        Self(spans.iter().map(|spans| cut(spans)).collect())
    }

    /// The sentences of a section.
    pub(super) fn section(&self, section: usize) -> &[Range<usize>] {
        self.0.get(section).map_or(&[], Vec::as_slice)
    }

    /// Indices of the section's sentences that lie within a span.
    pub(super) fn within(&self, span: SourceSpan) -> Range<usize> {
        let sentences = self.section(span.section);
        let first = sentences.partition_point(|sentence| sentence.start < span.start);
        let end = sentences.partition_point(|sentence| sentence.end <= span.end);
        first..end.max(first)
    }
}

/// What stands at a span; `None` where it is empty or not of the source.
pub(super) fn text(result: &ResultMessage, span: SourceSpan) -> Option<&str> {
    let section = result.source.sections.get(span.section)?;
    let text = section.text.get(span.start..span.end)?;
    (!text.is_empty()).then_some(text)
}

/// What lies between neighbouring ends and is covered.
fn cut(spans: &[Range<usize>]) -> Vec<Range<usize>> {
    // How many more spans begin than end at a byte.
    let mut ends: Vec<(usize, i64)> = spans
        .iter()
        .flat_map(|span| [(span.start, 1), (span.end, -1)])
        .collect();
    ends.sort_unstable();
    let mut open = 0;
    let mut pieces = Vec::new();
    for (&(at, change), next) in ends.iter().zip(ends.iter().skip(1)) {
        open += change;
        if open > 0 && at < next.0 {
            pieces.push(at..next.0);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_cut_at_each_others_ends() {
        assert!(cut(&[]).is_empty());
        assert_eq!(cut(&[0..4, 5..9]), [0..4, 5..9]);
        assert_eq!(cut(&[0..4, 0..4, 5..9]), [0..4, 5..9]);
        assert_eq!(cut(&[5..9, 0..9]), [0..5, 5..9]);
        assert_eq!(cut(&[0..6, 3..9]), [0..3, 3..6, 6..9]);
        assert_eq!(cut(&[0..4, 4..9]), [0..4, 4..9]);
    }

    #[test]
    fn a_span_is_a_run_of_sentences() {
        let sentences = Sentences(vec![vec![0..4, 5..9, 10..12]]);
        let within = |section, start, end| {
            sentences.within(SourceSpan {
                section,
                start,
                end,
            })
        };
        assert_eq!(within(0, 5, 9), 1..2);
        assert_eq!(within(0, 0, 9), 0..2);
        assert_eq!(within(0, 6, 9), 2..2);
        assert_eq!(within(0, 12, 12), 3..3);
        assert_eq!(within(7, 0, 9), 0..0);
    }
}
