//! Getting a model's files: where they are kept, where they come from, and that they are right.
//!
//! Everything here blocks. The environment is the caller's to read: a [`Store`] is told all it needs.

mod error;
mod format;
mod hub;
mod pip;
mod pull;
mod record;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

pub use error::{Tried, WeightsError};
pub use hub::{HubConfig, without_login};
pub use pip::PipConfig;

use crate::model::catalog::{Entry, Role};
use pull::{Folder, part_len};
use record::{Pins, Stamps, hash_file};

/// A model whose files are all here and have the right hashes.
#[derive(Debug, Clone)]
pub struct Installed {
    /// The model.
    pub entry: Arc<Entry>,
    /// Its files.
    pub files: Vec<InstalledFile>,
}

/// A file of an installed model.
#[derive(Debug, Clone)]
pub struct InstalledFile {
    /// What it is for.
    pub role: Role,
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256 in hex.
    pub sha256: String,
}

impl Installed {
    /// The file with this role.
    pub fn file(&self, role: Role) -> Option<&InstalledFile> {
        self.files.iter().find(|file| file.role == role)
    }
}

/// What an observer is told while a model is pulled or verified.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PullEvent {
    /// A source was passed over; the next one is tried.
    SourceSkipped {
        /// Such as `hub Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF`.
        source: String,
        /// In one line.
        why: String,
    },
    /// Another process is pulling the same model; this one waits for it.
    Waiting {
        /// The model.
        model: String,
    },
    /// A file begins to come.
    Started {
        /// Its name in the store.
        file: String,
        /// From where.
        source: String,
        /// Its size in bytes, where known.
        total: Option<u64>,
        /// Bytes that are here from an earlier pull.
        already: u64,
    },
    /// Bytes of the file that began last.
    Bytes {
        /// So far, those from an earlier pull included.
        done: u64,
        /// In all, where known.
        total: Option<u64>,
    },
    /// A file is fetched again from its first byte.
    Restarting {
        /// Its name in the store.
        file: String,
        /// In one line.
        why: String,
    },
    /// A file is being read in full, for its hash.
    Verifying {
        /// Its name in the store.
        file: String,
    },
    /// All files are here.
    Done {
        /// The model.
        model: String,
        /// All files together.
        bytes: u64,
    },
}

/// Is told of a pull's progress, from whichever thread does the work. Must return soon.
pub trait Progress: Send + Sync {
    /// Something happened.
    fn event(&self, event: PullEvent);
}

/// A [`Progress`] that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn event(&self, _event: PullEvent) {}
}

/// Where models' files are kept, and how missing ones are had.
#[derive(Debug, Clone)]
pub struct Store {
    /// A folder of ours: `<cache>/<model>/<file>`.
    pub cache: PathBuf,
    /// A folder of the site's, read only and looked at first: `<local>/<model>/<file>`
    /// (`PRESSLATE_MODEL_DIR`).
    pub local: Option<PathBuf>,
    /// How the hub is reached.
    pub hub: HubConfig,
    /// How package indexes are reached.
    pub pip: PipConfig,
}

/// How much of a model is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// All files, by name and size. Hashes are [`Store::find`]'s and [`Store::verify`]'s to check.
    Complete {
        /// All files together.
        bytes: u64,
    },
    /// Some files, or parts of some.
    Partial {
        /// What is here of them.
        bytes: u64,
    },
    /// Nothing.
    Absent,
}

impl Store {
    /// A store in this folder, with the public hub and the machine's `python3`.
    pub fn new(cache: impl Into<PathBuf>) -> Self {
        Self {
            cache: cache.into(),
            local: None,
            hub: HubConfig::default(),
            pip: PipConfig::default(),
        }
    }

    /// The model, if all its files are here and right. Files are hashed only when their size or
    /// time of modification changed since they were hashed last.
    ///
    /// # Errors
    /// When a file is here but is not the one that was expected, or cannot be read.
    pub fn find(&self, entry: &Arc<Entry>) -> Result<Option<Installed>, WeightsError> {
        self.look(entry, false, &Quiet, &CancellationToken::new())
    }

    /// Hashes every file of an installed model, whatever was noted about it before.
    ///
    /// # Errors
    /// When a file is missing, is not the one that was expected, or cannot be read.
    pub fn verify(
        &self,
        entry: &Arc<Entry>,
        progress: &dyn Progress,
        cancel: &CancellationToken,
    ) -> Result<Installed, WeightsError> {
        self.look(entry, true, progress, cancel)?
            .ok_or_else(|| self.not_installed(entry))
    }

    fn not_installed(&self, entry: &Entry) -> WeightsError {
        let absent = |name: &String| self.whereabouts(&entry.id, name).is_none();
        let names = entry.files.iter().map(|file| file.name.clone());
        let mut missing: Vec<_> = names.filter(absent).collect();
        if missing.is_empty() {
            missing.push(format!("a record in {}", Pins::NAME));
        }
        WeightsError::NotInstalled {
            id: entry.id.clone(),
            missing,
        }
    }

    /// The part of the lock file that is about these models, to be taken to another machine: its
    /// name in a cache, and its text. `None` where the catalogue left nothing open.
    ///
    /// # Errors
    /// When the lock file cannot be read.
    pub fn lock_of(
        &self,
        entries: &[Arc<Entry>],
    ) -> Result<Option<(&'static str, String)>, WeightsError> {
        let part = self
            .pins()?
            .of(entries.iter().map(|entry| entry.id.as_str()));
        let part = part.map_err(|source| WeightsError::Record {
            path: self.cache.join(Pins::NAME),
            source,
        })?;
        Ok(part.map(|text| (Pins::NAME, text)))
    }

