//! Markup that comes back in place: what stood around the words of a page, put around the words of
//! its translation, and both written as HTML.
//!
//! A model is given plain text, so marks do not go through it. [`project()`] looks for where each of them
//! belongs instead, and says how sure it is; [`source_html`] and [`target_html`] write the article.
//! What is written is well-formed whatever the texts hold, also as XML, and has no element or
//! attribute that is not on a list.

mod anchor;
mod embed;
mod escape;
mod html;
mod line;
mod particle;
mod project;
mod safe;
mod tree;
mod words;

pub use html::{source_html, target_html};
pub use project::{Find, Piece, Translated, project, translated};
pub use tree::{MAX_NESTING, tidy};

pub(in crate::text) use embed::sanitised;
pub(in crate::text) use safe::{POSTS, attribute};

#[cfg(test)]
#[expect(
    clippy::string_slice,
    reason = "the ranges under test are sliced by, so that a bad one fails the test"
)]
mod tests;
