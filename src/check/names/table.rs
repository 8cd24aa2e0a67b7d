//! Names that no rule of sound gives: countries, great cities, institutions, and given names.
//!
//! `places.tsv`, `institutions.tsv` and `given.tsv` are lines of three columns, parted by tabs: English, Korean,
//! Russian; each with its forms parted by `|`. A Russian form that ends in a hyphen is the
//! beginning of a word, in any case of letters where it begins with a small one; others are whole
//! words. A form after `~` is the country of a capital, which often stands for its government.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use crate::check::letters;
use crate::job::Lang;

use super::hangul;

/// The forms of one name.
#[derive(Debug)]
pub(super) struct Entry {
    korean: Vec<&'static str>,
    russian: Vec<&'static str>,
}

/// Before the name of the country whose capital is meant: Washington for the United States.
const COUNTRY: char = '~';

type Table = HashMap<&'static str, Entry>;

static PLACES: LazyLock<Table> = LazyLock::new(|| table(include_str!("places.tsv")));
static INSTITUTIONS: LazyLock<Table> = LazyLock::new(|| table(include_str!("institutions.tsv")));
static GIVEN: LazyLock<Table> = LazyLock::new(|| table(include_str!("given.tsv")));

fn table(lines: &'static str) -> Table {
    let mut table = HashMap::new();
    for line in lines.lines() {
        let mut columns = line.split('\t').map(|column| column.split('|'));
        let (Some(english), Some(korean), Some(russian)) =
            (columns.next(), columns.next(), columns.next())
        else {
            continue;
        };
        let (korean, russian): (Vec<_>, Vec<_>) = (korean.collect(), russian.collect());
        for name in english {
            let entry = Entry {
                korean: korean.clone(),
                russian: russian.clone(),
            };
            table.insert(name, entry);
        }
    }
    table
}

/// A country, city or institution, by its English name as it is printed.
pub(super) fn exonym(name: &str) -> Option<&'static Entry> {
    PLACES.get(name).or_else(|| institution(name))
}

/// Korean forms that are words too: means, a feast of cream, "let's go".
const WORDS_TOO: &str = "수단 인도 조선 파리 발리 개성 서해 동경 상해 가자 크림 이란 의회 의사당 리가 걸프 \
    서안 밀란 조던 남북 남미 북미 대북 대미 대일 남측 북측 미중 미러 미일 한중 한일 한미 북중 북러 한러 중러 중일 방중 방일 한영 한중일 주미 중동 유럽";

/// All places, by each of their English names.
pub(super) fn places() -> impl Iterator<Item = (&'static str, &'static Entry)> {
    PLACES.iter().map(|(name, entry)| (*name, entry))
}

