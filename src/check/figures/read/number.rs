//! Numbers in digits, and what is around a number.

use crate::job::Lang;

use super::super::after::{currency_before, unit_after};
use super::super::clock::{clock, russian_hours};
use super::super::decimal::Decimal;
use super::super::literal::{Literal, literal};
use super::super::quantity::{Currency, Half, Kind, Other, Quantity};
use super::super::sum::Numeral;
use super::super::text::{digits, word};
use super::super::unit::Unit;
use super::super::{calendar, english, korean, russian};
use super::{Found, Reader};

impl Reader<'_> {
    /// Reads what begins with a digit; returns where it ends.
    pub(super) fn digits(&mut self, at: usize) -> usize {
        if let Some(end) = calendar::dotted_date(self, at) {
            return end;
        }
        if let Some(clock) = clock(&self.text, at) {
            let value = Decimal::from(clock.minutes);
            self.push(Kind::Clock(clock.half), value, clock.start..clock.end, true);
            return clock.end;
        }
        let Some(literal) = literal(&self.text, at) else {
            return at + digits(self.text.rest(at)).len();
        };
        if let Some(end) = self.slash(at, &literal) {
            return end;
        }
        let first = Numeral {
            value: literal.value,
            kind: Kind::Number,
            end: literal.end,
            scale: 0,
            firm: true,
        };
        match self.marked(&literal) {
            Some((kind, end)) => {
                let numeral = Numeral { kind, end, ..first };
                self.finish(at, numeral, &literal);
                end
            }
            None => self.scaled(at, first, &literal),
        }
    }

    /// "3rd", "1980s", "90-х", "3-й", "3월": kinds that the characters after the digits say.
    fn marked(&self, literal: &Literal) -> Option<(Kind, usize)> {
        let plain = literal.plain?;
        let rest = self.text.rest(literal.end);
        let is_tens =
            literal.value.whole().is_some_and(|value| value % 10 == 0) && matches!(plain, 2 | 4);
        match self.text.lang {
            Lang::En => {
                let after = rest.strip_prefix(['\'', '’']).unwrap_or(rest);
                let word = word(after);
                let end = literal.end + (rest.len() - after.len()) + word.len();
                match word {
                    "s" if is_tens => Some((Kind::Decade, end)),
                    "st" | "nd" | "rd" | "th" => Some((Kind::Ordinal, end)),
                    _ => None,
                }
            }
            Lang::Ru => {
                let after = rest.strip_prefix(['-', '‑', '–'])?;
                let word = word(after);
                let end = literal.end + (rest.len() - after.len()) + word.len();
                match word {
                    "х" | "е" | "ые" | "ых" | "м" | "ми" if is_tens => {
                        Some((Kind::Decade, end))
                    }
                    "й" | "го" | "ого" | "му" | "я" | "ю" | "е" | "м" | "ой" | "ый" | "ая"
                    | "ую" | "ом" | "х" | "ми" => Some((Kind::Ordinal, end)),
                    _ => None,
                }
            }
            Lang::Ko => {
                let is_month = rest.starts_with('월')
                    && !rest.starts_with("월요일")
                    && matches!(literal.value.whole(), Some(1..=12));
                is_month.then_some((Kind::Month, literal.end + '월'.len_utf8()))
            }
        }
    }

    /// A number, its scale words and its unit.
    fn scaled(&mut self, at: usize, first: Numeral, literal: &Literal) -> usize {
        let numeral = match self.text.lang {
            Lang::En => english::scaled(&self.text, first),
            Lang::Ru => russian::scaled(&self.text, first),
            Lang::Ko => korean::fraction(&self.text, first.value, first.end)
                .unwrap_or_else(|| korean::scaled(&self.text, first)),
        };
        self.finish(at, numeral, literal)
    }

    /// Adds a numeral with what stands around it; returns where that ends.
    pub(super) fn finish(&mut self, at: usize, numeral: Numeral, literal: &Literal) -> usize {
        if let Some(end) = self.dozens(at, &numeral) {
            return end;
        }
        let mut start = at;
        let mut end = numeral.end;
        let mut kind = numeral.kind;
        let mut value = numeral.value;
        let mut other = literal
            .other
            .map(|other| Other::Value(other.shifted(numeral.scale)));
        if let Some((currency, sign)) = currency_before(&self.text, at) {
            kind = Kind::Money(currency);
            start = sign;
        }
        if self.text.lang == Lang::En && self.text.between(literal.end..end) == "k" {
            // "A 5k run", "4K television".
            other = Some(Other::Value(literal.value));
        }
        if self.is_bare_m(&numeral) {
            // Millions of money, metres of a track, millions of people.
            other = Some(Other::Value(value));
            value = value.shifted(6);
            end += 1;
        } else if matches!(kind, Kind::Number | Kind::Money(_))
            && let Some((unit, after)) = unit_after(&self.text, end)
        {
            if kind == Kind::Number {
                kind = self.plausible(unit, value, literal);
            }
            end = after;
        }
        if self.text.lang == Lang::Ko {
            if let Some((more, after)) = self.korean_rest(kind, end) {
                other = Some(Other::Value(value));
                value = value.plus(more).unwrap_or(value);
                end = after;
            } else if kind == Kind::Measure(Unit::Minute)
                && self.text.before(start).trim_end().ends_with("후반")
            {
                // The clock of the second half begins anew.
                other = value.plus(Decimal::from(45)).map(Other::Value);
            }
        }
        if let (Kind::Measure(Unit::Hour), Lang::Ru, Some(hour)) =
            (kind, self.text.lang, value.whole())
            && let Some(clock) = russian_hours(&self.text, at, hour, end)
        {
            if clock.end > end || clock.half == Half::Known {
                let value = Decimal::from(clock.minutes);
                self.push(Kind::Clock(clock.half), value, start..clock.end, true);
                return clock.end;
            }
            other = Some(Other::Clock(clock.minutes));
        }
        if other.is_none() {
            other = self.other_reading(at, literal);
        }
        // "247sports" is a name.
        let is_name = literal.plain.is_some()
            && kind == Kind::Number
            && end == literal.end
            && self
                .text
                .rest(end)
                .starts_with(|c: char| c.is_ascii_lowercase());
        self.found.push(Found {
            quantity: Quantity {
                kind,
                value,
                range: start..end,
                firm: numeral.firm && !is_name,
                other,
            },
            scale: numeral.scale,
        });
        end
    }

    /// What follows a Korean unit and adds to it: "2년 반", "10초82".
    fn korean_rest(&self, kind: Kind, end: usize) -> Option<(Decimal, usize)> {
        const HALF: &str = " 반";
        let rest = self.text.rest(end);
        if rest.starts_with(HALF) {
            return Some((Decimal::new(5, -1), end + HALF.len()));
        }
        let decimals = digits(rest);
        let is_second = kind == Kind::Measure(Unit::Second) && !decimals.is_empty();
        let value = is_second.then(|| Decimal::parse(&format!("0.{decimals}")))??;
        Some((value, end + decimals.len()))
    }

    fn is_bare_m(&self, numeral: &Numeral) -> bool {
        self.text.lang == Lang::En && numeral.scale == 0 && self.text.word(numeral.end) == "m"
    }

    /// A unit, unless it cannot be meant: 2018년 is a year, "2018 won" a sentence.
    fn plausible(&self, unit: Kind, value: Decimal, literal: &Literal) -> Kind {
        let whole = value.whole();
        let is_year =
            literal.plain == Some(4) && whole.is_some_and(|year| (1000..2200).contains(&year));
        match unit {
            Kind::Measure(Unit::Year | Unit::Month | Unit::Gram) if is_year => Kind::Number,
            // "1080p".
            Kind::Money(Currency::Penny) if whole.is_some_and(|value| value >= 100) => Kind::Number,
            Kind::Money(Currency::Won)
                if self.text.lang == Lang::En
                    && (is_year || whole.is_some_and(|value| value < 100)) =>
            {
                Kind::Number
            }
            unit => unit,
        }
    }

    /// The 19 of "2018-19" is 2019, "’96" is 1996, and "18.38" in Russian may be a time.
    fn other_reading(&self, at: usize, literal: &Literal) -> Option<Other> {
        let before = self.text.before(at);
        if literal.plain == Some(2) {
            let is_short = before.ends_with(['\'', '’', '‘'])
                || before
                    .strip_suffix(['-', '–', '/', '‑'])
                    .is_some_and(|before| {
                        before.len() >= 4
                            && before.bytes().rev().take(4).all(|c| c.is_ascii_digit())
                    });
            let year = literal.value.whole().filter(|_| is_short)?;
            let century = if year < 50 { 2000 } else { 1900 };
            return Some(Other::Value(Decimal::from(century + year)));
        }
        let (hour, minute) = self.text.between(at..literal.end).split_once('.')?;
        let (hour, minute): (u64, u64) = match (hour.len(), minute.len()) {
            (1 | 2, 2) if self.text.lang == Lang::Ru => (hour.parse().ok()?, minute.parse().ok()?),
            _ => return None,
        };
        (hour < 24 && minute < 60).then_some(Other::Clock(hour * 60 + minute))
    }

    /// "1/2" is a fraction; the numbers of "9/11" and "24/7" are names more than figures.
    fn slash(&mut self, at: usize, literal: &Literal) -> Option<usize> {
        literal.plain.filter(|plain| *plain <= 2)?;
        let after = self.text.rest(literal.end).strip_prefix('/')?;
        let second = digits(after);
        let start = literal.end + 1;
        let end = start + second.len();
        let follows = after.get(second.len()..).unwrap_or_default();
        let (above, below) = (literal.value.whole()?, second.parse::<u64>().ok()?);
        if second.len() > 2 || follows.starts_with('/') {
            return None;
        }
        if above > 0 && above < below && below <= 10 {
            self.push(Kind::Fraction(below), literal.value, at..end, true);
        } else {
            self.push(Kind::Number, literal.value, at..literal.end, false);
            self.push(Kind::Number, Decimal::from(below), start..end, false);
        }
        Some(end)
    }

    /// "Two dozen", "three decades": adds the number and its multiple; returns where it ends.
    fn dozens(&mut self, at: usize, numeral: &Numeral) -> Option<usize> {
        let start = self.text.over_gap(numeral.end);
        let word = self.text.word(start);
        let by = match word {
            "dozen" => 12,
            "score" => 20,
            "decade" | "decades" => 10,
            "century" | "centuries" => 100,
            _ => return None,
        };
        if self.text.lang != Lang::En || start == numeral.end || numeral.kind != Kind::Number {
            return None;
        }
        let end = start + word.len();
        let value = numeral.value.times(Decimal::from(by))?;
        self.push(Kind::Number, value, at..end, numeral.firm && by != 12);
        self.other(match by {
            12 => numeral.value.shifted(1),
            _ => numeral.value,
        });
        Some(end)
    }
}
