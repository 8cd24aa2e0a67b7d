//! A page as plain text, cut into blocks.

use super::{Block, Hint};
use crate::job::markup::Mark;
use crate::text::markup::tidy;

/// A column narrower than this is no column of running text.
const NARROWEST: usize = 45;
/// A line longer than this was not broken by hand or by a mail program.
const WIDEST: usize = 120;

/// Cuts a page into blocks: one per line, or one per paragraph where lines are broken at a fixed
/// width. Marks of lists, quotations and headings become hints.
pub(super) fn blocks(page: &str) -> Vec<Block> {
    let lines: Vec<String> = page
        .split(['\n', '\r', '\u{2028}', '\u{2029}', '\u{c}'])
        .map(one_line)
        .collect();
    let width = column(&lines);
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<String> = None;
    let mut quoting = false;
    for (line, next) in lines
        .iter()
        .zip(lines.iter().skip(1).map(Some).chain([None]))
    {
        if line.is_empty() {
            blocks.extend(open.take().map(block));
            quoting = false;
            continue;
        }
        // A quotation goes on for as long as its mark stands at the beginning of lines.
        if let (
            Some(Block {
                text,
                hint: Hint::Quote,
                ..
            }),
            Some((Hint::Quote, rest)),
            true,
        ) = (blocks.last_mut(), marked(line), quoting)
        {
            text.push(' ');
            text.push_str(&rest);
            continue;
        }
        quoting = line.starts_with('>');
        let joined = match open.take() {
            Some(mut text) => {
                text.push(' ');
                text.push_str(line);
                text
            }
            None => line.clone(),
        };
        let goes_on = width.is_some_and(|width| next.is_some_and(|next| wraps(line, next, width)));
        if goes_on {
            open = Some(joined);
        } else {
            blocks.push(block(joined));
        }
    }
    blocks.extend(open.map(block));
    blocks
}

/// The text on one line: runs of white space made one space, none at the ends, and no control
/// characters. A no-break space inside stays, since it is part of how figures are written.
pub(super) fn one_line(text: &str) -> String {
    squeeze(text, |_, _| {}).0
}

/// [`one_line`], with the marks on the text moved along.
pub(super) fn marked_line(text: &str, mut marks: Vec<Mark>) -> (String, Vec<Mark>) {
    marks.retain(|mark| text.get(mark.start..mark.end).is_some());
    if marks.is_empty() {
        return (one_line(text), marks);
    }
    // For each byte of the text, how much of the line stands before it.
    let mut places = vec![None; text.len() + 1];
    let (line, cut) = squeeze(text, |from, to| {
        if let Some(place) = places.get_mut(from) {
            *place = Some(to);
        }
    });
    let mut last = 0;
    for place in &mut places {
        last = place.map_or(last, |place: usize| {
            place.saturating_sub(cut).min(line.len())
        });
        *place = Some(last);
    }
    for mark in &mut marks {
        let place = |at: usize| places.get(at).copied().flatten().unwrap_or(line.len());
        (mark.start, mark.end) = (place(mark.start), place(mark.end));
    }
    let marks = tidy(&line, marks);
    (line, marks)
}

/// Makes one line of a text; `at` is told where in the text each character stood and where in the line
/// it would stand if nothing were cut off the beginning of that, and how much was is returned too.
fn squeeze(text: &str, mut at: impl FnMut(usize, usize)) -> (String, usize) {
    let mut line = String::with_capacity(text.len());
    let mut gap = false;
    let edge = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '\u{2060}');
    let shift = text.len() - text.trim_start_matches(edge).len();
    for (from, c) in text.trim_matches(edge).char_indices() {
        at(shift + from, line.len());
        if c.is_ascii_whitespace() || matches!(c, '\u{b}' | '\u{85}' | '\u{2028}' | '\u{2029}') {
            gap = true;
        } else if !c.is_control() {
            if gap && !line.is_empty() {
                line.push(' ');
            }
            gap = false;
            line.push(c);
        }
    }
    at(text.trim_end_matches(edge).len(), line.len());
    let cut = line.len() - line.trim_start_matches(edge).len();
    let ends = line.trim_matches(edge);
    if ends.len() == line.len() {
        (line, 0)
    } else {
        (ends.to_owned(), cut)
    }
}

/// The width at which the page breaks its lines, if it does: lines follow one another without a
/// blank line, and again and again one stops within a sentence and the next begins in lower case.
fn column(lines: &[String]) -> Option<usize> {
    let width = lines
        .iter()
        .map(|line| line.chars().count())
        .max()
        .filter(|width| (NARROWEST..=WIDEST).contains(width))?;
    let (mut breaks, mut within) = (0, 0);
    for (line, next) in lines.iter().zip(lines.iter().skip(1)) {
        if line.is_empty() || next.is_empty() {
            continue;
        }
        breaks += 1;
        within += usize::from(
            line.ends_with(char::is_alphanumeric) && next.starts_with(char::is_lowercase),
        );
    }
    (within >= 3 && within * 5 >= breaks).then_some(width)
}

