//! The network: token ids in, logits out. Tokenizer, search and requests are elsewhere.

use candle_core::{DType, Device, Result, Tensor, bail};

use super::closed::TensorBatch;
use super::config::Config;
use super::layer::{
    Cache, DecoderLayer, EncoderLayer, Heads, KeysValues, LayerLoader, Padded, select_sentences,
};
use super::linear::{Linear, Quantization};
use super::weights::WeightFile;

/// A Marian encoder and decoder.
#[derive(Debug)]
pub struct Network {
    device: Device,
    pad: u32,
    source: Embedding,
    target: Embedding,
    encoder: Vec<EncoderLayer>,
    decoder: Vec<DecoderLayer>,
    head: Linear,
}

impl Network {
    /// Reads the weights.
    ///
    /// # Errors
    /// When a tensor is missing, has another shape than `config` says, or does not fit the device.
    pub fn load(
        config: &Config,
        weights: &mut WeightFile,
        quantization: Quantization,
        device: &Device,
    ) -> Result<Self> {
        let Tables {
            source,
            target,
            bias,
            positions,
            scale,
        } = Tables::read(config, weights, device)?;
        let dtype = quantization.dtype();
        let positions = positions.to_dtype(dtype)?;
        // One tensor stays one, which the head shares too.
        let is_shared = source.id() == target.id();
        let target = target.to_dtype(dtype)?;
        let source = if is_shared {
            target.clone()
        } else {
            source.to_dtype(dtype)?
        };
        let head = Linear::new(&target, &bias, quantization)?;
        let embedding = |table: Tensor| Embedding {
            table,
            positions: positions.clone(),
            scale,
        };
        let mut loader = LayerLoader {
            weights,
            width: config.d_model,
            quantization,
        };
        let (inner, heads) = (
            config.encoder_ffn_dim,
            heads(config.d_model, config.encoder_attention_heads),
        );
        let encoder = (0..config.encoder_layers)
            .map(|i| {
                loader.encoder_layer(
                    &format!("model.encoder.layers.{i}"),
                    heads,
                    inner,
                    config.activation_function,
                )
            })
            .collect::<Result<Vec<_>>>()?;
        let (inner, heads) = (
            config.decoder_ffn_dim,
            self::heads(config.d_model, config.decoder_attention_heads),
        );
        let decoder = (0..config.decoder_layers)
            .map(|i| {
                loader.decoder_layer(
                    &format!("model.decoder.layers.{i}"),
                    heads,
                    inner,
                    config.activation_function,
                )
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            device: device.clone(),
            pad: config.pad_token_id,
            source: embedding(source),
            target: embedding(target),
            encoder,
            decoder,
            head,
        })
    }

    /// Encodes `sentences` (ids with the end token, none empty) and makes ready to decode, one
    /// hypothesis a sentence.
    ///
    /// # Errors
    /// When an id is outside the vocabulary, a sentence is empty or too long, or the device fails.
    pub fn encode(&self, sentences: &[&[u32]]) -> Result<Decoding<'_>> {
        let Padded { ids, longest, mask } = Padded::new(sentences, self.pad, &self.device)?;
        let dtype = self.source.table.dtype();
        let mask = mask.map(|mask| mask.to_dtype(dtype)).transpose()?;
        let ids = Tensor::new(ids, &self.device)?;
        let mut rows = self.source.sentences(&ids, longest)?;
        for layer in &self.encoder {
            rows = layer.forward(&rows, longest, mask.as_ref())?;
        }
        let cross = self
            .decoder
            .iter()
            .map(|layer| layer.cross_keys_values(&rows, longest));
        Ok(Decoding {
            network: self,
            cross: cross.collect::<Result<_>>()?,
            mask,
            caches: self.decoder.iter().map(|_| Cache::default()).collect(),
            position: 0,
        })
    }
}

/// A batch that is being decoded: `sentences` sources, each with the same number of hypotheses.
#[derive(Debug)]
pub struct Decoding<'a> {
    network: &'a Network,
    cross: Vec<KeysValues>,
    mask: Option<Tensor>,
    caches: Vec<Cache>,
    position: usize,
}

impl Decoding<'_> {
    /// Takes the last token of every hypothesis, the hypotheses of a sentence together, and gives
    /// the logits of the next: (hypotheses, target ids).
    ///
    /// # Errors
    /// When the number of tokens does not fit, the positions are used up, or the device fails.
    pub fn step(&mut self, tokens: &[u32]) -> Result<Tensor> {
        let ids = Tensor::new(tokens, &self.network.device)?;
        let mut rows = self.network.target.at(&ids, self.position)?;
        for ((layer, cache), cross) in self
            .network
            .decoder
            .iter()
            .zip(&mut self.caches)
            .zip(&self.cross)
        {
            rows = layer.step(&rows, cache, cross, self.mask.as_ref())?;
        }
        self.position += 1;
        self.network.head.forward(&rows)?.to_dtype(DType::F32)
    }

    /// Keeps the sources at `sentences` and the hypotheses at `rows` (indices into what there is
    /// now; there must be the same number of them for each sentence, in the sentences' order).
    ///
    /// # Errors
    /// When an index does not exist or the device fails.
    pub fn arrange(&mut self, sentences: &[u32], rows: &[u32]) -> Result<()> {
        select_sentences(sentences, &mut self.cross, &mut self.mask)?;
        let indices = Tensor::new(rows, &self.network.device)?;
        self.caches
            .iter_mut()
            .try_for_each(|cache| cache.select(&indices))
    }
}

