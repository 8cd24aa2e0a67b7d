//! Messages: the examples under `data/jobs`, the schemas, and the parser on anything at all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use presslate::cli::args::Message;
use presslate::cli::schema::schema;
use presslate::job::ErrorCode::{
    self, EmptyArticle, InvalidField, MalformedMessage, TooLarge, UnsupportedVersion,
};
use presslate::job::wire::{ErrorMessage, JobMessage, ResultMessage, parse_job};
use presslate::job::{Body, ErrorCode as Code, Job, Lang, ninjs};
use proptest::prelude::*;
use serde_json::{Value, json};

fn data(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/jobs")
        .join(folder)
}

/// File name without `.json`, and content.
fn examples(folder: &str) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(data(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            (
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                std::fs::read(&path).unwrap(),
            )
        })
        .collect()
}

fn validator(message: Message) -> jsonschema::Validator {
    jsonschema::validator_for(&serde_json::to_value(schema(message)).unwrap()).unwrap()
}

#[test]
fn every_valid_example_is_a_job_and_fits_the_schema() {
    let validator = validator(Message::Job);
    let examples = examples("valid");
    assert_eq!(examples.len(), 3);
    for (name, bytes) in examples {
        parse_job(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        validator
            .validate(&value)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// Each invalid example: its code, the field at fault, and whether the schema sees it too.
const INVALID: [(&str, ErrorCode, Option<&str>, bool); 22] = [
    ("blank_text", EmptyArticle, Some("article.text"), true),
    ("control_character_in_id", InvalidField, Some("id"), true),
    ("empty_article", InvalidField, Some("article"), true),
    ("empty_id", InvalidField, Some("id"), true),
    ("english_as_target", InvalidField, Some("targets[0]"), true),
    (
        "german_source",
        Code::UnsupportedLanguage,
        Some("source_lang"),
        true,
    ),
    (
        "later_major_version",
        UnsupportedVersion,
        Some("version"),
        true,
    ),
    ("no_article", InvalidField, None, true),
    ("no_id", InvalidField, None, true),
    (
        "no_sentences",
        InvalidField,
        Some("summary_sentences"),
        true,
    ),
    // That translating needs a language is more than the schema says.
    ("no_targets", InvalidField, Some("targets"), false),
    ("no_tasks", InvalidField, Some("tasks"), true),
    ("not_json", MalformedMessage, None, true),
    ("number_as_id", InvalidField, Some("id"), true),
    ("number_as_target", InvalidField, Some("targets[1]"), true),
    ("text_after_the_job", MalformedMessage, None, true),
    ("text_and_html", InvalidField, Some("article"), true),
    (
        "too_many_sentences",
        InvalidField,
        Some("summary_sentences"),
        true,
    ),
    (
        "unknown_section_kind",
        InvalidField,
        Some("article.sections[1].kind"),
        true,
    ),
    ("unknown_target", InvalidField, Some("targets[1]"), true),
    ("unknown_task", InvalidField, Some("tasks[1]"), true),
    ("version_that_is_none", InvalidField, Some("version"), true),
];

#[test]
fn every_invalid_example_is_refused_with_its_code_and_field() {
    let validator = validator(Message::Job);
    let examples = examples("invalid");
    let listed: Vec<&str> = INVALID.iter().map(|(name, ..)| *name).collect();
    assert_eq!(
        examples.keys().collect::<Vec<_>>(),
        listed,
        "each file has its line in the table, and the other way round"
    );
    for (name, code, field, schema_sees_it) in INVALID {
        let bytes = &examples[name];
        let error = parse_job(bytes).unwrap_err();
        assert_eq!(
            (error.code, error.field.as_deref()),
            (code, field),
            "{name}: {error}"
        );
        if let Some(field) = field {
            assert!(
                error.message.contains(field),
                "{name}: the message names the field: {error}"
            );
        }
        let fits =
            serde_json::from_slice(bytes).is_ok_and(|value: Value| validator.is_valid(&value));
        assert_eq!(!fits, schema_sees_it, "{name}: the schema");
    }
}

#[test]
fn an_error_carries_the_jobs_id_where_it_can_be_read_and_is_one() {
    let examples = examples("invalid");
    for (name, id) in [
        ("unknown_target", Some("a-1")),
        ("number_as_target", Some("a-1")),
        ("empty_id", None),
        ("not_json", None),
    ] {
        assert_eq!(
            parse_job(&examples[name]).unwrap_err().id.as_deref(),
            id,
            "{name}"
        );
    }
}

#[test]
fn every_version_of_ninjs_becomes_a_job() {
    let examples = examples("ninjs");
    assert_eq!(examples.keys().collect::<Vec<_>>(), ["1.3", "2.0", "3.0"]);
    for (version, bytes) in examples {
        let text = std::str::from_utf8(&bytes).unwrap();
        assert!(
            ninjs::is_item(&serde_json::from_str(text).unwrap()),
            "{version}"
        );
        let mut message = ninjs::parse_item(text)
            .unwrap()
            .into_message("unused")
            .unwrap();
        message.targets = vec!["ko".to_owned()];
        let job = Job::try_from(message).unwrap();
        assert!(
            job.id
                .as_str()
                .starts_with("urn:example:news:20310402:flood:"),
            "{version}"
        );
        assert_eq!(
            job.article.title.as_deref(),
            Some("Leeds Cleans Up After the Flood"),
            "{version}"
        );
        assert_eq!(job.source_lang, Some(Lang::En), "{version}");
        assert_eq!(
            matches!(job.article.body, Body::Html(_)),
            version != "2.0",
            "{version}"
        );
    }
}

#[test]
fn a_message_over_the_limit_is_refused_unread() {
    let bytes = vec![b'{'; 10 * 1024 * 1024];
    let error = parse_job(&bytes).unwrap_err();
    assert_eq!((error.code, error.id.as_deref()), (TooLarge, None));
    assert!(error.message.contains("10485760 bytes"), "{error}");
}

#[test]
fn an_article_over_the_limit_is_refused_with_its_length() {
    let text = "a ".repeat(Job::MAX_ARTICLE_CHARS / 2 + 1);
    let error = parse_job(
        json!({"id": "a", "article": {"text": text}, "targets": ["ko"]})
            .to_string()
            .as_bytes(),
    )
    .unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref()),
        (TooLarge, Some("article.text"))
    );
    assert!(error.message.contains("1000002"), "{error}");
}

#[test]
fn deep_nesting_is_refused_and_does_no_harm() {
    for depth in [200, 500_000] {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let metadata = format!(
            r#"{{"id":"a-1","article":{{"text":"Rain."}},"targets":["ko"],"metadata":{nested}}}"#
        );
        let error = parse_job(metadata.as_bytes()).unwrap_err();
        assert_eq!(error.code, MalformedMessage, "depth {depth}: {error}");
        assert!(parse_job(nested.as_bytes()).is_err(), "depth {depth}");
        // What is not looked at may be as deep as it likes.
        let unknown =
            format!(r#"{{"id":"a-1","article":{{"text":"Rain."}},"targets":["ko"],"x":{nested}}}"#);
        assert!(
            parse_job(unknown.as_bytes()).is_ok_and(|job| job.id.as_str() == "a-1"),
            "depth {depth}"
        );
    }
}

#[test]
fn the_schemas_have_their_draft_id_and_title() {
    for (message, name) in [
        (Message::Job, "job"),
        (Message::Result, "result"),
        (Message::Error, "error"),
    ] {
        let schema = serde_json::to_value(schema(message)).unwrap();
        assert_eq!(
            schema["$schema"],
            "https://json-schema.org/draft/2020-12/schema"
        );
        assert_eq!(schema["$id"], format!("urn:presslate:schema:{name}:1"));
        assert_eq!(schema["title"], format!("presslate {name}, version 1.0"));
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
    }
}

/// A result with every optional field, as a worker would write it.
fn result() -> Value {
    json!({
        "version": "1.0", "kind": "result", "id": "a-1", "status": "needs_review",
        "source": {
            "lang": "en",
            "sections": [{"kind": "title", "text": "Rain"}],
            "dropped": [{"text": "Share", "reason": "sharing"}]
        },
        "summary": {"text": "It rained.", "segments": [{"text": "It rained.", "status": "ok", "attempts": 1}]},
        "targets": [{
            "lang": "ko", "status": "needs_review", "title": "비",
            "summary": {"text": "비가 왔다.", "segments": []},
            "sections": [{"kind": "title", "text": "비", "segments": [{
                "source": {"section": 0, "start": 0, "end": 4}, "source_text": "Rain", "text": "비",
                "status": "needs_review", "reasons": ["too_short"], "attempts": 3
            }]}]
        }],
        "models": [{"task": "summarise", "id": "m", "sha256": "00", "quantization": "f32"}],
        "timings": [{"stage": "clean", "seconds": 0.5}],
        "tokens": {"prompt": 10, "generated": 5},
        "worker": "0.1.0",
        "metadata": {"desk": 1}
    })
}

#[test]
fn a_result_and_an_error_fit_their_schemas_and_read_back() {
    let error = json!({
        "version": "1.0", "kind": "error", "id": null, "code": "malformed_message", "message": "no JSON",
        "retryable": false, "attempt": 1, "worker": "0.1.0"
    });
    validator(Message::Result).validate(&result()).unwrap();
    validator(Message::Error).validate(&error).unwrap();
    assert_eq!(
        serde_json::to_value(serde_json::from_value::<ResultMessage>(result()).unwrap()).unwrap(),
        result()
    );
    assert_eq!(
        serde_json::to_value(serde_json::from_value::<ErrorMessage>(error.clone()).unwrap())
            .unwrap(),
        error
    );
}

#[test]
fn a_result_with_an_unknown_status_does_not_fit_the_schema() {
    let mut result = result();
    result["status"] = "perfect".into();
    assert!(!validator(Message::Result).is_valid(&result));
}

prop_compose! {
    fn message()(
        id in "[a-zA-Z0-9:/._-]{1,40}",
        title in proptest::option::of(".{0,40}"),
        text in "[^\\x00]{0,80}[a-z]",
        targets in proptest::collection::vec(prop_oneof!["ko", "ru", "ko-KR"], 1..4),
        tasks in proptest::option::of(proptest::collection::vec(prop_oneof!["summarise", "translate"], 1..3)),
        summary_sentences in proptest::option::of(1usize..=12),
        source_lang in proptest::option::of("en"),
        html in any::<bool>(),
    ) -> JobMessage {
        let mut article = json!({ if html { "html" } else { "text" }: text });
        if let Some(title) = title {
            article["title"] = title.into();
        }
        JobMessage {
            version: None, id, article: serde_json::from_value(article).unwrap(), targets, tasks,
            summary_sentences, source_lang, metadata: None,
        }
    }
}

proptest! {
    #[test]
    fn the_parser_never_panics_whatever_the_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        drop(parse_job(&bytes));
    }

    #[test]
    fn the_parser_never_panics_on_jobs_with_a_byte_changed(message in message(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = serde_json::to_vec(&message).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Err(error) = parse_job(&bytes) {
            prop_assert!(!error.message.is_empty());
        }
    }

    #[test]
    fn a_job_that_is_written_is_read_back(message in message()) {
        let read = parse_job(&serde_json::to_vec(&message).unwrap()).unwrap();
        prop_assert_eq!(&read, &Job::try_from(message.clone()).unwrap());
        prop_assert_eq!(read.id.as_str(), message.id.as_str());
        let text = message.article.text.clone().or(message.article.html.clone()).unwrap();
        match &read.article.body {
            Body::Text(read) | Body::Html(read) => prop_assert_eq!(read, &text),
            Body::Sections(_) => prop_assert!(false, "no sections were written"),
        }
    }

    #[test]
    fn what_the_parser_takes_fits_the_schema(message in message()) {
        let value = serde_json::to_value(&message).unwrap();
        prop_assert!(validator(Message::Job).is_valid(&value), "{}", value);
    }
}

#[test]
fn a_story_in_the_wrong_field_is_not_repeated_in_the_error() {
    let story = "Rain fell on Leeds. ".repeat(500);
    let article = json!({"text": "Rain fell."});
    for (field, job) in [
        (
            "article",
            json!({"id": "a", "article": story, "targets": ["ko"]}),
        ),
        (
            "targets[0]",
            json!({"id": "a", "article": article, "targets": [story]}),
        ),
        (
            "tasks[0]",
            json!({"id": "a", "article": article, "targets": ["ko"], "tasks": [story]}),
        ),
        (
            "version",
            json!({"id": "a", "article": article, "targets": ["ko"], "version": story}),
        ),
        (
            "source_lang",
            json!({"id": "a", "article": article, "targets": ["ko"], "source_lang": story}),
        ),
        (
            "summary_sentences",
            json!({"id": "a", "article": article, "targets": ["ko"], "summary_sentences": story}),
        ),
    ] {
        let error = parse_job(job.to_string().as_bytes()).unwrap_err();
        assert_eq!(error.field.as_deref(), Some(field), "{error}");
        assert!(error.message.contains("Rain fell"), "{error}");
        assert!(error.message.chars().count() < 200, "{error}");
    }
}

#[test]
fn a_title_counts_toward_the_size_of_an_article() {
    let job = |title: usize| {
        let article =
            json!({"title": "a".repeat(title), "text": "b".repeat(Job::MAX_ARTICLE_CHARS - 10)});
        parse_job(
            json!({"id": "a", "article": article, "targets": ["ko"]})
                .to_string()
                .as_bytes(),
        )
    };
    assert!(job(10).is_ok());
    assert_eq!(job(11).unwrap_err().code, TooLarge);
}
