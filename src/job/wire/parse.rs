//! Bytes to a [`Job`]: sizes first, then UTF-8, then JSON, then each field by name.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::check::{self, Defaults, valid_id};
use super::message::JobMessage;
use super::read::Limits;
use crate::job::{ErrorCode, InvalidJob, Job, ninjs, quote};

/// Parses and checks a message that came without an envelope.
///
/// ```
/// let job = presslate::job::wire::parse_job(
///     br#"{"id":"a-1","article":{"text":"Rain fell on Leeds."},"targets":["ko"]}"#,
/// )?;
/// assert_eq!(job.id.as_str(), "a-1");
/// # Ok::<(), presslate::job::InvalidJob>(())
/// ```
///
/// # Errors
/// [`InvalidJob`], naming the field where one is at fault. Never panics, whatever the bytes.
pub fn parse_job(payload: &[u8]) -> Result<Job, InvalidJob> {
    check_size(payload.len(), Limits::default())?;
    job(text(payload, "")?, "", Defaults::default())
}

/// A job from its JSON, which stands at `place` in the message.
pub(super) fn job(text: &str, place: &str, defaults: Defaults) -> Result<Job, InvalidJob> {
    let id = |error: InvalidJob| InvalidJob {
        id: id_in(text.as_bytes()).or_else(|| defaults.id.as_deref().and_then(valid_id)),
        ..error
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let message: JobMessage = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| id(not_a_job(error, text, place)))?;
    deserializer.end().map_err(|error| {
        let error = malformed(format!("text after the job's closing brace: {error}"));
        quote::refused_within(place, error)
    })?;
    check::check(message, defaults).map_err(|error| quote::refused_within(place, error))
}

/// Refuses what is over the limit before it is looked at.
pub(super) fn check_size(bytes: usize, limits: Limits) -> Result<(), InvalidJob> {
    if bytes <= limits.message_bytes {
        return Ok(());
    }
    Err(too_large(format!(
        "the message has {bytes} bytes; at most {} are accepted: send the article's text without pictures or scripts",
        limits.message_bytes
    )))
}

/// Bytes as text.
pub(super) fn text<'a>(bytes: &'a [u8], place: &str) -> Result<&'a str, InvalidJob> {
    std::str::from_utf8(bytes).map_err(|error| {
        let whole = if place.is_empty() {
            "the message"
        } else {
            place
        };
        malformed(format!(
            "{whole} is not UTF-8 (first bad byte at offset {}): send UTF-8 JSON",
            error.valid_up_to()
        ))
    })
}

fn not_a_job(
    error: serde_path_to_error::Error<serde_json::Error>,
    text: &str,
    place: &str,
) -> InvalidJob {
    let refused = quote::refuse(error, "job", place);
    let is_item = refused.code == ErrorCode::InvalidField
        && serde_json::from_str::<BTreeMap<String, &RawValue>>(text)
            .is_ok_and(|object| ninjs::is_item(|key| object.contains_key(key)));
    if !is_item {
        return refused;
    }
    quote::refused_within(
        place,
        check::field(
            "article",
            "is missing: a ninjs item alone does not say what to do with it; send \
             {\"id\": \"…\", \"targets\": [\"ko\"], \"article\": {\"ninjs\": the item}}",
        ),
    )
}

/// The `id` of a message that may be anything else but valid, for use in an error result.
pub fn peek_id(payload: &[u8]) -> Option<String> {
    if payload.len() > Job::MAX_MESSAGE_BYTES {
        return None;
    }
    id_in(payload)
}

fn id_in(payload: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct OnlyId {
        id: String,
    }
    let OnlyId { id } = serde_json::from_slice(payload).ok()?;
    valid_id(&id)
}

pub(super) fn malformed(message: String) -> InvalidJob {
    invalid(ErrorCode::MalformedMessage, message)
}

pub(super) fn too_large(message: String) -> InvalidJob {
    invalid(ErrorCode::TooLarge, message)
}

/// A refusal of the whole message.
pub(super) fn invalid(code: ErrorCode, message: String) -> InvalidJob {
    InvalidJob {
        code,
        message,
        field: None,
        id: None,
    }
}
