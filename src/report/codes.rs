//! What the codes of a result mean, in words for editors.
//!
//! The codes are the checks' (`check::finding`) and part of the result's contract. A page is made
//! from any result, also a later version's, so a code that is not listed gets its own name as title.

use std::borrow::Cow;

/// Code, title, and what to do about it.
const CODES: [(&str, &str, &str); 25] = [
    (
        "empty",
        "Nothing was written",
        "The model gave no text. Write this sentence by hand.",
    ),
    (
        "wrong_script",
        "Wrong script",
        "Letters of another script stand in the text.",
    ),
    (
        "copied_source",
        "Left untranslated",
        "The original stands in the text as it was, or a good stretch of it.",
    ),
    (
        "loop",
        "Repeats itself",
        "The same words come again and again.",
    ),
    (
        "preamble",
        "Talks about the task",
        "The model says something of its own before or instead of the text.",
    ),
    ("truncated", "Cut short", "The end of the text is missing."),
    (
        "length_ratio",
        "Unusual length",
        "Much shorter or longer than translations of such a sentence are: look for what was left out or made up.",
    ),
    (
        "sentence_missing",
        "Sentence missing",
        "A sentence of the original has no counterpart.",
    ),
    (
        "sentence_added",
        "Sentence added",
        "A sentence stands here that the original does not have.",
    ),
    (
        "quotation",
        "Quotation lost",
        "A quotation of the original is not one here: compare the quotation marks and the speaker.",
    ),
    (
        "figures",
        "Figure missing or different",
        "Compare every number with the original.",
    ),
    (
        "figure_added",
        "Figure added",
        "A number stands here that the original does not have.",
    ),
    (
        "unit",
        "Currency or unit missing or different",
        "Compare what is counted: money, weights, distances.",
    ),
    (
        "time",
        "Date or time missing or different",
        "Compare the day, the hour and the time zone.",
    ),
    (
        "polarity",
        "Denial lost or added",
        "One text denies what the other states.",
    ),
    (
        "name",
        "Name missing or different",
        "A name of the original is not found in any form that was expected.",
    ),
    (
        "name_varies",
        "Name in two forms",
        "The same name is written differently elsewhere in the article.",
    ),
    (
        "glossary_term_missing",
        "Glossary term not used",
        "The desk's glossary has a translation for this term, and it is not used.",
    ),
    (
        "glossary_term_forbidden",
        "Forbidden form",
        "The desk's glossary forbids this form.",
    ),
    (
        "unsupported_figure",
        "Figure not in the article",
        "The summary states a number that the article does not have.",
    ),
    (
        "unsupported_name",
        "Name not in the article",
        "The summary states a name that the article does not have.",
    ),
    (
        "unsupported_sentence",
        "Not in the article",
        "No sentence of the article says this.",
    ),
    (
        "too_few_sentences",
        "Summary shorter than asked for",
        "Fewer sentences than the job asked for.",
    ),
    (
        "too_long",
        "Summary longer than asked for",
        "More words than the job asked for.",
    ),
    (
        EXTRACTED,
        "The article’s own words",
        "This sentence is taken from the article as it stands there, in place of one that the model wrote.",
    ),
];

/// The code of a summary sentence that is one of the article's.
pub(super) const EXTRACTED: &str = "extracted";

/// Every code that the page has words for.
pub fn known() -> impl Iterator<Item = &'static str> {
    CODES.iter().map(|(code, _, _)| *code)
}

/// A code as a title: `figures` is "Figure missing or different".
pub fn title(code: &str) -> Cow<'_, str> {
    match CODES.iter().find(|(known, _, _)| *known == code) {
        Some((_, title, _)) => Cow::Borrowed(title),
        None => Cow::Owned(words(code)),
    }
}

/// What to make of a code, as a sentence; `None` where the page does not know it.
pub fn advice(code: &str) -> Option<&'static str> {
    let (_, _, advice) = CODES.iter().find(|(known, _, _)| *known == code)?;
    Some(advice)
}

/// A name of the result as words: `related_links` is "Related links".
pub(super) fn words(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_title_and_a_sentence_of_its_own() {
        let mut titles: Vec<_> = CODES.iter().map(|(_, title, _)| title).collect();
        titles.sort();
        titles.dedup();
        assert_eq!(titles.len(), CODES.len());
        for (code, title, advice) in CODES {
            assert!(!title.ends_with('.') && advice.ends_with('.'), "{code}");
        }
    }

    #[test]
    fn a_code_of_a_later_version_is_shown_in_its_own_words() {
        assert_eq!(title("tone_of_voice"), "Tone of voice");
        assert_eq!(title(""), "");
        assert_eq!(advice("tone_of_voice"), None);
        assert_eq!(title("figures"), "Figure missing or different");
    }
}
