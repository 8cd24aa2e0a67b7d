//! The thread that owns the models of one device.
//!
//! Inference blocks for seconds, so it never runs on the async runtime: a heartbeat that is late
//! costs the broker connection. One thread a device, not one a model, because two models would
//! fight for the same cores or the same stream. Requests wait in a bounded channel; a model that
//! has its turn ([`Turn`]) asks for more whenever rows of its batch are free ([`Feed`]).

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use candle_core::Device;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::model::batch::{Room, Turn, Waiting};
use crate::model::{
    Card, Embedding, Feed, Generate, Generated, Loader, Model, ModelError, ModelId, Part, Pass,
    Request, Ticket, Watch,
};

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
    /// Who is told what it does.
    pub watch: Arc<dyn Watch>,
}

#[derive(Debug)]
enum Command {
    Card {
        id: ModelId,
        cancel: CancellationToken,
        reply: oneshot::Sender<Result<Arc<Card>, ModelError>>,
    },
    Generate(Box<Job>),
    Embed {
        id: ModelId,
        texts: Vec<Arc<str>>,
        cancel: CancellationToken,
        reply: oneshot::Sender<Result<Vec<Embedding>, ModelError>>,
    },
}

#[derive(Debug)]
struct Job {
    id: ModelId,
    request: Request,
    reply: oneshot::Sender<Result<Generated, ModelError>>,
}

impl Waiting for Job {
    type Key = ModelId;

    fn key(&self) -> Self::Key {
        self.id.clone()
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

    async fn embed(
        &self,
        id: &ModelId,
        texts: Vec<Arc<str>>,
        cancel: &CancellationToken,
    ) -> Result<Vec<Embedding>, ModelError> {
        self.ask(|reply| Command::Embed {
            id: id.clone(),
            texts,
            cancel: cancel.clone(),
            reply,
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
            self.settings.watch.waiting(self.waiting.len());
            if self.waiting.is_empty() {
                match self.inbox.blocking_recv() {
                    Some(command) => self.take(command),
                    None => return,
                }
            }
            while let Ok(command) = self.inbox.try_recv() {
                self.take(command);
            }
            self.next_turn();
        }
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Card { id, cancel, reply } => {
                let card = self.take_model(&id, &cancel).map(|model| {
                    let card = model.card();
                    self.loaded.push((id, model));
                    card
                });
                // Whoever asked may have gone; then nobody wants to know.
                drop(reply.send(card));
            }
            Command::Generate(job) => self.waiting.push_back(*job),
            Command::Embed { reply, .. } if reply.is_closed() => {}
            Command::Embed {
                id,
                texts,
                cancel,
                reply,
            } => drop(reply.send(self.embed(&id, &texts, &cancel))),
        }
    }

    /// A few texts at once: they are not worth waiting in the queue for.
    fn embed(
        &mut self,
        id: &ModelId,
        texts: &[Arc<str>],
        cancel: &CancellationToken,
    ) -> Result<Vec<Embedding>, ModelError> {
        let mut model = self.take_model(id, cancel)?;
        let (device, watch) = (&self.settings.device, &self.settings.watch);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            device.with_context(|| model.embed(texts, cancel, &mut |pass| watch.passed(id, pass)))
        }));
        let Ok(vectors) = outcome else {
            watch.unloaded(id);
            return Err(ModelError::Panicked);
        };
        self.loaded.push((id.clone(), model));
        vectors
    }

    /// Gives the oldest request's model its turn.
    fn next_turn(&mut self) {
        self.waiting.retain(|job| !job.reply.is_closed());
        let Some(oldest) = self.waiting.front() else {
            return;
        };
        let (id, cancel) = (oldest.id.clone(), oldest.request.cancel.clone());
        let mut model = match self.take_model(&id, &cancel) {
            Ok(model) => model,
            Err(error) => {
                if let Some(job) = self.waiting.pop_front() {
                    drop(job.reply.send(Err(error)));
                }
                return;
            }
        };
        let most = model.card().batch.saturating_mul(TURN_BATCHES);
        let Some(turn) = Turn::of_oldest(&self.waiting, most) else {
            return;
        };
        let device = self.settings.device.clone();
        let mut feed = EngineFeed {
            id: &id,
            watch: &*self.settings.watch,
            turn,
            waiting: &mut self.waiting,
            inbox: &mut self.inbox,
            asked: Vec::new(),
            replies: BTreeMap::new(),
            next: 0,
        };
        // The whole turn runs inside candle's own thread pool: entering it for every operation
        // costs more than many of the operations do.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            device.with_context(|| model.generate(&mut feed));
        }));
        let EngineFeed { asked, replies, .. } = feed;
        for reply in replies.into_values() {
            let error = match outcome {
                Ok(()) => ModelError::Forward(candle_core::Error::msg(
                    "the model left a request without an answer",
                )),
                Err(_) => ModelError::Panicked,
            };
            drop(reply.send(Err(error)));
        }
        // A model that panicked may be in any state: it is dropped.
        if outcome.is_ok() {
            self.loaded.push((id, model));
        } else {
            self.settings.watch.unloaded(&id);
        }
        for command in asked {
            self.take(command);
        }
    }

    /// Takes the model out of those that are loaded; loads it first if need be.
    fn take_model(
        &mut self,
        id: &ModelId,
        cancel: &CancellationToken,
    ) -> Result<Box<dyn Model>, ModelError> {
        if let Some(at) = self.loaded.iter().position(|(loaded, _)| loaded == id) {
            return Ok(self.loaded.remove(at).1);
        }
        self.make_room(self.loader.memory_bytes(id));
        let loader = &mut self.loader;
        let began = Instant::now();
        let model = catch_unwind(AssertUnwindSafe(|| loader.load(id, cancel)))
            .unwrap_or(Err(ModelError::Panicked));
        let watch = &self.settings.watch;
        match &model {
            Ok(_) => watch.loaded(id, self.loader.memory_bytes(id), began.elapsed()),
            Err(ModelError::Cancelled) => {}
            Err(_) => watch.not_loaded(id),
        }
        model
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
            let (id, _) = self.loaded.remove(0);
            self.settings.watch.unloaded(&id);
        }
    }
}

