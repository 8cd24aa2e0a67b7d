//! The forward pass on the CPU: plain slices, weights used where they lie in the mapped file, and
//! a batch that texts join and leave at any step.

mod batch;
mod cache;
mod file;
mod kept;
mod lookup;
mod net;
mod pass;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::sync::Arc;
use std::time::Instant;

use candle_core::Result;
use candle_core::quantized::gguf_file::Content;

use super::config::Config;
use super::prefixes::Prefixes;
use super::{About, KV_BYTES, PREFILL_TOKENS};
use crate::model::kernel::attend::SIZES;
use crate::model::{Feed, ModelError, Pass};
use cache::Kv;
use kept::Kept;
use net::Net;
use pass::{Scratch, Span};

/// A model on the CPU.
#[derive(Debug)]
pub(super) struct Cpu {
    net: Net,
    scratch: Scratch,
    prefixes: Prefixes<Kv>,
    kept: Kept,
    /// Whether to guess what texts go on with, where that pays.
    guesses: bool,
}

impl Cpu {
    /// Whether a model of these sizes can be computed here.
    pub(super) fn takes(config: &Config) -> bool {
        config.head_dim > 0 && config.head_dim.is_multiple_of(SIZES)
    }

    /// Reads the weights of a model out of `file`, for texts of up to `positions` tokens; `guesses`
    /// says whether to guess what texts go on with.
    pub(super) fn read(
        content: &Content,
        file: File,
        config: Config,
        positions: usize,
        guesses: bool,
    ) -> Result<Self> {
        Ok(Self {
            net: Net::read(content, file, config, positions)?,
            scratch: Scratch::default(),
            prefixes: Prefixes::default(),
            kept: Kept::default(),
            guesses,
        })
    }

    /// See [`Model::generate`](crate::model::Model::generate).
    pub(super) fn generate(&mut self, about: &About, feed: &mut dyn Feed) {
        batch::run(self, about, feed);
    }

    /// Tokens whose keys and values there is memory for.
    fn room(&self) -> usize {
        KV_BYTES / Kv::token_bytes(&self.net.config).max(1)
    }

    /// The keys and values of a shared beginning, computed at most once while it stays in use;
    /// `None` where there is nothing to share.
    fn prefix(
        &mut self,
        about: &About,
        text: &Arc<str>,
        abandoned: &dyn Fn() -> bool,
        feed: &mut dyn Feed,
    ) -> std::result::Result<Option<Arc<Kv>>, ModelError> {
        if let Some(prefix) = self.prefixes.get(text) {
            return Ok(Some(prefix));
        }
        let ids = about.beginning(text)?;
        if ids.is_empty() {
            return Ok(None);
        }
        let mut kv = Kv::new(&self.net.config);
        for ids in ids.chunks(PREFILL_TOKENS) {
            if abandoned() {
                return Err(ModelError::Cancelled);
            }
            let span = Span {
                kv: &mut kv,
                prefix: None,
                ids,
                wanted: 0,
            };
            let began = Instant::now();
            // No logits are asked for.
            drop(self.net.forward(&mut [span], &mut self.scratch));
            feed.passed(Pass {
                prefill: true,
                texts: 1,
                tokens: ids.len(),
                took: began.elapsed(),
            });
        }
        Ok(Some(self.prefixes.keep(text, kv)))
    }
}
