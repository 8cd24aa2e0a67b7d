//! Where settings become running parts: the only file that knows how catalogue, store, engine,
//! pipeline and queue are put together.

mod reload;
mod serve;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::doctor::{Check, machine};
use super::exit::Failure;
use super::models::Models;
use crate::config::{
    BrokerSettings, EngineSettings, GlossarySettings, LogFormat, StoreSettings, TelemetryArgs,
};
use crate::glossary::store::Store as GlossaryStore;
use crate::job::Job;
use crate::job::wire::ResultMessage;
use crate::model::catalog::Choice;
use crate::model::device::{self, Device, DeviceChoice};
use crate::model::engine::Settings;
use crate::model::load::{CatalogLoader, Switches};
use crate::model::weights::{HubConfig, PipConfig, Quiet, Store};
use crate::model::{Engine, EngineThread, Unwatched, Watch};
use crate::pipeline::{Glossaries, JobError, Observe, Pipeline, Plan};
use crate::queue::amqp;
use crate::queue::topology::Names;
use crate::telemetry::logs::{self, LogsGuard};
pub(super) use serve::{Service, work};

/// Threads for the broker, timers and signals; computing has its own.
const RUNTIME_THREADS: usize = 2;
/// How long the engine's thread may take to end. One that takes longer is stuck in a computation.
const ENGINE_END: Duration = Duration::from_secs(10);
/// How old what is known of a glossary's file may be.
const GLOSSARY_AGE: Duration = Duration::from_secs(10);
/// Requests that may wait for the engine. A job asks for all segments of a language at once.
const ENGINE_QUEUE: usize = 256;

/// What a pipeline is run with beside its models.
#[derive(Debug, Clone)]
pub(super) struct Options {
    /// What the models run on.
    pub(super) engine: EngineSettings,
    /// For random choices.
    pub(super) seed: u64,
    /// How terms are translated.
    pub(super) glossaries: Glossaries,
}

/// The runtime of every command that waits for something.
///
/// # Errors
/// When the system gives no threads.
pub(super) fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(RUNTIME_THREADS)
        .thread_name("presslate-io")
        .enable_all()
        .build()
}

/// The store that the settings describe.
pub(super) fn store(settings: &StoreSettings) -> Store {
    let hub = HubConfig {
        endpoint: settings.hub.endpoint.clone(),
        token: settings.hub.token.clone(),
        cache: settings.hub.cache.clone(),
        offline: settings.hub.offline,
        ..HubConfig::default()
    };
    Store {
        cache: settings.cache.clone(),
        local: settings.local.clone(),
        hub,
        pip: PipConfig::default(),
    }
}

/// Sets up logging to stderr, for as long as the guard lives. Default filters leave hf-hub out:
/// a source that cannot be reached is said once, by us.
///
/// # Errors
/// When the filter or the collector's address cannot be used.
pub(super) fn logs(args: &TelemetryArgs, default_filter: &str) -> Result<LogsGuard, Failure> {
    let format = match args.log_format {
        LogFormat::Pretty => logs::Format::Pretty,
        LogFormat::Json => logs::Format::Json,
    };
    let filter = args.filter.as_deref().unwrap_or(default_filter);
    logs::init(format, filter, args.otlp_endpoint.as_deref()).map_err(Failure::usage)
}

/// Whether the device asked for can be used.
pub(super) fn device(choice: DeviceChoice) -> Check {
    match choice.open() {
        Ok(device) => Check::ok("device", device::name(&device)),
        Err(error) => Check::problem(
            "device",
            error.to_string(),
            "`presslate run --help` says what --device takes",
        ),
    }
}

/// How the broker that the settings name is reached.
pub(super) fn broker(settings: &BrokerSettings) -> amqp::Config {
    let client = settings.client_files.clone();
    amqp::Config {
        names: Names::prefixed(&settings.prefix),
        files: amqp::Files {
            password: settings.password_file.clone(),
            ca: settings.ca_file.clone(),
            client: client.map(|(certificate, key)| amqp::ClientFiles { certificate, key }),
        },
        ..amqp::Config::new(settings.url.clone())
    }
}

/// Starts an engine, runs one job on it, and waits for the engine to end.
///
/// # Errors
/// When the device cannot be opened, or the job has no result.
pub(super) async fn run_job(
    job: &Job,
    choice: Choice,
    models: &Models,
    options: Options,
    observer: &dyn Observe,
    cancel: &CancellationToken,
) -> Result<ResultMessage, Failure> {
    let jobs = std::slice::from_ref(job);
    let results = run_jobs(jobs, choice, models, options, observer, cancel).await?;
    let first = results.into_iter().next();
    first.ok_or_else(|| JobError::Panicked.into())
}

