//! The words of a text with their places.

use std::ops::Range;

/// Marks that stand outside of a word: what is in bold or a link does not take them along.
pub(super) fn is_outer(c: char) -> bool {
    matches!(
        c,
        '.' | ','
            | ';'
            | ':'
            | '!'
            | '?'
            | '…'
            | '"'
            | '\''
            | '“'
            | '”'
            | '„'
            | '‘'
            | '’'
            | '«'
            | '»'
            | '‹'
            | '›'
            | '「'
            | '」'
            | '『'
            | '』'
            | '《'
            | '》'
            | '〈'
            | '〉'
            | '('
            | ')'
            | '['
            | ']'
            | '—'
            | '–'
            | '-'
            | '·'
            | '、'
            | '。'
    )
}

/// The words within the bytes `within` of `text`, by white space, without the marks at their ends. What is
/// nothing but marks is no word.
pub(super) fn words(text: &str, within: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let part = text.get(within.clone()).unwrap_or_default();
    let mut at = within.start;
    for piece in part.split_inclusive(char::is_whitespace) {
        let start = at;
        at += piece.len();
        let word = piece.trim_end();
        let core = word.trim_start_matches(is_outer);
        let start = start + (word.len() - core.len());
        let core = core.trim_end_matches(is_outer);
        if !core.is_empty() {
            found.push(start..start + core.len());
        }
    }
    found
}

#[cfg(test)]
#[expect(
    clippy::string_slice,
    reason = "the ranges under test are sliced by, so that a bad one fails the test"
)]
mod tests {
    use super::*;

    #[test]
    fn words_leave_their_marks_outside() {
        let text = "«Паром», — сказал он (в 9:30).";
        let found: Vec<&str> = words(text, 0..text.len())
            .into_iter()
            .map(|range| &text[range])
            .collect();
        assert_eq!(found, ["Паром", "сказал", "он", "в", "9:30"]);
    }
}
