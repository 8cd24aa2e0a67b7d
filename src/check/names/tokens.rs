//! English text as the finder of names reads it: words with what stands around them.

use std::ops::Range;

use super::words::Class;

/// A word.
#[derive(Debug, Clone)]
pub(super) struct Token<'a> {
    /// As it stands, without a possessive ending.
    pub(super) text: &'a str,
    /// In lower case, without full stops.
    pub(super) key: String,
    pub(super) range: Range<usize>,
    /// Whether it begins with a capital.
    pub(super) is_capital: bool,
    /// Whether a sentence, a quotation or a line begins with it.
    pub(super) opens: bool,
    /// What stands between it and the word before.
    pub(super) gap: &'a str,
    /// Whether it ends in 's or '.
    pub(super) is_possessive: bool,
}

impl Token<'_> {
    /// "J", as in "J. Edgar".
    pub(super) fn is_initial(&self) -> bool {
        self.is_capital && self.key.chars().count() == 1
    }

    /// "UNESCO", "MI6", but not "I".
    pub(super) fn is_acronym(&self) -> bool {
        let capitals = self.text.chars().filter(|c| c.is_uppercase()).count();
        capitals >= 2 && !self.text.chars().any(char::is_lowercase)
    }
}

/// The words of a text, in order.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut end = 0;
    for range in runs(text) {
        let whole = text.get(range.clone()).unwrap_or_default();
        let gap = text.get(end..range.start).unwrap_or_default();
        end = range.end;
        let word = ["'s", "’s", "'S", "’S"]
            .iter()
            .find_map(|ending| whole.strip_suffix(ending))
            .unwrap_or(whole);
        let key = word.to_lowercase().replace(['.', '’'], "");
        let opens = tokens.last().is_none_or(|before| opens(before, gap));
        tokens.push(Token {
            is_capital: is_capital(word),
            range: range.start..range.start + word.len(),
            is_possessive: word.len() < whole.len(),
            text: word,
            key,
            opens,
            gap,
        });
    }
    for at in 1..tokens.len() {
        let is_after = tokens
            .get(at)
            .is_some_and(|token| token.gap.starts_with(['\'', '’']) && token.gap.len() > 1);
        if is_after
            && let Some(before) = tokens.get_mut(at - 1)
            && before.key.ends_with('s')
        {
            before.is_possessive = true;
        }
    }
    tokens
}

/// "Lund", and "al-Rashid".
fn is_capital(word: &str) -> bool {
    let has_article = |(article, rest): (&str, &str)| {
        Class::Particle.has(article) && rest.starts_with(char::is_uppercase)
    };
    word.starts_with(char::is_uppercase) || word.split_once('-').is_some_and(has_article)
}

fn opens(before: &Token<'_>, gap: &str) -> bool {
    let abbreviates = before.is_initial()
        || before.text.contains('.')
        || (before.is_capital && Class::Title.has(&before.key))
        || matches!(before.key.as_str(), "st" | "jr" | "vs" | "mt" | "no");
    let stops = gap.contains([
        '!', '?', '\n', ';', ':', '"', '“', '”', '«', '‘', '•', '|', '–', '—',
    ]) || gap.contains(" - ")
        || gap.contains(" '");
    stops || gap.contains("...") || (gap.contains('.') && !abbreviates)
}

/// Where the words are: letters and digits, with apostrophes, and the hyphens and full stops that
/// belong to a name.
fn runs(text: &str) -> Vec<Range<usize>> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let at = |index: usize| characters.get(index).map(|(_, c)| *c);
    let place = |index: usize| characters.get(index).map_or(text.len(), |(at, _)| *at);
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut index = 0;
    while let Some(c) = at(index) {
        if !c.is_alphanumeric() {
            index += 1;
            continue;
        }
        let start = index;
        while let Some(c) = at(index) {
            let after = at(index + 1);
            let joins = match c {
                '\'' | '’' => after.is_some_and(char::is_alphabetic),
                '.' => {
                    let single = index
                        .checked_sub(2)
                        .and_then(at)
                        .is_none_or(|c| !c.is_alphanumeric())
                        || index == start + 1
                        || index.checked_sub(2).and_then(at) == Some('.');
                    single
                        && index > start
                        && index
                            .checked_sub(1)
                            .and_then(at)
                            .is_some_and(char::is_uppercase)
                        && after.is_some_and(char::is_uppercase)
                }
                '-' | '‑' => {
                    let part: String = characters
                        .iter()
                        .skip(index + 1)
                        .map(|(_, c)| *c)
                        .take_while(|c| c.is_alphanumeric())
                        .collect();
                    hyphenates(
                        text.get(place(start)..place(index)).unwrap_or_default(),
                        &part,
                    ) && (part.starts_with(char::is_uppercase)
                        || follows_name(text, &runs, place(start)))
                }
                c => c.is_alphanumeric(),
            };
            if !joins {
                break;
            }
            index += 1;
        }
        runs.push(place(start)..place(index));
    }
    runs
}

/// "Leif-Eric", "Jae-in", "Al-Sisi", "al-Assad", but not "London-based" or "anti-Trump".
fn hyphenates(word: &str, part: &str) -> bool {
    const LONGEST: usize = 6;
    let first = word.chars().next().is_some_and(char::is_uppercase);
    let length = word.chars().count();
    match part.chars().next() {
        Some(c) if c.is_uppercase() => {
            let acronym = |word: &str| word.chars().filter(|c| c.is_uppercase()).count() >= 2;
            (first && length > 1 && !acronym(word) && !acronym(part)) || Class::Particle.has(word)
        }
        Some(c) if c.is_lowercase() => {
            first && length <= LONGEST && part.chars().count() <= LONGEST && !Class::Tail.has(part)
        }
        _ => false,
    }
}

/// Whether a capitalised word stands right before: the family name of "Moon Jae-in".
fn follows_name(text: &str, runs: &[Range<usize>], start: usize) -> bool {
    runs.last().is_some_and(|before| {
        text.get(before.end..start) == Some(" ")
            && text
                .get(before.clone())
                .is_some_and(|word| word.starts_with(char::is_uppercase))
    })
}
