//! CloudEvents 1.0: a job may come as the data of one, and answers have the attributes of one.
//!
//! Nothing here talks to a broker. Attributes of an event in binary mode are message headers,
//! which the queue side reads and writes; an event in structured mode is the body itself.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::job::quote::{self, quote};
use crate::job::wire::Envelope;
use crate::job::{ErrorCode, InvalidJob};

/// Media type of an event as JSON.
const STRUCTURED: &str = "application/cloudevents+json";
/// What media types of events begin with, in whatever form.
const ANY_FORM: &str = "application/cloudevents";
/// Where data stands in an event.
const DATA: &str = "data";

/// An answer on its way out, as far as an event tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerEvent<'a> {
    /// `result`, `partial`, `progress` or `error`.
    pub kind: &'a str,
    /// The same however often the answer is published.
    pub message_id: &'a str,
    /// The job's id, where it is known.
    pub job_id: Option<&'a str>,
}

/// The attributes of an answer, without the prefix of a transport, and without `time`.
pub fn attributes(event: &AnswerEvent<'_>) -> Vec<(&'static str, String)> {
    let AnswerEvent {
        kind,
        message_id,
        job_id,
    } = *event;
    let mut attributes = vec![
        ("specversion", "1.0".to_owned()),
        ("id", message_id.to_owned()),
        ("source", "/presslate".to_owned()),
        ("type", format!("presslate.{kind}.v1")),
        ("datacontenttype", "application/json".to_owned()),
    ];
    attributes.extend(job_id.map(|id| ("subject", id.to_owned())));
    attributes
}

/// A message without the event around it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::job) struct Opened<'a> {
    /// JSON of the job.
    pub(in crate::job) data: Cow<'a, str>,
    /// Where it stands in the message; empty where it is the message.
    pub(in crate::job) place: &'static str,
    /// The event's id.
    pub(in crate::job) id: Option<String>,
    /// Its trace context, where it is well-formed.
    pub(in crate::job) trace_parent: Option<String>,
}

/// An event in structured mode. Extensions and what is of no use here are ignored.
#[derive(Deserialize)]
struct Event<'a> {
    specversion: Option<String>,
    id: Option<String>,
    source: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    traceparent: serde_json::Value,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    data_base64: Option<String>,
}

/// Takes a body out of the event that it is, or that its headers say it belongs to; as it is where
/// there is none.
pub(in crate::job) fn open<'a>(
    body: &'a str,
    envelope: &Envelope,
) -> Result<Opened<'a>, InvalidJob> {
    refuse_other_forms(envelope)?;
    // Most bodies are no events: those that do not even have the word are not parsed for it.
    let named = || {
        body.contains("specversion")
            && serde_json::from_str::<std::collections::BTreeMap<Cow<'_, str>, &RawValue>>(body)
                .is_ok_and(|object| is_structured(|key| object.contains_key(key), envelope))
    };
    if is_structured(|_| false, envelope) || named() {
        return open_structured(body);
    }
    let of_headers = |name: &str| envelope.attributes.get(name).map(String::as_str);
    let Some(version) = of_headers("specversion") else {
        return Ok(Opened {
            data: Cow::Borrowed(body),
            place: "",
            id: None,
            trace_parent: None,
        });
    };
    let attributes = Attributes {
        version: Some(version),
        id: of_headers("id"),
        source: of_headers("source"),
        kind: of_headers("type"),
    };
    Ok(Opened {
        data: Cow::Borrowed(body),
        place: "",
        id: Some(attributes.check("cloudEvents:")?),
        trace_parent: of_headers("traceparent").and_then(trace_parent),
    })
}

/// Whether a body is an event, by its content type or by the keys it has.
pub(in crate::job) fn is_structured(has: impl Fn(&str) -> bool, envelope: &Envelope) -> bool {
    media_type(envelope).is_some_and(|kind| kind == STRUCTURED)
        || (has("specversion") && (has(DATA) || has("data_base64")) && !has("article"))
}

/// The data of an event as text: an object, a string of JSON, or base64. `None` when there is
/// neither.
pub(in crate::job) fn data<'a>(
    data: Option<&'a RawValue>,
    data_base64: Option<&str>,
) -> Result<Option<Cow<'a, str>>, InvalidJob> {
    match (data, data_base64) {
        (Some(_), Some(_)) => Err(field("data_base64", "stands beside data: give one of them")),
        (Some(raw), None) if raw.get().starts_with('"') => {
            let text = serde_json::from_str::<String>(raw.get())
                .map_err(|error| malformed(DATA, &format!("is not text: {error}")))?;
            Ok(Some(Cow::Owned(text)))
        }
        (Some(raw), None) => Ok(Some(Cow::Borrowed(raw.get()))),
        (None, Some(encoded)) => {
            let bytes = STANDARD
                .decode(encoded)
                .map_err(|error| field("data_base64", &format!("is not base64: {error}")))?;
            let text = String::from_utf8(bytes)
                .map_err(|_| malformed("data_base64", "is not UTF-8: send UTF-8 JSON"))?;
            Ok(Some(Cow::Owned(text)))
        }
        (None, None) => Ok(None),
    }
}

