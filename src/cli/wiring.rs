//! Where settings become running parts: the only file that knows how catalogue, store, engine,
//! pipeline and queue are put together.

use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use super::Console;
use super::doctor::Check;
use super::exit::{Exit, Failure};
use super::models::Models;
use super::standin::Store;
use crate::config::{EngineSettings, QueueSettings, StoreSettings, TelemetryArgs};
use crate::job::Job;
use crate::job::wire::ResultMessage;
use crate::model;
use crate::model::catalog::Entry;
use crate::model::device::DeviceChoice;
use crate::pipeline::{Observe, Plan};

/// Threads for the broker, timers and signals; computing has its own.
const RUNTIME_THREADS: usize = 2;

/// What a pipeline is run with beside its plan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    /// What the models run on.
    pub(super) engine: EngineSettings,
    /// For random choices.
    pub(super) seed: u64,
}

/// The runtime of every command that waits for something.
///
/// # Errors
/// When the system gives no threads.
pub(super) fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(RUNTIME_THREADS).thread_name("presslate-io").enable_all().build()
}

/// Every model of the catalogue, in the order it lists them.
pub(super) fn catalogue() -> Result<Vec<Arc<Entry>>, Failure> {
    Ok(Vec::new())
}

/// The ids of a profile's models; `None` when there is no such profile.
pub(super) fn profile(_name: &str) -> Option<Vec<String>> {
    None
}

/// The names of the profiles.
pub(super) fn profiles() -> Vec<String> {
    Vec::new()
}

/// The store that the settings describe.
pub(super) fn store(settings: &StoreSettings) -> Store {
    Store { cache: settings.cache.clone(), local: settings.local.clone() }
}

/// Sets up logging to stderr.
pub(super) fn logs(_args: &TelemetryArgs, _default_filter: &str) -> Result<(), Failure> {
    Ok(())
}

/// Whether the device asked for can be used.
pub(super) fn device(choice: DeviceChoice) -> Check {
    match choice.open() {
        Ok(device) => Check::ok("device", model::device::name(&device)),
        Err(error) => Check::problem("device", error.to_string(), "see `presslate run --help` for what --device takes"),
    }
}

/// Starts an engine, runs one job on it, and waits for the engine to end.
pub(super) async fn run_job(
    _job: &Job,
    _plan: Plan,
    _store: Store,
    _options: Options,
    _observer: &dyn Observe,
    _cancel: &CancellationToken,
) -> Result<ResultMessage, Failure> {
    Err(anyhow::anyhow!("this build has no engine").into())
}

/// Runs the worker until it is told to stop.
pub(super) async fn work(
    _plan: Plan,
    _models: Models,
    _options: Options,
    _queue: QueueSettings,
    _console: Console,
) -> Result<Exit, Failure> {
    Err(anyhow::anyhow!("this build has no worker").into())
}
