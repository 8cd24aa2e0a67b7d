//! Are the figures of the source still there?
//!
//! Languages write figures differently (1.5 million, 150만, 1,5 млн; 6:38 p.m., 18시 38분), so
//! what is compared is the significant digits: a figure without separators and without zeros at
//! either end. That lets an error by a power of ten pass, and no correct translation fail.

use std::collections::HashSet;

use crate::job::Lang;

/// Figures with fewer significant digits are not looked for: they are often written as words.
const LEAST_DIGITS: usize = 2;

/// Figures of `source` that are in `text` in no accepted form, as the source writes them.
pub fn missing(source: &str, text: &str, lang: Lang) -> Vec<String> {
    let wanted: Vec<Wanted> = wanted(source)
        .into_iter()
        .filter(|figure| {
            figure
                .keys
                .first()
                .is_some_and(|key| key.len() >= LEAST_DIGITS)
        })
        .collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let given = given(text, lang);
    let hours = hours(text, lang);
    let lower = text.to_lowercase();
    wanted
        .into_iter()
        .filter(|figure| {
            let as_digits = figure.keys.iter().any(|key| given.contains(key));
            let as_word = words_for(&figure.shown, lang)
                .iter()
                .any(|word| lower.contains(word));
            let as_hour = figure.hours.iter().any(|hour| hours.contains(hour))
                || (figure.hours.contains(&TWELVE)
                    && names_of_twelve(lang)
                        .iter()
                        .any(|name| lower.contains(name)));
            let as_year = figure.short_year
                && given
                    .iter()
                    .any(|key| key.len() == 4 && key.ends_with(&figure.shown));
            !(as_digits || as_word || as_hour || as_year)
        })
        .map(|figure| figure.shown)
        .collect()
}

/// The figures of a text as they stand, without thousands separators.
pub fn plain(text: &str) -> Vec<String> {
    tokens(text)
        .into_iter()
        .map(|token| token.text.replace(',', ""))
        .collect()
}

/// A figure of the source.
struct Wanted {
    shown: String,
    /// Significant digits of each accepted form, the figure's own first.
    keys: Vec<String>,
    /// The same hour on the other clock; [`TWELVE`] among them for noon and midnight.
    hours: Vec<u32>,
    /// The "19" of "2018-19" and the "96" of "’96" may be written out.
    short_year: bool,
}

fn wanted(source: &str) -> Vec<Wanted> {
    let mut found = Vec::new();
    for token in tokens(source) {
        let after: String = source
            .chars()
            .skip(token.end)
            .take(6)
            .collect::<String>()
            .to_lowercase();
        let before = token
            .start
            .checked_sub(1)
            .and_then(|index| source.chars().nth(index));
        let meridiem = meridiem(after.trim_start());
        let clock = token.text.contains(':') || meridiem.is_some();
        for (position, piece) in token.text.split(':').enumerate() {
            let mut keys = vec![significant(piece)];
            let hours: Vec<u32> = piece
                .split('.')
                .next()
                .filter(|_| clock && position == 0)
                .and_then(|hour| hour.parse().ok())
                .map(|hour| other_clock(hour, meridiem))
                .unwrap_or_default();
            if piece.len() == 4 && after.starts_with('s') {
                // "The 1980s" are the eighties.
                keys.push(significant(&piece.chars().skip(2).collect::<String>()));
            }
            let short_year = piece.len() == 2
                && before.is_some_and(|c| matches!(c, '-' | '–' | '\'' | '’' | '/'));
            found.push(Wanted {
                shown: piece.to_owned(),
                keys,
                hours,
                short_year,
            });
        }
    }
    found
}

/// Which half of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Morning,
    Afternoon,
}

/// The half of the day that a text begins with.
fn meridiem(after: &str) -> Option<Half> {
    let begins = |marks: [&str; 2]| marks.iter().any(|mark| after.starts_with(mark));
    if begins(["am", "a.m"]) {
        Some(Half::Morning)
    } else {
        begins(["pm", "p.m"]).then_some(Half::Afternoon)
    }
}

