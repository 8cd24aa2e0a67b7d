//! How a newsroom wants a term translated.

use crate::job::Lang;

/// One term and its translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The term in the article's language.
    pub source: String,
    /// What stands for it in the translation.
    pub target: String,
    /// The language of `target`; the job's only target when absent.
    pub lang: Option<Lang>,
}

impl Term {
    /// Most terms that a job may bring along.
    pub const MAX_PER_JOB: usize = 500;
    /// Longest term, in characters.
    pub const MAX_CHARS: usize = 200;

    /// Whether the term is for translations into `lang`.
    pub fn is_for(&self, lang: Lang) -> bool {
        self.lang.is_none_or(|own| own == lang)
    }
}
