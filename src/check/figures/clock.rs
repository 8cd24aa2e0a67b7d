//! Times of day, on clocks of twelve and of twenty-four hours.

use crate::job::Lang;

use super::quantity::Half;
use super::text::{Text, digits, last_word};

/// A time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// Minutes since midnight.
    pub minutes: u64,
    pub half: Half,
    /// Where its first word begins and its last ends, in bytes.
    pub start: usize,
    pub end: usize,
}

/// A part of the day, as far as it says which of two hours is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Before noon.
    Morning,
    /// From noon on.
    Afternoon,
    /// Evening until midnight, then the small hours.
    Night,
}

const HOUR: u64 = 60;

/// Reads the time whose digits begin at a position.
pub(super) fn clock(text: &Text<'_>, at: usize) -> Option<Clock> {
    let hour_digits = digits(text.rest(at));
    let after_hour = at + hour_digits.len();
    if hour_digits.len() == 4 {
        return four_digits(text, at, hour_digits);
    }
    let hour: u64 = hour_digits.parse().ok().filter(|hour| *hour <= 24)?;
    if hour_digits.len() > 2 {
        return None;
    }
    match text.lang {
        Lang::Ko => korean(text, at, hour, after_hour),
        Lang::En | Lang::Ru => {
            let (minute, colon, end) = minutes(text, after_hour);
            let (part, after) = part_after(text, end);
            if after == end && !colon {
                return None;
            }
            build(text, hour, minute, part, at..after)
        }
    }
}

/// "0530 GMT".
fn four_digits(text: &Text<'_>, at: usize, digits: &str) -> Option<Clock> {
    let next = text.word(text.over_gap(at + 4));
    let follows = matches!(
        next,
        "gmt" | "utc" | "hours" | "hrs" | "bst" | "et" | "est" | "edt"
    );
    let (hour, minute) = digits.split_at_checked(2)?;
    let (hour, minute): (u64, u64) = (hour.parse().ok()?, minute.parse().ok()?);
    if !follows || hour > 24 || minute >= HOUR {
        return None;
    }
    build(text, hour, minute, None, at..at + 4).map(|clock| Clock {
        half: Half::Known,
        ..clock
    })
}

/// The minutes after an hour, whether a colon stands before them, and where they end.
fn minutes(text: &Text<'_>, at: usize) -> (u64, bool, usize) {
    let rest = text.rest(at);
    let separator = rest.chars().next();
    let after = rest.get(1..).unwrap_or_default();
    let found = match separator {
        Some(':' | '.') => digits(after),
        _ => "",
    };
    match found.parse() {
        Ok(minute) if found.len() == 2 && minute < HOUR => {
            let end = at + 1 + found.len();
            // "12.05.2018" is a date, "1:23.4" and "1:02:03" are a runner's.
            let next = text.rest(end);
            let goes_on = next.starts_with(['.', ':', ','])
                && !digits(next.get(1..).unwrap_or_default()).is_empty();
            if goes_on {
                (0, false, at)
            } else {
                (minute, separator == Some(':'), end)
            }
        }
        _ => (0, false, at),
    }
}

/// "p.m.", "вечера": the part of the day after a time, and where it ends.
fn part_after(text: &Text<'_>, end: usize) -> (Option<Part>, usize) {
    let start = text.over_space(end);
    let rest = text.rest(start);
    let word = text.word(start);
    let after = start + word.len();
    match text.lang {
        Lang::En => {
            let part = match (word, rest.get(..4)) {
                ("am", _) | (_, Some("a.m.")) => Part::Morning,
                ("pm", _) | (_, Some("p.m.")) => Part::Afternoon,
                ("noon", _) if start > end => Part::Afternoon,
                _ => return oclock(text, start, end),
            };
            (Some(part), if word.len() == 1 { start + 4 } else { after })
        }
        Lang::Ru => match word {
            "утра" => (Some(Part::Morning), after),
            "дня" if !is_time_of_day(text, end) => (None, end),
            "вечера" | "дня" => (Some(Part::Afternoon), after),
            "ночи" => (Some(Part::Night), after),
            _ => (None, end),
        },
        Lang::Ko => (None, end),
    }
}

/// Whether "дня" after a position makes a time and no count of days: "в 3 дня", "3 часа дня".
fn is_time_of_day(text: &Text<'_>, end: usize) -> bool {
    let before = text.before(end);
    let unit = last_word(before);
    let hour = before.trim_end_matches(|c: char| c.is_alphanumeric());
    unit.starts_with("час")
        || unit.starts_with("мин")
        || hour.ends_with(':')
        || last_word(hour.trim_end()) == "в"
}

/// "O'clock", "in the morning": what it says of the day, and where it ends.
fn oclock(text: &Text<'_>, start: usize, end: usize) -> (Option<Part>, usize) {
    let rest = text.rest(start);
    let mark = ["o'clock", "o’clock"]
        .iter()
        .find(|mark| rest.starts_with(**mark));
    let after = mark.map_or(end, |mark| start + mark.len());
    let then = text.rest(after);
    let parts = [
        (" in the morning", Part::Morning),
        (" in the afternoon", Part::Afternoon),
        (" in the evening", Part::Afternoon),
        (" at night", Part::Night),
    ];
    match parts.iter().find(|(words, _)| then.starts_with(words)) {
        Some((words, part)) => (Some(*part), after + words.len()),
        None => (None, after),
    }
}

