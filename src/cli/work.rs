//! `presslate work`: the worker.

use super::args::WorkArgs;
use super::exit::{Exit, Failure};
use super::models::Models;
use super::{Console, threads, wiring};
use crate::config::{EngineSettings, Environment, QueueSettings, StoreSettings};

/// Takes jobs until told to stop.
///
/// # Errors
/// When a setting is wrong, the models cannot be had, or they fail one job after the other. A broker
/// that refuses the worker is logged and asked again, for as long as it takes.
pub(super) fn run(
    args: WorkArgs,
    environment: &Environment,
    console: Console,
) -> Result<Exit, Failure> {
    let _logs = wiring::logs(&args.telemetry, "info,hf_hub=off")?;
    let engine = EngineSettings::from(args.engine);
    threads::apply(engine.threads, console);
    let queue = QueueSettings::try_from(args.queue).map_err(Failure::usage)?;
    let store = StoreSettings::new(args.model.store, environment).map_err(Failure::usage)?;
    let models = Models::open(&store)?;
    let choice = models.choose(&args.model.models)?;
    let choice = models.with_embedder(choice, &args.embedder.embedder)?;
    let options = wiring::Options {
        engine,
        seed: 0,
        glossaries: wiring::glossaries(args.glossary.into())?,
    };
    let runtime = wiring::runtime()?;
    let service = wiring::Service {
        queue,
        admin: args.admin.admin,
    };
    let ended = runtime.block_on(wiring::work(choice, &models, options, service, console));
    // A job that is stuck in a thread of the runtime must not keep the process.
    runtime.shutdown_background();
    ended
}
