//! A section: one block of an article, with its role.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The role of a block in the article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    /// The headline. At most one, and first.
    Title,
    /// The standfirst or opening paragraph that sums the story up.
    Lead,
    /// A subhead.
    Heading,
    /// Running text.
    Paragraph,
    /// A block quotation.
    Quote,
    /// The text under a picture.
    Caption,
    /// One entry of a list.
    ListItem,
}

/// One block of an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Section {
    /// Its role.
    pub kind: SectionKind,
    /// Its text, on one line, without markup.
    pub text: String,
}

impl Section {
    /// A section of `kind` holding `text`.
    pub fn new(kind: SectionKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
        }
    }
}
