//! Lines about the story: who wrote it, when, for whom; and lines about its pictures.

use super::measure::{is_all_capitalised, key, terminal, word_count, words};
use super::rules::is_agency;
use crate::text::among;

/// Words that dates and times are written with.
const DATE_WORDS: &str = "\
    january february march april may june july august september october november december jan \
    feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday \
    saturday sunday mon tue tues wed thu thur thurs fri sat sun am pm a m p gmt bst utc est edt \
    et cst cdt pst pdt pt cet cest eet msk ist kst jst sgt hkt aest aedt noon midnight local \
    time at on the of st nd rd th today yesterday";
/// Words of the labels beside them.
const STAMP_WORDS: &str = "\
    updated update published posted modified last first created ago just now min mins minute \
    minutes hour hours hr hrs h day days sec secs seconds week weeks read reading date live \
    issued edited time about";
/// Words that show a line with a date to be a label rather than a date.
const STAMPS: &str = "\
    updated update published posted modified created ago read reading now issued";
/// What people who write for a paper are called.
const JOBS: &str = "\
    correspondent reporter reporters editor writer writers journalist columnist contributor \
    bureau desk staff agencies agency correspondents newsroom";
/// Small words that may stand between names in a byline.
const BETWEEN: &str = "\
    and in for of the de van von der den al bin la le da di at with by";

/// Whether the line is a time stamp: nothing but a date, a time, an age, and their labels. A bare date
/// is none, since stories have dates for subheads; see [`is_date`].
pub(super) fn is_stamp(text: &str) -> bool {
    let Some(found) = date_parts(text) else {
        return false;
    };
    found.clock || found.label
}

/// Whether the line is a date with or without a time.
pub(super) fn is_date(text: &str) -> bool {
    date_parts(text).is_some_and(|found| found.digits && (found.words > 0 || found.clock))
}

struct DateParts {
    digits: bool,
    clock: bool,
    label: bool,
    words: usize,
}

fn date_parts(text: &str) -> Option<DateParts> {
    if word_count(text) > 16 || text.is_empty() {
        return None;
    }
    let mut found = DateParts {
        digits: false,
        clock: clock(text),
        label: false,
        words: 0,
    };
    for word in key(text).split(' ').filter(|word| !word.is_empty()) {
        let bare = word.trim_start_matches(|c: char| c.is_ascii_digit());
        found.digits |= bare.len() < word.len();
        if bare.is_empty() {
            continue;
        }
        found.words += 1;
        if among(STAMP_WORDS, bare) {
            found.label |=
                among(STAMPS, bare) || (bare.len() < word.len() && matches!(bare, "h" | "m" | "d"));
        } else if !among(DATE_WORDS, bare) && !matches!(bare, "d") {
            return None;
        }
    }
    let aged = found.label && !found.digits && !text.contains("now") && !text.contains("ago");
    (!aged && (found.digits || found.label)).then_some(found)
}

/// `10:42`, `10.42am`, `7pm`.
fn clock(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        let bare = word
            .trim_matches(|c: char| !c.is_alphanumeric())
            .to_ascii_lowercase();
        let (digits, rest) =
            bare.split_at(bare.len() - bare.trim_start_matches(|c: char| c.is_ascii_digit()).len());
        let rest = rest.trim_start_matches([':', '.', 'h']);
        let minutes = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let half = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let timed = matches!(digits.len(), 1 | 2) && bare.contains([':', '.']) && minutes == 2;
        let meridiem = !digits.is_empty() && digits.len() <= 2 && matches!(half, "am" | "pm");
        (timed && (half.is_empty() || half == "am" || half == "pm" || half.starts_with(':')))
            || meridiem
    })
}

/// Whether the line names the makers of the story, in a form that running text does not take.
pub(super) fn is_credit_line(text: &str) -> bool {
    let key = key(text);
    if is_agency(text) || is_slug(text) {
        return true;
    }
    let starts = |phrases: &[&str]| phrases.iter().any(|phrase| key.starts_with(phrase));
    let credits = [
        "reporting by ",
        "additional reporting by ",
        "writing by ",
        "editing by ",
        "edited by ",
        "compiled by ",
    ];
    if starts(&credits) && word_count(text) <= 40 {
        let rest_named = words(text).nth(if key.starts_with("additional") { 3 } else { 2 });
        let named =
            rest_named.is_some_and(|word| word.starts_with(char::is_uppercase) && word != "The");
        return named
            && (terminal(text).is_none() || text.contains(';') || key.contains(" editing by "));
    }
    let labels = [
        "with inputs from ",
        "with agency inputs",
        "with reporting by ",
        "posted by ",
        "written by ",
        "words by ",
    ];
    starts(&labels) && word_count(text) <= 14 && terminal(text).is_none()
}

