//! The command line, as clap reads it. `--help` is the reference for users.

mod bench;
mod bundle;
mod eval;
mod licenses;
mod simulate;
mod top;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::exit::Exit;
use crate::config::{
    AdminArgs, BrokerArgs, DeadlineArgs, EmbedderArgs, EngineArgs, GlossaryArgs, ModelArgs,
    QueueArgs, StoreArgs, TelemetryArgs,
};
use crate::job::{Job, Lang, Task};

pub(in crate::cli) use bench::BATCHES;
pub use bench::{BenchArgs, ReportFormat, When};
pub use bundle::{
    ArchiveArgs, BundleArgs, BundleCommand, BundleCreateArgs, BundleInstallArgs, BundleVerifyArgs,
};
pub use eval::{EvalArgs, EvalFormat};
pub use licenses::{LicensesArgs, LicensesFormat};
pub use simulate::{SimulateArgs, SimulationFormat};
pub use top::{HealthArgs, TopArgs, TopFormat};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "presslate", version, about, long_about = None, after_help = Exit::table())]
#[command(
    max_term_width = 100,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Summarise and translate one article
    ///
    /// Reads plain text, HTML, a ninjs item or a job in JSON, told apart by content, and writes the
    /// result to stdout; everything else goes to stderr. Ctrl-C stops within one decoding step.
    Run(Box<RunArgs>),
    /// Take jobs from RabbitMQ and publish results until told to stop
    ///
    /// SIGTERM or Ctrl-C: no more jobs are taken, those in work may finish within the time of
    /// grace, the rest goes back to the broker. A second signal stops at once.
    Work(Box<WorkArgs>),
    /// Make, check and print the exchanges and queues on the broker
    Topology(Box<TopologyArgs>),
    /// Show, fetch, check and remove models
    Models(ModelsArgs),
    /// Measure how fast a model is on this machine
    ///
    /// Texts go through the same engine as those of a job. Of several models or a profile, the one
    /// that summarises is measured; --article takes them all. Before each measurement the model is
    /// loaded again and runs once without being counted. The report goes to stdout.
    Bench(Box<BenchArgs>),
    /// Measure how good translations are: chrF, BLEU, and what the checks find
    ///
    /// Translates a table of texts and compares with its professional translations.
    Eval(Box<EvalArgs>),
    /// Make a page to look at from a result
    Report(ReportArgs),
    /// Pack, check and install what a machine without network needs, as one file
    Bundle(BundleArgs),
    /// Ask how long the queue gets and how long jobs take, before they come
    ///
    /// Plays jobs that come unevenly against so many workers, as the broker and `presslate work` would
    /// treat them. Asks no broker and runs no model.
    Simulate(Box<SimulateArgs>),
    /// Check what presslate needs on this machine, and say what to do about what is missing
    Doctor(Box<DoctorArgs>),
    /// Look at running workers and their queues, in a terminal or as text
    ///
    /// Reads the workers' metrics and jobs, and the broker's management API. Changes nothing. `?` shows
    /// the keys; q leaves.
    Top(Box<TopArgs>),
    /// Ask the worker on this machine whether it is alive: one line, and a status for containers
    Health(HealthArgs),
    /// Print the JSON Schema of a message
    Schema(SchemaArgs),
    /// List the licences of the models, and of what other people wrote in this program
    Licenses(LicensesArgs),
}

/// Flags of `report`.
#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    /// A result as `run --format json` and the result queue have it; `-` for stdin
    #[arg(value_name = "RESULT")]
    pub result: PathBuf,

    /// Write the page to a file, all of it or nothing [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Flags of `run`.
#[derive(Debug, Args)]
#[command(after_help = Exit::table())]
pub struct RunArgs {
    /// The article or job; `-` is stdin
    #[arg(value_name = "FILE", default_value = "-")]
    pub input: PathBuf,

    /// Languages to translate into: ko, ru [default: both, or what the job says; none with `--task
    /// summarise` alone]
    #[arg(long, value_name = "LANG", value_delimiter = ',', value_parser = target)]
    pub to: Vec<Lang>,

