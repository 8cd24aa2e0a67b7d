//! What an article as a whole says about its names.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::find::{Kind, Name, find_with};
use super::table;
use super::tokens::tokens;
use super::words::Class;

/// The names of an article: from all its texts, and from what the producer knows of it.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Words that stand somewhere with a capital though no sentence begins there, and how often.
    words: BTreeMap<String, usize>,
    /// Words that stand somewhere in lower case.
    common: HashSet<String>,
    /// Words that stand somewhere with a capital, for whatever reason, in lower case.
    capitals: HashSet<String>,
    /// The last words of people's names, and how their full names are written.
    surnames: HashMap<String, String>,
    /// How often a name is placed: "in X".
    places: HashMap<String, usize>,
    /// What the producer says, by names in lower case.
    entities: HashMap<String, Kind>,
}

impl Known {
    /// Reads the texts of an article (its headline, its sections, in any order) and the names that
    /// came with it, each with its kind.
    pub fn new<'a>(
        texts: impl IntoIterator<Item = &'a str>,
        entities: impl IntoIterator<Item = (&'a str, Kind)>,
    ) -> Self {
        let texts: Vec<&str> = texts.into_iter().collect();
        let mut known = Self::default();
        for (name, kind) in entities {
            known.entities.insert(name.to_lowercase(), kind);
            let words: Vec<&str> = name.split_whitespace().collect();
            for word in &words {
                known.capitals.insert(word.to_lowercase());
                *known.words.entry(word.to_lowercase()).or_default() += 2;
            }
            if let (Kind::Person, Some(last)) = (kind, words.last()) {
                known.surnames.insert(last.to_lowercase(), name.to_owned());
            }
        }
        for token in texts.iter().flat_map(|text| tokens(text)) {
            if token.is_capital {
                known.capitals.insert(token.key);
            } else {
                known.common.insert(token.key);
            }
        }
        let mut found: Vec<Name> = Vec::new();
        for text in &texts {
            let names = find_with(text, &known);
            let tokens = tokens(text);
            // What a headline capitalises says nothing.
            for name in names.into_iter().filter(|name| !name.is_doubtful) {
                let opens = tokens
                    .iter()
                    .any(|token| token.opens && token.range.start == name.range.start);
                for word in name
                    .words
                    .iter()
                    .skip(usize::from(opens && name.kind != Kind::Person))
                {
                    *known.words.entry(word.to_lowercase()).or_default() += 1;
                }
                found.push(name);
            }
        }
        for name in &found {
            known.learn(name, &found);
        }
        known.count(&texts);
        known
    }

    /// Counts again, now that it is known what is a name: where sentences and headlines begin too.
    fn count(&mut self, texts: &[&str]) {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for token in texts.iter().flat_map(|text| tokens(text)) {
            if token.is_capital && self.words.contains_key(&token.key) {
                *counts.entry(token.key).or_default() += 1;
            }
        }
        for (word, count) in &mut self.words {
            *count = (*count).max(counts.get(word).copied().unwrap_or_default());
        }
    }

    fn learn(&mut self, name: &Name, found: &[Name]) {
        // Who is first called "Kristian Lund" and then "Lund" is a person, or might as well be.
        let is_shortened = |last: &str| {
            found.iter().any(|other| {
                other.kind != Kind::Organisation
                    && other.words.iter().map(String::as_str).eq([last])
            })
        };
        let is_person = |last: &str| match name.kind {
            Kind::Person | Kind::Place if name.is_sure => true,
            Kind::Person | Kind::Other => {
                !self.has_common(&last.to_lowercase()) && is_shortened(last)
            }
            Kind::Organisation | Kind::Place => false,
        };
        match name.kind {
            Kind::Person | Kind::Other if name.words.len() > 1 => {
                if let Some(last) = family(&name.words).filter(|last| is_person(last)) {
                    self.surnames
                        .entry(last.to_lowercase())
                        .or_insert_with(|| name.text());
                }
            }
            Kind::Place => *self.places.entry(name.text().to_lowercase()).or_default() += 1,
            _ => {}
        }
    }

    /// The names of a text of this article, in order.
    pub fn find(&self, text: &str) -> Vec<Name> {
        find_with(text, self)
    }

    /// The names of a text whose absence from a translation means something: surely people or
    /// places, and what the table has.
    pub fn checked(&self, text: &str) -> Vec<Name> {
        let mut names = self.find(text);
        names.retain(|name| self.is_checked(name));
        names
    }