/// Whether the line is a byline, at the edge of a story.
pub(super) fn is_byline(text: &str) -> bool {
    let count = word_count(text);
    if count > 14 || terminal(text) == Some('.') && !text.trim_end().ends_with("Jr.") || count == 0
    {
        return false;
    }
    if is_address(text) || is_dateline(text) {
        return true;
    }
    let lower = text.to_lowercase();
    let (by, rest) = match lower.find("by ") {
        Some(0) => (true, text.get(3..).unwrap_or_default()),
        _ => (false, text),
    };
    if by {
        return count >= 2 && names_only(rest);
    }
    // `Jane Doe, Political Editor`, `Staff Writer`, `Jane Doe | Harbour Post | 3 March 2025`.
    let last_part = text.rsplit([',', '|', '•', '·']).next().unwrap_or_default();
    let job = words(last_part)
        .last()
        .map(key)
        .is_some_and(|word| among(JOBS, &word));
    let divided = last_part.len() < text.len();
    (job && ((divided && names_only(text)) || (count <= 4 && is_all_capitalised(text))))
        || (divided && is_date(last_part) && count <= 12)
}

/// Whether the line could be a person's name: two to four capitalised words.
pub(super) fn may_be_name(text: &str) -> bool {
    (2..=4).contains(&word_count(text))
        && is_all_capitalised(text)
        && !text.contains(|c: char| c.is_ascii_digit())
}

/// Whether the line holds names and nothing else: `Jane Doe in Oslo`.
pub(super) fn names_only(text: &str) -> bool {
    words(text).all(|word| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let lower = bare.to_lowercase();
        bare.starts_with(char::is_uppercase)
            || among(BETWEEN, &lower)
            || among(JOBS, &lower)
            || is_stamp(bare)
            || bare.chars().all(|c| c.is_ascii_digit())
    }) && words(text).next().is_some_and(|word| {
        let first = key(word);
        // `By the Numbers`, `By The Sea` are subheads.
        (!among(BETWEEN, &first)
            || matches!(
                first.as_str(),
                "de" | "van" | "von" | "al" | "la" | "le" | "da" | "di"
            ))
            && !first.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// `jane.doe@example.org`, `@janedoe`, `Email: jane@example.org`.
fn is_address(text: &str) -> bool {
    word_count(text) <= 3
        && text
            .split_whitespace()
            .any(|word| word.contains('@') && word.len() > 3)
}

/// `OSLO (Reuters) –` on a line of its own.
fn is_dateline(text: &str) -> bool {
    let Some(place) = text.trim_end().strip_suffix(['—', '–', '-']) else {
        return false;
    };
    let caps = place
        .split_whitespace()
        .next()
        .is_some_and(|word| word.len() > 2 && !word.chars().any(char::is_lowercase));
    caps && word_count(text) <= 8
}

/// Desk initials at the end of an agency's copy: `burs-abc/de`.
fn is_slug(text: &str) -> bool {
    let initials =
        |part: &str| (1..=5).contains(&part.len()) && part.chars().all(|c| c.is_ascii_lowercase());
    text.len() <= 24 && text.contains('/') && text.split(['/', '-']).all(initials)
}

/// The name an agency gives a story: `URGENT-TALKS`.
pub(super) fn is_story_slug(text: &str) -> bool {
    text.contains(['-', '/'])
        && !text.contains(char::is_whitespace)
        && !text.chars().any(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_told_from_dates_and_from_sentences() {
        for (text, stamp, date) in [
            ("10:42 GMT", true, true),
            ("10.42am BST", true, true),
            ("3h ago", true, true),
            ("Updated 5 minutes ago", true, true),
            ("Published: 12 March 2025, 10:30", true, true),
            ("5 min read", true, true),
            ("March 12, 2025", false, true),
            ("12 March", false, true),
            ("2025", false, false),
            ("May the Best Team Win", false, false),
            ("The train left at 18:38.", false, false),
            ("First read", false, false),
            ("Saturday", false, false),
        ] {
            assert_eq!((is_stamp(text), is_date(text)), (stamp, date), "{text}");
        }
    }

    #[test]
    fn bylines_are_told_from_subheads() {
        for (text, yes) in [
            ("By Jane Doe", true),
            ("By Jane Doe and Ivan van der Berg in Oslo", true),
            ("BY JANE DOE", true),
            ("By Jane Doe, Political Editor", true),
            ("Jane Doe, Harbour Correspondent", true),
            ("Staff Writer", true),
            ("@janedoe", true),
            ("OSLO (Reuters) –", true),
            ("Jane Doe | 3 March 2025", true),
            ("By the Numbers", false),
            ("By sea and land", false),
            ("Editor Quits After Row", false),
            ("Steady as She Goes", false),
            ("By Monday it was over.", false),
        ] {
            assert_eq!(is_byline(text), yes, "{text}");
        }
    }

    #[test]
    fn credit_lines_are_told_from_sentences_on_reporting() {
        for (text, yes) in [
            ("Reporting by Jane Doe; Editing by John Roe", true),
            (
                "Reporting by the paper showed that the ferry was unsafe.",
                false,
            ),
            ("burs-abc/de", true),
            ("Agence France-Presse", true),
            ("(Reuters)", true),
            ("Source: AFP", true),
        ] {
            assert_eq!(is_credit_line(text), yes, "{text}");
        }
    }
}
