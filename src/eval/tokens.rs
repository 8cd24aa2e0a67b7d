//! The words that BLEU counts: cut as sacrebleu cuts them, so that scores can be compared.

use crate::job::Lang;

/// How a text is cut into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokeniser {
    /// That of NIST's `mteval-v13a`: marks of ASCII are words of their own, except full stops and
    /// commas within figures, and most apostrophes and hyphens.
    V13a,
    /// Every character but white space is a word.
    Char,
}

impl Tokeniser {
    /// The one that is used for a language: characters for Korean, where what is between two spaces
    /// is more than a word and sacrebleu's own choice needs a dictionary.
    pub fn of(lang: Lang) -> Self {
        match lang {
            Lang::Ko => Self::Char,
            Lang::En | Lang::Ru => Self::V13a,
        }
    }

    /// sacrebleu's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::V13a => "13a",
            Self::Char => "char",
        }
    }

    /// The words of a text.
    pub fn tokens(self, text: &str) -> Vec<String> {
        match self {
            Self::V13a => v13a(text),
            Self::Char => text
                .chars()
                .filter(|c| !is_space(*c))
                .map(String::from)
                .collect(),
        }
    }
}

/// White space as Python has it: four separators of ASCII are among it, which Unicode leaves out.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

fn v13a(text: &str) -> Vec<String> {
    let text = text
        .trim_end_matches(is_space)
        .replace("<skipped>", "")
        .replace("-\n", "")
        .replace('\n', " ")
        // In this order: `&amp;lt;` becomes `<`.
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">");
    let mut chars = vec![' '];
    for c in text.chars() {
        if is_mark(c) {
            chars.extend([' ', c, ' ']);
        } else {
            chars.push(c);
        }
    }
    chars.push(' ');
    let is_digit = |c: char| c.is_ascii_digit();
    let is_point = |c: char| c == '.' || c == ',';
    let chars = in_pairs(&chars, |a, b| {
        (!is_digit(a) && is_point(b)).then_some([a, ' ', b, ' '])
    });
    let chars = in_pairs(&chars, |a, b| {
        (is_point(a) && !is_digit(b)).then_some([' ', a, ' ', b])
    });
    let chars = in_pairs(&chars, |a, b| {
        (is_digit(a) && b == '-').then_some([a, ' ', b, ' '])
    });
    chars
        .split(|c| is_space(*c))
        .filter(|token| !token.is_empty())
        .map(|token| token.iter().collect())
        .collect()
}

/// Marks that are words wherever they stand: those of ASCII without `'`, `,`, `-` and `.`.
fn is_mark(c: char) -> bool {
    c.is_ascii_punctuation() && !"',-.".contains(c)
}

/// Puts what `change` gives in the place of a pair; a pair begins after the one that was changed.
fn in_pairs(chars: &[char], change: impl Fn(char, char) -> Option<[char; 4]>) -> Vec<char> {
    let mut changed = Vec::with_capacity(chars.len() + chars.len() / 2);
    let mut rest = chars;
    while let Some((first, after)) = rest.split_first() {
        let pair = after.first().and_then(|second| change(*first, *second));
        if let Some(pair) = pair {
            changed.extend(pair);
            rest = after.get(1..).unwrap_or_default();
        } else {
            changed.push(*first);
            rest = after;
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::peer;

    #[test]
    fn words_are_those_of_sacrebleu() {
        let expected = peer::expected();
        let expected = expected["tokens"].as_array().unwrap();
        let lines: Vec<&str> = peer::LINES.lines().collect();
        assert_eq!(lines.len(), expected.len());
        assert!(lines.len() > 20);
        for (line, expected) in lines.iter().zip(expected) {
            assert_eq!(Tokeniser::V13a.tokens(line).join(" "), *expected, "{line}");
        }
    }

    #[test]
    fn characters_are_words_in_korean() {
        assert_eq!(Tokeniser::of(Lang::Ko), Tokeniser::Char);
        assert_eq!(
            Tokeniser::Char.tokens(" 3월\u{3000}1일. "),
            ["3", "월", "1", "일", "."]
        );
        assert_eq!(Tokeniser::Char.tokens(" \n"), [""; 0]);
    }

    #[test]
    fn russian_words_keep_their_letters_and_their_quotation_marks() {
        assert_eq!(
            Tokeniser::of(Lang::Ru).tokens("«Всё!» — сказал он\u{1f}в 10.30."),
            ["«Всё", "!", "»", "—", "сказал", "он", "в", "10.30", "."]
        );
        assert_eq!(Tokeniser::V13a.tokens(""), [""; 0]);
        assert_eq!(Tokeniser::V13a.tokens("перено-\nсы \n"), ["переносы"]);
    }
}
