//! `presslate bundle`: what a machine without network needs, as one file.

mod create;
mod install;
mod link;
mod progress;
mod target;
mod verify;

use std::fs::File;
use std::future::Future;
use std::io::{self, Read};
use std::path::Path;

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use super::args::{ArchiveArgs, BundleCommand};
use super::exit::{Exit, Failure};
use super::interrupt::interruptible;
use super::text::{bytes, count};
use super::{Console, wiring};
use crate::bundle::{Bundle, BundleError, Manifest};
use crate::config::Environment;

/// An archive that is being read.
type Source = Box<dyn Read + Send>;

/// Runs a subcommand of `bundle`.
///
/// # Errors
/// When something cannot be read or written, or is not what it should be.
pub(super) fn run(
    command: BundleCommand,
    environment: &Environment,
    console: Console,
) -> Result<Exit, Failure> {
    match command {
        BundleCommand::Create(args) => create::run(*args, environment, console),
        BundleCommand::Verify(args) => verify::run(args, console),
        BundleCommand::Install(args) => install::run(args, console),
    }
}

/// Reads the beginning of the archive.
fn open(archive: &ArchiveArgs) -> Result<Bundle<Source>, Failure> {
    let source: Source = if archive.file == Path::new("-") {
        Box::new(io::stdin())
    } else {
        let opened = File::open(&archive.file);
        Box::new(opened.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => anyhow::anyhow!("{}: there is no such file", name(archive)),
            _ => anyhow::Error::new(error).context(name(archive)),
        })?)
    };
    let expect = archive.expect.as_deref();
    Ok(Bundle::open(source, expect).map_err(|error| blamed(error, archive))?)
}

/// The archive in messages.
fn name(archive: &ArchiveArgs) -> String {
    if archive.file == Path::new("-") {
        "stdin".to_owned()
    } else {
        archive.file.display().to_string()
    }
}

/// An error with the archive's name, where the archive is to blame.
fn blamed(error: BundleError, archive: &ArchiveArgs) -> anyhow::Error {
    let is_to_blame = error.is_about_the_archive();
    let error = anyhow::Error::new(error);
    if is_to_blame {
        error.context(name(archive))
    } else {
        error
    }
}

/// What is said of a bundle that nothing but itself vouches for.
fn say_unless_pinned(archive: &ArchiveArgs, sha256: &str, console: Console) {
    if archive.expect.is_none() {
        console.say(&format!(
            "note: that it is whole does not say who made it: its manifest has the sha256 {sha256}, so compare \
             that with what `presslate bundle create` printed, or give what was printed with --expect\n"
        ));
    }
}

/// What is in a bundle, in some lines.
fn summary(manifest: &Manifest, sha256: &str) -> String {
    let models: Vec<String> = manifest
        .models
        .iter()
        .map(|model| format!("{} ({})", model.id, model.licence))
        .collect();
    format!(
        "  manifest  sha256 {sha256}\n  made      {} by presslate {} for {}\n  files     {}, {}\n  models    {}: {}\n",
        manifest.created,
        manifest.presslate,
        manifest.target,
        count(manifest.files.len(), "file"),
        bytes(manifest.total()),
        manifest.choice.join(", "),
        models.join(", "),
    )
}

/// Runs something that blocks and that a signal may stop; `kept` says what there is of it then.
fn interrupt<T, F: Future<Output = Result<T, Failure>>>(
    kept: &str,
    work: impl FnOnce(CancellationToken) -> F,
) -> Result<T, Failure> {
    let cancel = CancellationToken::new();
    let done = wiring::runtime()?.block_on(interruptible(work(cancel.clone()), &cancel))?;
    match done {
        Err(_) if cancel.is_cancelled() => {
            Err(Failure::interrupted(format!("interrupted; {kept}")))
        }
        done => done,
    }
}

/// Runs something that blocks beside those who listen for signals.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .context("the work broke down; this is a fault in presslate")?
}
