//! AMQP properties and headers: what is read of a message, and what is written on one.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};

use crate::job::cloudevents::{self, AnswerEvent};
use crate::job::wire::Envelope;
use crate::queue::{Answer, AnswerKind, Reason};
use crate::telemetry::trace::TraceParent;

/// AMQP's number for messages that survive a restart of the broker.
const PERSISTENT: u8 = 2;
/// AMQP's number for those that do not.
const TRANSIENT: u8 = 1;

/// Deliveries that a job had before it moved to this queue.
const ATTEMPT: &str = "x-presslate-attempt";
/// When it is due, in milliseconds since 1970.
const NOT_BEFORE: &str = "x-presslate-not-before";
/// Why it is among the dead letters.
const ERROR_CODE: &str = "x-presslate-error-code";
const ERROR_MESSAGE: &str = "x-presslate-error-message";
const WORKER: &str = "x-presslate-worker";

/// How the headers of CloudEvents attributes begin. AMQP 0-9-1 has no binding of its own; these are
/// the two of AMQP 1.0.
const CLOUD_EVENTS: [&str; 2] = ["cloudEvents:", "cloudEvents_"];
/// Attributes that are looked at, and bytes of each: the specification's own are far fewer and
/// shorter.
const MAX_ATTRIBUTES: usize = 32;
const MAX_ATTRIBUTE_BYTES: usize = 4096;
/// Bytes of an error's text in a header.
const MAX_MESSAGE_BYTES: usize = 512;

/// What came with a message outside its body.
pub(super) fn envelope(properties: &BasicProperties) -> Envelope {
    let text = |text: &Option<ShortString>| text.as_ref().map(|text| text.as_str().to_owned());
    Envelope {
        content_type: text(properties.content_type()),
        content_encoding: text(properties.content_encoding()),
        attributes: attributes(properties.headers().as_ref()),
        reply_to: text(properties.reply_to()),
        priority: *properties.priority(),
    }
}

fn attributes(headers: Option<&FieldTable>) -> BTreeMap<String, String> {
    let attribute = |(name, value): (&ShortString, &AMQPValue)| {
        let name = CLOUD_EVENTS
            .iter()
            .find_map(|prefix| name.as_str().strip_prefix(prefix))?;
        let value = text(value).filter(|value| value.len() <= MAX_ATTRIBUTE_BYTES)?;
        Some((name.to_owned(), value))
    };
    headers
        .into_iter()
        .flat_map(|headers| headers.inner().iter().filter_map(attribute))
        .take(MAX_ATTRIBUTES)
        .collect()
}

/// Deliveries that ended without a word, as the queue counts them: in a header, absent or 0 the
/// first time. Queues of other kinds only say that there was one.
pub(super) fn came_back(properties: &BasicProperties, redelivered: bool) -> u32 {
    let headers = properties.headers().as_ref();
    if let Some(failed) = headers.and_then(|headers| header_number(headers, "x-delivery-count")) {
        return u32::try_from(failed).unwrap_or(0);
    }
    let counted_apart =
        headers.is_some_and(|headers| headers.inner().contains_key("x-acquired-count"));
    u32::from(redelivered && !counted_apart)
}

/// Deliveries so far, this one and those in other queues included.
pub(super) fn attempt(properties: &BasicProperties, redelivered: bool) -> u32 {
    earlier_attempts(properties)
        .saturating_add(came_back(properties, redelivered))
        .saturating_add(1)
}

/// Deliveries that a job had in other queues, as far as they count.
pub(super) fn earlier_attempts(properties: &BasicProperties) -> u32 {
    properties
        .headers()
        .as_ref()
        .and_then(|headers| header_number(headers, ATTEMPT))
        .and_then(|attempts| u32::try_from(attempts).ok())
        .unwrap_or(0)
}

/// When a job is due, where it was put back to wait.
pub(super) fn not_before(properties: &BasicProperties) -> Option<SystemTime> {
    let headers = properties.headers().as_ref()?;
    let millis = u64::try_from(header_number(headers, NOT_BEFORE)?).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_millis(millis))
}

/// When a message was sent, where its sender says so.
pub(super) fn sent(properties: &BasicProperties) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_secs((*properties.timestamp())?))
}

/// A well-formed `traceparent` header.
pub(super) fn trace_parent(properties: &BasicProperties) -> Option<String> {
    let value = properties.headers().as_ref()?.inner().get("traceparent")?;
    TraceParent::parse(&text(value)?).map(|parent| parent.to_string())
}

/// The properties of a job that moves to another queue: its own, without what the broker wrote and
/// what would keep the move from being safe.
pub(super) fn moved(
    properties: &BasicProperties,
    attempts: u32,
    due: Option<SystemTime>,
) -> BasicProperties {
    let mut headers = kept_headers(properties);
    headers.insert(ATTEMPT.into(), AMQPValue::LongLongInt(attempts.into()));
    if let Some(due) = due {
        headers.insert(NOT_BEFORE.into(), AMQPValue::LongLongInt(millis(due)));
    }
    kept(properties).with_headers(headers)
}

