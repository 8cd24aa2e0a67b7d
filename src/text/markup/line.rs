//! Words in proportion: the last resort for marks whose words are not found again.

use std::ops::Range;

use super::anchor::{bare, occurrences};
use super::particle::particle;
use super::project::{Piece, Projection, Taken};
use super::words::words;
use crate::job::Lang;

/// How many words from a mark a name or figure may be for the mark to be placed by it. On professional
/// translations of news, a word within that distance of one is found to the word three times in four, in
/// Korean as in Russian; by proportion alone, once in seven and once in five.
const NEAR: usize = 4;

/// The words of some pieces in a row.
pub(super) struct Line {
    /// In the target text.
    target: Vec<Range<usize>>,
    pieces: Vec<Stretch>,
}

/// A piece by its words.
struct Stretch {
    /// Bytes of the source, and its words.
    range: Range<usize>,
    source: Vec<Range<usize>>,
    /// Which of the line's words are its own.
    target: Range<usize>,
}

impl Line {
    pub(super) fn of(projection: &Projection<'_>, pieces: &[Piece]) -> Self {
        let mut target = Vec::new();
        let pieces = pieces
            .iter()
            .map(|piece| {
                let start = target.len();
                target.extend(words(projection.target, piece.target.clone()));
                Stretch {
                    range: piece.source.clone(),
                    source: words(projection.source, piece.source.clone()),
                    target: start..target.len(),
                }
            })
            .collect();
        Self { target, pieces }
    }

    /// The words for a mark, as far into its piece as it stands in the source and in proportion as many,
    /// around a word of the mark that is found again. What others have taken is left to them; where
    /// nothing is left, the mark is around nothing.
    pub(super) fn estimate(
        &self,
        projection: &Projection<'_>,
        mark: &Range<usize>,
        taken: &Taken,
        whole: &Range<usize>,
    ) -> Range<usize> {
        let wanted = self.anchor(projection, mark, self.window(mark));
        let free = |at: &usize| self.target.get(*at).is_some_and(|word| !taken.over(word));
        let last = wanted.end.max(wanted.start + 1) - 1;
        let inside = (wanted.start..=last).find(free);
        let beside = || {
            let right = (last..self.target.len()).find(free);
            let left = (0..wanted.start).rev().find(free);
            match (left, right) {
                (Some(left), Some(right)) => {
                    let nearer = wanted.start - left <= right - last;
                    Some(if nearer { left } else { right })
                }
                (left, right) => left.or(right),
            }
        };
        let Some(seed) = inside.or_else(beside) else {
            return self.nothing(wanted.start, taken, whole);
        };
        let end = (seed..=last.max(seed))
            .take_while(free)
            .last()
            .unwrap_or(seed);
        let (Some(first), Some(end)) = (self.target.get(seed), self.target.get(end)) else {
            return self.nothing(wanted.start, taken, whole);
        };
        // What stands between two words may be taken although neither is.
        let range = first.start..end.end;
        let range = if taken.over(&range) {
            first.clone()
        } else {
            range
        };
        if projection.lang == Lang::Ko {
            let at = self.target.partition_point(|word| word.end < range.end);
            let word = self
                .target
                .get(at)
                .and_then(|word| projection.target.get(word.clone()))
                .unwrap_or_default();
            range.start..range.end - particle(word)
        } else {
            range
        }
    }

    /// A place with nothing in it, at the end of what is taken there.
    fn nothing(&self, at: usize, taken: &Taken, whole: &Range<usize>) -> Range<usize> {
        let near = self.target.get(at).or(self.target.last());
        let place = near
            .and_then(|word| taken.ending_after(word.start, word.end))
            .unwrap_or(whole.end)
            .clamp(whole.start, whole.end);
        place..place
    }

