//! `presslate bench`: how fast a model is on this machine, through the engine of the worker.

mod arrivals;
mod article;
mod load;
mod measure;
mod memory;
mod picture;
mod processor;
mod report;
mod stats;
mod subject;
mod texts;

use tokio_util::sync::CancellationToken;

use super::args::{BATCHES, BenchArgs, ReportFormat, When};
use super::exit::{Exit, Failure};
use super::input::{Wishes, read_job};
use super::interrupt::interruptible;
use super::models::Models;
use super::output::Output;
use super::run::needed;
use super::text::count;
use super::{Console, threads, wiring};
use crate::config::{EngineSettings, Environment, StoreSettings};
use crate::job::Job;
use crate::model::catalog::Choice;
use crate::model::device;
use crate::model::kernel::isa::Isa;
use crate::model::load::Switches;
use measure::Run;
use report::Report;
use subject::Subject;
use texts::Texts;

/// Measures, and reports.
///
/// # Errors
/// When a flag cannot be used, the model cannot be had, or a text cannot be written.
pub(super) fn run(
    args: &BenchArgs,
    environment: &Environment,
    console: Console,
) -> Result<Exit, Failure> {
    let _logs = wiring::logs(&args.telemetry, "warn,hf_hub=off")?;
    let engine = EngineSettings::from(args.engine.clone());
    threads::apply(engine.threads, console);
    let store =
        StoreSettings::new(args.model.store.clone(), environment).map_err(Failure::usage)?;
    let models = Models::open(&store)?;
    let choice = models.choose(&args.model.models)?;
    let choice = models.with_embedder(choice, &args.embedder.embedder)?;
    let wishes = Wishes {
        targets: args.to.clone(),
        ..Wishes::default()
    };
    let job = args.article.as_deref().map(|path| read_job(path, &wishes));
    let job = job.transpose()?;
    let file = |flag, path: &Option<_>| path.as_deref().map(|path| Output::file(flag, path));
    let outputs = file("--outputs", &args.outputs).transpose()?;
    let svg = file("--svg", &args.svg).transpose()?;
    if batches(args).is_empty() && (outputs.is_some() || svg.is_some()) {
        return Err(Failure::usage(anyhow::anyhow!(
            "--outputs and --svg are of texts: name batch sizes too, such as --batch 8"
        )));
    }

    let bench = Bench {
        args,
        engine,
        models,
        console,
        cancel: CancellationToken::new(),
    };
    let work = bench.measure(choice, job.as_ref());
    let measured = wiring::runtime()?.block_on(interruptible(work, &bench.cancel))?;
    let (report, texts) = match measured {
        Err(_) if bench.cancel.is_cancelled() => {
            let message = "interrupted; nothing is reported".to_owned();
            return Err(Failure::interrupted(message));
        }
        measured => measured?,
    };
    if let Some(outputs) = outputs {
        outputs.write(&one_a_line(&texts))?;
    }
    if let Some(svg) = svg {
        svg.write(&picture::draw(&report)?)?;
    }
    let text = match args.format {
        ReportFormat::Text => report.text(),
        ReportFormat::Json => report.json().to_string() + "\n",
    };
    Output::open(None)?.write(&text)?;
    Ok(Exit::Done)
}

struct Bench<'a> {
    args: &'a BenchArgs,
    engine: EngineSettings,
    models: Models,
    console: Console,
    cancel: CancellationToken,
}

