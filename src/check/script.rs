//! Is a text in the script of its language?

use std::collections::HashSet;
use std::ops::Range;

use crate::check::letters::{self, Script};
use crate::check::{Code, Finding};
use crate::job::Lang;

/// At least this share of the letters must be of the language's script. Latin words that the
/// source has as names or abbreviations do not count against it.
const LEAST_SHARE: f64 = 0.75;
/// The same, counting every letter: a translation that is mostly names left as they were is none.
const LEAST_SHARE_OF_ALL: f64 = 0.30;
/// Chinese characters that Korean headlines use for countries, presidents and the like.
const KOREAN_PRESS_HAN: &str =
    "美中日北南韓英佛獨露印臺靑靑與野前現新舊大小上下全半反親對男女故株銀檢警軍核黨文尹李朴金崔鄭";

/// English words with a capital that are no names; those that are surnames too are left out.
const CALENDAR: [&str; 14] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "January",
    "February",
    "July",
    "September",
    "October",
    "November",
    "December",
];

/// What in `text` is not in the script of `lang`, with its place.
///
/// Letters that have no business there are found one stretch at a time, unless the source has them
/// too: Cyrillic in Korean, Hangul in Russian, kana, Chinese characters beyond those of Korean
/// headlines, and the mark that stands for broken bytes. So are words that mix Cyrillic with Latin
/// letters, and English words left among the others. Where no place can be named, the text as a
/// whole has too few letters of its language.
pub fn check(source: &str, text: &str, lang: Lang) -> Vec<Finding> {
    let wanted = match lang {
        Lang::Ko => Script::Hangul,
        Lang::Ru => Script::Cyrillic,
        Lang::En => Script::Latin,
    };
    let mut places = strays(source, text, wanted);
    if wanted == Script::Cyrillic {
        let mixed = letters::words(text).filter(|word| mixes_alphabets(word));
        places.extend(mixed.filter_map(|word| letters::place(text, word)));
    }
    if wanted != Script::Latin {
        places.extend(left_words(source, text));
    }
    places.sort_by_key(|place| (place.start, std::cmp::Reverse(place.end)));
    let places = joined(text, places);
    if places.is_empty() {
        let whole = !has_share(source, text, wanted);
        return whole
            .then(|| Finding::whole(Code::WrongScript))
            .into_iter()
            .collect();
    }
    places
        .into_iter()
        .map(|place| {
            let words = text.get(place.clone()).unwrap_or_default();
            let note = format!("“{words}” is not {}", lang.name());
            Finding::stray(Code::WrongScript, place, note)
        })
        .collect()
}

/// Places in order, those that overlap or have nothing but spaces and hyphens between them as one.
fn joined(text: &str, places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for place in places {
        let between = |last: &Range<usize>| text.get(last.end..place.start).unwrap_or_default();
        match joined.last_mut() {
            Some(last) if between(last).chars().all(|c| c.is_whitespace() || c == '-') => {
                last.end = last.end.max(place.end);
            }
            _ => joined.push(place),
        }
    }
    joined
}

/// Whether enough letters of a text are of a script.
fn has_share(source: &str, text: &str, wanted: Script) -> bool {
    let count = |text: &str, wanted: Script| {
        text.chars()
            .filter(|&c| letters::script(c) == Some(wanted))
            .count()
    };
    let all = text
        .chars()
        .filter(|&c| letters::script(c).is_some())
        .count();
    let good = count(text, wanted);
    if all == 0 {
        // Fine for "2019-2023", not for a sentence.
        return !letters::any(source) || !source.chars().any(char::is_lowercase);
    }
    if wanted == Script::Latin {
        return share(good, all) >= LEAST_SHARE;
    }
    let names = names(source);
    let excused: usize = latin_runs(text)
        .filter(|run| names.contains(&run.to_lowercase()))
        .map(|run| run.chars().count())
        .sum();
    if good == 0 {
        // "NATO" may stand as it is; "Kim Jong Un" may not.
        return all == excused && !source.chars().any(char::is_lowercase);
    }
    share(good, all.saturating_sub(excused)) >= LEAST_SHARE
        && (share(good, all) >= LEAST_SHARE_OF_ALL || names_share(source, &names) >= 0.6)
}