/// Whether the first word of `next` would not have fitted on `line`.
fn wraps(line: &str, next: &str, width: usize) -> bool {
    let word = next
        .split(' ')
        .next()
        .map_or(0, |word| word.chars().count());
    word > 0 && marked(next).is_none() && line.chars().count() + 1 + word > width.saturating_sub(1)
}

fn block(line: String) -> Block {
    match marked(&line) {
        Some((hint, rest)) => Block::new(rest, hint),
        // The number stays, as the text may refer to it.
        None if is_numbered(&line) => Block::new(line, Hint::ListItem),
        None => Block::new(line, Hint::None),
    }
}

/// `1. First`, `2) Second`.
fn is_numbered(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    (1..=2).contains(&(line.len() - rest.len()))
        && (rest.starts_with(". ") || rest.starts_with(") "))
}

/// The role that a mark at the beginning of the line gives it, and the line without the mark.
fn marked(line: &str) -> Option<(Hint, String)> {
    let strip = |marks: &[&str]| {
        marks
            .iter()
            .find_map(|mark| line.strip_prefix(mark))
            .map(|rest| rest.trim().to_owned())
    };
    let item = strip(&["• ", "•\u{a0}", "◦ ", "▪ ", "‣ ", "· ", "- ", "* ", "– "])
        .map(|rest| (Hint::ListItem, rest));
    let quote = || strip(&["> ", "| "]).map(|rest| (Hint::Quote, rest));
    let heading = || strip(&["# "]).map(|rest| (Hint::Title, rest));
    let subhead = || strip(&["## ", "### ", "#### "]).map(|rest| (Hint::Heading, rest));
    item.or_else(quote)
        .or_else(heading)
        .or_else(subhead)
        .filter(|(_, rest)| rest.chars().any(char::is_alphanumeric))
}

#[cfg(test)]
#[expect(
    clippy::string_slice,
    reason = "the ranges under test are sliced by, so that a bad one fails the test"
)]
mod tests {
    use super::*;
    use crate::job::markup::Inline;

    fn texts(page: &str) -> Vec<String> {
        blocks(page).into_iter().map(|block| block.text).collect()
    }

    #[test]
    fn every_line_of_a_page_is_a_block() {
        assert_eq!(texts("A\r\nB\n\n\nC  d\te\n"), ["A", "B", "C d e"]);
    }

    #[test]
    fn lines_broken_at_a_fixed_width_are_joined_into_paragraphs() {
        let page = "Ferry Sails at Last\n\n\
            The ferry that has stood in the old dock for eleven years left\n\
            the harbour on Monday with forty passengers and a brass band,\n\
            and a crowd of some two thousand people stood on the quay to\n\
            see it go.\n\n\
            The crossing takes an hour and costs four crowns, which is less\n\
            than the bus.";
        let found = texts(page);
        assert_eq!(found.len(), 3, "{found:#?}");
        assert!(found[1].starts_with("The ferry that") && found[1].ends_with("to see it go."));
        assert!(found[2].ends_with("less than the bus."));
    }

    #[test]
    fn paragraphs_on_consecutive_lines_stay_apart() {
        let page = "The ferry left the harbour on Monday with forty passengers.\nHe waved.\nThe band played on.";
        assert_eq!(texts(page).len(), 3);
    }

    #[test]
    fn marks_of_lists_and_quotations_become_hints() {
        let found = blocks("• First\n- Second\n> Said\n## Sub\n–");
        let hints: Vec<Hint> = found.iter().map(|block| block.hint).collect();
        assert_eq!(
            hints,
            [
                Hint::ListItem,
                Hint::ListItem,
                Hint::Quote,
                Hint::Heading,
                Hint::None
            ]
        );
        assert_eq!(found[0].text, "First");
        let numbered = blocks("1. First\n2) Second\n3.5 million\n2025. A year");
        let hints: Vec<Hint> = numbered.iter().map(|block| block.hint).collect();
        assert_eq!(
            hints,
            [Hint::ListItem, Hint::ListItem, Hint::None, Hint::None]
        );
        assert_eq!(numbered[0].text, "1. First");
    }

    #[test]
    fn marks_move_along_with_their_words() {
        let text = " \u{1b} The  ferry\n\u{0}sailed \u{200b} ";
        let at = |words: &str| text.find(words).unwrap();
        let marks = vec![
            Mark::new(Inline::B, at("ferry"), at("sailed") + 6),
            Mark::new(Inline::I, at("  ferry"), at("\n")),
            Mark::new(Inline::U, 0, text.len()),
        ];
        let (line, marks) = marked_line(text, marks);
        assert_eq!(line, one_line(text));
        let found: Vec<&str> = marks
            .iter()
            .map(|mark| &line[mark.start..mark.end])
            .collect();
        assert_eq!(found, ["The ferry sailed", "ferry sailed", "ferry"]);
    }

    #[test]
    fn no_break_spaces_and_curly_quotes_are_left_alone_and_control_characters_are_not() {
        assert_eq!(
            one_line(" \u{feff}“5\u{a0}000” \u{1b}[31m\u{0}ferries\u{a0} "),
            "“5\u{a0}000” [31mferries"
        );
    }
}