/// Noon, and midnight on a clock of twelve hours.
const TWELVE: u32 = 12;

/// What an hour may be called elsewhere: 6 p.m. is 18:00, and 18:38 may become 6:38.
fn other_clock(hour: u32, half: Option<Half>) -> Vec<u32> {
    match (hour, half) {
        (TWELVE, Some(Half::Morning)) => vec![0, 2 * TWELVE, TWELVE],
        (TWELVE, _) => vec![TWELVE],
        (1..TWELVE, Some(Half::Morning)) => Vec::new(),
        (1..TWELVE, _) => vec![hour + TWELVE],
        (24, _) => vec![0, TWELVE],
        (13..24, _) => vec![hour - TWELVE],
        _ => Vec::new(),
    }
}

/// Words for noon and midnight.
fn names_of_twelve(lang: Lang) -> &'static [&'static str] {
    match lang {
        Lang::Ko => &["정오", "자정"],
        Lang::Ru => &["полдень", "полудн", "полноч"],
        Lang::En => &["noon", "midnight"],
    }
}

/// The figures of a text that can be hours: "6", the 6 of "6:38" and "6.38", but neither 60 nor
/// the 6 of "6,5", "6.5" and "6만".
fn hours(text: &str, lang: Lang) -> HashSet<u32> {
    let characters: Vec<char> = text.chars().collect();
    tokens(text)
        .into_iter()
        .filter_map(|token| {
            let rest: String = characters.iter().skip(token.end).take(24).collect();
            let (hour, minutes) = token
                .text
                .split_once([':', '.'])
                .unwrap_or((&token.text, "00"));
            let is_time = hour.len() <= 2
                && minutes.get(..2).is_some_and(|two| two < "60")
                && (minutes.len() == 2 || minutes.get(2..3) == Some(":"));
            let is_part = unit(&rest, lang, true).is_some();
            hour.parse().ok().filter(|_| is_time && !is_part)
        })
        .collect()
}

/// The significant digits of every figure of a text, in every reading.
fn given(text: &str, lang: Lang) -> HashSet<String> {
    let mut keys = HashSet::new();
    let tokens = tokens(text);
    for token in &tokens {
        keys.insert(significant(&token.text));
        keys.extend(token.text.split([',', '.', ':']).map(significant));
        // Years and the like keep their zeros for the comparison of endings.
        keys.extend((token.text.len() == 4).then(|| token.text.clone()));
    }
    keys.extend(composites(text, &tokens, lang));
    keys
}

/// Figures made of several: "3 200", "1억 5000만", "2 млн 300 тыс.".
fn composites(text: &str, tokens: &[Token], lang: Lang) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut keys = Vec::new();
    let mut sum = Sum::default();
    let mut spaced = String::new();
    let mut previous_end = None;
    for token in tokens {
        let gap: String = previous_end
            .and_then(|end| characters.get(end..token.start))
            .map(|gap| gap.iter().collect())
            .unwrap_or_default();
        let is_space = gap.chars().count() == 1 && gap.trim().is_empty();
        let is_group =
            token.text.len() >= 3 && token.text.chars().take(3).all(|c| c.is_ascii_digit());
        if previous_end.is_some() && is_space && is_group {
            spaced.push_str(&token.text);
        } else {
            keys.push(significant(&spaced));
            spaced.clone_from(&token.text);
        }
        if !(previous_end.is_some()
            && sum.open
            && gap.chars().count() <= 1
            && gap.trim_matches([' ', '\u{a0}', ',']).is_empty())
        {
            keys.push(sum.key());
            sum = Sum::default();
        }
        let rest: String = characters.iter().skip(token.end).take(24).collect();
        previous_end = Some(token.end + sum.add(&token.text, &rest, lang));
        if previous_end != Some(token.end) {
            keys.push(significant(&spaced));
            spaced.clear();
        }
    }
    keys.push(significant(&spaced));
    keys.push(sum.key());
    keys
}

