//! What a producer wants to have back: kept as it was written.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Any JSON, byte for byte: numbers keep their digits, and objects their order.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(Box<RawValue>);

impl Metadata {
    /// Longest metadata, in bytes.
    pub const MAX_BYTES: usize = 64 * 1024;
    /// Deepest nesting: one less than what parsers of JSON commonly take, because a result is an
    /// object around it.
    pub const MAX_DEPTH: usize = 126;

    /// Takes JSON as it is written; `None` when it is no JSON.
    pub fn from_json(text: &str) -> Option<Self> {
        RawValue::from_string(text.to_owned()).ok().map(Self)
    }

    /// As it was written.
    pub fn as_json(&self) -> &str {
        self.0.get()
    }

    /// How deep arrays and objects are nested; 0 for a plain value.
    pub fn depth(&self) -> usize {
        let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
        for byte in self.as_json().bytes() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                b'[' | b'{' if !in_string => {
                    depth += 1;
                    deepest = deepest.max(depth);
                }
                b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        deepest
    }
}

impl PartialEq for Metadata {
    /// By the text: what differs in a space alone is not the same bytes.
    fn eq(&self, other: &Self) -> bool {
        self.as_json() == other.as_json()
    }
}

impl Eq for Metadata {}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_json())
    }
}

impl JsonSchema for Metadata {
    fn schema_name() -> Cow<'static, str> {
        "Metadata".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        Schema::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_strings() {
        for (json, depth) in [
            ("7", 0),
            (r#""[[{""#, 0),
            (r#""\"[""#, 0),
            (r#""\\""#, 0),
            ("[]", 1),
            (r#"{"a":[1,{"b]":"}"},[]]}"#, 3),
        ] {
            assert_eq!(Metadata::from_json(json).unwrap().depth(), depth, "{json}");
        }
    }

    #[test]
    fn what_is_no_json_is_no_metadata() {
        for text in ["", "{", "{} {}", "nul", "[1,]"] {
            assert_eq!(Metadata::from_json(text), None, "{text}");
        }
    }

    #[test]
    fn metadata_are_written_as_they_were_read() {
        let json = r#"{"z": 123456789012345678901234567890, "a": 1.10, "é": "\u00e9"}"#;
        let read: Metadata = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let read: Metadata = serde_path_to_error::deserialize(&mut deserializer).unwrap();
        assert_eq!(read.as_json(), json);
    }
}
