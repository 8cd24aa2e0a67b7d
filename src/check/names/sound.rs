//! How well a name in Latin letters fits letters of another script: the cheapest way of writing
//! the one with the other.
//!
//! Costs are small integers. A way of writing that is in the rules costs what they say, mostly
//! nothing; one vowel for another costs little, since English vowels say little about their sound;
//! one consonant for another costs much, since consonants are what two forms of a name share.

use std::collections::HashMap;

/// A consonant that has no counterpart.
const CONSONANT: u32 = 9;
/// A consonant in the place of another.
const OTHER_CONSONANT: u32 = 10;
/// A vowel that has no counterpart, or in the place of another.
const VOWEL: u32 = 3;
/// A final consonant that is mostly silent in French.
const SILENT: u32 = 4;

/// The ways to write Latin letters in another script, of one table.
#[derive(Debug)]
pub(super) struct Rules {
    by_first: HashMap<char, Vec<Rule>>,
    /// What a letter costs that stands in the other script alone, where it is not
    /// [`CONSONANT`].
    light: &'static [(char, u32)],
    vowels: &'static str,
}

#[derive(Debug)]
struct Rule {
    latin: Vec<char>,
    written: Vec<char>,
    cost: u32,
}

impl Rules {
    /// Reads lines of Latin letters, a tab, and ways to write them, each with a colon and its cost;
    /// `-` for letters that are not written at all. What cannot be read is left out.
    pub(super) fn new(table: &str, vowels: &'static str, light: &'static [(char, u32)]) -> Self {
        let mut by_first: HashMap<char, Vec<Rule>> = HashMap::new();
        for (latin, ways) in table.lines().filter_map(|line| line.split_once('\t')) {
            let Some(first) = latin.chars().next() else {
                continue;
            };
            let ways = ways
                .split(' ')
                .filter_map(|way| way.split_once(':'))
                .filter_map(|(written, cost)| Some((written, cost.parse().ok()?)));
            by_first
                .entry(first)
                .or_default()
                .extend(ways.map(|(written, cost)| Rule {
                    latin: latin.chars().collect(),
                    written: written.chars().filter(|c| *c != '-').collect(),
                    cost,
                }));
        }
        Self {
            by_first,
            light,
            vowels,
        }
    }

    /// What it costs to write all of `latin` (lower case, without accents) as the first n letters
    /// of `written`, for each n from 0; `None` where it costs more than `limit`.
    pub(super) fn costs(&self, latin: &[char], written: &[char], limit: u32) -> Vec<Option<u32>> {
        let width = written.len() + 1;
        let mut costs = vec![u32::MAX; (latin.len() + 1) * width];
        if let Some(start) = costs.first_mut() {
            *start = 0;
        }
        for row in 0..=latin.len() {
            for column in 0..width {
                let here = costs.get(row * width + column).copied().unwrap_or(u32::MAX);
                if here > limit {
                    continue;
                }
                let mut reach = |letters: usize, signs: usize, cost: u32| {
                    let at = (row + letters) * width + column + signs;
                    if let Some(there) = costs.get_mut(at) {
                        *there = (*there).min(here + cost);
                    }
                };
                let (letters, signs) = (
                    latin.get(row..).unwrap_or_default(),
                    written.get(column..).unwrap_or_default(),
                );
                if let Some(&sign) = signs.first() {
                    let before = column.checked_sub(1).and_then(|at| written.get(at));
                    reach(0, 1, self.stray(sign, before.copied()));
                }
                let Some(&letter) = letters.first() else {
                    continue;
                };
                let before = row.checked_sub(1).and_then(|at| latin.get(at));
                reach(1, 0, skipped(letter, before.copied(), letters.len() == 1));
                if let Some(&sign) = signs.first() {
                    match (is_vowel(letter), self.vowels.contains(sign)) {
                        (true, true) => reach(1, 1, VOWEL),
                        (false, false) => reach(1, 1, OTHER_CONSONANT),
                        _ => {}
                    }
                }
                for rule in self.by_first.get(&letter).into_iter().flatten() {
                    if letters.starts_with(&rule.latin) && signs.starts_with(&rule.written) {
                        reach(rule.latin.len(), rule.written.len(), rule.cost);
                    }
                }
            }
        }
        costs
            .split_off(latin.len() * width)
            .into_iter()
            .map(|cost| (cost <= limit).then_some(cost))
            .collect()
    }

