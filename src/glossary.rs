//! How a desk wants terms translated: read, found, checked, enforced.
//!
//! A [`Glossary`] is a file of a desk, or the starter glossary that is compiled in ([`world`]), with
//! a job's own terms laid over it ([`Glossary::with_terms`]). It does five things:
//!
//! - [`Glossary::hits`] finds its terms in a source text.
//! - [`Glossary::check`] says which of them a translation lacks, and where it has a form that is
//!   forbidden.
//! - [`Glossary::prompt_terms`] is for prompts of language models.
//! - [`Glossary::protect`] is for translators that take no prompt: placeholders for the terms that a
//!   first translation lacks.
//! - [`Glossary::repair`] puts right what can be put right without breaking the sentence.
//!
//! Positions are bytes everywhere. Only [`store`] reads files.

mod check;
mod entry;
mod error;
mod find;
mod index;
mod merge;
pub mod particle;
mod prompt;
mod protect;
mod read;
mod repair;
pub mod russian;
mod sound;
pub mod store;
mod tokens;

use std::collections::HashMap;
use std::fmt;

pub use entry::{Case, Entry};
pub use error::{GlossaryError, Place};
pub use index::Hit;
pub use protect::Protected;
pub use read::Format;

use crate::hash::of_bytes;
use crate::job::Lang;
use find::Forms;
use index::Index;

/// The starter glossary: names and institutions that are common in world news.
const WORLD: &str = include_str!("../models/glossaries/world.csv");

/// Terms, and what stands for each in each language.
#[derive(Clone)]
pub struct Glossary {
    name: String,
    hash: String,
    entries: Vec<Entry>,
    index: Index,
    /// Forms that a translation may have, by language: to tell India from Indonesia.
    forms: HashMap<Lang, Forms>,
}

impl Glossary {
    /// Most entries of one glossary.
    pub const MAX_ENTRIES: usize = 50_000;

    /// A glossary without entries, for jobs that name none.
    pub fn empty() -> Self {
        Self::assemble(String::new(), of_bytes(b""), Vec::new())
    }

    /// Reads a glossary from the bytes of a file. `name` is its id; `file` is what errors call it.
    ///
    /// # Errors
    /// [`GlossaryError`] for what cannot be read, contradicts itself or is too long. It names file
    /// and line or entry, and says what to do.
    pub fn parse(
        name: &str,
        file: &str,
        format: Format,
        bytes: &[u8],
    ) -> Result<Self, GlossaryError> {
        let in_file = |(place, what)| GlossaryError {
            file: file.to_owned(),
            place,
            what,
        };
        let drafts = read::drafts(format, bytes).map_err(in_file)?;
        let entries = read::checked(drafts).map_err(in_file)?;
        Ok(Self::assemble(name.to_owned(), of_bytes(bytes), entries))
    }

    fn assemble(name: String, hash: String, entries: Vec<Entry>) -> Self {
        let forms = Lang::TARGETS
            .into_iter()
            .map(|lang| (lang, Forms::new(&entries, lang)))
            .collect();
        Self {
            index: Index::new(&entries),
            forms,
            name,
            hash,
            entries,
        }
    }

    /// Its id: the name of its file without ending.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version: SHA-256 of the file's bytes, in hex. With a job's terms over it, of both.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Its entries, in the order of the file; a job's own come first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether it has no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl Default for Glossary {
    fn default() -> Self {
        Self::empty()
    }
}

impl fmt::Debug for Glossary {
    /// Without entries and index, which are long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Glossary")
            .field("name", &self.name)
            .field("hash", &self.hash)
            .field("entries", &self.entries.len())
            .finish_non_exhaustive()
    }
}

/// The starter glossary, id `world`.
///
/// # Errors
/// None, as a test shows; the file is compiled in and read like any other.
pub fn world() -> Result<Glossary, GlossaryError> {
    Glossary::parse("world", "world.csv", Format::Csv, WORLD.as_bytes())
}

#[cfg(test)]
mod world_tests;
