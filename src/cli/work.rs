//! `presslate work`: the worker.

use super::args::WorkArgs;
use super::exit::{Exit, Failure};
use super::models::Models;
use super::{Console, plan, wiring};
use crate::config::{EngineSettings, Environment, QueueSettings, StoreSettings};

/// Takes jobs until told to stop.
///
/// # Errors
/// When a setting is wrong, the models cannot be had, or the broker refuses the worker.
pub(super) fn run(args: WorkArgs, environment: &Environment, console: Console) -> Result<Exit, Failure> {
    wiring::logs(&args.telemetry, "info")?;
    let queue = QueueSettings::try_from(args.queue).map_err(Failure::usage)?;
    let store = StoreSettings::new(args.model.store, environment).map_err(Failure::usage)?;
    let models = Models::open(&store)?;
    let plan = plan::plan(&models.choose(&args.model.models)?);
    let options = wiring::Options { engine: EngineSettings::from(args.engine), seed: 0 };
    wiring::runtime()?.block_on(wiring::work(plan, models, options, queue, console))
}
