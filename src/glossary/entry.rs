//! One term of a glossary.

use std::collections::BTreeMap;

use crate::job::Lang;

/// A term in the article's language, and what stands for it in each target language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// How the term may be written in the source; the first is its name. Never empty.
    pub sources: Vec<String>,
    /// Whether capitals count where it is looked for.
    pub case: Case,
    /// It stands untranslated where a language has no form of its own in `targets`.
    pub do_not_translate: bool,
    /// The preferred Russian form keeps its ending in every case ("Токио", "Шойгу").
    pub indeclinable: bool,
    /// Per language, the forms that a translation may have; the first is preferred.
    pub targets: BTreeMap<Lang, Vec<String>>,
    /// Per language, the forms that a translation of this term must not have.
    pub forbidden: BTreeMap<Lang, Vec<String>>,
    /// For people.
    pub note: String,
    /// Where the forms come from: a rule, a ruling, or whose own usage it is.
    pub origin: String,
}

/// Whether capitals count where a term is looked for in a source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Case {
    /// They count for forms that have no lower-case letter, so that "WHO" is not found in "who",
    /// and for no others.
    #[default]
    Auto,
    /// They count: "Turkey" is not found in "turkey", nor in a headline in capitals.
    Exact,
    /// They do not count.
    Insensitive,
}

impl Case {
    /// Whether the letters of `source` have to be as they are written.
    pub fn is_exact(self, source: &str) -> bool {
        match self {
            Self::Exact => true,
            Self::Insensitive => false,
            Self::Auto => {
                source.chars().any(char::is_uppercase) && !source.chars().any(char::is_lowercase)
            }
        }
    }
}

impl Entry {
    /// What a translation into `lang` may have for this term, the preferred form first. Empty
    /// where the entry says nothing about the language.
    pub fn accepted(&self, lang: Lang) -> &[String] {
        match self.targets.get(&lang) {
            Some(forms) if !forms.is_empty() => forms,
            _ if self.do_not_translate => &self.sources,
            _ => &[],
        }
    }

    /// What a translation into `lang` must not have for this term.
    pub fn forbidden(&self, lang: Lang) -> &[String] {
        self.forbidden.get(&lang).map_or(&[], Vec::as_slice)
    }

    /// Whether the entry says how the term stands in `lang`.
    pub fn is_for(&self, lang: Lang) -> bool {
        !self.accepted(lang).is_empty()
    }
}
