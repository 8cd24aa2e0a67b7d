//! A batch that is being decoded.

use std::collections::BTreeSet;

use candle_core::{Result, bail};

use super::head::Head;
use super::layer::Scratch;
use super::net::{KeysValues, Network};
use crate::model::arch::marian::search::{Logits, Steps};
use crate::model::kernel::memory::{Memory, Rows};

/// Sentences, each with any number of hypotheses, at any point of their text.
#[derive(Debug)]
pub(in crate::model::arch::marian) struct Decoding<'a> {
    network: &'a Network,
    sentences: Vec<Sentence>,
    scratch: Scratch,
    head: Head<'a>,
    rows: Vec<f32>,
}

#[derive(Debug)]
struct Sentence {
    /// What it may be translated with besides what always may be; `None` for anything.
    candidates: Option<BTreeSet<u32>>,
    /// Keys and values of the source, layer by layer.
    source: Vec<KeysValues>,
    /// Keys and values of every token that any hypothesis has taken, layer by layer, in the order
    /// in which they were computed: nothing is moved when hypotheses come and go.
    written: Vec<KeysValues>,
    /// Tokens in it.
    tokens: u32,
    /// For each hypothesis, which of these are its own.
    hypotheses: Vec<Vec<u32>>,
}

impl<'a> Decoding<'a> {
    pub(super) fn new(network: &'a Network) -> Self {
        Self {
            network,
            sentences: Vec::new(),
            scratch: Scratch::default(),
            head: Head::new(network),
            rows: Vec::new(),
        }
    }

    /// Attention of every hypothesis to what it has written; its last token's queries, keys and
    /// values are in the scratch space.
    fn attend_to_written(&mut self, layer: usize) {
        let width = self.network.width;
        self.scratch.begin_mixing(self.rows.len());
        let mut row = 0;
        for sentence in &mut self.sentences {
            let Some(written) = sentence.written.get_mut(layer) else {
                continue;
            };
            for at in 0..sentence.hypotheses.len() {
                let start = (row + at) * 3 * width + width;
                let new = self.scratch.wide.get(start..start + 2 * width);
                written.extend_from_slice(new.unwrap_or_default());
            }
            for hypothesis in &sentence.hypotheses {
                let memory = Memory {
                    data: written,
                    stride: 2 * width,
                    keys: 0,
                    values: width,
                    rows: Rows::List(hypothesis),
                };
                let heads = self.network.decoder_heads;
                self.scratch
                    .attend(row * 3 * width, memory, heads, (row, width));
                row += 1;
            }
        }
    }

    /// Attention of every hypothesis to its source; the queries are in the scratch space.
    fn attend_to_source(&mut self, layer: usize) {
        let width = self.network.width;
        let mut row = 0;
        for sentence in &self.sentences {
            let source = sentence.source.get(layer).map_or(&[][..], Vec::as_slice);
            for _ in &sentence.hypotheses {
                let memory = Memory {
                    data: source,
                    stride: 2 * width,
                    keys: 0,
                    values: width,
                    rows: Rows::Range(0, source.len() / (2 * width)),
                };
                let heads = self.network.decoder_heads;
                self.scratch
                    .attend(row * width, memory, heads, (row, width));
                row += 1;
            }
        }
    }
}

impl Steps for Decoding<'_> {
    fn is_open(&self) -> bool {
        true
    }

    fn admit(&mut self, sources: &[&[u32]]) -> Result<()> {
        let encoded = self.network.encode(sources, &mut self.scratch)?;
        for (ids, source) in sources.iter().zip(encoded) {
            self.sentences.push(Sentence {
                candidates: self.head.candidates(ids),
                written: vec![Vec::new(); source.len()],
                source,
                tokens: 0,
                hypotheses: vec![Vec::new()],
            });
        }
        let all = self
            .sentences
            .iter()
            .flat_map(|sentence| &sentence.candidates);
        self.head.narrow(all.flatten().copied());
        Ok(())
    }

    fn step(&mut self, tokens: &[u32]) -> Result<Logits> {
        let network = self.network;
        self.rows.clear();
        let mut ids = tokens.iter();
        for sentence in &mut self.sentences {
            for hypothesis in &mut sentence.hypotheses {
                let Some(id) = ids.next() else {
                    bail!("there are fewer tokens than hypotheses")
                };
                network.embed_target(*id, hypothesis.len(), &mut self.rows)?;
                hypothesis.push(sentence.tokens);
                sentence.tokens += 1;
            }
        }
        for (index, layer) in network.decoder.iter().enumerate() {
            self.scratch.widen(&self.rows, &layer.own.qkv);
            self.attend_to_written(index);
            self.scratch.add_mixed(&mut self.rows, &layer.own.out);
            self.scratch.widen(&self.rows, &layer.cross.query);
            self.attend_to_source(index);
            self.scratch.add_mixed(&mut self.rows, &layer.cross.out);
            self.scratch
                .feed_forward(&mut self.rows, &layer.feed_forward);
        }
        let narrow = self.sentences.iter().flat_map(|sentence| {
            std::iter::repeat_n(sentence.candidates.is_some(), sentence.hypotheses.len())
        });
        Ok(self.head.logits(&self.rows, narrow.collect()))
    }

    fn recycle(&mut self, logits: Logits) {
        self.head.recycle(logits);
    }

    fn arrange(&mut self, sentences: &[u32], rows: &[u32]) -> Result<()> {
        let mut first = 0u32;
        let mut rows = rows.iter().copied().peekable();
        let mut kept = sentences.iter().copied().peekable();
        let mut result = Vec::with_capacity(sentences.len());
        for (at, mut sentence) in (0u32..).zip(std::mem::take(&mut self.sentences)) {
            let count = u32::try_from(sentence.hypotheses.len()).unwrap_or(u32::MAX);
            let own = first..first + count;
            first += count;
            if kept.next_if_eq(&at).is_none() {
                continue;
            }
            let mut hypotheses = Vec::new();
            while let Some(row) = rows.next_if(|row| own.contains(row)) {
                let old = sentence.hypotheses.get((row - own.start) as usize);
                hypotheses.push(old.cloned().unwrap_or_default());
            }
            sentence.hypotheses = hypotheses;
            result.push(sentence);
        }
        if kept.peek().is_some() || rows.peek().is_some() {
            bail!("sentences and hypotheses are to be kept in their order")
        }
        self.sentences = result;
        Ok(())
    }
}
