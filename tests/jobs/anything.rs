//! The readers of messages on anything at all: they refuse, and never panic.

use presslate::cli::args::Message;
use presslate::job::wire::{Envelope, JobMessage, Limits, parse_control, parse_job, peek, read};
use presslate::job::{Body, Job};
use presslate::text::clean::clean;
use proptest::prelude::*;
use serde_json::json;

use super::{examples, validator};

prop_compose! {
    fn message()(
        id in "[a-zA-Z0-9:/._-]{1,40}",
        title in proptest::option::of(".{0,40}"),
        text in "[^\\x00]{0,80}[a-z]",
        targets in proptest::collection::vec(prop_oneof!["ko", "ru", "ko-KR"], 1..4),
        tasks in proptest::option::of(proptest::collection::vec(prop_oneof!["summarise", "translate"], 1..3)),
        summary_sentences in proptest::option::of(1usize..=12),
        summary_words in proptest::option::of(15usize..=300),
        source_lang in proptest::option::of("en"),
        revision in proptest::option::of(any::<u64>()),
        priority in proptest::option::of(0_i64..=9),
        embargoed_until in proptest::option::of("20[0-9]{2}-0[1-9]-[12][0-8]T[01][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]0[0-9]:[0-5][0-9])"),
        form in 0..3,
    ) -> JobMessage {
        let mut article = match form {
            0 => json!({ "html": text }),
            1 => json!({ "text": text }),
            _ => json!({ "ninjs": { "body_text": text } }),
        };
        if let Some(title) = title {
            article["title"] = title.into();
        }
        JobMessage {
            targets, tasks, summary_sentences, summary_words, source_lang, revision, priority, embargoed_until,
            ..JobMessage::new(id, serde_json::from_value(article).unwrap())
        }
    }
}

prop_compose! {
    fn envelope()(
        content_type in prop::option::of(prop_oneof![
            "application/cloudevents\\+json", "application/json", ".{0,20}",
        ]),
        content_encoding in prop::option::of(prop_oneof!["gzip", "identity", ".{0,8}"]),
        attributes in prop::collection::btree_map(
            prop_oneof!["id", "source", "type", "specversion", "traceparent"], prop_oneof!["1.0", ".{0,8}"], 0..5,
        ),
        reply_to in prop::option::of(".{0,8}"),
        priority in any::<Option<u8>>(),
    ) -> Envelope {
        Envelope { content_type, content_encoding, attributes, reply_to, priority }
    }
}

/// A valid message of any kind there is an example of, with some bytes changed, taken out or put
/// in.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let all: Vec<Vec<u8>> = ["valid", "ninjs", "events/valid", "control/valid"]
        .into_iter()
        .flat_map(|folder| examples(folder).into_values())
        .collect();
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0..4_u8);
    (
        prop::sample::select(all),
        prop::collection::vec(change, 0..6),
    )
        .prop_map(|(mut bytes, changes)| {
            for (at, byte, how) in changes {
                let at = at.index(bytes.len());
                match how {
                    0 => bytes[at] = byte,
                    1 => bytes.insert(at, byte),
                    2 => bytes.insert(at, b"{}[],:\"\\"[usize::from(byte) % 8]),
                    _ => drop(bytes.remove(at)),
                }
            }
            bytes
        })
}

/// Reads bytes in every way there is; what a refusal says has to be something.
fn read_all(bytes: &[u8], envelope: &Envelope) -> Result<(), TestCaseError> {
    let refusals = [
        parse_job(bytes).err(),
        parse_control(bytes).err(),
        read(bytes, envelope, Limits::default()).err(),
        read(bytes, &Envelope::default(), Limits::default()).err(),
    ];
    for error in refusals.into_iter().flatten() {
        prop_assert!(!error.message.is_empty());
        prop_assert!(error.message.chars().count() < 1000, "{}", error);
    }
    drop(peek(bytes, envelope, Limits::default()));
    if let Ok(read) = read(bytes, envelope, Limits::default()) {
        // An article that was let in goes on to be cleaned.
        drop(clean(&read.job.article));
    }
    Ok(())
}

proptest! {
    #[test]
    fn readers_never_panic_whatever_the_bytes(
        bytes in prop::collection::vec(any::<u8>(), 0..300), envelope in envelope(),
    ) {
        read_all(&bytes, &envelope)?;
    }

    #[test]
    fn readers_never_panic_on_valid_messages_that_were_changed(
        bytes in mutated(), envelope in envelope(),
    ) {
        read_all(&bytes, &envelope)?;
    }

    #[test]
    fn readers_never_panic_on_jobs_with_a_byte_changed(
        message in message(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut bytes = serde_json::to_vec(&message).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        read_all(&bytes, &Envelope::default())?;
    }

    #[test]
    fn cleaning_never_panics_whatever_the_text(text in ".{0,300}", tags in "[<>/a-z \"=&;!-]{0,300}") {
        for body in [Body::Text(text.clone()), Body::Html(text), Body::Html(tags.clone()), Body::Text(tags)] {
            let title = None;
            drop(clean(&presslate::job::ArticleInput { title, body }));
        }
    }

    #[test]
    fn a_job_that_is_written_is_read_back(message in message()) {
        let bytes = serde_json::to_vec(&message).unwrap();
        let job = parse_job(&bytes).unwrap();
        prop_assert_eq!(&job, &Job::try_from(message.clone()).unwrap());
        prop_assert_eq!(&job, &read(&bytes, &Envelope::default(), Limits::default()).unwrap().job);
        prop_assert_eq!(Some(job.id.as_str()), message.id.as_deref());
        let article = &message.article;
        let item = article.ninjs.as_ref().and_then(|item| Some(item.get("body_text")?.as_str()?.to_owned()));
        let text = article.text.clone().or(article.html.clone()).or(item).unwrap();
        match &job.article.body {
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
