//! The way in from a queue: envelopes, compression, and CloudEvents around jobs.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use presslate::job::ErrorCode::{
    self, InvalidField, MalformedMessage, TooLarge, UnsupportedEncoding, UnsupportedVersion,
};
use presslate::job::cloudevents::{AnswerEvent, attributes};
use presslate::job::wire::{Envelope, Limits, Read, parse_job, peek, read};
use presslate::job::{InvalidJob, Metadata};
use serde_json::json;

use super::examples;

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const JOB: &[u8] = br#"{"id":"a-1","article":{"text":"Rain."},"targets":["ko"]}"#;
const NO_ID: &[u8] = br#"{"article":{"text":"Rain."},"targets":["ko"]}"#;

fn bare(payload: &[u8]) -> Result<Read, InvalidJob> {
    read(payload, &Envelope::default(), Limits::default())
}

fn typed(payload: &[u8], content_type: &str) -> Result<Read, InvalidJob> {
    let envelope = Envelope {
        content_type: Some(content_type.to_owned()),
        ..Envelope::default()
    };
    read(payload, &envelope, Limits::default())
}

fn encoded(payload: &[u8], encoding: &str, limits: Limits) -> Result<Read, InvalidJob> {
    let envelope = Envelope {
        content_encoding: Some(encoding.to_owned()),
        ..Envelope::default()
    };
    read(payload, &envelope, limits)
}