/// Places whose forms stand in a text beyond doubt, by one of their English names, each with the form
/// and where it stands.
pub(super) fn places_in(text: &str, lang: Lang) -> Vec<(&'static str, String, Range<usize>)> {
    /// Places whose forms are those of something else: a parliament, a market.
    const OTHERS: [&str; 5] = [
        "Capitol Hill",
        "Wall Street",
        "Downing Street",
        "Silicon Valley",
        "Korean Peninsula",
    ];
    let mut found: Vec<(&'static str, String, Range<usize>)> = Vec::new();
    // Once, and not for each of hundreds of forms.
    let plain_words: Vec<(&str, String)> = match lang {
        Lang::Ru => words(text).map(|word| (word, plain(word))).collect(),
        Lang::Ko | Lang::En => Vec::new(),
    };
    for (name, entry) in places().filter(|(name, _)| !OTHERS.contains(name)) {
        let place = match lang {
            Lang::Ko => clear(&entry.korean).find_map(|form| {
                let is_clear = form.chars().count() > 1
                    && form.chars().all(hangul::is_syllable)
                    && !WORDS_TOO.split_whitespace().any(|word| word == *form);
                let range = korean(form, text).filter(|_| is_clear)?;
                let rest = text.get(range.end..)?;
                let end = rest.find(|c| !hangul::is_syllable(c)).unwrap_or(rest.len());
                let begins = !text
                    .get(..range.start)?
                    .ends_with(|c: char| c.is_alphanumeric());
                (begins && hangul::may_follow(rest.get(..end)?)).then_some((*form, range))
            }),
            Lang::Ru => clear(&entry.russian).find_map(|form| {
                let stem = noun_stem(form)?;
                let is_noun = |word: &str| is_noun(word, &stem, form.ends_with('-'));
                let (word, _) = plain_words.iter().find(|(_, plain)| is_noun(plain))?;
                Some((*form, letters::place(text, word)?))
            }),
            Lang::En => None,
        };
        found.extend(place.map(|(form, range)| (name, form.to_owned(), range)));
    }
    found.sort_by_key(|(name, _, range)| (range.start, *name));
    found
}

/// Forms of the place itself.
fn clear<'a>(forms: &'a [&'static str]) -> impl Iterator<Item = &'a &'static str> {
    forms.iter().filter(|form| !form.starts_with(COUNTRY))
}

/// What the noun of a Russian form begins with, in every case; `None` where that is no name for sure.
fn noun_stem(form: &str) -> Option<String> {
    const SHORTEST: usize = 4;
    let stem = form.trim_end_matches('-');
    let is_clear = stem.starts_with(char::is_uppercase)
        && !stem.contains(' ')
        && stem.chars().count() >= SHORTEST;
    is_clear.then(|| plain(stem))
}

/// Whether a word is a noun with this stem, in some case if it `has_cases`. Both are [`plain`].
fn is_noun(word: &str, stem: &str, has_cases: bool) -> bool {
    const ENDINGS: &str = " а я у ю е и ы о ом ем ой ей ою ь ью й ию ии ия ией ией ам ах ями ях";
    word.strip_prefix(stem).is_some_and(|ending| {
        (ending.is_empty() || has_cases) && ENDINGS.split(' ').any(|known| known == ending)
    })
}

/// An institution alone, by its English name as it is printed.
pub(super) fn institution(name: &str) -> Option<&'static Entry> {
    INSTITUTIONS.get(name)
}

/// A given name.
pub(super) fn given(name: &str) -> Option<&'static Entry> {
    GIVEN.get(name)
}

impl Entry {
    /// Whether a form is one of the name's, or of the country of a capital.
    pub(super) fn has_form(&self, form: &str, lang: Lang) -> bool {
        let forms = if lang == Lang::Ko {
            &self.korean
        } else {
            &self.russian
        };
        forms
            .iter()
            .any(|own| own.trim_start_matches(COUNTRY) == form)
    }

    /// Where the first of the name's forms stands in `text`; where a capital may stand for its
    /// country, that of the country too.
    pub(super) fn find(&self, text: &str, lang: Lang, by_country: bool) -> Option<Range<usize>> {
        type Finder = fn(&str, &str) -> Option<Range<usize>>;
        let (forms, find): (_, Finder) = match lang {
            Lang::Ko => (&self.korean, korean),
            Lang::Ru => (&self.russian, russian),
            Lang::En => return None,
        };
        forms
            .iter()
            .filter_map(|form| match form.strip_prefix(COUNTRY) {
                Some(country) => by_country.then_some(country),
                None => Some(*form),
            })
            .find_map(|form| find(form, text))
    }
}

/// What may stand before the name of a country without a space: "주한미국대사관", but not "볼리비아"
/// for 리비아.
const BEFORE: &str =
    "주 주한 한 대 친 반 전 재 방 북 남 동 서 중 구 신 탈 미 일 러 영 유럽 현 각 타";

