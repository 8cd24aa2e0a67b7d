//! Where the terms of a glossary stand in a source text.

use std::collections::HashMap;
use std::ops::Range;

use super::entry::Entry;
use super::tokens::{Token, folded, plain, tokens};
use super::{Glossary, Lang};

/// A term in a source text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit<'a> {
    /// The entry that it belongs to.
    pub entry: &'a Entry,
    /// The form of the entry that was found, as the glossary writes it.
    pub term: &'a str,
    /// Where it stands, in bytes. A plural's ending is inside, a possessive's is not.
    pub range: Range<usize>,
}

impl<'a> Hit<'a> {
    /// What should stand for it in a translation into `lang`; `None` where the entry says nothing
    /// about the language.
    pub fn preferred(&self, lang: Lang) -> Option<&'a str> {
        match self
            .entry
            .targets
            .get(&lang)
            .and_then(|forms| forms.first())
        {
            Some(form) => Some(form),
            None => self.entry.do_not_translate.then_some(self.term),
        }
    }
}

impl Glossary {
    /// The terms of `source` that have a form in `lang`, in the order of the text. They do not
    /// overlap: where several begin at the same word the longest counts, and what it covers is not
    /// looked at again.
    ///
    /// Terms are found as whole words, with any white space between them, with the plural's "s" and
    /// before the possessive's. Whether capitals count is the entry's [`Case`](super::Case).
    pub fn hits<'a>(&'a self, source: &str, lang: Lang) -> Vec<Hit<'a>> {
        self.index
            .find(source)
            .into_iter()
            .filter_map(|found| {
                let entry = self.entries.get(found.entry)?;
                entry.is_for(lang).then_some(Hit {
                    entry,
                    term: entry.sources.get(found.source)?,
                    range: found.range,
                })
            })
            .collect()
    }
}

/// The terms of a glossary by their first words.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    by_first: HashMap<String, Vec<Pattern>>,
}

/// One way to write a term.
#[derive(Debug, Clone)]
struct Pattern {
    entry: usize,
    source: usize,
    exact: bool,
    words: Vec<Word>,
}

#[derive(Debug, Clone)]
struct Word {
    plain: String,
    folded: String,
    spaced: bool,
}

/// A pattern in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Which entry.
    pub(super) entry: usize,
    /// Which of its source forms.
    pub(super) source: usize,
    /// Where, in bytes.
    pub(super) range: Range<usize>,
}

impl Index {
    pub(super) fn new(entries: &[Entry]) -> Self {
        let mut by_first: HashMap<String, Vec<Pattern>> = HashMap::new();
        for (entry, of) in entries.iter().enumerate() {
            for (source, text) in of.sources.iter().enumerate() {
                let words: Vec<Word> = tokens(text).iter().map(Word::new).collect();
                let Some(first) = words.first() else {
                    continue;
                };
                by_first
                    .entry(first.folded.clone())
                    .or_default()
                    .push(Pattern {
                        entry,
                        source,
                        exact: of.case.is_exact(text),
                        words,
                    });
            }
        }
        Self { by_first }
    }

    /// Every pattern in a text, leftmost and longest first, without overlaps.
    pub(super) fn find(&self, text: &str) -> Vec<Found> {
        if self.by_first.is_empty() {
            return Vec::new();
        }
        let tokens = tokens(text);
        let words: Vec<Word> = tokens.iter().map(Word::new).collect();
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(best) = self.longest(rest) else {
                at += 1;
                continue;
            };
            let end = at + best.words.len();
            if let (Some(first), Some(last)) = (tokens.get(at), tokens.get(end - 1)) {
                found.push(Found {
                    entry: best.entry,
                    source: best.source,
                    range: first.range.start..last.range.end,
                });
            }
            at = end;
        }
        found
    }

    /// The longest pattern that begins with the first of `words`; of equal ones that with exact
    /// letters, then that which comes first in the glossary.
    fn longest(&self, words: &[Word]) -> Option<&Pattern> {
        let first = words.first()?;
        std::iter::once(first.folded.as_str())
            .chain(singulars(&first.folded).iter().map(String::as_str))
            .filter_map(|key| self.by_first.get(key))
            .flatten()
            .filter(|pattern| pattern.begins(words))
            .min_by_key(|pattern| {
                (
                    std::cmp::Reverse(pattern.words.len()),
                    !pattern.exact,
                    pattern.entry,
                )
            })
    }
}

impl Pattern {
    fn begins(&self, words: &[Word]) -> bool {
        let last = self.words.len() - 1;
        self.words.len() <= words.len()
            && self
                .words
                .iter()
                .zip(words)
                .enumerate()
                .all(|(at, (wanted, word))| {
                    (at == 0 || wanted.spaced == word.spaced)
                        && (wanted.is(word, self.exact)
                            || at == last && wanted.has_plural(word, self.exact))
                })
    }
}

impl Word {
    fn new(token: &Token<'_>) -> Self {
        Self {
            plain: plain(token.text),
            folded: folded(token.text),
            spaced: token.spaced,
        }
    }

    fn is(&self, other: &Self, exact: bool) -> bool {
        if exact {
            self.plain == other.plain
        } else {
            self.folded == other.folded
        }
    }

    /// Whether `other` is the plural of this word.
    fn has_plural(&self, other: &Self, exact: bool) -> bool {
        let other = if exact { &other.plain } else { &other.folded };
        let word = if exact { &self.plain } else { &self.folded };
        singulars(other).contains(word)
    }
}

/// What a word may be the plural of.
fn singulars(word: &str) -> Vec<String> {
    let Some(stem) = word
        .strip_suffix('s')
        .filter(|stem| stem.chars().count() > 1 && stem.chars().all(char::is_alphabetic))
    else {
        return Vec::new();
    };
    let mut found = vec![stem.to_owned()];
    if let Some(short) = stem.strip_suffix('e') {
        if short.ends_with(['s', 'x', 'z', 'o']) || short.ends_with("ch") || short.ends_with("sh") {
            found.push(short.to_owned());
        }
        if let Some(root) = short.strip_suffix('i') {
            found.push(format!("{root}y"));
        }
    }
    found
}

#[cfg(test)]
#[expect(
    clippy::string_slice,
    reason = "the ranges under test are sliced by, so that a bad one fails the test"
)]
#[path = "index_tests.rs"]
mod tests;
