//! The model that is measured, and an engine that runs it.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use anyhow::Context;
use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use super::memory;
use crate::cli::Console;
use crate::cli::args::BenchArgs;
use crate::cli::exit::Failure;
use crate::cli::models::Models;
use crate::cli::wiring::joined;
use crate::config::EngineSettings;
use crate::model::arch::marian::linear::Quantization;
use crate::model::catalog::{Architecture, Entry};
use crate::model::engine::Settings;
use crate::model::load::{self, Switches};
use crate::model::weights::{Installed, Quiet};
use crate::model::{Card, Engine, Generate, Loader, Model, ModelError, ModelId, Unwatched};

/// The model that is measured.
#[derive(Debug)]
pub(super) struct Subject {
    installed: Installed,
    switches: Switches,
    settings: EngineSettings,
}

/// An engine with the model loaded.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) engine: Engine,
    pub(super) card: Arc<Card>,
    /// From nothing to a model in memory.
    pub(super) load_seconds: f64,
    gate: Sender<()>,
}

impl Subject {
    /// The model at a path that `args` names.
    ///
    /// # Errors
    /// When there is none, or its weights cannot be held as `args` says.
    pub(super) fn at(
        path: &Path,
        args: &BenchArgs,
        settings: EngineSettings,
    ) -> Result<Self, Failure> {
        let installed = load::unlisted(path)
            .with_context(|| format!("--weights {}", path.display()))
            .map_err(Failure::usage)?;
        Self::new(installed, args, settings)
    }

    /// The model of the catalogue with this entry, fetched if need be.
    ///
    /// # Errors
    /// When its files cannot be had, or its weights cannot be held as `args` says.
    pub(super) async fn listed(
        models: &Models,
        entry: &Arc<Entry>,
        args: &BenchArgs,
        settings: EngineSettings,
        console: Console,
        cancel: &CancellationToken,
    ) -> Result<Self, Failure> {
        models
            .fetch(vec![Arc::clone(entry)], console, cancel)
            .await?;
        let installed = models.store.pull(entry, &Quiet, cancel)?;
        Self::new(installed, args, settings)
    }

    fn new(
        installed: Installed,
        args: &BenchArgs,
        settings: EngineSettings,
    ) -> Result<Self, Failure> {
        let mut subject = Self {
            installed,
            switches: super::switches(args, &settings),
            settings,
        };
        if let Some(name) = &args.quantization {
            check_quantization(name, subject.entry()).map_err(Failure::usage)?;
            subject.change(|entry| entry.quantization.clone_from(name));
        }
        Ok(subject)
    }

    /// What is known about the model.
    pub(super) fn entry(&self) -> &Entry {
        &self.installed.entry
    }

    fn change(&mut self, change: impl FnOnce(&mut Entry)) {
        change(Arc::make_mut(&mut self.installed.entry));
    }

    /// Loads the model for batches of `batch`, runs `work` on an engine that takes `queue` requests
    /// at once, and waits for its thread to end.
    ///
    /// # Errors
    /// When the model does not load, or `work` fails.
    pub(super) async fn run<T>(
        &mut self,
        batch: usize,
        queue: usize,
        cancel: &CancellationToken,
        work: impl AsyncFnOnce(Running) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.change(|entry| {
            entry.decode.batch = batch;
            entry.decode.batch_on_gpu = None;
        });
        memory::forget_peak();
        let id = ModelId::new(&self.entry().id);
        let device = self.settings.device.open().map_err(Failure::usage)?;
        let (gate, opened) = channel();
        let (installed, switches) = (self.installed.clone(), self.switches);
        let loader = Gated {
            open: {
                let (id, device) = (id.clone(), device.clone());
                move || load::open(&id, &installed, &device, switches)
            },
            opened,
        };
        let settings = Settings {
            device,
            // The gate itself, and one to spare.
            queue: queue.saturating_add(2),
            memory_bytes: u64::MAX,
            watch: Arc::new(Unwatched),
        };
        let (engine, thread) = Engine::start(loader, settings)?;
        joined(thread, async {
            let started = Instant::now();
            let card = engine.card(&id, cancel).await?;
            let running = Running {
                engine,
                card,
                load_seconds: started.elapsed().as_secs_f64(),
                gate,
            };
            work(running).await
        })
        .await
    }
}

impl Running {
    /// Keeps the engine from beginning, runs `send`, and lets it begin: all that was sent is there
    /// from the start, however the threads happen to run.
    ///
    /// # Errors
    /// When the engine has stopped.
    pub(super) fn at_once<T>(
        &self,
        send: impl FnOnce() -> Result<T, ModelError>,
    ) -> Result<T, ModelError> {
        let closed = ModelId::new(GATE);
        let never = CancellationToken::new();
        // Sent, but not waited for: the answer has no meaning.
        let asked = self.engine.card(&closed, &never).now_or_never();
        let outcome = send();
        self.gate.send(()).map_err(|_| ModelError::Stopped)?;
        if let Some(Err(ModelError::Stopped)) = asked {
            return Err(ModelError::Stopped);
        }
        outcome
    }
}

/// An id that no model has: the loader waits when it is asked for it.
const GATE: &str = "";

/// Loads one model, and can be made to wait.
struct Gated<F> {
    open: F,
    opened: Receiver<()>,
}

impl<F> Loader for Gated<F>
where
    F: FnMut() -> Result<Box<dyn Model>, ModelError> + Send + 'static,
{
    fn load(
        &mut self,
        id: &ModelId,
        _cancel: &CancellationToken,
    ) -> Result<Box<dyn Model>, ModelError> {
        if id.as_str() == GATE {
            // Whoever held it has gone where this fails; then nothing is to be waited for.
            let _opened = self.opened.recv();
            return Err(ModelError::Unknown(GATE.to_owned()));
        }
        (self.open)()
    }
}

/// Whether a model's weights can be held as `name` says.
fn check_quantization(name: &str, entry: &Entry) -> anyhow::Result<()> {
    anyhow::ensure!(
        entry.architecture == Architecture::Marian,
        "--quantization {name}: the weights of {} are as its file has them; leave it out",
        entry.id
    );
    anyhow::ensure!(
        Quantization::parse(name).is_some(),
        "--quantization {name}: weights cannot be held so; `presslate bench --help` says how"
    );
    Ok(())
}
