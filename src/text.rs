//! Pure text work: a page into sections, sections into sentences, and back again.
//!
//! Nothing here does I/O, is async, or knows of models. Sizes in tokens come from a counter that
//! the caller hands in.

pub mod chunk;
pub mod clean;
pub mod detect;
pub mod input;
pub mod markup;
pub mod publish;
pub mod rank;
pub mod sentences;
pub mod words;

use crate::job::Section;
use crate::job::markup::Embed;

/// The words of a text with single spaces between them.
pub fn join_words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An article with the chrome of its page taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// Its sections in reading order. A title, if there is one, is first. Never empty.
    pub sections: Vec<Section>,
    /// What was taken off, in page order.
    pub dropped: Vec<Dropped>,
    /// Pictures, films, tables and posts between its sections, in page order; none unless it was HTML.
    pub embeds: Vec<Embed>,
}

/// A piece of a page that is not part of the article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The text as it stood.
    pub text: String,
    /// Why it was taken off.
    pub reason: DropReason,
}

/// Why a piece of a page is not part of the article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DropReason {
    /// Menus, breadcrumbs and category lines.
    Navigation,
    /// Links to other stories.
    RelatedLinks,
    /// Share, follow, print and comment controls.
    Sharing,
    /// Cookie, consent and privacy notices.
    Consent,
    /// Newsletter and subscription boxes.
    Subscription,
    /// Advertisement markers.
    Advertisement,
    /// Author, agency and date lines.
    Byline,
    /// Copyright, "back to top" and other page furniture.
    Furniture,
    /// Says again what the article has said: a repeated headline or paragraph.
    Duplicate,
}

impl DropReason {
    /// The name in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Navigation => "navigation",
            Self::RelatedLinks => "related_links",
            Self::Sharing => "sharing",
            Self::Consent => "consent",
            Self::Subscription => "subscription",
            Self::Advertisement => "advertisement",
            Self::Byline => "byline",
            Self::Furniture => "furniture",
            Self::Duplicate => "duplicate",
        }
    }
}

/// Nothing is left of a page once its chrome is taken off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no article text was found: {why}")]
pub struct EmptyArticle {
    /// What was there instead.
    pub why: String,
}

/// Whether `word` is one of the words of `list`, which are parted by spaces.
pub(crate) fn among(list: &str, word: &str) -> bool {
    list.split(' ').any(|known| known == word)
}