/// The properties of a dead letter.
pub(super) fn dead(
    properties: &BasicProperties,
    attempts: u32,
    reason: &Reason,
) -> BasicProperties {
    let mut headers = kept_headers(properties);
    headers.insert(ATTEMPT.into(), AMQPValue::LongLongInt(attempts.into()));
    headers.insert(ERROR_CODE.into(), long(reason.code));
    headers.insert(ERROR_MESSAGE.into(), long(&plain(&reason.message)));
    headers.insert(WORKER.into(), long(env!("CARGO_PKG_VERSION")));
    kept(properties).with_headers(headers)
}

/// The properties of an answer. Job ids fit a property (see [`crate::job::JobId`]), and what does
/// not is left out: the library's own conversion would end the process.
pub(super) fn answer(answer: &Answer) -> BasicProperties {
    let final_answer = matches!(answer.kind, AnswerKind::Result | AnswerKind::Error);
    let now = SystemTime::now();
    let mut properties = BasicProperties::default()
        .with_delivery_mode(if final_answer { PERSISTENT } else { TRANSIENT })
        .with_content_type("application/json".into())
        .with_app_id("presslate".into())
        .with_timestamp(
            now.duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs()),
        );
    if let Ok(kind) = ShortString::try_new(answer.kind.name()) {
        properties = properties.with_type(kind);
    }
    if let Some(Ok(id)) = answer.job_id.as_deref().map(ShortString::try_new) {
        properties = properties.with_correlation_id(id);
    }
    if let Ok(id) = ShortString::try_new(answer.message_id.as_str()) {
        properties = properties.with_message_id(id);
    }
    let mut headers = FieldTable::default();
    let [prefix, _] = CLOUD_EVENTS;
    let event = cloudevents::attributes(&AnswerEvent {
        kind: answer.kind.name(),
        message_id: &answer.message_id,
        job_id: answer.job_id.as_deref(),
    });
    let time = jiff::Timestamp::try_from(now).map(|now| ("time", format!("{now:.0}")));
    for (name, value) in event.into_iter().chain(time.ok()) {
        if let Ok(name) = ShortString::try_new(format!("{prefix}{name}")) {
            headers.insert(name, long(&value));
        }
    }
    if let Some(parent) = &answer.trace_parent {
        headers.insert("traceparent".into(), long(parent));
    }
    properties.with_headers(headers)
}

/// Without the time to live, which would make a queue drop the message, and without the user, whom
/// the broker compares with ours.
fn kept(properties: &BasicProperties) -> BasicProperties {
    let mut kept = BasicProperties::default().with_delivery_mode(PERSISTENT);
    macro_rules! keep {
        ($($get:ident $set:ident)*) => {
            $(if let Some(value) = properties.$get() {
                kept = kept.$set(value.clone());
            })*
        };
    }
    keep!(
        content_type with_content_type
        content_encoding with_content_encoding
        priority with_priority
        correlation_id with_correlation_id
        reply_to with_reply_to
        message_id with_message_id
        timestamp with_timestamp
        kind with_type
        app_id with_app_id
    );
    kept
}

/// What the broker wrote goes: it counts and traces anew in the next queue, and would take a message
/// with its old traces for one that goes in circles.
fn kept_headers(properties: &BasicProperties) -> FieldTable {
    let ours = |name: &str| {
        !(name.starts_with("x-death")
            || name.starts_with("x-first-death")
            || name.starts_with("x-last-death")
            || ["x-delivery-count", "x-acquired-count", NOT_BEFORE].contains(&name))
    };
    let mut kept = FieldTable::default();
    for (name, value) in properties.headers().iter().flat_map(FieldTable::inner) {
        if ours(name.as_str()) {
            kept.insert(name.clone(), value.clone());
        }
    }
    kept
}

fn header_number(headers: &FieldTable, name: &str) -> Option<i64> {
    match headers.inner().get(name)? {
        AMQPValue::LongLongInt(number) => Some(*number),
        AMQPValue::LongInt(number) => Some(i64::from(*number)),
        AMQPValue::LongUInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortUInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortShortInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortShortUInt(number) => Some(i64::from(*number)),
        _ => None,
    }
}

fn text(value: &AMQPValue) -> Option<String> {
    match value {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok().map(str::to_owned),
        AMQPValue::ShortString(text) => Some(text.as_str().to_owned()),
        _ => None,
    }
}

