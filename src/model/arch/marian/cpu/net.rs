//! The network: token ids in, logits out.

use candle_core::{Result, bail};

use super::decoding::Decoding;
use super::layer::{Cross, FeedForward, Own, Reader, Scratch, is_supported, values};
use super::shortlist::{Narrow, Table};
use crate::model::arch::marian::config::Config;
use crate::model::arch::marian::net::{Tables, heads};
use crate::model::arch::marian::weights::WeightFile;
use crate::model::kernel::panels::Panels;

/// A Marian encoder and decoder.
#[derive(Debug)]
pub(in crate::model::arch::marian) struct Network {
    pub(super) width: usize,
    scale: f32,
    /// (positions, width), row after row.
    positions: Vec<f32>,
    /// `None` where source and target share the head's table.
    source: Option<Panels>,
    encoder_heads: usize,
    encoder: Vec<(Own, FeedForward)>,
    pub(super) decoder_heads: usize,
    pub(super) decoder: Vec<DecoderLayer>,
    /// The target's embeddings, which are also what the logits are computed with.
    pub(super) head: Panels,
    pub(super) head_bias: Vec<f32>,
    pub(super) shortlist: Option<Shortlist>,
}

/// What a head is narrowed to.
#[derive(Debug)]
pub(super) struct Shortlist {
    pub(super) table: Table,
    /// What is looked at for every sentence.
    pub(super) always: Narrow,
}

/// A layer of the decoder.
#[derive(Debug)]
pub(super) struct DecoderLayer {
    pub(super) own: Own,
    pub(super) cross: Cross,
    pub(super) feed_forward: FeedForward,
}

/// Keys and values of a source in one layer: (tokens, 2 · width), keys first.
pub(super) type KeysValues = Vec<f32>;

impl Network {
    /// Whether a network of this configuration can be computed here.
    pub(in crate::model::arch::marian) fn supports(config: &Config) -> bool {
        is_supported(config.activation_function)
    }

    /// Reads the weights.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape than `config` says.
    pub(in crate::model::arch::marian) fn load(
        config: &Config,
        weights: &mut WeightFile,
        device: &candle_core::Device,
    ) -> Result<Self> {
        let tables = Tables::read(config, weights, device)?;
        let width = config.d_model;
        let panels = |table| Ok::<_, candle_core::Error>(Panels::quantise(&values(table)?, width));
        let shared = config.share_encoder_decoder_embeddings;
        let source = (!shared).then(|| panels(&tables.source)).transpose()?;
        let head = panels(&tables.target)?;
        let mut reader = Reader {
            weights,
            width,
            heads: heads(width, config.encoder_attention_heads),
            inner: config.encoder_ffn_dim,
            activation: config.activation_function,
        };
        let encoder = (0..config.encoder_layers)
            .map(|layer| {
                let prefix = format!("model.encoder.layers.{layer}");
                Ok((reader.own(&prefix)?, reader.feed_forward(&prefix)?))
            })
            .collect::<Result<_>>()?;
        reader.heads = heads(width, config.decoder_attention_heads);
        reader.inner = config.decoder_ffn_dim;
        let decoder = (0..config.decoder_layers)
            .map(|layer| {
                let prefix = format!("model.decoder.layers.{layer}");
                Ok(DecoderLayer {
                    own: reader.own(&prefix)?,
                    cross: reader.cross(&prefix)?,
                    feed_forward: reader.feed_forward(&prefix)?,
                })
            })
            .collect::<Result<_>>()?;
        #[expect(clippy::cast_possible_truncation, reason = "the weights are f32")]
        Ok(Self {
            width,
            scale: tables.scale as f32,
            positions: values(&tables.positions)?,
            source,
            encoder_heads: config.encoder_attention_heads,
            encoder,
            decoder_heads: config.decoder_attention_heads,
            decoder,
            head,
            head_bias: values(&tables.bias)?,
            shortlist: None,
        })
    }

    /// Has the network look at those target tokens only that `table` vouches for, and at `always`.
    pub(in crate::model::arch::marian) fn narrow(
        &mut self,
        mut table: Table,
        always: impl IntoIterator<Item = u32>,
    ) {
        table.always_with(always);
        let always = Narrow::of(&self.head, &self.head_bias, table.always());
        self.shortlist = Some(Shortlist { table, always });
    }

    /// An empty batch.
    pub(in crate::model::arch::marian) fn begin(&self) -> Decoding<'_> {
        Decoding::new(self)
    }

    /// Adds the embedding of an id at a position to `rows`.
    fn embed(&self, table: &Panels, id: u32, position: usize, rows: &mut Vec<f32>) -> Result<()> {
        let id = id as usize;
        if id >= table.outputs() {
            bail!(
                "there is no token {id}: the vocabulary has {}",
                table.outputs()
            )
        }
        let at = position * self.width;
        let Some(position) = self.positions.get(at..at + self.width) else {
            bail!("the text is longer than the model's positions")
        };
        let start = rows.len();
        rows.resize(start + self.width, 0.0);
        let row = rows.get_mut(start..).unwrap_or_default();
        table.read(id, self.scale, row);
        for (value, position) in row.iter_mut().zip(position) {
            *value += position;
        }
        Ok(())
    }

    /// Adds the embedding of a target id at a position to `rows`.
    pub(super) fn embed_target(&self, id: u32, position: usize, rows: &mut Vec<f32>) -> Result<()> {
        self.embed(&self.head, id, position, rows)
    }

    /// Encodes sentences; the keys and values that each layer of the decoder needs of each.
    pub(super) fn encode(
        &self,
        sentences: &[&[u32]],
        scratch: &mut Scratch,
    ) -> Result<Vec<Vec<KeysValues>>> {
        let width = self.width;
        let table = self.source.as_ref().unwrap_or(&self.head);
        let mut rows = Vec::new();
        for sentence in sentences {
            if sentence.is_empty() {
                bail!("a source sentence without tokens cannot be encoded")
            }
            for (position, id) in sentence.iter().enumerate() {
                self.embed(table, *id, position, &mut rows)?;
            }
        }
        for (own, feed_forward) in &self.encoder {
            scratch.widen(&rows, &own.qkv);
            scratch.begin_mixing(rows.len());
            let mut first = 0;
            for sentence in sentences {
                for row in first..first + sentence.len() {
                    let span = (first, sentence.len());
                    scratch.attend_within(span, self.encoder_heads, (row, width));
                }
                first += sentence.len();
            }
            scratch.add_mixed(&mut rows, &own.out);
            scratch.feed_forward(&mut rows, feed_forward);
        }
        let mut of_sentences: Vec<Vec<KeysValues>> = vec![Vec::new(); sentences.len()];
        for layer in &self.decoder {
            scratch.widen(&rows, &layer.cross.kv);
            let mut rest = scratch.wide.as_slice();
            for (sentence, layers) in sentences.iter().zip(&mut of_sentences) {
                let own = rest.split_off(..sentence.len() * 2 * width);
                layers.push(own.unwrap_or_default().to_vec());
            }
        }
        Ok(of_sentences)
    }
}
