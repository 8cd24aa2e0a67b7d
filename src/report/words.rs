//! Numbers, times and names, for people.

use jiff::Timestamp;

use crate::job::Lang;

/// `1 segment`, `2 segments`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {noun}{s}", grouped(number as u64))
}

/// Thousands apart, by spaces that do not break: `12 345`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// `12 March 2031, 06:00 UTC`; what is no time as it stands.
pub(super) fn moment(text: &str) -> String {
    text.parse::<Timestamp>().map_or_else(
        |_| text.to_owned(),
        |time| time.strftime("%-d %B %Y, %H:%M UTC").to_string(),
    )
}

/// `Korean and Russian`.
pub(super) fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// A language in its own words.
pub(super) fn own_name(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "English",
        Lang::Ko => "한국어",
        Lang::Ru => "Русский",
    }
}

/// A stage or task of the pipeline: `translate:ko` is "Translation into Korean".
pub(super) fn stage(name: &str) -> String {
    let (what, of) = name.split_once(':').unwrap_or((name, ""));
    let into = of.parse::<Lang>();
    match (what, into) {
        ("translate", Ok(lang)) => format!("Translation into {}", lang.name()),
        ("load", _) if !of.is_empty() => format!("Loading {of}"),
        ("clean", _) => "Cleaning the page".to_owned(),
        ("detect", _) => "Language detection".to_owned(),
        ("segment", _) => "Splitting into sentences".to_owned(),
        ("summarise", _) => "Summary".to_owned(),
        ("extract", _) => "Summary from the article’s sentences".to_owned(),
        _ => name.to_owned(),
    }
}

/// Seconds as they are read: `0.04 s`, `12.3 s`, `2 min 5 s`.
pub(super) fn seconds(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "–".to_owned();
    }
    if seconds < 1.0 {
        return format!("{seconds:.2} s");
    }
    // Rounded before it is taken apart: 119.97 s are two minutes.
    if seconds < 59.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round();
    format!("{:.0} min {:.0} s", (whole / 60.0).floor(), whole % 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_written_for_people() {
        assert_eq!(count(1, "segment"), "1 segment");
        assert_eq!(count(0, "segment"), "0 segments");
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(grouped(999), "999");
        assert_eq!(moment("2031-03-12T06:00:00Z"), "12 March 2031, 06:00 UTC");
        assert_eq!(moment("tomorrow <b>"), "tomorrow <b>");
        assert_eq!(seconds(0.04), "0.04 s");
        assert_eq!(seconds(12.34), "12.3 s");
        assert_eq!(seconds(125.2), "2 min 5 s");
        assert_eq!(seconds(119.97), "2 min 0 s");
        assert_eq!(seconds(59.97), "1 min 0 s");
        assert_eq!(seconds(f64::NAN), "–");
    }

    #[test]
    fn stages_are_named_and_those_of_later_versions_stay() {
        assert_eq!(stage("translate:ko"), "Translation into Korean");
        assert_eq!(stage("translate:xx"), "translate:xx");
        assert_eq!(stage("load:tiny"), "Loading tiny");
        assert_eq!(stage("polish"), "polish");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
    }
}
