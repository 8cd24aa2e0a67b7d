//! Glossaries in a folder, read again when they change.
//!
//! The only part of `glossary` that reads files. Everything here blocks for as long as that takes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use std::{fs, io};

use super::{Format, Glossary, GlossaryError, world};

/// Largest file that is read, in bytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// A file is read again for as long after it was written, even if its length and time say that it is
/// the same: clocks of file systems are coarse.
const FRESH: Duration = Duration::from_secs(3);

/// What is wrong with a glossary's file, or with what was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file or folder cannot be read.
    #[error("could not read {}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file is too large.
    #[error("{} has {bytes} bytes; at most {MAX_BYTES} are read: part it", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// A file's ending names no format.
    #[error("{} is not a glossary: its name has to end in .csv, .tsv, .toml or .tbx", path.display())]
    UnknownFormat {
        /// Which.
        path: PathBuf,
    },
    /// Two files would have the same id.
    #[error("{} and {} have the same id: rename one of them", first.display(), second.display())]
    SameId {
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A file's content is wrong.
    #[error(transparent)]
    Invalid(#[from] GlossaryError),
    /// There is no glossary of this id.
    #[error("there is no glossary {id:?}; there is {}", known.join(", "))]
    Unknown {
        /// What was asked for.
        id: String,
        /// The ids there are.
        known: Vec<String>,
    },
}

/// What became of a glossary since it was last asked.
#[derive(Debug)]
pub enum Change {
    /// It is new, or has another content.
    Loaded(Arc<Glossary>),
    /// Its file is gone, and so is the glossary.
    Removed {
        /// Its id.
        id: String,
    },
    /// Its file cannot be used any more. The last good version, if there was one, is kept.
    Failed {
        /// Its id; empty where it is the folder that cannot be read.
        id: String,
        /// What is wrong.
        error: StoreError,
    },
}

/// The glossaries of a folder, or of one file, and the starter glossary `world`.
///
/// A glossary's id is its file's name without the ending. A file named `world` takes the starter's
/// place. Hidden files and those with endings of no format are passed over.
#[derive(Debug)]
pub struct Store {
    path: Option<PathBuf>,
    every: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    looked: Instant,
    starter: Arc<Glossary>,
    files: BTreeMap<String, File>,
    changes: Vec<Change>,
    /// Whether the folder could not be read when it was last looked at.
    is_lost: bool,
}

/// A file as it was when last read.
#[derive(Debug)]
struct File {
    stamp: Stamp,
    read: SystemTime,
    good: Option<Arc<Glossary>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    path: PathBuf,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Store {
    /// The starter glossary and nothing else.
    ///
    /// # Errors
    /// None, as a test shows.
    pub fn starter() -> Result<Self, StoreError> {
        Self::new(None, Duration::MAX)
    }

    /// The glossaries of a folder, or the one of a file, all of them read now. Later the files are
    /// looked at again when something is asked for, but not before `every` has passed.
    ///
    /// # Errors
    /// [`StoreError`] for the first file that cannot be read or used: at the start somebody is there
    /// to mend it.
    pub fn open(path: &Path, every: Duration) -> Result<Self, StoreError> {
        let store = Self::new(Some(path.to_owned()), every)?;
        let mut state = store.state();
        let stamps = stamps(path)?;
        state.update(stamps);
        for change in std::mem::take(&mut state.changes) {
            if let Change::Failed { error, .. } = change {
                return Err(error);
            }
        }
        drop(state);
        Ok(store)
    }

    fn new(path: Option<PathBuf>, every: Duration) -> Result<Self, StoreError> {
        let state = State {
            looked: Instant::now(),
            starter: Arc::new(world()?),
            files: BTreeMap::new(),
            changes: Vec::new(),
            is_lost: false,
        };
        Ok(Self {
            path,
            every,
            state: Mutex::new(state),
        })
    }

    /// The glossary with this id, as its file is now, or as it last was when it could be used.
    ///
    /// # Errors
    /// [`StoreError::Unknown`], which lists what there is. What is wrong with files is told by
    /// [`Store::changes`].
    pub fn get(&self, id: &str) -> Result<Arc<Glossary>, StoreError> {
        let mut state = self.state();
        self.look(&mut state);
        state.get(id).ok_or_else(|| StoreError::Unknown {
            id: id.to_owned(),
            known: state.ids(),
        })
    }

    /// The ids there are, sorted.
    pub fn ids(&self) -> Vec<String> {
        let mut state = self.state();
        self.look(&mut state);
        state.ids()
    }

    /// What has changed since this was last called, each change once. A file that stays wrong in
    /// the same way is told once.
    pub fn changes(&self) -> Vec<Change> {
        let mut state = self.state();
        self.look(&mut state);
        std::mem::take(&mut state.changes)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What a panic may have left is a list that is one file short.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the files again, if it is time.
    fn look(&self, state: &mut State) {
        let Some(path) = self.path.as_deref() else {
            return;
        };
        if state.looked.elapsed() < self.every {
            return;
        }
        state.looked = Instant::now();
        match stamps(path) {
            Ok(stamps) => {
                state.is_lost = false;
                state.update(stamps);
            }
            // A share that is away for a moment takes no glossary with it.
            Err(error) if !state.is_lost => {
                state.is_lost = true;
                let id = String::new();
                state.changes.push(Change::Failed { id, error });
            }
            Err(_) => {}
        }
    }
}

impl State {
    fn get(&self, id: &str) -> Option<Arc<Glossary>> {
        let own = self.files.get(id).and_then(|file| file.good.clone());
        own.or_else(|| (id == self.starter.name()).then(|| Arc::clone(&self.starter)))
    }

    fn ids(&self) -> Vec<String> {
        let good = self.files.iter().filter(|(_, file)| file.good.is_some());
        let mut ids: Vec<String> = good.map(|(id, _)| id.clone()).collect();
        ids.push(self.starter.name().to_owned());
        ids.sort();
        ids.dedup();
        ids
    }

    /// Reads what is new or has changed, and forgets what is gone.
    fn update(&mut self, stamps: BTreeMap<String, Stamp>) {
        let gone: Vec<String> = self
            .files
            .keys()
            .filter(|id| !stamps.contains_key(*id))
            .cloned()
            .collect();
        for id in gone {
            self.files.remove(&id);
            self.changes.push(Change::Removed { id });
        }
        for (id, stamp) in stamps {
            let known = self.files.get(&id);
            if known.is_some_and(|file| file.is_current(&stamp)) {
                continue;
            }
            let good = known.and_then(|file| file.good.clone());
            let is_same = known.is_some_and(|file| file.stamp == stamp);
            let now = SystemTime::now();
            let good = match read(&id, &stamp) {
                Ok(new) => {
                    let is_new = good.as_ref().is_none_or(|old| old.hash() != new.hash());
                    let new = if is_new {
                        Arc::new(new)
                    } else {
                        continue_with(good, new)
                    };
                    if is_new {
                        self.changes.push(Change::Loaded(Arc::clone(&new)));
                    }
                    Some(new)
                }
                Err(error) => {
                    if !is_same {
                        let id = id.clone();
                        self.changes.push(Change::Failed { id, error });
                    }
                    good
                }
            };
            let read = now;
            self.files.insert(id, File { stamp, read, good });
        }
    }
}

/// The old one where there is one, so that who holds it and who asks for it have the same.
fn continue_with(old: Option<Arc<Glossary>>, new: Glossary) -> Arc<Glossary> {
    old.unwrap_or_else(|| Arc::new(new))
}

impl File {
    /// Whether what was read is what is there.
    fn is_current(&self, stamp: &Stamp) -> bool {
        let is_settled = stamp.modified.is_some_and(|modified| {
            self.read
                .duration_since(modified)
                .is_ok_and(|age| age > FRESH)
        });
        self.stamp == *stamp && is_settled
    }
}

/// The files of a folder that are glossaries, or the one file that it is, by their ids.
///
/// # Errors
/// When the folder cannot be read, two files have one id, or the file is no glossary.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let stamps = stamps(path)?;
    Ok(stamps.into_values().map(|stamp| stamp.path).collect())
}

/// The files of a folder that are glossaries, by id.
fn stamps(path: &Path) -> Result<BTreeMap<String, Stamp>, StoreError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Io { path, source }
    };
    let is_folder = fs::metadata(path).map_err(unreadable(path))?.is_dir();
    let mut paths = Vec::new();
    if is_folder {
        for entry in fs::read_dir(path).map_err(unreadable(path))? {
            let file = entry.map_err(unreadable(path))?.path();
            let name = file.file_name().map(|name| name.to_string_lossy());
            let is_hidden = name.is_none_or(|name| name.starts_with('.'));
            if !is_hidden && format(&file).is_some() {
                paths.push(file);
            }
        }
        paths.sort();
    } else if format(path).is_some() {
        paths.push(path.to_owned());
    } else {
        let path = path.to_owned();
        return Err(StoreError::UnknownFormat { path });
    }
    let mut stamps: BTreeMap<String, Stamp> = BTreeMap::new();
    for path in paths {
        let about = match fs::metadata(&path) {
            Ok(about) if about.is_file() => about,
            Ok(_) => continue,
            // Gone since the folder was listed.
            Err(error) if is_folder && error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(unreadable(&path)(error)),
        };
        let id = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let stamp = Stamp {
            path,
            bytes: about.len(),
            modified: about.modified().ok(),
        };
        if let Some(first) = stamps.get(&id) {
            return Err(StoreError::SameId {
                first: first.path.clone(),
                second: stamp.path,
            });
        }
        stamps.insert(id, stamp);
    }
    Ok(stamps)
}

fn format(path: &Path) -> Option<Format> {
    path.extension()
        .and_then(|ending| Format::of(&ending.to_string_lossy()))
}

fn read(id: &str, stamp: &Stamp) -> Result<Glossary, StoreError> {
    let path = &stamp.path;
    if stamp.bytes > MAX_BYTES {
        return Err(StoreError::TooLarge {
            path: path.clone(),
            bytes: stamp.bytes,
        });
    }
    let format = format(path).ok_or_else(|| StoreError::UnknownFormat { path: path.clone() })?;
    let bytes = fs::read(path).map_err(|source| StoreError::Io {
        path: path.clone(),
        source,
    })?;
    let file = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    Ok(Glossary::parse(id, &file, format, &bytes)?)
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
