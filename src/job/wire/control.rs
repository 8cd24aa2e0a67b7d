//! What is said about a job that was sent before.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check;
use super::parse::{malformed, text, too_large};
use crate::job::quote::{self, quote};
use crate::job::{InvalidJob, JobId};

/// Largest control message, in bytes.
const MAX_BYTES: usize = 16 * 1024;

/// A control message as it stands on the queue: `{"kind":"cancel","id":"a-1"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ControlMessage {
    /// `major.minor` of this format; `1.0` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^1(\.|$)"))]
    pub version: Option<String>,
    /// What is to happen: `cancel`.
    #[schemars(extend("const" = "cancel"))]
    pub kind: String,
    /// The job's id.
    #[schemars(
        length(max = 200),
        regex(
            pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
        )
    )]
    pub id: String,
    /// The newest revision that is meant; every revision when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
}

/// What is to happen to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// It is not wanted any more.
    Cancel {
        /// The job.
        id: JobId,
        /// The newest revision that is meant; every revision when absent.
        revision: Option<u64>,
    },
}

/// Parses and checks a control message.
///
/// # Errors
/// [`InvalidJob`], naming the field where one is at fault. Never panics, whatever the bytes.
pub fn parse_control(payload: &[u8]) -> Result<Control, InvalidJob> {
    if payload.len() > MAX_BYTES {
        return Err(too_large(format!(
            "the control message has {} bytes; at most {MAX_BYTES} are accepted",
            payload.len()
        )));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text(payload, "")?);
    let message: ControlMessage = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| quote::refuse(error, "control message", ""))?;
    deserializer
        .end()
        .map_err(|error| malformed(format!("text after the message's closing brace: {error}")))?;
    check::check_version(message.version.as_deref())?;
    if message.kind != "cancel" {
        return Err(check::field(
            "kind",
            format!("is {}; the only one is cancel", quote(&message.kind)),
        ));
    }
    Ok(Control::Cancel {
        id: check::check_id(Some(message.id))?,
        revision: message.revision,
    })
}
