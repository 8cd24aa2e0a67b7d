//! Months, weekdays, zones, noon and midnight, and dates in digits.

use crate::job::Lang;

use super::decimal::Decimal;
use super::lexicon::Meaning;
use super::quantity::{Half, Kind, Zone};
use super::read::Reader;
use super::text::{Text, digits, last_word};

/// Before "May" and "March" these say that the month is meant.
const BEFORE_MONTH: [&str; 22] = [
    "in", "of", "since", "until", "till", "by", "from", "late", "early", "mid", "last", "next",
    "this", "every", "during", "before", "after", "between", "and", "to", "through", "on",
];

/// Papers and programmes are named after days, and days have names.
const NAMED_AFTER_DAYS: [&str; 12] = [
    "times",
    "night",
    "mail",
    "telegraph",
    "mirror",
    "express",
    "herald",
    "post",
    "independent",
    "world",
    "sun",
    "star",
];
const NAMING_DAYS: [&str; 9] = [
    "black", "good", "super", "palm", "bloody", "ash", "cyber", "easter", "giving",
];

/// Reads a word of the calendar; returns where it ends.
pub(super) fn word(reader: &mut Reader<'_>, at: usize) -> Option<usize> {
    let text = &reader.text;
    let word = text.word(at);
    let Some((meaning, used)) = text.lexicon.calendar.find(word) else {
        return spaced_zone(reader, at);
    };
    let end = at
        + if text.lang == Lang::Ko {
            used
        } else {
            word.len()
        };
    let is_english = text.lang == Lang::En;
    let is_name = !is_english || text.raw(at..end).starts_with(char::is_uppercase);
    match meaning {
        Meaning::Month(month) if is_name => {
            // Марта is a woman; May may be a prime minister, or begin a sentence.
            let firm = match text.lang {
                Lang::En => is_month(text, word, at, end),
                Lang::Ko => true,
                Lang::Ru => !text.raw(at..end).starts_with(char::is_uppercase),
            };
            reader.push(Kind::Month, Decimal::from(month), at..end, firm);
        }
        Meaning::Weekday(day) if is_name => {
            let firm = is_weekday(text, word, at, end);
            reader.push(Kind::Weekday, Decimal::from(day), at..end, firm);
        }
        Meaning::Zone(zone) => {
            let is_zone = match text.lang {
                Lang::En => is_english_zone(reader, word, at, end),
                Lang::Ko => is_korean_zone(text, zone, at, end),
                Lang::Ru => is_russian_zone(text, word, end),
            };
            if !is_zone {
                return None;
            }
            reader.push(Kind::Zone(zone), Decimal::ZERO, at..end, is_english);
        }
        Meaning::Clock(minutes) => {
            let firm = is_english
                && matches!(
                    text.word_before(at),
                    "at" | "until" | "by" | "before" | "after"
                );
            let kind = Kind::Clock(Half::Known);
            reader.push(kind, Decimal::from(minutes), at..end, firm);
        }
        _ => return None,
    }
    Some(end)
}

/// Whether an English month's name is one: "May" and "March" are words, and "Jan" is a name.
fn is_month(text: &Text<'_>, word: &str, at: usize, end: usize) -> bool {
    let after = text.rest(end).trim_start_matches(['.', ' ', '\u{a0}']);
    let before = text.before(at).trim_end();
    let day = before.trim_end_matches(char::is_alphabetic);
    let beside_digit = after.starts_with(|c: char| c.is_ascii_digit())
        || after.starts_with("the ")
        || day.ends_with(|c: char| c.is_ascii_digit());
    let is_short = word.len() <= 3 || word == "sept";
    match word {
        "may" | "march" => {
            let preposition = BEFORE_MONTH.contains(&last_word(before.trim_end_matches('-')));
            let possessive = text.rest(end).starts_with(['\'', '’']);
            beside_digit || (preposition && !possessive)
        }
        // A text may be cut after "until Oct.".
        _ if is_short => {
            beside_digit
                || (text.rest(end).starts_with('.') && BEFORE_MONTH.contains(&last_word(before)))
        }
        _ => true,
    }
}

/// Whether a weekday's name is surely one, and more than a passing reference: "Friday's storm".
fn is_weekday(text: &Text<'_>, word: &str, at: usize, end: usize) -> bool {
    match text.lang {
        Lang::En => {
            let next = text.word(text.over_space(end));
            !(NAMED_AFTER_DAYS.contains(&next)
                || NAMING_DAYS.contains(&text.word_before(at))
                || word == "sabbath"
                || text.rest(end).starts_with(['\'', '’']))
        }
        // "Среда" is the environment, too.
        Lang::Ru if word.starts_with("сред") => {
            word == "среду" && matches!(text.word_before(at), "в" | "на" | "во")
        }
        Lang::Ru => !matches!(
            word,
            "субботние" | "субботних" | "воскресные" | "воскресных"
        ),
        Lang::Ko => true,
    }
}

