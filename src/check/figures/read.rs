//! From a text to its figures.

mod number;

use crate::job::Lang;

use super::calendar;
use super::clock::in_words;
use super::decimal::Decimal;
use super::group;
use super::lexicon::Meaning;
use super::literal::Literal;
use super::quantity::{Kind, Other, Quantity};
use super::sum::Numeral;
use super::text::{Text, is_letter};
use super::unit::Unit;
use super::{english, korean, russian};

/// A figure, and what its neighbours may need of it.
#[derive(Debug)]
pub(super) struct Found {
    pub quantity: Quantity,
    /// The power of ten of its scale word, which the other end of a range shares.
    pub scale: i16,
}

/// What was found so far in a text.
pub(super) struct Reader<'a> {
    pub text: Text<'a>,
    pub found: Vec<Found>,
}

/// The figures of a text, in the order in which they begin.
pub fn quantities(text: &str, lang: Lang) -> Vec<Quantity> {
    let mut reader = Reader {
        text: Text::new(text, lang),
        found: Vec::new(),
    };
    let mut at = 0;
    while let Some(c) = reader.text.rest(at).chars().next() {
        let end = if c.is_ascii_digit() {
            reader.digits(at)
        } else if is_letter(c) {
            reader.word(at)
        } else {
            reader.vulgar_fraction(at, c);
            at
        };
        at = end.max(at + c.len_utf8());
    }
    group::relate(&reader.text, &mut reader.found);
    reader
        .found
        .into_iter()
        .map(|found| found.quantity)
        .collect()
}

impl Reader<'_> {
    pub(super) fn push(
        &mut self,
        kind: Kind,
        value: Decimal,
        range: std::ops::Range<usize>,
        firm: bool,
    ) {
        self.found.push(Found {
            quantity: Quantity {
                kind,
                value,
                range,
                firm,
                other: None,
            },
            scale: 0,
        });
    }

    fn vulgar_fraction(&mut self, at: usize, c: char) {
        let (count, parts) = match c {
            '½' => (1, 2),
            '⅓' => (1, 3),
            '⅔' => (2, 3),
            '¼' => (1, 4),
            '¾' => (3, 4),
            _ => return,
        };
        let range = at..at + c.len_utf8();
        self.push(Kind::Fraction(parts), Decimal::from(count), range, false);
    }

    /// Reads a word; returns where it, or the figure that it begins, ends.
    fn word(&mut self, at: usize) -> usize {
        let end = at + self.text.word(at).len();
        if let Some(after) = calendar::word(self, at) {
            return after;
        }
        let numeral = match self.text.lang {
            Lang::En => english::number(&self.text, at),
            Lang::Ko => korean::number(&self.text, at),
            Lang::Ru => russian::number(&self.text, at),
        };
        if let Some(numeral) = numeral {
            return self.in_words(at, numeral).max(end);
        }
        if let Some(value) = roman(self.text.raw(at..end)) {
            self.push(Kind::Ordinal, Decimal::from(value), at..end, false);
        } else if let (Lang::En, Some(Meaning::Loose(value))) = (
            self.text.lang,
            self.text.lexicon.numbers.get(self.text.word(at)),
        ) {
            self.push(Kind::Number, value, at..end, false);
            if self.text.word(at) == "dozen" {
                // Ten or so.
                self.other(Decimal::from(10));
            }
        } else if self.text.lang == Lang::En
            && let Some(value) = english::fold(&self.text, self.text.word(at))
        {
            self.push(Kind::Number, value, at..end, false);
        }
        end
    }

    /// Gives the last figure another reading.
    pub(super) fn other(&mut self, value: Decimal) {
        if let Some(last) = self.found.last_mut() {
            last.quantity.other = Some(Other::Value(value));
        }
    }

    /// Adds a number in words with its unit.
    fn in_words(&mut self, at: usize, numeral: Numeral) -> usize {
        let may_be_hour = matches!(numeral.kind, Kind::Number | Kind::Measure(Unit::Hour));
        let hour = numeral.value.whole().filter(|_| may_be_hour);
        if let Some(clock) = hour.and_then(|hour| in_words(&self.text, at, hour, numeral.end)) {
            let value = Decimal::from(clock.minutes);
            self.push(Kind::Clock(clock.half), value, at..clock.end, true);
            return clock.end;
        }
        if numeral.kind != Kind::Number {
            self.push(numeral.kind, numeral.value, at..numeral.end, numeral.firm);
            return numeral.end;
        }
        let plain = Literal {
            value: numeral.value,
            other: None,
            end: numeral.end,
            plain: None,
        };
        self.finish(at, numeral, &plain)
    }
}

/// The value of a Roman numeral of two letters or more; "X" in Cyrillic is taken for one.
fn roman(word: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut last = 0;
    if !(2..=8).contains(&word.chars().count()) {
        return None;
    }
    for c in word.chars().rev() {
        let digit = match c {
            'I' | 'І' => 1,
            'V' => 5,
            'X' | 'Х' => 10,
            'L' => 50,
            _ => return None,
        };
        if digit < last {
            total = total.checked_sub(digit)?;
        } else {
            total += digit;
            last = digit;
        }
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roman_numerals_are_read() {
        for (word, value) in [
            ("II", 2),
            ("XIV", 14),
            ("XX", 20),
            ("ХХI", 21),
            ("XLII", 42),
        ] {
            assert_eq!(roman(word), Some(value), "{word}");
        }
        for word in ["I", "MIX", "xi", "Vi"] {
            assert_eq!(roman(word), None, "{word}");
        }
    }
}
