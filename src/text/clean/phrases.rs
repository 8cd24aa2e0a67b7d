//! The phrases of page chrome, read from `phrases.txt` once.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::text::DropReason;

/// A phrase that a line begins with or has in it, for lines of at most so many words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phrase {
    pub(super) text: &'static str,
    pub(super) most_words: usize,
    pub(super) reason: DropReason,
    /// Whether the line may end in a full stop, for phrases that a line begins with.
    pub(super) in_sentences: bool,
}

/// The table, sorted by how a phrase is looked up.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    /// Whole lines, wherever they stand.
    pub(super) whole: HashMap<&'static str, DropReason>,
    /// Whole lines above and below the story.
    pub(super) edge: HashMap<&'static str, DropReason>,
    /// Headings of lists of other stories.
    pub(super) headings: HashSet<&'static str>,
    /// Beginnings of lines by their first word.
    pub(super) start: HashMap<&'static str, Vec<Phrase>>,
    pub(super) within: Vec<Phrase>,
    pub(super) menu_words: HashSet<&'static str>,
    pub(super) share_words: HashSet<&'static str>,
    pub(super) agencies: HashSet<&'static str>,
}

pub(super) static PHRASES: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::read(include_str!("phrases.txt")).0);

impl Phrases {
    /// Reads the table; what it does not understand is returned beside it, for a test to look at.
    fn read(table: &'static str) -> (Self, Vec<&'static str>) {
        let mut found = Self::default();
        let mut unknown = Vec::new();
        let mut header = "";
        for line in table
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            if let Some(name) = line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                header = name;
                continue;
            }
            for phrase in line
                .split(',')
                .map(str::trim)
                .filter(|phrase| !phrase.is_empty())
            {
                if found.add(header, phrase).is_none() {
                    unknown.push(header);
                }
            }
        }
        (found, unknown)
    }

    fn add(&mut self, header: &str, text: &'static str) -> Option<()> {
        let mut words = header.split(' ');
        let (name, at, number) = (words.next()?, words.next(), words.next());
        let most_words = || number.and_then(|number| number.parse().ok());
        match (name, at) {
            ("menu", Some("words")) => drop(self.menu_words.insert(text)),
            ("share", Some("words")) => drop(self.share_words.insert(text)),
            ("agencies", None) => drop(self.agencies.insert(text)),
            (name, Some("whole")) => drop(self.whole.insert(text, reason(name)?)),
            (name, Some("edge")) => drop(self.edge.insert(text, reason(name)?)),
            (_, Some("heading")) => drop(self.headings.insert(text)),
            (name, Some("within")) => {
                self.within.push(Phrase {
                    text,
                    most_words: most_words()?,
                    reason: reason(name)?,
                    in_sentences: true,
                });
            }
            (name, Some(at @ ("start" | "sentence"))) => {
                let phrase = Phrase {
                    text,
                    most_words: most_words()?,
                    reason: reason(name)?,
                    in_sentences: at == "sentence",
                };
                self.start
                    .entry(text.split(' ').next()?)
                    .or_default()
                    .push(phrase);
            }
            _ => return None,
        }
        Some(())
    }
}

fn reason(name: &str) -> Option<DropReason> {
    use DropReason::{
        Advertisement, Byline, Consent, Duplicate, Furniture, Navigation, RelatedLinks, Sharing,
        Subscription,
    };
    [
        Navigation,
        RelatedLinks,
        Sharing,
        Consent,
        Subscription,
        Advertisement,
        Byline,
        Furniture,
        Duplicate,
    ]
    .into_iter()
    .find(|reason| reason.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::clean::measure::key;

    #[test]
    fn every_header_of_the_table_is_understood_and_every_phrase_is_written_as_lines_are_compared() {
        let (phrases, unknown) = Phrases::read(include_str!("phrases.txt"));
        assert_eq!(unknown, Vec::<&str>::new());
        let table: Vec<&str> = include_str!("phrases.txt").lines().collect();
        for pair in table.windows(2) {
            let broken = pair[0].starts_with(char::is_alphanumeric)
                && !pair[0].ends_with(',')
                && !pair[1].is_empty();
            assert!(!broken, "a phrase is broken over two lines: {pair:?}");
        }
        assert!(
            phrases.whole.len() > 50
                && phrases.headings.len() > 30
                && phrases.menu_words.len() > 80
        );
        let starts = phrases.start.values().flatten().map(|phrase| phrase.text);
        let all = phrases
            .whole
            .keys()
            .chain(phrases.headings.iter())
            .copied()
            .chain(starts);
        for phrase in all.chain(phrases.within.iter().map(|phrase| phrase.text)) {
            assert_eq!(key(phrase), phrase);
        }
    }
}