/// Stretches of letters that have no business in a text, and of broken ones.
fn strays(source: &str, text: &str, wanted: Script) -> Vec<Range<usize>> {
    let mut places: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices() {
        if !is_stray(c, wanted) || source.contains(c) {
            continue;
        }
        let end = at + c.len_utf8();
        match places.last_mut() {
            Some(last) if last.end == at => last.end = end,
            _ => places.push(at..end),
        }
    }
    places
}

fn share(part: usize, whole: usize) -> f64 {
    // Lengths of a sentence: far below 2^52.
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of letters in one segment"
    )]
    let share = part as f64 / whole.max(1) as f64;
    share
}

fn is_stray(c: char, wanted: Script) -> bool {
    match letters::script(c) {
        _ if c == char::REPLACEMENT_CHARACTER => true,
        // Letters that Russian gave up a hundred years ago, or never had.
        Some(Script::Cyrillic | Script::Other) if wanted == Script::Cyrillic => {
            !matches!(c, 'А'..='я' | 'Ё' | 'ё')
        }
        Some(Script::Kana) => true,
        Some(Script::Han) => wanted != Script::Hangul || !KOREAN_PRESS_HAN.contains(c),
        Some(Script::Cyrillic) => wanted != Script::Cyrillic,
        Some(Script::Hangul) => wanted != Script::Hangul,
        Some(Script::Latin | Script::Other) | None => false,
    }
}

/// "Москвa" with a Latin a; but "iPhone’ы" and "PR-служба" are words as they should be.
fn mixes_alphabets(word: &str) -> bool {
    let plain = !word.contains(['\'', '’']);
    let has = |wanted| word.chars().any(|c| letters::script(c) == Some(wanted));
    plain && has(Script::Cyrillic) && has(Script::Latin)
}

/// Ordinary English words, or pieces of them, that stand in the text: in lower case or a day or
/// month, so no name or abbreviation, and not in an address.
fn left_words(source: &str, text: &str) -> Vec<Range<usize>> {
    /// A word of the source.
    const SHORTEST: usize = 3;
    /// A word that is not in the source as it stands: another form of one, or made up.
    const SHORTEST_OTHER: usize = 5;
    let ordinary: HashSet<&str> = letters::words(source)
        .filter(|word| word.chars().all(|c| c.is_ascii_lowercase()))
        .collect();
    let lower = source.to_lowercase();
    let titles: Vec<&str> = latin_phrases(text)
        .filter(|phrase| is_title(source, phrase))
        .collect();
    text.split_whitespace()
        .filter(|token| !is_address(token))
        .flat_map(latin_runs)
        .filter(|run| !titles.iter().any(|title| holds(title, run)))
        .filter(|run| {
            let plain = run.chars().all(|c| c.is_ascii_lowercase());
            let is_left = plain && run.len() >= SHORTEST && lower.contains(*run);
            let is_capital = run.len() > SHORTEST && ordinary.contains(run.to_lowercase().as_str());
            let is_other = plain && run.len() >= SHORTEST_OTHER && !source.contains(*run);
            CALENDAR.contains(run) || is_left || is_capital || is_other
        })
        .filter_map(|run| letters::place(text, run))
        .collect()
}

/// Stretches of Latin words with nothing but spaces, apostrophes and dots between them.
fn latin_phrases(text: &str) -> impl Iterator<Item = &str> {
    let between = |c: char| c.is_ascii_whitespace() || matches!(c, '\'' | '’' | '.' | '&' | '-');
    text.split(move |c: char| {
        !(letters::script(c) == Some(Script::Latin) || c.is_ascii_digit() || between(c))
    })
    .map(str::trim)
    .filter(|phrase| phrase.contains(' '))
}

/// The name of a newspaper, a work or a body as the source writes it: as many words with a capital
/// as without at the least, and the first among them.
fn is_title(source: &str, phrase: &str) -> bool {
    let words: Vec<&str> = phrase.split_whitespace().collect();
    let capital = |word: &&&str| word.starts_with(char::is_uppercase);
    let capitals = words.iter().filter(capital).count();
    words.first().is_some_and(|first| capital(&first))
        && 2 * capitals >= words.len()
        && capitals > 1
        && without_quotes(source).contains(&without_quotes(phrase))
}

/// A text without apostrophes and quotation marks, which are set in many ways.
fn without_quotes(text: &str) -> String {
    text.replace(['\'', '"', '’', '‘', '“', '”'], "")
}

