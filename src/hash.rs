//! SHA-256 in hex, of bytes and of files.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Digits of a hash.
pub(crate) const DIGITS: usize = 64;

/// Bytes that are read of a file before it is asked whether to go on.
const CHUNK: usize = 1 << 20;

/// Bytes as lower-case digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        write!(text, "{byte:02x}").unwrap_or_default();
    }
    text
}

/// The hash of bytes.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A file that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hashed {
    /// Bytes.
    pub(crate) length: u64,
    /// [`DIGITS`] digits.
    pub(crate) sha256: String,
}

/// Why a file could not be read: what was tried, for a sentence such as "cannot open …".
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) doing: &'static str,
    pub(crate) source: io::Error,
}

/// Length and hash of a file, read piece by piece; `None` as soon as `stopped` says so.
pub(crate) fn of_file(
    path: &Path,
    stopped: impl Fn() -> bool,
) -> Result<Option<Hashed>, Unreadable> {
    let failed = |doing| move |source| Unreadable { doing, source };
    let mut file = File::open(path).map_err(failed("open"))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    let mut length = 0;
    loop {
        if stopped() {
            return Ok(None);
        }
        let read = file.read(&mut buffer).map_err(failed("read"))?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        hasher.update(bytes);
        length += bytes.len() as u64;
    }
    Ok(Some(Hashed {
        length,
        sha256: hex(&hasher.finalize()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::cell::Cell;

    /// NIST's example of one block.
    const OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    #[test]
    fn bytes_and_a_file_of_them_have_the_hash_that_others_compute() {
        assert_eq!(of_bytes(b"abc"), OF_ABC);
        assert_eq!(OF_ABC.len(), DIGITS);
        let hashed = of_file(file(b"abc").path(), || false).unwrap().unwrap();
        assert_eq!((hashed.length, hashed.sha256.as_str()), (3, OF_ABC));
    }

    #[test]
    fn a_file_of_several_pieces_has_the_hash_of_its_bytes() {
        let bytes: Vec<u8> = (0..=255).cycle().take(2 * CHUNK + 7).collect();
        let hashed = of_file(file(&bytes).path(), || false).unwrap().unwrap();
        assert_eq!(hashed.length, bytes.len() as u64);
        assert_eq!(hashed.sha256, of_bytes(&bytes));
    }

    #[test]
    fn reading_ends_between_two_pieces_when_it_is_told_to() {
        let file = file(&vec![7; 3 * CHUNK]);
        let asked = Cell::new(0);
        let stopped = || {
            asked.set(asked.get() + 1);
            asked.get() > 2
        };
        assert_eq!(of_file(file.path(), stopped).unwrap(), None);
        assert_eq!(asked.get(), 3);
    }

    #[test]
    fn a_file_that_is_not_there_says_so() {
        let error = of_file(Path::new("/no such file"), || false).unwrap_err();
        assert_eq!(error.doing, "open");
        assert_eq!(error.source.kind(), io::ErrorKind::NotFound);
    }
}
