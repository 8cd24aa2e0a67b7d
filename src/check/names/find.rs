//! Names in English news text, by capitals and by what stands around them.

use std::ops::Range;

use super::known::Known;
use super::table;
use super::tokens::{Token, tokens};
use super::words::Class;

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
    /// Whether it describes what follows: "Lisbon's mayor", "the Lisbon court".
    pub is_attribute: bool,
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
    // "FERRY TALKS FAIL": capitals tell nothing apart.
    if !text.chars().any(char::is_lowercase) && text.split_whitespace().count() > 2 {
        return Vec::new();
    }
    let tokens = tokens(text);
    let is_headline = is_headline(text, &tokens);
    let mut names = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let (before, rest) = tokens.split_at(at);
        let (span, after) = rest.split_at(span(rest, is_headline, known));
        let around = Around {
            before,
            after,
            is_headline,
            is_titled: false,
        };
        split(span, around, known, &mut names);
        at += span.len().max(1);
    }
    names
}

/// What stands around a run of capitalised words.
#[derive(Debug, Clone, Copy)]
struct Around<'t, 'a> {
    before: &'t [Token<'a>],
    after: &'t [Token<'a>],
    is_headline: bool,
    /// Whether a title stands before it.
    is_titled: bool,
}

/// Whether most words have capitals though no sentence begins with them, and none ends.
fn is_headline(text: &str, tokens: &[Token<'_>]) -> bool {
    const SHORTEST: usize = 3;
    const LEAST: usize = 3;
    /// Words that have no capital in headlines either.
    const SMALL: &str =
        "the and but for nor with from over amid into than that via per off out its";
    if text
        .trim_end_matches(['"', '”', '’', '\'', ')', ' '])
        .ends_with('.')
    {
        return false;
    }
    let words = || {
        tokens.iter().skip(1).filter(|token| {
            token.key.chars().filter(|c| c.is_alphabetic()).count() >= SHORTEST
                && !SMALL.split(' ').any(|small| small == token.key)
        })
    };
    let (all, capitals) = (
        words().count(),
        words().filter(|token| token.is_capital).count(),
    );
    all >= LEAST && capitals * 4 >= all * 3
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
        if let Some(listed) = listed(tokens.get(taken..).unwrap_or_default()) {
            taken += listed;
        } else if is_namelike(token, is_headline, known)
            || (is_after_given && token.is_capital && Class::Calendar.has(&token.key))
        {
            taken += 1;
        } else if taken > 0 && Class::Particle.has(&token.key) {
            let next = (taken + 1..taken + 3).find(|at| {
                tokens
                    .get(*at)
                    .is_some_and(|next| next.gap == " " && is_namelike(next, is_headline, known))
            });
            let between = |end: usize| {
                tokens.get(taken..end).is_some_and(|between| {
                    between
                        .iter()
                        .all(|token| token.gap == " " && Class::Particle.has(&token.key))
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

/// How many words at the beginning are a name of the table of several words: "North Korea", though
/// sentences begin with "North" too.
fn listed(tokens: &[Token<'_>]) -> Option<usize> {
    const MOST: usize = 4;
    (2..=MOST).rev().find(|&length| {
        tokens.get(..length).is_some_and(|words| {
            let joins = words.iter().skip(1).all(|token| token.gap == " ");
            let parted = words.iter().rev().skip(1).any(|token| token.is_possessive);
            joins && !parted && table::exonym(&printed(words)).is_some()
        })
    })
}

/// Words as they are printed, with single spaces.
fn printed(words: &[Token<'_>]) -> String {
    let words: Vec<&str> = words.iter().map(|token| token.text).collect();
    words.join(" ")
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
        || Class::Title.has(&before.key)
        || matches!(before.key.as_str(), "st" | "mt");
    !before.is_possessive && (token.gap == " " || (token.gap == ". " && abbreviates))
}

/// Whether a word may be part of a name.
fn is_namelike(token: &Token<'_>, is_headline: bool, known: &Known) -> bool {
    let key = token.key.as_str();
    let is_word = token.is_capital && key.chars().any(char::is_alphabetic);
    if !is_word || key == "i" || key.starts_with("i'") || Class::People.has(key) {
        return false;
    }
    // "WHO" and "US" are no pronouns.
    if token.is_acronym() && !is_headline {
        return true;
    }
    if known.has_surname(key) {
        return !(token.opens && Class::Opener.has(key));
    }
    let is_title = Class::Title.has(key);
    let is_institution = Class::Institution.has(key);
    if Class::Calendar.has(key) {
        return false;
    }
    if Class::Opener.has(key) && !is_institution {
        return is_title && !token.opens && !is_headline;
    }
    if Class::Opener.has(key) && token.opens {
        return false;
    }
    !is_headline
        || is_title
        || is_institution
        || token.is_acronym()
        || known.has_word(key)
        || table::exonym(token.text).is_some()
}

/// The names in a run of capitalised words: what stands before a title, and who follows it, as in
/// "US President Mary Stone".
fn split(span: &[Token<'_>], around: Around<'_, '_>, known: &Known, names: &mut Vec<Name>) {
    let is_title = |token: &Token<'_>| Class::Title.has(&token.key) && !token.is_possessive;
    let (Some(first), Some(last)) = (
        span.iter().position(is_title),
        span.iter().rposition(is_title),
    ) else {
        // "Striker Ivo Lund" where a sentence begins.
        if let Some((role, rest)) = span.split_first()
            && role.opens
            && !rest.is_empty()
            && Class::Role.has(&role.key)
        {
            let person = Around {
                before: std::slice::from_ref(role),
                is_titled: true,
                ..around
            };
            push(rest, person, known, names);
            return;
        }
        // "The conductor, Ada Lund," and "striker Ivo Lund".
        let has_role = around.before.last().is_some_and(|before| {
            !before.is_capital && !before.is_possessive && Class::Role.has(&before.key)
        });
        let is_titled = has_role
            && span
                .first()
                .is_some_and(|token| token.gap == " " || (token.gap == ", " && span.len() > 1));
        push(
            span,
            Around {
                is_titled,
                ..around
            },
            known,
            names,
        );
        return;
    };
    let (head, tail) = span.split_at(last + 1);
    if tail.iter().any(|token| Class::Institution.has(&token.key)) {
        push(span, around, known, names);
        return;
    }
    let (lead, titles) = head.split_at(first);
    let after = if tail.is_empty() { around.after } else { &[] };
    push(lead, Around { after, ..around }, known, names);
    let person = Around {
        before: titles,
        is_titled: true,
        ..around
    };
    push(tail, person, known, names);
}

/// One name, if it is one.
fn push(span: &[Token<'_>], around: Around<'_, '_>, known: &Known, names: &mut Vec<Name>) {
    let is_common = |token: &Token<'_>| {
        token.opens
            && !around.is_titled
            && (Class::Opener.has(&token.key)
                || (known.has_common(&token.key) && table::given(token.text).is_none()))
    };
    let common = match listed(span) {
        Some(_) => 0,
        None => span.iter().take_while(|token| is_common(token)).count(),
    };
    let span = span.get(common..).unwrap_or_default();
    let (Some(first), Some(last)) = (span.first(), span.last()) else {
        return;
    };
    // A single capital at the beginning of a sentence says nothing by itself.
    let says_nothing = span.len() == 1
        && first.opens
        && !around.is_titled
        && !first.is_acronym()
        && !known.has_word(&first.key)
        && table::exonym(first.text).is_none()
        && table::given(first.text).is_none();
    if says_nothing {
        return;
    }
    let (kind, is_sure) = kind(span, around, known);
    names.push(Name {
        range: first.range.start..last.range.end,
        words: span
            .iter()
            .map(|token| token.text.replace('.', ""))
            .collect(),
        kind,
        is_sure,
        is_doubtful: around.is_headline,
        is_attribute: last.is_possessive || describes(around),
    });
}

/// "The Lisbon court", "its 2016 Lisbon campaign".
fn describes(around: Around<'_, '_>) -> bool {
    let leads = around.before.last().is_some_and(|before| {
        matches!(
            before.key.as_str(),
            "the" | "a" | "an" | "its" | "their" | "his" | "her" | "this"
        ) || before.key.chars().all(|c| c.is_ascii_digit())
    });
    let follows = around.after.first().is_some_and(|next| {
        let is_next = matches!(next.gap, " " | ". ");
        is_next && !next.is_capital && !next.opens && !Class::Opener.has(&next.key)
    });
    leads && follows
}

/// What a name seems to be the name of, and whether that is sure.
fn kind(span: &[Token<'_>], around: Around<'_, '_>, known: &Known) -> (Kind, bool) {
    let printed = printed(span);
    let (Some(first), Some(last)) = (span.first(), span.last()) else {
        return (Kind::Other, false);
    };
    if let Some(kind) = known.entity(&printed.replace('.', "")) {
        return (kind, true);
    }
    let is_of = is_part_of_institution(around.before, first);
    let is_alone = span.len() == 1;
    // "Church of England", "the US-China war".
    if is_of || (is_alone && is_pair(first, around)) {
        return (Kind::Organisation, false);
    }
    if table::institution(&printed).is_some() {
        return (Kind::Organisation, true);
    }
    if table::exonym(&printed).is_some() {
        return (Kind::Place, true);
    }
    if span.iter().any(|token| Class::Institution.has(&token.key))
        || (is_alone && first.is_acronym())
    {
        return (Kind::Organisation, true);
    }
    if span.iter().any(Token::is_acronym) {
        return (Kind::Other, false);
    }
    let next = around.after.first();
    if around.is_titled {
        return (Kind::Person, true);
    }
    // "Bank of": the rest of the name is not here.
    if is_alone && next.is_some_and(|next| next.gap == " " && next.key == "of") {
        return (Kind::Other, false);
    }
    if !is_alone && is_full_name(span, around.after) {
        return (Kind::Person, true);
    }
    let speaks =
        next.is_some_and(|next| matches!(next.gap, " " | ", ") && Class::Speech.has(&next.key));
    if speaks || (is_alone && known.has_surname(&last.key)) {
        return (Kind::Person, false);
    }
    if is_called(around.before) && first.gap == " " {
        return (Kind::Place, true);
    }
    let is_placed = first.gap == " "
        && around
            .before
            .last()
            .is_some_and(|before| matches!(before.key.as_str(), "in" | "near" | "from" | "at"));
    (if is_placed { Kind::Place } else { Kind::Other }, false)
}

/// "US-China": a hyphen to a name on either side.
fn is_pair(first: &Token<'_>, around: Around<'_, '_>) -> bool {
    let joins = |left: Option<&Token<'_>>, right: Option<&Token<'_>>| {
        left.is_some_and(|left| left.is_capital)
            && right.is_some_and(|right| right.is_capital && right.gap == "-")
    };
    joins(around.before.last(), Some(first)) || joins(Some(first), around.after.first())
}

/// "The village of", "the island of".
fn is_called(before: &[Token<'_>]) -> bool {
    matches!(before, [.., kind, of]
    if of.key == "of"
        && of.gap == " "
        && matches!(
            kind.key.as_str(),
            "village" | "town" | "city" | "island" | "port" | "suburb" | "hamlet" | "district"
        ))
}

/// "Church of", "University of".
fn is_part_of_institution(before: &[Token<'_>], first: &Token<'_>) -> bool {
    let mut before = before.iter().rev().skip_while(|token| token.key == "the");
    first.gap == " "
        && before
            .next()
            .is_some_and(|of| of.key == "of" && of.gap == " ")
        && before
            .next()
            .is_some_and(|head| head.is_capital && Class::Institution.has(&head.key))
}

/// A given name first, an initial, or who it is or how old after it.
fn is_full_name(span: &[Token<'_>], after: &[Token<'_>]) -> bool {
    let has_given = span
        .first()
        .is_some_and(|first| table::given(first.text).is_some());
    let has_age = after.first().is_some_and(|next| {
        next.gap == ", " && next.key.len() == 2 && next.key.chars().all(|c| c.is_ascii_digit())
    });
    has_given || has_age || is_apposed(after) || span.iter().skip(1).any(Token::is_initial)
}

/// ", a professor at", ", the company's director", ", who".
fn is_apposed(after: &[Token<'_>]) -> bool {
    const NEAR: usize = 6;
    let Some((first, rest)) = after.split_first() else {
        return false;
    };
    let is_role = |token: &Token<'_>| Class::Role.has(&token.key) || Class::Title.has(&token.key);
    match first.key.as_str() {
        _ if first.gap != ", " => false,
        "who" | "whose" => true,
        "a" | "an" | "the" | "his" | "her" | "its" => rest
            .iter()
            .take(NEAR)
            .take_while(|token| token.gap == " ")
            .any(is_role),
        _ => !first.is_capital && is_role(first),
    }
}