    /// What to do: summarise, translate [default: both, or what the job says]. With summarise
    /// alone, only the summary is translated
    #[arg(long, value_name = "TASK", value_delimiter = ',', value_parser = task)]
    pub task: Vec<Task>,

    /// Length of the summary, 1 to 12 sentences [default: 3, or what the job says]
    #[arg(long, value_name = "N", value_parser = sentences)]
    pub summary_sentences: Option<usize>,

    /// Most words of the summary, 15 to 300, instead of sentences or beside them
    #[arg(long, value_name = "N", value_parser = words)]
    pub summary_words: Option<usize>,

    /// The article's language [default: found from the text]
    #[arg(long, value_name = "LANG", value_parser = source)]
    pub source_lang: Option<Lang>,

    /// How the result is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: Format,

    /// Write the result to a file, all of it or nothing
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Write a page to look at beside the result: original and translations side by side, with what
    /// the checks found
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Exit with status 4 when something needs review
    #[arg(long)]
    pub strict: bool,

    /// Where a model has to choose at random, equal seeds give equal text
    #[arg(
        long,
        value_name = "N",
        env = "PRESSLATE_SEED",
        hide_env_values = true,
        default_value_t = 0
    )]
    pub seed: u64,

    /// Which models.
    #[command(flatten)]
    pub model: ModelArgs,
    /// Which compares sentences.
    #[command(flatten)]
    pub embedder: EmbedderArgs,
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

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people: the article, its summary, and each translation
    #[default]
    Text,
    /// The result message of the queue
    Json,
}

/// Flags of `work`.
#[derive(Debug, Args)]
#[command(after_help = Exit::table())]
pub struct WorkArgs {
    /// The broker.
    #[command(flatten)]
    pub queue: QueueArgs,
    /// Which models.
    #[command(flatten)]
    pub model: ModelArgs,
    /// Which compares sentences.
    #[command(flatten)]
    pub embedder: EmbedderArgs,
    /// What they run on.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// How terms are translated.
    #[command(flatten)]
    pub glossary: GlossaryArgs,
    /// Where it can be looked at.
    #[command(flatten)]
    pub admin: AdminArgs,
    /// What is logged.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// Flags of `topology`.
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct TopologyArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: TopologyCommand,
}

/// What to do with the exchanges and queues.
#[derive(Debug, Subcommand)]
pub enum TopologyCommand {
    /// Declare the exchanges, queues and bindings that are missing
    ///
    /// Takes an account that may configure the broker. What is there with other settings is reported
    /// and stays as it is.
    #[command(
        after_help = "Exit status: 1 when something is there with other settings, 0 otherwise."
    )]
    Apply {
        /// The broker.
        #[command(flatten)]
        broker: BrokerArgs,
    },
    /// Compare the broker with what presslate needs, and change nothing
    ///
    /// Any account can see what is missing; settings are compared where the account may configure.
    #[command(after_help = "Exit status: 1 when something is missing or different, 0 otherwise.")]
    Check {
        /// The broker.
        #[command(flatten)]
        broker: BrokerArgs,
        /// How long a job may take.
        #[command(flatten)]
        deadline: DeadlineArgs,
    },
    /// Print definitions to import, and the commands that make accounts
    ///
    /// For administrators. Asks no broker; prefix and virtual host are taken from the settings.
    Print {
        /// Which of the two, for programs
        #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
        format: TopologyFormat,
        /// Let workers answer into queues that jobs name
        #[arg(long)]
        replies: bool,
        /// The broker.
        #[command(flatten)]
        broker: BrokerArgs,
    },
}

/// What is printed of the topology.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum TopologyFormat {
    /// Both, for people
    #[default]
    Text,
    /// JSON for `rabbitmqctl import_definitions`
    Definitions,
    /// `rabbitmqctl` commands that make accounts
    Permissions,
}

/// Flags of `models`.
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct ModelsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ModelsCommand,
}

