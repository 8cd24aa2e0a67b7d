//! `presslate run`: one article in, one result out.

use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::args::{Format, RunArgs};
use super::exit::{Exit, Failure};
use super::input::{Wishes, read_job};
use super::interrupt::interruptible;
use super::models::Models;
use super::output::Output;
use super::plan;
use super::progress::Progress;
use super::text::Palette;
use super::{Console, render, wiring};
use crate::config::{EngineSettings, Environment, StoreSettings};
use crate::job::wire::{ResultMessage, SegmentStatus};

/// Runs one job.
///
/// # Errors
/// When the input is none, the models cannot be had, or the work fails.
pub(super) fn run(args: &RunArgs, environment: &Environment, console: Console) -> Result<Exit, Failure> {
    // What takes no time is checked first, so that a slip shows before a model is loaded.
    let engine = EngineSettings::from(args.engine.clone());
    let store = StoreSettings::new(args.model.store.clone(), environment).map_err(Failure::usage)?;
    let models = Models::open(&store)?;
    let entries = models.choose(&args.model.models)?;
    let job = read_job(&args.input, &Wishes::from(args))?;
    let output = Output::open(args.out.as_deref())?;
    let plan = plan::needed(plan::plan(&entries), &job);

    let progress = Progress::new(console.progress);
    let cancel = CancellationToken::new();
    let started = Instant::now();
    let work = async {
        models.fetch(plan::models(&plan), console, &cancel).await?;
        wiring::run_job(&job, plan, models.into_store(), wiring::Options { engine, seed: args.seed }, &progress, &cancel)
            .await
    };
    let result = wiring::runtime()?.block_on(interruptible(work, &cancel))?;
    progress.clear();
    match result {
        Ok(result) => finish(args, &result, output, console, started),
        Err(_) if cancel.is_cancelled() => Err(Failure::interrupted(format!(
            "interrupted; finished before that: {}. No result was written",
            progress.finished()
        ))),
        Err(failure) => Err(failure),
    }
}

fn finish(
    args: &RunArgs,
    result: &ResultMessage,
    output: Output,
    console: Console,
    started: Instant,
) -> Result<Exit, Failure> {
    let text = match args.format {
        // The payload of the queue, to the byte, and the end of the line.
        Format::Json => serde_json::to_string(result)? + "\n",
        Format::Text => render::story(result, Palette::new(console.colour && output.is_terminal())),
    };
    output.write(&text)?;
    console.say(&render::report(result, console.palette(), started.elapsed()));
    Ok(if args.strict && result.status == SegmentStatus::NeedsReview { Exit::NeedsReview } else { Exit::Done })
}
