//! A section: one block of an article, with its role.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::markup::{Container, Mark};

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
    /// Links, bold type and the like: elements around some of its words. They nest and do not cross;
    /// one that does is cut off where it crosses another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// The lists, quotations and figures that it stands in, from the outermost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<Container>,
    /// The level of a heading, 2 to 6, where the page said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 6))]
    pub level: Option<u8>,
}

impl Section {
    /// A section of `kind` holding `text`, without markup.
    pub fn new(kind: SectionKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            marks: Vec::new(),
            within: Vec::new(),
            level: None,
        }
    }

    /// The same with marks on its text.
    #[must_use]
    pub fn with_marks(mut self, marks: Vec<Mark>) -> Self {
        self.marks = marks;
        self
    }

    /// The same inside of these elements, from the outermost.
    #[must_use]
    pub fn with_containers(mut self, within: Vec<Container>) -> Self {
        self.within = within;
        self
    }
}
