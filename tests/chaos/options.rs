//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::schedule::Fault;

/// Breaks a broker, a network and workers on purpose, and checks that every job is answered.
#[derive(Debug, Parser)]
#[command(name = "chaos", version, about)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(subcommand)]
    pub(crate) hidden: Option<Hidden>,
}

/// What a run is made of.
#[derive(Debug, Clone, Args)]
pub(crate) struct RunArgs {
    /// Messages to send, each revision of a job counted.
    #[arg(long, default_value_t = 300)]
    pub(crate) jobs: usize,
    /// Faults to cause, one after the other.
    #[arg(long, default_value_t = 12)]
    pub(crate) faults: usize,
    /// Decides which jobs and which faults: the same seed gives the same schedule.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Worker processes.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=16))]
    pub(crate) workers: u16,
    /// Cause these faults only; may be given more than once.
    #[arg(long, value_enum)]
    pub(crate) only: Vec<Fault>,
    /// Print the schedule and do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Keep the logs of the workers and the history of every job.
    #[arg(long)]
    pub(crate) keep: bool,
    /// Have the workers do wrong, to see this program find it: a run like this must fail.
    #[arg(long, value_enum)]
    pub(crate) sabotage: Option<Sabotage>,
}

/// Ways for a worker to do wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sabotage {
    /// Says that an answer is safe, and never sends it.
    Lose,
    /// Makes another result each time.
    Vary,
    /// Takes an innocent job for one that can never succeed.
    Blame,
}

/// What only this program asks of itself.
#[derive(Debug, Subcommand)]
pub(crate) enum Hidden {
    /// The worker process.
    #[command(hide = true)]
    Worker(WorkerArgs),
}

/// What a worker process is told.
#[derive(Debug, Clone, Args)]
pub(crate) struct WorkerArgs {
    /// The broker, or the wire to it.
    #[arg(long)]
    pub(crate) url: String,
    /// Jobs at the same time.
    #[arg(long)]
    pub(crate) slots: u16,
    /// See [`Sabotage`].
    #[arg(long, value_enum)]
    pub(crate) sabotage: Option<Sabotage>,
}
