//! Numbers in Russian words.

use super::decimal::Decimal;
use super::lexicon::Meaning;
use super::literal::literal;
use super::quantity::Kind;
use super::sum::{Numeral, Sum};
use super::text::Text;

const HALF: &str = " с половиной";

/// The number that begins with the word at a position, in any case and gender.
pub(super) fn number(text: &Text<'_>, at: usize) -> Option<Numeral> {
    let first = text.word(at);
    if let Some(Meaning::Span(value, unit)) = text.lexicon.numbers.get(first) {
        return Some(Numeral {
            value,
            kind: Kind::Measure(unit),
            end: at + first.len(),
            scale: 0,
            firm: false,
        });
    }
    if first.starts_with("полтор") || first.starts_with("полутор") {
        return Some(scaled(
            text,
            Numeral {
                value: Decimal::new(15, -1),
                kind: Kind::Number,
                end: at + first.len(),
                scale: 0,
                firm: false,
            },
        ));
    }
    let mut sum = Sum::new();
    let (mut start, mut end) = (at, at);
    let mut kind = Kind::Number;
    let mut firm = false;
    loop {
        let word = text.word(start);
        let taken = match text.lexicon.numbers.find(word) {
            Some((Meaning::Cardinal(number), _)) => {
                firm = true;
                number.whole().is_some_and(|number| sum.add(number))
            }
            Some((Meaning::Ordinal(number), _)) => {
                let number = number.whole()?;
                let taken = if number >= 1000 {
                    sum.scale(3)
                } else {
                    sum.add(number)
                };
                if taken {
                    kind = Kind::Ordinal;
                }
                taken
            }
            Some((Meaning::Loose(number), used)) => {
                let taken = number
                    .whole()
                    .is_some_and(|number| number < 1000 && sum.add(number));
                if !taken && !sum.any {
                    return Some(Numeral {
                        value: number,
                        kind,
                        end: start + word.len(),
                        scale: 0,
                        firm: false,
                    });
                }
                if taken && let Some(unit) = compound(text, word, used, number) {
                    sum.add(unit);
                }
                taken
            }
            Some((Meaning::Scale(power), _)) => sum.scale(power),
            _ => false,
        };
        if !taken {
            break;
        }
        end = start + word.len();
        start = text.over_space(end);
        if kind == Kind::Ordinal || start == end {
            break;
        }
    }
    if !sum.any {
        return part(text, at);
    }
    // "Пять тысяч" is firm, "тысячи" is not, and neither is what ends in an ordinal below five.
    let firm = firm && (sum.counted && sum.value().whole().is_none_or(|value| value > 4));
    let numeral = Numeral {
        value: sum.value(),
        kind,
        end,
        scale: sum.last_scale(),
        firm,
    };
    Some(with_half(text, numeral))
}

/// The units in "двадцатипятилетний".
fn compound(text: &Text<'_>, word: &str, used: usize, tens: Decimal) -> Option<u64> {
    let tens = tens.whole().filter(|tens| *tens >= 20 && tens % 10 == 0)?;
    let rest = word.get(used..).filter(|rest| !rest.is_empty())?;
    match text.lexicon.numbers.get(rest)? {
        Meaning::Loose(unit) | Meaning::Cardinal(unit) => {
            unit.whole().filter(|unit| *unit < 10.min(tens))
        }
        _ => None,
    }
}

fn part(text: &Text<'_>, at: usize) -> Option<Numeral> {
    let word = text.word(at);
    let Some(Meaning::Part(parts)) = text.lexicon.numbers.get(word) else {
        return None;
    };
    Some(Numeral {
        value: Decimal::from(1),
        kind: Kind::Fraction(parts),
        end: at + word.len(),
        scale: 0,
        firm: false,
    })
}

/// "Два с половиной миллиона"; and "две трети".
fn with_half(text: &Text<'_>, numeral: Numeral) -> Numeral {
    if text.rest(numeral.end).starts_with(HALF) {
        let value = numeral.value.plus(Decimal::new(5, -1));
        return scaled(
            text,
            Numeral {
                value: value.unwrap_or(numeral.value),
                end: numeral.end + HALF.len(),
                ..numeral
            },
        );
    }
    let start = text.over_space(numeral.end);
    let word = text.word(start);
    let whole = numeral.value.whole().filter(|parts| *parts > 2);
    if let (Kind::Ordinal, Some(parts), true) = (numeral.kind, whole, word.starts_with("част"))
    {
        return Numeral {
            value: Decimal::from(1),
            kind: Kind::Fraction(parts),
            end: start + word.len(),
            firm: false,
            ..numeral
        };
    }
    let parts = match text.lexicon.numbers.get(word) {
        Some(Meaning::Part(parts)) if parts > 2 => parts,
        // "Одна пятая", "две пятых".
        Some(Meaning::Ordinal(parts)) if word.ends_with("ых") || word.ends_with("ая") => {
            match parts.whole() {
                Some(parts) if parts > 2 => parts,
                _ => return numeral,
            }
        }
        _ => return numeral,
    };
    Numeral {
        kind: Kind::Fraction(parts),
        end: start + word.len(),
        firm: false,
        ..numeral
    }
}

/// A number and the scale words after it: "1,5 млн", "2 млн 350 тыс.", "25-тысячный".
pub(super) fn scaled(text: &Text<'_>, numeral: Numeral) -> Numeral {
    if text.rest(numeral.end).starts_with(HALF) && numeral.scale == 0 {
        return with_half(text, numeral);
    }
    let start = text.over_gap(numeral.end);
    let word = text.word(start);
    let Some(Meaning::Scale(power)) = text.lexicon.units.get(word) else {
        return numeral;
    };
    let mut end = start + word.len();
    if word.len() <= "тыс".len() + 2 && text.rest(end).starts_with('.') {
        end += 1;
    }
    let found = Numeral {
        value: numeral.value.shifted(power),
        end,
        scale: numeral.scale + power,
        firm: true,
        ..numeral
    };
    more(text, found, power).unwrap_or(found)
}

/// "… 350 тыс." after millions.
fn more(text: &Text<'_>, numeral: Numeral, power: i16) -> Option<Numeral> {
    let start = text.over_space(numeral.end);
    let next = literal(text, start)?;
    let end = text.over_space(next.end);
    let Some(Meaning::Scale(lower)) = text.lexicon.units.get(text.word(end)) else {
        return None;
    };
    let next = Numeral {
        value: next.value,
        kind: Kind::Number,
        end: next.end,
        scale: 0,
        firm: true,
    };
    let next = (lower < power).then(|| scaled(text, next))?;
    Some(Numeral {
        value: numeral.value.plus(next.value)?,
        end: next.end,
        ..numeral
    })
}
