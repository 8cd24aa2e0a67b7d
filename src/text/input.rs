//! What the raw bytes of a file or of standard input are.

mod markup;

use std::collections::HashSet;

use markup::{tag_count, visible};

pub use markup::markup_depth;

/// Deepest nesting of markup that is read.
pub const MAX_NESTING: usize = 256;
/// Longest run of characters without white space that is taken for a word, in bytes.
pub const MAX_WORD_BYTES: usize = 10_000;
/// Below this many words a text may say the same again and again.
const REPETITION_WORDS: usize = 5_000;
/// A text of [`REPETITION_WORDS`] that has fewer different words than one in this many is a filler.
const REPETITION_FACTOR: usize = 200;
/// Pages with fewer tags are never refused for their markup.
const MARKUP_TAGS: usize = 10_000;

/// Input that can be worked on, told apart by content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputKind {
    /// Plain text.
    Text(String),
    /// A page or a fragment of HTML.
    Html(String),
    /// A JSON object: a job or a ninjs item.
    Json(String),
}

/// Why bytes are no input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// There are no bytes.
    #[error("the input is empty: give a file with text, HTML or JSON in it")]
    Empty,
    /// There is nothing but white space.
    #[error(
        "the input has only white space in it ({bytes} bytes): give a file with text, HTML or JSON in it"
    )]
    Blank {
        /// How much of it.
        bytes: usize,
    },
    /// A file of another kind.
    #[error("the input looks like {kind}, not text: {advice}")]
    Binary {
        /// With its article, such as `a PNG image`.
        kind: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// Bytes that are not UTF-8.
    #[error(
        "the input is not UTF-8 text: byte {offset} (0x{byte:02x}) does not belong there; convert it, for example with `iconv -f WINDOWS-1252 -t UTF-8`"
    )]
    NotUtf8 {
        /// The first offending byte, counted from 0.
        offset: usize,
        /// Its value.
        byte: u8,
    },
    /// More text than a job may have.
    #[error(
        "the input has {found} characters; at most {limit} are accepted: split it into several articles"
    )]
    TooLong {
        /// Characters found; where the input is so large that they were not counted, the least it can have.
        found: usize,
        /// Characters accepted.
        limit: usize,
    },
    /// An object that was cut off or written wrongly.
    #[error(
        "the input begins like JSON but does not parse: {why}; mend it, or take the leading brace away if it is text"
    )]
    BrokenJson {
        /// The parser's words, with line and column.
        why: String,
    },
    /// JSON, but a list where one object belongs.
    #[error(
        "the input is a JSON array of {items} items: give one article or one job (a JSON object) in each file"
    )]
    Array {
        /// How many things are in it.
        items: usize,
    },
    /// Input made to keep a program busy.
    #[error(
        "the input is not an article: {why}; it is refused because working through it could take for ever"
    )]
    Bomb {
        /// What was measured.
        why: String,
    },
}

/// Tells what the bytes of one input are. `limit` is the most characters accepted, markup included.
///
/// # Errors
/// [`InputError`], which says what the bytes are instead and what to do.
pub fn sniff(bytes: &[u8], limit: usize) -> Result<InputKind, InputError> {
    if bytes.is_empty() {
        return Err(InputError::Empty);
    }
    if let Some((kind, advice)) = magic(bytes) {
        return Err(InputError::Binary { kind, advice });
    }
    // A character has at most four bytes, so this much is too long whatever it says.
    if bytes.len() / 4 > limit {
        return Err(InputError::TooLong {
            found: bytes.len() / 4,
            limit,
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        InputError::NotUtf8 {
            offset,
            byte: bytes.get(offset).copied().unwrap_or_default(),
        }
    })?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(InputError::Blank { bytes: bytes.len() });
    }
    if text.contains('\0') {
        return Err(InputError::Binary {
            kind: "a binary file",
            advice: BINARY_ADVICE,
        });
    }
    let found = text.chars().count();
    if found > limit {
        return Err(InputError::TooLong { found, limit });
    }
    match tell(text) {
        Kind::Json => match serde_json::from_str::<serde_json::Value>(text) {
            Ok(_) => Ok(InputKind::Json(text.to_owned())),
            Err(error) if looks_like_an_object(text) => Err(InputError::BrokenJson {
                why: error.to_string(),
            }),
            Err(_) => plain(text),
        },
        Kind::Html => {
            check_html(text)?;
            Ok(InputKind::Html(text.to_owned()))
        }
        Kind::Text => match array_items(text) {
            Some(items) => Err(InputError::Array { items }),
            None => plain(text),
        },
    }
}

