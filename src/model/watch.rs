//! Who looks on while models run.

use std::fmt;
use std::time::Duration;

use crate::model::{Generated, ModelId};

/// One pass through a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// Whether something of a prompt was read in it, or a source.
    pub prefill: bool,
    /// Texts that took part.
    pub texts: usize,
    /// Tokens that went in, of all texts together.
    pub tokens: usize,
    /// How long it took.
    pub took: Duration,
}

/// Is told what the engine does, from its threads: must not block.
pub trait Watch: fmt::Debug + Send + Sync {
    /// So many requests wait.
    fn waiting(&self, requests: usize);
    /// A model was loaded; `bytes` is what it is reckoned to need.
    fn loaded(&self, model: &ModelId, bytes: u64, took: Duration);
    /// A model could not be loaded.
    fn not_loaded(&self, model: &ModelId);
    /// A model made room for another, or broke.
    fn unloaded(&self, model: &ModelId);
    /// A pass was made.
    fn passed(&self, model: &ModelId, pass: Pass);
    /// A text is finished.
    fn finished(&self, model: &ModelId, text: &Generated);
}

/// Nobody looks on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn waiting(&self, _requests: usize) {}
    fn loaded(&self, _model: &ModelId, _bytes: u64, _took: Duration) {}
    fn not_loaded(&self, _model: &ModelId) {}
    fn unloaded(&self, _model: &ModelId) {}
    fn passed(&self, _model: &ModelId, _pass: Pass) {}
    fn finished(&self, _model: &ModelId, _text: &Generated) {}
}
