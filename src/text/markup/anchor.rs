//! Words of a source found again in its translation.

use std::ops::Range;

/// Places where `words` stand in `text` as they are, as words of their own: a name that Hangul follows
/// has a particle, but a figure within a longer one is another figure.
pub(super) fn occurrences(text: &str, words: &str) -> Vec<Range<usize>> {
    if words.is_empty() {
        return Vec::new();
    }
    text.match_indices(words)
        .map(|(at, found)| at..at + found.len())
        .filter(|range| is_bounded(text, range))
        .collect()
}

fn is_bounded(text: &str, range: &Range<usize>) -> bool {
    let first = text.get(range.start..).and_then(|rest| rest.chars().next());
    let last = text
        .get(..range.end)
        .and_then(|rest| rest.chars().next_back());
    let mut before = text.get(..range.start).unwrap_or_default().chars().rev();
    let mut after = text.get(range.end..).unwrap_or_default().chars();
    let (before, before_it) = (before.next(), before.next());
    let (after, after_it) = (after.next(), after.next());
    let one_figure = |inner: Option<char>, mark: Option<char>, outer: Option<char>| {
        inner.is_some_and(|c| c.is_ascii_digit())
            && matches!(mark, Some('.' | ','))
            && outer.is_some_and(|c| c.is_ascii_digit())
    };
    !joins(before, first)
        && !joins(last, after)
        && !one_figure(first, before, before_it)
        && !one_figure(last, after, after_it)
}

/// Whether two neighbours are in one word: both of one alphabet, or both digits.
fn joins(left: Option<char>, right: Option<char>) -> bool {
    let (Some(left), Some(right)) = (left, right) else {
        return false;
    };
    let both = |is: fn(char) -> bool| is(left) && is(right);
    both(is_latin)
        || both(|c| c.is_ascii_digit())
        || both(is_cyrillic)
        || (is_latin(left) && right.is_ascii_digit())
}

fn is_latin(c: char) -> bool {
    c.is_alphabetic() && u32::from(c) < 0x250
}

fn is_cyrillic(c: char) -> bool {
    ('\u{400}'..='\u{52f}').contains(&c)
}

/// The words without what a translation leaves out: an article before them, an English genitive after.
pub(super) fn bare(words: &str) -> &str {
    let start = ["the ", "The ", "a ", "A ", "an ", "An "]
        .iter()
        .find_map(|article| words.strip_prefix(article))
        .unwrap_or(words);
    ["’s", "'s"]
        .iter()
        .find_map(|end| start.strip_suffix(end))
        .unwrap_or(start)
}

/// Stretches between quotation marks, without the marks.
pub(super) fn quotations(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Option<(usize, char)> = None;
    for (at, c) in text.char_indices() {
        match open {
            Some((start, end)) if c == end => {
                if start < at {
                    found.push(start..at);
                }
                open = None;
            }
            Some(_) => {}
            None => {
                let end = match c {
                    '“' | '„' => Some('”'),
                    '"' => Some('"'),
                    '«' => Some('»'),
                    '「' => Some('」'),
                    '『' => Some('』'),
                    '《' => Some('》'),
                    _ => None,
                };
                open = end.map(|end| (at + c.len_utf8(), end));
            }
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
    fn words_are_found_as_words_of_their_own() {
        let found = |text: &str, words: &str| occurrences(text, words).len();
        assert_eq!(found("NATO는 NATO와", "NATO"), 2);
        assert_eq!(found("НАТО и NATOs", "NATO"), 0);
        assert_eq!(found("в 120 км от 12 сёл", "12"), 1);
        assert_eq!(found("1,200명과 200명", "200"), 1);
        assert_eq!(found("3.5%", "3"), 0);
        assert_eq!(found("Windows11", "Windows"), 0);
        assert_eq!(found("3월 4일, 34", "4"), 1);
        assert_eq!(found("«Telegram»", "Telegram"), 1);
    }

    #[test]
    fn quotations_are_found_in_the_marks_of_each_language() {
        let text = "“a” 그리고 \"b\", «в», 「라」";
        let found: Vec<&str> = quotations(text)
            .into_iter()
            .map(|range| &text[range])
            .collect();
        assert_eq!(found, ["a", "b", "в", "라"]);
    }
}
