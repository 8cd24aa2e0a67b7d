//! Classes of English words that matter to names: `words.txt`.

use std::collections::HashSet;
use std::sync::LazyLock;

/// A class of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Stand before a person's name: "President", "Mr".
    Title,
    /// Say in lower case who somebody is: "striker", "daughter".
    Role,
    /// Make a name one of an institution, a road or a thing: "Ministry", "Street".
    Institution,
    /// Peoples, faiths and parties, which are translated as words.
    People,
    /// Days, months and zones.
    Calendar,
    /// Begin sentences and are no names.
    Opener,
    /// Stand inside names in lower case: "van", "al".
    Particle,
    /// Follow a name and a hyphen, and are no part of it: "London-based".
    Tail,
    /// Follow who speaks.
    Speech,
}

impl Class {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Title, "title"),
        (Self::Role, "role"),
        (Self::Institution, "institution"),
        (Self::People, "people"),
        (Self::Calendar, "calendar"),
        (Self::Opener, "opener"),
        (Self::Particle, "particle"),
        (Self::Tail, "tail"),
        (Self::Speech, "speech"),
    ];

    /// Whether a word, in lower case, is of the class.
    pub(super) fn has(self, word: &str) -> bool {
        CLASSES
            .iter()
            .any(|(class, words)| *class == self && words.contains(word))
    }
}

/// The words of each class: a line that begins with `#` and the class, and lines of words.
static CLASSES: LazyLock<Vec<(Class, HashSet<&'static str>)>> = LazyLock::new(|| {
    include_str!("words.txt")
        .split("# ")
        .filter_map(|block| block.split_once('\n'))
        .filter_map(|(name, words)| {
            let (class, _) = Class::ALL.iter().find(|(_, known)| *known == name)?;
            Some((*class, words.split_whitespace().collect()))
        })
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_words() {
        for (class, word) in [
            (Class::Title, "president"),
            (Class::Role, "striker"),
            (Class::Institution, "ministry"),
            (Class::People, "dutch"),
            (Class::Calendar, "monday"),
            (Class::Opener, "meanwhile"),
            (Class::Particle, "van"),
            (Class::Tail, "based"),
            (Class::Speech, "said"),
        ] {
            assert!(class.has(word), "{class:?}");
            assert!(!class.has("lisbon"), "{class:?}");
        }
        assert_eq!(CLASSES.len(), Class::ALL.len());
    }
}
