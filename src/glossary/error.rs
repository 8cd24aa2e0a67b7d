//! What is wrong with a glossary.

use std::fmt;

/// A glossary cannot be read, or contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {}{what}", place.as_ref().map_or_else(String::new, |place| format!("{place}: ")))]
pub struct GlossaryError {
    /// The file's name.
    pub file: String,
    /// Where in the file; `None` where it is not of one place.
    pub place: Option<Place>,
    /// What is wrong and what to do, in a sentence.
    pub what: String,
}

/// A place in a glossary's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A line, counted from 1.
    Line(usize),
    /// An entry by its id, in files whose lines say little.
    Entry(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Entry(id) => write!(f, "entry {id}"),
        }
    }
}
