//! Messages: the examples under `data/jobs`, the schemas, and the parser on anything at all.

mod answers;
mod anything;
mod digest;
mod events;
mod fields;
mod items;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use presslate::cli::args::Message;
use presslate::cli::schema::schema;
use presslate::job::ErrorCode::{
    self, EmptyArticle, InvalidField, MalformedMessage, TooLarge, UnsupportedLanguage,
    UnsupportedVersion,
};
use presslate::job::wire::parse_job;
use presslate::job::{Body, Job, Lang, ninjs};
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
    assert_eq!(examples.len(), 6);
    for (name, bytes) in examples {
        parse_job(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        validator
            .validate(&value)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// Each invalid example: its code, the field at fault, and whether the schema sees it too.
const INVALID: [(&str, ErrorCode, Option<&str>, bool); 47] = [
    ("blank_text", EmptyArticle, Some("article.text"), true),
    ("control_character_in_id", InvalidField, Some("id"), true),
    (
        "embargo_without_offset",
        InvalidField,
        Some("embargoed_until"),
        true,
    ),
    ("empty_article", InvalidField, Some("article"), true),
    ("empty_id", InvalidField, Some("id"), true),
    ("english_as_target", InvalidField, Some("targets[0]"), true),
    // What two times say of each other, and how long a month is, is more than the schema says.
    (
        "expires_before_embargo",
        InvalidField,
        Some("expires"),
        false,
    ),
    ("expires_on_no_day", InvalidField, Some("expires"), false),
    (
        "german_source",
        UnsupportedLanguage,
        Some("source_lang"),
        true,
    ),
    ("glossary_id_empty", InvalidField, Some("glossary_id"), true),
    (
        "glossary_id_with_control_character",
        InvalidField,
        Some("glossary_id"),
        true,
    ),
    (
        "glossary_of_501_terms",
        InvalidField,
        Some("glossary"),
        true,
    ),
    (
        "glossary_term_blank",
        InvalidField,
        Some("glossary[1].source"),
        true,
    ),
    // How many targets there are decides whether a term has to name its own.
    (
        "glossary_term_for_no_language",
        InvalidField,
        Some("glossary[0].target_lang"),
        false,
    ),
    (
        "glossary_term_into_english",
        InvalidField,
        Some("glossary[0].target_lang"),
        true,
    ),
    (
        "glossary_term_too_long",
        InvalidField,
        Some("glossary[0].source"),
        true,
    ),
    (
        "glossary_term_without_target",
        InvalidField,
        Some("glossary[0]"),
        true,
    ),
    (
        "later_major_version",
        UnsupportedVersion,
        Some("version"),
        true,
    ),
    ("ninjs_alone", InvalidField, Some("article"), true),
    ("ninjs_and_text", InvalidField, Some("article"), true),
    // Which languages are read and where a story may stand is what the reader of items says.
    (
        "ninjs_in_german",
        UnsupportedLanguage,
        Some("article.ninjs.language"),
        false,
    ),
    (
        "ninjs_with_a_wrong_type",
        InvalidField,
        Some("article.ninjs.bodies[0].value"),
        true,
    ),
    (
        "ninjs_with_urgency_0",
        InvalidField,
        Some("article.ninjs.urgency"),
        true,
    ),
    (
        "ninjs_without_a_story",
        EmptyArticle,
        Some("article.ninjs.bodies"),
        false,
    ),
    ("no_article", InvalidField, None, true),
    ("no_id", InvalidField, Some("id"), true),
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
    ("priority_10", InvalidField, Some("priority"), true),
    ("priority_as_text", InvalidField, Some("priority"), true),
    ("reply_to_empty", InvalidField, Some("reply_to"), true),
    ("reply_to_too_long", InvalidField, Some("reply_to"), true),
    (
        "reply_to_with_a_space",
        InvalidField,
        Some("reply_to"),
        true,
    ),
    ("revision_below_0", InvalidField, Some("revision"), true),
    (
        "target_lang_and_targets",
        InvalidField,
        Some("target_lang"),
        false,
    ),
    (
        "target_lang_unknown",
        InvalidField,
        Some("target_lang"),
        true,
    ),
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
        let value: Value = serde_json::from_str(text).unwrap();
        assert!(ninjs::is_item(|key| value.get(key).is_some()), "{version}");
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
