//! What can be measured on one line: its words, how it ends, whether it reads as running text.

/// Marks that end a sentence.
const TERMINAL: [char; 4] = ['.', '!', '?', '…'];
/// Marks that may follow the one that ends a sentence.
const CLOSING: [char; 9] = ['"', '\'', '”', '’', '»', ')', ']', '*', '_'];
/// Words that a headline in title case leaves small.
const SMALL_WORDS: [&str; 30] = [
    "a", "an", "the", "and", "but", "or", "nor", "for", "so", "yet", "of", "in", "on", "at", "to",
    "by", "as", "is", "up", "off", "over", "from", "with", "into", "than", "that", "via", "vs",
    "after", "amid",
];
/// Abbreviations that end a line with a full stop without ending a sentence.
const FINAL_ABBREVIATIONS: [&str; 12] = [
    "u.s.", "u.n.", "u.k.", "e.u.", "d.c.", "inc.", "corp.", "co.", "ltd.", "jr.", "sr.", "p.m.",
];

/// Fewest words of a line that counts as running text without further evidence.
const PROSE_WORDS: usize = 9;

/// The text in lower case, with everything but letters, digits, `©` and `@` made a single space: what
/// the rules compare.
pub(super) fn key(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() || c == '@' {
            key.extend(c.to_lowercase());
        } else if c == '©' {
            key.push_str("© ");
        } else if !matches!(c, '\'' | '’') && !key.ends_with(' ') && !key.is_empty() {
            key.push(' ');
        }
    }
    key.truncate(key.trim_end().len());
    key
}

/// Words, by whitespace, that have a letter or a digit in them.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
        .filter(|word| word.chars().any(char::is_alphanumeric))
}

/// Number of [`words`].
pub(super) fn word_count(text: &str) -> usize {
    words(text).count()
}

/// The mark that ends the text, closing quotes and brackets aside, if it is one that ends sentences.
pub(super) fn terminal(text: &str) -> Option<char> {
    let last_word = text.split_whitespace().next_back()?.to_lowercase();
    if FINAL_ABBREVIATIONS.contains(&last_word.as_str()) {
        return None;
    }
    text.trim_end_matches(CLOSING)
        .chars()
        .next_back()
        .filter(|c| TERMINAL.contains(c))
}

/// Whether the text is written as headlines are: every word but the small ones begins with a capital
/// or a figure.
pub(super) fn is_title_case(text: &str) -> bool {
    let mut any = false;
    for word in words(text) {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        if SMALL_WORDS.contains(&bare.to_lowercase().as_str()) {
            continue;
        }
        any = true;
        if !bare.starts_with(|c: char| c.is_uppercase() || c.is_numeric()) {
            return false;
        }
    }
    any
}

/// Whether every word begins with a capital; small words too.
pub(super) fn is_all_capitalised(text: &str) -> bool {
    let mut any = false;
    for word in words(text) {
        any = true;
        if !word
            .trim_start_matches(|c: char| !c.is_alphanumeric())
            .starts_with(|c: char| c.is_uppercase())
        {
            return false;
        }
    }
    any
}

/// Whether the text ends as a sentence does and is not a headline that happens to ask a question.
pub(super) fn is_sentence(text: &str) -> bool {
    let count = word_count(text);
    match terminal(text) {
        Some('.' | '…') => count >= 3,
        Some(_) => count >= 3 && !is_title_case(text),
        None => false,
    }
}

/// Whether the text is running text: a sentence of some length, or so long that it can be nothing else.
pub(super) fn is_prose(text: &str) -> bool {
    let count = word_count(text);
    if count >= 30 {
        return true;
    }
    let sentence = is_sentence(text);
    // A question on a line of its own is as likely a headline, until it is followed by more.
    let question = terminal(text) == Some('?') && text.matches(TERMINAL).count() == 1 && count < 16;
    count >= PROSE_WORDS && sentence && !question
}

/// Whether the text has the shape of a headline or subhead: short, and not a sentence.
pub(super) fn is_headline(text: &str) -> bool {
    let ends_open = text.ends_with([',', ';', ':', '-', '–', '—']);
    let asks = matches!(terminal(text), Some('?' | '!'));
    word_count(text) <= 24 && text.len() <= 220 && !ends_open && (terminal(text).is_none() || asks)
}

/// Words that were joined where a page put links side by side: `ArtsCulture` has one such joint.
/// Names that are written so (`McCartney`, `YouTube`) have none.
pub(super) fn glued_words(text: &str) -> usize {
    const NAMES: [&str; 20] = [
        "youtube",
        "tiktok",
        "linkedin",
        "whatsapp",
        "facebook",
        "playstation",
        "deepmind",
        "openai",
        "spacex",
        "airbnb",
        "paypal",
        "mastercard",
        "blackrock",
        "github",
        "iphone",
        "ipad",
        "ebay",
        "fedex",
        "exxonmobil",
        "glaxosmithkline",
    ];
    words(text)
        .filter(|word| {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
            !NAMES.contains(
                &bare
                    .to_lowercase()
                    .trim_end_matches("'s")
                    .trim_end_matches("’s"),
            ) && has_joint(bare)
        })
        .count()
}

/// Whether a lower-case letter is followed at once by an upper-case one, with a whole word on each side.
fn has_joint(word: &str) -> bool {
    let chars: Vec<char> = word.chars().collect();
    chars.windows(2).enumerate().any(|(at, pair)| {
        let joint = pair.first().is_some_and(|c| c.is_lowercase())
            && pair.last().is_some_and(|c| c.is_uppercase());
        // `Mc`, `Mac`, `De`, `Le`, `La`, `Di` begin names; a second part of one letter is no word.
        joint && at + 1 > 3 && chars.len() - (at + 1) >= 3
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_an_inner_capital_are_not_glued_words() {
        for (text, glued) in [
            ("ArtsCulture EuropeAsia", 2),
            ("McCartney Joins MacArthur", 0),
            ("YouTube Buys DeRosa", 0),
            ("Paris", 0),
            ("OpenAI’s YouTube", 0),
        ] {
            assert_eq!(glued_words(text), glued, "{text}");
        }
    }

    #[test]
    fn a_headline_is_not_prose_and_a_short_sentence_is_a_sentence() {
        for (text, prose, sentence, headline) in [
            ("Ferry to Nowhere Sails at Last", false, false, true),
            (
                "Is This the Last Summer for the Old Harbour Ferry in the Town?",
                false,
                false,
                true,
            ),
            ("He resigned on Monday.", false, true, false),
            (
                "The mayor resigned on Monday after a vote in the town hall.",
                true,
                true,
                false,
            ),
            (
                "“We will not go,” she said, “until the water is at the door.”",
                true,
                true,
                false,
            ),
            ("Talks Between Japan and the U.S.", false, false, true),
            ("Among those present:", false, false, false),
        ] {
            assert_eq!(
                (is_prose(text), is_sentence(text), is_headline(text)),
                (prose, sentence, headline),
                "{text}"
            );
        }
    }

    #[test]
    fn keys_leave_out_case_and_punctuation() {
        assert_eq!(key("  Don’t miss — “It”!  "), "dont miss it");
    }
}
