//! Byte-pair merges as SentencePiece does them: always the best-scored adjacent pair, the leftmost
//! where scores are equal.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

/// The merges: a pair may be joined when the result is a piece, and its score is the priority.
#[derive(Debug, Clone)]
pub(super) struct Bpe {
    scores: HashMap<String, f32>,
}

struct Symbol {
    start: usize,
    end: usize,
    previous: Option<usize>,
    next: Option<usize>,
    /// User-defined: takes no part in merges.
    frozen: bool,
}

struct Candidate {
    score: f32,
    left: usize,
    right: usize,
    /// Bytes of both symbols: tells a candidate whose symbols have changed since.
    size: usize,
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score
            .total_cmp(&other.score)
            .then(other.left.cmp(&self.left))
            .then(other.size.cmp(&self.size))
    }
}

impl Bpe {
    pub(super) fn new(pieces: impl Iterator<Item = (String, f32)>) -> Self {
        Self {
            scores: pieces.collect(),
        }
    }

    /// Cuts normalised text. `whole` finds a piece at the beginning of a text that must be kept.
    pub(super) fn encode(&self, text: &str, whole: impl Fn(&str) -> Option<usize>) -> Vec<String> {
        let mut symbols = Vec::new();
        let mut start = 0;
        while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
            let kept = whole(rest);
            let length = kept.unwrap_or_else(|| rest.chars().next().map_or(1, char::len_utf8));
            let index = symbols.len();
            symbols.push(Symbol {
                start,
                end: start + length,
                previous: index.checked_sub(1),
                next: Some(index + 1),
                frozen: kept.is_some(),
            });
            start += length;
        }
        if let Some(last) = symbols.last_mut() {
            last.next = None;
        }
        let mut agenda = BinaryHeap::new();
        for left in 1..symbols.len() {
            self.propose(text, &symbols, left - 1, left, &mut agenda);
        }
        while let Some(best) = agenda.pop() {
            self.merge(text, &mut symbols, &best, &mut agenda);
        }
        // A merged-away symbol is empty.
        symbols
            .iter()
            .filter_map(|s| text.get(s.start..s.end))
            .filter(|s| !s.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn propose(
        &self,
        text: &str,
        symbols: &[Symbol],
        left: usize,
        right: usize,
        agenda: &mut BinaryHeap<Candidate>,
    ) {
        let (Some(a), Some(b)) = (symbols.get(left), symbols.get(right)) else {
            return;
        };
        if a.frozen || b.frozen {
            return;
        }
        if let Some(&score) = text
            .get(a.start..b.end)
            .and_then(|pair| self.scores.get(pair))
        {
            agenda.push(Candidate {
                score,
                left,
                right,
                size: b.end - a.start,
            });
        }
    }

    fn merge(
        &self,
        text: &str,
        symbols: &mut [Symbol],
        best: &Candidate,
        agenda: &mut BinaryHeap<Candidate>,
    ) {
        let (Some(left), Some(right)) = (symbols.get(best.left), symbols.get(best.right)) else {
            return;
        };
        let empty = left.start == left.end || right.start == right.end;
        if empty || right.end.saturating_sub(left.start) != best.size {
            return;
        }
        let (end, previous, next) = (right.end, left.previous, right.next);
        if let Some(left) = symbols.get_mut(best.left) {
            left.end = end;
            left.next = next;
        }
        if let Some(right) = symbols.get_mut(best.right) {
            right.start = end;
        }
        if let Some(next) = next.and_then(|next| symbols.get_mut(next)) {
            next.previous = Some(best.left);
        }
        if let Some(previous) = previous {
            self.propose(text, symbols, previous, best.left, agenda);
        }
        if let Some(next) = next {
            self.propose(text, symbols, best.left, next, agenda);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(text: &str) -> Vec<String> {
        let pieces = [("ab", -1.0), ("bc", 0.0), ("abc", -2.0), ("aa", -3.0)];
        let bpe = Bpe::new(
            pieces
                .iter()
                .map(|(piece, score)| ((*piece).to_owned(), *score)),
        );
        bpe.encode(text, |rest| rest.starts_with("<x>").then_some(3))
    }

    #[test]
    fn the_best_pair_is_joined_first_and_the_leftmost_of_equals() {
        assert_eq!(encode("abc"), ["abc"]);
        assert_eq!(encode("aaa"), ["aa", "a"]);
        assert_eq!(encode("aab"), ["a", "ab"]);
        assert_eq!(encode("zé"), ["z", "é"]);
        assert!(encode("").is_empty());
    }

    #[test]
    fn a_kept_piece_takes_no_part_in_merges() {
        assert_eq!(encode("a<x>bc"), ["a", "<x>", "bc"]);
    }
}
