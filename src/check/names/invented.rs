//! Countries and cities that a translation has and its article has not.
//!
//! Weak models write one country for another, or name one where the source names none. Translators
//! may say what a pronoun means, or whose capital a town is; so everything that the article as a whole
//! mentions is allowed: the name itself, its people ("Dutch"), its capital, and whatever name sounds so.

use std::collections::HashSet;
use std::ops::Range;

use crate::check::finding::{Code, Finding};
use crate::job::Lang;

use super::known::Known;
use super::tokens::{Token, tokens};
use super::words::Class;
use super::{USUAL, sounded, table};

/// Peoples whose names do not begin as their countries' do, and words that speak of a place or are
/// written as it is: 영국 서머타임, 아일랜드.
const PEOPLES: [(&str, &str); 25] = [
    ("bst", "United Kingdom"),
    ("island", "Ireland"),
    ("islands", "Ireland"),
    ("french", "France"),
    ("frenchman", "France"),
    ("dutch", "Netherlands"),
    ("danish", "Denmark"),
    ("dane", "Denmark"),
    ("danes", "Denmark"),
    ("welsh", "Wales"),
    ("irish", "Ireland"),
    ("filipino", "Philippines"),
    ("american", "United States"),
    ("americans", "United States"),
    ("british", "United Kingdom"),
    ("briton", "United Kingdom"),
    ("britons", "United Kingdom"),
    ("brit", "United Kingdom"),
    ("brits", "United Kingdom"),
    ("english", "United Kingdom"),
    ("scottish", "United Kingdom"),
    ("brexit", "United Kingdom"),
    ("eu", "Europe"),
    ("uefa", "Europe"),
    ("soviet", "Russia"),
];
/// A word of the source that begins as a name does by so many letters may be made of it.
const SHARED: usize = 4;
/// The same for words that are surely peoples.
const SHARED_BY_PEOPLE: usize = 3;

/// What world news takes for granted, and translators name: "here in the country".
const GRANTED: &str = "United States";

/// Places in `target` that neither `source` nor its article speaks of, where something has been put in
/// place of another, or the source names nobody and nothing whose country a translator may add.
pub(super) fn invented(source: &str, target: &str, lang: Lang, known: &Known) -> Vec<Finding> {
    let words = tokens(source);
    let capitals: HashSet<&str> = words
        .iter()
        .filter(|token| token.is_capital)
        .map(|token| token.key.as_str())
        .collect();
    let mentions = |word: &str| capitals.contains(word) || known.has_capital(word);
    let mut findings: Vec<Finding> = Vec::new();
    for (name, form, range) in table::places_in(target, lang) {
        let is_known = table::places().any(|(other, entry)| {
            let all = || capitals.iter().copied().chain(known.capitals());
            entry.has_form(&form, lang)
                && (other == GRANTED
                    || is_mentioned(other, &mentions)
                    || all().any(|word| is_made_of(word, other)))
        });
        if is_known
            || is_sounded(&words, &range, target, lang)
            || !(names_nothing(source, known) || is_swapped(&capitals, target, lang))
        {
            continue;
        }
        if findings
            .iter()
            .all(|other| other.target.as_ref() != Some(&range))
        {
            let note = format!("the article does not speak of {name}");
            findings.push(Finding::stray(Code::Name, range, note));
        }
    }
    findings
}

/// Whether a source has no name that a translator might say more of.
fn names_nothing(source: &str, known: &Known) -> bool {
    known.find(source).is_empty()
}

/// Whether a place or a people of the source is nowhere in a translation.
fn is_swapped(capitals: &HashSet<&str>, target: &str, lang: Lang) -> bool {
    let stands = |entry: &table::Entry| entry.find(target, lang, true).is_some();
    let mentions = |word: &str| capitals.contains(word);
    let named = table::places().filter(|(name, _)| is_mentioned(name, &mentions));
    let mut named = named.peekable();
    let is_lost = named.peek().is_some() && !named.any(|(_, entry)| stands(entry));
    is_lost
        || capitals.iter().any(|word| {
            let mut of = table::places().filter(|(name, _)| is_made_of(word, name));
            Class::People.has(word)
                && of
                    .next()
                    .is_some_and(|(_, first)| !stands(first) && !of.any(|(_, entry)| stands(entry)))
        })
}

