//! Lines about the story: who wrote it, when, for whom; and lines about its pictures.

use super::measure::{is_all_capitalised, key, terminal, word_count, words};
use super::rules::is_agency;

/// Words that dates and times are written with.
const DATE_WORDS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "jan",
    "feb",
    "mar",
    "apr",
    "jun",
    "jul",
    "aug",
    "sep",
    "sept",
    "oct",
    "nov",
    "dec",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "mon",
    "tue",
    "tues",
    "wed",
    "thu",
    "thur",
    "thurs",
    "fri",
    "sat",
    "sun",
    "am",
    "pm",
    "a",
    "m",
    "p",
    "gmt",
    "bst",
    "utc",
    "est",
    "edt",
    "et",
    "cst",
    "cdt",
    "pst",
    "pdt",
    "pt",
    "cet",
    "cest",
    "eet",
    "msk",
    "ist",
    "kst",
    "jst",
    "sgt",
    "hkt",
    "aest",
    "aedt",
    "noon",
    "midnight",
    "local",
    "time",
    "at",
    "on",
    "the",
    "of",
    "st",
    "nd",
    "rd",
    "th",
    "today",
    "yesterday",
];
/// Words of the labels beside them.
const STAMP_WORDS: &[&str] = &[
    "updated",
    "update",
    "published",
    "posted",
    "modified",
    "last",
    "first",
    "created",
    "ago",
    "just",
    "now",
    "min",
    "mins",
    "minute",
    "minutes",
    "hour",
    "hours",
    "hr",
    "hrs",
    "h",
    "day",
    "days",
    "sec",
    "secs",
    "seconds",
    "week",
    "weeks",
    "read",
    "reading",
    "date",
    "live",
    "issued",
    "edited",
    "reading",
    "time",
    "about",
];
/// Words that show a line with a date to be a label rather than a date.
const STAMPS: &[&str] = &[
    "updated",
    "update",
    "published",
    "posted",
    "modified",
    "created",
    "ago",
    "read",
    "reading",
    "now",
    "issued",
];
/// What people who write for a paper are called.
const JOBS: &[&str] = &[
    "correspondent",
    "reporter",
    "reporters",
    "editor",
    "writer",
    "writers",
    "journalist",
    "columnist",
    "contributor",
    "bureau",
    "desk",
    "staff",
    "agencies",
    "agency",
    "correspondents",
    "newsroom",
];
/// Small words that may stand between names in a byline.
const BETWEEN: &[&str] = &[
    "and", "in", "for", "of", "the", "de", "van", "von", "der", "den", "al", "bin", "la", "le",
    "da", "di", "at", "with", "by",
];

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
        if STAMP_WORDS.contains(&bare) {
            found.label |= STAMPS.contains(&bare)
                || (bare.len() < word.len() && matches!(bare, "h" | "m" | "d"));
        } else if !DATE_WORDS.contains(&bare) && !matches!(bare, "d") {
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
        .is_some_and(|word| JOBS.contains(&word.as_str()));
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
            || BETWEEN.contains(&lower.as_str())
            || JOBS.contains(&lower.as_str())
            || is_stamp(bare)
            || bare.chars().all(|c| c.is_ascii_digit())
    }) && words(text).next().is_some_and(|word| {
        let first = key(word);
        // `By the Numbers`, `By The Sea` are subheads.
        (!BETWEEN.contains(&first.as_str())
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

/// What a line about a picture holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Picture {
    /// Words on what it shows.
    Caption,
    /// Only who took it.
    Credit,
}

/// Whether the line belongs to a picture.
pub(super) fn picture(text: &str) -> Option<Picture> {
    let count = word_count(text);
    if count == 0 || count > 90 {
        return None;
    }
    let lower = text.trim_start_matches(['(', '[']).to_lowercase();
    let file = [
        "file photo",
        "file picture",
        "file image",
        "file –",
        "file —",
        "file -",
        "file:",
    ];
    if file.iter().any(|mark| lower.starts_with(mark))
        && text.trim_start_matches(['(', '[']).starts_with(['F', 'f'])
    {
        let shouted =
            text.contains("FILE") || lower.starts_with("file p") || lower.starts_with("file i");
        return shouted.then_some(if count <= 2 {
            Picture::Credit
        } else {
            Picture::Caption
        });
    }
    let led = [
        "photo:",
        "photos:",
        "picture:",
        "image:",
        "photograph:",
        "photo by ",
        "photo credit",
        "image credit",
        "credit:",
        "pictured:",
        "caption:",
        "illustration:",
        "photo courtesy",
        "picture by ",
        "image by ",
        "photograph by ",
    ];
    if led.iter().any(|mark| lower.starts_with(mark)) {
        let sentence = terminal(text) == Some('.') || count > 8;
        return Some(if sentence {
            Picture::Caption
        } else {
            Picture::Credit
        });
    }
    trailing_credit(text, count)
}

/// `… (AP Photo/Jane Doe)`, `… [Jane Doe/Reuters]`, `… Photo: Jane Doe`, `… / Getty Images`.
fn trailing_credit(text: &str, count: usize) -> Option<Picture> {
    let trimmed = text.trim_end_matches('.');
    let bracketed = trimmed.strip_suffix([')', ']']).and_then(|open| {
        open.rfind(['(', '['])
            .and_then(|at| Some((at, open.get(at + 1..)?)))
    });
    let agencies = [
        "reuters",
        "afp",
        "ap",
        "epa",
        "getty",
        "getty images",
        "bloomberg",
        "pa",
        "dpa",
        "tass",
        "yonhap",
        "shutterstock",
    ];
    let credit_start = if let Some((at, inside)) = bracketed {
        let lower = inside.to_ascii_lowercase();
        let marked = [
            "photo", "picture:", "image:", "handout", "file", "credit", "getty", "courtesy",
        ]
        .iter()
        .any(|mark| {
            lower.starts_with(mark) || lower.contains(" photo") || lower.contains("getty images")
        });
        let slash = lower
            .rsplit_once('/')
            .is_some_and(|(_, last)| agencies.contains(&last.trim()));
        (marked || slash).then_some(at)
    } else {
        let lower = trimmed.to_ascii_lowercase();
        let ends = [
            "getty images",
            "ap photo",
            "file photo",
            "/afp",
            "/reuters",
            "/ reuters",
            "/ afp",
            "/epa",
            "shutterstock",
        ];
        let marks = [
            " photo:",
            " picture:",
            " photograph:",
            " image:",
            " credit:",
        ];
        let end = ends
            .iter()
            .find(|end| lower.ends_with(**end))
            .map(|end| lower.len() - end.len());
        let mark = marks
            .iter()
            .filter_map(|mark| lower.rfind(mark))
            .max()
            .filter(|at| lower.len() - at <= 60);
        let agency_first = lower.starts_with("reuters/")
            || lower.starts_with("afp/")
            || lower.starts_with("ap photo/");
        if agency_first && count <= 5 {
            Some(0)
        } else {
            mark.or(end)
        }
    }?;
    let before = text.get(..credit_start).map_or(count, word_count);
    Some(if before <= 2 {
        Picture::Credit
    } else {
        Picture::Caption
    })
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
    fn pictures_keep_their_words_and_lose_bare_credits() {
        for (text, kind) in [
            ("(Photo: Jane Doe/Harbour Post)", Some(Picture::Credit)),
            ("Getty Images", Some(Picture::Credit)),
            ("REUTERS/Jane Doe", Some(Picture::Credit)),
            (
                "FILE – A ferry leaves the quay, March 3, 2025. (AP Photo/Jane Doe, File)",
                Some(Picture::Caption),
            ),
            (
                "FILE PHOTO: A ferry leaves the quay",
                Some(Picture::Caption),
            ),
            (
                "A ferry leaves the quay on Monday [Jane Doe/Reuters]",
                Some(Picture::Caption),
            ),
            (
                "A ferry leaves the quay. Photo: Jane Doe",
                Some(Picture::Caption),
            ),
            ("The ferry left the quay on Monday (10:42 GMT).", None),
            ("File your tax return by Monday, ministers said.", None),
            ("The agency told AFP that the ferry was safe.", None),
        ] {
            assert_eq!(picture(text), kind, "{text}");
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
