//! `presslate eval`: how good is what the models write?

use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::args::{EvalArgs, EvalFormat};
use super::exit::{Exit, Failure};
use super::input::read_all;
use super::interrupt::interruptible;
use super::models::Models;
use super::output::Output;
use super::progress::Progress;
use super::{Console, threads, wiring};
use crate::check::names::Known;
use crate::check::{self, Standard};
use crate::config::{EngineSettings, Environment, StoreSettings};
use crate::eval::Comparison;
use crate::eval::report::{About, Evaluation};
use crate::eval::segment::{Flag, Segment, Translated};
use crate::eval::table::{self, Document, Set};
use crate::job::wire::{
    ResultMessage, SegmentResult, SegmentStatus, Severity, StageTiming, parse_job,
};
use crate::job::{Job, Lang};

/// Translates a set and scores it, or compares two that were scored.
///
/// # Errors
/// When the set or an evaluation cannot be read, or a model fails.
pub(super) fn run(
    args: &EvalArgs,
    environment: &Environment,
    console: Console,
) -> Result<Exit, Failure> {
    let _logs = wiring::logs(&args.telemetry, "warn,hf_hub=off")?;
    let output = Output::open(args.out.as_deref())?;
    if let Some([baseline, system]) = args.compare.as_deref() {
        let comparison = Comparison::new(&scored(baseline)?, &scored(system)?, args.seed)
            .map_err(Failure::usage)?;
        let text = match args.format {
            EvalFormat::Table => comparison.to_table(),
            EvalFormat::Json => comparison.to_json().to_string() + "\n",
            EvalFormat::Html => comparison.to_html(),
        };
        output.write(&text)?;
        return Ok(Exit::Done);
    }
    let path = args.set.as_deref().unwrap_or(Path::new("-"));
    let mut set = table::parse(&read(path)?)
        .with_context(|| path.display().to_string())
        .map_err(Failure::usage)?;
    if let Some(count) = args.documents {
        set = set.spread(count.get());
    }
    let langs = languages(args, &set)?;
    let evaluation = if args.references {
        let translated = langs.iter().map(|lang| references(&set, *lang)).collect();
        let system = "the references themselves".to_owned();
        Evaluation::new(about(args, path, system), translated)
    } else {
        translated(args, environment, console, path, (&set, &langs))?
    };
    let text = match args.format {
        EvalFormat::Table => evaluation.to_table(),
        EvalFormat::Json => evaluation.to_json().to_string() + "\n",
        EvalFormat::Html => evaluation.to_html(),
    };
    output.write(&text)?;
    Ok(Exit::Done)
}

fn read(path: &Path) -> Result<String, Failure> {
    read_all(path)
        .and_then(|bytes| {
            String::from_utf8(bytes).with_context(|| format!("{}: not UTF-8", path.display()))
        })
        .map_err(Failure::usage)
}

fn scored(path: &Path) -> Result<Evaluation, Failure> {
    let what = || {
        format!(
            "{}: not an evaluation; `presslate eval --format json` writes them",
            path.display()
        )
    };
    let value = serde_json::from_str(&read(path)?)
        .with_context(what)
        .map_err(Failure::usage)?;
    Evaluation::from_json(&value)
        .with_context(what)
        .map_err(Failure::usage)
}

/// The languages to translate into: those asked for, which the set must have, or all of its own.
fn languages(args: &EvalArgs, set: &Set) -> Result<Vec<Lang>, Failure> {
    let missing = args.to.iter().find(|lang| !set.langs.contains(lang));
    if let Some(lang) = missing {
        return Err(Failure::usage(anyhow::anyhow!(
            "--to {lang}: the table has no column {lang} to compare with"
        )));
    }
    Ok(if args.to.is_empty() {
        set.langs.clone()
    } else {
        args.to.clone()
    })
}

fn about(args: &EvalArgs, path: &Path, system: String) -> About {
    let name = path.file_name().unwrap_or(path.as_os_str());
    About {
        set: name.to_string_lossy().into_owned(),
        system: args.name.clone().unwrap_or(system),
        details: vec![("presslate".to_owned(), env!("CARGO_PKG_VERSION").to_owned())],
    }
}

