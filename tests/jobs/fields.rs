//! What each field of a job becomes.

use presslate::job::ErrorCode::{InvalidField, MalformedMessage, TooLarge};
use presslate::job::wire::parse_job;
use presslate::job::{Body, InvalidJob, Job, Lang, Metadata, Term};
use serde_json::{Value, json};

use super::examples;

/// A small job with other fields in it.
fn job(extra: &Value) -> Result<Job, InvalidJob> {
    let mut message = json!({ "id": "a-1", "article": { "text": "Rain." }, "targets": ["ko"] });
    for (key, value) in extra.as_object().unwrap() {
        message[key] = value.clone();
    }
    parse_job(message.to_string().as_bytes())
}

#[test]
fn a_job_that_says_nothing_more_has_the_defaults() {
    let job = job(&json!({})).unwrap();
    assert_eq!((job.revision, job.priority.get()), (0, 4));
    assert_eq!((job.embargoed_until, job.expires), (None, None));
    assert_eq!((job.glossary_id, job.glossary), (None, Vec::new()));
    assert_eq!((job.reply_to, job.metadata), (None, None));
}

#[test]
fn a_job_that_says_everything_is_read_to_the_last_field() {
    let job = parse_job(&examples("valid")["every_field_of_1_0"]).unwrap();
    assert_eq!((job.revision, job.priority.get()), (3, 9));
    let times = [job.embargoed_until, job.expires].map(|time| time.unwrap().to_string());
    assert_eq!(times, ["2031-04-02T06:00:00Z", "2031-04-03T06:00:00.5Z"]);
    assert_eq!(job.glossary_id.as_deref(), Some("house-style"));
    let term = |target: &str, lang| Term {
        source: "harbour board".to_owned(),
        target: target.to_owned(),
        lang: Some(lang),
    };
    assert_eq!(
        job.glossary,
        [term("항만위원회", Lang::Ko), term("совет порта", Lang::Ru)]
    );
    assert_eq!(job.reply_to.as_deref(), Some("desk.home.answers"));
    assert_eq!(
        job.metadata.as_ref().map(Metadata::as_json),
        Some(r#"{ "z": 123456789012345678901234567890, "a": [1.10, null] }"#)
    );
}

#[test]
fn a_ninjs_item_brings_its_headline_language_and_urgency() {
    let job = parse_job(&examples("valid")["ninjs"]).unwrap();
    assert_eq!(job.id.as_str(), "desk/2031-04-02/0018");
    assert_eq!(
        job.article.title.as_deref(),
        Some("Leeds Cleans Up After the Flood")
    );
    assert!(matches!(job.article.body, Body::Html(_)));
    assert_eq!((job.source_lang, job.priority.get()), (Some(Lang::En), 8));
}

#[test]
fn what_the_job_says_itself_goes_before_what_its_item_says() {
    let job = job(&json!({
        "article": {
            "title": "Flood",
            "ninjs": { "headline": "Rain", "body_text": "Rain.", "language": "de", "urgency": 1 }
        },
        "source_lang": "en",
        "priority": 0
    }))
    .unwrap();
    assert_eq!(job.article.title.as_deref(), Some("Flood"));
    assert_eq!((job.source_lang, job.priority.get()), (Some(Lang::En), 0));
}

#[test]
fn every_version_of_ninjs_may_stand_in_a_job() {
    for (version, bytes) in examples("ninjs") {
        let item: Value = serde_json::from_slice(&bytes).unwrap();
        let job = job(&json!({ "article": { "ninjs": item } }))
            .unwrap_or_else(|error| panic!("{version}: {error}"));
        assert_eq!(
            job.article.title.as_deref(),
            Some("Leeds Cleans Up After the Flood"),
            "{version}"
        );
    }
}

#[test]
fn an_item_alone_is_told_where_it_belongs() {
    for (version, bytes) in examples("ninjs") {
        let error = parse_job(&bytes).unwrap_err();
        assert_eq!(error.code, InvalidField, "{version}");
        assert!(
            ["ninjs", "\"id\"", "\"targets\""]
                .iter()
                .all(|name| error.message.contains(name)),
            "{version}: {error}"
        );
    }
}

#[test]
fn one_target_may_be_written_as_target_lang() {
    let job = parse_job(&examples("valid")["one_target_as_deepl_writes_it"]).unwrap();
    assert_eq!(job.targets, [Lang::Ru]);
    assert!(job.glossary[0].is_for(Lang::Ru));
}

#[test]
fn a_time_that_is_none_is_answered_with_an_example() {
    for field in ["embargoed_until", "expires"] {
        let error = job(&json!({ field: "tomorrow" })).unwrap_err();
        assert_eq!(error.field.as_deref(), Some(field));
        assert!(
            error.message.starts_with(field) && error.message.contains("2031-04-02T06:00:00Z"),
            "{error}"
        );
    }
}

#[test]
fn a_job_expires_after_its_embargo_or_not_at_all() {
    let both = |embargo: &str, expires: &str| {
        job(&json!({ "embargoed_until": embargo, "expires": expires })).map(drop)
    };
    assert!(both("2031-04-02T06:00:00Z", "2031-04-02T06:00:00.001Z").is_ok());
    for expires in [
        "2031-04-02T06:00:00Z",
        "2031-04-02T07:00:00+01:00",
        "2031-04-02T00:00:00Z",
    ] {
        let error = both("2031-04-02T06:00:00Z", expires).unwrap_err();
        assert_eq!(error.field.as_deref(), Some("expires"), "{expires}");
    }
}

#[test]
fn names_may_have_200_bytes_and_a_glossary_500_terms_of_200_characters() {
    for name in ["glossary_id", "reply_to"] {
        assert!(job(&json!({ name: "a".repeat(200) })).is_ok());
        assert!(job(&json!({ name: "a".repeat(201) })).is_err());
        // Bytes, not characters.
        assert!(job(&json!({ name: "ё".repeat(101) })).is_err());
    }
    let terms = |count: usize, length: usize| {
        let term = json!({ "source": "ё".repeat(length), "target": "비" });
        job(&json!({ "glossary": vec![term; count] })).is_ok()
    };
    assert!(terms(500, 200));
    assert!(!terms(501, 1));
    assert!(!terms(1, 201));
}

#[test]
fn metadata_may_have_64_kibibytes() {
    let of_bytes = |bytes: usize| {
        let metadata = format!("\"{}\"", "a".repeat(bytes - 2));
        job(&json!({ "metadata": serde_json::from_str::<Value>(&metadata).unwrap() }))
    };
    assert!(of_bytes(Metadata::MAX_BYTES).is_ok());
    let error = of_bytes(Metadata::MAX_BYTES + 1).unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref()),
        (TooLarge, Some("metadata"))
    );
}

#[test]
fn metadata_nested_200_deep_are_refused_because_readers_of_the_answer_would_refuse_them() {
    let nested = |depth: usize| {
        let metadata = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        parse_job(
            format!(
                r#"{{"id":"a-1","article":{{"text":"Rain."}},"targets":["ko"],"metadata":{metadata}}}"#
            )
            .as_bytes(),
        )
    };
    let error = nested(200).unwrap_err();
    assert_eq!(
        (error.code, error.field.as_deref(), error.id.as_deref()),
        (MalformedMessage, Some("metadata"), Some("a-1"))
    );
    assert!(nested(Metadata::MAX_DEPTH + 1).is_err());
    let deepest = nested(Metadata::MAX_DEPTH).unwrap();
    let answer = json!({ "metadata": deepest.metadata }).to_string();
    assert!(serde_json::from_str::<Value>(&answer).is_ok());
    let deeper = format!("[{answer}]");
    assert!(
        serde_json::from_str::<Value>(&deeper).is_err(),
        "the limit is not lower than it has to be"
    );
}
