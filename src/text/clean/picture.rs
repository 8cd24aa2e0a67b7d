//! Lines about pictures: captions, which are text, and credits, which are not.

use super::measure::{terminal, word_count};

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
}
