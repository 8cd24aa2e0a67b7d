//! Where sentences end.
//!
//! A kept library proposes the ends; a pass over them mends what it gets wrong in news English. A
//! sentence that is left too long costs a little quality; one that is cut in two costs its meaning.
//! So in doubt two sentences stay together.

mod repair;

use std::ops::Range;

use crate::job::Lang;

/// The library looks back to the beginning of its text at every mark, so it is given no more than
/// about this many bytes at once.
const PIECE: usize = 4096;

/// The sentences of `text` as byte ranges that tile it: put together, the slices are the text byte for
/// byte. White space between two sentences belongs to the first. Empty for empty text.
///
/// ```
/// use presslate::job::Lang;
/// use presslate::text::sentences::sentences;
///
/// let text = "N. Korea said no. “Why?” he asked.";
/// let found: Vec<&str> = sentences(text, Lang::En).into_iter().filter_map(|range| text.get(range)).collect();
/// assert_eq!(found, ["N. Korea said no. ", "“Why?” he asked."]);
/// ```
pub fn sentences(text: &str, lang: Lang) -> Vec<Range<usize>> {
    let proposed = proposals(text, lang);
    let mut cuts = repair::cuts(text, &proposed, lang);
    cuts.push(text.len());
    let mut start = 0;
    let mut ranges = Vec::with_capacity(cuts.len());
    for cut in cuts {
        if cut > start {
            ranges.push(start..cut);
            start = cut;
        }
    }
    ranges
}

/// Ends of sentences as the library sees them, in ascending order.
fn proposals(text: &str, lang: Lang) -> Vec<usize> {
    let mut cuts = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let end = piece_end(text, start);
        let piece = text.get(start..end).unwrap_or_default();
        let found = sentencex::get_sentence_boundaries(lang.tag(), piece);
        cuts.extend(
            found
                .iter()
                .map(|boundary| start + boundary.end_byte)
                .filter(|cut| *cut < end),
        );
        if piece.ends_with('\n') {
            cuts.push(end);
        }
        start = end;
    }
    cuts.retain(|cut| *cut > 0 && *cut < text.len() && text.is_char_boundary(*cut));
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// The end of the piece that begins at `start`: a line break, or once it is long a space after a mark
/// that may end a sentence, or once it is very long any space.
fn piece_end(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let mut before = ' ';
    for (at, c) in rest.char_indices() {
        let long = at > PIECE && c.is_whitespace() && matches!(before, '.' | '!' | '?' | '”' | '"');
        if c == '\n' || long || (at > 4 * PIECE && c.is_whitespace()) || at > 8 * PIECE {
            return start + at + c.len_utf8();
        }
        before = c;
    }
    text.len()
}

#[cfg(test)]
#[expect(
    clippy::string_slice,
    reason = "the ranges under test are sliced by, so that a bad one fails the test"
)]
mod tests;
