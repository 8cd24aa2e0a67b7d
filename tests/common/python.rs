//! Environments of Python with what a test needs.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::broker::setting;
use super::skip::skip;

/// A file of requirements, in the manner of `pip`.
pub(crate) struct Requirements<'a> {
    /// From the top folder of the repository.
    pub(crate) file: &'a str,
    /// More words for `pip install`.
    pub(crate) manner: &'a [&'a str],
}

/// A Python that has what the files name; `None`, said aloud, where it cannot be had and is not
/// required. Kept between runs, for as long as the files stay as they are.
pub(crate) fn python(purpose: &str, requirements: &[Requirements<'_>]) -> Option<PathBuf> {
    // One test makes it, and the next finds it.
    static MAKING: Mutex<()> = Mutex::new(());
    let _made = MAKING.lock().unwrap_or_else(PoisonError::into_inner);

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut hash = DefaultHasher::new();
    for one in requirements {
        fs::read_to_string(root.join(one.file))
            .unwrap()
            .hash(&mut hash);
        one.manner.hash(&mut hash);
    }
    let name = format!("python-{purpose}-{:016x}", hash.finish());
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let (python, whole) = (home.join("bin/python"), home.join("whole"));
    // The Python that it was made with may be gone.
    let mut look = Command::new(&python);
    if whole.exists() && succeed(look.args(["-c", ""])).is_ok() {
        return Some(python);
    }
    let made = make(&home, &python, requirements);
    let Err(why) = made else {
        fs::write(whole, "").unwrap();
        return Some(python);
    };
    assert!(
        setting("CI").is_none(),
        "CI needs python3 with venv, and pip to get the packages for {purpose} with: {why}"
    );
    skip(&format!("no Python for {purpose} ({why})"));
    None
}

fn make(home: &Path, python: &Path, requirements: &[Requirements<'_>]) -> Result<(), String> {
    succeed(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(home),
    )?;
    for one in requirements {
        let mut pip = Command::new(python);
        pip.args(["-m", "pip", "install", "--quiet"])
            .args(one.manner)
            .arg("--requirement")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(one.file));
        succeed(&mut pip)?;
    }
    Ok(())
}

/// Runs a command; what it says where it fails.
fn succeed(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Err(error.to_string()),
    }
}