    /// The model's folder in the cache, whether or not it is there.
    pub fn path(&self, entry: &Entry) -> PathBuf {
        self.cache.join(&entry.id)
    }

    /// Removes the model from the cache, and any download of it; gives the bytes freed. The local
    /// folder is never touched, and hashes recorded in the lock file stay.
    ///
    /// # Errors
    /// When another process is pulling the model, or the files cannot be removed.
    pub fn remove(&self, entry: &Entry) -> Result<u64, WeightsError> {
        if !self.path(entry).exists() {
            return Ok(0);
        }
        let folder = Folder::try_lock(self, &entry.id)?.ok_or_else(|| WeightsError::Locked {
            id: entry.id.clone(),
        })?;
        let entries = fs::read_dir(&folder.path).map_err(WeightsError::io("read", &folder.path))?;
        let freed = entries
            .flatten()
            .filter_map(|entry| entry.metadata().ok())
            .map(|metadata| metadata.len())
            .sum();
        fs::remove_dir_all(&folder.path).map_err(WeightsError::io("remove", &folder.path))?;
        Ok(freed)
    }

    /// How much of each model is here, by names and sizes; reads no file.
    pub fn list<'a>(
        &self,
        entries: impl IntoIterator<Item = &'a Arc<Entry>>,
    ) -> Vec<(Arc<Entry>, Presence)> {
        entries
            .into_iter()
            .map(|entry| (Arc::clone(entry), self.presence(entry)))
            .collect()
    }

    /// How much of a model is here, by names and sizes; reads no file.
    pub fn presence(&self, entry: &Entry) -> Presence {
        let mut complete = true;
        let mut bytes = 0;
        for file in &entry.files {
            let size = self
                .whereabouts(&entry.id, &file.name)
                .and_then(|path| fs::metadata(path).ok())
                .map(|metadata| metadata.len());
            complete &= size.is_some() && (file.size.is_none() || file.size == size);
            bytes += size.unwrap_or_else(|| part_len(&self.path(entry), &file.name));
        }
        match (complete, bytes) {
            (true, bytes) => Presence::Complete { bytes },
            (false, 0) => Presence::Absent,
            (false, bytes) => Presence::Partial { bytes },
        }
    }

    fn look(
        &self,
        entry: &Arc<Entry>,
        rehash: bool,
        progress: &dyn Progress,
        cancel: &CancellationToken,
    ) -> Result<Option<Installed>, WeightsError> {
        let pins = self.pins()?;
        let stamps_path = self.path(entry).join(Stamps::NAME);
        let mut stamps = Stamps::read(&stamps_path);
        let mut files = Vec::with_capacity(entry.files.len());
        for file in &entry.files {
            let Some(expected) = file
                .sha256
                .as_deref()
                .or_else(|| pins.file(&entry.id, &file.name))
            else {
                return Ok(None);
            };
            let Some(path) = self.whereabouts(&entry.id, &file.name) else {
                return Ok(None);
            };
            let metadata = fs::metadata(&path).map_err(WeightsError::io("read", &path))?;
            let found = match stamps.get(&path, &metadata) {
                Some(found) if !rehash => found.to_owned(),
                _ => {
                    progress.event(PullEvent::Verifying {
                        file: file.name.clone(),
                    });
                    let found = hash_file(&path, cancel)?;
                    stamps.set(&path, &metadata, &found);
                    found
                }
            };
            if found != expected {
                let origin = path.display().to_string();
                return Err(WeightsError::HashMismatch {
                    file: file.name.clone(),
                    origin,
                    expected: expected.to_owned(),
                    found,
                });
            }
            files.push(InstalledFile {
                role: file.role,
                path,
                size: metadata.len(),
                sha256: found,
            });
        }
        stamps.save(&stamps_path);
        Ok(Some(Installed {
            entry: Arc::clone(entry),
            files,
        }))
    }

    /// Where a file is: in the local folder, or else in the cache.
    fn whereabouts(&self, id: &str, file: &str) -> Option<PathBuf> {
        self.local_path(id, file)
            .into_iter()
            .chain([self.cache.join(id).join(file)])
            .find(|path| path.is_file())
    }

    fn local_path(&self, id: &str, file: &str) -> Option<PathBuf> {
        Some(self.local.as_ref()?.join(id).join(file))
    }

    fn pins(&self) -> Result<Pins, WeightsError> {
        Pins::read(&self.cache.join(Pins::NAME))
    }

    /// Notes the hash of a file that has just been read in full.
    fn stamp(&self, entry: &Entry, path: &Path, sha256: &str) {
        let stamps_path = self.path(entry).join(Stamps::NAME);
        let mut stamps = Stamps::read(&stamps_path);
        if let Ok(metadata) = fs::metadata(path) {
            stamps.set(path, &metadata, sha256);
            stamps.save(&stamps_path);
        }
    }
}

/// Checks that a folder's disk has room for more bytes. Where the system does not say, it has.
fn room(path: &Path, needed: u64) -> Result<(), WeightsError> {
    let dir = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(path)
    };
    match fs4::available_space(dir) {
        Ok(free) if free < needed => Err(WeightsError::DiskFull {
            path: dir.to_owned(),
            needed,
            free,
        }),
        _ => Ok(()),
    }
}
