//! Where a form stands in a translation, in whatever case or with whatever particle.

use std::ops::Range;

use super::entry::Entry;
use super::tokens::{Token, folded, is_hangul, plain, tokens};
use super::{particle, russian};
use crate::job::Lang;

/// Syllables that are put before a Korean noun without making another of it: 친러시아, 대미국.
const PREFIXES: &str = "친반대주전현구비탈범신각내재총";
/// Syllables that numbers end in: 100만달러.
const NUMERALS: &str = "십백천만억조";

/// Countries by one syllable, as headlines chain them: 미중, 한미일.
const COUNTRIES: &str = "한미일중러북영독불";

/// A translation, ready to be searched.
#[derive(Debug)]
pub(super) struct Target<'a> {
    lang: Lang,
    text: &'a str,
    tokens: Vec<Token<'a>>,
    /// Characters in lower case, with the byte where each stands.
    chars: Vec<(usize, char)>,
}

impl<'a> Target<'a> {
    pub(super) fn new(text: &'a str, lang: Lang) -> Self {
        Self {
            lang,
            text,
            tokens: tokens(text),
            chars: text.char_indices().map(|(at, c)| (at, lower(c))).collect(),
        }
    }

    /// Where `form` stands, in bytes, without overlaps. `fixed`: its words do not change.
    pub(super) fn find(&self, form: &str, fixed: bool) -> Vec<Range<usize>> {
        match self.lang {
            Lang::Ko => self.korean(form),
            _ => self.inflected(form, fixed),
        }
    }

    /// The words of `form` one after the other, each in some case.
    fn inflected(&self, form: &str, fixed: bool) -> Vec<Range<usize>> {
        let wanted = tokens(form);
        let is_form = |found: &Token<'_>, wanted: &Token<'_>| {
            if fixed && !russian::is_abbreviation(wanted.text) {
                folded(found.text) == folded(wanted.text)
            } else if wanted.text.is_ascii() {
                plain(found.text).eq_ignore_ascii_case(wanted.text)
            } else {
                plain(found.text) == plain(wanted.text) || russian::is_form(found.text, wanted.text)
            }
        };
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for window in self.tokens.windows(wanted.len().max(1)) {
            let all = !wanted.is_empty()
                && window
                    .iter()
                    .zip(&wanted)
                    .enumerate()
                    .all(|(at, (f, w))| (at == 0 || f.spaced == w.spaced) && is_form(f, w));
            let (Some(first), Some(last)) = (window.first(), window.last()) else {
                continue;
            };
            if all
                && ranges
                    .last()
                    .is_none_or(|before| before.end <= first.range.start)
            {
                ranges.push(first.range.start..last.range.end);
            }
        }
        ranges
    }

    /// The characters of `form` at the beginning of a word; it may be spaced in another way, and
    /// particles and other nouns may follow.
    fn korean(&self, form: &str) -> Vec<Range<usize>> {
        let wanted = Wanted::new(form);
        let mut ranges = Vec::new();
        let mut at = 0;
        while at < self.chars.len() {
            match self.korean_at(&wanted, at) {
                Some(end) => {
                    ranges.push(self.byte(at)..self.byte(end));
                    at = end;
                }
                None => at += 1,
            }
        }
        ranges
    }

    /// Where the form ends that begins at this character.
    fn korean_at(&self, wanted: &Wanted, at: usize) -> Option<usize> {
        let first = wanted.chars.first()?;
        let chained = wanted.chars.len() == 1 && self.is_chained(at);
        if self.char(at) != Some(first.0) || !(chained || self.begins(at, wanted)) {
            return None;
        }
        let mut end = at;
        for (c, may_part) in &wanted.chars {
            while *may_part && self.char(end).is_some_and(char::is_whitespace) {
                end += 1;
            }
            if self.char(end) != Some(*c) {
                return None;
            }
            end += 1;
        }
        let last = wanted.chars.last()?.0;
        let fits = match self.char(end) {
            // One syllable is too little to tell a name by: 미 is America, 미술 is art.
            Some(c) if is_hangul(c) && wanted.chars.len() == 1 => {
                let rest = self.text.get(self.byte(end)..)?;
                particle::follows(rest.trim_start_matches(is_country))
            }
            Some(c) if is_hangul(c) => true,
            Some(c) => !(c.is_alphanumeric() && last.is_alphanumeric()),
            None => true,
        };
        fits.then_some(end)
    }

