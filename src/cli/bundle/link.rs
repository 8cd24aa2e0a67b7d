//! A link to the installed program, from a folder where the shell looks for programs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cli::exit::Failure;

/// The program's name.
pub(super) const NAME: &str = "presslate";

/// A link that is made, but has not its name yet; so that what is in its way comes to light before
/// anything else is done.
#[derive(Debug)]
pub(super) struct Link {
    beside: PathBuf,
    place: PathBuf,
}

impl Link {
    /// Prepares a link to `program` in `folder`; `None` where there is nothing to do.
    ///
    /// # Errors
    /// When the folder cannot be written to, or has something else of that name.
    pub(super) fn prepare(
        folder: &Path,
        program: &Path,
        force: bool,
    ) -> Result<Option<Self>, Failure> {
        let flag = || format!("--bin {}", folder.display());
        let place = std::path::absolute(folder).with_context(flag)?.join(NAME);
        let is_there_already =
            place == program || fs::read_link(&place).is_ok_and(|target| target == program);
        if is_there_already {
            return Ok(None);
        }
        if let Ok(about) = fs::symlink_metadata(&place) {
            if about.is_dir() {
                return Err(anyhow::anyhow!(
                    "--bin {}: {} is a folder: name another place",
                    folder.display(),
                    place.display()
                )
                .into());
            }
            if !force {
                return Err(anyhow::anyhow!(
                    "--bin {}: another {NAME} is there already: --force replaces it",
                    folder.display()
                )
                .into());
            }
        }
        let beside = place.with_file_name(format!(".{NAME}-{}", std::process::id()));
        make(program, &beside).with_context(flag)?;
        Ok(Some(Self { beside, place }))
    }

    /// Gives the link its name.
    ///
    /// # Errors
    /// When the folder does not take it.
    pub(super) fn land(self) -> Result<(), Failure> {
        fs::rename(&self.beside, &self.place)
            .with_context(|| format!("could not create {}", self.place.display()))?;
        Ok(())
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Not there any more, if it has landed.
        fs::remove_file(&self.beside).unwrap_or_default();
    }
}

#[cfg(unix)]
fn make(program: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(program, link)
}

#[cfg(not(unix))]
fn make(_program: &Path, _link: &Path) -> std::io::Result<()> {
    Err(std::io::Error::other(
        "this system has no links: add the folder bin of --to to the PATH instead",
    ))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_link_takes_the_place_of_another_program_only_by_force() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("app/bin/presslate");
        let place = dir.path().join("presslate");
        let prepare = |force| Link::prepare(dir.path(), &program, force);
        drop(prepare(false).unwrap().unwrap());
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0, "nothing is left");

        fs::write(&place, "another").unwrap();
        let error = prepare(false).unwrap_err().to_string();
        assert!(
            error.contains("another presslate is there already"),
            "{error}"
        );
        prepare(true).unwrap().unwrap().land().unwrap();
        assert_eq!(fs::read_link(&place).unwrap(), program);
        assert!(prepare(false).unwrap().is_none(), "it is there");
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
    }

    #[test]
    fn the_folder_that_the_program_is_in_needs_no_link() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("presslate");
        fs::write(&program, "it").unwrap();
        assert!(Link::prepare(dir.path(), &program, true).unwrap().is_none());
    }

    #[test]
    fn a_folder_in_its_place_or_none_around_it_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("presslate")).unwrap();
        assert!(Link::prepare(dir.path(), Path::new("/x"), true).is_err());
        assert!(Link::prepare(&dir.path().join("none"), Path::new("/x"), true).is_err());
    }
}