/// How many items a JSON array has; nothing for a text that only begins with a bracket.
fn array_items(text: &str) -> Option<usize> {
    if !text.trim_start().starts_with('[') {
        return None;
    }
    let items = serde_json::from_str::<Vec<serde_json::Value>>(text).ok()?;
    Some(items.len())
}

/// Refuses a page or fragment that could keep a program busy for ever: nested too deep, of tags
/// with hardly any text, or with text that [`check_text`] refuses.
///
/// # Errors
/// [`InputError::Bomb`], which says what was measured.
pub fn check_html(html: &str) -> Result<(), InputError> {
    check_markup(html)?;
    check_text(&visible(html))
}

fn plain(text: &str) -> Result<InputKind, InputError> {
    check_text(text)?;
    Ok(InputKind::Text(text.to_owned()))
}

const BINARY_ADVICE: &str = "give the text itself, or a page saved as HTML";

/// Kinds of file that people give by mistake, by their first bytes.
fn magic(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    const IMAGE: &str = "give the article's text; text inside pictures is not read";
    const PACKED: &str = "unpack it first and give one of the files inside";
    const RECODE: &str = "save it as UTF-8, for example with `iconv -f UTF-16 -t UTF-8`";
    const KINDS: [(&[u8], &str, &str); 15] = [
        (b"\x89PNG\r\n\x1a\n", "a PNG image", IMAGE),
        (b"\xff\xd8\xff", "a JPEG image", IMAGE),
        (b"GIF87a", "a GIF image", IMAGE),
        (b"GIF89a", "a GIF image", IMAGE),
        (
            b"%PDF-",
            "a PDF document",
            "take the text out first, for example with `pdftotext FILE -`",
        ),
        (
            b"\x1f\x8b",
            "gzip-compressed data",
            "unpack it first, for example with `gunzip -c FILE`",
        ),
        (b"BZh", "bzip2-compressed data", PACKED),
        (b"\xfd7zXZ\0", "xz-compressed data", PACKED),
        (b"\x28\xb5\x2f\xfd", "zstd-compressed data", PACKED),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", PACKED),
        (
            b"\xd0\xcf\x11\xe0",
            "an old Word, Excel or PowerPoint document",
            "save it as plain text (UTF-8) first",
        ),
        (
            b"{\\rtf",
            "a rich-text (RTF) document",
            "save it as plain text (UTF-8) first",
        ),
        (b"\xff\xfe", "UTF-16 text (little-endian)", RECODE),
        (b"\xfe\xff", "UTF-16 text (big-endian)", RECODE),
        (b"\x7fELF", "a program", BINARY_ADVICE),
    ];
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Some(zip_kind(bytes));
    }
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some(("a WebP image", IMAGE));
    }
    if let Some(kind) = KINDS.iter().find(|(first, ..)| bytes.starts_with(first)) {
        return Some((kind.1, kind.2));
    }
    // UTF-16 without a mark: every other byte of Latin text is zero.
    let start = bytes.get(..bytes.len().min(64)).unwrap_or_default();
    let zeros = |odd: usize| {
        start
            .iter()
            .skip(odd)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let half = start.len() / 2;
    (half >= 4 && (zeros(0) * 10 >= half * 9) != (zeros(1) * 10 >= half * 9))
        .then_some(("UTF-16 text", RECODE))
}

