//! The words of figures, a table a language.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::job::Lang;

use super::decimal::Decimal;
use super::quantity::{Currency, Zone};
use super::unit::Unit;

/// What a word says in a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Cardinal(Decimal),
    Ordinal(Decimal),
    /// A number that only may be meant: "decade" for ten years.
    Loose(Decimal),
    /// A stretch of time in one word: "이틀" is two days.
    Span(Decimal, Unit),
    /// A power of ten: "million".
    Scale(i16),
    /// A part of so many: "quarter".
    Part(u64),
    Currency(Currency),
    Unit(Unit),
    Percent,
    Points,
    BasisPoints,
    Decade,
    Month(u64),
    Weekday(u64),
    Zone(Zone),
    /// A time of day, in minutes since midnight.
    Clock(u64),
    /// Not what it looks like: "원칙" is no currency.
    Nothing,
}

/// Words and beginnings of words.
#[derive(Debug, Default)]
pub(super) struct Table {
    whole: HashMap<String, Meaning>,
    /// By their first letter, the longest first.
    beginnings: HashMap<char, Vec<(String, Meaning)>>,
}

impl Table {
    /// What a word means, and how many of its bytes say so. The longest beginning counts.
    pub(super) fn find(&self, word: &str) -> Option<(Meaning, usize)> {
        if let Some(meaning) = self.whole.get(word) {
            return Some((*meaning, word.len()));
        }
        let beginnings = self.beginnings.get(&word.chars().next()?)?;
        let found = beginnings.iter().find(|(start, _)| word.starts_with(start));
        found.map(|(start, meaning)| (*meaning, start.len()))
    }

    /// What a word means as a whole, however it may end where the table says so.
    pub(super) fn get(&self, word: &str) -> Option<Meaning> {
        self.find(word).map(|(meaning, _)| meaning)
    }

    fn add(&mut self, form: &str, meaning: Meaning) {
        if let Some(start) = form.strip_suffix('*') {
            let Some(first) = start.chars().next() else {
                return;
            };
            let beginnings = self.beginnings.entry(first).or_default();
            let place = beginnings.partition_point(|(known, _)| known.len() > start.len());
            beginnings.insert(place, (start.to_owned(), meaning));
        } else if let Some(stem) = form.strip_suffix('+') {
            for ending in ADJECTIVE {
                self.whole.insert(format!("{stem}{ending}"), meaning);
            }
        } else {
            self.whole.insert(form.to_owned(), meaning);
        }
    }
}

/// The endings of Russian adjectives with a hard stem.
const ADJECTIVE: [&str; 13] = [
    "ый", "ой", "ая", "ое", "ые", "ого", "ому", "ую", "ым", "ом", "ых", "ыми", "ою",
];

/// The words of a language.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    /// Words that are or may be numbers.
    pub numbers: Table,
    /// Words that may follow a number.
    pub units: Table,
    /// Months, weekdays, zones and names of times.
    pub calendar: Table,
}

impl Lexicon {
    /// Reads lines of a kind, a value and forms; `#` begins a comment.
    ///
    /// A form with `*` is the beginning of a word, one with `+` a Russian adjective's stem.
    fn read(table: &str) -> Self {
        let mut lexicon = Self::default();
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.split_whitespace();
            let (Some(kind), Some(value)) = (parts.next(), parts.next()) else {
                continue;
            };
            let Some(meaning) = meaning(kind, value) else {
                debug_assert!(false, "no such entry: {line}");
                continue;
            };
            for form in parts {
                match meaning {
                    Meaning::Scale(_) => {
                        lexicon.numbers.add(form, meaning);
                        lexicon.units.add(form, meaning);
                    }
                    Meaning::Cardinal(_)
                    | Meaning::Ordinal(_)
                    | Meaning::Loose(_)
                    | Meaning::Span(..)
                    | Meaning::Part(_) => lexicon.numbers.add(form, meaning),
                    Meaning::Month(_)
                    | Meaning::Weekday(_)
                    | Meaning::Zone(_)
                    | Meaning::Clock(_) => lexicon.calendar.add(form, meaning),
                    _ => lexicon.units.add(form, meaning),
                }
            }
        }
        lexicon
    }
}

/// The words of a language, read at the first call.
pub(super) fn lexicon(lang: Lang) -> &'static Lexicon {
    static ENGLISH: LazyLock<Lexicon> =
        LazyLock::new(|| Lexicon::read(include_str!("english.txt")));
    static KOREAN: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(include_str!("korean.txt")));
    static RUSSIAN: LazyLock<Lexicon> =
        LazyLock::new(|| Lexicon::read(include_str!("russian.txt")));
    match lang {
        Lang::En => &ENGLISH,
        Lang::Ko => &KOREAN,
        Lang::Ru => &RUSSIAN,
    }
}