impl Bench<'_> {
    /// Measures all that was asked for; gives the texts of the last run too.
    async fn measure(
        &self,
        choice: Choice,
        job: Option<&Job>,
    ) -> Result<(Report, Vec<String>), Failure> {
        let Self {
            args,
            engine,
            cancel,
            ..
        } = self;
        let mut report = Report {
            model: String::new(),
            quantization: String::new(),
            device: device::name(&engine.device.open().map_err(Failure::usage)?),
            isa: Isa::best().name(),
            threads: engine.threads.get(),
            beams: args.beams,
            load_seconds: 0.0,
            runs: Vec::new(),
            article: None,
            load: Vec::new(),
        };
        let mut written = Vec::new();
        let batches = batches(args);
        let mut subject = self.subject(&choice).await?;
        let texts = Texts::read(args, subject.entry())?;
        report.model.clone_from(&subject.entry().id);
        report
            .quantization
            .clone_from(&subject.entry().quantization);
        for (index, batch) in batches.iter().enumerate() {
            self.say(&format!(
                "batch {batch}: {} of {}",
                count(args.repeat.get() + 1, "run"),
                count(texts.count(), "text")
            ));
            let measured =
                measure::measure(&mut subject, &texts, *batch, args.repeat.get(), cancel).await?;
            if index == 0 {
                report.load_seconds = measured.load_seconds;
            }
            report.quantization = measured.quantization;
            report.runs.push(measured.run);
            written = measured.texts;
        }
        if let Some(best) = best(&report.runs)
            && !args.load.is_empty()
        {
            self.say(&format!(
                "texts at random times: {}",
                count(args.load.len(), "rate")
            ));
            let best = best.clone();
            report.load = load::measure(&mut subject, &texts, &best, &args.load, cancel).await?;
        }
        drop(subject);
        if let Some(job) = job {
            self.say(&format!(
                "the article: {}",
                count(args.repeat.get() + 1, "run")
            ));
            let choice = needed(choice, job);
            let entries = choice.entries();
            let fetched = self.models.fetch(entries, self.console, cancel);
            fetched.await?;
            let article = article::measure(job, choice, &self.models, args, engine, cancel);
            let article = article.await?;
            if report.runs.is_empty() {
                report.load_seconds = article.load_seconds;
            }
            report.article = Some(article);
        }
        Ok((report, written))
    }

    /// The model whose texts are measured.
    async fn subject(&self, choice: &Choice) -> Result<Subject, Failure> {
        let Self {
            args,
            engine,
            models,
            console,
            cancel,
        } = self;
        if let Some(path) = &args.weights {
            return Subject::at(path, args, *engine);
        }
        let entries = choice.entries();
        let entry = entries
            .first()
            .ok_or_else(|| anyhow::anyhow!("--model: names no model"))?;
        Subject::listed(models, entry, args, *engine, *console, cancel).await
    }

    /// Says what comes next, to somebody who waits for it.
    fn say(&self, line: &str) {
        if self.console.progress {
            self.console.say(&format!("{line}\n"));
        }
    }
}

/// The batch sizes to measure. An article alone takes long enough.
fn batches(args: &BenchArgs) -> Vec<usize> {
    if !args.batch.is_empty() {
        args.batch.clone()
    } else if args.article.is_some() && args.load.is_empty() {
        Vec::new()
    } else {
        BATCHES.to_vec()
    }
}

/// How a model is to run, as the flags say.
fn switches(args: &BenchArgs, settings: &EngineSettings) -> Switches {
    Switches {
        shortlist: args.shortlist == When::Auto,
        lookup: args.lookup == When::Auto,
        ignore_end: args.ignore_end,
        ..wiring::switches(settings)
    }
}

/// The run that wrote the most texts a second.
fn best(runs: &[Run]) -> Option<&Run> {
    let faster = |a: &&Run, b: &&Run| a.texts_per_second().total_cmp(&b.texts_per_second());
    runs.iter().max_by(faster)
}

fn one_a_line(texts: &[String]) -> String {
    texts
        .iter()
        .map(|text| text.replace(['\n', '\r'], " ") + "\n")
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_several_lines_is_one_line_of_the_file() {
        let texts = ["one".to_owned(), String::new(), "two\nlines".to_owned()];
        assert_eq!(one_a_line(&texts), "one\n\ntwo lines\n");
    }
}
