//! Breaks a broker, a network and workers on purpose, and checks that every job is answered once,
//! and with the right answer. `README.md` beside this file says how to read what it prints.

mod apply;
mod child;
mod collect;
mod conduct;
mod doom;
mod fleet;
mod jobs;
mod ledger;
mod options;
mod produce;
mod proxy;
mod random;
mod report;
mod schedule;
mod stage;
mod verdict;
mod wire;
mod world;

/// What the tests have for brokers of their own.
#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "written for tests, which fail by panicking, and use more of it"
)]
#[path = "../common"]
mod common {
    pub(crate) mod broker;
    pub(crate) mod certificates;
    pub(crate) mod node;
    pub(crate) mod ports;
    pub(crate) mod skip;
}

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use conduct::say;
use options::{Cli, Hidden};

fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    if let Some(Hidden::Worker(args)) = &cli.hidden {
        return child::run(args);
    }
    let args = cli.run;
    let steps = schedule::draw(args.seed, args.faults, &args.only);
    let specs = jobs::draw(args.seed, args.jobs);
    say(&format!(
        "chaos --jobs {} --faults {} --seed {} --workers {}\n",
        args.jobs, args.faults, args.seed, args.workers
    ))?;
    if args.dry_run {
        for (index, step) in steps.iter().enumerate() {
            say(&format!("{:>4} {step}\n", index + 1))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let folder = tempfile::Builder::new()
        .prefix("presslate-chaos-")
        .disable_cleanup(args.keep)
        .tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let well = runtime.block_on(conduct::run(&args, specs, &steps, folder.path()))?;
    if args.keep {
        say(&format!(
            "logs and histories are in {}\n",
            folder.path().display()
        ))?;
    }
    Ok(if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
