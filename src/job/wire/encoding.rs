//! Compressed messages.

use std::borrow::Cow;
use std::io::Read;

use flate2::bufread::MultiGzDecoder;

use super::parse::{invalid, malformed, too_large};
use super::read::Limits;
use crate::job::quote::quote;
use crate::job::{ErrorCode, InvalidJob};

/// Text does not compress further than this; what claims to is there to fill memory.
const MAX_RATIO: usize = 100;
/// So much may come out of however little.
const FLOOR: usize = 64 * 1024;

/// The bytes of a message without its `content_encoding`.
pub(super) fn decode<'a>(
    payload: &'a [u8],
    encoding: Option<&str>,
    limits: Limits,
) -> Result<Cow<'a, [u8]>, InvalidJob> {
    let name = encoding.unwrap_or_default().trim().to_ascii_lowercase();
    match name.as_str() {
        // Some clients name the character set here.
        "" | "identity" | "utf-8" | "utf8" => Ok(Cow::Borrowed(payload)),
        "gzip" | "x-gzip" => gunzip(payload, limits).map(Cow::Owned),
        _ => Err(invalid(
            ErrorCode::UnsupportedEncoding,
            format!(
                "content_encoding is {}; send the message as it is, or compressed once with gzip",
                quote(&name)
            ),
        )),
    }
}

fn gunzip(payload: &[u8], limits: Limits) -> Result<Vec<u8>, InvalidJob> {
    let by_ratio = payload.len().saturating_mul(MAX_RATIO).max(FLOOR);
    let limit = limits.message_bytes.min(by_ratio);
    let mut bytes = Vec::new();
    // One byte more than allowed is enough to know.
    let one_more = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let read = MultiGzDecoder::new(payload)
        .take(one_more)
        .read_to_end(&mut bytes);
    if bytes.len() > limit {
        let message = if limit < limits.message_bytes {
            format!(
                "the message is gzip that grows more than {MAX_RATIO} times: text does not, so it was not read further"
            )
        } else {
            format!(
                "the message has more than {limit} bytes once decompressed; at most that many are accepted: send the \
                 article's text without pictures or scripts"
            )
        };
        return Err(too_large(message));
    }
    read.map_err(|error| {
        malformed(format!(
            "content_encoding is gzip, but the message does not decompress: {error}"
        ))
    })?;
    Ok(bytes)
}