fn meaning(kind: &str, value: &str) -> Option<Meaning> {
    let number = || Decimal::parse(value);
    let whole = || value.parse().ok();
    Some(match kind {
        "cardinal" => Meaning::Cardinal(number()?),
        "ordinal" => Meaning::Ordinal(number()?),
        "loose" => Meaning::Loose(number()?),
        "span" => {
            let (value, name) = value.split_once('/')?;
            Meaning::Span(Decimal::parse(value)?, unit(name)?)
        }
        "scale" => Meaning::Scale(value.parse().ok()?),
        "part" => Meaning::Part(whole()?),
        "month" => Meaning::Month(whole()?),
        "weekday" => Meaning::Weekday(whole()?),
        "clock" => Meaning::Clock(whole()?),
        "percent" => Meaning::Percent,
        "points" => Meaning::Points,
        "basis" => Meaning::BasisPoints,
        "decade" => Meaning::Decade,
        "nothing" => Meaning::Nothing,
        "money" => Meaning::Currency(currency(value)?),
        "zone" => Meaning::Zone(zone(value)?),
        "unit" => Meaning::Unit(unit(value)?),
        _ => return None,
    })
}

/// The value of a name in a list of names and values.
fn named<T: Copy>(list: &[(&str, T)], name: &str) -> Option<T> {
    let found = list.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| *value)
}

fn currency(name: &str) -> Option<Currency> {
    const LIST: [(&str, Currency); 20] = [
        ("dollar", Currency::Dollar),
        ("cent", Currency::Cent),
        ("pound", Currency::Pound),
        ("penny", Currency::Penny),
        ("euro", Currency::Euro),
        ("won", Currency::Won),
        ("yen", Currency::Yen),
        ("yuan", Currency::Yuan),
        ("rouble", Currency::Rouble),
        ("rupee", Currency::Rupee),
        ("rupiah", Currency::Rupiah),
        ("any_rupee", Currency::AnyRupee),
        ("franc", Currency::Franc),
        ("peso", Currency::Peso),
        ("crown", Currency::Crown),
        ("lira", Currency::Lira),
        ("hryvnia", Currency::Hryvnia),
        ("dirham", Currency::Dirham),
        ("rial", Currency::Rial),
        ("rand", Currency::Rand),
    ];
    named(&LIST, name)
}

fn zone(name: &str) -> Option<Zone> {
    const LIST: [(&str, Zone); 13] = [
        ("greenwich", Zone::Greenwich),
        ("british", Zone::British),
        ("eastern", Zone::Eastern),
        ("central", Zone::Central),
        ("mountain", Zone::Mountain),
        ("pacific", Zone::Pacific),
        ("korea", Zone::Korea),
        ("japan", Zone::Japan),
        ("moscow", Zone::Moscow),
        ("europe", Zone::Europe),
        ("india", Zone::India),
        ("sydney", Zone::Sydney),
        ("local", Zone::Local),
    ];
    named(&LIST, name)
}

fn unit(name: &str) -> Option<Unit> {
    const LIST: [(&str, Unit); 42] = [
        ("mm", Unit::Millimetre),
        ("cm", Unit::Centimetre),
        ("m", Unit::Metre),
        ("km", Unit::Kilometre),
        ("inch", Unit::Inch),
        ("foot", Unit::Foot),
        ("yard", Unit::Yard),
        ("mile", Unit::Mile),
        ("nautical", Unit::NauticalMile),
        ("gram", Unit::Gram),
        ("kg", Unit::Kilogram),
        ("tonne", Unit::Tonne),
        ("ounce", Unit::Ounce),
        ("lb", Unit::Pound),
        ("stone", Unit::Stone),
        ("m2", Unit::SquareMetre),
        ("km2", Unit::SquareKilometre),
        ("ft2", Unit::SquareFoot),
        ("mile2", Unit::SquareMile),
        ("hectare", Unit::Hectare),
        ("acre", Unit::Acre),
        ("litre", Unit::Litre),
        ("gallon", Unit::Gallon),
        ("barrel", Unit::Barrel),
        ("kph", Unit::KilometreAnHour),
        ("mph", Unit::MileAnHour),
        ("knot", Unit::Knot),
        ("mps", Unit::MetreASecond),
        ("degree", Unit::Degree),
        ("celsius", Unit::Celsius),
        ("fahrenheit", Unit::Fahrenheit),
        ("watt", Unit::Watt),
        ("kw", Unit::Kilowatt),
        ("mw", Unit::Megawatt),
        ("gw", Unit::Gigawatt),
        ("second", Unit::Second),
        ("minute", Unit::Minute),
        ("hour", Unit::Hour),
        ("day", Unit::Day),
        ("week", Unit::Week),
        ("month", Unit::Month),
        ("year", Unit::Year),
    ];
    named(&LIST, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_every_table_is_read() {
        for table in [
            include_str!("english.txt"),
            include_str!("korean.txt"),
            include_str!("russian.txt"),
        ] {
            let lines = table
                .lines()
                .filter(|line| !line.is_empty() && !line.starts_with('#'));
            for line in lines {
                let mut parts = line.split_whitespace();
                let kind = parts.next().unwrap();
                let value = parts.next().unwrap();
                assert!(meaning(kind, value).is_some(), "{line}");
                assert!(parts.next().is_some(), "no forms: {line}");
            }
        }
    }

    #[test]
    fn the_longest_beginning_counts() {
        let units = &lexicon(Lang::Ko).units;
        assert_eq!(
            units.get("달러를"),
            Some(Meaning::Currency(Currency::Dollar))
        );
        assert_eq!(units.get("달간"), Some(Meaning::Unit(Unit::Month)));
        let numbers = &lexicon(Lang::Ru).numbers;
        assert_eq!(
            numbers.get("пятого"),
            Some(Meaning::Ordinal(Decimal::from(5)))
        );
        assert_eq!(numbers.get("вторник"), None);
    }
}
