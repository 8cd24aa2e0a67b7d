//! Keys and values of one text, in pages: they grow in place, and go when the text is finished.

use std::ops::Range;

use crate::model::arch::decoder::config::Config;
use crate::model::kernel::attend::{PAGE, Page, Seen};

/// Keys and values of one text, or of a shared beginning.
#[derive(Debug)]
pub(super) struct Kv {
    /// Pages of each layer's heads, one layer after the other.
    lanes: Vec<Vec<Page>>,
    heads: usize,
    size: usize,
    /// Tokens that count. What was written beyond them is written over.
    pub(super) len: usize,
}

impl Kv {
    /// Of no tokens yet.
    pub(super) fn new(config: &Config) -> Self {
        Self {
            lanes: vec![Vec::new(); config.layers * config.kv_heads],
            heads: config.kv_heads,
            size: config.head_dim,
            len: 0,
        }
    }

    /// Memory that one token takes, in bytes.
    pub(super) fn token_bytes(config: &Config) -> usize {
        2 * size_of::<u16>() * config.layers * config.kv_heads * config.head_dim
    }

    /// Writes a token's keys and values, those of all heads one after the other, at `position`.
    pub(super) fn put(&mut self, layer: usize, position: usize, keys: &[f32], values: &[f32]) {
        let lanes = self.lanes.iter_mut().skip(layer * self.heads);
        let heads = keys
            .chunks_exact(self.size)
            .zip(values.chunks_exact(self.size));
        for (lane, (key, value)) in lanes.zip(heads) {
            while lane.len() * PAGE <= position {
                lane.push(Page::new(self.size));
            }
            if let Some(page) = lane.get_mut(position / PAGE) {
                page.put(position % PAGE, key, value);
            }
        }
    }

    /// These positions of a layer's head, page by page.
    pub(super) fn seen(
        &self,
        layer: usize,
        head: usize,
        range: Range<usize>,
    ) -> impl Iterator<Item = Seen<'_>> {
        let lane = self.lanes.get(layer * self.heads + head);
        let first = range.start / PAGE;
        let pages = lane.into_iter().flatten().enumerate().skip(first);
        pages
            .map(move |(at, page)| {
                let start = range.start.saturating_sub(at * PAGE);
                let end = range.end.saturating_sub(at * PAGE).min(PAGE);
                (page, start..end)
            })
            .take_while(|(_, seen)| !seen.is_empty())
    }
}
