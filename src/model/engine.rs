//! The thread that owns the models of one device.
//!
//! Inference blocks for seconds, so it never runs on the async runtime: a heartbeat that is late
//! costs the broker connection. One thread a device, not one a model, because two models would
//! fight for the same cores or the same stream. Requests wait in a bounded channel; a model that
//! has its turn ([`Turn`]) asks for more whenever rows of its batch are free ([`Feed`]).

mod shelf;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use candle_core::Device;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::model::batch::{self, Room, Turn, Waiting};
use crate::model::{
    Card, Embedding, Feed, Generate, Generated, Loader, ModelError, ModelId, Part, Pass, Request,
    Ticket, Watch,
};
use shelf::Shelf;

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
    Embed(Comparison),
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

    fn ahead(&self) -> bool {
        self.request.ahead
    }
}

/// Texts to embed, and where the vectors go.
#[derive(Debug)]
struct Comparison {
    id: ModelId,
    texts: Vec<Arc<str>>,
    cancel: CancellationToken,
    reply: oneshot::Sender<Result<Vec<Embedding>, ModelError>>,
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
                shelf: Shelf::new(loader, settings),
                inbox,
                waiting: VecDeque::new(),
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
        self.ask(|reply| {
            Command::Embed(Comparison {
                id: id.clone(),
                texts,
                cancel: cancel.clone(),
                reply,
            })
        })
        .await
    }
}

struct Worker<L> {
    shelf: Shelf<L>,
    inbox: mpsc::Receiver<Command>,
    waiting: VecDeque<Job>,
}

impl<L: Loader> Worker<L> {
    fn run(&mut self) {
        loop {
            self.shelf.settings.watch.waiting(self.waiting.len());
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
                let card = self.shelf.take(&id, &cancel).map(|model| {
                    let card = model.card();
                    self.shelf.put(id, model);
                    card
                });
                // Whoever asked may have gone; then nobody wants to know.
                drop(reply.send(card));
            }
            Command::Generate(job) => batch::enqueue(&mut self.waiting, *job),
            Command::Embed(comparison) => self.shelf.compare(comparison),
        }
    }

    /// Gives the oldest request's model its turn.
    fn next_turn(&mut self) {
        self.waiting.retain(|job| !job.reply.is_closed());
        let Some(oldest) = self.waiting.front() else {
            return;
        };
        let (id, cancel) = (oldest.id.clone(), oldest.request.cancel.clone());
        let mut model = match self.shelf.take(&id, &cancel) {
            Ok(model) => model,
            Err(error) => {
                if let Some(job) = self.waiting.pop_front() {
                    drop(job.reply.send(Err(error)));
                }
                return;
            }
        };
        let card = model.card();
        let most = card.batch.saturating_mul(TURN_BATCHES);
        let Some(turn) = Turn::of_oldest(&self.waiting, most) else {
            return;
        };
        let device = self.shelf.settings.device.clone();
        let mut feed = EngineFeed {
            id: &id,
            card,
            shelf: &mut self.shelf,
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
            self.shelf.put(id, model);
        } else {
            self.shelf.give_up(&id);
        }
        for command in asked {
            self.take(command);
        }
    }
}

/// Batches that a model runs in a row while others wait.
const TURN_BATCHES: usize = 4;

/// Feeds a model from the queue, with what comes while it runs.
struct EngineFeed<'a, L> {
    id: &'a ModelId,
    card: Arc<Card>,
    /// The other models.
    shelf: &'a mut Shelf<L>,
    turn: Turn<ModelId>,
    waiting: &'a mut VecDeque<Job>,
    inbox: &'a mut mpsc::Receiver<Command>,
    /// Commands for which a model has to be loaded, or to run: the former are done after the turn.
    asked: Vec<Command>,
    replies: BTreeMap<Ticket, oneshot::Sender<Result<Generated, ModelError>>>,
    next: usize,
}

impl<L: Loader> EngineFeed<'_, L> {
    /// Takes what has come, and says at once what is known about the models in memory: a job that
    /// begins asks that first, and is to join the others.
    fn listen(&mut self) {
        while let Ok(command) = self.inbox.try_recv() {
            match command {
                Command::Generate(job) => batch::enqueue(self.waiting, *job),
                Command::Card { id, cancel, reply } => {
                    let card = if id == *self.id {
                        Some(Arc::clone(&self.card))
                    } else {
                        self.shelf.card(&id)
                    };
                    match card {
                        Some(card) => drop(reply.send(Ok(card))),
                        None => self.asked.push(Command::Card { id, cancel, reply }),
                    }
                }
                command @ Command::Embed(_) => self.asked.push(command),
            }
        }
    }
}

impl<L: Loader> Feed for EngineFeed<'_, L> {
    fn more(&mut self, room: Room) -> Vec<(Ticket, Request)> {
        self.listen();
        self.waiting.retain(|job| !job.reply.is_closed());
        let jobs = self.turn.take(self.waiting, room, !self.asked.is_empty());
        self.shelf.settings.watch.waiting(self.waiting.len());
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
            self.shelf.settings.watch.finished(self.id, text);
        }
        if let Some(reply) = self.replies.remove(&ticket) {
            // Whoever asked may have gone; then nobody wants to know.
            drop(reply.send(result));
        }
    }

    fn pause(&mut self) {
        self.listen();
        for command in std::mem::take(&mut self.asked) {
            match command {
                Command::Embed(comparison) if self.shelf.card(&comparison.id).is_some() => {
                    self.shelf.compare(comparison);
                }
                command => self.asked.push(command),
            }
        }
    }

    fn passed(&mut self, pass: Pass) {
        self.shelf.settings.watch.passed(self.id, pass);
    }
}
