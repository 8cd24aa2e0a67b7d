//! Names in English news text, by capitals and by what stands around them.

use std::ops::Range;

use super::table;
use super::tokens::{Token, is, tokens};
use super::known::Known;

/// What a name is the name of, as far as can be guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A person.
    Person,
    /// A company, a ministry, a party, a club; acronyms too.
    Organisation,
    /// A country, a town, a river.
    Place,
    /// Something else, or it cannot be told.
    Other,
}

/// A name in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Where, in bytes; without titles before it and without a possessive ending.
    pub range: Range<usize>,
    /// Its words, with their hyphens and without full stops after initials.
    pub words: Vec<String>,
    /// A guess.
    pub kind: Kind,
    /// Whether its own words or a title say of what kind it is, not only its surroundings.
    pub is_sure: bool,
    /// Whether it stands where every word has a capital, so that it may be no name.
    pub is_doubtful: bool,
}

impl Name {
    /// The words with single spaces.
    pub fn text(&self) -> String {
        self.words.join(" ")
    }
}

/// The names of a text, in order, without knowing the article it is from.
pub fn find(text: &str) -> Vec<Name> {
    find_with(text, &Known::default())
}

/// The names of a text, in order. Where most words have capitals, those that `known` has.
pub(super) fn find_with(text: &str, known: &Known) -> Vec<Name> {
    let tokens = tokens(text);
    let is_headline = is_headline(&tokens);
    let mut names = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let taken = span(tokens.get(at..).unwrap_or_default(), is_headline, known);
        if taken == 0 {
            at += 1;
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let span = tokens.get(at..at + taken).unwrap_or_default();
        let after = tokens.get(at + taken..).unwrap_or_default();
        split(span, before, after, is_headline, known, &mut names);
        at += taken;
    }
    names
}