/// What a network has besides its layers.
#[derive(Debug)]
pub(super) struct Tables {
    /// Embeddings of the source: (ids, width).
    pub(super) source: Tensor,
    /// Embeddings of the target, which are also the head's weights: (ids, width).
    pub(super) target: Tensor,
    /// Added to the logits: (target ids).
    pub(super) bias: Tensor,
    /// Added to the embeddings: (positions, width).
    pub(super) positions: Tensor,
    /// What embeddings are multiplied by.
    pub(super) scale: f64,
}

impl Tables {
    /// Reads them.
    pub(super) fn read(config: &Config, weights: &mut WeightFile, device: &Device) -> Result<Self> {
        let shared = ["model.shared.weight", "lm_head.weight"];
        let of_encoder = "model.encoder.embed_tokens.weight";
        let of_decoder = "model.decoder.embed_tokens.weight";
        let (source, target) = if config.share_encoder_decoder_embeddings {
            let shape = [config.vocab_size, config.d_model];
            let table = first(
                weights,
                &[shared[0], of_decoder, of_encoder, shared[1]],
                &shape,
            )?;
            (table.clone(), table)
        } else {
            let source = first(
                weights,
                &[of_encoder, shared[0]],
                &[config.vocab_size, config.d_model],
            )?;
            let target = first(
                weights,
                &[of_decoder, shared[1]],
                &[config.target_vocab(), config.d_model],
            )?;
            (source, target)
        };
        let bias = match weights.get("final_logits_bias")? {
            Some(bias) => bias.flatten_all()?,
            None => Tensor::zeros(config.target_vocab(), DType::F32, device)?,
        };
        if bias.dim(0)? != target.dim(0)? {
            bail!(
                "final_logits_bias has {} values and there are {} target ids",
                bias.dim(0)?,
                target.dim(0)?
            )
        }
        Ok(Self {
            source,
            target,
            bias,
            positions: positions(config, device)?,
            scale: scale(config),
        })
    }
}

#[derive(Debug)]
struct Embedding {
    table: Tensor,
    positions: Tensor,
    scale: f64,
}

impl Embedding {
    /// Ids of sentences of `tokens` each, to (sentences · tokens, width).
    fn sentences(&self, ids: &Tensor, tokens: usize) -> Result<Tensor> {
        let rows = (self.table.index_select(ids, 0)? * self.scale)?;
        let width = rows.dim(1)?;
        let positions = self.positions.narrow(0, 0, tokens)?;
        rows.reshape(((), tokens, width))?
            .broadcast_add(&positions)?
            .reshape(((), width))
    }

    /// Ids that all stand at `position`, to (ids, width).
    fn at(&self, ids: &Tensor, position: usize) -> Result<Tensor> {
        let rows = (self.table.index_select(ids, 0)? * self.scale)?;
        rows.broadcast_add(&self.positions.narrow(0, position, 1)?)
    }
}

fn scale(config: &Config) -> f64 {
    let width = u32::try_from(config.d_model).unwrap_or(u32::MAX);
    if config.scale_embedding {
        f64::from(width).sqrt()
    } else {
        1.0
    }
}

pub(super) fn heads(width: usize, count: usize) -> Heads {
    Heads {
        count,
        size: width / count,
    }
}

fn first(weights: &mut WeightFile, names: &[&str], shape: &[usize]) -> Result<Tensor> {
    for name in names {
        if weights.get(name)?.is_some() {
            return weights.require(name, shape);
        }
    }
    bail!(
        "the weights have no embeddings; looked for {}",
        names.join(", ")
    )
}

/// Sines in the first half of the width, cosines in the second, as Marian has them (not
/// interleaved). In f64, as the models were trained with positions made that way.
fn positions(config: &Config, device: &Device) -> Result<Tensor> {
    let half = config.d_model / 2;
    let as_f64 = |n: usize| u32::try_from(n).map_or(f64::INFINITY, f64::from);
    let angle = |position: usize, i: usize| {
        as_f64(position) / 10_000f64.powf(as_f64(2 * i) / as_f64(config.d_model))
    };
    #[expect(clippy::cast_possible_truncation, reason = "the weights are f32")]
    let values: Vec<f32> = (0..config.max_position_embeddings)
        .flat_map(|position| {
            let sines = (0..half).map(move |i| angle(position, i).sin() as f32);
            sines.chain((0..half).map(move |i| angle(position, i).cos() as f32))
        })
        .collect();
    Tensor::from_vec(
        values,
        (config.max_position_embeddings, config.d_model),
        device,
    )
}

impl TensorBatch for Decoding<'_> {
    fn logits(&mut self, tokens: &[u32]) -> Result<Tensor> {
        self.step(tokens)
    }

    fn arrange(&mut self, sentences: &[u32], rows: &[u32]) -> Result<()> {
        Decoding::arrange(self, sentences, rows)
    }
}
