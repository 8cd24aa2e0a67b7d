//! `presslate run`: one article in, one result out.

use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::args::{Format, RunArgs};
use super::exit::{Exit, Failure};
use super::input::{Wishes, read_job};
use super::interrupt::interruptible;
use super::models::Models;
use super::output::Output;
use super::progress::Progress;
use super::text::Palette;
use super::{Console, render, threads, wiring};
use crate::config::{EngineSettings, Environment, StoreSettings};
use crate::job::wire::{ResultMessage, SegmentStatus};
use crate::job::{Job, Task};
use crate::model::catalog::Choice;
use crate::report;

/// Runs one job.
///
/// # Errors
/// When the input is none, the models cannot be had, or the work fails.
pub(super) fn run(
    args: &RunArgs,
    environment: &Environment,
    console: Console,
) -> Result<Exit, Failure> {
    // What takes no time is checked first, so that a slip shows before a model is loaded.
    let _logs = wiring::logs(&args.telemetry, "warn,hf_hub=off")?;
    let engine = EngineSettings::from(args.engine.clone());
    threads::apply(engine.threads, console);
    let store =
        StoreSettings::new(args.model.store.clone(), environment).map_err(Failure::usage)?;
    let models = Models::open(&store)?;
    let choice = models.choose(&args.model.models)?;
    let choice = models.with_embedder(choice, &args.embedder.embedder)?;
    let job = read_job(&args.input, &Wishes::from(args))?;
    let output = Output::open(args.out.as_deref())?;
    let page = args
        .report
        .as_deref()
        .map(|path| Output::file("--report", path))
        .transpose()?;
    let glossaries = wiring::glossaries(args.glossary.clone().into())?;
    let choice = needed(choice, &job);

    let progress = Progress::new(console.progress);
    let cancel = CancellationToken::new();
    let started = Instant::now();
    let work = async {
        models.fetch(choice.entries(), console, &cancel).await?;
        let options = wiring::Options {
            engine,
            seed: args.seed,
            glossaries,
        };
        wiring::run_job(&job, choice, &models, options, &progress, &cancel).await
    };
    let result = wiring::runtime()?.block_on(interruptible(work, &cancel))?;
    progress.clear();
    match result {
        Ok(result) => finish(args, &result, (output, page), console, started),
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
    (output, page): (Output, Option<Output>),
    console: Console,
    started: Instant,
) -> Result<Exit, Failure> {
    let text = match args.format {
        // The payload of the queue, to the byte, and the end of the line.
        Format::Json => serde_json::to_string(result)? + "\n",
        Format::Text => render::story(result, Palette::new(console.colour && output.is_terminal())),
    };
    output.write(&text)?;
    if let Some(page) = page {
        page.write(&report::page(result))?;
    }
    console.say(&render::report(
        result,
        console.palette(),
        started.elapsed(),
    ));
    Ok(
        if args.strict && result.status == SegmentStatus::NeedsReview {
            Exit::NeedsReview
        } else {
            Exit::Done
        },
    )
}

/// The part of a choice that a job needs, so that nothing else is fetched for it.
pub(super) fn needed(mut choice: Choice, job: &Job) -> Choice {
    if !job.tasks.contains(&Task::Summarise) {
        choice.summarise = None;
        choice.embed = None;
    }
    // Summaries are translated too, so languages count whichever tasks there are. A summary alone
    // has none unless they are named.
    choice
        .translate
        .retain(|lang, _| job.targets.contains(lang));
    choice
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::wire::parse_job;
    use crate::model::catalog::Catalog;

    #[test]
    fn a_job_needs_only_the_models_of_its_tasks_and_languages() {
        let catalog = Catalog::builtin().unwrap();
        let choice = catalog
            .choose("opus-mt-en-ru")
            .unwrap()
            .or(catalog.choose("starter").unwrap());
        let starter = &catalog.profile("starter").unwrap().summarise;
        let ids = |rest: &str| {
            let job = parse_job(
                format!(r#"{{"id":"a","article":{{"text":"Rain."}},{rest}}}"#).as_bytes(),
            )
            .unwrap();
            needed(choice.clone(), &job)
                .entries()
                .iter()
                .map(|entry| entry.id.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            ids(r#""targets":["ru"],"tasks":["translate"]"#),
            ["opus-mt-en-ru"]
        );
        assert_eq!(
            ids(r#""tasks":["summarise"]"#),
            std::slice::from_ref(starter)
        );
        assert_eq!(
            ids(r#""targets":["ru"],"tasks":["summarise"]"#),
            [starter.clone(), "opus-mt-en-ru".to_owned()]
        );
        assert_eq!(
            ids(r#""targets":["ko","ru"]"#),
            [starter.clone(), "opus-mt-en-ru".to_owned()]
        );
    }
}
