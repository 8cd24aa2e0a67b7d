//! A text as words and marks, each with its place.

use std::ops::Range;

/// A run of letters and digits, or one mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// As it stands in the text.
    pub(super) text: &'a str,
    /// Where it stands, in bytes.
    pub(super) range: Range<usize>,
    /// Whether white space stands before it.
    pub(super) spaced: bool,
}

/// What a character does in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Space,
    /// Kept apart from other letters: particles are written right after Latin words.
    Hangul,
    Word,
    Mark,
}

fn kind(c: char) -> Kind {
    match c {
        c if c.is_whitespace() => Kind::Space,
        c if is_hangul(c) => Kind::Hangul,
        // An accent in a character of its own belongs to its letter.
        '\u{300}'..='\u{36f}' => Kind::Word,
        c if c.is_alphanumeric() => Kind::Word,
        _ => Kind::Mark,
    }
}

/// Whether a character is a Hangul syllable.
pub(super) fn is_hangul(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}')
}

/// The tokens of a text, in order.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found: Vec<Token<'_>> = Vec::new();
    let mut last = Kind::Space;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let kind = kind(c);
        match kind {
            Kind::Space => {}
            Kind::Word | Kind::Hangul if kind == last => {
                if let Some(token) = found.last_mut() {
                    token.range.end = end;
                    token.text = text.get(token.range.clone()).unwrap_or_default();
                }
            }
            _ => found.push(Token {
                text: text.get(at..end).unwrap_or_default(),
                range: at..end,
                spaced: last == Kind::Space && !found.is_empty(),
            }),
        }
        last = kind;
    }
    found
}

/// With plain apostrophes and hyphens.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '’' | 'ʼ' | '‘' => '\'',
            '‐' | '‑' | '−' => '-',
            c => c,
        })
        .collect()
}

/// In lower case, with plain apostrophes and hyphens, and with `ё` as it is mostly printed.
pub(super) fn folded(text: &str) -> String {
    plain(&text.to_lowercase()).replace('ё', "е")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_alone_and_particles_apart() {
        let text = "The U.S.’s “AT&T”, EU가";
        let found: Vec<_> = tokens(text)
            .iter()
            .map(|token| (token.text, token.spaced))
            .collect();
        assert_eq!(
            found,
            [
                ("The", false),
                ("U", true),
                (".", false),
                ("S", false),
                (".", false),
                ("’", false),
                ("s", false),
                ("“", true),
                ("AT", false),
                ("&", false),
                ("T", false),
                ("”", false),
                (",", false),
                ("EU", true),
                ("가", false),
            ]
        );
        for token in tokens(text) {
            assert_eq!(text.get(token.range.clone()), Some(token.text));
        }
    }

    #[test]
    fn folding_keeps_words_comparable() {
        assert_eq!(folded("Côte d’Ivoire"), "côte d'ivoire");
        assert_eq!(folded("Королёв"), "королев");
    }
}