    /// Whether a word may begin at this character.
    fn begins(&self, at: usize, wanted: &Wanted) -> bool {
        let before = |back: usize| at.checked_sub(back).and_then(|at| self.char(at));
        let is_free = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
        let first = wanted.chars.first().map(|(c, _)| *c);
        if is_free(before(1)) || is_free(first) {
            return true;
        }
        let Some(prefix) = before(1).filter(|_| first.is_some_and(is_hangul)) else {
            return false;
        };
        let is_number = |c: char| c.is_ascii_digit() || NUMERALS.contains(c);
        // 주 makes an embassy's name of a country's, and of one syllable another word: 주일.
        let is_prefix = |c: char| wanted.chars.len() > 1 && PREFIXES.contains(c);
        prefix.is_ascii_digit()
            || (is_prefix(prefix) || NUMERALS.contains(prefix))
                && (is_free(before(2)) || before(2).is_some_and(|c| is_number(c) || is_prefix(c)))
    }

    /// Whether only countries by one syllable stand between the beginning of the word and this
    /// character, which is one too.
    fn is_chained(&self, at: usize) -> bool {
        let before = self.chars.get(..at).unwrap_or_default().iter().rev();
        let mut before = before.map(|(_, c)| *c).skip_while(|c| is_country(*c));
        self.char(at).is_some_and(is_country) && !before.next().is_some_and(char::is_alphanumeric)
    }

    fn char(&self, at: usize) -> Option<char> {
        self.chars.get(at).map(|(_, c)| *c)
    }

    fn byte(&self, at: usize) -> usize {
        self.chars
            .get(at)
            .map_or(self.text.len(), |(byte, _)| *byte)
    }
}

fn is_country(c: char) -> bool {
    COUNTRIES.contains(c)
}

/// A Korean form: its characters, and whether white space may stand before each.
struct Wanted {
    chars: Vec<(char, bool)>,
}

impl Wanted {
    fn new(form: &str) -> Self {
        let form = plain(form);
        let count = form.chars().filter(|c| !c.is_whitespace()).count();
        let mut chars: Vec<(char, bool)> = Vec::with_capacity(count);
        let mut spaced = false;
        for c in form.chars() {
            if c.is_whitespace() {
                spaced = true;
                continue;
            }
            let at = chars.len();
            // 항만위원회 may be parted, but not so that a syllable is left alone.
            let long = at >= 2
                && count - at >= 2
                && is_hangul(c)
                && chars.last().is_some_and(|(before, _)| is_hangul(*before));
            chars.push((lower(c), spaced || long));
            spaced = false;
        }
        Self { chars }
    }
}

/// One character in lower case, with plain apostrophes and hyphens.
fn lower(c: char) -> char {
    match c {
        '’' | 'ʼ' | '‘' => '\'',
        '‐' | '‑' | '−' => '-',
        c => c.to_lowercase().next().unwrap_or(c),
    }
}

/// The forms that a language's translations may have, sorted, each with its entry.
#[derive(Debug, Clone, Default)]
pub(super) struct Forms(Vec<(String, usize)>);

impl Forms {
    /// Forms of terms that are one word in the source: those of others are made of words that a
    /// translation may well have for a part of them (중국공산당 has China in it).
    pub(super) fn new(entries: &[Entry], lang: Lang) -> Self {
        let is_word = |entry: &Entry| !entry.sources.iter().any(|source| source.contains(' '));
        let mut forms: Vec<_> = entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| is_word(entry))
            .flat_map(|(at, entry)| {
                let accepted = entry.accepted(lang).iter();
                accepted.map(move |form| (form.clone(), at))
            })
            .collect();
        forms.sort();
        Self(forms)
    }

    /// Forms whose first word begins with `form` and goes on, of whichever entries: 인도네시아 for 인도.
    pub(super) fn longer(&self, form: &str) -> impl Iterator<Item = (&str, usize)> {
        let from = self.0.partition_point(|(known, _)| known.as_str() <= form);
        self.0
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(move |(known, _)| known.starts_with(form))
            .filter(move |(known, _)| {
                let rest = known.get(form.len()..).and_then(|rest| rest.chars().next());
                rest.is_some_and(char::is_alphanumeric)
            })
            .map(|(known, entry)| (known.as_str(), *entry))
    }
}

#[cfg(test)]
#[expect(
    clippy::string_slice,
    reason = "the ranges under test are sliced by, so that a bad one fails the test"
)]
#[path = "find_tests.rs"]
mod tests;
