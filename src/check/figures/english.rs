//! Numbers in English words.

use super::after::unit_after;
use super::decimal::Decimal;
use super::lexicon::Meaning;
use super::quantity::Kind;
use super::sum::{Numeral, Sum};
use super::text::{Text, last_word};

/// Numbers in words below this dissolve in idioms: "one of them", "both", "on all fours". So do
/// ordinals in words and bare scales: "at first", "a thousand times".
const LEAST_FIRM: u64 = 5;

/// The number that begins with the word at a position.
pub(super) fn number(text: &Text<'_>, at: usize) -> Option<Numeral> {
    if let Some(numeral) = shared(text, at) {
        return Some(numeral);
    }
    let mut sum = Sum::new();
    let mut end = at;
    let mut start = at;
    let mut kind = Kind::Number;
    loop {
        let word = text.word(start);
        let taken = match text.lexicon.numbers.get(word) {
            Some(Meaning::Cardinal(number)) => number.whole().is_some_and(|number| sum.add(number)),
            Some(Meaning::Ordinal(number)) => {
                let number = number.whole()?;
                let taken = match number {
                    100 => sum.scale(2),
                    1000 => sum.scale(3),
                    // "Twenty second" is the place; "one second" and "one third" are not.
                    _ => sum.may_end_in(number) && sum.add(number),
                };
                if taken {
                    kind = Kind::Ordinal;
                }
                taken
            }
            Some(Meaning::Scale(power)) => sum.scale(power),
            _ => false,
        };
        if !taken {
            break;
        }
        end = start + word.len();
        start = text.over_gap(end);
        if kind == Kind::Ordinal || start == end {
            break;
        }
        if sum.is_round() && text.word(start) == "and" {
            let next = text.over_gap(start + "and".len());
            if matches!(
                text.lexicon.numbers.get(text.word(next)),
                Some(Meaning::Cardinal(_))
            ) {
                start = next;
            }
        }
    }
    if !sum.any {
        return part(text, at);
    }
    let value = sum.value();
    if kind == Kind::Number
        && let Some(fraction) = fraction(text, value, end)
    {
        return Some(fraction);
    }
    // "The back nine" is half a golf course.
    let is_course = value.whole() == Some(9) && matches!(text.word_before(at), "back" | "front");
    let firm = sum.counted
        && !is_name(text, at)
        && kind == Kind::Number
        && !is_course
        && value.whole().is_none_or(|value| value >= LEAST_FIRM);
    let whole = Numeral {
        value,
        kind,
        end,
        scale: sum.last_scale(),
        firm,
    };
    Some(and_a_half(text, whole))
}

/// Whether a capital says that a number is part of a name: "the Five Eyes". Sentences begin with
/// capitals, too.
fn is_name(text: &Text<'_>, at: usize) -> bool {
    let raw = text.raw(at..at + text.word(at).len());
    let before = text
        .before(at)
        .trim_end_matches([' ', '"', '“', '‘', '(', '\'']);
    raw.starts_with(char::is_uppercase)
        && !(before.is_empty() || before.ends_with(['.', '!', '?', ':', '…']))
}

/// "Half a million", "a quarter of a million".
fn shared(text: &Text<'_>, at: usize) -> Option<Numeral> {
    let word = text.word(at);
    let part = match word {
        "half" => Decimal::new(5, -1),
        "quarter" => Decimal::new(25, -2),
        _ => return None,
    };
    let end = at + word.len();
    let rest = text.rest(end);
    let links = [" of a ", " a ", "-a-", " "];
    let link = links.iter().find(|link| rest.starts_with(**link))?;
    let start = end + link.len();
    let word = text.word(start);
    let end = start + word.len();
    if let Some((kind @ (Kind::Percent | Kind::Points), end)) = unit_after(text, start) {
        return Some(Numeral {
            value: part,
            kind,
            end,
            scale: 0,
            firm: true,
        });
    }
    let (scale, firm) = match text.lexicon.numbers.get(word) {
        Some(Meaning::Scale(power)) if power > 2 => (Decimal::new(1, power), true),
        _ => match word {
            "century" => (Decimal::from(100), false),
            "decade" => (Decimal::from(10), false),
            "dozen" => (Decimal::from(12), false),
            _ => return None,
        },
    };
    Some(Numeral {
        value: part.times(scale)?,
        kind: Kind::Number,
        end,
        scale: 0,
        firm,
    })
}

