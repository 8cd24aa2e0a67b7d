//! Makes answers, and the ids by which consumers know one again.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::job::wire::{ErrorMessage, ResultMessage, VERSION};
use crate::job::{ErrorCode, InvalidJob};
use crate::pipeline::JobError;
use crate::queue::{Answer, AnswerKind};
use crate::telemetry::Chain;

/// A message, apart from how often it was delivered: its job's id, its bytes, and what the worker
/// makes results with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Identity([u8; 32]);

impl Identity {
    pub(super) fn new(job_id: Option<&str>, payload: &[u8], fingerprint: &str) -> Self {
        Self(digest(&[
            b"presslate message 1",
            job_id.unwrap_or_default().as_bytes(),
            payload,
            fingerprint.as_bytes(),
        ]))
    }

    /// The message id of its answer of one kind.
    pub(super) fn message_id(&self, kind: AnswerKind) -> String {
        let mut hex = String::with_capacity(64);
        for byte in digest(&[kind.name().as_bytes(), &self.0]) {
            // Writing to a string cannot fail.
            if write!(hex, "{byte:02x}").is_err() {
                break;
            }
        }
        hex
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

/// Why a job is answered with an error.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: ErrorCode,
    /// With its causes.
    pub(super) message: String,
    pub(super) field: Option<String>,
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
pub(super) fn result(
    identity: &Identity,
    result: &ResultMessage,
    trace: Option<String>,
) -> Result<Answer, Failure> {
    let payload = serde_json::to_vec(result).map_err(|error| Failure {
        code: ErrorCode::Internal,
        message: format!("the result cannot be written as JSON: {error}"),
        field: None,
    })?;
    Ok(Answer {
        kind: AnswerKind::Result,
        job_id: Some(result.id.clone()),
        message_id: identity.message_id(AnswerKind::Result),
        payload,
        trace_parent: trace,
    })
}

/// An answer with an error.
pub(super) fn error(
    identity: &Identity,
    job_id: Option<&str>,
    failure: &Failure,
    attempt: u32,
    trace: Option<String>,
) -> Answer {
    let message = ErrorMessage {
        version: VERSION.to_owned(),
        kind: AnswerKind::Error.name().to_owned(),
        id: job_id.map(str::to_owned),
        revision: 0,
        code: failure.code,
        message: failure.message.clone(),
        field: failure.field.clone(),
        retryable: failure.code.retryable(),
        attempt,
        worker: env!("CARGO_PKG_VERSION").to_owned(),
        metadata: None,
    };
    Answer {
        kind: AnswerKind::Error,
        job_id: job_id.map(str::to_owned),
        message_id: identity.message_id(AnswerKind::Error),
        // Strings, numbers and flags only: this has no way to fail.
        payload: serde_json::to_vec(&message).unwrap_or_default(),
        trace_parent: trace,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_ids_are_64_hexadecimal_digits_and_differ_by_kind() {
        let identity = Identity::new(Some("a-1"), b"{}", "m1");
        let (result, error) = (
            identity.message_id(AnswerKind::Result),
            identity.message_id(AnswerKind::Error),
        );
        assert_ne!(result, error);
        for id in [result, error] {
            assert_eq!(id.len(), 64);
            assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        }
    }

    #[test]
    fn identity_depends_on_every_part_and_on_where_one_ends() {
        let base = Identity::new(Some("a-1"), b"body", "m1");
        assert_eq!(base, Identity::new(Some("a-1"), b"body", "m1"));
        assert_ne!(base, Identity::new(Some("a-2"), b"body", "m1"));
        assert_ne!(base, Identity::new(Some("a-1"), b"body2", "m1"));
        assert_ne!(base, Identity::new(Some("a-1"), b"body", "m2"));
        assert_ne!(
            Identity::new(Some("ab"), b"c", ""),
            Identity::new(Some("a"), b"bc", "")
        );
    }
}
