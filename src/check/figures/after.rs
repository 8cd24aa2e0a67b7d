//! What stands around a number: its currency, unit or percent sign.

use crate::job::Lang;

use super::lexicon::Meaning;
use super::quantity::{Currency, Kind};
use super::text::{Text, last_word, word};
use super::unit::Unit;

/// Signs of currencies.
const SIGNS: [(char, Currency); 8] = [
    ('$', Currency::Dollar),
    ('€', Currency::Euro),
    ('£', Currency::Pound),
    ('¥', Currency::Yen),
    ('₩', Currency::Won),
    ('₽', Currency::Rouble),
    ('₹', Currency::Rupee),
    ('¢', Currency::Cent),
];

/// Words between a number and its currency ("5 million US dollars").
const BETWEEN: [&str; 31] = [
    "us",
    "american",
    "australian",
    "canadian",
    "hong",
    "singapore",
    "new",
    "taiwan",
    "taiwanese",
    "british",
    "swiss",
    "indian",
    "indonesian",
    "russian",
    "chinese",
    "japanese",
    "korean",
    "미국",
    "미",
    "호주",
    "캐나다",
    "홍콩",
    "싱가포르",
    "뉴질랜드",
    "대만",
    "영국",
    "스위스",
    "인도",
    "нью",
    "южноафриканских",
    "американских",
];

/// Dollars of other countries, by the letters before their sign.
const DOLLARS: [(&str, Currency); 6] = [
    ("nt", Currency::TaiwanDollar),
    ("nz", Currency::NewZealandDollar),
    ("hk", Currency::HongKongDollar),
    ("c", Currency::CanadianDollar),
    ("a", Currency::AustralianDollar),
    ("s", Currency::SingaporeDollar),
];

/// The currency before a position, and where its sign begins.
pub(super) fn currency_before(text: &Text<'_>, at: usize) -> Option<(Currency, usize)> {
    let before = text.before(at).trim_end_matches(char::is_whitespace);
    if let Some(sign) = before.chars().next_back()
        && let Some((_, currency)) = SIGNS.iter().find(|(known, _)| *known == sign)
    {
        let start = before.len() - sign.len_utf8();
        let letters = last_word(text.before(start));
        let dollar = DOLLARS.iter().find(|(known, _)| *known == letters);
        return Some(match dollar {
            Some((_, dollar)) if sign == '$' => (*dollar, start - letters.len()),
            _ => (*currency, start),
        });
    }
    let code = last_word(before);
    let currency = match code {
        "usd" => Currency::Dollar,
        "eur" => Currency::Euro,
        "gbp" => Currency::Pound,
        "krw" => Currency::Won,
        "rub" => Currency::Rouble,
        "cny" | "rmb" => Currency::Yuan,
        "jpy" => Currency::Yen,
        _ => return None,
    };
    Some((currency, before.len() - code.len()))
}

/// What a number that ends at a position is of, and where that ends.
pub(super) fn unit_after(text: &Text<'_>, end: usize) -> Option<(Kind, usize)> {
    sign_after(text, end).or_else(|| {
        let start = text.over_gap(end);
        word_unit(text, start).or_else(|| {
            let first = text.word(start);
            let next = text.over_gap(start + first.len());
            let next = match first {
                "nautical" => return unit_named(text, next, Unit::NauticalMile),
                "hong" | "new" | "нью" => text.over_gap(next + text.word(next).len()),
                _ => next,
            };
            // Russian has an adjective for every country.
            let is_country = BETWEEN.contains(&first) || first.ends_with("ских");
            let is_between = is_country && next > start + first.len();
            match is_between.then(|| word_unit(text, next)).flatten()? {
                (Kind::Money(currency), end) => {
                    let country = text.word_before(next);
                    Some((Kind::Money(currency.of(country)), end))
                }
                _ => None,
            }
        })
    })
}

fn unit_named(text: &Text<'_>, at: usize, unit: Unit) -> Option<(Kind, usize)> {
    let word = text.word(at);
    (!word.is_empty()).then_some((Kind::Measure(unit), at + word.len()))
}