/// "Half", "a quarter"; the half of "a year and a half" is one and a half.
fn part(text: &Text<'_>, at: usize) -> Option<Numeral> {
    let word = text.word(at);
    let Some(Meaning::Part(parts)) = text.lexicon.numbers.get(word) else {
        return None;
    };
    let (value, kind) = match text.before(at).strip_suffix("and a ") {
        Some(before) if parts == 2 => {
            let kind = match text.lexicon.units.get(last_word(before.trim_end())) {
                Some(Meaning::Unit(unit)) => Kind::Measure(unit),
                _ => Kind::Number,
            };
            (Decimal::new(15, -1), kind)
        }
        _ => (Decimal::from(1), Kind::Fraction(parts)),
    };
    Some(Numeral {
        value,
        kind,
        end: at + word.len(),
        scale: 0,
        firm: false,
    })
}

/// "Two thirds", "one-fifth": the parts after a count that ends at `end`.
fn fraction(text: &Text<'_>, count: Decimal, end: usize) -> Option<Numeral> {
    let start = text.over_gap(end);
    let word = text.word(start);
    let parts = match text.lexicon.numbers.get(word) {
        Some(Meaning::Part(parts)) if start > end && parts > 2 => parts,
        Some(Meaning::Ordinal(parts)) if start > end && count == Decimal::from(1) => {
            parts.whole().filter(|parts| *parts > 2)?
        }
        _ => return None,
    };
    Some(Numeral {
        value: count,
        kind: Kind::Fraction(parts),
        end: start + word.len(),
        scale: 0,
        firm: false,
    })
}

/// "Two and a half", "one and a half million".
fn and_a_half(text: &Text<'_>, numeral: Numeral) -> Numeral {
    const HALF: &str = " and a half";
    const HYPHENS: &str = "-and-a-half";
    let rest = text.rest(numeral.end);
    if !(rest.starts_with(HALF) || rest.starts_with(HYPHENS)) || numeral.kind != Kind::Number {
        return numeral;
    }
    let more = Numeral {
        value: numeral
            .value
            .plus(Decimal::new(5, -1))
            .unwrap_or(numeral.value),
        end: numeral.end + HALF.len(),
        ..numeral
    };
    scaled(text, more)
}

/// "Sixfold": the number before the ending.
pub(super) fn fold(text: &Text<'_>, word: &str) -> Option<Decimal> {
    match text.lexicon.numbers.get(word.strip_suffix("fold")?)? {
        Meaning::Cardinal(value) => Some(value),
        _ => None,
    }
}

/// A number and the scale words after it: "1.5 million", "5bn", "300-million".
pub(super) fn scaled(text: &Text<'_>, numeral: Numeral) -> Numeral {
    let start = text.over_gap(numeral.end);
    let word = text.word(start);
    let is_attached = start == numeral.end;
    let power = match word {
        "k" | "bn" | "mn" | "mln" | "tn" | "trn" if !is_attached && word == "k" => return numeral,
        "k" => 3,
        "mn" | "mln" | "mio" => 6,
        "bn" | "b" if is_attached || word == "bn" => 9,
        "tn" | "trn" => 12,
        _ => match text.lexicon.units.get(word) {
            Some(Meaning::Scale(power)) => power,
            _ => return numeral,
        },
    };
    let value = numeral.value.shifted(power);
    scaled(
        text,
        Numeral {
            value,
            end: start + word.len(),
            scale: numeral.scale + power,
            firm: numeral.firm || power > 2,
            ..numeral
        },
    )
}
