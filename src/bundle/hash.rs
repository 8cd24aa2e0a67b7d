//! Hashes as bundles need them.

use std::path::Path;

use super::{BundleError, Observe};
use crate::hash::{DIGITS, Hashed, of_file as hash};

/// Whether a text is a hash as presslate writes them.
pub(super) fn is_hash(text: &str) -> bool {
    text.len() == DIGITS
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Length and hash of a file on the disk.
pub(super) fn of_file(path: &Path, observe: &dyn Observe) -> Result<Hashed, BundleError> {
    hash(path, || observe.stopped())
        .map_err(|error| BundleError::io(error.doing, path)(error.source))?
        .ok_or(BundleError::Stopped)
}