    /// Whether a word, in lower case, is part of a name somewhere.
    pub(super) fn has_word(&self, word: &str) -> bool {
        self.words.contains_key(word) && (self.has_surname(word) || !self.has_common(word))
    }

    /// Whether a word, in lower case, stands somewhere with a capital.
    pub(super) fn has_capital(&self, word: &str) -> bool {
        self.capitals.contains(word)
    }

    /// Words, in lower case, that stand somewhere with a capital.
    pub(super) fn capitals(&self) -> impl Iterator<Item = &str> {
        self.capitals.iter().map(String::as_str)
    }

    /// Whether a word stands somewhere in lower case.
    pub(super) fn has_common(&self, word: &str) -> bool {
        self.common.contains(word)
    }

    /// Whether a word is the last of a person's name.
    pub(super) fn has_surname(&self, word: &str) -> bool {
        self.surnames.contains_key(word)
    }

    /// How a person is called in full who is named by one word.
    pub(super) fn full_name(&self, name: &Name) -> Option<&str> {
        match name.words.as_slice() {
            [word] => self.surnames.get(&word.to_lowercase()).map(String::as_str),
            _ => None,
        }
    }

    /// The kind that the producer gives a name.
    pub(super) fn entity(&self, name: &str) -> Option<Kind> {
        self.entities.get(&name.to_lowercase()).copied()
    }

    fn is_checked(&self, name: &Name) -> bool {
        /// Of a name of which it is not known what it names.
        const LETTERS: usize = 4;
        let text = name.text();
        if table::exonym(&text).is_some() {
            return match name.kind {
                // "The U.S. leader" is the president.
                Kind::Place | Kind::Organisation if name.is_attribute => {
                    text.chars().any(char::is_lowercase)
                }
                Kind::Place | Kind::Person => true,
                Kind::Organisation => name.is_sure,
                Kind::Other => false,
            };
        }
        let Some(last) = surname(&name.words) else {
            return false;
        };
        if matches!(self.entity(&text), Some(Kind::Person | Kind::Place)) {
            return true;
        }
        // "Ng" can be written in too many ways, or not at all.
        let is_short = last.chars().count() < 3 && name.words.len() < 3
            || last.contains(|c: char| c.is_ascii_digit());
        let key = last.to_lowercase();
        if is_short
            || Class::Institution.has(&key)
            || self.has_common(&key) && !self.has_surname(&key)
        {
            return false;
        }
        let mentions = self.words.get(&key).copied().unwrap_or_default();
        let is_alone = name.words.len() == 1;
        match name.kind {
            Kind::Person | Kind::Place if name.is_sure => true,
            Kind::Person | Kind::Other if self.has_surname(&key) => true,
            Kind::Organisation => false,
            // Translators often leave out what only says whose something is.
            _ if last.chars().count() < LETTERS || name.is_attribute => false,
            Kind::Person => mentions >= 2,
            Kind::Place | Kind::Other => mentions >= if is_alone { 3 } else { 2 },
        }
    }
}

/// The last word of a name that is no "Jr." or "III".
pub(super) fn surname(words: &[String]) -> Option<&str> {
    words
        .iter()
        .rev()
        .map(String::as_str)
        .find(|word| {
            !matches!(
                *word,
                "Jr" | "Sr" | "II" | "III" | "IV" | "QC" | "MP" | "MSP"
            )
        })
        .filter(|word| word.chars().count() > 1)
}

/// What a person is called by: the last word, and of the names of Korea and China the first.
fn family(words: &[String]) -> Option<&str> {
    let all: Vec<&str> = words.iter().map(String::as_str).collect();
    if begins_with_family(&all) {
        return all.first().copied();
    }
    surname(words)
}

/// "Kim Jong Un", "Moon Jae-in", "Xi Jinping": a family name of Korea, China or Vietnam first, and
/// short words.
pub(super) fn begins_with_family(words: &[&str]) -> bool {
    const LONGEST: usize = 6;
    let is_short = |word: &str| word.split('-').all(|part| part.chars().count() <= LONGEST);
    let is_eastern = words.len() == 3 || words.iter().any(|word| word.contains('-'));
    let is_family = |word: &str| {
        include_str!("families.txt")
            .split_whitespace()
            .any(|family| family == word)
    };
    matches!(words.len(), 2 | 3)
        && words.iter().all(|word| is_short(word))
        && words
            .first()
            .is_some_and(|first| is_family(first) && (is_eastern || table::given(first).is_none()))
}
