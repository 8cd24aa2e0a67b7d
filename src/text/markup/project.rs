//! Marks of a source put around the words of its translation.

use std::collections::BTreeMap;
use std::ops::Range;

use super::anchor::{bare, occurrences, quotations};
use super::line::Line;
use super::tree::Tree;
use super::words::is_outer;
use crate::job::markup::{Mark, Placed, TargetMark};
use crate::job::{Lang, Section};
use crate::text::chunk;

/// A stretch of a section and what it became: bytes in the source text, and bytes in the target text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// In the source.
    pub source: Range<usize>,
    /// In the target; empty where nothing was written.
    pub target: Range<usize>,
}

/// Finds words of the source in their translation by other means than that they stand there, such as a
/// glossary or a transliteration: given the words and the text of a piece, bytes within that text.
pub type Find<'a> = &'a dyn Fn(&str, &str) -> Option<Range<usize>>;

/// A section translated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translated {
    /// The text.
    pub text: String,
    /// Each mark of the source, in the same order.
    pub marks: Vec<TargetMark>,
}

/// Puts a section together from the translations of its ranges, as [`chunk::rejoin`] does, with the
/// marks of the source on it.
pub fn translated(
    section: &Section,
    ranges: &[Range<usize>],
    translations: &[String],
    lang: Lang,
    find: Find<'_>,
) -> Translated {
    let joined = chunk::rejoin_placed(&section.text, ranges, translations);
    let pieces: Vec<Piece> = ranges
        .iter()
        .cloned()
        .zip(joined.places)
        .map(|(source, target)| Piece { source, target })
        .collect();
    Translated {
        marks: project(section, &joined.text, &pieces, lang, find),
        text: joined.text,
    }
}

/// Puts each mark of a section around words of its translation `target`: around the same sentences
/// where it was around whole ones, else around its words where they are found again (as they are, by
/// `find`, or as the same quotation), else around as many words as far into the sentence. Nothing is
/// lost and nothing crosses: the marks nest as in the source, which are taken to be
/// [`tidy`](super::tidy). `pieces` ascend in both texts.
pub fn project(
    section: &Section,
    target: &str,
    pieces: &[Piece],
    lang: Lang,
    find: Find<'_>,
) -> Vec<TargetMark> {
    if section.marks.is_empty() {
        return Vec::new();
    }
    let tree = Tree::of(&section.marks);
    let mut projection = Projection {
        source: &section.text,
        marks: &section.marks,
        target,
        lang,
        find,
        tree: &tree,
        found: section
            .marks
            .iter()
            .enumerate()
            .map(|(mark, _)| TargetMark {
                mark,
                start: 0,
                end: 0,
                placed: Placed::Estimated,
            })
            .collect(),
    };
    let whole = Piece {
        source: trimmed(&section.text),
        target: trimmed(target),
    };
    projection.level(&tree.top, &whole, pieces, Placed::Exact);
    projection.found
}

fn trimmed(text: &str) -> Range<usize> {
    let start = text.len() - text.trim_start().len();
    start..start + text.trim().len()
}

pub(super) struct Projection<'a> {
    pub(super) source: &'a str,
    marks: &'a [Mark],
    pub(super) target: &'a str,
    pub(super) lang: Lang,
    pub(super) find: Find<'a>,
    tree: &'a Tree,
    found: Vec<TargetMark>,
}

/// Stretches of the target that marks of one level are around already: start and end.
#[derive(Default)]
pub(super) struct Taken(BTreeMap<usize, usize>);

impl Taken {
    pub(super) fn over(&self, range: &Range<usize>) -> bool {
        self.ending_after(range.start, range.end).is_some()
    }

    /// The end of what is taken between two places.
    pub(super) fn ending_after(&self, start: usize, before: usize) -> Option<usize> {
        let (_, end) = self.0.range(..before).next_back()?;
        (*end > start).then_some(*end)
    }

    fn take(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.0.insert(range.start, range.end);
        }
    }
}