/// Whether most of the longer words have capitals though no sentence begins with them.
fn is_headline(tokens: &[Token<'_>]) -> bool {
    const SHORTEST: usize = 4;
    const LEAST: usize = 3;
    let long: Vec<_> = tokens
        .iter()
        .skip(1)
        .filter(|token| {
            token.key.chars().count() >= SHORTEST && token.key.chars().any(char::is_alphabetic)
        })
        .collect();
    let capitals = long.iter().filter(|token| token.is_capital).count();
    long.len() >= LEAST && capitals * 4 >= long.len() * 3
}

/// How many of the words at the beginning of `tokens` are capitalised and belong together.
fn span(tokens: &[Token<'_>], is_headline: bool, known: &Known) -> usize {
    let mut taken = 0;
    while let Some(token) = tokens.get(taken) {
        let joins = taken == 0 || is_joined(tokens, taken);
        if !joins {
            break;
        }
        // "Theresa May" is no month.
        let is_after_given = taken
            .checked_sub(1)
            .and_then(|before| tokens.get(before))
            .is_some_and(|before| table::given(before.text).is_some());
        if is_namelike(token, is_headline, known)
            || (is_after_given && token.is_capital && is("calendar", &token.key))
        {
            taken += 1;
        } else if taken > 0 && is("particle", &token.key) {
            let next = (taken + 1..taken + 3).find(|at| {
                tokens.get(*at).is_some_and(|next| {
                    next.gap == " " && is_namelike(next, is_headline, known)
                })
            });
            let between = |end: usize| {
                tokens.get(taken..end).is_some_and(|between| {
                    between.iter().all(|token| token.gap == " " && is("particle", &token.key))
                })
            };
            match next {
                Some(next) if between(next) => taken = next + 1,
                _ => break,
            }
        } else {
            break;
        }
    }
    taken
}

/// Whether a word and the one before it are parted only by a space, or by the full stop of an
/// initial or an abbreviated title.
fn is_joined(tokens: &[Token<'_>], at: usize) -> bool {
    let (Some(before), Some(token)) = (
        at.checked_sub(1).and_then(|at| tokens.get(at)),
        tokens.get(at),
    ) else {
        return false;
    };
    let abbreviates = before.is_initial()
        || before.text.contains('.')
        || is("title", &before.key)
        || matches!(before.key.as_str(), "st" | "mt");
    !before.is_possessive && (token.gap == " " || (token.gap == ". " && abbreviates))
}

fn is_namelike(token: &Token<'_>, is_headline: bool, known: &Known) -> bool {
    let key = token.key.as_str();
    let letters = token.key.chars().filter(|c| c.is_alphabetic()).count();
    token.is_capital
        && letters > 0
        && key != "i"
        && !key.starts_with("i'")
        && !is("nation", key)
        && !(is("calendar", key) && !known.has_surname(key))
        && !(token.opens && is("opener", key))
        && !(is("opener", key) && (is_headline || !is("title", key)) && !known.has_surname(key) && !is("org", key))
        && !(is_headline && !(known.has_word(key) || table::exonym(token.text).is_some() || is("org", key) || is("title", key)))
}

/// The names in a run of capitalised words: countries before a title, and who follows it.
fn split(
    span: &[Token<'_>],
    before: Option<&Token<'_>>,
    after: &[Token<'_>],
    is_headline: bool,
    known: &Known,
    names: &mut Vec<Name>,
) {
    // "US President Donald Trump", "Saudi Arabia Foreign Minister ...".
    let title = span.iter().rposition(|token| is("title", &token.key) && !token.is_possessive);
    let is_org = |words: &[Token<'_>]| words.iter().any(|token| is("org", &token.key));
    if let Some(title) = title {
        let (head, tail) = span.split_at(title + 1);
        let before_titles = head
            .iter()
            .position(|token| is("title", &token.key))
            .unwrap_or(title);
        let tail_is_org = is_org(tail);
        if !tail.is_empty() && !tail_is_org {
            let lead = head.get(..before_titles).unwrap_or_default();
            push(lead, before, &[], is_headline, false, known, names);
            push(tail, head.last(), after, is_headline, true, known, names);
            return;
        }
        if tail.is_empty() {
            push(head.get(..before_titles).unwrap_or_default(), before, after, is_headline, false, known, names);
            return;
        }
    }
    let is_titled = before.is_some_and(|before| {
        !before.is_capital
            && matches!(
                before.key.as_str(),
                "president" | "minister" | "chancellor" | "senator" | "coach" | "spokesman"
                    | "spokeswoman" | "judge" | "king" | "queen" | "premier" | "captain"
                    | "secretary" | "actor" | "singer" | "striker" | "midfielder" | "defender"
                    | "goalkeeper" | "son" | "daughter" | "wife" | "husband" | "brother" | "sister"
            )
    }) && span.first().is_some_and(|token| token.gap == " ");
    push(span, before, after, is_headline, is_titled, known, names);
}

/// One name, if it is one.
fn push(
    span: &[Token<'_>],
    before: Option<&Token<'_>>,
    after: &[Token<'_>],
    is_headline: bool,
    is_titled: bool,
    known: &Known,
    names: &mut Vec<Name>,
) {
    let mut span = span;
    // A country before a name: "US Open", "China Daily" stay whole; "Russia Vladimir" is two.
    while let Some((first, rest)) = span.split_first() {
        let is_common = first.opens
            && !is_titled
            && (is("opener", &first.key)
                || (known.has_common(&first.key) && table::given(first.text).is_none()));
        if !is_common {
            break;
        }
        span = rest;
    }
    let (Some(first), Some(last)) = (span.first(), span.last()) else {
        return;
    };
    let words: Vec<String> = span
        .iter()
        .map(|token| token.text.replace('.', ""))
        .collect();
    let text = span
        .iter()
        .map(|token| token.text)
        .collect::<Vec<_>>()
        .join(" ");
    let range = first.range.start..last.range.end;
    let full = words.join(" ");
    let (kind, is_sure) = kind(span, &full, &text, before, after, is_titled, known);
    let is_single = span.len() == 1;
    // A single capital at the beginning of a sentence says nothing.
    if is_single
        && first.opens
        && !is_titled
        && !first.is_acronym()
        && !known.has_word(&first.key)
        && table::exonym(first.text).is_none()
        && table::given(first.text).is_none()
    {
        return;
    }
    names.push(Name {
        range,
        words,
        kind,
        is_sure,
        is_doubtful: is_headline,
    });
}

fn kind(
    span: &[Token<'_>],
    full: &str,
    printed: &str,
    before: Option<&Token<'_>>,
    after: &[Token<'_>],
    is_titled: bool,
    known: &Known,
) -> (Kind, bool) {
    if let Some(kind) = known.entity(full) {
        return (kind, true);
    }
    let (Some(first), Some(last)) = (span.first(), span.last()) else {
        return (Kind::Other, false);
    };
    if table::exonym(printed).is_some() || table::exonym(full).is_some() {
        let kind = if first.is_acronym() { Kind::Organisation } else { Kind::Place };
        return (kind, true);
    }
    if span.iter().any(|token| is("org", &token.key)) {
        return (Kind::Organisation, true);
    }
    let next = after.first();
    let is_alone = span.len() == 1;
    if is_alone && first.is_acronym() {
        return (Kind::Organisation, true);
    }
    if span.iter().any(Token::is_acronym) {
        return (Kind::Other, false);
    }
    // "Kennedy of", "Bank of": the rest of the name is unknown.
    if next.is_some_and(|next| next.gap == " " && next.key == "of") && !is_titled && is_alone {
        return (Kind::Other, false);
    }
    if is_titled {
        return (Kind::Person, true);
    }
    if !is_alone {
        let has_given = table::given(first.text).is_some() && table::exonym(first.text).is_none();
        let has_initial = span.iter().skip(1).any(Token::is_initial);
        let has_age = next.is_some_and(|next| {
            next.gap == ", "
                && next.key.chars().count() == 2
                && next.key.chars().all(|c| c.is_ascii_digit())
        });
        if has_given || has_initial || has_age {
            return (Kind::Person, true);
        }
    }
    if is_alone && known.has_surname(&last.key) {
        return (Kind::Person, false);
    }
    if next.is_some_and(|next| next.gap.trim_end_matches(' ').len() <= 1 && is("speech", &next.key)) {
        return (Kind::Person, false);
    }
    let is_placed = before.is_some_and(|before| {
        first.gap == " " && matches!(before.key.as_str(), "in" | "near" | "from" | "at")
    });
    if is_placed {
        return (Kind::Place, false);
    }
    (Kind::Other, false)
}
