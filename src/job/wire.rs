//! The messages of version 1, as they cross the queue and the command line.
//!
//! [`parse_job`] is the only way in: bytes to a checked [`Job`](crate::job::Job). Results and errors are written
//! from [`ResultMessage`] and [`ErrorMessage`] as they stand, so the JSON Schema derived from
//! these types (`presslate schema`) is the contract.
//!
//! Rules of version 1: unknown fields are ignored, fields are never removed or given another
//! meaning, and a message of another major version is answered with `unsupported_version`.

mod parse;
mod result;

pub use parse::{ArticleMessage, JobMessage, parse_job, peek_id};
pub use result::{
    DroppedText, ErrorMessage, ModelUse, ResultMessage, SegmentResult, SegmentStatus, SourceSpan,
    SourceText, StageTiming, Summary, TargetResult, TargetSection, TokenCounts,
};

/// The version this build writes, and the newest it reads: `major.minor`.
pub const VERSION: &str = "1.0";