fn long(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Text for a header: no control characters, and not long.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for character in text.chars().filter(|character| !character.is_control()) {
        if plain.len() + character.len_utf8() > MAX_MESSAGE_BYTES {
            break;
        }
        plain.push(character);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_headers(entries: &[(&str, AMQPValue)]) -> BasicProperties {
        let mut table = FieldTable::default();
        for (name, value) in entries {
            table.insert((*name).into(), value.clone());
        }
        BasicProperties::default().with_headers(table)
    }

    fn names(properties: &BasicProperties) -> Vec<String> {
        let headers = properties.headers().as_ref().unwrap();
        headers
            .inner()
            .keys()
            .map(|name| name.as_str().to_owned())
            .collect()
    }

    #[test]
    fn returns_are_read_the_way_each_broker_version_writes_them() {
        let count = |number| with_headers(&[("x-delivery-count", AMQPValue::LongLongInt(number))]);
        // 3.10: from 0. 4.3: absent the first time, and then failures apart from acquisitions.
        assert_eq!(came_back(&count(0), false), 0);
        assert_eq!(came_back(&count(4), true), 4);
        assert_eq!(came_back(&BasicProperties::default(), false), 0);
        let acquired = with_headers(&[("x-acquired-count", AMQPValue::LongLongInt(3))]);
        assert_eq!(came_back(&acquired, true), 0);
        // A classic queue.
        assert_eq!(came_back(&BasicProperties::default(), true), 1);
    }

    #[test]
    fn a_nonsensical_count_is_none() {
        for value in [
            AMQPValue::LongLongInt(-7),
            AMQPValue::LongLongInt(i64::MAX),
            AMQPValue::Boolean(true),
        ] {
            let headers = with_headers(&[
                ("x-delivery-count", value.clone()),
                ("x-presslate-attempt", value),
            ]);
            assert_eq!(came_back(&headers, false), 0);
            assert_eq!(earlier_attempts(&headers), 0);
        }
    }

    #[test]
    fn what_is_written_on_a_job_that_moves_is_read_again() {
        let due = UNIX_EPOCH + Duration::from_millis(1_764_000_000_123);
        let moved = moved(&BasicProperties::default(), 3, Some(due));
        assert_eq!(earlier_attempts(&moved), 3);
        assert_eq!(not_before(&moved), Some(due));
        assert_eq!(moved.delivery_mode(), &Some(PERSISTENT));
    }

    #[test]
    fn a_job_that_moves_keeps_its_producers_headers_and_loses_the_brokers() {
        let before = with_headers(&[
            ("x-death", AMQPValue::Boolean(true)),
            ("x-first-death-queue", long("q")),
            ("x-delivery-count", AMQPValue::LongLongInt(2)),
            ("x-presslate-not-before", AMQPValue::LongLongInt(2)),
            ("cloudEvents:id", long("e-1")),
            ("traceparent", long("00-x")),
        ])
        .with_expiration("1000".into())
        .with_user_id("desk".into())
        .with_reply_to("presslate.reply.a".into());
        let after = moved(&before, 1, None);
        assert_eq!(
            names(&after),
            ["cloudEvents:id", "traceparent", "x-presslate-attempt"]
        );
        assert_eq!(after.expiration(), &None);
        assert_eq!(after.user_id(), &None);
        assert_eq!(after.reply_to(), before.reply_to());
    }

    #[test]
    fn a_dead_letter_says_why_in_one_short_line() {
        let reason = Reason {
            code: "poison",
            message: format!("a\nb{}", "я".repeat(400)),
        };
        let dead = dead(&BasicProperties::default(), 5, &reason);
        let headers = dead.headers().as_ref().unwrap();
        let message = text(headers.inner().get("x-presslate-error-message").unwrap()).unwrap();
        assert!(message.starts_with("abя") && message.len() <= MAX_MESSAGE_BYTES);
    }

    #[test]
    fn attributes_of_cloud_events_are_read_in_both_spellings_and_bounded() {
        let headers = with_headers(&[
            ("cloudEvents:id", long("e-1")),
            ("cloudEvents_source", long("/desk")),
            ("cloudEvents:huge", long(&"x".repeat(5000))),
            ("other", long("no")),
        ]);
        let attributes = envelope(&headers).attributes;
        assert_eq!(
            attributes.into_iter().collect::<Vec<_>>(),
            [
                ("id".to_owned(), "e-1".to_owned()),
                ("source".to_owned(), "/desk".to_owned())
            ]
        );
        let many: Vec<(String, AMQPValue)> = (0..100)
            .map(|number| (format!("cloudEvents:a{number}"), long("x")))
            .collect();
        let many: Vec<(&str, AMQPValue)> = many
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        assert_eq!(
            envelope(&with_headers(&many)).attributes.len(),
            MAX_ATTRIBUTES
        );
    }

    fn an_answer(job_id: &str) -> Answer {
        Answer {
            kind: AnswerKind::Error,
            job_id: Some(job_id.to_owned()),
            message_id: "ab".repeat(32),
            payload: Vec::new(),
            reply_to: None,
            trace_parent: None,
        }
    }

    #[test]
    fn answers_are_persistent_and_name_their_job() {
        let properties = answer(&an_answer("a-1"));
        assert_eq!(properties.delivery_mode(), &Some(PERSISTENT));
        let id = properties.correlation_id().as_ref();
        assert_eq!(id.map(ShortString::as_str), Some("a-1"));
        assert_eq!(
            properties.message_id().as_ref().map(|id| id.as_str().len()),
            Some(64)
        );
        assert_eq!(
            properties.kind().as_ref().map(ShortString::as_str),
            Some("error")
        );
    }

    #[test]
    fn an_id_too_long_for_a_property_is_left_out_and_does_not_panic() {
        assert_eq!(answer(&an_answer(&"x".repeat(300))).correlation_id(), &None);
    }
}
