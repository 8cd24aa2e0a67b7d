//! A text that is being read for figures: byte positions, in lower case.

use std::ops::Range;

use crate::job::Lang;

use super::lexicon::{Lexicon, lexicon};

/// A text and what is needed to read it. Positions are bytes of the text as it was given.
pub(super) struct Text<'a> {
    /// As it was given.
    pub original: &'a str,
    /// In lower case, and "ё" as "е", as far as that takes as many bytes.
    folded: String,
    pub lang: Lang,
    pub lexicon: &'static Lexicon,
}

impl<'a> Text<'a> {
    pub(super) fn new(original: &'a str, lang: Lang) -> Self {
        Self {
            original,
            folded: original.chars().map(fold).collect(),
            lang,
            lexicon: lexicon(lang),
        }
    }

    /// What follows a position, in lower case.
    pub(super) fn rest(&self, at: usize) -> &str {
        self.folded.get(at..).unwrap_or_default()
    }

    /// What stands before a position, in lower case.
    pub(super) fn before(&self, at: usize) -> &str {
        self.folded.get(..at).unwrap_or_default()
    }

    /// A stretch, in lower case.
    pub(super) fn between(&self, range: Range<usize>) -> &str {
        self.folded.get(range).unwrap_or_default()
    }

    /// A stretch, as it was given.
    pub(super) fn raw(&self, range: Range<usize>) -> &'a str {
        self.original.get(range).unwrap_or_default()
    }

    /// The letters that begin at a position; none where there is no letter.
    pub(super) fn word(&self, at: usize) -> &str {
        word(self.rest(at))
    }

    /// The last word before a position, over one space or hyphen.
    pub(super) fn word_before(&self, at: usize) -> &str {
        let before = self.before(at);
        let before = before
            .strip_suffix(|c: char| c.is_whitespace() || c == '-')
            .unwrap_or(before);
        last_word(before)
    }

    /// A position, after one space or hyphen if one is there.
    pub(super) fn over_gap(&self, at: usize) -> usize {
        let rest = self.rest(at);
        let after = rest
            .strip_prefix(|c: char| c.is_whitespace() || matches!(c, '-' | '‑'))
            .unwrap_or(rest);
        at + (rest.len() - after.len())
    }

    /// A position, after one space if one is there.
    pub(super) fn over_space(&self, at: usize) -> usize {
        let rest = self.rest(at);
        let after = rest.strip_prefix(char::is_whitespace).unwrap_or(rest);
        at + (rest.len() - after.len())
    }
}

/// Whether a character is a letter. The standard library's tables are slow for the letters that
/// most of a text here consists of.
pub(super) fn is_letter(c: char) -> bool {
    match c {
        '\u{ac00}'..='\u{d7a3}' | '\u{0400}'..='\u{0481}' => true,
        _ if c.is_ascii() => c.is_ascii_alphabetic(),
        _ => c.is_alphabetic(),
    }
}

/// The letters that a text begins with.
pub(super) fn word(text: &str) -> &str {
    let end = text
        .char_indices()
        .find(|(_, c)| !is_letter(*c))
        .map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or_default()
}

/// The letters that a text ends with.
pub(super) fn last_word(text: &str) -> &str {
    let start = text
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_letter(*c))
        .last()
        .map_or(text.len(), |(start, _)| start);
    text.get(start..).unwrap_or_default()
}

/// The digits that a text begins with.
pub(super) fn digits(text: &str) -> &str {
    let end = text
        .bytes()
        .position(|c| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn fold(c: char) -> char {
    match c {
        'ё' | 'Ё' => 'е',
        'А'..='Я' => char::from_u32(u32::from(c) + 0x20).unwrap_or(c),
        'а'..='я' | '\u{ac00}'..='\u{d7a3}' => c,
        _ if c.is_ascii() => c.to_ascii_lowercase(),
        _ => {
            let mut lower = c.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(lower), None) if lower.len_utf8() == c.len_utf8() => lower,
                _ => c,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_those_of_the_standard_library() {
        let all = (0..=0x2_ffff).filter_map(char::from_u32);
        assert!(all.clone().all(|c| is_letter(c) == c.is_alphabetic()));
        let cyrillic = ('А'..='Я').zip('а'..='я');
        assert!(
            cyrillic
                .into_iter()
                .all(|(upper, lower)| fold(upper) == lower)
        );
    }

    #[test]
    fn lower_case_keeps_every_position() {
        for text in ["İstanbul 5 Мая", "ЁЖ 12", "ẞ 3 Ⅳ", "5만 KM"] {
            let folded = Text::new(text, Lang::En);
            assert_eq!(folded.rest(0).len(), text.len(), "{text}");
        }
        let text = Text::new("ЁЖ и May", Lang::Ru);
        assert_eq!(text.word(0), "еж");
        assert_eq!(text.word_before(8), "и");
    }
}