/// A figure with unit words, being read. Values are in millionths, so that 1.5억 is whole.
#[derive(Debug, Default)]
struct Sum {
    total: u128,
    section: u128,
    /// Whether the last part had a unit, so that another part may follow.
    open: bool,
}

impl Sum {
    /// Takes a number and the unit words after it; returns how many characters those take.
    fn add(&mut self, number: &str, rest: &str, lang: Lang) -> usize {
        let mut current = millionths(number, lang);
        self.open = false;
        let mut used = 0;
        let mut tail = rest;
        while let Some((length, unit, after)) = unit(tail, lang, used == 0) {
            if unit < 10_000 && lang == Lang::Ko {
                let part = current.max(1).saturating_mul(unit);
                self.section = self.section.saturating_add(part);
            } else {
                let part = self.section.saturating_add(current);
                self.total = self.total.saturating_add(part.saturating_mul(unit));
                self.section = 0;
            }
            current = 0;
            self.open = true;
            used += length;
            tail = after;
        }
        self.section = self.section.saturating_add(current);
        used
    }

    fn key(&self) -> String {
        significant(&(self.total.saturating_add(self.section)).to_string())
    }
}

/// The unit word that `rest` begins with: its length in characters, its value, what follows.
fn unit(rest: &str, lang: Lang, first: bool) -> Option<(usize, u128, &str)> {
    let (units, spaces): (&[(&str, u128)], usize) = match lang {
        Lang::Ko => (
            &[
                ("십", 10),
                ("백", 100),
                ("천", 1_000),
                ("만", 10_000),
                ("억", 100_000_000),
                ("조", 1_000_000_000_000),
            ],
            0,
        ),
        Lang::Ru if first => (
            &[
                ("тысяч", 1_000),
                ("тыс", 1_000),
                ("миллион", 1_000_000),
                ("млн", 1_000_000),
                ("миллиард", 1_000_000_000),
                ("млрд", 1_000_000_000),
            ],
            1,
        ),
        Lang::Ru | Lang::En => return None,
    };
    let trimmed = rest.trim_start_matches([' ', '\u{a0}']);
    let skipped = rest.chars().count() - trimmed.chars().count();
    if skipped > spaces {
        return None;
    }
    let (word, value) = units.iter().find(|(word, _)| trimmed.starts_with(word))?;
    let mut after = trimmed.strip_prefix(word)?;
    let mut length = skipped + word.chars().count();
    if lang == Lang::Ru {
        // The ending of the word, its full stop, and no more.
        let ending = after
            .chars()
            .take_while(|c| c.is_alphabetic() || *c == '.')
            .count();
        let bytes: usize = after.chars().take(ending).map(char::len_utf8).sum();
        after = after.split_at_checked(bytes)?.1;
        length += ending;
    }
    Some((length, *value, after))
}