impl Projection<'_> {
    /// Places marks that are beside one another within `whole`, the surest first, then what is within
    /// each of them. `sure` is how `whole` was placed.
    fn level(&mut self, marks: &[usize], whole: &Piece, pieces: &[Piece], sure: Placed) {
        if marks.is_empty() {
            return;
        }
        let mut taken = Taken::default();
        let mut open: Vec<usize> = Vec::new();
        for at in marks.iter().copied() {
            match self.exact(&self.range(at), whole, pieces) {
                Some(range) if !taken.over(&range) => {
                    self.set(at, range.clone(), sure);
                    taken.take(range);
                }
                _ => open.push(at),
            }
        }
        open.retain(|at| match self.anchored(&self.range(*at), pieces, &taken) {
            Some(range) => {
                self.set(*at, range.clone(), Placed::Anchored);
                taken.take(range);
                false
            }
            None => true,
        });
        if !open.is_empty() {
            let line = Line::of(self, pieces);
            for at in open {
                let range = line.estimate(self, &self.range(at), &taken, &whole.target);
                self.set(at, range.clone(), Placed::Estimated);
                taken.take(range);
            }
        }
        for at in marks.iter().copied() {
            self.within(at, pieces);
        }
    }

    /// Places the marks within a mark that has its place.
    fn within(&mut self, at: usize, pieces: &[Piece]) {
        let inner = self.tree.within.get(at).map_or(&[][..], Vec::as_slice);
        let Some(place) = self.found.get(at).copied().filter(|_| !inner.is_empty()) else {
            return;
        };
        let whole = Piece {
            source: self.range(at),
            target: place.start..place.end,
        };
        let parts: Vec<Piece> = pieces
            .iter()
            .map(|piece| Piece {
                source: common(&piece.source, &whole.source),
                target: common(&piece.target, &whole.target),
            })
            .filter(|part| !part.source.is_empty() && !part.target.is_empty())
            .collect();
        if parts.len() > 1 {
            self.level(inner, &whole, &parts, place.placed);
        } else {
            self.level(inner, &whole, std::slice::from_ref(&whole), place.placed);
        }
    }

    fn range(&self, at: usize) -> Range<usize> {
        self.marks.get(at).map_or(0..0, |mark| mark.start..mark.end)
    }

    fn set(&mut self, at: usize, range: Range<usize>, placed: Placed) {
        if let Some(found) = self.found.get_mut(at) {
            (found.start, found.end) = (range.start, range.end);
            found.placed = placed;
        }
    }

    /// The target of a mark around whole pieces; the marks of punctuation at the ends of the last may
    /// be outside of it, and are then outside in the target too.
    fn exact(&self, mark: &Range<usize>, whole: &Piece, pieces: &[Piece]) -> Option<Range<usize>> {
        if *mark == whole.source && !whole.target.is_empty() {
            return Some(whole.target.clone());
        }
        let from = pieces.partition_point(|piece| piece.source.end <= mark.start);
        let to = pieces.partition_point(|piece| piece.source.start < mark.end);
        let (first, last) = (pieces.get(from)?, pieces.get(to.checked_sub(1)?)?);
        let before = self.outside(first.source.start, mark.start)?;
        let after = self.outside(mark.end, last.source.end)?;
        let range = first.target.start..last.target.end;
        let text = self.target.get(range.clone())?;
        let head = if before {
            text.len() - text.trim_start_matches(is_edge).len()
        } else {
            0
        };
        let tail = if after {
            text.len() - text.trim_end_matches(is_edge).len()
        } else {
            0
        };
        let inner = range.start + head..range.end.checked_sub(tail)?;
        (inner.start < inner.end && !first.target.is_empty() && !last.target.is_empty())
            .then_some(inner)
    }

    /// Whether there is anything between the end of a piece and that of a mark in it; nothing if that
    /// is more than punctuation.
    fn outside(&self, start: usize, end: usize) -> Option<bool> {
        if end <= start {
            return Some(false);
        }
        let between = self.source.get(start..end)?;
        between
            .chars()
            .all(is_edge)
            .then(|| !between.trim().is_empty())
    }

    /// Where the words of a mark stand in the translation of the piece that they are in.
    fn anchored(
        &self,
        mark: &Range<usize>,
        pieces: &[Piece],
        taken: &Taken,
    ) -> Option<Range<usize>> {
        let at = pieces.partition_point(|piece| piece.source.end <= mark.start);
        let piece = pieces
            .get(at)
            .filter(|piece| piece.source.start <= mark.start && mark.end <= piece.source.end)?;
        let source = self.source.get(piece.source.clone())?;
        let target = self.target.get(piece.target.clone())?;
        let marked = self.source.get(mark.clone())?;
        let offset = mark.start - piece.source.start;
        let free = |range: &Range<usize>| {
            // What a caller says may be anywhere.
            target.get(range.clone())?;
            let range = piece.target.start + range.start..piece.target.start + range.end;
            (!range.is_empty() && !taken.over(&range)).then_some(range)
        };
        let core = marked.trim_matches(is_edge);
        for wanted in [marked, core, bare(core)] {
            if let Some(range) = same_words(source, target, wanted, offset, &free) {
                return Some(range);
            }
        }
        let by_caller = [marked, bare(core)]
            .into_iter()
            .filter(|wanted| !wanted.is_empty())
            .find_map(|wanted| (self.find)(wanted, target).as_ref().and_then(free));
        by_caller.or_else(|| same_quotation(source, target, offset..offset + marked.len(), &free))
    }
}

