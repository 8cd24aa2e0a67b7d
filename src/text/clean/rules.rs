//! Which lines are page chrome: a table of phrases, and the few tests that need more than a phrase.

use super::measure::{glued_words, is_all_capitalised, key, terminal, word_count};
use super::phrases::PHRASES;
use crate::text::DropReason::{self, Navigation, RelatedLinks, Sharing};

/// Why the line is chrome wherever it stands on a page.
pub(super) fn chrome(text: &str) -> Option<DropReason> {
    let count = word_count(text);
    if count == 0 || count > 100 {
        return None;
    }
    let key = key(text);
    if let Some(reason) = whole(text, &key) {
        return Some(reason);
    }
    let starts = key
        .split(' ')
        .next()
        .and_then(|word| PHRASES.start.get(word))
        .into_iter()
        .flatten()
        .filter(|_| !opens_with_a_quotation(text));
    let stated = ends_in_full_stop(text);
    let mut starts = starts.filter(|phrase| {
        count <= phrase.most_words
            && (phrase.in_sentences || !stated)
            && starts_with_words(&key, phrase.text)
    });
    if let Some(phrase) = starts.next() {
        return Some(phrase.reason);
    }
    // A story may quote such a sentence; a page says it in its own voice.
    let quoted = text.contains(['“', '”', '"', '«']);
    let mut within = PHRASES
        .within
        .iter()
        .filter(|phrase| count <= phrase.most_words && has_words(&key, phrase.text));
    if let Some(phrase) = within.next().filter(|_| !quoted) {
        return Some(phrase.reason);
    }
    if is_related_heading(text) || labelled_link(text, count) {
        return Some(RelatedLinks);
    }
    (!is_said(text) && is_share_bar(&key)).then_some(Sharing)
}

/// Why a line that the page marks as its headline is chrome all the same: it is nothing but a phrase.
/// A headline may begin with any words.
pub(super) fn headline_chrome(text: &str) -> Option<DropReason> {
    whole(text, &key(text))
}

fn whole(text: &str, key: &str) -> Option<DropReason> {
    PHRASES.whole.get(key).copied().filter(|_| !is_said(text))
}

/// Whether the line is somebody's words or a statement, as labels and buttons are not.
fn is_said(text: &str) -> bool {
    opens_with_a_quotation(text) || ends_in_full_stop(text)
}

fn opens_with_a_quotation(text: &str) -> bool {
    text.starts_with(['“', '”', '"', '«', '„', '‘', '\''])
}

/// `Loading...` has three, and says nothing.
fn ends_in_full_stop(text: &str) -> bool {
    terminal(text) == Some('.') && !text.ends_with("..")
}

/// Why the line is chrome where menus and labels stand: above the story and below it.
pub(super) fn edge_chrome(text: &str) -> Option<DropReason> {
    if terminal(text).is_some() || word_count(text) == 0 {
        return None;
    }
    if is_breadcrumb(text) || is_menu(text) {
        return Some(Navigation);
    }
    let key = key(text);
    let label = text
        .split_once(':')
        .map(|(label, _)| super::measure::key(label));
    let tagged = label.is_some_and(|label| PHRASES.edge.get(label.as_str()) == Some(&Navigation));
    if tagged {
        Some(Navigation)
    } else {
        PHRASES.edge.get(key.as_str()).copied()
    }
}

/// Category links that lost the space between them: short, all capitals at the start, and at least
/// one word glued to the next.
pub(super) fn is_glued_categories(text: &str) -> bool {
    word_count(text) <= 10
        && glued_words(text) >= 1
        && terminal(text).is_none()
        && is_all_capitalised(text)
}

/// Whether the line heads a list of other stories.
pub(super) fn is_related_heading(text: &str) -> bool {
    let key = key(text);
    let from =
        starts_with_words(&key, "more from") && terminal(text).is_none() && word_count(text) <= 5;
    from || (!is_said(text) && PHRASES.headings.contains(key.as_str()))
}

/// Whether the line is the name of a news agency and nothing else.
pub(super) fn is_agency(text: &str) -> bool {
    let key = key(text);
    let bare = ["source ", "with ", "via "]
        .iter()
        .find_map(|word| key.strip_prefix(word))
        .unwrap_or(&key);
    PHRASES.agencies.contains(bare)
}

