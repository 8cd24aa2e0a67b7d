//! SHA-256 in hex, of bytes and of files.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{BundleError, CHUNK, Observe};

/// Digits of a hash.
pub(super) const DIGITS: usize = 64;

/// Whether a text is a hash as presslate writes them.
pub(super) fn is_hash(text: &str) -> bool {
    text.len() == DIGITS
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The hash of a few bytes.
pub(super) fn of_bytes(bytes: &[u8]) -> String {
    hex(Sha256::new_with_prefix(bytes))
}

/// A finished hash in hex.
pub(super) fn hex(hasher: Sha256) -> String {
    let mut text = String::with_capacity(DIGITS);
    for byte in hasher.finalize() {
        // Writing to a string cannot fail.
        write!(text, "{byte:02x}").unwrap_or_default();
    }
    text
}

/// Length and hash of a file on the disk.
pub(super) fn of_file(path: &Path, observe: &dyn Observe) -> Result<(u64, String), BundleError> {
    let mut file = File::open(path).map_err(BundleError::io("open", path))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    let mut length = 0;
    loop {
        if observe.stopped() {
            return Err(BundleError::Stopped);
        }
        let read = file
            .read(&mut buffer)
            .map_err(BundleError::io("read", path))?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        hasher.update(bytes);
        length += bytes.len() as u64;
    }
    Ok((length, hex(hasher)))
}
