//! Flags of `eval`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::target;
use crate::config::{EngineArgs, GlossaryArgs, ModelArgs, TelemetryArgs};
use crate::job::Lang;

/// Flags of `eval`.
#[derive(Debug, Clone, Args)]
pub struct EvalArgs {
    /// A table with professional translations: tab-separated, with a header of the columns en, ko, ru
    /// and perhaps doc (rows of a document stand together); `-` for stdin
    #[arg(value_name = "SET", required_unless_present = "compare")]
    pub set: Option<PathBuf>,

    /// Compare two evaluations that were written with `--format json`, by paired bootstrap, and run
    /// no model
    #[arg(long, value_names = ["BASELINE", "SYSTEM"], num_args = 2, conflicts_with = "set")]
    pub compare: Option<Vec<PathBuf>>,

    /// Run no model: ask the checks what they have to say about the professional translations
    #[arg(long)]
    pub references: bool,

    /// Languages to translate into: ko, ru [default: those of the table]
    #[arg(long, value_name = "LANG", value_delimiter = ',', value_parser = target)]
    pub to: Vec<Lang>,

    /// So many documents, evenly spread over the table [default: all]
    #[arg(long, value_name = "N")]
    pub documents: Option<NonZeroUsize>,

    /// What to call it in the report [default: the models]
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,

    /// How the evaluation is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: EvalFormat,

    /// Write the evaluation to a file, all of it or nothing
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Seed of the bootstrap
    #[arg(long, value_name = "N", default_value_t = crate::eval::bootstrap::SEED)]
    pub seed: u64,

    /// Which models.
    #[command(flatten)]
    pub model: ModelArgs,
    /// What they run on.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// How terms are translated.
    #[command(flatten)]
    pub glossary: GlossaryArgs,
    /// What is logged.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// How an evaluation is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum EvalFormat {
    /// For people
    #[default]
    Table,
    /// For programs, and for `--compare`; has every segment
    Json,
    /// A page to look at
    Html,
}
