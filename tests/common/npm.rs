//! Programs for Node.js, with what they need from npm.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::skip::skip;

/// A copy of these files of a folder with their packages installed beside them, so that the checkout
/// stays clean; `None`, said aloud, where npm cannot install `what`.
pub(crate) fn installed(folder: &Path, files: &[&str], what: &str) -> Option<TempDir> {
    let copy = tempfile::tempdir().unwrap();
    for name in files {
        std::fs::copy(folder.join(name), copy.path().join(name)).unwrap();
    }
    let installed = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(copy.path())
        .output()
        .unwrap();
    if installed.status.success() {
        return Some(copy);
    }
    let why = String::from_utf8_lossy(&installed.stderr);
    skip(&format!("npm could not install {what}: {why}"));
    None
}
