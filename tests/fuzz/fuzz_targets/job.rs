//! Any bytes as a job: read, or refused with a reason that can be shown.

#![no_main]

use libfuzzer_sys::fuzz_target;
use presslate::job::wire::{parse_job, peek_id};
use presslate::job::{Body, InvalidJob, Job, JobId};

/// Bytes of a reason. It goes into answers, headers and logs, whatever the message holds.
const MAX_REASON: usize = 1_000;

fuzz_target!(|bytes: &[u8]| {
    let read = parse_job(bytes);
    assert_eq!(read, parse_job(bytes), "the same bytes, read twice");
    match read {
        Ok(job) => good(&job, bytes),
        Err(error) => refused(&error),
    }
});

fn good(job: &Job, bytes: &[u8]) {
    assert_eq!(
        JobId::new(job.id.as_str()).as_ref(),
        Ok(&job.id),
        "an id that is none"
    );
    assert_eq!(peek_id(bytes).as_deref(), Some(job.id.as_str()));
    assert!(!job.tasks.is_empty());
    assert!(job.summary_sentences.is_none_or(|asked| (1..=Job::MAX_SUMMARY_SENTENCES).contains(&asked)));
    assert!(job.summary_words.is_none_or(|asked| Job::SUMMARY_WORDS.contains(&asked)));
    let blank = |text: &str| text.trim().is_empty();
    match &job.article.body {
        Body::Text(text) | Body::Html(text) => assert!(!blank(text)),
        Body::Sections(sections) => {
            assert!(sections.iter().any(|section| !blank(&section.text)));
        }
    }
}

fn refused(error: &InvalidJob) {
    let InvalidJob {
        message, field, id, ..
    } = error;
    assert!(
        !message.is_empty() && message.len() < MAX_REASON,
        "{message}"
    );
    assert!(!message.contains(char::is_control), "{message:?}");
    if let Some(field) = field {
        assert!(!field.is_empty() && field.len() < MAX_REASON, "{field}");
        assert!(!field.contains(char::is_control), "{field:?}");
    }
    if let Some(id) = id {
        assert!(JobId::new(id.as_str()).is_ok(), "{id:?}");
    }
}