/// What to do with models.
#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List the catalogue: what each model does, its licence, its size, and whether it is here
    List {
        /// Where files are kept.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Fetch the files of models or profiles and check them
    Pull {
        /// Models or profiles
        #[arg(value_name = "ID|PROFILE", default_value = "starter")]
        models: Vec<String>,
        /// Where files are kept.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Read the files of models again and compare their hashes
    Verify {
        /// Models or profiles [default: all that are here]
        #[arg(value_name = "ID|PROFILE")]
        models: Vec<String>,
        /// Where files are kept.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Print where a model's files are, one path a line
    Path {
        /// The model or profile
        #[arg(value_name = "ID|PROFILE", default_value = "starter")]
        model: String,
        /// Where files are kept.
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Delete the pulled files of models
    Remove {
        /// Models
        #[arg(value_name = "ID", required = true)]
        models: Vec<String>,
        /// Where files are kept.
        #[command(flatten)]
        store: StoreArgs,
    },
}

/// Flags of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 1 when a line says `problem`, 0 otherwise.")]
pub struct DoctorArgs {
    /// Which models.
    #[command(flatten)]
    pub model: ModelArgs,
    /// Which compares sentences.
    #[command(flatten)]
    pub embedder: EmbedderArgs,
    /// What they run on.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// The broker.
    #[command(flatten)]
    pub queue: QueueArgs,
}

/// Flags of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Which message
    #[arg(value_name = "MESSAGE", value_enum)]
    pub message: Message,
}

/// The messages there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Message {
    /// What the worker takes
    Job,
    /// What it answers
    Result,
    /// A part of a result, as soon as it is complete
    Partial,
    /// How far a job is
    Progress,
    /// What it answers when a job could not be done
    Error,
    /// What is said about a job that was sent before: that it is not wanted any more
    Control,
}

fn target(tag: &str) -> Result<Lang, String> {
    let known = tag.parse().ok().filter(|lang| Lang::TARGETS.contains(lang));
    known.ok_or_else(|| "presslate translates into Korean (ko) and Russian (ru)".to_owned())
}

fn source(tag: &str) -> Result<Lang, String> {
    let known = tag.parse().ok().filter(|lang| Lang::SOURCES.contains(lang));
    known.ok_or_else(|| "presslate reads English (en)".to_owned())
}

fn task(name: &str) -> Result<Task, String> {
    Task::parse(name).ok_or_else(|| "the tasks are summarise and translate".to_owned())
}

fn sentences(text: &str) -> Result<usize, String> {
    within(text, 1..=Job::MAX_SUMMARY_SENTENCES)
}

fn words(text: &str) -> Result<usize, String> {
    within(text, Job::SUMMARY_WORDS)
}

fn within(text: &str, range: std::ops::RangeInclusive<usize>) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| range.contains(number));
    let (least, most) = (range.start(), range.end());
    number.ok_or_else(|| format!("write a number from {least} to {most}"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_of_the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    fn run(args: &[&str]) -> RunArgs {
        match Cli::try_parse_from(["presslate", "run"].iter().chain(args))
            .unwrap()
            .command
        {
            Command::Run(run) => *run,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn languages_may_be_repeated_or_separated_by_commas() {
        assert_eq!(run(&["--to", "ko", "--to", "ru"]).to, [Lang::Ko, Lang::Ru]);
        assert_eq!(run(&["--to", "ko,ru-RU"]).to, [Lang::Ko, Lang::Ru]);
        assert!(Cli::try_parse_from(["presslate", "run", "--to", "de"]).is_err());
    }

    #[test]
    fn both_spellings_of_summarise_are_known() {
        assert_eq!(
            run(&["--task", "summarize,translate"]).task,
            [Task::Summarise, Task::Translate]
        );
    }

    #[test]
    fn a_summary_has_1_to_12_sentences() {
        assert_eq!(
            run(&["--summary-sentences", "12"]).summary_sentences,
            Some(12)
        );
        for wrong in ["0", "13", "-1", "three"] {
            assert!(
                Cli::try_parse_from(["presslate", "run", "--summary-sentences", wrong]).is_err(),
                "{wrong}"
            );
        }
    }
}
