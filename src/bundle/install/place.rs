//! What is in the folder that a bundle is to go to.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::bundle::manifest::{File, Manifest, Mode};
use crate::bundle::{Bundle, BundleError, Observe, hash};

/// What a folder holds.
pub(super) enum Place {
    /// Nothing, or there is no such folder.
    Free,
    /// A bundle was installed there.
    Bundle {
        /// Its manifest.
        manifest: Manifest,
        /// The same as it lies there.
        bytes: Vec<u8>,
    },
    /// Something else.
    Taken,
}

impl Place {
    /// Looks at a folder.
    pub(super) fn look(dir: &Path) -> Result<Self, BundleError> {
        match fs::read_dir(dir).map(|mut entries| entries.next().is_none()) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::Free),
            Err(error) if error.kind() == ErrorKind::NotADirectory => return Ok(Self::Taken),
            Err(error) => return Err(BundleError::io("read", dir)(error)),
            Ok(true) => return Ok(Self::Free),
            Ok(false) => {}
        }
        let path = dir.join(Manifest::NAME);
        let is_small = fs::metadata(&path).is_ok_and(|about| about.len() <= Manifest::MAX_BYTES);
        if !is_small {
            return Ok(Self::Taken);
        }
        let bytes = fs::read(&path).map_err(BundleError::io("read", &path))?;
        match Manifest::parse(&bytes) {
            Ok(manifest) => Ok(Self::Bundle { manifest, bytes }),
            Err(newer @ BundleError::Newer { .. }) => Err(newer),
            Err(_) => Ok(Self::Taken),
        }
    }
}

/// What has changed of the files of an installed bundle, in words; `None` where all are as they came.
pub(super) fn damage<R: std::io::Read>(
    dir: &Path,
    bundle: &Bundle<R>,
    observe: &dyn Observe,
) -> Result<Option<String>, BundleError> {
    let mut changed = Vec::new();
    let sums = fs::read(dir.join(Manifest::SUMS)).unwrap_or_default();
    if sums != bundle.sums().as_bytes() {
        changed.push(Manifest::SUMS);
    }
    for file in &bundle.manifest().files {
        observe.file(&file.path);
        if !is_as_it_came(&dir.join(&file.path), file, observe)? {
            changed.push(&file.path);
        }
    }
    Ok(some(&changed).map(|names| format!("changed since it was installed: {names}")))
}

fn is_as_it_came(path: &Path, file: &File, observe: &dyn Observe) -> Result<bool, BundleError> {
    let about = fs::symlink_metadata(path);
    let is_alike = about.is_ok_and(|about| {
        about.is_file() && about.len() == file.size && may_run(&about, file.mode)
    });
    Ok(is_alike && hash::of_file(path, observe)?.sha256 == file.sha256)
}

/// Whether a file that has to be run can be, by its owner. Everything else about its mode is the
/// business of those who run the machine.
#[cfg(unix)]
fn may_run(about: &fs::Metadata, mode: Mode) -> bool {
    use std::os::unix::fs::PermissionsExt;
    mode == Mode::Plain || about.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn may_run(_about: &fs::Metadata, _mode: Mode) -> bool {
    true
}

/// How two bundles differ, in words.
pub(super) fn difference(here: &Manifest, new: &Manifest) -> String {
    let lacks = |files: &[File], file: &&File| !files.contains(file);
    let mut paths: Vec<&str> = Vec::new();
    for (one, other) in [(new, here), (here, new)] {
        let differing = one.files.iter().filter(|file| lacks(&other.files, file));
        for file in differing {
            if !paths.contains(&file.path.as_str()) {
                paths.push(&file.path);
            }
        }
    }
    let names = some(&paths).unwrap_or_else(|| "the same files".to_owned());
    format!("a bundle of {}; differing: {names}", here.created)
}

/// The first few of some names; `None` where there are none.
fn some(names: &[&str]) -> Option<String> {
    const SHOWN: usize = 3;
    let shown = names.get(..SHOWN).unwrap_or(names).join(", ");
    match names.len() {
        0 => None,
        all if all > SHOWN => Some(format!("{shown} and {} more", all - SHOWN)),
        _ => Some(shown),
    }
}

/// Checks that a folder holds nothing but the bundle of this manifest, and what presslate notes
/// beside its models.
pub(super) fn only_of(dir: &Path, manifest: &Manifest) -> Result<(), BundleError> {
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let path = dir.join(&folder);
        let entries = fs::read_dir(&path).map_err(BundleError::io("read", &path))?;
        for entry in entries {
            let entry = entry.map_err(BundleError::io("read", &path))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let below = if folder.is_empty() {
                name.clone()
            } else {
                format!("{folder}/{name}")
            };
            let kind = entry
                .file_type()
                .map_err(BundleError::io("read", &entry.path()))?;
            if kind.is_dir() {
                folders.push(below);
            } else if !is_known(&below, &name, manifest) {
                return Err(BundleError::Foreign {
                    path: dir.to_owned(),
                    file: below,
                });
            }
        }
    }
    Ok(())
}

fn is_lock(name: &str) -> bool {
    name.strip_prefix('.')
        .and_then(|name| name.strip_suffix(".lock"))
        .is_some()
}

fn is_known(path: &str, name: &str, manifest: &Manifest) -> bool {
    // Hashes that were checked, and locks of those who did.
    let is_note = path.starts_with("models/") && (name == ".verified.json" || is_lock(name));
    is_note
        || [Manifest::NAME, Manifest::SUMS].contains(&path)
        || manifest.files.iter().any(|file| file.path == path)
}