/// A form of several syllables begins a word or follows such a syllable; one of a single syllable,
/// Chinese character or Latin letters only where it is a word of its own.
fn korean(form: &str, text: &str) -> Option<Range<usize>> {
    let is_long =
        form.chars().count() > 1 && form.chars().all(|c| hangul::is_syllable(c) || c == ' ');
    text.match_indices(form)
        .map(|(at, found)| at..at + found.len())
        .find(|range| {
            let before = text.get(..range.start).and_then(|b| b.chars().next_back());
            let rest = text.get(range.end..).unwrap_or_default();
            let is_latin = form.is_ascii();
            let joins = |c: char| c.is_alphanumeric() && (!is_latin || c.is_ascii_alphanumeric());
            let end = rest.find(|c| !joins(c)).unwrap_or(rest.len());
            let is_han = form
                .chars()
                .any(|c| letters::script(c) == Some(letters::Script::Han));
            let begun = text.get(..range.start).unwrap_or_default();
            let from = begun.trim_end_matches(hangul::is_syllable).len();
            let lead = begun.get(from..).unwrap_or_default();
            (is_long && (lead.is_empty() || BEFORE.split(' ').any(|known| known == lead)))
                || is_han
                || (!before.is_some_and(joins)
                    && hangul::may_follow(rest.get(..end).unwrap_or_default()))
        })
}

/// The words of a form, one after the other, each with its ending where it is a stem.
fn russian(form: &str, text: &str) -> Option<Range<usize>> {
    let wanted: Vec<&str> = form.split(' ').collect();
    let words: Vec<&str> = words(text).collect();
    let found = words.windows(wanted.len()).find(|found| {
        found
            .iter()
            .zip(&wanted)
            .all(|(word, form)| is_form(word, form))
    })?;
    let at = |word: &str| (word.as_ptr() as usize).checked_sub(text.as_ptr() as usize);
    let last = found.last()?;
    Some(at(found.first()?)?..at(last)? + last.len())
}

/// Words with the hyphens inside them, and again the parts of those that have some.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '-'))
        .map(|word| word.trim_matches('-'))
        .filter(|word| !word.is_empty())
}

fn is_form(word: &str, form: &str) -> bool {
    const MOST: usize = 7;
    let Some(stem) = form.strip_suffix('-') else {
        return word.split('-').any(|part| part == form) || plain(word) == plain(form);
    };
    let stem_of = |word: &str| {
        let word = if stem.starts_with(char::is_lowercase) {
            word.to_lowercase()
        } else {
            word.to_owned()
        };
        plain(&word)
            .strip_prefix(&plain(stem))
            .is_some_and(|ending| ending.chars().count() <= MOST)
    };
    stem_of(word) || word.split('-').any(stem_of)
}

fn plain(word: &str) -> String {
    word.replace('ё', "е").replace('Ё', "Е")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_a_name_and_forms_in_both_scripts() {
        for lines in [
            include_str!("places.tsv"),
            include_str!("institutions.tsv"),
            include_str!("given.tsv"),
        ] {
            for line in lines.lines() {
                let columns: Vec<Vec<&str>> = line
                    .split('\t')
                    .map(|column| column.split('|').collect())
                    .collect();
                assert_eq!(columns.len(), 3, "{line}");
                let forms = columns.iter().flatten();
                assert!(
                    forms
                        .clone()
                        .all(|form| *form == form.trim() && !form.is_empty()),
                    "{line}"
                );
            }
        }
        assert!(PLACES.len() > 250 && INSTITUTIONS.len() > 40 && GIVEN.len() > 200);
    }

    #[test]
    fn every_first_form_is_found() {
        for (name, entry) in PLACES.iter().chain(INSTITUTIONS.iter()).chain(GIVEN.iter()) {
            let korean = entry.korean.first().copied().unwrap_or_default();
            assert!(
                entry.find(korean, Lang::Ko, false).is_some(),
                "{name}: {korean}"
            );
            let russian = entry.russian.first().copied().unwrap_or_default();
            let words = russian.split(' ').map(|word| word.trim_end_matches('-'));
            let russian = words.collect::<Vec<_>>().join(" ");
            assert!(
                entry.find(&russian, Lang::Ru, false).is_some(),
                "{name}: {russian}"
            );
        }
    }
}
