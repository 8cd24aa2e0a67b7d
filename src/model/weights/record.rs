//! What the store remembers on disk: hashes seen, hashes pinned, and how far a download got.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::UNIX_EPOCH;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::WeightsError;
use crate::hash::of_file;

/// Bytes read or written between two looks at the cancellation token.
pub(super) const CHUNK: usize = 1 << 20;

/// SHA-256 of a file, in hex.
pub(super) fn hash_file(path: &Path, cancel: &CancellationToken) -> Result<String, WeightsError> {
    of_file(path, || cancel.is_cancelled())
        .map_err(|error| WeightsError::io(error.doing, path)(error.source))?
        .map(|hashed| hashed.sha256)
        .ok_or(WeightsError::Cancelled)
}

/// Hashes of files as they were when last read in full, so that a start need not read a gigabyte.
/// A file counts as unchanged while its size and its time of modification are the same.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Stamps {
    files: BTreeMap<String, Stamp>,
    #[serde(skip)]
    changed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    size: u64,
    /// Nanoseconds since 1970; text, because JSON numbers end at 2^53.
    modified: String,
    sha256: String,
}

impl Stamps {
    /// Name of the file, in the model's folder in the cache.
    pub(super) const NAME: &str = ".verified.json";

    /// Reads the stamps; a missing or damaged file only means that files are hashed again.
    pub(super) fn read(path: &Path) -> Self {
        fs::read(path)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Writes the stamps, if there are new ones. A cache that cannot be written is no error: files
    /// are then hashed at every start.
    pub(super) fn save(&self, path: &Path) {
        if !self.changed {
            return;
        }
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        if let Err(error) = made.and_then(|()| write_json(path, self)) {
            tracing::debug!(path = %path.display(), %error, "stamps not written");
        }
    }

    /// The hash noted for a file that has not changed since.
    pub(super) fn get(&self, path: &Path, metadata: &Metadata) -> Option<&str> {
        let stamp = self.files.get(path.to_str()?)?;
        (stamp.size == metadata.len() && stamp.modified == modified(metadata)?)
            .then_some(stamp.sha256.as_str())
    }

    /// Notes a hash.
    pub(super) fn set(&mut self, path: &Path, metadata: &Metadata, sha256: &str) {
        if let (Some(name), Some(modified)) = (path.to_str(), modified(metadata)) {
            let stamp = Stamp {
                size: metadata.len(),
                modified,
                sha256: sha256.to_owned(),
            };
            self.changed |=
                self.files.insert(name.to_owned(), stamp.clone()).as_ref() != Some(&stamp);
        }
    }
}

fn modified(metadata: &Metadata) -> Option<String> {
    Some(
        metadata
            .modified()
            .ok()?
            .duration_since(UNIX_EPOCH)
            .ok()?
            .as_nanos()
            .to_string(),
    )
}

/// What the catalogue leaves unpinned, as it was at the first pull. Kept for all models in one
/// file, so that a site can copy it from machine to machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pins {
    version: u32,
    models: BTreeMap<String, ModelPins>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct ModelPins {
    /// By name in the store.
    #[serde(default)]
    files: BTreeMap<String, FilePin>,
    /// Commit by repository.
    #[serde(default)]
    revisions: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FilePin {
    sha256: String,
    size: u64,
}

impl Pins {
    /// Name of the file, in the cache.
    pub(super) const NAME: &str = "presslate.lock.json";

    /// Reads the lock file; none yet is an empty one.
    pub(super) fn read(path: &Path) -> Result<Self, WeightsError> {
        read_json(path).map(|pins| {
            pins.unwrap_or(Self {
                version: 1,
                models: BTreeMap::new(),
            })
        })
    }

    /// What is recorded of some models, as a lock file has it; `None` where that is nothing.
    pub(super) fn of<'a>(
        &self,
        models: impl Iterator<Item = &'a str>,
    ) -> serde_json::Result<Option<String>> {
        let known = |model: &str| Some((model.to_owned(), self.models.get(model)?.clone()));
        let pins = Self {
            version: self.version,
            models: models.filter_map(known).collect(),
        };
        if pins.models.is_empty() {
            return Ok(None);
        }
        serde_json::to_string_pretty(&pins).map(Some)
    }

    /// The hash recorded for a file.
    pub(super) fn file(&self, model: &str, file: &str) -> Option<&str> {
        Some(self.models.get(model)?.files.get(file)?.sha256.as_str())
    }

    /// The commit recorded for a repository.
    pub(super) fn revision(&self, model: &str, repo: &str) -> Option<&str> {
        Some(self.models.get(model)?.revisions.get(repo)?.as_str())
    }

    /// Records a file, unless it is recorded already.
    pub(super) fn add_file(&mut self, model: &str, file: &str, sha256: &str, size: u64) {
        let pins = self.models.entry(model.to_owned()).or_default();
        pins.files
            .entry(file.to_owned())
            .or_insert_with(|| FilePin {
                sha256: sha256.to_owned(),
                size,
            });
    }

    /// Records a commit, unless one is recorded already.
    pub(super) fn add_revision(&mut self, model: &str, repo: &str, commit: &str) {
        let pins = self.models.entry(model.to_owned()).or_default();
        pins.revisions
            .entry(repo.to_owned())
            .or_insert_with(|| commit.to_owned());
    }

    /// Reads the lock file, changes it and writes it back, while no other process does.
    pub(super) fn update(cache: &Path, change: impl FnOnce(&mut Self)) -> Result<(), WeightsError> {
        let guard = cache.join(".presslate.lock");
        let lock = File::create(&guard).map_err(WeightsError::io("create", &guard))?;
        // Held for milliseconds by whoever has it.
        lock.lock().map_err(WeightsError::io("lock", &guard))?;
        let path = cache.join(Self::NAME);
        let mut pins = Self::read(&path)?;
        let before = pins.clone();
        change(&mut pins);
        if pins != before {
            write_json(&path, &pins).map_err(WeightsError::io("write", &path))?;
        }
        Ok(())
    }
}

/// A download under way: the bytes so far, and what is needed to go on with them later.
#[derive(Debug)]
pub(super) struct Partial {
    path: PathBuf,
    file: File,
    len: u64,
    state: PartialState,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct PartialState {
    /// What the bytes are the beginning of; bytes of anything else are of no use.
    target: String,
    /// Sizes of the pieces that are in, where the file comes in pieces.
    pieces: Vec<u64>,
}

impl Partial {
    /// Opens the download of `name` in `dir`, or starts it when there is none of this `target`.
    pub(super) fn open(dir: &Path, name: &str, target: &str) -> Result<Self, WeightsError> {
        let path = dir.join(format!("{name}.part"));
        let state = read_json::<PartialState>(&state_path(&path)).ok().flatten();
        let file = File::options()
            .append(true)
            .create(true)
            .open(&path)
            .map_err(WeightsError::io("create", &path))?;
        let len = file
            .metadata()
            .map_err(WeightsError::io("read", &path))?
            .len();
        let usable =
            state.filter(|state| state.target == target && state.pieces.iter().sum::<u64>() <= len);
        let fresh = usable.is_none();
        let mut partial = Self {
            path,
            file,
            len,
            state: usable.unwrap_or(PartialState {
                target: target.to_owned(),
                pieces: Vec::new(),
            }),
        };
        if fresh {
            partial.truncate(0)?;
        }
        Ok(partial)
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Where the bytes are.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Pieces that are in, having dropped any bytes after the last of them.
    pub(super) fn whole_pieces(&mut self) -> Result<usize, WeightsError> {
        let end = self.state.pieces.iter().sum();
        if self.len != end {
            let pieces = std::mem::take(&mut self.state.pieces);
            self.truncate(end)?;
            self.state.pieces = pieces;
            self.save()?;
        }
        Ok(self.state.pieces.len())
    }

    /// Drops what comes after `len` bytes, and every record of pieces.
    pub(super) fn truncate(&mut self, len: u64) -> Result<(), WeightsError> {
        self.file
            .set_len(len)
            .map_err(WeightsError::io("truncate", &self.path))?;
        self.len = len;
        self.state.pieces.clear();
        self.save()
    }

    /// Adds bytes.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), WeightsError> {
        self.file
            .write_all(bytes)
            .map_err(WeightsError::io("write", &self.path))?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Notes that the last `size` bytes are a whole piece.
    pub(super) fn piece_done(&mut self, size: u64) -> Result<(), WeightsError> {
        // The record must not be on disk before the bytes that it speaks of.
        self.file
            .sync_data()
            .map_err(WeightsError::io("write", &self.path))?;
        self.state.pieces.push(size);
        self.save()
    }

    /// Puts the finished file in its place, in one step.
    pub(super) fn land(self, to: &Path) -> Result<(), WeightsError> {
        self.file
            .sync_all()
            .map_err(WeightsError::io("write", &self.path))?;
        fs::rename(&self.path, to).map_err(WeightsError::io("rename", &self.path))?;
        remove_if_there(&state_path(&self.path))
    }

    /// Gives the download up.
    pub(super) fn discard(self) -> Result<(), WeightsError> {
        remove_if_there(&self.path)?;
        remove_if_there(&state_path(&self.path))
    }

    fn save(&self) -> Result<(), WeightsError> {
        let path = state_path(&self.path);
        write_json(&path, &self.state).map_err(WeightsError::io("write", &path))
    }
}

fn state_path(part: &Path) -> PathBuf {
    part.with_added_extension("json")
}

fn remove_if_there(path: &Path) -> Result<(), WeightsError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(WeightsError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, WeightsError> {
    match fs::read(path) {
        Ok(bytes) => {
            serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|source| WeightsError::Record {
                    path: path.to_owned(),
                    source,
                })
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(WeightsError::io("read", path)(error)),
    }
}

/// Writes beside the file, then renames: a reader sees the old one or the new one.
fn write_json(path: &Path, value: &impl Serialize) -> std::io::Result<()> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let unique = COUNT.fetch_add(1, Ordering::Relaxed);
    let beside = path.with_added_extension(format!("{}-{unique}.tmp", std::process::id()));
    let written = serde_json::to_vec_pretty(value)
        .map_err(std::io::Error::other)
        .and_then(|bytes| fs::write(&beside, bytes))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // Nothing is lost when this fails too: the error that matters is on its way.
        fs::remove_file(&beside).unwrap_or_default();
    }
    written
}
