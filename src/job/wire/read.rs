//! A message with what came around it, to a [`Job`]: the one way in for a queue.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::check::{self, Defaults, valid_id};
use super::{encoding, parse};
use crate::job::cloudevents::{self, Opened};
use crate::job::{InvalidJob, Job, Metadata};

/// What came with a message outside of its body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Media type of the body.
    pub content_type: Option<String>,
    /// How the body is compressed.
    pub content_encoding: Option<String>,
    /// Attributes of a CloudEvent in binary mode, without the `cloudEvents:` or `cloudEvents_`
    /// before their names.
    pub attributes: BTreeMap<String, String>,
    /// Where the producer wants the answer; used when the body does not say.
    pub reply_to: Option<String>,
    /// The message's priority; used when the body does not say.
    pub priority: Option<u8>,
}

/// What a message may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest message, in bytes, before and after it is decompressed.
    pub message_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: Job::MAX_MESSAGE_BYTES,
        }
    }
}

/// A message that is a job.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The job.
    pub job: Job,
    /// W3C trace context (`traceparent`) of the CloudEvent the job came in, where it is
    /// well-formed.
    pub trace_parent: Option<String>,
}

/// Reads a message: its size, then its compression, then a CloudEvent around the job if there is
/// one, then the job.
///
/// # Errors
/// [`InvalidJob`], naming the field where one is at fault. Never panics, whatever the bytes.
pub fn read(payload: &[u8], envelope: &Envelope, limits: Limits) -> Result<Read, InvalidJob> {
    parse::check_size(payload.len(), limits)?;
    let body = encoding::decode(payload, envelope.content_encoding.as_deref(), limits)?;
    let Opened {
        data,
        place,
        id,
        trace_parent,
    } = cloudevents::open(parse::text(&body, "")?, envelope)?;
    let defaults = Defaults {
        id,
        // An empty header is what some clients send for none.
        reply_to: envelope.reply_to.clone().filter(|name| !name.is_empty()),
        priority: envelope.priority,
    };
    let job = parse::job(&data, place, defaults)?;
    Ok(Read { job, trace_parent })
}

/// What can be told of a message that [`read`] refuses, for the answer that says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peek {
    /// The job's id.
    pub id: Option<String>,
    /// Its revision; 0 where it states none.
    pub revision: u64,
    /// The queue that wants the answer.
    pub reply_to: Option<String>,
    /// The job's metadata.
    pub metadata: Option<Metadata>,
}

/// Looks into a message that is no job. What is not valid by itself is left out.
pub fn peek(payload: &[u8], envelope: &Envelope, limits: Limits) -> Peek {
    let of_envelope = || name(envelope.reply_to.clone());
    let nothing = || Peek {
        id: envelope.attributes.get("id").and_then(|id| valid_id(id)),
        reply_to: of_envelope(),
        ..Peek::default()
    };
    let Some(body) = body(payload, envelope, limits) else {
        return nothing();
    };
    let Ok(outer) = serde_json::from_slice::<Object>(&body) else {
        return nothing();
    };
    let data = if cloudevents::is_structured(|key| outer.contains_key(key), envelope) {
        cloudevents::data(
            outer.get("data").map(AsRef::as_ref),
            field::<String>(&outer, "data_base64").as_deref(),
        )
        .ok()
        .flatten()
    } else {
        None
    };
    let inner = data.and_then(|data| serde_json::from_str::<Object>(&data).ok());
    let is_event = inner.is_some();
    let object = inner.as_ref().unwrap_or(&outer);
    let id = |object: &Object| field::<String>(object, "id").and_then(|id| valid_id(&id));
    Peek {
        id: id(object)
            .or_else(|| is_event.then(|| id(&outer)).flatten())
            .or_else(|| nothing().id),
        revision: field(object, "revision").unwrap_or_default(),
        reply_to: name(field(object, "reply_to")).or_else(of_envelope),
        metadata: field(object, "metadata")
            .filter(|metadata| check::check_metadata(metadata).is_ok()),
    }
}

type Object = BTreeMap<String, Box<RawValue>>;

fn body<'a>(payload: &'a [u8], envelope: &Envelope, limits: Limits) -> Option<Cow<'a, [u8]>> {
    parse::check_size(payload.len(), limits).ok()?;
    encoding::decode(payload, envelope.content_encoding.as_deref(), limits).ok()
}

fn field<T: serde::de::DeserializeOwned>(object: &Object, key: &str) -> Option<T> {
    serde_json::from_str(object.get(key)?.get()).ok()
}

fn name(name: Option<String>) -> Option<String> {
    check::check_name(name, "reply_to")
        .ok()
        .flatten()
        .filter(|name| !name.contains(char::is_whitespace))
}
