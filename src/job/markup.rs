//! What a section's text cannot say: which words were a link or in bold, which list or quotation a
//! section stood in, and what stood between sections.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An element around some words of a section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mark {
    /// Which element.
    pub tag: Inline,
    /// First byte within the section's text (UTF-8).
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Its attributes, such as `href`. Those that could run a program or change the page's looks are
    /// not kept.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

impl Mark {
    /// A mark without attributes over the bytes from `start` to `end`.
    pub fn new(tag: Inline, start: usize, end: usize) -> Self {
        Self {
            tag,
            start,
            end,
            attributes: BTreeMap::new(),
        }
    }

    /// The same with another attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: &str) -> Self {
        self.attributes.insert(name.to_owned(), value.to_owned());
        self
    }
}

/// Declares an enum of elements with their names.
macro_rules! elements {
    ($(#[$doc:meta])* $kind:ident { $($(#[$each:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "lowercase")]
        pub enum $kind { $($(#[$each])* $variant,)+ }

        impl $kind {
            /// Each of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name of the element, in small letters.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The element of that name, which is in small letters.
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

elements! {
    /// An element within a line that is kept.
    Inline {
        /// A link.
        A = "a",
        /// An abbreviation.
        Abbr = "abbr",
        /// Bold.
        B = "b",
        /// The title of a work.
        Cite = "cite",
        /// Code.
        Code = "code",
        /// Taken out.
        Del = "del",
        /// A term that is defined.
        Dfn = "dfn",
        /// Stressed.
        Em = "em",
        /// Italics.
        I = "i",
        /// Put in.
        Ins = "ins",
        /// A key to press.
        Kbd = "kbd",
        /// Highlighted.
        Mark = "mark",
        /// A quotation.
        Q = "q",
        /// No longer right.
        S = "s",
        /// In small print.
        Small = "small",
        /// Important.
        Strong = "strong",
        /// Below the line.
        Sub = "sub",
        /// Above the line.
        Sup = "sup",
        /// Underlined.
        U = "u",
        /// A variable.
        Var = "var",
    }
}

elements! {
    /// An element around sections that is kept.
    ContainerTag {
        /// A list.
        Ul = "ul",
        /// A numbered list.
        Ol = "ol",
        /// An entry of a list.
        Li = "li",
        /// A list of terms.
        Dl = "dl",
        /// A term of such a list.
        Dt = "dt",
        /// What is said about it.
        Dd = "dd",
        /// A quotation.
        Blockquote = "blockquote",
        /// A picture and the like, with its caption.
        Figure = "figure",
    }
}

/// An element that a section or an embed stands in. Neighbours with the same `id` stand in the same
/// element.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Container {
    /// Which element.
    pub tag: ContainerTag,
    /// Tells it from others of its kind in the article.
    pub id: u32,
}

/// Something that is not text and stands between sections as it is: a picture, a film, a table, a
/// post of a social network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Embed {
    /// Index of the section before which it stands; the number of sections at the end.
    pub before: usize,
    /// It as HTML, without scripts.
    pub html: String,
    /// The elements that it stands in, from the outermost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<Container>,
}

/// Where a mark of a source section stands in its translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetMark {
    /// Index into the marks of the source section.
    pub mark: usize,
    /// First byte within the target section's text (UTF-8).
    pub start: usize,
    /// One past the last byte; the same as `start` where the translation has no word to put it around.
    pub end: usize,
    /// How sure that is.
    pub placed: Placed,
}

/// How a mark was placed in a translation, from the surest.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Placed {
    /// It is around whole sentences or the whole section, in both texts.
    Exact,
    /// The marked words were found in the translation.
    Anchored,
    /// Put where it stood in the source, in proportion: look at it.
    Estimated,
}
