//! Numbers in digits, with the separators of each language.

use crate::job::Lang;

use super::decimal::Decimal;
use super::text::{Text, digits};

/// A number in digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Literal {
    pub value: Decimal,
    /// The other reading of "1,234" and "1.234" in Russian.
    pub other: Option<Decimal>,
    /// Where it ends, in bytes.
    pub end: usize,
    /// How many digits it has where it is nothing but digits.
    pub plain: Option<usize>,
}

/// Digits, and the separator before them.
struct Group<'a> {
    separator: char,
    digits: &'a str,
    end: usize,
}

/// Reads the number that begins at a position; `None` where there is no digit, or too many.
pub(super) fn literal(text: &Text<'_>, at: usize) -> Option<Literal> {
    let first = digits(text.rest(at));
    let groups = groups(text, at, first)?;
    let dots = || groups.iter().filter(|group| group.separator == '.');
    let has_dates = dots().count() > 1 && dots().any(|group| group.digits.len() != 3);
    let joined = groups.get(1).filter(|_| !has_dates).and_then(|second| {
        let separator = second.separator;
        let thousands = groups
            .iter()
            .skip(1)
            .take_while(|group| group.separator == separator && group.digits.len() == 3)
            .count();
        let grouped = if first.len() <= 3 && !first.starts_with('0') {
            thousands
        } else {
            0
        };
        match (text.lang, separator) {
            (_, ' ') | (Lang::En | Lang::Ko, ',') => thousands_of(&groups, grouped),
            (Lang::Ru, ',' | '.') if grouped == 1 && groups.len() == 2 => {
                let decimals = decimals_of(&groups, 0)?;
                let other = thousands_of(&groups, 1).map(|literal| literal.value);
                Some(Literal { other, ..decimals })
            }
            (Lang::Ru, ',' | '.') if grouped > 0 => thousands_of(&groups, grouped),
            (Lang::En | Lang::Ko, '.') | (Lang::Ru, _) => decimals_of(&groups, 0),
            _ => None,
        }
    });
    joined.or_else(|| {
        Some(Literal {
            value: Decimal::parse(first)?,
            other: None,
            end: at + first.len(),
            plain: Some(first.len()),
        })
    })
}

/// The groups of digits that may be of one number.
fn groups<'a>(text: &'a Text<'_>, at: usize, first: &'a str) -> Option<Vec<Group<'a>>> {
    let mut end = at + first.len();
    let mut groups = vec![Group {
        separator: ' ',
        digits: (!first.is_empty()).then_some(first)?,
        end,
    }];
    loop {
        let mut rest = text.rest(end).chars();
        let Some(separator) = rest.next() else {
            break;
        };
        let next = digits(rest.as_str());
        let is_space = match separator {
            '\u{a0}' | '\u{202f}' | '\u{2009}' => true,
            ' ' => text.lang == Lang::Ru,
            _ => false,
        };
        let fits = match separator {
            ',' | '.' => !next.is_empty(),
            // A number of three digits begins a clause as well as it goes on with another.
            _ => is_space && next.len() == 3 && groups.iter().all(|group| group.digits.len() <= 3),
        };
        if !fits {
            break;
        }
        end += separator.len_utf8() + next.len();
        groups.push(Group {
            separator: if is_space { ' ' } else { separator },
            digits: next,
            end,
        });
    }
    Some(groups)
}

/// "1,234,567.8": so many groups of thousands, then decimals if there are any.
fn thousands_of(groups: &[Group<'_>], thousands: usize) -> Option<Literal> {
    if thousands == 0 {
        return None;
    }
    let separator = groups.get(thousands)?.separator;
    match groups.get(thousands + 1) {
        Some(next) if next.separator != separator && next.separator != ' ' => {
            decimals_of(groups, thousands)
        }
        _ => number(groups.get(..=thousands)?, None),
    }
}

/// The groups up to one together, and the next as decimals.
fn decimals_of(groups: &[Group<'_>], whole: usize) -> Option<Literal> {
    number(groups.get(..=whole)?, Some(groups.get(whole + 1)?))
}

fn number(whole: &[Group<'_>], decimals: Option<&Group<'_>>) -> Option<Literal> {
    let mut joined: String = whole.iter().map(|group| group.digits).collect();
    if let Some(decimals) = decimals {
        joined.push('.');
        joined.push_str(decimals.digits);
    }
    Some(Literal {
        value: Decimal::parse(&joined)?,
        other: None,
        end: decimals.or(whole.last())?.end,
        plain: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, lang: Lang) -> (String, usize, Option<String>) {
        let found = literal(&Text::new(text, lang), 0).unwrap();
        let other = found.other.map(|other| other.to_string());
        (found.value.to_string(), found.end, other)
    }

    #[test]
    fn separators_are_read_as_the_language_writes_them() {
        for (text, lang, value) in [
            ("1,234,567.8", Lang::En, "1234567.8"),
            ("1.25", Lang::En, "1.25"),
            ("12,345원", Lang::Ko, "12345"),
            ("1.5배", Lang::Ko, "1.5"),
            ("1 234 567", Lang::Ru, "1234567"),
            ("1\u{a0}234,5", Lang::Ru, "1234.5"),
            ("1\u{202f}234", Lang::Ru, "1234"),
            ("1.234,5", Lang::Ru, "1234.5"),
            ("1,234,567", Lang::Ru, "1234567"),
            ("1,5", Lang::Ru, "1.5"),
            ("6.75", Lang::Ru, "6.75"),
        ] {
            let (read, end, _) = read(text, lang);
            assert_eq!(read, value, "{text}");
            assert!(matches!(text.get(end..), Some("" | "원" | "배")), "{text}");
        }
    }

    #[test]
    fn what_is_ambiguous_keeps_both_readings() {
        assert_eq!(
            read("1,234", Lang::Ru),
            ("1.234".into(), 5, Some("1234".into()))
        );
        assert_eq!(read("1,234", Lang::En).2, None);
    }

    #[test]
    fn two_numbers_are_not_run_together() {
        for (text, lang, end) in [
            ("2018, 300 people", Lang::En, 4),
            ("3,4 or 5", Lang::En, 1),
            ("2018 300 человек", Lang::Ru, 4),
            ("12 3000", Lang::Ru, 2),
            ("5.3.2018", Lang::Ru, 1),
            ("12 345 people", Lang::En, 2),
        ] {
            assert_eq!(read(text, lang).1, end, "{text}");
        }
    }

    #[test]
    fn too_many_digits_are_no_number() {
        let text = "9".repeat(50);
        assert_eq!(literal(&Text::new(&text, Lang::En), 0), None);
    }
}
