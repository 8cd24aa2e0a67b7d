//! Does a summary say only what its article says? Names and figures can be looked up.

use std::collections::HashSet;

use crate::pipeline::check::letters::{key, words};
use crate::pipeline::check::{Finding, figures};

const NUMBER_WORDS: [&str; 12] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
];
/// Endings that turn the name of a place into the word for its people, and back.
const DEMONYMS: [&str; 11] = [
    "n", "an", "ian", "s", "ns", "ans", "ians", "ese", "ish", "i", "is",
];
/// Names that news writes long and short.
const SHORT_FORMS: [(&str, &str); 4] = [
    ("us", "united states"),
    ("uk", "united kingdom"),
    ("un", "united nations"),
    ("eu", "european union"),
];
/// Capitalised for other reasons than being names.
const NOT_NAMES: [&str; 16] = [
    "i",
    "mr",
    "mrs",
    "ms",
    "dr",
    "gen",
    "lt",
    "col",
    "president",
    "minister",
    "prime",
    "the",
    "a",
    "an",
    "of",
    "and",
];

/// An article, ready to be asked whether it has a name or a figure.
#[derive(Debug)]
pub struct Article {
    /// With single spaces and without full stops inside abbreviations ("U.S." is "us").
    words: HashSet<String>,
    phrase: String,
    initials: String,
    figures: HashSet<String>,
}

impl Article {
    /// Indexes an article's text.
    pub fn new(text: &str) -> Self {
        let text = without_dots(text);
        let keys: Vec<String> = words(&text).map(key).collect();
        let mut figures: HashSet<String> = figures::plain(&text).into_iter().collect();
        for word in &keys {
            figures.extend(
                NUMBER_WORDS
                    .iter()
                    .zip(1..)
                    .filter(|(name, _)| *name == word)
                    .map(|(_, n)| i32::to_string(&n)),
            );
        }
        Self {
            phrase: format!(" {} ", keys.join(" ")),
            initials: words(&text)
                .map(|word| word.chars().next().unwrap_or(' '))
                .collect(),
            words: keys.into_iter().collect(),
            figures,
        }
    }

    /// What a summary sentence claims without the article's support.
    pub fn unsupported(&self, sentence: &str) -> Vec<Finding> {
        let sentence = without_dots(sentence);
        let mut findings = Vec::new();
        if figures::plain(&sentence)
            .iter()
            .any(|figure| !self.figures.contains(figure))
        {
            findings.push(Finding::UnsupportedFigure);
        }
        if names(&sentence).iter().any(|name| !self.has_name(name)) {
            findings.push(Finding::UnsupportedName);
        }
        findings
    }

    fn has_name(&self, name: &str) -> bool {
        let word = key(name);
        self.words.contains(&word)
            || NOT_NAMES.contains(&word.as_str())
            || self.has_related(&word)
            || self.has_initials(name)
            || SHORT_FORMS.iter().any(|&(short, long)| {
                (short == word && self.phrase.contains(&format!(" {long} ")))
                    || (long.split(' ').any(|part| part == word) && self.words.contains(short))
            })
    }

    /// "Russian" when the article has "Russia", and the other way round.
    fn has_related(&self, word: &str) -> bool {
        const SHORTEST_STEM: usize = 4;
        let stems = |word: &str| -> HashSet<String> {
            let mut stems = HashSet::from([word.to_owned()]);
            stems.extend(
                DEMONYMS
                    .iter()
                    .filter_map(|ending| word.strip_suffix(ending))
                    .map(str::to_owned),
            );
            let trimmed: Vec<String> = stems
                .iter()
                .map(|stem| stem.trim_end_matches(['a', 'e', 'y', 'o']).to_owned())
                .collect();
            stems.extend(trimmed);
            stems.retain(|stem| stem.chars().count() >= SHORTEST_STEM);
            stems
        };
        let wanted = stems(word);
        self.words
            .iter()
            .any(|other| !stems(other).is_disjoint(&wanted))
    }

    /// "KCNA" when the article spells it out.
    fn has_initials(&self, name: &str) -> bool {
        name.chars().count() >= 2
            && name.chars().all(char::is_uppercase)
            && self.initials.contains(name)
    }
}

/// Capitalised words that are not so because a sentence or a quotation begins.
fn names(sentence: &str) -> Vec<&str> {
    let capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
    let all: Vec<&str> = words(sentence)
        .filter(|word| word.chars().any(char::is_alphabetic))
        .collect();
    let first_is_name = all.get(1).is_some_and(|next| capital(next))
        && all
            .first()
            .is_some_and(|first| !NOT_NAMES.contains(&key(first).as_str()));
    let mut names: Vec<&str> = all
        .iter()
        .enumerate()
        .filter(|&(index, word)| {
            capital(word) && (index > 0 || first_is_name) && !opens_quotation(sentence, word)
        })
        .map(|(_, word)| *word)
        .collect();
    names.dedup();
    names
}

fn opens_quotation(sentence: &str, word: &str) -> bool {
    ["\"", "“", "‘", "«"]
        .iter()
        .any(|mark| sentence.contains(&format!("{mark}{word}")))
}

/// Takes the full stops out of abbreviations, so that "U.S." is one word.
fn without_dots(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    characters
        .iter()
        .enumerate()
        .filter(|&(index, &c)| {
            let before = index.checked_sub(1).and_then(|index| characters.get(index));
            let before_that = index.checked_sub(2).and_then(|index| characters.get(index));
            let single = before.is_some_and(|c| c.is_uppercase())
                && before_that.is_none_or(|c| !c.is_alphanumeric());
            !(c == '.' && single)
        })
        .map(|(_, &c)| c)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The U.S. and Latvian navies found three mines off Liepaja on Monday, the Baltic Sea Institute said. \
                        Captain Anna Ozola counted 1,200 ships in 2021.";

    fn unsupported(sentence: &str) -> Vec<Finding> {
        Article::new(TEXT).unsupported(sentence)
    }

    #[test]
    fn what_the_article_says_is_supported() {
        for sentence in [
            "Navies of the United States and Latvia found 3 mines near Liepaja.",
            "According to the BSI, Ozola’s crew counted 1200 ships.",
            "Officials said the US acted on Monday.",
            "“Ships were counted,” Anna Ozola said in 2021.",
        ] {
            assert_eq!(unsupported(sentence), [], "{sentence}");
        }
    }

    #[test]
    fn what_it_does_not_say_is_flagged() {
        assert_eq!(
            unsupported("They counted 1,300 ships."),
            [Finding::UnsupportedFigure]
        );
        assert_eq!(
            unsupported("The mines lay off Ventspils."),
            [Finding::UnsupportedName]
        );
        assert_eq!(
            unsupported("John Berzins found 4 mines."),
            [Finding::UnsupportedFigure, Finding::UnsupportedName]
        );
    }
}
