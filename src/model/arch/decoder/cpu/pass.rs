//! One pass through the network, over any number of tokens of any number of texts.

use std::slice::ChunksExactMut;

use super::cache::Kv;
use super::net::{Angles, Layer, Linear, Net};
use crate::model::arch::decoder::config::{Activation, RopeStyle};
use crate::model::arch::pool::each;
use crate::model::arch::products::products;
use crate::model::kernel::attend::attend;
use crate::model::kernel::kquant::{Input, Need, Slot};
use crate::model::kernel::vector;

/// Tokens of one text that go through the network together.
#[derive(Debug)]
pub(super) struct Span<'a> {
    /// The text's keys and values, which grow by those of the tokens.
    pub(super) kv: &'a mut Kv,
    /// Those of the beginning that it shares with others.
    pub(super) prefix: Option<&'a Kv>,
    pub(super) ids: &'a [u32],
    /// Logits are wanted after so many of the last tokens.
    pub(super) wanted: usize,
}

impl Span<'_> {
    fn shared(&self) -> usize {
        self.prefix.map_or(0, |prefix| prefix.len)
    }
}

/// Memory that passes use one after the other.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    x: Vec<f32>,
    normed: Vec<f32>,
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
    attended: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
    input: Input,
    logits: Vec<f32>,
}

/// Rows below which spreading what is done to each costs more than doing it.
const SPREAD: usize = 4;