/// An hour in words that ends at a position: "six in the morning", "шесть вечера".
pub(super) fn in_words(text: &Text<'_>, at: usize, hour: u64, end: usize) -> Option<Clock> {
    let (part, after) = part_after(text, end);
    if !(1..=12).contains(&hour) || after == end {
        return None;
    }
    build(text, hour, 0, part, at..after)
}

/// "오후 6시 38분", "18:38".
fn korean(text: &Text<'_>, at: usize, hour: u64, after_hour: usize) -> Option<Clock> {
    let (minute, colon, mut end) = minutes(text, after_hour);
    let mut minute = minute;
    if !colon {
        let rest = text.rest(after_hour);
        let after = rest.strip_prefix('시')?;
        if ["간", "즌", "리", "드"]
            .iter()
            .any(|next| after.starts_with(next))
        {
            return None;
        }
        minute = 0;
        end = after_hour + '시'.len_utf8();
        let next = text.over_space(end);
        let more = digits(text.rest(next));
        let after_more = next + more.len();
        if more.len() <= 2 && text.rest(after_more).starts_with('분') {
            minute = more.parse().ok()?;
            end = after_more + '분'.len_utf8();
        } else if text.word(next).starts_with('반') && next > end {
            minute = HOUR / 2;
            end = next + '반'.len_utf8();
        }
    }
    let before = text.before(at).trim_end();
    let parts = [
        ("오전", Part::Morning),
        ("아침", Part::Morning),
        ("새벽", Part::Morning),
        ("오후", Part::Afternoon),
        ("저녁", Part::Afternoon),
        ("낮", Part::Afternoon),
        ("밤", Part::Night),
        ("am", Part::Morning),
        ("pm", Part::Afternoon),
    ];
    let part = parts.iter().find(|(word, _)| before.ends_with(word));
    let start = part.map_or(at, |(word, _)| before.len() - word.len());
    build(text, hour, minute, part.map(|(_, part)| *part), start..end)
}

/// "18 часов 38 минут", "6 часов вечера": what an hour and its unit, which ends at a position, say.
pub(super) fn russian_hours(text: &Text<'_>, at: usize, hour: u64, end: usize) -> Option<Clock> {
    if hour > 24 {
        return None;
    }
    let next = text.over_space(end);
    let more = digits(text.rest(next));
    let unit = text.over_space(next + more.len());
    // "2 часа 19 минут" is how long, "в 2 часа 19 минут" when.
    let is_when = matches!(
        text.word_before(at),
        "в" | "до" | "к" | "около" | "после" | "с"
    );
    let has_minutes = is_when && matches!(more.len(), 1 | 2) && text.word(unit).starts_with("мин");
    let (minute, end) = if has_minutes {
        (more.parse().ok()?, unit + text.word(unit).len())
    } else {
        (0, end)
    };
    let (part, end) = part_after(text, end);
    build(text, hour, minute, part, at..end)
}

fn build(
    text: &Text<'_>,
    hour: u64,
    minute: u64,
    part: Option<Part>,
    range: std::ops::Range<usize>,
) -> Option<Clock> {
    let hour = match (part, hour) {
        (_, 24) | (Some(Part::Morning | Part::Night), 12) => 0,
        (Some(Part::Afternoon), 1..12) | (Some(Part::Night), 6..12) => hour + 12,
        _ => hour,
    };
    let is_padded = text.rest(range.start).starts_with('0');
    let known = part.is_some() || hour > 12 || hour == 0 || is_padded;
    (minute < HOUR).then_some(Clock {
        minutes: hour * HOUR + minute,
        half: if known { Half::Known } else { Half::Unknown },
        start: range.start,
        end: range.end,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        for (text, lang, minutes, half) in [
            ("6:38 p.m. on", Lang::En, 18 * 60 + 38, Half::Known),
            ("6.38pm", Lang::En, 18 * 60 + 38, Half::Known),
            ("12 a.m.", Lang::En, 0, Half::Known),
            ("12pm", Lang::En, 720, Half::Known),
            ("6:38", Lang::En, 6 * 60 + 38, Half::Unknown),
            ("0530 GMT", Lang::En, 5 * 60 + 30, Half::Known),
            ("7 o'clock in the evening", Lang::En, 19 * 60, Half::Known),
            ("18:38", Lang::Ru, 18 * 60 + 38, Half::Known),
            ("6 вечера", Lang::Ru, 18 * 60, Half::Known),
            ("2 ночи", Lang::Ru, 120, Half::Known),
            ("11 ночи", Lang::Ru, 23 * 60, Half::Known),
            ("18시 38분", Lang::Ko, 18 * 60 + 38, Half::Known),
            ("7시 반에", Lang::Ko, 7 * 60 + 30, Half::Unknown),
        ] {
            let found = clock(&Text::new(text, lang), 0).unwrap();
            assert_eq!((found.minutes, found.half), (minutes, half), "{text}");
        }
        for (text, minutes) in [
            ("오후 6시", 1080),
            ("밤 12시", 0),
            ("새벽 2시", 120),
            ("밤 11시", 1380),
        ] {
            let at = text.find(|c: char| c.is_ascii_digit()).unwrap();
            let found = clock(&Text::new(text, Lang::Ko), at).unwrap();
            assert_eq!((found.minutes, found.start), (minutes, 0), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_not() {
        for (text, lang) in [
            ("6 people", Lang::En),
            ("1.25", Lang::En),
            ("61:12", Lang::En),
            ("3:75", Lang::Ru),
            ("5시간", Lang::Ko),
            ("5 человек", Lang::Ru),
            ("1:02:03", Lang::En),
        ] {
            assert_eq!(clock(&Text::new(text, lang), 0), None, "{text}");
        }
    }
}
