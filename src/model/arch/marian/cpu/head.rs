//! From the last layer's rows to logits.

use std::collections::BTreeSet;

use super::net::{Network, Shortlist};
use super::shortlist::{Narrow, is_confident};
use crate::model::arch::marian::search::Logits;
use crate::model::kernel::activations::Activations;
use crate::model::kernel::panels::Panels;

/// The head of a network, narrowed to what the sentences of a batch may be translated with.
#[derive(Debug)]
pub(super) struct Head<'a> {
    network: &'a Network,
    activations: Activations,
    /// What this batch's sentences need besides what is always looked at.
    extra: Narrow,
    /// Memory of logits that were looked at: a step's are megabytes.
    spare: Vec<f32>,
}

impl<'a> Head<'a> {
    /// The head for an empty batch.
    pub(super) fn new(network: &'a Network) -> Self {
        Self {
            network,
            activations: Activations::default(),
            extra: Narrow::of(&network.head, &network.head_bias, std::iter::empty()),
            spare: Vec::new(),
        }
    }

    /// Keeps the memory of logits for the next.
    pub(super) fn recycle(&mut self, logits: Logits) {
        self.spare = logits.values;
    }

    /// What a source may be translated with besides what is always looked at; `None` for anything.
    pub(super) fn candidates(&self, source: &[u32]) -> Option<BTreeSet<u32>> {
        let Shortlist { table, .. } = self.network.shortlist.as_ref()?;
        let mut candidates = BTreeSet::new();
        table
            .candidates(source, &mut candidates)
            .then_some(candidates)
    }

    /// Narrows the head to `candidates` and what is always looked at. It stays as it is where it
    /// has all of them and few others.
    pub(super) fn narrow(&mut self, candidates: impl Iterator<Item = u32>) {
        let wanted: BTreeSet<u32> = candidates.collect();
        let has_all = wanted
            .iter()
            .all(|id| self.extra.ids.binary_search(id).is_ok());
        if !has_all || self.extra.ids.len() > 2 * wanted.len() {
            let Network {
                head, head_bias, ..
            } = self.network;
            self.extra = Narrow::of(head, head_bias, wanted.into_iter());
        }
    }

    /// The logits of rows (hypotheses, width) over the whole vocabulary. Where `narrow` is true for
    /// a row and the choice stands out, those of unlikely tokens are -inf.
    pub(super) fn logits(&mut self, rows: &[f32], mut narrow: Vec<bool>) -> Logits {
        let vocab = self.network.head.outputs();
        let mut values = std::mem::take(&mut self.spare);
        let shortlist = self.network.shortlist.as_ref();
        let Some(Shortlist { always, .. }) = shortlist.filter(|_| narrow.contains(&true)) else {
            self.activations.quantise(rows, self.network.width);
            // What is in it will be written over.
            values.resize(narrow.len() * vocab, 0.0);
            let bias = Some(&*self.network.head_bias);
            self.network
                .head
                .forward(&self.activations, bias, &mut values);
            return Logits { values, vocab };
        };
        values.clear();
        values.resize(narrow.len() * vocab, f32::NEG_INFINITY);
        self.activations.quantise(rows, self.network.width);
        let [always_logits, extra_logits] = [always, &self.extra].map(|some| {
            let logits = product(&self.activations, &some.weights, &some.bias);
            some.spread(&logits, vocab, &mut values);
            logits
        });
        let mut always_rows = always_logits.chunks_exact(always.ids.len().max(1));
        let mut extra_rows = extra_logits.chunks_exact(self.extra.ids.len().max(1));
        for narrow in &mut narrow {
            let row = [always_rows.next(), extra_rows.next()].map(Option::unwrap_or_default);
            *narrow &= is_confident(&row);
        }
        // The rows that the whole vocabulary is looked at for, together.
        let width = self.network.width.max(1);
        let wide = || {
            narrow
                .iter()
                .zip(rows.chunks_exact(width))
                .filter(|(narrow, _)| !**narrow)
        };
        let chosen: Vec<f32> = wide().flat_map(|(_, row)| row).copied().collect();
        if !chosen.is_empty() {
            self.activations.quantise(&chosen, width);
            let Network {
                head, head_bias, ..
            } = self.network;
            let logits = product(&self.activations, head, head_bias);
            let to = narrow.iter().zip(values.chunks_exact_mut(vocab.max(1)));
            let to = to.filter(|(narrow, _)| !**narrow);
            for ((_, to), from) in to.zip(logits.chunks_exact(vocab.max(1))) {
                to.copy_from_slice(from);
            }
        }
        Logits { values, vocab }
    }
}

fn product(activations: &Activations, weights: &Panels, bias: &[f32]) -> Vec<f32> {
    let mut logits = vec![0.0; activations.rows() * weights.outputs()];
    weights.forward(activations, Some(bias), &mut logits);
    logits
}
