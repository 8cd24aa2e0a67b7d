//! Where files are until all of them are there: a folder beside the one that they are for.

use std::fs::{self, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::bundle::BundleError;
use crate::bundle::manifest::{File, Mode};
use crate::bundle::read::Take;

/// A folder `.NAME.installing` beside the folder NAME, of this process alone. Goes with its content
/// when dropped.
#[derive(Debug)]
pub(super) struct Stage {
    parent: PathBuf,
    folder: PathBuf,
    /// Held for as long as the stage is.
    _lock: fs::File,
}

impl Stage {
    /// Makes the stage, and clears away what an install that was killed has left in it.
    pub(super) fn open(dir: &Path) -> Result<Self, BundleError> {
        let (Some(parent), Some(name)) = (dir.parent(), dir.file_name()) else {
            return Err(BundleError::Taken {
                path: dir.to_owned(),
            });
        };
        let folder = parent.join(format!(".{}.installing", name.to_string_lossy()));
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(BundleError::io("create", &folder)(error));
            }
            _ => {}
        }
        let guard = folder.join("lock");
        let lock = fs::File::create(&guard).map_err(BundleError::io("create", &guard))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(BundleError::Busy {
                    path: dir.to_owned(),
                });
            }
            Err(TryLockError::Error(error)) => {
                return Err(BundleError::io("lock", &guard)(error));
            }
        }
        let stage = Self {
            parent: parent.to_owned(),
            folder,
            _lock: lock,
        };
        for left in [stage.tree(), stage.old()] {
            if left.exists() {
                fs::remove_dir_all(&left).map_err(BundleError::io("remove", &left))?;
            }
        }
        let tree = stage.tree();
        fs::create_dir(&tree).map_err(BundleError::io("create", &tree))?;
        Ok(stage)
    }

    /// The folder around the one that is installed.
    pub(super) fn parent(&self) -> &Path {
        &self.parent
    }

    fn tree(&self) -> PathBuf {
        self.folder.join("new")
    }

    fn old(&self) -> PathBuf {
        self.folder.join("old")
    }

    /// Writes a small file.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), BundleError> {
        let path = self.tree().join(name);
        let mut file = create(&path, Mode::Plain)?;
        file.write_all(bytes)
            .and_then(|()| file.sync_all())
            .map_err(BundleError::io("write", &path))
    }

    /// Takes the files of a bundle.
    pub(super) fn files(&self) -> Files {
        Files {
            tree: self.tree(),
            current: None,
        }
    }

    /// Gives the files their place. A bundle that is there has it back if that fails; a process that
    /// is killed in between leaves the place empty, never half full.
    pub(super) fn land(self, dir: &Path) -> Result<(), BundleError> {
        let (tree, old) = (self.tree(), self.old());
        let had_one = dir.exists();
        if had_one {
            fs::rename(dir, &old).map_err(BundleError::io("replace", dir))?;
        }
        if let Err(error) = fs::rename(&tree, dir) {
            if had_one {
                fs::rename(&old, dir).map_err(BundleError::io("put back", dir))?;
            }
            return Err(BundleError::io("create", dir)(error));
        }
        sync_folder(&self.parent);
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // In the way of nobody, and the next install tries again.
        fs::remove_dir_all(&self.folder).unwrap_or_default();
    }
}

/// Makes the new name last through a power cut, where the system has a way to.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = fs::File::open(folder) {
        // The files are there and whole; a name that comes late is no failure.
        folder.sync_all().unwrap_or_default();
    }
}

/// Writes files as they come.
pub(super) struct Files {
    tree: PathBuf,
    current: Option<(PathBuf, fs::File)>,
}

impl Take for Files {
    fn begin(&mut self, file: &File) -> Result<(), BundleError> {
        // Plain names, as the manifest's check has seen to.
        let path = self.tree.join(&file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(BundleError::io("create", folder))?;
        }
        let made = create(&path, file.mode)?;
        self.current = Some((path, made));
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), BundleError> {
        match &mut self.current {
            Some((path, file)) => file
                .write_all(bytes)
                .map_err(BundleError::io("write", path)),
            None => Ok(()),
        }
    }

    fn end(&mut self) -> Result<(), BundleError> {
        match self.current.take() {
            Some((path, file)) => file.sync_all().map_err(BundleError::io("write", &path)),
            None => Ok(()),
        }
    }
}

/// Makes a file that is not there yet, with a mode that the umask may take something from.
fn create(path: &Path, mode: Mode) -> Result<fs::File, BundleError> {
    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode.bits());
    #[cfg(not(unix))]
    let _everything_can_be_run = mode;
    options.open(path).map_err(BundleError::io("create", path))
}