fn millionths(number: &str, lang: Lang) -> u128 {
    let number = if lang == Lang::Ru {
        number.replace(',', ".")
    } else {
        number.replace(',', "")
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    let digits: String = whole
        .chars()
        .chain(fraction.chars().chain("000000".chars()).take(6))
        .collect();
    digits
        .chars()
        .filter(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .unwrap_or(0)
}

/// The digits of a figure without separators and without zeros at either end.
fn significant(figure: &str) -> String {
    let digits: String = figure.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').to_owned()
}

/// How a small figure is written as a word.
fn words_for(figure: &str, lang: Lang) -> &'static [&'static str] {
    match (lang, figure) {
        (Lang::Ko, "11") => &["열한", "열하나", "십일"],
        (Lang::Ko, "12") => &["열두", "열둘", "십이"],
        (Lang::Ru, "11") => &["одиннадцат"],
        (Lang::Ru, "12") => &["двенадцат", "дюжин"],
        _ => &[],
    }
}

/// A run of digits, with separators inside it; positions are in characters.
#[derive(Debug, Clone)]
struct Token {
    text: String,
    start: usize,
    end: usize,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut current: Option<Token> = None;
    let mut characters = text.chars().enumerate().peekable();
    while let Some((index, c)) = characters.next() {
        let next_is_digit = characters
            .peek()
            .is_some_and(|(_, next)| next.is_ascii_digit());
        match &mut current {
            Some(token)
                if c.is_ascii_digit() || (matches!(c, ',' | '.' | ':') && next_is_digit) =>
            {
                token.text.push(c);
                token.end = index + 1;
            }
            Some(_) => found.extend(current.take()),
            None if c.is_ascii_digit() => {
                current = Some(Token {
                    text: c.to_string(),
                    start: index,
                    end: index + 1,
                });
            }
            None => {}
        }
    }
    found.extend(current);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_figure_in_another_dress_is_found() {
        for (source, text, lang) in [
            ("1.5 million people", "150만 명", Lang::Ko),
            ("$1.05 billion", "10억 5000만 달러", Lang::Ko),
            ("32,500 homes", "3만2500가구", Lang::Ko),
            ("25 million", "2천5백만", Lang::Ko),
            ("at 18:38", "오후 6시 38분", Lang::Ko),
            ("at 11:45 pm", "23시 45분", Lang::Ko),
            ("12 ships", "열두 척", Lang::Ko),
            ("the 1980s", "80년대", Lang::Ko),
            ("3,250 soldiers", "3 250 военных", Lang::Ru),
            ("$2.35 million", "2 млн 350 тыс. долларов", Lang::Ru),
            ("6.75 percent", "6,75 %", Lang::Ru),
            ("the 2018-19 season", "сезон 2018–2019 годов", Lang::Ru),
            ("11 ships", "одиннадцать судов", Lang::Ru),
            ("in 2022", "в 2022 году", Lang::Ru),
        ] {
            assert_eq!(
                missing(source, text, lang),
                Vec::<String>::new(),
                "{source} / {text}"
            );
        }
    }

    #[test]
    fn a_figure_that_is_gone_or_changed_is_missing() {
        assert_eq!(
            missing("It cost $231 in 2019.", "2019년에 239달러였다.", Lang::Ko),
            ["231"]
        );
        assert_eq!(
            missing("A total of 3,250 left.", "Уехали 3 240 человек.", Lang::Ru),
            ["3,250"]
        );
        assert_eq!(missing("at 09:38 GMT", "в 9 часов", Lang::Ru), ["38"]);
    }

    #[test]
    fn an_hour_is_found_on_the_other_clock_and_nowhere_else() {
        for (source, text, lang) in [
            ("at 18:00", "в 6 часов вечера", Lang::Ru),
            ("at 18:05", "в 6.05 вечера", Lang::Ru),
            ("at 18:38", "오후 6시 38분", Lang::Ko),
            ("at 11 p.m.", "в 23:00", Lang::Ru),
            ("at 12:15 a.m.", "0시 15분", Lang::Ko),
            ("at 12 p.m.", "정오에", Lang::Ko),
            ("at 12 am", "в полночь", Lang::Ru),
        ] {
            assert!(missing(source, text, lang).is_empty(), "{source} / {text}");
        }
        for (source, text, lang, gone) in [
            ("at 18:00", "3명이", Lang::Ko, "18"),
            (
                "at 18:00",
                "в 16 часов, 60 человек, 6,5 тонны",
                Lang::Ru,
                "18",
            ),
            ("at 18:00", "6만 명", Lang::Ko, "18"),
            ("at 18:00", "6 тысяч", Lang::Ru, "18"),
            ("at 12:15", "в 10:15", Lang::Ru, "12"),
            ("at 11 a.m.", "23시", Lang::Ko, "11"),
        ] {
            assert_eq!(missing(source, text, lang), [gone], "{source} / {text}");
        }
    }

    #[test]
    fn figures_too_large_to_add_are_still_only_figures() {
        let large = format!("{}천 5천 5만", "9".repeat(32));
        assert_eq!(missing("25 ships", &large, Lang::Ko), ["25"]);
    }

    #[test]
    fn small_figures_are_not_looked_for() {
        assert!(missing("3 of 400", "셋", Lang::Ko).is_empty());
    }
}
