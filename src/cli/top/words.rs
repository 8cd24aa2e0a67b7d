//! Numbers and texts in as little room as can be.

use ratatui::text::Span;
use unicode_segmentation::UnicodeSegmentation;

use super::histogram::Quantile;
use crate::cli::text::printable;

/// Columns that a text takes on a terminal: a Hangul syllable takes two.
pub(super) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// On one line, without what could drive a terminal, and at most `most` columns wide.
pub(super) fn clip(text: &str, most: usize, ellipsis: &str) -> String {
    let line = printable(text).replace('\n', " ");
    if width(&line) <= most {
        return line;
    }
    let room = most.saturating_sub(width(ellipsis));
    let mut kept = String::new();
    let mut taken = 0;
    for piece in line.graphemes(true) {
        taken += width(piece);
        if taken > room {
            break;
        }
        kept.push_str(piece);
    }
    if most >= width(ellipsis) {
        kept.push_str(ellipsis);
    }
    kept
}

/// `0.012s`, `3.4s`, `42s`, `3m12s`, `1h02m`, `3d04h`.
pub(super) fn seconds(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "?".to_owned();
    }
    if seconds < 0.0005 {
        return "0s".to_owned();
    }
    if seconds < 0.00995 {
        return format!("{:.1}ms", seconds * 1000.0);
    }
    if seconds < 0.9995 {
        return format!("{:.0}ms", seconds * 1000.0);
    }
    if seconds < 9.95 {
        return format!("{seconds:.1}s");
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, and what does not fit becomes the largest"
    )]
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{whole}s"),
        60..3600 => format!("{}m{:02}s", whole / 60, whole % 60),
        3600..86_400 => format!("{}h{:02}m", whole / 3600, whole % 3600 / 60),
        _ => format!("{}d{:02}h", whole / 86_400, whole % 86_400 / 3600),
    }
}

/// What is known of it: `≤30s`, with the sign for "at most", or `>30m00s`.
pub(super) fn quantile(quantile: Quantile, at_most: &str) -> String {
    match quantile.at_most {
        Some(bound) => format!("{at_most}{}", seconds(bound)),
        None => format!(">{}", seconds(quantile.over)),
    }
}

/// A count: `0`, `950`, `12.3k`, `4.5M`.
pub(super) fn count(number: f64) -> String {
    match number {
        n if !n.is_finite() => "?".to_owned(),
        n if n < 9999.5 => format!("{n:.0}"),
        n if n < 999_950.0 => format!("{:.1}k", n / 1e3),
        n if n < 999_950_000.0 => format!("{:.1}M", n / 1e6),
        n => format!("{:.1}G", n / 1e9),
    }
}

/// A rate: one decimal as long as it is small, and `0` for none at all.
pub(super) fn rate(number: f64) -> String {
    match number {
        n if !n.is_finite() => "?".to_owned(),
        n if n <= 0.0 => "0".to_owned(),
        n if n < 0.05 => "<0.1".to_owned(),
        n if n < 99.95 => format!("{n:.1}"),
        n => count(n),
    }
}

/// A share of 1; what is little is not nothing.
pub(super) fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.005 {
        return "<1%".to_owned();
    }
    format!("{:.0}%", share * 100.0)
}

/// Bytes in binary units: `512M`, `1.4G`; `-` for none.
pub(super) fn bytes(number: f64) -> String {
    const GIB: f64 = 1_073_741_824.0;
    const MIB: f64 = 1_048_576.0;
    match number {
        n if !n.is_finite() => "?".to_owned(),
        n if n <= 0.0 => "-".to_owned(),
        n if n < 1000.0 * MIB => format!("{:.0}M", n / MIB),
        n if n < 99.95 * GIB => format!("{:.1}G", n / GIB),
        n => format!("{:.0}G", n / GIB),
    }
}

/// The time of day in UTC.
pub(super) fn clock(unix: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what does not fit becomes the largest, which is refused"
    )]
    let time = jiff::Timestamp::from_second(unix as i64);
    time.map_or_else(
        |_| "?".to_owned(),
        |time| format!("{} UTC", time.strftime("%H:%M:%S")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_two_or_three_figures() {
        for (value, text) in [
            (0.0, "0s"),
            (0.0123, "12ms"),
            (0.0025, "2.5ms"),
            (0.9996, "1.0s"),
            (0.0004, "0s"),
            (0.0096, "9.6ms"),
            (3.44, "3.4s"),
            (9.96, "10s"),
            (59.6, "1m00s"),
            (192.0, "3m12s"),
            (3720.0, "1h02m"),
            (273_600.0, "3d04h"),
            (f64::NAN, "?"),
            (-1.0, "?"),
            (1e300, "213503982334601d07h"),
        ] {
            assert_eq!(seconds(value), text, "{value}");
        }
        let within = Quantile {
            over: 10.0,
            at_most: Some(20.0),
            interpolated: Some(14.2),
        };
        assert_eq!(quantile(within, "≤"), "≤20s");
        let beyond = Quantile {
            over: 600.0,
            at_most: None,
            interpolated: None,
        };
        assert_eq!(quantile(beyond, "≤"), ">10m00s");
    }

    #[test]
    fn counts_rates_and_bytes_fit_into_six_columns() {
        assert_eq!(
            [0.0, 9999.0, 9999.6, 123_456.0, 4.5e6, 2e9, f64::INFINITY].map(count),
            ["0", "9999", "10.0k", "123.5k", "4.5M", "2.0G", "?"]
        );
        assert_eq!(
            [0.0, 0.01, 0.26, 99.94, 99.96, 20_000.0].map(rate),
            ["0", "<0.1", "0.3", "99.9", "100", "20.0k"]
        );
        assert_eq!(
            [0.0, 5e8, 1.2e9, 2e11].map(bytes),
            ["-", "477M", "1.1G", "186G"]
        );
        assert_eq!(
            [0.0, 0.001, 0.036, 1.0].map(percent),
            ["0%", "<1%", "4%", "100%"]
        );
    }

    #[test]
    fn a_text_is_cut_where_it_no_longer_fits_and_cannot_drive_the_terminal() {
        assert_eq!(clip("short", 5, "…"), "short");
        assert_eq!(clip("longer text", 7, "…"), "longer…");
        assert_eq!(clip("longer text", 7, "~"), "longer~");
        assert_eq!(clip("평택기지", 5, "…"), "평택…");
        assert_eq!(clip("a\u{1b}[31mb\nc", 20, "…"), "a [31mb c");
        assert_eq!(clip("abc", 0, "…"), "");
    }

    #[test]
    fn a_moment_is_a_time_of_day() {
        assert_eq!(clock(1_900_000_000.7), "17:46:40 UTC");
        assert_eq!(clock(f64::INFINITY), "?");
    }
}