/// The headers of an event in binary mode.
fn binary(without: &str) -> Envelope {
    let attributes = [
        ("specversion", "1.0"),
        ("id", "e-1"),
        ("source", "/cms"),
        ("type", "example.article.ready"),
        ("traceparent", TRACE),
    ];
    Envelope {
        content_type: Some("application/json".to_owned()),
        attributes: attributes
            .into_iter()
            .filter(|(name, _)| *name != without)
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        ..Envelope::default()
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_job_without_an_event_around_it_is_read_as_it_is() {
    for (name, bytes) in examples("valid") {
        let job = parse_job(&bytes).unwrap();
        let expected = Read {
            job,
            trace_parent: None,
        };
        assert_eq!(bare(&bytes).unwrap(), expected, "{name}");
        for content_type in ["application/json", "text/plain; charset=utf-8", ""] {
            assert_eq!(typed(&bytes, content_type).unwrap(), expected, "{name}");
        }
    }
}

#[test]
fn every_valid_event_holds_a_job_whatever_its_content_type() {
    let examples = examples("events/valid");
    assert_eq!(
        examples.keys().collect::<Vec<_>>(),
        ["base64", "data_without_id", "object", "string"]
    );
    for (name, bytes) in examples {
        let read = bare(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let id = if name == "data_without_id" {
            "e-1"
        } else {
            "a-1"
        };
        assert_eq!(read.job.id.as_str(), id, "{name}");
        assert_eq!(
            read.trace_parent.as_deref(),
            (name == "object").then_some(TRACE),
            "{name}"
        );
        for content_type in [
            "application/cloudevents+json",
            "Application/CloudEvents+JSON; charset=UTF-8",
        ] {
            assert_eq!(typed(&bytes, content_type).unwrap(), read, "{name}");
        }
    }
}

#[test]
fn every_invalid_event_is_refused_with_its_code_field_and_id() {
    const INVALID: [(&str, ErrorCode, Option<&str>, Option<&str>); 12] = [
        ("data_and_base64", InvalidField, Some("data_base64"), None),
        ("data_is_a_list", InvalidField, Some("data[0]"), Some("e-1")),
        ("empty_source", InvalidField, Some("source"), None),
        (
            "event_id_that_is_no_job_id",
            InvalidField,
            Some("data.id"),
            None,
        ),
        (
            "ninjs_as_data",
            InvalidField,
            Some("data.article"),
            Some("e-1"),
        ),
        ("no_event_id", InvalidField, Some("id"), None),
        ("no_type", InvalidField, Some("type"), None),
        ("not_base64", InvalidField, Some("data_base64"), None),
        (
            "specversion_2",
            UnsupportedVersion,
            Some("specversion"),
            None,
        ),
        (
            "string_that_is_no_json",
            MalformedMessage,
            None,
            Some("e-1"),
        ),
        (
            "unknown_target",
            InvalidField,
            Some("data.targets[1]"),
            Some("a-1"),
        ),
        (
            "wrong_type",
            InvalidField,
            Some("data.targets[1]"),
            Some("a-1"),
        ),
    ];
    let examples = examples("events/invalid");
    assert_eq!(
        examples.keys().collect::<Vec<_>>(),
        INVALID.map(|(name, ..)| name)
    );
    for (name, code, field, id) in INVALID {
        let error = bare(&examples[name]).unwrap_err();
        assert_eq!(
            (error.code, error.field.as_deref(), error.id.as_deref()),
            (code, field, id),
            "{name}: {error}"
        );
        if let Some(field) = field {
            assert!(error.message.contains(field), "{name}: {error}");
        }
    }
}

#[test]
fn an_event_in_headers_needs_what_every_event_needs() {
    let whole = read(NO_ID, &binary(""), Limits::default()).unwrap();
    assert_eq!(whole.job.id.as_str(), "e-1");
    assert_eq!(whole.trace_parent.as_deref(), Some(TRACE));
    let named = read(JOB, &binary(""), Limits::default()).unwrap();
    assert_eq!(named.job.id.as_str(), "a-1", "the data's own id goes first");
    for name in ["id", "source", "type"] {
        let error = read(JOB, &binary(name), Limits::default()).unwrap_err();
        let field = format!("cloudEvents:{name}");
        assert_eq!(error.field.as_deref(), Some(field.as_str()));
        assert!(error.message.starts_with(&field), "{error}");
    }
    // Without a version they are headers of something else.
    let other = read(JOB, &binary("specversion"), Limits::default()).unwrap();
    assert_eq!((other.job.id.as_str(), other.trace_parent), ("a-1", None));
    let error = read(NO_ID, &binary("specversion"), Limits::default()).unwrap_err();
    assert_eq!(error.field.as_deref(), Some("id"));
}

#[test]
fn a_trace_context_that_is_not_well_formed_is_not_passed_on() {
    for trace in [
        "",
        "00",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
    ] {
        let mut envelope = binary("");
        envelope
            .attributes
            .insert("traceparent".to_owned(), trace.to_owned());
        let read = read(JOB, &envelope, Limits::default()).unwrap();
        assert_eq!(read.trace_parent, None, "{trace}");
    }
}

#[test]
fn batches_and_other_forms_of_events_are_refused_by_name() {
    for (content_type, says) in [
        ("application/cloudevents-batch+json", "batch"),
        (
            "application/cloudevents+xml",
            "application/cloudevents+json",
        ),
    ] {
        let error = typed(JOB, content_type).unwrap_err();
        assert_eq!(
            (error.code, error.field.as_deref()),
            (InvalidField, Some("content_type"))
        );
        assert!(error.message.contains(says), "{error}");
    }
}

#[test]
fn what_only_looks_like_an_event_is_a_job() {
    let job = json!({
        "id": "a-1", "article": { "text": "What specversion means." }, "targets": ["ko"],
        "specversion": "1.0", "data": {}
    });
    assert!(bare(job.to_string().as_bytes()).is_ok());
    // Under the content type of an event it has to be one.
    let error = typed(job.to_string().as_bytes(), "application/cloudevents+json").unwrap_err();
    assert_eq!(error.field.as_deref(), Some("source"));
}

#[test]
fn the_envelope_speaks_where_the_body_is_silent() {
    let envelope = Envelope {
        reply_to: Some("answers".to_owned()),
        priority: Some(7),
        ..Envelope::default()
    };
    let of = |payload: &[u8]| read(payload, &envelope, Limits::default()).unwrap().job;
    let silent = of(JOB);
    assert_eq!(silent.reply_to.as_deref(), Some("answers"));
    assert_eq!(silent.priority.get(), 7);
    let speaks = of(&examples("valid")["every_field_of_1_0"]);
    assert_eq!(speaks.reply_to.as_deref(), Some("desk.home.answers"));
    assert_eq!(speaks.priority.get(), 9);
    let item = of(&examples("valid")["ninjs"]);
    assert_eq!(
        item.priority.get(),
        8,
        "an item's urgency is the body's word"
    );
}

#[test]
fn an_envelope_may_be_empty_or_shout_and_may_not_be_wrong() {
    let of = |reply_to: &str, priority: u8| {
        let envelope = Envelope {
            reply_to: Some(reply_to.to_owned()),
            priority: Some(priority),
            ..Envelope::default()
        };
        read(JOB, &envelope, Limits::default())
    };
    let job = of("", 255).unwrap().job;
    assert_eq!((job.reply_to, job.priority.get()), (None, 9));
    let error = of("my queue", 0).unwrap_err();
    assert_eq!(error.field.as_deref(), Some("reply_to"));
}

#[test]
fn a_compressed_message_is_the_message() {
    let plain = bare(JOB).unwrap();
    let compressed = gzip(JOB);
    for encoding in ["gzip", "GZIP", " x-gzip "] {
        assert_eq!(
            encoded(&compressed, encoding, Limits::default()).unwrap(),
            plain,
            "{encoding}"
        );
    }
    for encoding in ["", "identity", "utf-8", "UTF8"] {
        assert_eq!(
            encoded(JOB, encoding, Limits::default()).unwrap(),
            plain,
            "{encoding}"
        );
    }
    // A file of two parts is what `cat a.gz b.gz` makes.
    let (first, second) = JOB.split_at(20);
    let parts = [gzip(first), gzip(second)].concat();
    assert_eq!(encoded(&parts, "gzip", Limits::default()).unwrap(), plain);
}

#[test]
fn other_encodings_are_refused_by_name() {
    for encoding in ["br", "zstd", "deflate", "gzip, gzip", "base64"] {
        let error = encoded(JOB, encoding, Limits::default()).unwrap_err();
        assert_eq!(error.code, UnsupportedEncoding, "{encoding}");
        assert!(error.message.contains(encoding), "{error}");
    }
}

#[test]
fn what_does_not_decompress_is_malformed() {
    let whole = gzip(JOB);
    let cut = &whole[..whole.len() - 4];
    let mut wrong_sum = whole.clone();
    let at = wrong_sum.len() - 8;
    wrong_sum[at] ^= 1;
    let with_rubbish = [whole.as_slice(), b"rubbish"].concat();
    for bytes in [JOB, b"", cut, &wrong_sum, &with_rubbish] {
        let error = encoded(bytes, "gzip", Limits::default()).unwrap_err();
        assert_eq!(error.code, MalformedMessage, "{error}");
    }
    // Compressed twice: one layer is taken off, and what is left is no text.
    let error = encoded(&gzip(&whole), "gzip", Limits::default()).unwrap_err();
    assert_eq!(error.code, MalformedMessage, "{error}");
}

#[test]
fn a_message_that_grows_without_end_is_not_read_to_its_end() {
    // A thousand times as large as what was sent.
    let bomb = gzip(&vec![b' '; 64 * 1024 * 1024]);
    assert!(bomb.len() < 100 * 1024);
    let error = encoded(&bomb, "gzip", Limits::default()).unwrap_err();
    assert_eq!(error.code, TooLarge, "{error}");
    // Below the limit of a message, but not what text compresses to.
    let padded = [JOB, vec![b' '; 1024 * 1024].as_slice()].concat();
    let compressed = gzip(&padded);
    assert!(compressed.len() * 100 < padded.len());
    let error = encoded(&compressed, "gzip", Limits::default()).unwrap_err();
    assert_eq!(error.code, TooLarge);
    assert!(error.message.contains("100 times"), "{error}");
    // A small message may be all spaces.
    let small = [JOB, vec![b' '; 60 * 1024].as_slice()].concat();
    assert!(encoded(&gzip(&small), "gzip", Limits::default()).is_ok());
}

#[test]
fn the_limit_holds_before_and_after_decompression() {
    let limits = Limits {
        message_bytes: JOB.len(),
    };
    assert!(read(JOB, &Envelope::default(), limits).is_ok());
    let longer = [JOB, b" "].concat();
    let error = read(&longer, &Envelope::default(), limits).unwrap_err();
    assert_eq!(error.code, TooLarge);
    let limits = Limits {
        message_bytes: 1000,
    };
    let text = [JOB, vec![b' '; 1000].as_slice()].concat();
    assert!(gzip(&text).len() < 1000);
    let error = encoded(&gzip(&text), "gzip", limits).unwrap_err();
    assert_eq!(error.code, TooLarge);
    assert!(error.message.contains("1000 bytes once"), "{error}");
}

#[test]
fn what_can_be_told_of_an_invalid_message_is_told() {
    let job = r#"{"id":"a-1","revision":3,"article":7,"reply_to":"answers","metadata":{"n":123456789012345678901}}"#;
    let event = format!(r#"{{"specversion":"1.0","id":"e-1","data":{job}}}"#);
    let encoded = serde_json::to_string(job).unwrap();
    let of_text = format!(r#"{{"specversion":"1.0","id":"e-1","data":{encoded}}}"#);
    for message in [job, &event, &of_text] {
        assert!(bare(message.as_bytes()).is_err());
        let peek = peek(message.as_bytes(), &Envelope::default(), Limits::default());
        assert_eq!(
            (peek.id.as_deref(), peek.revision, peek.reply_to.as_deref()),
            (Some("a-1"), 3, Some("answers")),
            "{message}"
        );
        assert_eq!(
            peek.metadata.as_ref().map(Metadata::as_json),
            Some(r#"{"n":123456789012345678901}"#)
        );
    }
    let compressed = Envelope {
        content_encoding: Some("gzip".to_owned()),
        ..Envelope::default()
    };
    let of_gzip = peek(&gzip(job.as_bytes()), &compressed, Limits::default());
    assert_eq!(of_gzip.id.as_deref(), Some("a-1"));
}

#[test]
fn of_a_message_that_cannot_be_read_the_envelope_tells() {
    let mut envelope = binary("");
    envelope.reply_to = Some("answers".to_owned());
    for payload in [b"rubbish".as_slice(), b"{}", b"\xff"] {
        let peek = peek(payload, &envelope, Limits::default());
        assert_eq!(
            (peek.id.as_deref(), peek.revision, peek.reply_to.as_deref()),
            (Some("e-1"), 0, Some("answers"))
        );
        assert_eq!(peek.metadata, None);
    }
    // What is not valid by itself is not told.
    let wrong = br#"{"id":"","revision":-1,"reply_to":"my queue"}"#;
    let peek = peek(wrong, &Envelope::default(), Limits::default());
    assert_eq!(peek, presslate::job::wire::Peek::default());
}

#[test]
fn an_answer_has_the_attributes_of_an_event() {
    let of = |kind: &str, job_id: Option<&str>| -> BTreeMap<&str, String> {
        let event = AnswerEvent {
            kind,
            message_id: "00ff",
            job_id,
        };
        attributes(&event).into_iter().collect()
    };
    let result = of("result", Some("a-1"));
    for (name, value) in [
        ("specversion", "1.0"),
        ("id", "00ff"),
        ("source", "/presslate"),
        ("type", "presslate.result.v1"),
        ("subject", "a-1"),
        ("datacontenttype", "application/json"),
    ] {
        assert_eq!(result[name], value);
    }
    for kind in ["partial", "progress", "error"] {
        let unnamed = of(kind, None);
        assert_eq!(unnamed["type"], format!("presslate.{kind}.v1"));
        assert!(!unnamed.contains_key("subject"));
    }
}