/// Two and three letters are zones in capitals, and some only after a time.
fn is_english_zone(reader: &Reader<'_>, word: &str, at: usize, end: usize) -> bool {
    let raw = reader.text.raw(at..end);
    let follows_time = reader.found.last().is_some_and(|last| {
        matches!(last.quantity.kind, Kind::Clock(_))
            && at.saturating_sub(last.quantity.range.end) <= 3
    });
    let is_clear = matches!(word, "gmt" | "utc");
    raw.chars().all(char::is_uppercase) && (is_clear || follows_time)
}

/// "동부 시간", "동부시간", "GMT".
fn is_korean_zone(text: &Text<'_>, zone: Zone, at: usize, end: usize) -> bool {
    let rest = text.rest(end);
    let near = rest.get(..rest.floor_char_boundary(24)).unwrap_or_default();
    let word = text.between(at..end);
    zone == Zone::Local
        || word.is_ascii()
        || word.ends_with(['시', '간', '각', '치'])
        || near.contains('시')
}

/// "По московскому времени", "по Гринвичу".
fn is_russian_zone(text: &Text<'_>, word: &str, end: usize) -> bool {
    let rest = text.rest(end);
    let near = rest.get(..rest.floor_char_boundary(48)).unwrap_or_default();
    word.is_ascii() || word == "мск" || word.starts_with("гринвич") || near.contains("врем")
}

/// Zones of two words: "한국 시간", "local time", "Eastern Time".
fn spaced_zone(reader: &mut Reader<'_>, at: usize) -> Option<usize> {
    let text = &reader.text;
    let word = text.word(at);
    let next = text.over_space(at + word.len());
    let second = text.word(next);
    let end = next + second.len();
    let zone = match text.lang {
        Lang::Ko => {
            let is_time = ["시간", "시각", "표준시", "서머", "기준"]
                .iter()
                .any(|time| second.starts_with(time));
            if !is_time {
                return None;
            }
            match word {
                "한국" => Zone::Korea,
                "일본" => Zone::Japan,
                "모스크바" => Zone::Moscow,
                "영국" => Zone::British,
                "인도" => Zone::India,
                _ => return None,
            }
        }
        Lang::En => {
            let is_time = matches!(second, "time" | "standard" | "daylight");
            let after_time = reader
                .found
                .last()
                .is_some_and(|last| matches!(last.quantity.kind, Kind::Clock(_)));
            if !(is_time && after_time) {
                return None;
            }
            match word {
                "eastern" => Zone::Eastern,
                "central" => Zone::Central,
                "pacific" => Zone::Pacific,
                "mountain" => Zone::Mountain,
                "moscow" => Zone::Moscow,
                "korean" | "korea" => Zone::Korea,
                _ => return None,
            }
        }
        Lang::Ru => return None,
    };
    let firm = text.lang == Lang::En;
    reader.push(Kind::Zone(zone), Decimal::ZERO, at..end, firm);
    Some(end)
}

/// "05.03.2018" in Russian, "2018. 3. 5." in Korean; returns where it ends.
pub(super) fn dotted_date(reader: &mut Reader<'_>, at: usize) -> Option<usize> {
    let (day_first, gap) = match reader.text.lang {
        Lang::Ru => (true, ""),
        Lang::Ko => (false, " "),
        Lang::En => return None,
    };
    let mut parts = Vec::with_capacity(3);
    let mut start = at;
    for place in 0..3 {
        let found = digits(reader.text.rest(start));
        let end = start + found.len();
        parts.push((found.parse::<u64>().ok()?, start..end));
        if place < 2 {
            let rest = reader.text.rest(end).strip_prefix('.')?;
            let rest = rest.strip_prefix(gap).unwrap_or(rest);
            start = reader.text.rest(0).len() - rest.len();
        }
    }
    if !day_first {
        parts.reverse();
    }
    let [(day, day_range), (month, month_range), (year, year_range)] =
        <[_; 3]>::try_from(parts).ok()?;
    let fits = (1..=31).contains(&day) && (1..=12).contains(&month) && (1900..2200).contains(&year);
    if !fits {
        return None;
    }
    let end = day_range.end.max(year_range.end);
    let mut all = [
        (Kind::Day, day, day_range),
        (Kind::Month, month, month_range),
        (Kind::Number, year, year_range),
    ];
    all.sort_by_key(|(_, _, range)| range.start);
    for (kind, value, range) in all {
        reader.push(kind, Decimal::from(value), range, true);
    }
    Some(end)
}
