//! The command line: subcommands, what they print, and the status they exit with.
//!
//! Results go to stdout and everything else to stderr. Logic that is worth testing by itself
//! belongs elsewhere.

pub mod args;
mod bench;
mod bundle;
mod chart;
mod doctor;
mod eval;
mod exit;
mod health;
mod input;
mod interrupt;
mod licenses;
mod models;
mod output;
mod progress;
mod pull;
mod render;
mod report;
mod run;
pub mod schema;
mod simulate;
mod station;
mod table;
mod text;
mod threads;
mod top;
mod topology;
mod wiring;
mod work;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
pub use exit::{Exit, Failure};
use text::Palette;

use crate::config::Environment;

/// What may be done with stderr.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    /// Colour is welcome (stdout has its own say besides).
    colour: bool,
    /// Progress may be drawn.
    progress: bool,
}

impl Console {
    fn new(environment: &Environment) -> Self {
        Self {
            colour: !environment.no_color,
            progress: io::stderr().is_terminal(),
        }
    }

    /// The styles for stderr.
    fn palette(self) -> Palette {
        Palette::new(self.colour && self.progress)
    }

    /// Writes to stderr. That nobody reads it is no reason to stop.
    #[expect(clippy::unused_self, reason = "a console is what one writes to")]
    fn say(self, text: &str) {
        drop(io::stderr().lock().write_all(text.as_bytes()));
    }
}

/// Runs the program: parses the command line, does what it says, and reports how that went.
pub fn main() -> ExitCode {
    let environment = Environment::read();
    let console = Console::new(&environment);
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let outcome = match cli.command {
        Command::Run(args) => run::run(&args, &environment, console),
        Command::Work(args) => work::run(*args, &environment, console),
        Command::Topology(args) => topology::run(args.command, console),
        Command::Models(args) => models::run(args.command, &environment, console),
        Command::Bench(args) => bench::run(&args, &environment, console),
        Command::Eval(args) => eval::run(&args, &environment, console),
        Command::Report(args) => report::run(&args),
        Command::Bundle(args) => bundle::run(args.command, &environment, console),
        Command::Simulate(args) => simulate::run(&args),
        Command::Doctor(args) => doctor::run(*args, &environment, console),
        Command::Top(args) => top::run(*args, &environment),
        Command::Health(args) => health::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Licenses(args) => licenses::run(&args),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            console.say(&format!("{} {failure}\n", console.palette().bad("error:")));
            failure.exit.into()
        }
    }
}

/// Help and version go to stdout and are no error; everything else is.
fn usage(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    let wanted = !error.use_stderr();
    match printed {
        Err(pipe) if pipe.kind() != io::ErrorKind::BrokenPipe => Exit::Failed.into(),
        _ if wanted => Exit::Done.into(),
        _ => Exit::Usage.into(),
    }
}
