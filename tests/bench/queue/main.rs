//! What the way through the queue costs, with jobs that cost nothing, and how well a simulation
//! foresees jobs that do. `README.md` beside this file says how to read what it prints.

mod bare;
mod broker;
mod memory;
mod overhead;
mod picture;
mod scaling;
mod simulate;
mod worker;

/// What the tests have for models that are made here.
#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "written for tests, which fail by panicking, and use more of it"
)]
#[path = "../../common"]
mod common {
    pub(crate) mod tiny_marian;
}

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use presslate::queue::amqp::Config;

/// Measures the worker around jobs that cost nothing, and beside its simulation.
#[derive(Debug, Parser)]
#[command(name = "bench-queue", version, about)]
struct Cli {
    /// A broker; queues are made under names of their own, and deleted afterwards.
    #[arg(long, global = true, default_value = Config::DEFAULT_URL)]
    amqp_url: String,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Messages a second, beside those of the shortest loop that is as careful.
    Overhead(OverheadArgs),
    /// Memory of a worker over many jobs.
    Memory(MemoryArgs),
    /// One worker process beside two.
    Scaling(ScalingArgs),
    /// Real workers and a burst of jobs, beside what `presslate simulate` says of them.
    Simulate(SimulateArgs),
    /// The worker process.
    #[command(hide = true)]
    Worker(WorkerArgs),
}

#[derive(Debug, Args)]
struct OverheadArgs {
    /// Each round measures both, the other one first each time.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Messages a round, one at a time.
    #[arg(long, default_value_t = 1500)]
    serial: usize,
    /// Messages a round, many at a time.
    #[arg(long, default_value_t = 20_000)]
    pipelined: usize,
    /// How many are many.
    #[arg(long, default_value_t = 256)]
    slots: u16,
    /// The least that the worker may reach of the bare loop's speed.
    #[arg(long, default_value_t = 0.8)]
    at_least: f64,
}

#[derive(Debug, Args)]
struct MemoryArgs {
    /// Jobs to run.
    #[arg(long, default_value_t = 50_000)]
    jobs: usize,
    /// Jobs at the same time.
    #[arg(long, default_value_t = 16)]
    slots: u16,
    /// Where the samples go, as `memory.csv` and `memory.svg`.
    #[arg(long, default_value = "target/bench-queue")]
    folder: PathBuf,
}

#[derive(Debug, Args)]
struct ScalingArgs {
    /// Each round measures one process and two.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Jobs a round, for each process.
    #[arg(long, default_value_t = 1000)]
    jobs: usize,
    /// What a job takes, in milliseconds.
    #[arg(long, default_value_t = 20)]
    millis: u64,
    /// Jobs at the same time in each process.
    #[arg(long, default_value_t = 4)]
    slots: u16,
    /// The least that two must reach of one's speed.
    #[arg(long, default_value_t = 1.9)]
    at_least: f64,
}

#[derive(Debug, Args)]
struct SimulateArgs {
    /// The worker program [default: presslate, built beside this program].
    #[arg(long)]
    worker: Option<PathBuf>,
    /// Worker processes, each on a processor of its own.
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// Jobs at the same time in each process.
    #[arg(long, default_value_t = 2)]
    slots: usize,
    /// Jobs a round.
    #[arg(long, default_value_t = 150)]
    jobs: usize,
    /// What a job takes on average, in milliseconds; articles are made as long as that.
    #[arg(long, default_value_t = 200)]
    article_millis: u64,
    /// Rounds, each with other times at which jobs come.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Decides when jobs come.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How far off a figure may be, as a share of what was measured.
    #[arg(long, default_value_t = 0.15)]
    within: f64,
    /// Where a picture of each round goes, as `simulate-1.svg`.
    #[arg(long, default_value = "target/bench-queue")]
    folder: PathBuf,
}

/// What a worker process is told.
#[derive(Debug, Clone, Args)]
struct WorkerArgs {
    /// Of the names on the broker.
    #[arg(long)]
    prefix: String,
    /// Jobs at the same time.
    #[arg(long)]
    slots: u16,
    /// What a job takes, in milliseconds.
    #[arg(long)]
    millis: u64,
}

fn main() -> Result<ExitCode> {
    let Cli { amqp_url, what } = Cli::parse();
    // As the program itself has it.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let good = runtime.block_on(async {
        if let What::Worker(args) = &what {
            return worker::serve(&amqp_url, args).await.map(|()| true);
        }
        let broker = broker::Broker::open(&amqp_url).await?;
        let measured = match &what {
            What::Overhead(args) => overhead::measure(&broker, args).await,
            What::Memory(args) => memory::measure(&broker, args).await,
            What::Scaling(args) => scaling::measure(&broker, args).await,
            What::Simulate(args) => simulate::measure(&broker, args).await,
            What::Worker(_) => Ok(true),
        };
        broker.clear().await?;
        measured
    })?;
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Prints at once.
fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// The one in the middle.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
