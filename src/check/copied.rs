//! Does the source stand in the output untranslated?

use crate::check::letters;

/// So many words of the source in a row are a copy. Names are shorter, and titles of works are
/// mostly capitals.
const RUN: usize = 4;
/// Of such a run, at least so many words must be in lower case.
const LOWER: usize = 3;

/// Whether `text` is the source, or holds a run of its words.
pub fn is_copied(source: &str, text: &str) -> bool {
    let source_words: Vec<&str> = letters::words(source).collect();
    let text_words: Vec<&str> = letters::words(text).collect();
    let same = source_words.len() == text_words.len()
        && source_words
            .iter()
            .zip(&text_words)
            .all(|(a, b)| a.eq_ignore_ascii_case(b));
    // "NATO" and "Volkswagen" may come back as they are.
    if same && source_words.len() > 1 && source.chars().any(char::is_lowercase) {
        return true;
    }
    source_words.windows(RUN).any(|run| {
        run.iter().filter(|word| is_lower(word)).count() >= LOWER
            && text_words.windows(RUN).any(|other| {
                run.iter()
                    .zip(other)
                    .all(|(a, b)| a.eq_ignore_ascii_case(b))
            })
    })
}

fn is_lower(word: &str) -> bool {
    word.chars()
        .all(|c| c.is_lowercase() || matches!(c, '\'' | '’'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_seen_and_names_are_not_copies() {
        assert!(is_copied("Rain fell on Leeds.", "Rain fell on Leeds."));
        assert!(is_copied(
            "He said he spoke out because he felt lucky.",
            "Он сказал, что spoke out because he felt."
        ));
        assert!(!is_copied("Volkswagen", "Volkswagen"));
        assert!(!is_copied(
            "He reads The Rape of the Lock.",
            "Он читает The Rape of the Lock."
        ));
    }
}