/// `READ MORE: Ferry sails again`, `Related: …`.
fn labelled_link(text: &str, count: usize) -> bool {
    let Some((label, rest)) = text.split_once(':') else {
        return false;
    };
    let labels = [
        "read more",
        "related",
        "read",
        "more",
        "see also",
        "also read",
        "watch",
        "listen",
        "explained",
        "recommended",
    ];
    let shouted = label.chars().any(char::is_alphabetic) && !label.chars().any(char::is_lowercase);
    let key = key(label);
    let known = labels.contains(&key.as_str());
    // `Read: …` and `More: …` can be speech, so those must be shouted.
    let sure = !matches!(
        key.as_str(),
        "read" | "more" | "watch" | "listen" | "explained"
    );
    known && (sure || shouted) && !rest.trim().is_empty() && count <= 24
}

fn is_share_bar(key: &str) -> bool {
    let mut names = 0;
    let mut split = 0;
    for word in key.split(' ') {
        if word.chars().all(|c| c.is_ascii_digit()) {
            continue;
        }
        if PHRASES.share_words.contains(word) {
            names += 1;
        } else if let Some(parts) = share_parts(word) {
            names += parts;
            split += 1;
        } else {
            return false;
        }
    }
    let sure = [
        "share", "shares", "tweet", "comments", "comment", "print", "facebook", "twitter",
        "whatsapp", "telegram",
    ];
    names > 0 && (split > 0 || names >= 3 || key.split(' ').any(|word| sure.contains(&word)))
}

/// How many networks are glued in a word such as `facebooktwitterwhatsapp`.
fn share_parts(word: &str) -> Option<usize> {
    let mut rest = word;
    let mut parts = 0;
    while !rest.is_empty() {
        let names = (4..=12).rev().filter_map(|length| rest.get(..length));
        let name = names
            .into_iter()
            .find(|name| PHRASES.share_words.contains(name))?;
        rest = rest.strip_prefix(name)?;
        parts += 1;
    }
    (parts >= 2).then_some(parts)
}

/// `Home > World > Europe`, `Home / News`, `Home » Story`.
fn is_breadcrumb(text: &str) -> bool {
    let steps: Vec<&str> = [" > ", " » ", " › ", " / ", " → ", ">", "»", "›"]
        .iter()
        .find(|mark| text.contains(**mark))
        .map(|mark| text.split(*mark).map(str::trim).collect())
        .unwrap_or_default();
    let first_is_menu = steps.first().is_some_and(|step| {
        key(step)
            .split(' ')
            .all(|word| PHRASES.menu_words.contains(word))
    });
    steps.len() >= 2 && first_is_menu && text.len() <= 200
}

/// Nothing but names of sections, glued or apart.
fn is_menu(text: &str) -> bool {
    let separated = text.matches(['|', '•', '·', '/']).count() >= 2;
    let apart = split_joints(text);
    let key = key(&apart);
    let (mut known, mut all) = (0, 0);
    for word in key.split(' ') {
        all += 1;
        known += usize::from(PHRASES.menu_words.contains(word));
    }
    let capitalised = is_all_capitalised(text) || separated;
    // Two thirds known, since every menu has a name or two of its own.
    capitalised && all > 0 && (known == all || (all >= 4 && known * 3 >= all * 2))
        || (separated && known * 2 >= all && all <= 20)
}

fn split_joints(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut lower = false;
    for c in text.chars() {
        if lower && c.is_uppercase() {
            out.push(' ');
        }
        lower = c.is_lowercase();
        out.push(c);
    }
    out
}

fn starts_with_words(key: &str, phrase: &str) -> bool {
    key.strip_prefix(phrase).is_some_and(|rest| {
        rest.is_empty() || rest.starts_with(' ') || phrase.ends_with(['©', '9', '0'])
    })
}

fn has_words(key: &str, phrase: &str) -> bool {
    key.match_indices(phrase).any(|(at, _)| {
        let before = key
            .get(..at)
            .is_none_or(|head| head.is_empty() || head.ends_with(' '));
        let after = key
            .get(at + phrase.len()..)
            .is_none_or(|tail| tail.is_empty() || tail.starts_with(' '));
        before && after
    })
}
