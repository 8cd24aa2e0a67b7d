//! What goes out, and what is said about jobs that were sent: examples, schemas and types.

use presslate::cli::args::Message;
use presslate::cli::schema::schema;
use presslate::job::ErrorCode::{
    self, InvalidField, MalformedMessage, TooLarge, UnsupportedVersion,
};
use presslate::job::wire::{
    Control, ErrorMessage, PartialMessage, ProgressMessage, ResultMessage, VERSION, parse_control,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{examples, validator};

const ALL: [(Message, &str); 6] = [
    (Message::Job, "job"),
    (Message::Result, "result"),
    (Message::Partial, "partial"),
    (Message::Progress, "progress"),
    (Message::Error, "error"),
    (Message::Control, "control"),
];

#[test]
fn the_schemas_have_their_draft_id_and_title() {
    for (message, name) in ALL {
        let schema = serde_json::to_value(schema(message)).unwrap();
        assert_eq!(
            schema["$schema"],
            "https://json-schema.org/draft/2020-12/schema"
        );
        assert_eq!(schema["$id"], format!("urn:presslate:schema:{name}:1"));
        assert_eq!(
            schema["title"],
            format!("presslate {name}, version {VERSION}")
        );
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
    }
}

#[test]
fn every_field_of_every_schema_says_what_it_is_for() {
    fn look(schema: &Value, path: &str) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            // Exclusions have neither type nor words.
            assert!(
                property.get("description").is_some() || property.get("not").is_some(),
                "{path} has no description: {property}"
            );
        }
        for (name, definition) in schema["$defs"].as_object().into_iter().flatten() {
            look(definition, &format!("{path}#{name}"));
        }
    }
    for (message, name) in ALL {
        look(&serde_json::to_value(schema(message)).unwrap(), name);
    }
}

/// Valid examples fit the schema and come back from the type as they were; invalid ones do not fit
/// the schema.
fn check<T: Serialize + DeserializeOwned>(message: Message, folder: &str) {
    let validator = validator(message);
    let valid = examples(&format!("{folder}/valid"));
    let invalid = examples(&format!("{folder}/invalid"));
    assert!(valid.len() >= 2 && invalid.len() >= 2, "{folder}");
    for (name, bytes) in valid {
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        validator
            .validate(&value)
            .unwrap_or_else(|error| panic!("{folder} {name}: {error}"));
        let read: T = serde_json::from_slice(&bytes)
            .unwrap_or_else(|error| panic!("{folder} {name}: {error}"));
        assert_eq!(serde_json::to_value(&read).unwrap(), value, "{name}");
    }
    for (name, bytes) in invalid {
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        assert!(!validator.is_valid(&value), "{folder} {name}");
    }
}

#[test]
fn examples_of_answers_fit_their_schemas_and_read_back() {
    check::<ResultMessage>(Message::Result, "result");
    check::<PartialMessage>(Message::Partial, "partial");
    check::<ProgressMessage>(Message::Progress, "progress");
    check::<ErrorMessage>(Message::Error, "error");
}

#[test]
fn metadata_go_through_an_answer_with_every_digit_and_in_their_order() {
    let metadata = r#"{"z": 123456789012345678901234567890, "a": [1.10, 1e400], "Z":null}"#;
    let text = String::from_utf8(examples("result/valid")["smallest"].clone()).unwrap();
    let (start, _) = text.rsplit_once('}').unwrap();
    let with = format!(r#"{start},"metadata":{metadata}}}"#);
    let result: ResultMessage = serde_json::from_str(&with).unwrap();
    let written = serde_json::to_string(&result).unwrap();
    assert!(
        written.ends_with(&format!(r#""metadata":{metadata}}}"#)),
        "{written}"
    );
}

#[test]
fn a_cancellation_names_a_job_and_may_name_a_revision() {
    let validator = validator(Message::Control);
    let examples = examples("control/valid");
    assert_eq!(examples.len(), 2);
    for (name, bytes) in &examples {
        let value: Value = serde_json::from_slice(bytes).unwrap();
        assert!(validator.is_valid(&value), "{name}");
    }
    let Control::Cancel { id, revision } = parse_control(&examples["cancel"]).unwrap();
    assert_eq!((id.as_str(), revision), ("a-1", None));
    let Control::Cancel { id, revision } = parse_control(&examples["cancel_a_revision"]).unwrap();
    assert_eq!((id.as_str(), revision), ("urn:example:story:4712", Some(3)));
}

#[test]
fn what_is_no_control_message_is_refused_with_its_code_and_field() {
    const INVALID: [(&str, ErrorCode, Option<&str>); 6] = [
        ("blank_id", InvalidField, Some("id")),
        ("later_major_version", UnsupportedVersion, Some("version")),
        ("no_id", InvalidField, None),
        ("not_json", MalformedMessage, None),
        ("revision_as_text", InvalidField, Some("revision")),
        ("unknown_kind", InvalidField, Some("kind")),
    ];
    let validator = validator(Message::Control);
    let examples = examples("control/invalid");
    assert_eq!(
        examples.keys().collect::<Vec<_>>(),
        INVALID.map(|(name, ..)| name)
    );
    for (name, code, field) in INVALID {
        let error = parse_control(&examples[name]).unwrap_err();
        assert_eq!(
            (error.code, error.field.as_deref()),
            (code, field),
            "{name}: {error}"
        );
        let fits = serde_json::from_slice(&examples[name])
            .is_ok_and(|value: Value| validator.is_valid(&value));
        assert!(!fits, "{name}: the schema sees it too");
    }
    assert_eq!(
        parse_control(&vec![b' '; 20_000]).unwrap_err().code,
        TooLarge
    );
}

#[test]
fn the_name_of_a_code_is_what_stands_in_messages() {
    let schema = serde_json::to_value(schema(Message::Error)).unwrap();
    let variants = schema["$defs"]["ErrorCode"]["oneOf"].as_array().unwrap();
    assert_eq!(variants.len(), 16);
    for variant in variants {
        let code: ErrorCode = serde_json::from_value(variant["const"].clone()).unwrap();
        assert_eq!(variant["const"], code.name());
    }
}