impl Net {
    /// Sends the tokens of all spans through the network, and gives the logits that are wanted:
    /// a row of the vocabulary each, span by span. What comes out for a text does not depend on
    /// the other spans, nor on how its tokens were spread over passes.
    pub(super) fn forward<'s>(
        &self,
        spans: &mut [Span<'_>],
        scratch: &'s mut Scratch,
    ) -> ChunksExactMut<'s, f32> {
        let hidden = self.config.hidden;
        let tokens: usize = spans.iter().map(|span| span.ids.len()).sum();
        self.embed(spans, resized(&mut scratch.x, tokens * hidden));
        for (at, layer) in self.layers.iter().enumerate() {
            self.attention(at, layer, spans, scratch);
            self.feed(layer, scratch);
        }
        let mut wanted: Vec<&[f32]> = Vec::new();
        let mut rows = scratch.x.chunks_exact(hidden);
        for span in &mut *spans {
            let new = span.ids.len();
            span.kv.len += new;
            let skipped = new.saturating_sub(span.wanted);
            wanted.extend(rows.by_ref().take(new).skip(skipped));
        }
        let need = Linear::need(&[&self.output]);
        let count = wanted.len();
        let slots = scratch.input.slots(count, hidden, need);
        let normed = resized(&mut scratch.normed, count * hidden);
        self.norm_rows(&self.norm, wanted.into_iter(), normed, slots);
        let vocabulary = self.output.weight.matrix().rows();
        let logits = resized(&mut scratch.logits, count * vocabulary);
        products(self.isa, &scratch.input, vec![self.output.wanted(logits)]);
        scratch.logits.chunks_exact_mut(vocabulary.max(1))
    }

    fn embed(&self, spans: &[Span<'_>], x: &mut [f32]) {
        x.fill(0.0);
        let ids = spans.iter().flat_map(|span| span.ids);
        let embedding = self.embedding.matrix();
        for (id, x) in ids.zip(x.chunks_exact_mut(self.config.hidden)) {
            embedding.decode(usize::try_from(*id).unwrap_or(usize::MAX), x);
        }
        #[expect(
            clippy::float_cmp,
            clippy::cast_possible_truncation,
            reason = "exactly one means no scaling was asked for; else it is a small number"
        )]
        if self.config.embedding_scale != 1.0 {
            vector::scale(self.isa, x, self.config.embedding_scale as f32);
        }
    }

    /// Norms rows and rounds them for a product.
    fn norm_rows<'a>(
        &self,
        weight: &[f32],
        x: impl Iterator<Item = &'a [f32]>,
        normed: &mut [f32],
        slots: Vec<Slot<'_>>,
    ) {
        let eps = self.config.norm_eps;
        let rows = x
            .zip(normed.chunks_exact_mut(weight.len().max(1)))
            .zip(slots);
        for_rows(rows.collect(), |((x, normed), mut slot)| {
            vector::rms_norm(self.isa, x, weight, eps, normed);
            slot.fill(self.isa, normed);
        });
    }

    /// Norms what has come through so far, and makes it the input of the next products.
    fn norm_input(&self, weight: &[f32], need: Need, scratch: &mut Scratch) {
        let hidden = self.config.hidden;
        let slots = scratch
            .input
            .slots(scratch.x.len() / hidden.max(1), hidden, need);
        let normed = resized(&mut scratch.normed, scratch.x.len());
        self.norm_rows(weight, scratch.x.chunks_exact(hidden), normed, slots);
    }

    fn attention(&self, at: usize, layer: &Layer, spans: &mut [Span<'_>], scratch: &mut Scratch) {
        let hidden = self.config.hidden;
        let tokens = scratch.x.len() / hidden.max(1);
        let query_size = self.config.heads * self.config.head_dim;
        let kv_size = self.config.kv_heads * self.config.head_dim;

        let linears = [&layer.query, &layer.key, &layer.value];
        self.norm_input(&layer.attention_norm, Linear::need(&linears), scratch);
        let queries = resized(&mut scratch.queries, tokens * query_size);
        let keys = resized(&mut scratch.keys, tokens * kv_size);
        let values = resized(&mut scratch.values, tokens * kv_size);
        products(
            self.isa,
            &scratch.input,
            vec![
                layer.query.wanted(&mut *queries),
                layer.key.wanted(&mut *keys),
                layer.value.wanted(&mut *values),
            ],
        );

        self.rotate(at, layer, spans, queries, keys);
        let mut rows = keys.chunks_exact(kv_size).zip(values.chunks_exact(kv_size));
        for span in &mut *spans {
            let start = span.kv.len;
            let places = start..start + span.ids.len();
            for (position, (keys, values)) in places.zip(&mut rows) {
                span.kv.put(at, position, keys, values);
            }
        }

        let attended = resized(&mut scratch.attended, tokens * query_size);
        self.attend(at, spans, queries, attended);

        let slots =
            scratch
                .input
                .slots(tokens, query_size, Linear::need(&[&layer.attention_output]));
        let rows = attended.chunks_exact(query_size).zip(slots);
        for_rows(rows.collect(), |(attended, mut slot)| {
            slot.fill(self.isa, attended);
        });
        self.add_product(
            &layer.attention_output,
            layer.attention_post_norm.as_deref(),
            scratch,
        );
    }

    /// Norms queries and keys, where the model has norms for them, and turns them by their
    /// positions. Queries are scaled too.
    fn rotate(
        &self,
        at: usize,
        layer: &Layer,
        spans: &[Span<'_>],
        queries: &mut [f32],
        keys: &mut [f32],
    ) {
        let size = self.config.head_dim;
        let angles = self.angles(at);
        #[expect(clippy::cast_precision_loss, reason = "a head size is far below 2^24")]
        let scale = 1.0 / (size as f32).sqrt();
        let positions = spans.iter().flat_map(|span| {
            let start = span.shared() + span.kv.len;
            start..start + span.ids.len()
        });
        let rows = queries
            .chunks_exact_mut(self.config.heads * size)
            .zip(keys.chunks_exact_mut(self.config.kv_heads * size))
            .zip(positions);
        for_rows(rows.collect(), |((queries, keys), position)| {
            self.turn(layer.query_norm.as_deref(), queries, angles, position);
            self.turn(layer.key_norm.as_deref(), keys, angles, position);
            vector::scale(self.isa, queries, scale);
        });
    }

    fn angles(&self, layer: usize) -> &Angles {
        match &self.window_rope {
            Some(rope) if self.config.layer_window(layer).is_some() => rope,
            _ => &self.rope,
        }
    }

    fn turn(&self, norm: Option<&[f32]>, heads: &mut [f32], angles: &Angles, position: usize) {
        let (cos, sin) = angles.at(position);
        for head in heads.chunks_exact_mut(self.config.head_dim) {
            if let Some(norm) = norm {
                let plain = head.to_vec();
                vector::rms_norm(self.isa, &plain, norm, self.config.norm_eps, head);
            }
            match self.config.rope_style {
                RopeStyle::Halves => vector::rotate_halves(self.isa, head, cos, sin),
                RopeStyle::Neighbours => vector::rotate_neighbours(self.isa, head, cos, sin),
            }
        }
    }

    fn attend(&self, layer: usize, spans: &[Span<'_>], queries: &[f32], attended: &mut [f32]) {
        let (size, kv_heads) = (self.config.head_dim, self.config.kv_heads);
        let group = self.config.heads / kv_heads * size;
        let window = self.config.layer_window(layer);
        let tokens = spans.iter().flat_map(|span| {
            (0..span.ids.len())
                .flat_map(move |new| (0..kv_heads).map(move |head| (span, new, head)))
        });
        let pieces = tokens
            .zip(queries.chunks_exact(group))
            .zip(attended.chunks_exact_mut(group));
        each(
            pieces.collect(),
            |(((span, new, head), queries), attended)| {
                let shared = span.shared();
                let own = span.kv.len + new + 1;
                let first = window.map_or(0, |window| (shared + own).saturating_sub(window.tokens));
                let before = span
                    .prefix
                    .into_iter()
                    .flat_map(|prefix| prefix.seen(layer, head, first.min(shared)..shared));
                let after = span.kv.seen(layer, head, first.saturating_sub(shared)..own);
                let pages: Vec<_> = before.chain(after).collect();
                attend(self.isa, queries, size, &pages, attended);
            },
        );
    }

    fn feed(&self, layer: &Layer, scratch: &mut Scratch) {
        let hidden = self.config.hidden;
        let tokens = scratch.x.len() / hidden.max(1);
        let need = Linear::need(&[&layer.gate, &layer.up]);
        self.norm_input(&layer.feed_norm, need, scratch);
        let size = layer.gate.weight.matrix().rows();
        let gate = resized(&mut scratch.gate, tokens * size);
        let up = resized(&mut scratch.up, tokens * size);
        products(
            self.isa,
            &scratch.input,
            vec![layer.gate.wanted(&mut *gate), layer.up.wanted(&mut *up)],
        );
        let slots = scratch
            .input
            .slots(tokens, size, Linear::need(&[&layer.down]));
        let rows = gate
            .chunks_exact_mut(size)
            .zip(up.chunks_exact(size))
            .zip(slots);
        for_rows(rows.collect(), |((gate, up), mut slot)| {
            match self.config.activation {
                Activation::Silu => vector::silu_times(self.isa, gate, up),
                Activation::Gelu => vector::gelu_times(self.isa, gate, up),
            }
            slot.fill(self.isa, gate);
        });
        self.add_product(&layer.down, layer.feed_post_norm.as_deref(), scratch);
    }

    /// Adds a product of the input, normed where the model has a norm for it, to what has come
    /// through so far.
    fn add_product(&self, linear: &Linear, norm: Option<&[f32]>, scratch: &mut Scratch) {
        let hidden = self.config.hidden;
        let out = resized(&mut scratch.normed, scratch.x.len());
        products(self.isa, &scratch.input, vec![linear.wanted(&mut *out)]);
        let rows = scratch
            .x
            .chunks_exact_mut(hidden)
            .zip(out.chunks_exact(hidden));
        for (x, out) in rows {
            match norm {
                None => vector::add(self.isa, x, out),
                Some(norm) => {
                    let mut normed = vec![0.0; hidden];
                    vector::rms_norm(self.isa, out, norm, self.config.norm_eps, &mut normed);
                    vector::add(self.isa, x, &normed);
                }
            }
        }
    }
}

/// What is done to each row, on all threads where there are enough.
fn for_rows<T: Send>(rows: Vec<T>, work: impl Fn(T) + Sync) {
    if rows.len() < SPREAD {
        rows.into_iter().for_each(work);
    } else {
        each(rows, work);
    }
}

/// The memory, of that length; what is in it will be written over.
fn resized(memory: &mut Vec<f32>, len: usize) -> &mut [f32] {
    memory.truncate(len);
    memory.resize(len, 0.0);
    memory
}
