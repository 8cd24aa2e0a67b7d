//! Models: what they can do, where their weights are, and the thread that runs them.
//!
//! This module knows no articles, jobs or queues, and reads no environment: written as if it were
//! a crate of its own. From the outside a model is text in, text out ([`Generate`]); tokens stay
//! in here, because a tokenizer belongs to the weights it was trained with.

pub mod arch;
pub mod batch;
pub mod catalog;
pub mod decode;
pub mod device;
mod embed;
pub mod engine;
pub mod kernel;
pub mod load;
pub mod tokens;
mod watch;
pub mod weights;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio_util::sync::CancellationToken;

pub use batch::Room;
pub use embed::Embedding;
pub use engine::{Engine, EngineThread};
pub use watch::{Pass, Unwatched, Watch};

/// Names a model in the catalogue, such as `opus-mt-en-ru`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelId(Arc<str>);

impl ModelId {
    /// An id; whether it names anything is for the catalogue to say.
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ModelId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A stretch of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Written by us: control tokens such as `<|im_start|>` count as such.
    Markup(Arc<str>),
    /// Written by somebody else: control tokens in it are plain characters, so that an article
    /// cannot end its own prompt.
    Text(Arc<str>),
}

/// What a model is given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prompt {
    /// Instruction and examples, the same for many requests: computed once and shared. For a
    /// sequence-to-sequence model, the target token such as `>>rus<<`, or empty.
    pub prefix: Arc<str>,
    /// What is particular to this request.
    pub parts: Vec<Part>,
}

/// How the next token is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Strategy {
    /// The likeliest token.
    Greedy,
    /// The likeliest sequence among `width` kept at every step. Decoder-only models take it as
    /// greedy.
    Beam {
        /// Sequences kept.
        width: usize,
        /// Scores are divided by length to this power; 1 is the mean log-probability.
        length_penalty: f32,
    },
    /// A random token among the likeliest.
    Sample {
        /// Flattens (above 1) or sharpens (below 1) the distribution.
        temperature: f64,
        /// Considers the smallest set of tokens whose probabilities add up to this.
        top_p: f64,
        /// Equal seeds give equal text.
        seed: u64,
    },
}

/// How a text is written and where it ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Decode {
    /// Hard limit on the output.
    pub max_new_tokens: usize,
    /// How tokens are chosen.
    pub strategy: Strategy,
    /// Divides the logits of tokens seen in this output before (1 is off).
    pub repetition_penalty: f32,
    /// Forbids an output n-gram of this length to come twice (0 is off).
    pub no_repeat_ngram: usize,
    /// The output ends before the first of these.
    pub stop: Vec<String>,
}

impl Decode {
    /// So chosen, up to so many tokens, with nothing forbidden or penalised.
    pub fn plain(strategy: Strategy, max_new_tokens: usize) -> Self {
        Self {
            max_new_tokens,
            strategy,
            repetition_penalty: 1.0,
            no_repeat_ngram: 0,
            stop: Vec::new(),
        }
    }
}

/// Counts tokens as they are written; shared with whoever shows progress.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<AtomicU64>);

impl Meter {
    /// Adds `tokens`.
    pub fn add(&self, tokens: u64) {
        self.0.fetch_add(tokens, Ordering::Relaxed);
    }

    /// Tokens so far.
    pub fn tokens(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One text to generate.
#[derive(Debug, Clone)]
pub struct Request {
    /// What the model is given.
    pub prompt: Prompt,
    /// How it is to write.
    pub decode: Decode,
    /// Whether it goes before those that are not so: other requests will follow from what it
    /// writes, or it follows from others itself and comes late.
    pub ahead: bool,
    /// Whether this prompt has been answered before, a moment ago: what was computed of it may still be
    /// there.
    pub again: bool,
    /// Ends this request within one decoding step.
    pub cancel: CancellationToken,
    /// Counts this request's tokens as they are written.
    pub meter: Meter,
}

impl Request {
    /// A request of its own, that nobody cancels or counts.
    pub fn new(prompt: Prompt, decode: Decode) -> Self {
        Self {
            prompt,
            decode,
            ahead: false,
            again: false,
            cancel: CancellationToken::new(),
            meter: Meter::default(),
        }
    }
}

/// Why a text ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The model said so, or a stop string came.
    EndOfText,
    /// The limit was reached: the text may be incomplete.
    TokenLimit,
}

/// A generated text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// The text, without stop string or special tokens, not trimmed.
    pub text: String,
    /// Why it ended.
    pub stop: Stop,
    /// Tokens of the prompt beyond its shared prefix.
    pub prompt_tokens: usize,
    /// Tokens written.
    pub tokens: usize,
}

/// Counts tokens the way one model sees them.
pub trait CountTokens: Send + Sync + std::fmt::Debug {
    /// Tokens in `text`, without any that the model adds of its own accord.
    fn count(&self, text: &str) -> usize;
}

/// What there is to know about a loaded model.
#[derive(Debug, Clone)]
pub struct Card {
    /// Its id in the catalogue.
    pub id: ModelId,
    /// SHA-256 of its weights, in hex.
    pub sha256: String,
    /// How its weights are stored, such as `Q4_K_M`.
    pub quantization: String,
    /// Prompt and output together, in tokens. For a sequence-to-sequence model, each of them.
    pub context_tokens: usize,
    /// Requests that run together at most.
    pub batch: usize,
    /// Its tokenizer, for counting.
    pub tokens: Arc<dyn CountTokens>,
}

