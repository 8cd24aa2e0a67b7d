//! Letters and words: which script a letter is of, and where words begin and end.

use std::ops::Range;

pub use crate::text::words::{key, words};

/// The scripts that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    /// Hangul syllables and letters.
    Hangul,
    /// Cyrillic.
    Cyrillic,
    /// Latin.
    Latin,
    /// Chinese characters.
    Han,
    /// Hiragana and katakana.
    Kana,
    /// Any other.
    Other,
}

/// The script of a letter; `None` for what is not a letter.
pub fn script(c: char) -> Option<Script> {
    match c {
        '\u{1100}'..='\u{11FF}'
        | '\u{3130}'..='\u{318F}'
        | '\u{A960}'..='\u{A97F}'
        | '\u{AC00}'..='\u{D7FF}' => Some(Script::Hangul),
        '\u{0400}'..='\u{052F}' | '\u{1C80}'..='\u{1C8F}' | '\u{2DE0}'..='\u{2DFF}' => {
            Some(Script::Cyrillic)
        }
        '\u{3040}'..='\u{30FF}' | '\u{FF66}'..='\u{FF9D}' => {
            c.is_alphabetic().then_some(Script::Kana)
        }
        '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' => {
            Some(Script::Han)
        }
        // The feminine and masculine ordinal marks and superscript letters count as Latin.
        'A'..='Z' | 'a'..='z' | 'ª' | 'º' => Some(Script::Latin),
        '\u{00C0}'..='\u{024F}' | '\u{1E00}'..='\u{1EFF}' => {
            c.is_alphabetic().then_some(Script::Latin)
        }
        _ => c.is_alphabetic().then_some(Script::Other),
    }
}

/// Whether a text has any letter.
pub fn any(text: &str) -> bool {
    text.chars().any(|c| script(c).is_some())
}

/// Where a slice of a text stands in it, in bytes; none where it is no slice of it.
pub fn place(text: &str, part: &str) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    (start + part.len() <= text.len()).then(|| start..start + part.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_apostrophes_inside_and_lose_them_outside() {
        let found: Vec<_> = words("‘Don’t’ say N. Korea's 38-strong").collect();
        assert_eq!(found, ["Don’t", "say", "N", "Korea's", "38", "strong"]);
        assert_eq!(key("Korea’s"), "korea");
    }

    #[test]
    fn scripts_are_told_apart() {
        let scripts: Vec<_> = "한Жé中か1α".chars().map(script).collect();
        assert_eq!(
            scripts,
            [
                Some(Script::Hangul),
                Some(Script::Cyrillic),
                Some(Script::Latin),
                Some(Script::Han),
                Some(Script::Kana),
                None,
                Some(Script::Other)
            ]
        );
    }
}
