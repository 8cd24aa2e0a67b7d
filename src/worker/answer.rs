//! Makes answers, and the ids by which consumers know one again.

use sha2::{Digest, Sha256};

use crate::hash::hex;
use crate::job::wire::{
    ErrorMessage, PartialMessage, Peek, ProgressMessage, ResultMessage, ResultPart, VERSION,
};
use crate::job::{ErrorCode, InvalidJob, Job};
use crate::pipeline::JobError;
use crate::queue::{Answer, AnswerKind, Reason};
use crate::telemetry::Chain;

/// A job, apart from how and how often it was delivered, and what the worker makes results with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Identity([u8; 32]);

impl Identity {
    /// Of a job: what it asks for. The same job in another envelope is the same.
    pub(super) fn of_job(job: &Job, fingerprint: &str) -> Self {
        // A result repeats the embargo, and one with another is another.
        let embargo = job
            .embargoed_until
            .map(|until| until.to_string())
            .unwrap_or_default();
        Self(digest(&[
            b"presslate job 1",
            &job.digest(),
            embargo.as_bytes(),
            fingerprint.as_bytes(),
        ]))
    }

    /// Of a message that is no job.
    pub(super) fn of_bytes(payload: &[u8], fingerprint: &str) -> Self {
        Self(digest(&[
            b"presslate message 1",
            payload,
            fingerprint.as_bytes(),
        ]))
    }

    /// The message id of its answer of one kind. There is one final answer of each kind; of others
    /// there may be several, told apart by `detail`.
    pub(super) fn message_id(&self, kind: AnswerKind, detail: &str) -> String {
        hex(&digest(&[
            kind.name().as_bytes(),
            &self.0,
            detail.as_bytes(),
        ]))
    }
}

/// With lengths, so that moving a byte from one part to the next makes another digest.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// What is known of a delivery while it is handled.
#[derive(Debug)]
pub(super) struct Case<'a> {
    /// The job, where the message is one.
    pub(super) job: Option<&'a Job>,
    /// What answers say of the job; of a message that is none, as much as could be read.
    pub(super) about: Peek,
    pub(super) identity: Identity,
    pub(super) attempt: u32,
    /// For the answer.
    pub(super) trace: Option<String>,
    pub(super) bytes: usize,
}

impl Case<'_> {
    /// The job's id, where that much could be read.
    pub(super) fn job_id(&self) -> Option<&str> {
        self.about.id.as_deref()
    }

    fn answer(&self, kind: AnswerKind, detail: &str, payload: Vec<u8>) -> Answer {
        Answer {
            kind,
            job_id: self.about.id.clone(),
            message_id: self.identity.message_id(kind, detail),
            payload,
            reply_to: self.about.reply_to.clone(),
            trace_parent: self.trace.clone(),
        }
    }
}

/// What answers say of a job.
pub(super) fn about(job: &Job) -> Peek {
    Peek {
        id: Some(job.id.as_str().to_owned()),
        revision: job.revision,
        reply_to: job.reply_to.clone(),
        metadata: job.metadata.clone(),
    }
}

/// Why a job is answered with an error.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) code: ErrorCode,
    /// With its causes.
    pub(super) message: String,
    pub(super) field: Option<String>,
}

impl Failure {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            field: None,
        }
    }

    /// The same for the dead letters.
    pub(super) fn reason(&self) -> Reason {
        Reason {
            code: self.code.name(),
            message: self.message.clone(),
        }
    }
}

impl From<&JobError> for Failure {
    fn from(error: &JobError) -> Self {
        let field = match error {
            JobError::Invalid(invalid) => invalid.field.clone(),
            _ => None,
        };
        Self {
            code: error.code(),
            message: Chain(error).to_string(),
            field,
        }
    }
}

impl From<&InvalidJob> for Failure {
    fn from(invalid: &InvalidJob) -> Self {
        Self {
            code: invalid.code,
            message: invalid.message.clone(),
            field: invalid.field.clone(),
        }
    }
}

/// An answer with the result: the same bytes as on the command line.
pub(super) fn result(case: &Case<'_>, result: &ResultMessage) -> Result<Answer, Failure> {
    match serde_json::to_vec(result) {
        Ok(payload) => Ok(case.answer(AnswerKind::Result, "", payload)),
        Err(error) => Err(Failure::new(
            ErrorCode::Internal,
            format!("the result cannot be written as JSON: {error}"),
        )),
    }
}

