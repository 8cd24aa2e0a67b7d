//! What kind of input a file holds. (Stands in for `text::input` until that is merged.)

/// The kinds of input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum InputKind {
    /// Plain text.
    Text(String),
    /// A page or fragment of HTML.
    Html(String),
    /// A JSON object.
    Json(String),
}

/// Why bytes are not an input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum InputError {
    /// No bytes.
    #[error("it is empty: there is nothing to translate")]
    Empty,
    /// Only whitespace.
    #[error("it holds only whitespace: there is nothing to translate")]
    Blank,
    /// A known format that is no text.
    #[error("it is {format}, not text: give plain text, HTML or JSON")]
    Binary {
        /// Such as `a PNG image`.
        format: &'static str,
    },
    /// Some other bytes.
    #[error("it is not UTF-8 (first bad byte at offset {offset}): save it as UTF-8")]
    NotUtf8 {
        /// Where the first bad byte is.
        offset: usize,
    },
}

/// Beginnings of common formats that are no text.
const MAGIC: [(&[u8], &str); 9] = [
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF-", "a PDF file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"PK\x03\x04", "a ZIP file (as Word and ODF documents are)"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"GGUF", "a GGUF model"),
];

/// Tells what `bytes` hold.
pub(super) fn sniff(bytes: &[u8], _limit: usize) -> Result<InputKind, InputError> {
    if bytes.is_empty() {
        return Err(InputError::Empty);
    }
    if let Some((_, format)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(InputError::Binary { format });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| InputError::NotUtf8 { offset: error.valid_up_to() })?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(InputError::Blank);
    }
    if text.trim_start().starts_with('{') && text.trim_end().ends_with('}') {
        return Ok(InputKind::Json(text.to_owned()));
    }
    let start: String = text.trim_start().chars().take(1000).collect::<String>().to_ascii_lowercase();
    let marks = ["<!doctype html", "<html", "<body", "<article", "<div", "<p>", "<p ", "<h1"];
    if start.starts_with('<') && marks.iter().any(|mark| start.contains(mark)) {
        return Ok(InputKind::Html(text.to_owned()));
    }
    Ok(InputKind::Text(text.to_owned()))
}