/// Batches that a model runs in a row while others wait.
const TURN_BATCHES: usize = 4;

/// Feeds a model from the queue, with what comes while it runs.
struct EngineFeed<'a> {
    id: &'a ModelId,
    watch: &'a dyn Watch,
    turn: Turn<ModelId>,
    waiting: &'a mut VecDeque<Job>,
    inbox: &'a mut mpsc::Receiver<Command>,
    /// Commands that need the engine itself; they are done after the turn.
    asked: Vec<Command>,
    replies: BTreeMap<Ticket, oneshot::Sender<Result<Generated, ModelError>>>,
    next: usize,
}

impl Feed for EngineFeed<'_> {
    fn more(&mut self, room: Room) -> Vec<(Ticket, Request)> {
        while let Ok(command) = self.inbox.try_recv() {
            match command {
                Command::Generate(job) => self.waiting.push_back(*job),
                command @ (Command::Card { .. } | Command::Embed { .. }) => {
                    self.asked.push(command);
                }
            }
        }
        self.waiting.retain(|job| !job.reply.is_closed());
        let jobs = self.turn.take(self.waiting, room, !self.asked.is_empty());
        self.watch.waiting(self.waiting.len());
        jobs.into_iter()
            .map(|job| {
                let ticket = Ticket(self.next);
                self.next += 1;
                self.replies.insert(ticket, job.reply);
                (ticket, job.request)
            })
            .collect()
    }

    fn done(&mut self, ticket: Ticket, result: Result<Generated, ModelError>) {
        if let Ok(text) = &result {
            self.watch.finished(self.id, text);
        }
        if let Some(reply) = self.replies.remove(&ticket) {
            // Whoever asked may have gone; then nobody wants to know.
            drop(reply.send(result));
        }
    }

    fn passed(&mut self, pass: Pass) {
        self.watch.passed(self.id, pass);
    }
}
