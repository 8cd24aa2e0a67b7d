//! Numbers in Korean: digits with 만 and 억, native and Sino-Korean words.

use super::decimal::Decimal;
use super::lexicon::Meaning;
use super::literal::literal;
use super::quantity::Kind;
use super::sum::Numeral;
use super::text::{Text, digits};

/// Powers of ten that multiply what stands before them.
const SCALES: [(char, i16); 6] = [
    ('십', 1),
    ('백', 2),
    ('천', 3),
    ('만', 4),
    ('억', 8),
    ('조', 12),
];
/// From here on a scale closes what is below it: 2천5백만 is 2500 times 만.
const MYRIAD: i16 = 4;
const SINO: [(char, u64); 9] = [
    ('일', 1),
    ('이', 2),
    ('삼', 3),
    ('사', 4),
    ('오', 5),
    ('육', 6),
    ('칠', 7),
    ('팔', 8),
    ('구', 9),
];
/// What is counted with numbers in words.
const COUNTERS: [&str; 42] = [
    "명",
    "번",
    "개",
    "차례",
    "가지",
    "사람",
    "달러",
    "달",
    "대",
    "살",
    "건",
    "팀",
    "주",
    "배",
    "시",
    "군데",
    "쪽",
    "자녀",
    "형제",
    "척",
    "마리",
    "채",
    "발",
    "곳",
    "권",
    "장",
    "원",
    "유로",
    "파운드",
    "년",
    "여",
    "분",
    "표",
    "골",
    "경기",
    "위안",
    "엔",
    "루블",
    "도",
    "종",
    "점",
    "세트",
];
/// Native numbers that are also beginnings of many other words.
const SHORT: [(char, u64); 7] = [
    ('한', 1),
    ('두', 2),
    ('세', 3),
    ('석', 3),
    ('네', 4),
    ('넉', 4),
    ('열', 10),
];

/// Digits and scales being added up.
struct Sections {
    total: Decimal,
    section: Decimal,
    /// The power of the last scale.
    last: i16,
}

impl Sections {
    fn scale(&mut self, current: Decimal, power: i16) -> Option<()> {
        if power < MYRIAD {
            self.section = self.section.plus(current.shifted(power))?;
        } else {
            let part = self.section.plus(current)?;
            self.total = self.total.plus(part.shifted(power))?;
            self.section = Decimal::ZERO;
        }
        self.last = power;
        Some(())
    }
}

/// A number in digits, and everything that 만 and the like add to it: "1억 5000만", "3만2천".
pub(super) fn scaled(text: &Text<'_>, first: Numeral) -> Numeral {
    compose(text, first).unwrap_or(first)
}

fn compose(text: &Text<'_>, first: Numeral) -> Option<Numeral> {
    let mut sections = Sections {
        total: Decimal::ZERO,
        section: Decimal::ZERO,
        last: 0,
    };
    let mut end = first.end;
    let mut current = Some(first.value);
    loop {
        let before = end;
        while let Some((power, after)) = scale_at(text, end, end == before) {
            // "5십만": the 십 has five, the 만 what was below it.
            let by = current.take().unwrap_or(if power < MYRIAD {
                Decimal::from(1)
            } else {
                Decimal::ZERO
            });
            sections.scale(by, power)?;
            end = after;
        }
        if end == before || sections.last == 0 {
            break;
        }
        let start = text.over_space(end);
        let may_go_on = start == end || sections.last >= MYRIAD;
        let next = literal(text, start).filter(|_| may_go_on);
        let limit = Decimal::new(1, sections.last);
        match next {
            // What follows must fit below the last scale.
            Some(next)
                if next
                    .value
                    .whole()
                    .zip(limit.whole())
                    .is_some_and(|(n, l)| n < l) =>
            {
                current = Some(next.value);
                end = next.end;
            }
            _ => break,
        }
    }
    let rest = sections.section.plus(current.unwrap_or(Decimal::ZERO))?;
    let value = sections.total.plus(rest)?;
    (sections.last > 0).then_some(Numeral {
        value,
        end,
        scale: if current.is_none() { sections.last } else { 0 },
        firm: true,
        ..first
    })
}

/// The scale at a position; after a space only where something that is counted follows.
fn scale_at(text: &Text<'_>, at: usize, may_skip: bool) -> Option<(i16, usize)> {
    let start = if may_skip { text.over_space(at) } else { at };
    let mut rest = text.rest(start).chars();
    let first = rest.next()?;
    let (_, power) = SCALES.iter().find(|(scale, _)| *scale == first)?;
    let after = start + first.len_utf8();
    if start > at {
        let next = text.rest(after);
        let next = next.trim_start_matches(|c| SCALES.iter().any(|(scale, _)| *scale == c));
        let next = next.strip_prefix(char::is_whitespace).unwrap_or(next);
        if !COUNTERS.iter().any(|counter| next.starts_with(counter)) {
            return None;
        }
    }
    Some((*power, after))
}