/// An answer with an error.
pub(super) fn error(case: &Case<'_>, failure: &Failure) -> Answer {
    let message = ErrorMessage {
        version: VERSION.to_owned(),
        kind: AnswerKind::Error.name().to_owned(),
        id: case.about.id.clone(),
        revision: case.about.revision,
        code: failure.code,
        message: failure.message.clone(),
        field: failure.field.clone(),
        retryable: failure.code.retryable(),
        attempt: case.attempt,
        worker: env!("CARGO_PKG_VERSION").to_owned(),
        metadata: case.about.metadata.clone(),
    };
    // Strings, numbers and flags, and metadata that was JSON before: this has no way to fail.
    let payload = serde_json::to_vec(&message).unwrap_or_default();
    case.answer(AnswerKind::Error, "", payload)
}

/// A part of a result.
pub(super) fn partial(case: &Case<'_>, job: &Job, part: ResultPart) -> Option<Answer> {
    let detail = match &part {
        ResultPart::Summary(_) => "summary".to_owned(),
        ResultPart::Target(target) => target.lang.tag().to_owned(),
    };
    let message = PartialMessage {
        version: VERSION.to_owned(),
        kind: AnswerKind::Partial.name().to_owned(),
        id: job.id.as_str().to_owned(),
        revision: job.revision,
        part,
        metadata: job.metadata.clone(),
    };
    let payload = serde_json::to_vec(&message).ok()?;
    Some(case.answer(AnswerKind::Partial, &detail, payload))
}

/// How far a job is.
pub(super) fn progress(case: &Case<'_>, message: &ProgressMessage) -> Option<Answer> {
    let detail = format!("{} {}", message.stage, message.segments_done);
    let payload = serde_json::to_vec(message).ok()?;
    Some(case.answer(AnswerKind::Progress, &detail, payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::job::wire::parse_job;

    fn job(json: &str) -> Job {
        parse_job(json.as_bytes()).unwrap()
    }

    #[test]
    fn message_ids_are_64_hexadecimal_digits_and_differ_by_kind_and_part() {
        let identity = Identity::of_bytes(b"{}", "m1");
        let ids = [
            identity.message_id(AnswerKind::Result, ""),
            identity.message_id(AnswerKind::Error, ""),
            identity.message_id(AnswerKind::Partial, "ko"),
            identity.message_id(AnswerKind::Partial, "ru"),
        ];
        for (index, id) in ids.iter().enumerate() {
            assert_eq!(id.len(), 64);
            assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
            assert!(!ids[..index].contains(id));
        }
    }

    #[test]
    fn a_job_is_the_same_in_other_words_and_with_another_way_to_travel() {
        let one = job(r#"{"id":"a-1","article":{"text":"Rain."},"targets":["ko"]}"#);
        let other = job(
            r#"{ "targets": ["ko-KR"], "article": {"text": "Rain."}, "id": "a-1", "priority": 9,
                 "expires": "2099-01-01T00:00:00Z", "reply_to": "presslate.reply.a", "unknown": 1 }"#,
        );
        let identity = |job: &Job| Identity::of_job(job, "m1");
        assert_eq!(identity(&one), identity(&other));
        assert_ne!(identity(&one), Identity::of_job(&one, "m2"));
        for changed in [
            r#"{"id":"a-2","article":{"text":"Rain."},"targets":["ko"]}"#,
            r#"{"id":"a-1","article":{"text":"Snow."},"targets":["ko"]}"#,
            r#"{"id":"a-1","article":{"text":"Rain."},"targets":["ru"]}"#,
            r#"{"id":"a-1","article":{"text":"Rain."},"targets":["ko"],"revision":1}"#,
        ] {
            assert_ne!(identity(&one), identity(&job(changed)), "{changed}");
        }
    }

    #[test]
    fn identity_depends_on_where_a_part_ends() {
        assert_ne!(
            Identity::of_bytes(b"ab", "c"),
            Identity::of_bytes(b"a", "bc")
        );
    }
}
