//! A name in Cyrillic: as Russian newsrooms transcribe it, with whatever case ending.

use std::ops::Range;
use std::sync::LazyLock;

use super::Hit;
use super::sound::{self, Rules};

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    Rules::new(
        include_str!("to_cyrillic.tsv"),
        "аеиоуыэюя",
        &[('ь', 0), ('ъ', 0), ('й', 2)],
    )
});

/// Endings of nouns, of surnames that decline as adjectives, and of the people of a place.
const ENDINGS: &str = "\
    а я у ю о е и ы й ь ом ем ой ей ою ею ам ям ами ями ах ях ов ев ым им ого его ому ему ая яя \
    ую юю ое ее ые ие ых их ыми ими ии ией ию ия ье ьи ью ья ием иях ям иям иями цы ца цу цем цев \
    ец цам цами цах ьем ьев ын ин на не ну ной ны";
/// What may stand before the `ск` of an adjective.
const SUFFIXES: &str = "й н ов ев ан ян ин ен ь ий ийн ей ой а и э о";
/// The most letters after it.
const ADJECTIVE_ENDING: usize = 3;
/// A name that is written without its last vowel, for an ending.
const INFLECTED: u32 = 1;
/// A name inside an adjective.
const DERIVED: u32 = 1;

/// A word of a text: its letters in lower case, `ё` as `е`, and where it stands.
#[derive(Debug)]
struct Word {
    letters: Vec<(char, Range<usize>)>,
    /// Whether it begins with a capital, or after a quotation mark: «рейнджеры».
    is_capital: bool,
    /// Whether only a hyphen or an apostrophe parts it from the word before.
    is_joined: bool,
}

/// Where `parts`, written as one or more words, stands in `text` in its best form.
pub(super) fn find(parts: &[&str], text: &str, tenths: usize) -> Option<Hit> {
    let latin: Vec<char> = parts.iter().flat_map(|part| sound::letters(part)).collect();
    if latin.len() < 2 {
        return None;
    }
    let limit = sound::limit(latin.len(), tenths);
    let words = words(text);
    (0..words.len())
        .filter_map(|start| at(&latin, parts.len(), words.get(start..)?, limit))
        .min_by_key(|hit| (hit.cost, hit.range.start))
}

/// The name at the beginning of `words`, if it is there.
fn at(latin: &[char], parts: usize, words: &[Word], limit: u32) -> Option<Hit> {
    const MOST_WORDS: usize = 5;
    let mut signs: Vec<(char, Range<usize>)> = Vec::new();
    let mut ends = Vec::new();
    let mut taken = 0;
    for word in words.iter().take(MOST_WORDS) {
        if !word.is_joined || ends.is_empty() {
            taken += 1;
        }
        if taken > parts {
            break;
        }
        signs.extend(word.letters.iter().cloned());
        ends.push(signs.len());
    }
    let is_capital = words.first()?.is_capital || parts > 1;
    let written: Vec<char> = signs.iter().map(|(c, _)| *c).collect();
    let mut best: Option<(u32, usize, usize)> = None;
    for cut in 0..=2_usize.min(latin.len().saturating_sub(2)) {
        let kept = latin.len() - cut;
        let dropped = latin.get(kept..).unwrap_or_default();
        if !dropped.iter().all(|c| sound::is_vowel(*c)) {
            break;
        }
        let costs = RULES.costs(latin.get(..kept)?, &written, limit);
        for (length, cost) in costs.iter().enumerate().skip(1) {
            let Some(end) = ends.iter().find(|end| **end >= length) else {
                continue;
            };
            let rest = written.get(length..*end).unwrap_or_default();
            // A name that has lost its vowel has another ending in its place.
            if cut > 0 && rest.is_empty() {
                continue;
            }
            let (Some(cost), Some(ending)) = (cost, ending(rest)) else {
                continue;
            };
            // Small letters are for adjectives: "лондонский".
            if !is_capital && ending != DERIVED {
                continue;
            }
            let total = cost + ending + if cut > 0 { INFLECTED } else { 0 };
            if total <= limit && best.is_none_or(|(least, _, _)| total < least) {
                best = Some((total, length, *end));
            }
        }
    }
    let (cost, length, end) = best?;
    let from = signs.first()?.1.start;
    Some(Hit {
        cost,
        stem: from..signs.get(length.checked_sub(1)?)?.1.end,
        range: from..signs.get(end.checked_sub(1)?)?.1.end,
    })
}

/// What it costs that a name is followed by `rest` in its word; `None` where it is another word.
fn ending(rest: &[char]) -> Option<u32> {
    if rest.is_empty() {
        return Some(0);
    }
    let ending: String = rest.iter().collect();
    if ENDINGS.split(' ').any(|known| known == ending) {
        return Some(0);
    }
    let at = rest.windows(2).position(|pair| pair == ['с', 'к'])?;
    let suffix: String = rest.iter().take(at).collect();
    let is_suffix = at == 0 || SUFFIXES.split(' ').any(|known| known == suffix);
    (is_suffix && rest.len() - at - 2 <= ADJECTIVE_ENDING).then_some(DERIVED)
}

fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut is_open = false;
    let mut joins = false;
    for (at, c) in text.char_indices() {
        let lower = c.to_lowercase().next().unwrap_or(c);
        if !matches!(lower, 'а'..='я' | 'ё' | 'і' | 'ї' | 'є') {
            joins = matches!(c, '-' | '\'' | '’' | '‑') && is_open;
            is_open = false;
            continue;
        }
        let letter = (
            if lower == 'ё' { 'е' } else { lower },
            at..at + c.len_utf8(),
        );
        match words.last_mut() {
            Some(word) if is_open => word.letters.push(letter),
            _ => words.push(Word {
                letters: vec![letter],
                is_capital: c.is_uppercase() || text.get(..at).is_some_and(|b| b.ends_with('«')),
                is_joined: joins,
            }),
        }
        is_open = true;
    }
    words
}
