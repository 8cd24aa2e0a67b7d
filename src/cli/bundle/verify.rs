//! `presslate bundle verify`: whether an archive is whole.

use super::progress::BundleProgress;
use crate::cli::Console;
use crate::cli::args::BundleVerifyArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;

/// Reads the archive once.
///
/// # Errors
/// When a byte is not what it should be, or the archive cannot be read.
pub(super) fn run(args: BundleVerifyArgs, console: Console) -> Result<Exit, Failure> {
    let archive = args.archive;
    let said = super::interrupt("the archive was not read to its end", |cancel| {
        let archive = archive.clone();
        super::blocking(move || {
            let bundle = super::open(&archive)?;
            let name = super::name(&archive);
            let sha256 = bundle.sha256().to_owned();
            let summary = super::summary(bundle.manifest(), &sha256);
            let progress = BundleProgress::new(console, bundle.manifest().total(), &cancel);
            bundle
                .verify(&progress)
                .map_err(|error| super::blamed(error, &archive))?;
            drop(progress);
            super::say_unless_pinned(&archive, &sha256, console);
            Ok(format!("{name} is whole\n{summary}"))
        })
    })?;
    Output::open(None)?.write(&said)?;
    Ok(Exit::Done)
}
