//! Values of a message in what is said about it. A whole article may stand where a word should, and
//! what is said goes into answers and logs.

use crate::job::{ErrorCode, InvalidJob};

/// Characters of a value that may be shown.
const SHOWN: usize = 40;

/// A value in quotes, cut where it is long.
pub(super) fn quote(value: &str) -> String {
    visible(&format!("{:?}", cut(value)))
}

/// Without what would not be seen, or would change how the rest is seen: control characters, and
/// marks that turn the direction of writing. In a log they could make one line look like another.
fn visible(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// A value without quotes, cut where it is long.
pub(super) fn shown(value: &str) -> String {
    visible(&cut(value))
}

fn cut(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", value.get(..end).unwrap_or_default()),
        None => value.to_owned(),
    }
}

/// Why a message is not a job, an item and the like (`what`), naming the field at fault. `place` is
/// the path of the whole within the message; empty where it is the message.
pub(super) fn refuse(
    error: serde_path_to_error::Error<serde_json::Error>,
    what: &str,
    place: &str,
) -> InvalidJob {
    let path = within(place, &error.path().to_string());
    let inner = error.into_inner();
    let said = visible(&without_value(&inner.to_string()));
    let code = if inner.is_data() {
        ErrorCode::InvalidField
    } else {
        ErrorCode::MalformedMessage
    };
    let field = (code == ErrorCode::InvalidField && path != ".").then_some(path);
    let whole = if place.is_empty() {
        "the message"
    } else {
        place
    };
    let message = match (code, &field) {
        (ErrorCode::InvalidField, Some(path)) => format!("not a valid {what}: {path}: {said}"),
        (ErrorCode::InvalidField, None) => format!("not a valid {what}: {said}"),
        _ => format!("{whole} is not JSON: {said}"),
    };
    InvalidJob {
        code,
        message,
        field,
        id: None,
    }
}

/// A path in the whole message from one in a part of it.
fn within(place: &str, path: &str) -> String {
    match (place, path) {
        ("", path) => path.to_owned(),
        (place, ".") => place.to_owned(),
        (place, path) if path.starts_with('[') => format!("{place}{path}"),
        (place, path) => format!("{place}.{path}"),
    }
}

/// The same refusal, seen from the message that what was refused is a part of.
pub(super) fn refused_within(place: &str, error: InvalidJob) -> InvalidJob {
    let (field, message) = match (&error.field, place) {
        (_, "") => return error,
        (None, place) => (None, format!("{place}: {}", error.message)),
        (Some(field), place) => {
            let path = within(place, field);
            let message = match error.message.strip_prefix(field.as_str()) {
                Some(rest) => format!("{path}{rest}"),
                None => format!("{path}: {}", error.message),
            };
            (Some(path), message)
        }
    };
    InvalidJob {
        message,
        field,
        ..error
    }
}

/// What serde says, with a long value cut: `invalid type: string "…", expected a map at line 1`.
/// The value may hold any of these words, so what follows it is looked for from the end.
fn without_value(said: &str) -> String {
    // The kind of fault is short; a colon further on is the value's own.
    let colon = said
        .find(": ")
        .filter(|at| *at < SHOWN)
        .map_or(0, |at| at + 2);
    let (kind, rest) = said.split_at(colon);
    let end = rest
        .rfind(", expected ")
        .or_else(|| rest.rfind(" at line "));
    let (value, after) = rest.split_at(end.unwrap_or(rest.len()));
    format!("{kind}{}{after}", cut(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_not_be_seen_is_spelt_out() {
        let error = crate::job::wire::parse_job(
            br#"{"id":"a","article":{"sections":[{"kind":"par\u0007\u202ex","text":"x"}]},"targets":["ko"]}"#,
        )
        .unwrap_err();
        assert!(
            error.message.contains(r"par\u{7}\u{202e}x"),
            "{}",
            error.message
        );
        let error = crate::job::wire::parse_job(
            "{\"id\":\"a\",\"article\":{\"text\":\"x\"},\"targets\":[\"\u{202e}ok\"]}".as_bytes(),
        )
        .unwrap_err();
        assert!(error.message.contains(r"\u{202e}ok"), "{}", error.message);
    }

    #[test]
    fn what_serde_says_keeps_what_it_expected_and_loses_a_long_value() {
        let story = "Rain, expected since Monday, fell on Leeds at line 4. ".repeat(20);
        let of = |value: serde_json::Value| {
            serde_json::from_str::<u8>(&value.to_string())
                .unwrap_err()
                .to_string()
        };
        let said = without_value(&of(story.into()));
        assert!(
            said.starts_with("invalid type: string \"Rain, expected since Monday"),
            "{said}"
        );
        assert!(said.contains("…, expected u8 at line 1"), "{said}");
        assert!(said.chars().count() < 100, "{said}");
        let short = of("Rain".into());
        assert_eq!(without_value(&short), short);
    }

    #[test]
    fn the_name_of_a_variant_is_cut_also_when_it_has_a_colon() {
        let story = format!("{}: rain", "Leeds ".repeat(500));
        let error = serde_json::from_value::<crate::job::SectionKind>(story.into()).unwrap_err();
        let said = without_value(&error.to_string());
        assert!(said.chars().count() < 200, "{said}");
    }
}
