//! The models in memory, as many as there is room for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::{Comparison, Settings};
use crate::model::{Card, Embedding, Loader, Model, ModelError, ModelId};

/// Loads models and keeps them.
pub(super) struct Shelf<L> {
    loader: L,
    pub(super) settings: Settings,
    /// The most recently used last.
    loaded: Vec<(ModelId, Box<dyn Model>)>,
}

impl<L: Loader> Shelf<L> {
    /// An empty one.
    pub(super) fn new(loader: L, settings: Settings) -> Self {
        Self {
            loader,
            settings,
            loaded: Vec::new(),
        }
    }

    /// What there is to know about a model, if it is here.
    pub(super) fn card(&self, id: &ModelId) -> Option<Arc<Card>> {
        let mut loaded = self.loaded.iter();
        let (_, model) = loaded.find(|(loaded, _)| loaded == id)?;
        Some(model.card())
    }

    /// Takes a model off; loads it first if need be.
    pub(super) fn take(
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

    /// Puts a model back, as the one that was used last.
    pub(super) fn put(&mut self, id: ModelId, model: Box<dyn Model>) {
        self.loaded.push((id, model));
    }

    /// Gives up a model that has been taken.
    pub(super) fn give_up(&self, id: &ModelId) {
        self.settings.watch.unloaded(id);
    }

    /// Embeds texts and answers with their vectors; nothing, where nobody waits for them any more.
    /// They are few, and not worth waiting in the queue for.
    pub(super) fn compare(&mut self, comparison: Comparison) {
        if !comparison.reply.is_closed() {
            let vectors = self.embed(&comparison);
            drop(comparison.reply.send(vectors));
        }
    }

    fn embed(&mut self, comparison: &Comparison) -> Result<Vec<Embedding>, ModelError> {
        let Comparison {
            id, texts, cancel, ..
        } = comparison;
        let mut model = self.take(id, cancel)?;
        let (device, watch) = (&self.settings.device, &self.settings.watch);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            device.with_context(|| model.embed(texts, cancel, &mut |pass| watch.passed(id, pass)))
        }));
        let Ok(vectors) = outcome else {
            self.give_up(id);
            return Err(ModelError::Panicked);
        };
        self.put(id.clone(), model);
        vectors
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