/// Whether a slice lies within another of the same text.
fn holds(whole: &str, part: &str) -> bool {
    let (whole, part) = (
        whole.as_bytes().as_ptr_range(),
        part.as_bytes().as_ptr_range(),
    );
    whole.start <= part.start && part.end <= whole.end
}

/// Runs of Latin letters and digits: in Korean a particle follows a name without a space.
fn latin_runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(letters::script(c) == Some(Script::Latin) || c.is_ascii_digit()))
        .filter(|run| {
            run.chars()
                .any(|c| letters::script(c) == Some(Script::Latin))
        })
}

/// The words of the source that may stand as they are: those with a capital or a digit, and the
/// pieces of addresses.
fn names(source: &str) -> HashSet<String> {
    let capitals = latin_runs(source)
        .filter(|run| run.chars().any(|c| c.is_uppercase() || c.is_ascii_digit()));
    let addresses = source
        .split_whitespace()
        .filter(|token| is_address(token))
        .flat_map(latin_runs);
    capitals.chain(addresses).map(str::to_lowercase).collect()
}

/// "example.org", "@handle" or "#tag", but not "end."
fn is_address(token: &str) -> bool {
    let inside = token.trim_end_matches(|c: char| !c.is_alphanumeric());
    inside.contains(['.', '@', '/', '_', '#'])
}

fn names_share(source: &str, names: &HashSet<String>) -> f64 {
    let all = source
        .chars()
        .filter(|&c| letters::script(c).is_some())
        .count();
    let in_names = latin_runs(source)
        .filter(|run| names.contains(&run.to_lowercase()))
        .map(|run| run.chars().count())
        .sum();
    share(in_names, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(source: &str, text: &str, lang: Lang) -> bool {
        check(source, text, lang).is_empty()
    }

    #[test]
    fn a_text_in_its_script_fits() {
        assert!(fits(
            "The NATO chief spoke.",
            "NATO 사무총장이 발언했다.",
            Lang::Ko
        ));
        assert!(fits(
            "The NATO chief spoke.",
            "Выступил глава NATO.",
            Lang::Ru
        ));
        assert!(fits("The US spoke.", "美, 입장 발표", Lang::Ko));
        assert!(fits("NATO", "NATO", Lang::Ko));
        assert!(fits("1914-1918", "1914–1918", Lang::Ru));
    }

    #[test]
    fn words_left_side_by_side_are_one_finding() {
        let source = "It wants advanced nuclear-powered submarines.";
        let text = "Ей нужны advanced nuclear-powered submarines, сказал он.";
        let findings = check(source, text, Lang::Ru);
        let places: Vec<&str> = findings
            .iter()
            .filter_map(|finding| text.get(finding.target.clone()?))
            .collect();
        assert_eq!(places, ["advanced nuclear-powered submarines"]);
    }

    #[test]
    fn a_text_in_another_script_does_not() {
        for text in [
            "The minister left.",
            "部长离开了。",
            "Министр ушёл.",
            "장관이 left the city on Monday.",
        ] {
            assert!(
                !fits("The minister left the city on Monday.", text, Lang::Ko),
                "{text}"
            );
        }
        for text in [
            "장관이 떠났다.",
            "Министр 离开了 город.",
            "Миниcтр ушёл.",
            "12",
        ] {
            assert!(!fits("The minister left.", text, Lang::Ru), "{text}");
        }
    }

    #[test]
    fn an_english_word_left_behind_does_not_fit() {
        let source = "The minister described the assertion on example.org as false.";
        assert!(!fits(
            source,
            "장관은 example.org에 실린 assertion을 거짓이라고 했다.",
            Lang::Ko
        ));
        assert!(!fits(
            "Apartment buildings fell.",
            "아파트 building이 무너졌다.",
            Lang::Ko
        ));
        assert!(fits(
            source,
            "장관은 example.org에 실린 주장을 거짓이라고 했다.",
            Lang::Ko
        ));
        assert!(!fits(
            source,
            "Министр назвал assertion на сайте example.org ложью.",
            Lang::Ru
        ));
        assert!(!fits(
            "The minister left on Tuesday.",
            "Министр уехал Tuesday вечером.",
            Lang::Ru
        ));
    }

    #[test]
    fn a_name_left_as_it_was_does_not_fit() {
        assert!(!fits("Kim Jong Un", "Kim Jong Un", Lang::Ko));
    }
}