fn open_structured(body: &str) -> Result<Opened<'_>, InvalidJob> {
    let mut deserializer = serde_json::Deserializer::from_str(body);
    let event: Event<'_> = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| quote::refuse(error, "CloudEvent", ""))?;
    deserializer.end().map_err(|error| InvalidJob {
        code: ErrorCode::MalformedMessage,
        message: format!("text after the event's closing brace: {error}"),
        field: None,
        id: None,
    })?;
    let id = Attributes {
        version: event.specversion.as_deref(),
        id: event.id.as_deref(),
        source: event.source.as_deref(),
        kind: event.kind.as_deref(),
    }
    .check("")?;
    let data = data(event.data, event.data_base64.as_deref())?
        .ok_or_else(|| field(DATA, "is missing: it is where the job stands"))?;
    Ok(Opened {
        data,
        place: DATA,
        id: Some(id),
        trace_parent: event.traceparent.as_str().and_then(trace_parent),
    })
}

/// What every event has to have.
struct Attributes<'a> {
    version: Option<&'a str>,
    id: Option<&'a str>,
    source: Option<&'a str>,
    kind: Option<&'a str>,
}

impl Attributes<'_> {
    /// Checks them, and gives the id. `prefix` is what stands before their names in the message.
    fn check(&self, prefix: &str) -> Result<String, InvalidJob> {
        let required = |value: Option<&str>, name: &str| match value {
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            Some(_) => Err(field(
                &format!("{prefix}{name}"),
                "is empty; CloudEvents demands it",
            )),
            None => Err(field(
                &format!("{prefix}{name}"),
                "is missing; CloudEvents demands it",
            )),
        };
        let version = required(self.version, "specversion")?;
        if version.split('.').next() != Some("1") {
            let path = format!("{prefix}specversion");
            return Err(InvalidJob {
                code: ErrorCode::UnsupportedVersion,
                message: format!("{path} is {}; this worker reads 1.0", quote(&version)),
                field: Some(path),
                id: None,
            });
        }
        let id = required(self.id, "id")?;
        required(self.source, "source")?;
        required(self.kind, "type")?;
        Ok(id)
    }
}

/// Refuses events in forms that are not read here.
fn refuse_other_forms(envelope: &Envelope) -> Result<(), InvalidJob> {
    let Some(kind) = media_type(envelope) else {
        return Ok(());
    };
    if kind == STRUCTURED || !kind.starts_with(ANY_FORM) {
        return Ok(());
    }
    let what = if kind.starts_with("application/cloudevents-batch") {
        "is a batch of CloudEvents; send each job as a message of its own".to_owned()
    } else {
        format!("is {}; send CloudEvents as {STRUCTURED}", quote(&kind))
    };
    Err(field("content_type", &what))
}

/// The content type without parameters such as `; charset=utf-8`.
fn media_type(envelope: &Envelope) -> Option<String> {
    let kind = envelope.content_type.as_deref()?.split(';').next()?;
    Some(kind.trim().to_ascii_lowercase())
}

/// A `traceparent` of W3C Trace Context, version 00; anything else is not passed on.
fn trace_parent(value: &str) -> Option<String> {
    let mut fields = value.split('-');
    let mut hex = |length: usize| {
        fields.next().is_some_and(|field| {
            field.len() == length
                && field
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        })
    };
    let well_formed = hex(2) && hex(32) && hex(16) && hex(2);
    let zero = |part: Option<&str>| part.is_some_and(|part| part.bytes().all(|byte| byte == b'0'));
    let valid = well_formed
        && fields.next().is_none()
        && value.starts_with("00-")
        && !zero(value.split('-').nth(1))
        && !zero(value.split('-').nth(2));
    valid.then(|| value.to_owned())
}

fn field(path: &str, what: &str) -> InvalidJob {
    InvalidJob {
        code: ErrorCode::InvalidField,
        message: format!("{path} {what}"),
        field: Some(path.to_owned()),
        id: None,
    }
}

fn malformed(path: &str, what: &str) -> InvalidJob {
    InvalidJob {
        code: ErrorCode::MalformedMessage,
        ..field(path, what)
    }
}
