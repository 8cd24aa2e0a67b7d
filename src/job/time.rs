//! Points in time as messages write them.

use jiff::Timestamp;

/// Reads a time of RFC 3339 with its offset from UTC; `None` for any other form, however close: a
/// time without an offset is an hour or a day off for somebody.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let (date_time, offset) = if let Some(date_time) = text.strip_suffix(['Z', 'z']) {
        (date_time, None)
    } else {
        let (date_time, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
        (date_time, Some(offset))
    };
    let (whole, fraction) = match date_time.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (date_time, None),
    };
    let digits =
        |fraction: &str| !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let well_formed = (fits(whole, "0000-00-00T00:00:00") || fits(whole, "0000-00-00t00:00:00"))
        && fraction.is_none_or(digits)
        && offset.is_none_or(|offset| fits(offset, "+00:00") || fits(offset, "-00:00"));
    if well_formed { text.parse().ok() } else { None }
}

/// Whether a text has digits where the form has `0`, and the form's own characters elsewhere.
fn fits(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text
            .bytes()
            .zip(form.bytes())
            .all(|(byte, form)| byte == form || (form == b'0' && byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_with_its_offset_is_read_to_the_fraction() {
        for (text, utc) in [
            ("2031-04-02T06:00:00Z", "2031-04-02T06:00:00Z"),
            ("2031-04-02t06:00:00z", "2031-04-02T06:00:00Z"),
            ("2031-04-02T06:00:00.250+09:00", "2031-04-01T21:00:00.25Z"),
            ("2031-04-02T06:00:00-00:00", "2031-04-02T06:00:00Z"),
            ("2032-02-29T23:59:59+05:30", "2032-02-29T18:29:59Z"),
        ] {
            let read = parse(text).map(|time| time.to_string());
            assert_eq!(read.as_deref(), Some(utc), "{text}");
        }
    }

    #[test]
    fn other_forms_and_days_that_do_not_exist_are_refused() {
        for text in [
            "",
            "Z",
            "2031-04-02",
            "2031-04-02T06:00:00",
            "2031-04-02 06:00:00Z",
            "2031-04-02T06:00Z",
            "20310402T060000Z",
            "2031-04-02T06:00:00.Z",
            "2031-04-02T06:00:00+0900",
            "2031-04-02T06:00:00+09",
            "2031-04-02T06:00:00+09:00[Asia/Seoul]",
            "2031-02-29T06:00:00Z",
            "2031-04-02T25:00:00Z",
            "2031-04-02T06:00:00Z ",
            "２031-04-02T06:00:00Z",
            "1917212400",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
