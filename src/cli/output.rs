//! Where a result goes: stdout, or a file that is there whole or not at all.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::NamedTempFile;

use super::exit::Failure;

/// A place for the result, opened before the work begins: a folder that cannot be written to
/// should not come to light after minutes of translating.
#[derive(Debug)]
pub(super) struct Output(Place);

#[derive(Debug)]
enum Place {
    Stdout,
    File {
        partial: NamedTempFile,
        path: PathBuf,
        flag: &'static str,
    },
}

impl Output {
    /// Prepares the `path` of `--out`, or stdout when there is none or it is `-`.
    ///
    /// # Errors
    /// When the file could not be written there.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Ok(Self(Place::Stdout));
        };
        Self::file("--out", path)
    }

    /// Prepares the `path` that `flag` names.
    ///
    /// # Errors
    /// When the file could not be written there.
    pub(super) fn file(flag: &'static str, path: &Path) -> Result<Self, Failure> {
        if path.is_dir() {
            return Err(Failure::usage(anyhow::anyhow!(
                "{flag} {}: is a directory: name a file in it",
                path.display()
            )));
        }
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".presslate-");
        // Temporary files are for their owner only; a result is as readable as the umask allows.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let partial = builder.tempfile_in(folder).with_context(|| {
            format!(
                "{flag} {}: cannot be written to {}",
                path.display(),
                folder.display()
            )
        })?;
        Ok(Self(Place::File {
            partial,
            path: path.to_owned(),
            flag,
        }))
    }

    /// Whether people read this as it comes.
    pub(super) fn is_terminal(&self) -> bool {
        matches!(self.0, Place::Stdout) && io::IsTerminal::is_terminal(&io::stdout())
    }

    /// Writes a result as it is made. Nothing is there if `make` fails.
    ///
    /// # Errors
    /// When it could not be made or written.
    pub(super) fn stream<T>(
        self,
        make: impl FnOnce(&mut dyn Write) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        match self.0 {
            Place::Stdout => make(&mut io::stdout().lock()),
            Place::File {
                mut partial,
                path,
                flag,
            } => {
                let named = || format!("{flag} {}", path.display());
                let told = make(partial.as_file_mut())?;
                partial.as_file().sync_all().with_context(named)?;
                partial.persist(&path).with_context(named)?;
                Ok(told)
            }
        }
    }

    /// Writes the result.
    ///
    /// # Errors
    /// When it could not be written. A reader of stdout that has gone, as in `presslate … | head`,
    /// has read all it wants.
    pub(super) fn write(self, text: &str) -> Result<(), Failure> {
        match self.0 {
            Place::Stdout => {
                let mut stdout = io::stdout().lock();
                match stdout
                    .write_all(text.as_bytes())
                    .and_then(|()| stdout.flush())
                {
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                    written => written.context("stdout")?,
                }
            }
            Place::File {
                mut partial,
                path,
                flag,
            } => {
                let named = || format!("{flag} {}", path.display());
                partial.write_all(text.as_bytes()).with_context(named)?;
                partial.as_file().sync_all().with_context(named)?;
                partial.persist(&path).with_context(named)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_only_once_it_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("result.json");
        let output = Output::open(Some(&path)).unwrap();
        assert!(!path.exists());
        output.write("{}\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{}\n");
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 1);
    }

    #[test]
    fn nothing_is_left_of_a_file_that_was_not_written() {
        let dir = tempfile::tempdir().unwrap();
        drop(Output::open(Some(&dir.path().join("result.json"))).unwrap());
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0);
    }

    #[test]
    fn a_result_that_could_not_be_made_leaves_the_file_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("result");
        std::fs::write(&path, "old").unwrap();
        let stream = |fails: bool| {
            let output = Output::open(Some(&path)).unwrap();
            output.stream(|out| {
                out.write_all(b"new")?;
                if fails {
                    Err(anyhow::anyhow!("half way").into())
                } else {
                    Ok(7)
                }
            })
        };
        stream(true).unwrap_err();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 1);
        assert_eq!(stream(false).unwrap(), 7);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn a_folder_that_is_missing_is_noticed_before_the_work() {
        let dir = tempfile::tempdir().unwrap();
        let error = Output::open(Some(&dir.path().join("missing/result.json"))).unwrap_err();
        assert!(error.to_string().contains("missing"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_result_may_be_read_by_others_as_the_umask_allows() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (ours, plain) = (dir.path().join("ours"), dir.path().join("plain"));
        Output::open(Some(&ours)).unwrap().write("").unwrap();
        std::fs::write(&plain, "").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }
}