    /// Words of the line in proportion to where the mark stands.
    fn window(&self, mark: &Range<usize>) -> Range<usize> {
        let from = self
            .pieces
            .partition_point(|piece| piece.range.end <= mark.start);
        let to = self
            .pieces
            .partition_point(|piece| piece.range.start < mark.end);
        let touched = self.pieces.get(from..to).unwrap_or_default();
        let (Some(first), Some(last)) = (touched.first(), touched.last()) else {
            let end = self.target.len();
            return end.saturating_sub(1)..end;
        };
        let start = first.scaled(first.before(mark.start));
        let end = last.scaled(last.source.partition_point(|word| word.start < mark.end));
        let limit = last.target.end.max(1);
        let start = start.min(limit - 1);
        start..end.clamp(start + 1, limit.max(start + 1))
    }

    /// The window moved to where a name or a figure of the source stands in the target as it is: so that
    /// it has that in it if it is one of the marked words, else as far from it as the mark is.
    fn anchor(
        &self,
        projection: &Projection<'_>,
        mark: &Range<usize>,
        window: Range<usize>,
    ) -> Range<usize> {
        let at = self
            .pieces
            .partition_point(|piece| piece.range.end <= mark.start);
        let piece = self
            .pieces
            .get(at)
            .filter(|piece| mark.end <= piece.range.end);
        let Some(piece) = piece else {
            return window;
        };
        let from = piece.before(mark.start);
        let to = piece.source.partition_point(|word| word.start < mark.end);
        let length = window.len();
        let find = |at: usize| self.found_again(projection, piece, at, window.start);
        if let Some(at) = (from..to).find_map(find) {
            return if at < window.start {
                at..at + length
            } else if at >= window.end {
                (at + 1).saturating_sub(length)..at + 1
            } else {
                window
            };
        }
        let near = (1..=NEAR).find_map(|distance| {
            let before = from.checked_sub(distance);
            let after = to + distance - 1;
            let words = [before, (after < piece.source.len()).then_some(after)];
            let mut words = words.into_iter().flatten();
            words.find_map(|at| Some((at, find(at)?)))
        });
        let Some((source, target)) = near else {
            return window;
        };
        let (ours, theirs) = (piece.source.len().max(1), piece.target.len());
        let scaled = |words: usize| (words * theirs + ours / 2) / ours;
        let start = if source < from {
            target + scaled(from - source).max(1)
        } else {
            target.saturating_sub(scaled(source - from).max(length))
        };
        let last = piece
            .target
            .end
            .saturating_sub(length)
            .max(piece.target.start);
        let start = start.clamp(piece.target.start, last);
        start..(start + length).min(piece.target.end).max(start + 1)
    }

    /// Which word of the line the `at`th of the source in a piece is; of several, the one nearest to
    /// `wanted`. Only names and figures are looked for.
    fn found_again(
        &self,
        projection: &Projection<'_>,
        piece: &Stretch,
        at: usize,
        wanted: usize,
    ) -> Option<usize> {
        let word = bare(projection.source.get(piece.source.get(at)?.clone())?);
        if !word.contains(|c: char| c.is_uppercase() || c.is_ascii_digit()) {
            return None;
        }
        let own = self.target.get(piece.target.clone())?;
        let start = own.first()?.start;
        let text = projection.target.get(start..own.last()?.end)?;
        let index = |place: Range<usize>| {
            piece.target.start + own.partition_point(|word| word.end <= start + place.start)
        };
        let verbatim = occurrences(text, word)
            .into_iter()
            .map(index)
            .min_by_key(|at| at.abs_diff(wanted));
        let by_caller = || {
            let place = (projection.find)(word, text)?;
            text.get(place.clone())?;
            Some(index(place))
        };
        verbatim
            .or_else(by_caller)
            .filter(|at| piece.target.contains(at))
    }
}

impl Stretch {
    /// Words of the source that end before a place.
    fn before(&self, place: usize) -> usize {
        self.source.partition_point(|word| word.end <= place)
    }

    /// The word of the target, counted over the line, that stands as far into the piece as the `at`th of
    /// the source.
    fn scaled(&self, at: usize) -> usize {
        let (ours, theirs) = (self.source.len().max(1), self.target.len());
        self.target.start + (at * theirs + ours / 2) / ours
    }
}
