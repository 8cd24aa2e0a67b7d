//! A result to look at: one page, complete in itself, for the editor who has to decide.
//!
//! [`page()`] makes HTML from a [`ResultMessage`] and nothing else: the source and its translations
//! side by side, what the checks found where it stands, the summary with the sentences that say
//! so, and how it all was made. The page loads nothing, sends nothing, and is complete without
//! scripts; the one that it brings along shows which sentences belong together. A policy in the
//! page itself (`Content-Security-Policy`) allows that script and its styles by their hashes, and
//! nothing else.
//!
//! Texts come from a model and from strangers. Everything is escaped, spans that do not fit their
//! text are ignored, and what a later version adds is shown by its name.

mod article;
pub mod codes;
mod estimates;
mod findings;
mod foot;
mod head;
mod marks;
mod page;
mod remarks;
mod sentences;
mod spot;
mod text;
mod words;

#[cfg(test)]
mod tests;

use crate::job::wire::ResultMessage;

/// The page of a result, as HTML.
pub fn page(result: &ResultMessage) -> String {
    page::html(result)
}