/// A failure of the model side.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The catalogue has no such model.
    #[error(
        "there is no model {0:?} in the catalogue; `presslate models list` shows what there is"
    )]
    Unknown(String),
    /// The weights could not be had.
    #[error(transparent)]
    Weights(#[from] weights::WeightsError),
    /// The files are there but could not be made into a model.
    #[error("model {id} could not be loaded")]
    Load {
        /// The model.
        id: ModelId,
        /// What happened.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A computation failed.
    #[error("the model failed while running")]
    Forward(#[from] candle_core::Error),
    /// The model is of another kind than what it was asked for.
    #[error("the model {id} does not {what}; `presslate models list` shows what each model does")]
    Unfit {
        /// The model.
        id: ModelId,
        /// Such as `write text`.
        what: &'static str,
    },
    /// The prompt leaves no room for an answer.
    #[error("the text has {tokens} tokens and the model takes {limit}")]
    TooLong {
        /// Prompt tokens, the shared prefix included.
        tokens: usize,
        /// What the model takes.
        limit: usize,
    },
    /// The model's code broke. The model has been unloaded.
    #[error("the model crashed while running; this is a fault in presslate, please report it")]
    Panicked,
    /// Stopped on request.
    #[error("cancelled")]
    Cancelled,
    /// The engine thread has ended.
    #[error("the engine has stopped")]
    Stopped,
}

/// A model in memory. Blocking; owned by one engine thread, never shared.
pub trait Model: Send {
    /// What there is to know about it.
    fn card(&self) -> Arc<Card>;

    /// Generates a text for each request that `feed` gives, until it gives no more, and answers
    /// each once, as soon as it is finished. The texts do not depend on what else is in the batch.
    /// A request's `cancel` is looked at before every decoding step.
    fn generate(&mut self, feed: &mut dyn Feed);

    /// A vector for each text, in their order, of as much of it as the model reads. The vectors do
    /// not depend on what else is asked for. `cancel` is looked at before every pass, and `passed`
    /// is told of each.
    ///
    /// # Errors
    /// [`ModelError::Unfit`] where the model writes instead, as most do.
    fn embed(
        &mut self,
        _texts: &[Arc<str>],
        _cancel: &CancellationToken,
        _passed: &mut dyn FnMut(Pass),
    ) -> Result<Vec<Embedding>, ModelError> {
        Err(ModelError::Unfit {
            id: self.card().id.clone(),
            what: "compare sentences",
        })
    }
}

/// Where a running model takes its requests from, and where it puts the texts. A model asks again
/// whenever rows of its batch are free, so that a finished text's place is filled at once.
pub trait Feed: Send {
    /// Requests for the free part of the batch, each with the ticket that it is answered by. Does
    /// not wait: nothing may mean that nothing has come, or that others have their turn now.
    fn more(&mut self, room: Room) -> Vec<(Ticket, Request)>;

    /// Answers a request.
    fn done(&mut self, ticket: Ticket, result: Result<Generated, ModelError>);

    /// Lets the engine answer others, where it can at once. To be called between two passes, by a
    /// model that holds no lock then.
    fn pause(&mut self) {}

    /// Takes note of a pass through the model.
    fn passed(&mut self, pass: Pass) {
        let _ = pass;
    }
}

/// Names a request while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub usize);

/// A feed of requests that are all there from the start.
#[derive(Debug, Default)]
pub struct Batch {
    waiting: VecDeque<(Ticket, Request)>,
    answers: Vec<Option<Result<Generated, ModelError>>>,
}

impl Batch {
    /// A feed of these requests.
    pub fn new(requests: impl IntoIterator<Item = Request>) -> Self {
        let waiting: VecDeque<_> = (0..).map(Ticket).zip(requests).collect();
        let answers = waiting.iter().map(|_| None).collect();
        Self { waiting, answers }
    }

    /// The answers in the order of the requests; `None` where there is none.
    pub fn into_answers(self) -> Vec<Option<Result<Generated, ModelError>>> {
        self.answers
    }
}

impl Feed for Batch {
    fn more(&mut self, room: Room) -> Vec<(Ticket, Request)> {
        let count = room.rows.min(self.waiting.len());
        self.waiting.drain(..count).collect()
    }

    fn done(&mut self, ticket: Ticket, result: Result<Generated, ModelError>) {
        if let Some(answer) = self.answers.get_mut(ticket.0) {
            debug_assert!(answer.is_none(), "request {ticket:?} was answered twice");
            *answer = Some(result);
        }
    }
}

/// Makes models from ids. Blocking. Production reads the catalogue; tests return fakes.
pub trait Loader: Send + 'static {
    /// Loads a model. May take minutes: it may fetch the weights first.
    ///
    /// # Errors
    /// When the id is unknown, its files cannot be had or do not load, or `cancel` fired.
    fn load(
        &mut self,
        id: &ModelId,
        cancel: &CancellationToken,
    ) -> Result<Box<dyn Model>, ModelError>;

    /// Memory that the model takes once loaded, in bytes; 0 when it is not known.
    fn memory_bytes(&self, _id: &ModelId) -> u64 {
        0
    }
}

/// The asynchronous side: all that a pipeline sees of models.
pub trait Generate: Send + Sync {
    /// Describes a model, loading it first if need be.
    fn card(
        &self,
        id: &ModelId,
        cancel: &CancellationToken,
    ) -> impl Future<Output = Result<Arc<Card>, ModelError>> + Send;

    /// Generates one text. Requests made at the same time share batches.
    fn generate(
        &self,
        id: &ModelId,
        request: Request,
    ) -> impl Future<Output = Result<Generated, ModelError>> + Send;

    /// A vector for each of a few texts, in their order: others wait until all are done.
    fn embed(
        &self,
        id: &ModelId,
        texts: Vec<Arc<str>>,
        cancel: &CancellationToken,
    ) -> impl Future<Output = Result<Vec<Embedding>, ModelError>> + Send;
}
