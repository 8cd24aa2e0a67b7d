//! What can be wrong with a bundle, or with the place that it is to go to.

use std::io;
use std::path::{Path, PathBuf};

use super::manifest::{FORMAT, Manifest};

/// Why a bundle was not made, or not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
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
    /// The archive could not be read on.
    #[error("could not read the archive after {at} bytes")]
    Read {
        /// Bytes read before.
        at: u64,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The archive could not be written on.
    #[error("could not write the archive after {at} bytes")]
    Write {
        /// Bytes written before.
        at: u64,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file cannot be packed as it is.
    #[error("{path} cannot be packed: {what}")]
    Unpackable {
        /// The path that it would have in the archive.
        path: String,
        /// What is wrong with it and what to do, in one sentence.
        what: String,
    },
    /// The archive is something else.
    #[error("this is no bundle of presslate: {why}; `presslate bundle create` makes one")]
    NoBundle {
        /// What it looks like.
        why: String,
    },
    /// The archive ends too early.
    #[error("the archive ends at byte {at}, within {within}: it was cut off; copy it again")]
    CutOff {
        /// Where it ends.
        at: u64,
        /// In the midst of what.
        within: String,
    },
    /// A later presslate made it.
    #[error(
        "the bundle has format {format}, and this presslate reads format {FORMAT}: use the presslate that made it, or a later one"
    )]
    Newer {
        /// The format that it says it has.
        format: u64,
    },
    /// The manifest is not one.
    #[error(
        "{}: {what}: the archive was changed, or not made by presslate",
        Manifest::NAME
    )]
    Manifest {
        /// What is wrong with it, in one sentence.
        what: String,
    },
    /// It is a bundle, but not the one that was asked for.
    #[error(
        "this is not the bundle that was asked for, and it was refused\n  expected manifest sha256 {expected}\n  found    manifest sha256 {found}"
    )]
    Unexpected {
        /// SHA-256 in hex, as it was asked for.
        expected: String,
        /// SHA-256 in hex of the manifest that is there.
        found: String,
    },
    /// Something stands in the archive where something else belongs.
    #[error(
        "at byte {at} of the archive: {found} where {expected} belongs: the archive was changed; copy it again"
    )]
    Misplaced {
        /// Where it stands.
        at: u64,
        /// What it is.
        found: String,
        /// What should be there.
        expected: String,
    },
    /// A file has other content than the manifest says.
    #[error(
        "{path} (from byte {at} of the archive) is not what the manifest says, and was refused: copy the archive again\n  expected sha256 {expected}\n  found    sha256 {found}"
    )]
    Changed {
        /// Its path in the archive.
        path: String,
        /// Where its content begins.
        at: u64,
        /// SHA-256 in hex, from the manifest.
        expected: String,
        /// SHA-256 in hex of what is there.
        found: String,
    },
    /// A file that was being packed is not what it was a moment ago.
    #[error("{} changed while it was packed: see to it that nothing writes to it, and try again", path.display())]
    Unsteady {
        /// Which.
        path: PathBuf,
    },
    /// The disk has no room.
    #[error("not enough room in {}: {needed} bytes needed, {free} free: free some, or name another place", path.display())]
    Room {
        /// Where the room is missing.
        path: PathBuf,
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// The folder that the bundle is to go into has no folder around it.
    #[error("there is no folder {}: make it first, or name another place", path.display())]
    NoFolder {
        /// The folder that is missing.
        path: PathBuf,
    },
    /// The place is taken by something that no bundle has put there.
    #[error(
        "{} holds something that no bundle has put there: name another place, such as a folder that does not exist yet",
        path.display()
    )]
    Taken {
        /// The place.
        path: PathBuf,
    },
    /// The place has another bundle, or this one changed.
    #[error("{} is there already with other content ({what}): --force replaces it", path.display())]
    Differs {
        /// The place.
        path: PathBuf,
        /// What differs.
        what: String,
    },
    /// Replacing the installed bundle would take something away that belongs to none.
    #[error(
        "{} holds {file}, which did not come with the bundle there: move it elsewhere, since replacing the bundle would delete it",
        path.display()
    )]
    Foreign {
        /// The place.
        path: PathBuf,
        /// The file, within the place.
        file: String,
    },
    /// Another process is installing into the same place.
    #[error("another process is installing into {}; try again when it has finished", path.display())]
    Busy {
        /// The place.
        path: PathBuf,
    },
    /// Stopped on request.
    #[error("stopped")]
    Stopped,
}

impl BundleError {
    /// Whether it is the archive that is not what it should be, and not the machine or the place.
    pub fn is_about_the_archive(&self) -> bool {
        matches!(
            self,
            Self::Read { .. }
                | Self::NoBundle { .. }
                | Self::CutOff { .. }
                | Self::Newer { .. }
                | Self::Manifest { .. }
                | Self::Unexpected { .. }
                | Self::Misplaced { .. }
                | Self::Changed { .. }
        )
    }

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
