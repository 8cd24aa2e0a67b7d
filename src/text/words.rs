//! Words, and those of an English sentence that carry its meaning, in forms in which they can be
//! compared.

use std::collections::{BTreeSet, HashMap};

/// Words that say nothing about what a sentence is about.
const EMPTY: &str = "a about after again against all also am an and any are as at be because been before being \
    between both but by can could did do does doing down during each few for from further had has have having he \
    her here hers herself him himself his how i if in into is it its itself just me more most my myself no nor not \
    now of off on once only or other our ours out over own said same say says she should so some such than that \
    the their theirs them themselves then there these they this those through to too under until up very was we \
    were what when where which while who whom why will with would you your yours told according";

/// Endings of English words, longest first. What they leave must be a word still.
const ENDINGS: [&str; 9] = ["ingly", "ities", "ing", "ies", "ed", "es", "ly", "s", "e"];
/// Letters of a stem, at the least.
const SHORTEST_STEM: usize = 4;

/// Runs of letters and digits, in order. An apostrophe inside a word belongs to it; a hyphen
/// does not.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’')))
        .map(|word| word.trim_matches(['\'', '’']))
        .filter(|word| !word.is_empty())
}

/// A word as it is compared: lower case, straight apostrophe, no possessive ending.
pub fn key(word: &str) -> String {
    let lower = word.to_lowercase().replace('’', "'");
    lower.strip_suffix("'s").unwrap_or(&lower).to_owned()
}

/// The stems of a sentence's words, each once, in order of the alphabet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bag(BTreeSet<String>);

impl Bag {
    /// Takes a sentence apart.
    pub fn new(text: &str) -> Self {
        let words = words(text)
            .map(key)
            .filter(|word| !super::among(EMPTY, word));
        Self(words.map(|word| stem(&word).to_owned()).collect())
    }

    /// The stems in order.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether a stem is among them.
    pub fn has(&self, stem: &str) -> bool {
        self.0.contains(stem)
    }
}

/// How much each stem of some sentences says about which of them is meant: the rarer, the more. The
/// inverse document frequency, a sentence being a document.
#[derive(Debug)]
pub struct Rarity {
    weights: HashMap<String, f64>,
    unknown: f64,
}

impl Rarity {
    /// Counts the stems of sentences.
    pub fn new<'a>(sentences: impl IntoIterator<Item = &'a Bag>) -> Self {
        let mut seen: HashMap<&str, u32> = HashMap::new();
        let mut all = 0.0;
        for bag in sentences {
            all += 1.0;
            for word in bag.words() {
                *seen.entry(word).or_default() += 1;
            }
        }
        let weights = seen
            .into_iter()
            .map(|(word, times)| (word.to_owned(), (1.0 + all / f64::from(times)).ln()))
            .collect();
        Self {
            weights,
            unknown: (1.0_f64 + all).ln(),
        }
    }

    /// The weight of a stem that some sentence has.
    pub fn known(&self, word: &str) -> Option<f64> {
        self.weights.get(word).copied()
    }

    /// The weight of any stem: none is rarer than one that no sentence has.
    pub fn weight(&self, word: &str) -> f64 {
        self.known(word).unwrap_or(self.unknown)
    }
}

/// A word without its ending, as far as a word is left. Figures stay as they are.
fn stem(word: &str) -> &str {
    ENDINGS
        .iter()
        .filter_map(|ending| word.strip_suffix(ending))
        .find(|stem| stem.chars().count() >= SHORTEST_STEM)
        .unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_are_one_and_small_words_none() {
        let words = |text| {
            Bag::new(text)
                .words()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            words("The striking engineers’ strikes"),
            ["engineer", "strik"]
        );
        assert_eq!(words("It was to be"), Vec::<String>::new());
        assert_eq!(words("Korea’s 38-strong"), ["38", "korea", "strong"]);
    }
}
