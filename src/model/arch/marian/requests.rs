//! From requests to texts, for any encoder with a decoder: who shares a batch, what is refused,
//! and what is answered without asking the network.

use std::num::NonZeroUsize;

use super::desk::{Counter, Lane};
use super::search::{self, Interrupted, Specials, Steps, Written};
use crate::model::{Card, Feed, Generated, ModelError, Part, Request, Stop};

/// An encoder with a decoder, its tokenizer, and what is known about it.
pub(in crate::model::arch) trait SequenceToSequence: Sync {
    /// Its batch size and the longest source and output.
    fn card(&self) -> &Card;

    /// Its tokens with a meaning of their own.
    fn specials(&self) -> &Specials;

    /// The ids of a source text, end token included; `target` names the target language, or is
    /// empty.
    fn tokenize(&self, target: &str, text: &str) -> candle_core::Result<Vec<u32>>;

    /// An empty batch.
    fn begin(&self) -> Box<dyn Steps + '_>;

    /// Batches that run side by side, each on a thread of its own. Where the threads share the
    /// work of one batch, 1.
    fn lanes(&self) -> NonZeroUsize {
        NonZeroUsize::MIN
    }

    /// The text of what was written.
    fn text(&self, tokens: &[u32]) -> String;
}

/// Answers each request of the feed once.
pub(in crate::model::arch) fn answer(model: &dyn SequenceToSequence, feed: &mut dyn Feed) {
    let counter = Counter::new(model, feed);
    let others: Vec<Lane<'_, '_>> = (1..model.lanes().get()).map(|_| counter.lane()).collect();
    let own = counter.lane();
    std::thread::scope(|scope| {
        for (number, lane) in (2..).zip(others) {
            let named = std::thread::Builder::new().name(format!("engine-lane-{number}"));
            // Where the system gives no thread, the other lanes do the work.
            if let Err(error) = named.spawn_scoped(scope, || run(model, lane)) {
                tracing::warn!(%error, "a core stays unused: no thread could be started");
            }
        }
        run(model, own);
    });
}

fn run(model: &dyn SequenceToSequence, mut lane: Lane<'_, '_>) {
    loop {
        let mut steps = model.begin();
        match search::write(&mut *steps, model.specials(), &mut lane) {
            Ok(()) => return,
            Err(Interrupted { error, tasks }) => lane.interrupted(&error, tasks),
        }
    }
}

/// The ids of a request's source; `None` where there is nothing to read.
pub(super) fn source(
    model: &dyn SequenceToSequence,
    request: &Request,
) -> Result<Option<Vec<u32>>, ModelError> {
    if request.cancel.is_cancelled() {
        return Err(ModelError::Cancelled);
    }
    let parts = request.prompt.parts.iter().map(|part| match part {
        Part::Markup(text) | Part::Text(text) => &**text,
    });
    let text: String = parts.collect();
    if text.trim().is_empty() {
        return Ok(None);
    }
    let ids = model.tokenize(&request.prompt.prefix, &text)?;
    let limit = model.card().context_tokens;
    if ids.len() > limit {
        return Err(ModelError::TooLong {
            tokens: ids.len(),
            limit,
        });
    }
    Ok(Some(ids))
}

pub(super) fn generated(
    model: &dyn SequenceToSequence,
    written: &Written,
    prompt_tokens: usize,
    stops: &[String],
) -> Generated {
    let mut text = model.text(&written.tokens);
    let mut stop = written.stop;
    let first = stops
        .iter()
        .filter(|stop| !stop.is_empty())
        .filter_map(|stop| text.find(stop.as_str()))
        .min();
    if let Some(end) = first {
        text.truncate(end);
        stop = Stop::EndOfText;
    }
    Generated {
        text,
        stop,
        prompt_tokens,
        tokens: written.tokens.len(),
    }
}