/// The place of the words in the target that stand in the source at `offset` or right behind it: of
/// several, the one of the same number, or the nearest that is free.
fn same_words(
    source: &str,
    target: &str,
    wanted: &str,
    offset: usize,
    free: &dyn Fn(&Range<usize>) -> Option<Range<usize>>,
) -> Option<Range<usize>> {
    if !wanted.contains(char::is_alphanumeric) {
        return None;
    }
    let found = occurrences(target, wanted);
    let number = occurrences(source, wanted)
        .iter()
        .filter(|range| range.start < offset)
        .count();
    let last = found.len().checked_sub(1)?;
    let first = number.min(last);
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by_key(|at| at.abs_diff(first));
    order
        .into_iter()
        .find_map(|at| found.get(at).and_then(free))
}

/// The quotation of the target with the number of the one in the source that `mark` is around, if both
/// have as many.
fn same_quotation(
    source: &str,
    target: &str,
    mark: Range<usize>,
    free: &dyn Fn(&Range<usize>) -> Option<Range<usize>>,
) -> Option<Range<usize>> {
    let (ours, theirs) = (quotations(source), quotations(target));
    if ours.len() != theirs.len() {
        return None;
    }
    let around = |inner: &Range<usize>| {
        let with_marks = source.get(mark.clone())?.trim_matches(is_outer);
        let quoted = source.get(inner.clone())?.trim_matches(is_outer);
        let near = mark.start <= inner.end && inner.start <= mark.end;
        (near && with_marks == quoted && !quoted.is_empty()).then_some(mark.start < inner.start)
    };
    let (at, marks_too) = ours
        .iter()
        .enumerate()
        .find_map(|(at, inner)| Some((at, around(inner)?)))?;
    let mut range = theirs.get(at)?.clone();
    if marks_too {
        let before = target.get(..range.start)?.chars().next_back();
        let after = target.get(range.end..)?.chars().next();
        range.start -= before.map_or(0, char::len_utf8);
        range.end += after.map_or(0, char::len_utf8);
    }
    free(&range)
}

/// What may stand between the end of a sentence and the end of a mark in it.
fn is_edge(c: char) -> bool {
    c.is_whitespace() || is_outer(c)
}

fn common(one: &Range<usize>, other: &Range<usize>) -> Range<usize> {
    let start = one.start.max(other.start);
    start..one.end.min(other.end).max(start)
}
