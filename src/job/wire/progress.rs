//! What goes out while a job is in work.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::result::{Summary, TargetResult};
use crate::job::Metadata;

/// A part of a result, as soon as it is complete. The result says all of it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartialMessage {
    /// `major.minor` of this format.
    pub version: String,
    /// Always `partial`.
    #[schemars(extend("const" = "partial"))]
    pub kind: String,
    /// The job's id.
    pub id: String,
    /// The job's revision.
    pub revision: u64,
    /// The part.
    pub part: ResultPart,
    /// The job's `metadata`, untouched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}

/// What part of a result is complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResultPart {
    /// The summary in the source language.
    Summary(Summary),
    /// One target language.
    Target(TargetResult),
}

/// How far a job is. Nothing depends on it: one may be lost, and one may come late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProgressMessage {
    /// `major.minor` of this format.
    pub version: String,
    /// Always `progress`.
    #[schemars(extend("const" = "progress"))]
    pub kind: String,
    /// The job's id.
    pub id: String,
    /// The job's revision.
    pub revision: u64,
    /// The stage it is in, such as `summarise` or `translate:ko`.
    pub stage: String,
    /// Pieces of the stage that are done.
    pub segments_done: usize,
    /// Pieces of the stage; 0 when it is not divided.
    pub segments_total: usize,
    /// Tokens written so far, over all stages.
    pub tokens: u64,
}
