//! The thread that owns the models of one device.
//!
//! Inference blocks for seconds, so it never runs on the async runtime: a heartbeat that is late
//! costs the broker connection. One thread a device, not one a model, because two models would
//! fight for the same cores or the same stream. Requests wait in a bounded channel; those that
//! came while a batch ran form the next one ([`batch::pack`]).

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use candle_core::Device;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::model::batch::{self, Waiting};
use crate::model::{Card, Generate, Generated, Loader, Model, ModelError, ModelId, Part, Request};

/// A handle to the engine thread. Cheap to clone; the thread ends when the last one is dropped.
#[derive(Debug, Clone)]
pub struct Engine {
    commands: mpsc::Sender<Command>,
}

/// The engine thread itself.
#[derive(Debug)]
#[must_use = "join it, so that the device is released before the process ends"]
pub struct EngineThread(JoinHandle<()>);

/// How an engine is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the models run.
    pub device: Device,
    /// Requests that may wait before [`Engine::generate`] does.
    pub queue: usize,
    /// Models are unloaded, the longest unused first, before another would exceed this.
    pub memory_bytes: u64,
}

#[derive(Debug)]
enum Command {
    Card {
        id: ModelId,
        cancel: CancellationToken,
        reply: oneshot::Sender<Result<Arc<Card>, ModelError>>,
    },
    Generate(Box<Job>),
}

#[derive(Debug)]
struct Job {
    id: ModelId,
    request: Request,
    reply: oneshot::Sender<Result<Generated, ModelError>>,
}

impl Waiting for Job {
    type Key = (ModelId, Arc<str>);

    fn key(&self) -> Self::Key {
        (self.id.clone(), Arc::clone(&self.request.prompt.prefix))
    }

    fn length(&self) -> usize {
        self.request
            .prompt
            .parts
            .iter()
            .map(|part| match part {
                Part::Markup(text) | Part::Text(text) => text.len(),
            })
            .sum()
    }
}

impl Engine {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(loader: impl Loader, settings: Settings) -> io::Result<(Self, EngineThread)> {
        let (commands, inbox) = mpsc::channel(settings.queue.max(1));
        let name = format!("engine-{}", crate::model::device::name(&settings.device));
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            let mut worker = Worker {
                loader,
                settings,
                inbox,
                waiting: VecDeque::new(),
                loaded: Vec::new(),
            };
            worker.run();
        })?;
        Ok((Self { commands }, EngineThread(thread)))
    }

    /// Hands the thread a command and waits for its answer.
    async fn ask<T: Send>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, ModelError>>) -> Command + Send,
    ) -> Result<T, ModelError> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(command(reply))
            .await
            .map_err(|_| ModelError::Stopped)?;
        answer.await.map_err(|_| ModelError::Stopped)?
    }
}

impl EngineThread {
    /// Waits for the thread to end, which it does once every [`Engine`] is dropped and what it
    /// was doing is done or cancelled.
    pub fn join(self) {
        if self.0.join().is_err() {
            tracing::error!("the engine thread panicked");
        }
    }
}

impl Generate for Engine {
    async fn card(
        &self,
        id: &ModelId,
        cancel: &CancellationToken,
    ) -> Result<Arc<Card>, ModelError> {
        self.ask(|reply| Command::Card {
            id: id.clone(),
            cancel: cancel.clone(),
            reply,
        })
        .await
    }

    async fn generate(&self, id: &ModelId, request: Request) -> Result<Generated, ModelError> {
        self.ask(|reply| {
            Command::Generate(Box::new(Job {
                id: id.clone(),
                request,
                reply,
            }))
        })
        .await
    }
}

struct Worker<L> {
    loader: L,
    settings: Settings,
    inbox: mpsc::Receiver<Command>,
    waiting: VecDeque<Job>,
    /// The most recently used last.
    loaded: Vec<(ModelId, Box<dyn Model>)>,
}

impl<L: Loader> Worker<L> {
    fn run(&mut self) {
        loop {
            if self.waiting.is_empty() {
                match self.inbox.blocking_recv() {
                    Some(command) => self.take(command),
                    None => return,
                }
            }
            // Whatever came meanwhile may share the next batch.
            while let Ok(command) = self.inbox.try_recv() {
                self.take(command);
            }
            self.next_batch();
        }
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Card { id, cancel, reply } => {
                let card = self.model(&id, &cancel).map(|model| model.card());
                // Whoever asked may have gone; then nobody wants to know.
                drop(reply.send(card));
            }
            Command::Generate(job) => self.waiting.push_back(*job),
        }
    }

    fn next_batch(&mut self) {
        self.waiting.retain(|job| !job.reply.is_closed());
        let Some(oldest) = self.waiting.front() else {
            return;
        };
        let (id, cancel) = (oldest.id.clone(), oldest.request.cancel.clone());
        let device = self.settings.device.clone();
        let most = match self.model(&id, &cancel) {
            Ok(model) => model.card().batch,
            Err(error) => {
                if let Some(job) = self.waiting.pop_front() {
                    drop(job.reply.send(Err(error)));
                }
                return;
            }
        };
        let jobs = batch::pack(&mut self.waiting, most);
        let (requests, mut replies): (Vec<_>, Vec<_>) = jobs
            .into_iter()
            .map(|job| (job.request, Some(job.reply)))
            .unzip();
        let Ok(model) = self.model(&id, &cancel) else {
            return;
        };
        let mut done = |index: usize, result| {
            if let Some(reply) = replies.get_mut(index).and_then(Option::take) {
                drop(reply.send(result));
            }
        };
        // The whole batch runs inside candle's own thread pool: entering it for every operation
        // costs more than many of the operations do.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            device.with_context(|| model.generate(&requests, &mut done));
        }));
        if outcome.is_err() {
            self.loaded.retain(|(loaded, _)| *loaded != id);
            for reply in replies.into_iter().flatten() {
                drop(reply.send(Err(ModelError::Panicked)));
            }
        }
    }

    /// The model, loaded first if need be, and counted as used just now.
    fn model(
        &mut self,
        id: &ModelId,
        cancel: &CancellationToken,
    ) -> Result<&mut Box<dyn Model>, ModelError> {
        let model = if let Some(at) = self.loaded.iter().position(|(loaded, _)| loaded == id) {
            self.loaded.remove(at).1
        } else {
            self.make_room(self.loader.memory_bytes(id));
            let loader = &mut self.loader;
            catch_unwind(AssertUnwindSafe(|| loader.load(id, cancel)))
                .unwrap_or(Err(ModelError::Panicked))?
        };
        self.loaded.push((id.clone(), model));
        self.loaded
            .last_mut()
            .map(|(_, model)| model)
            .ok_or(ModelError::Stopped)
    }

    fn make_room(&mut self, wanted: u64) {
        let budget = self.settings.memory_bytes;
        loop {
            let used: u64 = self
                .loaded
                .iter()
                .map(|(id, _)| self.loader.memory_bytes(id))
                .sum();
            if self.loaded.is_empty() || used.saturating_add(wanted) <= budget {
                return;
            }
            self.loaded.remove(0);
        }
    }
}
