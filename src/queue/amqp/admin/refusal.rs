//! Reads why a declaration was refused.

use lapin::types::AMQPValue;

/// Why the broker did not take a declaration: the first setting that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) setting: String,
    /// What it is.
    pub(super) current: Said,
}

/// What the broker says that a setting is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// This.
    Value(Value),
    /// Not set.
    Unset,
    /// Its words were cut off, or not understood.
    Nothing,
}

/// A value in the broker's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) text: String,
    /// Said only where ours is not set.
    pub(super) kind: Option<String>,
}

impl Refusal {
    /// Reads `inequivalent arg 'x' for queue 'q' in vhost '/': received 'a' but current is 'b'`. The
    /// end is cut off where the names are long: a reply has 255 bytes.
    pub(super) fn parse(message: &str) -> Option<Self> {
        let (_, rest) = message.split_once("inequivalent arg '")?;
        let (setting, rest) = rest.split_once('\'')?;
        let current = rest
            .rsplit_once(" but current is ")
            .and_then(|(_, current)| Said::parse(current))
            .unwrap_or(Said::Nothing);
        Some(Self {
            setting: setting.to_owned(),
            current,
        })
    }
}

impl Said {
    /// Reads `none`, `'b'` or `the value 'b' of type 'longstr'`.
    fn parse(words: &str) -> Option<Self> {
        if words == "none" {
            return Some(Self::Unset);
        }
        let (text, kind) = match words.strip_prefix("the value ") {
            None => (words, None),
            Some(typed) => {
                let (text, kind) = typed.rsplit_once(" of type ")?;
                (text, Some(unquoted(kind)?.to_owned()))
            }
        };
        let text = unquoted(text)?.to_owned();
        Some(Self::Value(Value { text, kind }))
    }
}

impl Value {
    /// The value for the wire; `like` is ours, which is of the same type.
    pub(super) fn typed(&self, like: Option<&AMQPValue>) -> Option<AMQPValue> {
        let is_text = match (&self.kind, like) {
            (Some(kind), _) => kind == "longstr",
            (None, like) => matches!(like, Some(AMQPValue::LongString(_))),
        };
        let is_flag = match (&self.kind, like) {
            (Some(kind), _) => kind == "bool",
            (None, like) => matches!(like, Some(AMQPValue::Boolean(_))),
        };
        if is_text {
            Some(AMQPValue::LongString(self.text.as_str().into()))
        } else if is_flag {
            self.text.parse().ok().map(AMQPValue::Boolean)
        } else {
            self.text.parse().ok().map(AMQPValue::LongLongInt)
        }
    }
}

fn unquoted(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.strip_suffix('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brokers_words_are_read_in_all_their_forms() {
        let value = |text: &str, kind: Option<&str>| {
            Said::Value(Value {
                text: text.to_owned(),
                kind: kind.map(str::to_owned),
            })
        };
        for (end, current) in [
            ("received '21' but current is '20'", value("20", None)),
            (
                "received none but current is the value 'true' of type 'bool'",
                value("true", Some("bool")),
            ),
            (
                "received the value '5000' of type 'signedint' but current is none",
                Said::Unset,
            ),
            ("received none but current is the va", Said::Nothing),
            ("received 'a' but cur", Said::Nothing),
        ] {
            let message = format!(
                "PRECONDITION_FAILED - inequivalent arg 'x-some' for queue 'it''s' in vhost '/': {end}"
            );
            let expected = Refusal {
                setting: "x-some".to_owned(),
                current,
            };
            assert_eq!(Refusal::parse(&message), Some(expected), "{end}");
        }
        assert_eq!(
            Refusal::parse("PRECONDITION_FAILED - invalid arg 'x'"),
            None
        );
    }
}
