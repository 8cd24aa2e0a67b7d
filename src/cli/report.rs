//! `presslate report`: a result as a page.

use std::io::Read;
use std::path::Path;

use anyhow::Context;

use super::args::ReportArgs;
use super::exit::{Exit, Failure};
use super::output::Output;
use crate::job::wire::ResultMessage;
use crate::report;

/// Writes the page of a result that was kept.
///
/// # Errors
/// When the file is no result, or the page cannot be written.
pub(super) fn run(args: &ReportArgs) -> Result<Exit, Failure> {
    let output = Output::open(args.out.as_deref())?;
    let name = args.result.display();
    let bytes = if args.result == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(&args.result)
    };
    let bytes = bytes
        .with_context(|| format!("{name}: cannot be read"))
        .map_err(Failure::usage)?;
    let result: ResultMessage = serde_json::from_slice(&bytes)
        .with_context(|| {
            format!(
                "{name}: not a result; `presslate run --format json` and the result queue have them"
            )
        })
        .map_err(Failure::usage)?;
    output.write(&report::page(&result))?;
    Ok(Exit::Done)
}