fn zip_kind(bytes: &[u8]) -> (&'static str, &'static str) {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let has = |name: &[u8]| head.windows(name.len()).any(|window| window == name);
    let office = "save it as plain text (UTF-8) first";
    if has(b"word/") {
        ("a Word document (docx)", office)
    } else if has(b"opendocument.text") {
        ("an OpenDocument text (odt)", office)
    } else if has(b"epub+zip") {
        ("an e-book (epub)", office)
    } else {
        (
            "a ZIP archive",
            "unpack it first and give one of the files inside",
        )
    }
}

enum Kind {
    Text,
    Html,
    Json,
}

fn tell(text: &str) -> Kind {
    let start = text.trim_start();
    if start.starts_with('{') {
        return Kind::Json;
    }
    let head: String = start
        .chars()
        .take(2048)
        .collect::<String>()
        .to_ascii_lowercase();
    if ["<!doctype html", "<html", "<head", "<body"]
        .iter()
        .any(|mark| head.starts_with(mark))
    {
        return Kind::Html;
    }
    let tags = [
        "p",
        "div",
        "article",
        "section",
        "h1",
        "h2",
        "h3",
        "ul",
        "ol",
        "table",
        "blockquote",
        "figure",
        "main",
        "header",
        "nav",
        "span",
        "strong",
        "em",
        "a",
        "li",
        "b",
        "i",
    ];
    let opens = |tag: &&str| {
        let rest = head
            .strip_prefix('<')
            .and_then(|rest| rest.strip_prefix(*tag));
        rest.is_some_and(|rest| rest.starts_with(['>', ' ', '\n', '/']))
    };
    let commented = head.starts_with("<!--") || head.starts_with("<?xml");
    let lower = text.to_ascii_lowercase();
    let closing = [
        "</p>",
        "</div>",
        "</article>",
        "</h1>",
        "</h2>",
        "</li>",
        "</html>",
        "</body>",
    ];
    let closed: usize = closing
        .iter()
        .map(|tag| lower.matches(tag).take(2).count())
        .sum();
    let html = (tags.iter().any(opens) && lower.contains("</"))
        || (commented && closed > 0)
        || (head.starts_with('<') && closed >= 1)
        || closed >= 2;
    if html { Kind::Html } else { Kind::Text }
}

fn looks_like_an_object(text: &str) -> bool {
    let inside = text
        .trim_start()
        .strip_prefix('{')
        .unwrap_or_default()
        .trim_start();
    inside.starts_with(['"', '}']) || inside.is_empty()
}

/// Refuses a plain text that could keep a program busy for ever: a word longer than
/// [`MAX_WORD_BYTES`], or a few words said thousands of times.
///
/// # Errors
/// [`InputError::Bomb`], which says what was measured.
pub fn check_text(text: &str) -> Result<(), InputError> {
    let mut run = 0;
    for c in text.chars() {
        run = if c.is_whitespace() || is_unspaced(c) {
            0
        } else {
            run + c.len_utf8()
        };
        if run > MAX_WORD_BYTES {
            let why = format!("one of its words is longer than {MAX_WORD_BYTES} bytes");
            return Err(InputError::Bomb { why });
        }
    }
    let mut all = 0;
    let mut different = HashSet::new();
    for word in text.split_whitespace() {
        all += 1;
        different.insert(word);
    }
    if all >= REPETITION_WORDS && different.len() * REPETITION_FACTOR < all {
        let why = format!(
            "its {all} words are {} words said again and again",
            different.len()
        );
        return Err(InputError::Bomb { why });
    }
    Ok(())
}

/// Letters of scripts that put no spaces between words.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c), 0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x2e80..=0x9fff | 0xac00..=0xd7af
        | 0xf900..=0xfaff | 0xff00..=0xffef | 0x20000..=0x3ffff)
}

fn check_markup(html: &str) -> Result<(), InputError> {
    if markup_depth(html) > MAX_NESTING {
        return Err(InputError::Bomb {
            why: format!("its markup is nested more than {MAX_NESTING} deep"),
        });
    }
    let tags = tag_count(html);
    let seen = visible(html).chars().filter(|c| !c.is_whitespace()).count();
    if tags > MARKUP_TAGS && tags > seen {
        return Err(InputError::Bomb {
            why: format!("it has {tags} tags around {seen} characters of text"),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