    /// What a letter of the other script costs that no Latin letter stands for.
    fn stray(&self, sign: char, before: Option<char>) -> u32 {
        let light = self.light.iter().find(|(light, _)| *light == sign);
        match light {
            Some((_, cost)) => *cost,
            None if self.vowels.contains(sign) => VOWEL,
            None if before == Some(sign) => 1,
            None => CONSONANT,
        }
    }
}

/// What a Latin letter costs that is not written.
fn skipped(letter: char, before: Option<char>, is_last: bool) -> u32 {
    match letter {
        _ if before == Some(letter) => 0,
        'a' | 'e' | 'i' | 'o' | 'u' | 'y' => VOWEL,
        't' | 's' | 'd' | 'x' | 'p' | 'z' if is_last => SILENT,
        _ => CONSONANT,
    }
}

pub(super) fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// The letters of a name as the rules have them: in lower case, without accents, and without what
/// is no letter.
pub(super) fn letters(name: &str) -> Vec<char> {
    let mut letters = Vec::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        let plain = match c {
            'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
            'æ' => "ae",
            'ç' => "s",
            'ć' | 'č' => "ch",
            'ď' | 'đ' | 'ð' => "d",
            'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
            'ğ' | 'ģ' => "g",
            'ì'..='ï' | 'ī' | 'į' | 'ı' => "i",
            'ķ' => "k",
            'ĺ' | 'ļ' | 'ľ' | 'ł' => "l",
            'ñ' | 'ń' | 'ņ' | 'ň' => "n",
            'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
            'œ' => "oe",
            'ŕ' | 'ř' => "r",
            'ś' | 'ş' | 'š' | 'ș' => "sh",
            'ß' => "ss",
            'ţ' | 'ť' | 'ț' => "t",
            'þ' => "th",
            'ù'..='ü' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
            'ý' | 'ÿ' => "y",
            'ź' | 'ż' | 'ž' => "zh",
            'a'..='z' => {
                letters.push(c);
                continue;
            }
            _ => continue,
        };
        letters.extend(plain.chars());
    }
    letters
}

/// The most that a plausible form of a name of so many letters costs, at so many tenths a letter.
pub(super) fn limit(letters: usize, tenths: usize) -> u32 {
    u32::try_from(letters * tenths / 10).unwrap_or(u32::MAX)
}

/// How many runs of vowels a name has, without a final "e".
pub(super) fn vowel_runs(latin: &[char]) -> usize {
    let latin = latin.strip_suffix(&['e']).unwrap_or(latin);
    let mut before = false;
    latin
        .iter()
        .filter(|c| {
            let begins = is_vowel(**c) && !before;
            before = is_vowel(**c);
            begins
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(latin: &str, written: &str) -> Option<u32> {
        let rules = Rules::new(
            "a\tа:0\nsh\tш:0\ns\tс:0 ш:2\nh\t-:1 х:0\nt\tт:0",
            "аои",
            &[('ь', 0)],
        );
        let written: Vec<char> = written.chars().collect();
        rules
            .costs(&letters(latin), &written, 30)
            .last()
            .copied()
            .flatten()
    }

    #[test]
    fn the_cheapest_way_of_writing_counts() {
        for (latin, written, expected) in [
            ("sat", "сат", Some(0)),
            ("Šat", "шат", Some(0)),
            ("shat", "шат", Some(0)),
            ("sat", "шат", Some(2)),
            ("sat", "сить", Some(VOWEL)),
            ("saat", "сат", Some(0)),
            ("sat", "сатт", Some(1)),
            ("sat", "сак", Some(OTHER_CONSONANT)),
            ("sat", "са", Some(SILENT)),
            ("tatsat", "оо", None),
        ] {
            assert_eq!(cost(latin, written), expected, "{latin} {written}");
        }
    }

    #[test]
    fn every_rule_can_be_read() {
        for table in [
            include_str!("to_cyrillic.tsv"),
            include_str!("to_hangul.tsv"),
        ] {
            let ways = |line: &str| {
                line.split_once('\t')
                    .map_or(0, |(_, ways)| ways.split(' ').count())
            };
            let written: usize = table.lines().map(ways).sum();
            let rules = Rules::new(table, "", &[]);
            let read: usize = rules.by_first.values().map(Vec::len).sum();
            assert!(read > 200 && read == written, "{read} of {written}");
        }
    }

    #[test]
    fn letters_are_plain() {
        let plain: String = letters("Müller-Ångström Č.").into_iter().collect();
        assert_eq!(plain, "mullerangstromch");
    }
}
