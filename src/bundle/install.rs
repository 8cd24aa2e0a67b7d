//! Putting a bundle's files into a folder: all of them and checked, or none.
//!
//! They are written beside the folder and get its name once the last byte of the archive has been
//! compared. What an interrupted install leaves has another name, and the next one clears it away.

mod place;
mod stage;

use std::io::Read;
use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use super::{Bundle, BundleError, Observe};
use place::Place;
use stage::Stage;

/// What became of the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Installed,
    /// It held another bundle, or this one changed, which is gone.
    Replaced,
    /// It held this bundle, and nothing was written.
    Unchanged,
}

/// Installs a bundle as the folder `dir`. Only with `force` is another bundle there replaced; what
/// no bundle has put there never is.
///
/// # Errors
/// When the bundle is not whole, the place is taken or has no room, something cannot be written, or
/// `observe` said to stop. The place is then as it was.
pub fn install<R: Read>(
    bundle: Bundle<R>,
    dir: &Path,
    force: bool,
    observe: &dyn Observe,
) -> Result<Outcome, BundleError> {
    let dir = resolved(dir)?;
    let outcome = match Place::look(&dir)? {
        Place::Free => Outcome::Installed,
        Place::Taken => return Err(BundleError::Taken { path: dir }),
        Place::Bundle { manifest, bytes } => {
            let what = if bytes == bundle.manifest_bytes() {
                place::damage(&dir, &bundle, observe)?
            } else {
                Some(place::difference(&manifest, bundle.manifest()))
            };
            let Some(what) = what else {
                // The archive is read to its end all the same: it was given to be checked.
                bundle.verify(observe)?;
                return Ok(Outcome::Unchanged);
            };
            if !force {
                return Err(BundleError::Differs { path: dir, what });
            }
            place::only_of(&dir, &manifest)?;
            Outcome::Replaced
        }
    };
    let stage = Stage::open(&dir)?;
    room(stage.parent(), bundle.manifest().total())?;
    stage.write(Manifest::NAME, bundle.manifest_bytes())?;
    stage.write(Manifest::SUMS, bundle.sums().as_bytes())?;
    bundle.take(&mut stage.files(), observe)?;
    if observe.stopped() {
        return Err(BundleError::Stopped);
    }
    stage.land(&dir)?;
    Ok(outcome)
}

/// The folder itself, should the path be that of a link; and a path that has a folder around it.
fn resolved(dir: &Path) -> Result<PathBuf, BundleError> {
    if let Ok(found) = dir.canonicalize() {
        return Ok(found);
    }
    let absolute = std::path::absolute(dir).map_err(BundleError::io("find", dir))?;
    match (absolute.parent(), absolute.file_name()) {
        (Some(parent), Some(name)) => {
            let found = parent
                .canonicalize()
                .ok()
                .filter(|parent| parent.is_dir())
                .ok_or_else(|| BundleError::NoFolder {
                    path: parent.to_owned(),
                })?;
            Ok(found.join(name))
        }
        _ => Err(BundleError::Taken { path: absolute }),
    }
}

/// Checks that the disk of a folder has room for more bytes. Where the system does not say, it has.
///
/// # Errors
/// When there is less.
pub fn room(folder: &Path, needed: u64) -> Result<(), BundleError> {
    match fs4::available_space(folder) {
        Ok(free) if free < needed => Err(BundleError::Room {
            path: folder.to_owned(),
            needed,
            free,
        }),
        _ => Ok(()),
    }
}
