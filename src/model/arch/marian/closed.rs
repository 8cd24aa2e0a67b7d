//! Batches on tensors: sentences enter together, when there are no others.

use candle_core::{Result, Tensor};

use super::search::{Logits, Steps};
use crate::model::arch::choose::choose;
use crate::model::decode::{Choice, Chosen};

/// Sentences that are being decoded with tensors, each with the same number of hypotheses.
pub(in crate::model::arch) trait TensorBatch {
    /// Takes the last token of each hypothesis and gives the logits of the next: (hypotheses,
    /// target ids).
    fn logits(&mut self, tokens: &[u32]) -> Result<Tensor>;

    /// See [`Steps::arrange`]; never nothing.
    fn arrange(&mut self, sentences: &[u32], rows: &[u32]) -> Result<()>;
}

/// Makes [`Steps`] of what an encoder gives.
#[derive(Debug)]
pub(in crate::model::arch) struct Closed<B, E> {
    encode: E,
    batch: Option<B>,
}

impl<B: TensorBatch, E: Fn(&[&[u32]]) -> Result<B>> Closed<B, E> {
    /// An empty batch.
    pub(in crate::model::arch) fn new(encode: E) -> Self {
        Self {
            encode,
            batch: None,
        }
    }

    fn batch(&mut self) -> Result<&mut B> {
        self.batch
            .as_mut()
            .ok_or_else(|| candle_core::Error::msg("there are no sentences to decode"))
    }
}

impl<B: TensorBatch, E: Fn(&[&[u32]]) -> Result<B>> Steps for Closed<B, E> {
    fn admit(&mut self, sources: &[&[u32]]) -> Result<()> {
        self.batch = Some((self.encode)(sources)?);
        Ok(())
    }

    fn step(&mut self, tokens: &[u32]) -> Result<Logits> {
        let logits = self.batch()?.logits(tokens)?;
        Ok(Logits {
            vocab: logits.dim(1)?,
            values: logits.flatten_all()?.to_vec1()?,
        })
    }

    fn choose(&mut self, tokens: &[u32], choices: &[Choice<'_>]) -> Result<Option<Vec<Chosen>>> {
        let logits = self.batch()?.logits(tokens)?;
        choose(&logits, choices).map(Some)
    }

    fn arrange(&mut self, sentences: &[u32], rows: &[u32]) -> Result<()> {
        if sentences.is_empty() {
            self.batch = None;
            return Ok(());
        }
        self.batch()?.arrange(sentences, rows)
    }
}
