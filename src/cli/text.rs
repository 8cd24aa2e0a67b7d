//! Small helpers for text that people read in a terminal.

use clap::builder::styling::{AnsiColor, Style};
use unicode_segmentation::UnicodeSegmentation;

/// The styles of everything that is printed; none of them when there is no colour.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Palette {
    colour: bool,
}

impl Palette {
    /// With colour or without.
    pub(super) fn new(colour: bool) -> Self {
        Self { colour }
    }

    /// What stands out: titles and headings.
    pub(super) fn strong(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    /// What steps back: rules and labels.
    pub(super) fn faint(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    /// Good.
    pub(super) fn good(self, text: &str) -> String {
        self.paint(AnsiColor::Green.on_default(), text)
    }

    /// Needs a look.
    pub(super) fn warn(self, text: &str) -> String {
        self.paint(AnsiColor::Yellow.on_default(), text)
    }

    /// Wrong.
    pub(super) fn bad(self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default().bold(), text)
    }

    fn paint(self, style: Style, text: &str) -> String {
        if self.colour {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// Without control characters: an article must not be able to drive the reader's terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() && c != '\n' { ' ' } else { c })
        .collect()
}

/// One line of at most `width` characters as a reader counts them.
pub(super) fn shorten(text: &str, width: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.graphemes(true).count() <= width {
        return line;
    }
    let kept: String = line.graphemes(true).take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// A number of bytes for people, in binary units.
pub(super) fn bytes(count: u64) -> String {
    indicatif::BinaryBytes(count).to_string()
}

/// `1 segment`, `2 segments`.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_sequence_in_an_article_does_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[31mb\u{9b}c\nd"), "a [31mb c\nd");
    }

    #[test]
    fn a_long_line_is_cut_at_whole_characters() {
        assert_eq!(shorten("short  one", 20), "short one");
        assert_eq!(shorten("평택 기지로 이동", 6), "평택 기지…");
        assert_eq!(shorten("평택 기지로 이동", 4), "평택…");
    }

    #[test]
    fn without_colour_there_are_no_codes() {
        assert_eq!(Palette::new(false).bad("x"), "x");
        assert!(Palette::new(true).bad("x").starts_with('\u{1b}'));
    }
}
