//! Does a translation have an end?

use crate::check::{coverage, letters};
use crate::job::Lang;
use crate::text::among;

/// Russian words that no sentence ends with.
const RUSSIAN_OPEN: &str = "а без в во для до и из или к как ко на над не но о об от по под при про с со у что чтобы за \
    если когда который которая которое которые через между перед после";
/// The last syllables of Korean sentences that say all, with or without a mark.
const KOREAN_ENDS: &str = "다요죠까";

/// Whether the source ends as a sentence does and the text does not.
///
/// A mark that is forgotten after the last word is no lost end: what ends in a Korean verb is
/// complete, and so is a Russian text as long as translations are that does not end in the middle of
/// a phrase.
pub fn lacks_end(source: &str, text: &str, lang: Lang) -> bool {
    if !ends_as_sentence(source, ".!?…") || ends_as_sentence(text, ".!?…:;。") {
        return false;
    }
    let bare = text.trim_end_matches(is_closing);
    if !bare.ends_with(char::is_alphanumeric) {
        return true;
    }
    match lang {
        Lang::Ko => !bare.ends_with(|c| KOREAN_ENDS.contains(c)),
        Lang::Ru => {
            let last = letters::words(bare).last().unwrap_or_default();
            among(RUSSIAN_OPEN, &last.to_lowercase()) || coverage::is_short(source, text, lang)
        }
        Lang::En => true,
    }
}

fn is_closing(c: char) -> bool {
    c.is_whitespace() || "\"'”’»)]』」".contains(c)
}

fn ends_as_sentence(text: &str, marks: &str) -> bool {
    text.trim_end_matches(is_closing)
        .ends_with(|c| marks.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_needs_its_end_and_a_headline_does_not() {
        assert!(!lacks_end(
            "He left “at once.”",
            "Он ушёл «сразу».",
            Lang::Ru
        ));
        assert!(!lacks_end("Minister Leaves", "장관 사임", Lang::Ko));
        assert!(!lacks_end("Minister Leaves", "Отставка министра", Lang::Ru));
        assert!(!lacks_end("He left.", "“그는 떠났다.”", Lang::Ko));
    }

    #[test]
    fn a_forgotten_mark_is_no_lost_end() {
        let source = "The port was closed on Monday because of ice in the western channel.";
        for (text, lang, lacks) in [
            (
                "항구는 월요일 서쪽 수로의 얼음 때문에 폐쇄됐다",
                Lang::Ko,
                false,
            ),
            ("항구는 월요일 서쪽 수로의 얼음 때문에", Lang::Ko, true),
            (
                "항구는 월요일 서쪽 수로의 얼음 때문에 폐쇄됐고,",
                Lang::Ko,
                true,
            ),
            (
                "Порт был закрыт в понедельник из-за льда, который появился в западном фарватере",
                Lang::Ru,
                false,
            ),
            ("Порт закрыли в понедельник из-за льда", Lang::Ru, true),
            (
                "Порт был закрыт в прошедший понедельник из-за льда, появившегося в",
                Lang::Ru,
                true,
            ),
            (
                "Порт закрыли в понедельник из-за льда в западном фарватере,",
                Lang::Ru,
                true,
            ),
        ] {
            assert_eq!(lacks_end(source, text, lang), lacks, "{text}");
        }
    }
}