/// A sign, directly or after a space.
fn sign_after(text: &Text<'_>, end: usize) -> Option<(Kind, usize)> {
    let start = text.over_space(end);
    let sign = text.rest(start).chars().next()?;
    let after = start + sign.len_utf8();
    let kind = match sign {
        '%' | '％' => return Some(points_after(text, after).unwrap_or((Kind::Percent, after))),
        '°' | '˚' | 'º' => {
            let letter = text.over_space(after);
            return Some(match text.word(letter) {
                "c" | "с" => (
                    Kind::Measure(Unit::Celsius),
                    letter + text.word(letter).len(),
                ),
                "f" => (Kind::Measure(Unit::Fahrenheit), letter + 1),
                _ => (Kind::Measure(Unit::Degree), after),
            });
        }
        '℃' => Kind::Measure(Unit::Celsius),
        '℉' => Kind::Measure(Unit::Fahrenheit),
        '㎞' => return Some(with_time(text, start, Unit::Kilometre, after)),
        '㎜' => Kind::Measure(Unit::Millimetre),
        '㎝' => Kind::Measure(Unit::Centimetre),
        'ℓ' => Kind::Measure(Unit::Litre),
        '㎿' => Kind::Measure(Unit::Megawatt),
        '㎢' => Kind::Measure(Unit::SquareKilometre),
        '㎡' => Kind::Measure(Unit::SquareMetre),
        '㎏' => Kind::Measure(Unit::Kilogram),
        // "$" after a space is the next amount's.
        _ if start > end && text.lang == Lang::En => return None,
        _ => {
            let (_, currency) = SIGNS.iter().find(|(known, _)| *known == sign)?;
            Kind::Money(*currency)
        }
    };
    Some((kind, after))
}

/// "%p", "%포인트", "% пункта", "percentage points".
fn points_after(text: &Text<'_>, end: usize) -> Option<(Kind, usize)> {
    let start = text.over_gap(end);
    let word = text.word(start);
    let is_points = match text.lang {
        Lang::En => matches!(word, "point" | "points"),
        Lang::Ko => word.starts_with("포인트") || word == "p",
        Lang::Ru => word.starts_with("пункт"),
    };
    is_points.then_some((Kind::Points, start + word.len()))
}

/// A unit's word at a position.
fn word_unit(text: &Text<'_>, start: usize) -> Option<(Kind, usize)> {
    let word = text.word(start);
    let end = start + word.len();
    match (text.lang, word) {
        (Lang::En, "per") if text.word(text.over_gap(end)) == "cent" => {
            return Some((Kind::Percent, text.over_gap(end) + "cent".len()));
        }
        (Lang::En, "percentage") => return points_after(text, end),
        (Lang::En, "basis") => return basis(points_after(text, end)),
        (Lang::Ru, _) if word.starts_with("базисн") => return basis(points_after(text, end)),
        (Lang::En, "square" | "sq") | (Lang::Ru, "кв") => {
            return squared(text, over_stop(text, end));
        }
        (Lang::Ru, "п")
            if text.rest(end).starts_with(".п.") || text.rest(end).starts_with(". п.") =>
        {
            return Some((Kind::Points, end + 1));
        }
        (Lang::Ru, _) if word.starts_with("квадратн") => return squared(text, end),
        (Lang::Ru, _) if word.starts_with("процентн") => {
            return points_after(text, end).or(Some((Kind::Percent, end)));
        }
        (Lang::Ru, _) if word.starts_with("морск") => {
            return unit_named(text, text.over_gap(end), Unit::NauticalMile);
        }
        (Lang::Ko, "제곱" | "평방") => return squared(text, end),
        _ => {}
    }
    let (start, word) = match text.lang {
        Lang::Ko => korean_word(text, start, word),
        Lang::En | Lang::Ru => (start, word),
    };
    // 5G is no weight.
    if word == "g" && text.raw(start..start + 1) == "G" {
        return None;
    }
    if text.lang == Lang::En && text.before(start).ends_with(|c: char| c.is_ascii_digit()) {
        match text.raw(start..end) {
            "F" => return Some((Kind::Measure(Unit::Fahrenheit), end)),
            "C" => return Some((Kind::Measure(Unit::Celsius), end)),
            _ => {}
        }
    }
    let Some((meaning, used)) = text.lexicon.units.find(word) else {
        return country_currency(text, start, word);
    };
    let end = match text.lang {
        Lang::Ko => start + used,
        Lang::En | Lang::Ru => end,
    };
    match meaning {
        Meaning::Currency(currency) => Some((Kind::Money(currency), end)),
        Meaning::Percent if text.lang == Lang::Ko => {
            Some(points_after(text, end).unwrap_or((Kind::Percent, end)))
        }
        Meaning::Percent => Some((Kind::Percent, end)),
        Meaning::Points => Some((Kind::Points, end)),
        Meaning::BasisPoints => Some((Kind::BasisPoints, end)),
        Meaning::Decade => Some((Kind::Decade, end)),
        Meaning::Unit(unit) => Some(with_time(text, start, unit, end)),
        _ => None,
    }
}