/// Starts an engine, runs jobs on it one after the other, and waits for the engine to end.
///
/// # Errors
/// When the device cannot be opened, or a job has no result.
pub(super) async fn run_jobs(
    jobs: &[Job],
    choice: Choice,
    models: &Models,
    options: Options,
    observer: &dyn Observe,
    cancel: &CancellationToken,
) -> Result<Vec<ResultMessage>, Failure> {
    let (engine, thread) = start_unwatched(models, &options.engine, switches(&options.engine))?;
    let results = async {
        let pipeline = pipeline(engine, choice, options.seed).with_glossaries(options.glossaries);
        let mut results = Vec::new();
        for job in jobs {
            results.push(pipeline.run(job, observer, cancel).await?);
        }
        Ok(results)
    };
    joined(thread, results).await
}

/// Gives a work's result once the engine's thread has ended. The thread ends with the last handle
/// to it, so the work must own those, and must not leave any behind in whatever way it ends. A thread
/// that is stuck is left to the end of the process.
pub(super) async fn joined<T>(
    thread: EngineThread,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    // Boxed, because it is gone, and its handles with it, before the thread is waited for.
    let result = Box::pin(work).await;
    let ended = tokio::task::spawn_blocking(|| thread.join());
    if let Ok(ended) = timeout(ENGINE_END, ended).await {
        ended?;
    } else {
        tracing::warn!("the engine is stuck in a computation; leaving without it");
    }
    result
}

/// Starts an engine with the models of the catalogue, on the device of the settings.
///
/// # Errors
/// When the device cannot be opened, or the system gives no thread.
pub(super) fn start_unwatched(
    models: &Models,
    settings: &EngineSettings,
    switches: Switches,
) -> Result<(Engine, EngineThread), Failure> {
    let device = settings.device.open().map_err(Failure::usage)?;
    start(models, settings, device, switches, Arc::new(Unwatched))
}

/// Starts an engine with the models of the catalogue.
///
/// # Errors
/// When the system gives no thread.
fn start(
    models: &Models,
    settings: &EngineSettings,
    device: Device,
    switches: Switches,
    watch: Arc<dyn Watch>,
) -> Result<(Engine, EngineThread), Failure> {
    let store = models.store.clone();
    // Weights were fetched before, with a progress bar; this finds them, or mends what is missing.
    let fetch = Box::new(move |entry: &_, cancel: &_| store.pull(entry, &Quiet, cancel));
    let loader = CatalogLoader::new(Arc::clone(&models.catalog), fetch, device.clone())
        .with_switches(switches);
    let memory_bytes = match settings.memory_mib {
        Some(mib) => mib.saturating_mul(1 << 20),
        None => machine::free_memory().map_or(u64::MAX, |free| free / 4 * 3),
    };
    Ok(Engine::start(
        loader,
        Settings {
            device,
            queue: ENGINE_QUEUE,
            memory_bytes,
            watch,
        },
    )?)
}

/// How models are to run that the settings say something about.
pub(super) fn switches(settings: &EngineSettings) -> Switches {
    Switches {
        reference: settings.reference,
        ..Switches::default()
    }
}

/// Opens the glossaries.
///
/// # Errors
/// When one of them cannot be read, or the default is none of them.
pub(super) fn glossaries(settings: GlossarySettings) -> Result<Glossaries, Failure> {
    let store = match &settings.path {
        Some(path) => GlossaryStore::open(path, GLOSSARY_AGE),
        None => GlossaryStore::starter(),
    }
    .map_err(Failure::usage)?;
    if let Some(id) = &settings.default {
        store
            .get(id)
            .with_context(|| format!("--glossary {id} (or PRESSLATE_GLOSSARY)"))
            .map_err(Failure::usage)?;
    }
    Ok(Glossaries {
        store: Arc::new(store),
        default: settings.default,
    })
}

/// What turns jobs into results, with the models of `choice`.
pub(super) fn pipeline(engine: Engine, choice: Choice, seed: u64) -> Pipeline<Engine> {
    let plan = Plan {
        summarise: choice.summarise,
        translate: choice.translate,
        embed: choice.embed,
    };
    Pipeline::new(engine, plan).with_seed(seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::exit::Exit;
    use crate::model::{Generate, Loader, Model, ModelError, ModelId};
    use tokio_util::sync::CancellationToken;

    /// Loads nothing; the counter tells whether the engine still has it.
    struct Counted(#[expect(dead_code, reason = "counted")] Arc<()>);

    impl Loader for Counted {
        fn load(
            &mut self,
            id: &ModelId,
            _cancel: &CancellationToken,
        ) -> Result<Box<dyn Model>, ModelError> {
            Err(ModelError::Unknown(id.to_string()))
        }
    }

    #[tokio::test]
    async fn the_engine_has_ended_when_its_work_fails() {
        let counter = Arc::new(());
        let settings = Settings {
            device: DeviceChoice::Cpu.open().unwrap(),
            queue: 1,
            memory_bytes: 0,
            watch: Arc::new(Unwatched),
        };
        let (engine, thread) = Engine::start(Counted(Arc::clone(&counter)), settings).unwrap();
        let failed = joined(thread, async move {
            engine
                .card(&ModelId::new("none"), &CancellationToken::new())
                .await?;
            Ok(())
        });
        assert_eq!(failed.await.unwrap_err().exit, Exit::Failed);
        assert_eq!(Arc::strong_count(&counter), 1);
    }
}