/// Whether every word of a name stands somewhere with a capital.
fn is_mentioned(name: &str, mentions: &impl Fn(&str) -> bool) -> bool {
    name.split_whitespace()
        .map(|word| word.to_lowercase().replace(['.', ','], ""))
        .all(|word| matches!(word.as_str(), "of" | "the" | "and") || mentions(&word))
}

/// "Russian" for Russia, "Dutch" for the Netherlands.
fn is_made_of(word: &str, name: &str) -> bool {
    if PEOPLES.contains(&(word, name)) {
        return true;
    }
    let least = if Class::People.has(word) {
        SHARED_BY_PEOPLE
    } else {
        SHARED
    };
    name.split_whitespace().any(|part| {
        let part = part.to_lowercase();
        let shared = part.chars().zip(word.chars());
        part.chars().count() >= least && shared.take_while(|(a, b)| a == b).count() >= least
    })
}

/// Whether a name of the source is written so: "Джорджиу" is no Georgia.
fn is_sounded(words: &[Token<'_>], range: &Range<usize>, target: &str, lang: Lang) -> bool {
    const SHORTEST: usize = 3;
    words
        .iter()
        .filter(|token| token.is_capital && token.key.chars().count() >= SHORTEST)
        .filter_map(|token| sounded(&[token.text], target, lang, USUAL))
        .any(|hit| hit.range.start < range.end && range.start < hit.range.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str, target: &str, lang: Lang) -> Vec<String> {
        let known = Known::new([source, "Talks in Poland went on."], []);
        let findings = invented(source, target, lang, &known);
        let words = |finding: &Finding| target.get(finding.target.clone()?).map(str::to_owned);
        findings.iter().filter_map(words).collect()
    }

    #[test]
    fn a_country_for_another_and_one_out_of_nowhere_are_seen() {
        for (source, target, lang, expected) in [
            (
                "The Norwegian port was closed.",
                "스웨덴 항구가 폐쇄됐다.",
                Lang::Ko,
                "스웨덴",
            ),
            (
                "The Norwegian port was closed.",
                "Порт Швеции был закрыт.",
                Lang::Ru,
                "Швеции",
            ),
            (
                "Prices rose in Brazil.",
                "베트남에서 물가가 올랐다.",
                Lang::Ko,
                "베트남",
            ),
            (
                "Prices rose in Brazil.",
                "Во Вьетнаме выросли цены.",
                Lang::Ru,
                "Вьетнаме",
            ),
            (
                "The strike was over.",
                "캐나다에서 파업이 끝났다.",
                Lang::Ko,
                "캐나다",
            ),
            (
                "The strike was over.",
                "Забастовка в Канаде закончилась.",
                Lang::Ru,
                "Канаде",
            ),
        ] {
            assert_eq!(found(source, target, lang), [expected], "{target}");
        }
    }

    #[test]
    fn what_the_article_speaks_of_and_what_explains_a_name_is_fine() {
        for (source, target, lang) in [
            // Elsewhere in the article.
            (
                "The strike was over.",
                "폴란드에서 파업이 끝났다.",
                Lang::Ko,
            ),
            (
                "The strike was over.",
                "Забастовка в Польше закончилась.",
                Lang::Ru,
            ),
            // A people, a capital for its country, a country for a town.
            (
                "Dutch and British farmers protested.",
                "네덜란드와 영국 농민들이 시위했다.",
                Lang::Ko,
            ),
            (
                "Dutch and British farmers protested.",
                "Фермеры Нидерландов и Великобритании протестовали.",
                Lang::Ru,
            ),
            ("Moscow refused.", "러시아는 거부했다.", Lang::Ko),
            ("Moscow refused.", "Россия отказалась.", Lang::Ru),
            (
                "The mosque in Mosul was rebuilt.",
                "이라크 모술의 모스크가 재건됐다.",
                Lang::Ko,
            ),
            (
                "The mosque in Mosul was rebuilt.",
                "Мечеть в Мосуле на севере Ирака восстановлена.",
                Lang::Ru,
            ),
            (
                "They live in the country illegally.",
                "그들은 미국에 불법으로 살고 있다.",
                Lang::Ko,
            ),
            (
                "They live in the country illegally.",
                "Они живут в США незаконно.",
                Lang::Ru,
            ),
            // Words that only look like places.
            ("By every means.", "모든 수단을 동원해.", Lang::Ko),
            ("The Cup was lost.", "Кубок был потерян.", Lang::Ru),
        ] {
            assert_eq!(found(source, target, lang), [""; 0], "{target}");
        }
    }
}
