//! `presslate doctor`: what presslate needs, whether it is there, and what to do otherwise.

pub(super) mod machine;
mod network;

use std::fmt::Write;

use super::args::DoctorArgs;
use super::exit::{Exit, Failure};
use super::models::Models;
use super::output::Output;
use super::text::{Palette, bytes};
use super::{Console, wiring};
use crate::config::{EngineSettings, Environment, QueueSettings, StoreSettings};
use crate::model::weights::Presence;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Ok,
    Warning,
    Problem,
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    level: Level,
    subject: &'static str,
    found: String,
    advice: Option<String>,
}

impl Check {
    pub(super) fn ok(subject: &'static str, found: impl Into<String>) -> Self {
        Self {
            level: Level::Ok,
            subject,
            found: found.into(),
            advice: None,
        }
    }

    pub(super) fn warning(
        subject: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            level: Level::Warning,
            subject,
            found: found.into(),
            advice: Some(advice.into()),
        }
    }

    pub(super) fn problem(
        subject: &'static str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            level: Level::Problem,
            subject,
            found: found.into(),
            advice: Some(advice.into()),
        }
    }

    fn line(&self, palette: Palette) -> String {
        let level = match self.level {
            Level::Ok => palette.good(&format!("{:<8}", "ok")),
            Level::Warning => palette.warn(&format!("{:<8}", "warning")),
            Level::Problem => palette.bad(&format!("{:<8}", "problem")),
        };
        let mut line = format!("{level} {:<9} {}\n", self.subject, self.found);
        if let Some(advice) = &self.advice {
            let _infallible = writeln!(line, "{:>18} {advice}", "->");
        }
        line
    }
}

/// Checks everything, prints a line each, and fails when one is a problem.
///
/// # Errors
/// When a setting is wrong, or stdout cannot be written.
pub(super) fn run(
    args: DoctorArgs,
    environment: &Environment,
    console: Console,
) -> Result<Exit, Failure> {
    let engine = EngineSettings::from(args.engine);
    let queue = QueueSettings::try_from(args.queue).map_err(Failure::usage)?;
    let store = StoreSettings::new(args.model.store, environment).map_err(Failure::usage)?;
    let models = Models::open(&store)?;
    let choice = models.choose(&args.model.models)?;
    let choice = models.with_embedder(choice, &args.embedder.embedder)?;
    let entries = choice.entries();
    let memory_mib = entries.iter().map(|entry| entry.memory_mib).sum();

    let mut checks = vec![
        wiring::device(engine.device),
        machine::threads(engine.threads),
        machine::memory(memory_mib),
    ];
    let mut missing = Some(0);
    for entry in &entries {
        let size = entry.files.iter().map(|file| file.size).sum();
        let (check, absent) = model(&entry.id, size, models.presence(entry));
        checks.push(check);
        missing = missing
            .zip(absent)
            .map(|(sum, absent): (u64, u64)| sum.saturating_add(absent));
    }
    if choice.embed.is_none() {
        checks.push(no_embedder(&models));
    }
    checks.push(machine::disk(&store.cache, missing));
    let runtime = wiring::runtime()?;
    checks.extend(runtime.block_on(network::checks(
        &store.hub,
        environment.proxy.as_deref(),
        &queue,
    )));
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();

    let output = Output::open(None)?;
    let palette = Palette::new(console.colour && output.is_terminal());
    output.write(
        &checks
            .iter()
            .map(|check| check.line(palette))
            .collect::<String>(),
    )?;
    let worst = checks.iter().map(|check| check.level).max();
    Ok(if worst == Some(Level::Problem) {
        Exit::Failed
    } else {
        Exit::Done
    })
}

/// Nothing is wrong where no model compares sentences; but it is said how to have one.
fn no_embedder(models: &Models) -> Check {
    let pulls = models
        .embedders()
        .map(|entry| format!("`presslate models pull {}`", entry.id))
        .collect::<Vec<_>>()
        .join(" or ");
    let found = "summaries are held against their article by words alone";
    Check {
        advice: (!pulls.is_empty())
            .then(|| format!("{pulls} fetches a model that finds other words for the same too")),
        ..Check::ok("embedder", found)
    }
}

/// Whether a model is here, and the bytes that are not; `None` where nobody knows how many. A model
/// has no `size` while one of its files is unpinned.
fn model(id: &str, size: Option<u64>, presence: Presence) -> (Check, Option<u64>) {
    let advice =
        format!("`presslate models pull {id}` fetches it; `run` and `work` do so by themselves");
    let size_text = size.map_or_else(|| "an unknown size".to_owned(), bytes);
    match presence {
        Presence::Complete { bytes: here } => (
            Check::ok("model", format!("{id} is here ({})", bytes(here))),
            Some(0),
        ),
        Presence::Partial { bytes: here } => {
            let found = format!("{id} is here in part ({} of {size_text})", bytes(here));
            (
                Check::warning("model", found, advice),
                size.map(|size| size.saturating_sub(here)),
            )
        }
        Presence::Absent => (
            Check::warning(
                "model",
                format!("{id} is not here ({size_text} to fetch)"),
                advice,
            ),
            size,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_found_and_below_it_what_to_do() {
        let check = Check::warning("hub", "no answer", "set HF_ENDPOINT");
        assert_eq!(
            check.line(Palette::new(false)),
            "warning  hub       no answer\n                -> set HF_ENDPOINT\n"
        );
    }

    #[test]
    fn only_what_is_missing_of_a_model_counts_as_to_be_fetched() {
        let missing = |size, presence| model("m", size, presence).1;
        assert_eq!(
            missing(Some(100), Presence::Complete { bytes: 100 }),
            Some(0)
        );
        assert_eq!(
            missing(Some(100), Presence::Partial { bytes: 30 }),
            Some(70)
        );
        assert_eq!(missing(Some(100), Presence::Absent), Some(100));
        assert_eq!(missing(None, Presence::Complete { bytes: 100 }), Some(0));
    }

    #[test]
    fn a_size_that_nothing_pins_is_said_to_be_unknown() {
        for presence in [Presence::Absent, Presence::Partial { bytes: 30 }] {
            let (check, missing) = model("m", None, presence);
            assert!(check.found.contains("an unknown size"), "{}", check.found);
            assert_eq!(missing, None);
        }
    }
}