/// "3분의 2": a fraction whose denominator ends at a position.
pub(super) fn fraction(text: &Text<'_>, parts: Decimal, end: usize) -> Option<Numeral> {
    let start = text.over_space(end);
    let after = text.rest(start).strip_prefix("분의")?;
    let at = text.over_space(text.rest(0).len() - after.len());
    let count = digits(text.rest(at));
    let parts = parts.whole().filter(|parts| *parts > 1)?;
    Some(Numeral {
        value: Decimal::parse(count).filter(|_| !count.is_empty())?,
        kind: Kind::Fraction(parts),
        end: at + count.len(),
        scale: 0,
        firm: true,
    })
}

/// The number that begins with the word at a position.
pub(super) fn number(text: &Text<'_>, at: usize) -> Option<Numeral> {
    let word = text.word(at);
    short(word, at)
        .or_else(|| native(text, word, at))
        .or_else(|| sino(text, word, at))
}

fn loose(value: Decimal, end: usize) -> Numeral {
    Numeral {
        value,
        kind: Kind::Number,
        end,
        scale: 0,
        firm: false,
    }
}

/// "두", "두명", "열두 명".
fn short(word: &str, at: usize) -> Option<Numeral> {
    let first = word.chars().next()?;
    let (_, value) = SHORT.iter().find(|(short, _)| *short == first)?;
    let rest = word.strip_prefix(first)?;
    let counts = rest.is_empty() || COUNTERS.iter().any(|counter| rest.starts_with(counter));
    counts.then(|| loose(Decimal::from(*value), at + first.len_utf8()))
}

fn native(text: &Text<'_>, word: &str, at: usize) -> Option<Numeral> {
    let (meaning, used) = text.lexicon.numbers.find(word)?;
    let end = at + used;
    match meaning {
        Meaning::Cardinal(value) => {
            let tens = value.whole().filter(|tens| *tens >= 20);
            let rest = word.get(used..).unwrap_or_default();
            let unit = tens.and_then(|_| short(rest, end).or_else(|| native(text, rest, end)));
            let unit = unit.filter(|unit| unit.value.whole().is_some_and(|unit| unit < 10));
            Some(match unit {
                Some(unit) => Numeral {
                    firm: true,
                    value: value.plus(unit.value)?,
                    ..unit
                },
                None => Numeral {
                    firm: true,
                    ..loose(value, end)
                },
            })
        }
        Meaning::Loose(value) => Some(loose(value, end)),
        Meaning::Span(value, unit) => Some(Numeral {
            kind: Kind::Measure(unit),
            ..loose(value, end)
        }),
        Meaning::Part(parts) => Some(Numeral {
            kind: Kind::Fraction(parts),
            ..loose(Decimal::from(1), end)
        }),
        _ => None,
    }
}

/// "이십삼", "백만 달러": only with a scale in it, and only where it ends a word or something that
/// is counted follows, since these syllables begin many other words.
fn sino(text: &Text<'_>, word: &str, at: usize) -> Option<Numeral> {
    let mut sections = Sections {
        total: Decimal::ZERO,
        section: Decimal::ZERO,
        last: 0,
    };
    let mut current = None;
    let mut end = 0;
    for c in word.chars() {
        if let Some((_, digit)) = SINO.iter().find(|(sino, _)| *sino == c) {
            if current.is_some() {
                return None;
            }
            current = Some(Decimal::from(*digit));
        } else if let Some((_, power)) = SCALES.iter().find(|(scale, _)| *scale == c) {
            let nothing = *power >= MYRIAD && sections.section != Decimal::ZERO;
            let one = if nothing {
                Decimal::ZERO
            } else {
                Decimal::from(1)
            };
            sections.scale(current.take().unwrap_or(one), *power)?;
        } else {
            break;
        }
        end += c.len_utf8();
    }
    let rest = word.get(end..)?;
    let next = text.word(text.over_space(at + word.len()));
    let counted = |text: &str| COUNTERS.iter().any(|counter| text.starts_with(counter));
    let fits = if rest.is_empty() {
        end > '만'.len_utf8() || counted(next)
    } else {
        counted(rest)
    };
    let value = sections
        .total
        .plus(sections.section)?
        .plus(current.unwrap_or(Decimal::ZERO))?;
    // "오 점", but not "이 점": one syllable is a number only beside what is counted.
    let single = rest.is_empty() && word.chars().count() == 1 && counted(next);
    let single = single && !word.starts_with(['일', '이']);
    ((sections.last > 0 && fits) || single).then(|| loose(value, at + end))
}
