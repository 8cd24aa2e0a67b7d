//! The messages of version 1, as they cross the queue and the command line.
//!
//! [`read()`] is the way in from a queue, and [`parse_job`] for what comes without an envelope: bytes
//! to a checked [`Job`](crate::job::Job). Answers are written from [`ResultMessage`],
//! [`PartialMessage`], [`ProgressMessage`] and [`ErrorMessage`] as they stand, so the JSON Schema
//! derived from these types (`presslate schema`) is the contract.
//!
//! Rules of version 1: unknown fields are ignored, fields are never removed or given another
//! meaning, and a message of another major version is answered with `unsupported_version`.

mod check;
mod control;
mod encoding;
mod message;
mod parse;
mod progress;
mod read;
mod result;

pub use control::{Control, ControlMessage, parse_control};
pub use message::{ArticleMessage, JobMessage, TermMessage};
pub use parse::{parse_job, peek_id};
pub use progress::{PartialMessage, ProgressMessage, ResultPart};
pub use read::{Envelope, Limits, Peek, Read, peek, read};
pub use result::{
    DroppedText, ErrorMessage, Finding, GlossaryUse, ModelUse, ResultMessage, SegmentCounts,
    SegmentResult, SegmentStatus, Severity, SourceSpan, SourceText, StageTiming, Summary, Support,
    SupportBy, TargetResult, TargetSection, TextSpan, TokenCounts,
};

/// The version this build writes, and the newest it reads: `major.minor`.
pub const VERSION: &str = "1.3";
