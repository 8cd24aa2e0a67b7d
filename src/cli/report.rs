//! `presslate report`: a result as a page.

use anyhow::Context;

use super::args::ReportArgs;
use super::exit::{Exit, Failure};
use super::input::read_all;
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
    let bytes = read_all(&args.result).map_err(Failure::usage)?;
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
