//! Any message with any envelope, as a queue hands it over. Lines such as `id: a-1` up to a blank
//! one are the envelope, unless the first byte is a brace.

#![no_main]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use presslate::job::JobId;
use presslate::job::wire::{Envelope, Limits, Read, parse_control, parse_job, peek, read};

const LIMITS: Limits = Limits {
    message_bytes: 20_000,
};
/// Bytes of a reason. It goes into answers, headers and logs, whatever the message holds.
const MAX_REASON: usize = 1_000;

fuzz_target!(|bytes: &[u8]| {
    let (envelope, payload) = split(bytes);
    let found = peek(payload, &envelope, LIMITS);
    match read(payload, &envelope, LIMITS) {
        Ok(Read { job, trace_parent }) => {
            assert_eq!(JobId::new(job.id.as_str()).as_ref(), Ok(&job.id));
            assert_eq!(found.id.as_deref(), Some(job.id.as_str()));
            assert_eq!(found.revision, job.revision);
            assert_eq!(found.reply_to, job.reply_to);
            assert_eq!(found.metadata, job.metadata);
            for name in [&job.reply_to, &job.glossary_id].into_iter().flatten() {
                assert!(!name.is_empty() && name.len() <= 200, "{name:?}");
                assert!(!name.contains(char::is_control), "{name:?}");
            }
            if let Some(parent) = trace_parent {
                assert!(parent.len() == 55 && parent.starts_with("00-"), "{parent}");
            }
            same_when_packed(payload, &envelope, job.digest());
        }
        Err(error) => {
            let said = &error.message;
            assert!(!said.is_empty() && said.len() < MAX_REASON, "{said}");
            assert!(!said.contains(char::is_control), "{said:?}");
            let ids = error.id.iter().chain(&found.id);
            for id in ids {
                assert!(JobId::new(id.as_str()).is_ok(), "{id:?}");
            }
        }
    }
    if let Err(error) = parse_control(payload) {
        let said = &error.message;
        assert!(said.len() < MAX_REASON, "{said}");
        assert!(!said.contains(char::is_control), "{said:?}");
    }
});

/// The same job comes out of the message once it is compressed, and out of an event around it.
fn same_when_packed(payload: &[u8], envelope: &Envelope, digest: [u8; 32]) {
    let plain = ["", "identity"].contains(&envelope.content_encoding.as_deref().unwrap_or(""));
    if plain {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(payload).expect("a vector takes all");
        let packed = packer.finish().expect("a vector takes all");
        let envelope = Envelope {
            content_encoding: Some("gzip".to_owned()),
            ..envelope.clone()
        };
        // Text that repeats itself is refused as a bomb, and says so.
        match read(&packed, &envelope, LIMITS) {
            Ok(read) => assert_eq!(read.job.digest(), digest, "compressed"),
            Err(error) => assert!(error.message.contains("gzip that grows"), "{error}"),
        }
    }
    if *envelope == Envelope::default() && parse_job(payload).is_ok() {
        let mut event =
            br#"{"specversion":"1.0","id":"e","source":"/f","type":"f","data":"#.to_vec();
        event.extend_from_slice(payload);
        event.push(b'}');
        if event.len() <= LIMITS.message_bytes {
            let read = read(&event, envelope, LIMITS).expect("a job in an event");
            assert_eq!(read.job.digest(), digest, "in an event");
        }
    }
}

fn split(bytes: &[u8]) -> (Envelope, &[u8]) {
    let mut envelope = Envelope::default();
    let mut rest = bytes;
    while !rest.starts_with(b"{") {
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            break;
        };
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest = &rest[end + 1..];
        let Some((name, value)) = line.split_once(": ") else {
            break;
        };
        let value = value.to_owned();
        match name {
            "content-type" => envelope.content_type = Some(value),
            "content-encoding" => envelope.content_encoding = Some(value),
            "reply-to" => envelope.reply_to = Some(value),
            "priority" => envelope.priority = value.parse().ok(),
            name => {
                envelope.attributes.insert(name.to_owned(), value);
            }
        }
    }
    (envelope, rest)
}
