//! The list in front of a bundle: what is in it, and all that decides about the archive's bytes.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{BundleError, hash};

/// The format of bundles that this program writes and reads.
pub(super) const FORMAT: u64 = 1;
/// Longest path in an archive: what a header has room for.
const MAX_PATH: usize = 100;
/// Most files. A bundle has some dozen.
const MAX_FILES: usize = 10_000;
/// Largest file, in bytes: 1 TiB. More than any weights, and small enough that sums cannot overflow.
const MAX_SIZE: u64 = 1 << 40;
/// Latest time that a header has room for in digits, in seconds since 1970 (the year 2242).
const MAX_TIME: u64 = 0o77_777_777_777;

/// What is in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The format of the archive.
    pub(super) format: u64,
    /// Version of the presslate that made it.
    pub presslate: String,
    /// What the program in it runs on, as a target triple of Rust.
    pub target: String,
    /// When it was made, in RFC 3339, UTC and whole seconds.
    pub created: String,
    /// The profiles and models that were chosen, as `--model` takes them.
    pub choice: Vec<String>,
    /// The models in it.
    pub models: Vec<Model>,
    /// Its files by path, which is their order in the archive. The manifest and the list of hashes
    /// come before them.
    pub files: Vec<File>,
}

/// A model in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its id in the catalogue.
    pub id: String,
    /// The name of its licence.
    pub licence: String,
}

/// A file in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Its path, with `/` between folders.
    pub path: String,
    /// What it is for.
    pub role: Role,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256 in hex.
    pub sha256: String,
    /// What may be done with it.
    pub mode: Mode,
}

/// What a file of a bundle is for. Each has a folder of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The program.
    Binary,
    /// An entry or the profiles of the site's own catalogue.
    Catalogue,
    /// Something to read.
    Document,
    /// A glossary.
    Glossary,
    /// A licence, or a list of them.
    Licence,
    /// A file of a model.
    Model,
    /// Hashes of models' files that the catalogue leaves open.
    Lock,
}

impl Role {
    /// The folder of such files. Below that of models there is one for each.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Binary => "bin",
            Self::Catalogue => "catalog",
            Self::Document => "doc",
            Self::Glossary => "glossaries",
            Self::Licence => "licences",
            Self::Model | Self::Lock => "models",
        }
    }

    /// Names in a path of this role, the folder's and the file's included.
    fn depth(self) -> usize {
        if self == Self::Model { 3 } else { 2 }
    }
}

/// What may be done with a file: everybody may read it, its owner may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Nothing besides.
    #[serde(rename = "0644")]
    Plain,
    /// Everybody may run it.
    #[serde(rename = "0755")]
    Executable,
}

impl Mode {
    /// As a number of Unix.
    pub(super) fn bits(self) -> u32 {
        match self {
            Self::Plain => 0o644,
            Self::Executable => 0o755,
        }
    }
}

/// Only what says whether the rest can be understood.
#[derive(Deserialize)]
struct Version {
    format: u64,
}

/// Ends the check with a sentence unless a condition holds.
macro_rules! must {
    ($good:expr, $($what:tt)+) => {
        if !$good {
            return Err(format!($($what)+));
        }
    };
}

impl Manifest {
    /// Its path in the archive, where it is the first file.
    pub const NAME: &str = "manifest.json";
    /// Path of the second file: the hashes of all others, as `sha256sum --check` reads them.
    pub const SUMS: &str = "SHA256SUMS";
    /// Largest manifest that is read, in bytes.
    pub(super) const MAX_BYTES: u64 = 4 << 20;