/// The word that may be a unit where Latin letters and Hangul touch: the first of "7000t급", the
/// second of "500만 US달러".
fn korean_word<'a>(text: &Text<'_>, start: usize, word: &'a str) -> (usize, &'a str) {
    let hangul = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let latin = word.len() - hangul.len();
    match word.get(..latin) {
        Some("us" | "usd" | "a" | "c" | "hk") if !hangul.is_empty() => (start + latin, hangul),
        Some(letters) if latin > 0 && text.lexicon.units.get(letters).is_some() => (start, letters),
        _ => (start, word),
    }
}

/// "캐나다달러": the country and the currency in one word.
fn country_currency(text: &Text<'_>, start: usize, word: &str) -> Option<(Kind, usize)> {
    let names = BETWEEN.iter().filter_map(|name| word.strip_prefix(name));
    let rest = names.min_by_key(|rest| rest.len())?;
    match text.lexicon.units.find(rest)? {
        (Meaning::Currency(currency), used) => {
            let end = start + (word.len() - rest.len()) + used;
            Some((Kind::Money(currency.of(word)), end))
        }
        _ => None,
    }
}

fn basis(points: Option<(Kind, usize)>) -> Option<(Kind, usize)> {
    points.map(|(_, end)| (Kind::BasisPoints, end))
}

fn over_stop(text: &Text<'_>, at: usize) -> usize {
    at + usize::from(text.rest(at).starts_with('.'))
}

fn squared(text: &Text<'_>, end: usize) -> Option<(Kind, usize)> {
    let start = text.over_gap(end);
    let word = text.word(start);
    let Some((Meaning::Unit(unit), _)) = text.lexicon.units.find(word) else {
        return None;
    };
    let unit = match unit {
        Unit::Metre => Unit::SquareMetre,
        Unit::Kilometre => Unit::SquareKilometre,
        Unit::Foot => Unit::SquareFoot,
        Unit::Mile => Unit::SquareMile,
        _ => return None,
    };
    Some((Kind::Measure(unit), start + word.len()))
}

/// Kilometres, or kilometres an hour; degrees, or which.
fn with_time(text: &Text<'_>, start: usize, unit: Unit, end: usize) -> (Kind, usize) {
    let rest = text.rest(end);
    let hourly = match text.lang {
        Lang::En => ["/h", " per hour", " an hour", "-an-hour", "-per-hour"].as_slice(),
        Lang::Ko => ["/h", "/시"].as_slice(),
        Lang::Ru => ["/ч", " в час", "/час"].as_slice(),
    };
    let mark = hourly.iter().find(|mark| rest.starts_with(**mark));
    let is_hourly = mark.is_some()
        || (text.lang == Lang::Ko && {
            let before = text.before(start).trim_end_matches(|c: char| {
                c.is_ascii_digit() || c.is_whitespace() || matches!(c, ',' | '.')
            });
            before.ends_with("시속")
        });
    let next = text.over_gap(end);
    let scale = word(text.rest(next));
    let (unit, end) = match unit {
        Unit::Kilometre if is_hourly => (Unit::KilometreAnHour, end + mark.map_or(0, |m| m.len())),
        Unit::Mile if is_hourly => (Unit::MileAnHour, end + mark.map_or(0, |m| m.len())),
        Unit::Degree
            if ["celsius", "c", "centigrade"].contains(&scale) || scale.starts_with("цельси") =>
        {
            (Unit::Celsius, next + scale.len())
        }
        Unit::Degree if ["fahrenheit", "f"].contains(&scale) || scale.starts_with("фаренгейт") => {
            (Unit::Fahrenheit, next + scale.len())
        }
        Unit::Degree if text.lang == Lang::Ru && scale == "по" => {
            let after = text.over_gap(next + scale.len());
            match text.word(after) {
                name if name.starts_with("цельси") => (Unit::Celsius, after + name.len()),
                name if name.starts_with("фаренгейт") => {
                    (Unit::Fahrenheit, after + name.len())
                }
                _ => (unit, end),
            }
        }
        Unit::Degree if text.lang == Lang::Ko => {
            let before = text.before(start).trim_end_matches(|c: char| {
                c.is_ascii_digit() || c.is_whitespace() || matches!(c, '.' | '-' | '~')
            });
            if before.ends_with("섭씨") {
                (Unit::Celsius, end)
            } else if before.ends_with("화씨") {
                (Unit::Fahrenheit, end)
            } else {
                (unit, end)
            }
        }
        _ => (unit, end),
    };
    (Kind::Measure(unit), end)
}