/// What the checks say of the professional translations.
fn references(set: &Set, lang: Lang) -> Translated {
    let began = Instant::now();
    let mut segments = Vec::new();
    for document in &set.documents {
        let known = Known::new(document.rows.iter().map(|row| row.source.as_str()), []);
        let standard = Standard {
            lang,
            known: &known,
        };
        for row in &document.rows {
            let text = row.references.get(&lang).cloned().unwrap_or_default();
            let findings = check::translation(&row.source, &text, false, standard);
            let status = if check::fails(&findings) {
                SegmentStatus::NeedsReview
            } else {
                SegmentStatus::Ok
            };
            segments.push(Segment {
                doc: document.name.clone(),
                source: row.source.clone(),
                output: text.clone(),
                reference: text,
                status,
                flags: findings
                    .into_iter()
                    .filter(|finding| finding.code.severity() == check::Severity::Error)
                    .map(|finding| Flag {
                        code: finding.code.name().to_owned(),
                        note: finding.note,
                    })
                    .collect(),
            });
        }
    }
    Translated {
        lang,
        segments,
        tokens: 0,
        seconds: began.elapsed().as_secs_f64(),
    }
}

/// What the models make of the set.
fn translated(
    args: &EvalArgs,
    environment: &Environment,
    console: Console,
    path: &Path,
    (set, langs): (&Set, &[Lang]),
) -> Result<Evaluation, Failure> {
    let settings = EngineSettings::from(args.engine.clone());
    threads::apply(settings.threads, console);
    let store =
        StoreSettings::new(args.model.store.clone(), environment).map_err(Failure::usage)?;
    let models = Models::open(&store)?;
    let jobs: Vec<Job> = langs
        .iter()
        .flat_map(|lang| set.documents.iter().map(|document| job(document, *lang)))
        .collect::<Result<_, Failure>>()?;
    let mut choice = models.choose(&args.model.models)?;
    choice.summarise = None;
    choice.embed = None;
    choice.translate.retain(|lang, _| langs.contains(lang));
    let glossaries = wiring::glossaries(args.glossary.clone().into())?;
    let progress = Progress::new(console.progress);
    let cancel = CancellationToken::new();
    let ids: Vec<String> = choice
        .entries()
        .iter()
        .map(|entry| entry.id.clone())
        .collect();
    let work = async {
        models.fetch(choice.entries(), console, &cancel).await?;
        let options = wiring::Options {
            engine: settings,
            seed: 0,
            glossaries,
        };
        wiring::run_jobs(&jobs, choice, &models, options, &progress, &cancel).await
    };
    let results = wiring::runtime()?.block_on(interruptible(work, &cancel))?;
    progress.clear();
    let mut results = match results {
        Err(_) if cancel.is_cancelled() => {
            return Err(Failure::interrupted(
                "interrupted: nothing was written".to_owned(),
            ));
        }
        results => results?.into_iter(),
    };
    let done = langs
        .iter()
        .map(|lang| of_language(set, *lang, results.by_ref()))
        .collect();
    Ok(Evaluation::new(about(args, path, ids.join(", ")), done))
}

/// The set in one language, from one result a document.
fn of_language(set: &Set, lang: Lang, results: impl Iterator<Item = ResultMessage>) -> Translated {
    let mut all = Translated {
        lang,
        segments: Vec::new(),
        tokens: 0,
        seconds: 0.0,
    };
    for (document, result) in set.documents.iter().zip(results) {
        all.tokens += result.tokens.generated;
        all.seconds += StageTiming::spanned(&result.timings);
        let sections = result
            .targets
            .into_iter()
            .flat_map(|target| target.sections);
        for (row, section) in document.rows.iter().zip(sections) {
            all.segments.push(Segment {
                doc: document.name.clone(),
                source: row.source.clone(),
                output: section.text,
                reference: row.references.get(&lang).cloned().unwrap_or_default(),
                status: worst(&section.segments),
                flags: section.segments.into_iter().flat_map(flags).collect(),
            });
        }
    }
    all
}

/// A document as an article: a row, a paragraph.
fn job(document: &Document, lang: Lang) -> Result<Job, Failure> {
    let sections: Vec<_> = document
        .rows
        .iter()
        .map(|row| json!({ "kind": "paragraph", "text": row.source }))
        .collect();
    let message = json!({
        "id": "eval",
        "article": { "sections": sections },
        "source_lang": "en",
        "targets": [lang.tag()],
        "tasks": ["translate"],
    });
    parse_job(message.to_string().as_bytes())
        .with_context(|| format!("document {}", document.name))
        .map_err(Failure::usage)
}

fn worst(segments: &[SegmentResult]) -> SegmentStatus {
    let statuses = segments.iter().map(|segment| segment.status);
    statuses.max().unwrap_or(SegmentStatus::Ok)
}

/// What the checks found in the end.
fn flags(segment: SegmentResult) -> impl Iterator<Item = Flag> {
    let errors = segment.findings.into_iter();
    errors
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| Flag {
            code: finding.code,
            note: finding.note,
        })
}