    /// Reads a manifest and checks it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        let no_json = |error: serde_json::Error| BundleError::Manifest {
            what: error.to_string(),
        };
        let version: Version = serde_json::from_slice(bytes).map_err(no_json)?;
        if version.format > FORMAT {
            return Err(BundleError::Newer {
                format: version.format,
            });
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(no_json)?;
        match manifest.check() {
            Ok(()) => Ok(manifest),
            Err(what) => Err(BundleError::Manifest { what }),
        }
    }

    /// The manifest as it stands in the archive.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, BundleError> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|error| BundleError::Manifest {
            what: error.to_string(),
        })?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// All files together, in bytes.
    pub fn total(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// The time of every header, in seconds since 1970.
    pub(super) fn time(&self) -> u64 {
        seconds(&self.created).unwrap_or(0)
    }

    /// The list of hashes that goes with the manifest of this hash.
    pub(super) fn sums(&self, own: &str) -> String {
        let mut text = format!("{own}  {}\n", Self::NAME);
        for File { path, sha256, .. } in &self.files {
            // Writing to a string cannot fail.
            writeln!(text, "{sha256}  {path}").unwrap_or_default();
        }
        text
    }

    /// Says in one sentence what must not be. After that, paths lead nowhere but into folders of
    /// ours, and every text may be shown on a terminal.
    pub(super) fn check(&self) -> Result<(), String> {
        must!(
            self.format == FORMAT,
            "format {} never was one",
            self.format
        );
        let models = self
            .models
            .iter()
            .flat_map(|model| [&model.id, &model.licence]);
        let mut texts = [&self.presslate, &self.target]
            .into_iter()
            .chain(&self.choice)
            .chain(models);
        must!(
            texts.all(|text| is_line(text)),
            "a version, target, model or licence is empty or no line of text"
        );
        must!(
            seconds(&self.created).is_some(),
            "created is {:?}, which is no time such as 2031-04-02T06:00:00Z",
            self.created
        );
        must!(
            self.files.len() <= MAX_FILES,
            "it lists {} files; at most {MAX_FILES} are read",
            self.files.len()
        );
        for file in &self.files {
            file.check()?;
        }
        for (one, next) in self.files.iter().zip(self.files.iter().skip(1)) {
            must!(one.path != next.path, "it lists {:?} twice", one.path);
            must!(
                one.path < next.path,
                "{:?} stands before {:?}",
                one.path,
                next.path
            );
        }
        Ok(())
    }
}

impl File {
    fn check(&self) -> Result<(), String> {
        let Self {
            path,
            role,
            size,
            sha256,
            mode,
        } = self;
        must!(
            path.len() <= MAX_PATH,
            "the path {path:?} has {} bytes; at most {MAX_PATH} fit: give it a shorter name",
            path.len()
        );
        must!(
            path.split('/').all(is_name),
            "the path {path:?} is not made of plain names"
        );
        must!(
            path.split('/').next() == Some(role.folder())
                && path.split('/').count() == role.depth(),
            "the path {path:?} is not one for {role:?}"
        );
        must!(
            *size <= MAX_SIZE,
            "{path} has {size} bytes; at most {MAX_SIZE} are read"
        );
        must!(hash::is_hash(sha256), "the sha256 of {path} is none");
        must!(
            (*mode == Mode::Executable) == (*role == Role::Binary),
            "{path} has a mode that is not for {role:?}"
        );
        Ok(())
    }
}

/// Whether a name can be a file's on every system, and is not hidden. That leaves out `.` and `..`.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && !name.chars().any(|c| {
            c.is_control() || matches!(c, '/' | '\\' | ':' | '"' | '<' | '>' | '|' | '?' | '*')
        })
}

/// Whether a text is one line that may be shown on a terminal.
fn is_line(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

/// A time of a manifest in seconds since 1970. There is one way to write each.
pub(super) fn seconds(created: &str) -> Option<u64> {
    let time: jiff::Timestamp = created.parse().ok()?;
    let seconds = u64::try_from(time.as_second()).ok()?;
    (seconds <= MAX_TIME && written(seconds).as_deref() == Some(created)).then_some(seconds)
}

/// Seconds since 1970 as a manifest has them.
pub(super) fn written(seconds: u64) -> Option<String> {
    let time = jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
    Some(time.to_string())
}
