//! The network: token ids in, logits out. Weights stay quantised as their GGUF file has them.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use candle_core::quantized::{QTensor, gguf_file};
use candle_core::{D, DType, Device, Module, Result, Tensor, bail};
use candle_nn::Activation;

use super::config::Config;
use super::distance::bucket;
use crate::model::arch::marian::closed::TensorBatch;
use crate::model::arch::marian::layer::{Cache, Heads, KeysValues, Padded, select_sentences};
use crate::model::arch::quantized::QuantizedLinear;

/// A T5 encoder and decoder.
#[derive(Debug)]
pub struct Network {
    device: Device,
    pad: u32,
    /// f16: it is the largest tensor, and only looked up in.
    embedding: Tensor,
    encoder: Stack,
    decoder: Stack,
    head: QuantizedLinear,
    /// What the last rows are multiplied by before the head.
    head_scale: f64,
}

#[derive(Debug)]
struct Stack {
    blocks: Vec<Block>,
    norm: Norm,
    bias: RelativeBias,
    heads: Heads,
}

#[derive(Debug)]
struct Block {
    own: Attention,
    cross: Option<Attention>,
    norm: Norm,
    gate: Option<QuantizedLinear>,
    up: QuantizedLinear,
    down: QuantizedLinear,
    activation: Activation,
}

#[derive(Debug)]
struct Attention {
    norm: Norm,
    query: QuantizedLinear,
    key: QuantizedLinear,
    value: QuantizedLinear,
    out: QuantizedLinear,
}

/// Division by the root of the mean square.
#[derive(Debug)]
struct Norm {
    weight: Tensor,
    epsilon: f64,
}

impl Norm {
    fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let mean = (rows.sqr()?.mean_keepdim(D::Minus1)? + self.epsilon)?;
        rows.broadcast_div(&mean.sqrt()?)?
            .broadcast_mul(&self.weight)
    }
}

/// What is added to the products of queries and keys for their distance.
#[derive(Debug)]
struct RelativeBias {
    /// (buckets, heads).
    table: Tensor,
    both_ways: bool,
    max_distance: usize,
}

impl RelativeBias {
    /// For queries at `queries` and keys from the first token on: (1, heads, queries, keys).
    fn of(&self, queries: std::ops::Range<usize>, keys: usize) -> Result<Tensor> {
        let (buckets, count) = (self.table.dim(0)?, queries.len());
        let kinds = queries.flat_map(|query| {
            (0..keys).map(move |key| bucket(query, key, self.both_ways, buckets, self.max_distance))
        });
        let kinds: Vec<u32> = kinds.map(|kind| u32::try_from(kind).unwrap_or(0)).collect();
        let kinds = Tensor::new(kinds, self.table.device())?;
        let bias = self
            .table
            .index_select(&kinds, 0)?
            .reshape((count, keys, ()))?;
        bias.permute((2, 0, 1))?.unsqueeze(0)?.contiguous()
    }
}

struct Weights<'a> {
    content: gguf_file::Content,
    file: BufReader<File>,
    config: &'a Config,
    device: &'a Device,
    /// Whether to take candle's products.
    reference: bool,
}

impl Weights<'_> {
    fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<QTensor> {
        if !self.has(name) {
            bail!(
                "the GGUF file has no tensor {name}; is it a T5 model under the transformers library's names?"
            )
        }
        let tensor = self.content.tensor(&mut self.file, name, self.device)?;
        if tensor.shape().dims() != shape {
            bail!(
                "tensor {name} has shape {:?} and config.json says {shape:?}",
                tensor.shape().dims()
            )
        }
        Ok(tensor)
    }

    fn linear(&mut self, name: &str, outputs: usize, inputs: usize) -> Result<QuantizedLinear> {
        let tensor = self.tensor(&format!("{name}.weight"), &[outputs, inputs])?;
        QuantizedLinear::new(tensor, self.reference)
    }

    fn norm(&mut self, name: &str) -> Result<Norm> {
        let weight = self
            .tensor(&format!("{name}.weight"), &[self.config.d_model])?
            .dequantize(self.device)?;
        Ok(Norm {
            weight,
            epsilon: self.config.layer_norm_epsilon,
        })
    }

    fn attention(&mut self, layer: &str, name: &str) -> Result<Attention> {
        let (width, inner) = (
            self.config.d_model,
            self.config.num_heads * self.config.d_kv,
        );
        Ok(Attention {
            norm: self.norm(&format!("{layer}.layer_norm"))?,
            query: self.linear(&format!("{layer}.{name}.q"), inner, width)?,
            key: self.linear(&format!("{layer}.{name}.k"), inner, width)?,
            value: self.linear(&format!("{layer}.{name}.v"), inner, width)?,
            out: self.linear(&format!("{layer}.{name}.o"), width, inner)?,
        })
    }

    fn block(&mut self, prefix: &str, decoder: bool) -> Result<Block> {
        let (width, inner, kind) = (
            self.config.d_model,
            self.config.d_ff,
            self.config.feed_forward_proj,
        );
        let own = self.attention(&format!("{prefix}.layer.0"), "SelfAttention")?;
        let cross = if decoder {
            Some(self.attention(&format!("{prefix}.layer.1"), "EncDecAttention")?)
        } else {
            None
        };
        let last = format!("{prefix}.layer.{}", if decoder { 2 } else { 1 });
        let dense = format!("{last}.DenseReluDense");
        let (gate, up) = if kind.gated() {
            let gate = self.linear(&format!("{dense}.wi_0"), inner, width)?;
            (
                Some(gate),
                self.linear(&format!("{dense}.wi_1"), inner, width)?,
            )
        } else {
            (None, self.linear(&format!("{dense}.wi"), inner, width)?)
        };
        Ok(Block {
            own,
            cross,
            norm: self.norm(&format!("{last}.layer_norm"))?,
            gate,
            up,
            down: self.linear(&format!("{dense}.wo"), width, inner)?,
            activation: kind.activation(),
        })
    }

    fn stack(&mut self, name: &str, layers: usize, decoder: bool) -> Result<Stack> {
        let config = self.config;
        let bias = format!("{name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight");
        let table = self.tensor(
            &bias,
            &[config.relative_attention_num_buckets, config.num_heads],
        )?;
        let blocks = (0..layers).map(|i| self.block(&format!("{name}.block.{i}"), decoder));
        Ok(Stack {
            blocks: blocks.collect::<Result<_>>()?,
            norm: self.norm(&format!("{name}.final_layer_norm"))?,
            bias: RelativeBias {
                table: table.dequantize(self.device)?,
                both_ways: !decoder,
                max_distance: config.relative_attention_max_distance,
            },
            heads: Heads {
                count: config.num_heads,
                size: config.d_kv,
            },
        })
    }
}

impl Network {
    /// Reads a GGUF file whose tensors have the transformers library's names.
    ///
    /// `reference` asks for candle's own products with quantised weights.
    ///
    /// # Errors
    /// When it is no GGUF file, a tensor is missing or has another shape than `config` says.
    pub fn load(config: &Config, gguf: &Path, device: &Device, reference: bool) -> Result<Self> {
        let mut file = BufReader::new(File::open(gguf)?);
        let content = gguf_file::Content::read(&mut file)?;
        let mut weights = Weights {
            content,
            file,
            config,
            device,
            reference,
        };
        let shape = [config.vocab_size, config.d_model];
        let names = ["shared.weight", "decoder.embed_tokens.weight"];
        let name = names
            .into_iter()
            .find(|name| weights.has(name))
            .unwrap_or("shared.weight");
        let table = weights.tensor(name, &shape)?;
        let embedding = table.dequantize(device)?.to_dtype(DType::F16)?;
        let width = u32::try_from(config.d_model).unwrap_or(u32::MAX);
        let (head, head_scale) = if config.tie_word_embeddings {
            (
                QuantizedLinear::new(table, reference)?,
                f64::from(width).sqrt().recip(),
            )
        } else {
            (
                weights.linear("lm_head", config.vocab_size, config.d_model)?,
                1.0,
            )
        };
        Ok(Self {
            device: device.clone(),
            pad: config.pad_token_id,
            embedding,
            encoder: weights.stack("encoder", config.num_layers, false)?,
            decoder: weights.stack("decoder", config.decoder_layers(), true)?,
            head,
            head_scale,
        })
    }

    /// Encodes `sentences` (ids with the end token, none empty) and makes ready to decode, one
    /// hypothesis a sentence.
    ///
    /// # Errors
    /// When a sentence is empty, an id is outside the vocabulary, or the device fails.
    pub fn encode(&self, sentences: &[&[u32]]) -> Result<Decoding<'_>> {
        let Padded { ids, longest, mask } = Padded::new(sentences, self.pad, &self.device)?;
        let bias = self.encoder.bias.of(0..longest, longest)?;
        let heads = self.encoder.heads;
        let mut rows = self.embed(&ids)?;
        for block in &self.encoder.blocks {
            let [queries, keys, values] = block.own.project(&rows, heads, longest)?;
            let mixed = heads.attend(&queries, (&keys, &values), [Some(&bias), mask.as_ref()])?;
            rows = block.feed_forward(&(rows + block.own.out.forward(&mixed)?)?)?;
        }
        let rows = self.encoder.norm.forward(&rows)?;
        let cross = self
            .decoder
            .blocks
            .iter()
            .filter_map(|block| block.cross.as_ref());
        let heads = self.decoder.heads;
        let cross = cross.map(|attention| {
            let keys = heads.split(&attention.key.forward(&rows)?, 0, longest)?;
            Ok((
                keys,
                heads.split(&attention.value.forward(&rows)?, 0, longest)?,
            ))
        });
        Ok(Decoding {
            network: self,
            cross: cross.collect::<Result<_>>()?,
            mask,
            caches: self
                .decoder
                .blocks
                .iter()
                .map(|_| Cache::default())
                .collect(),
            position: 0,
        })
    }

    fn embed(&self, ids: &[u32]) -> Result<Tensor> {
        self.embedding
            .index_select(&Tensor::new(ids, &self.device)?, 0)?
            .to_dtype(DType::F32)
    }
}

impl Attention {
    /// Queries, keys and values of the same rows, normalised first.
    fn project(&self, rows: &Tensor, heads: Heads, tokens: usize) -> Result<[Tensor; 3]> {
        let rows = self.norm.forward(rows)?;
        let [query, key, value] = [&self.query, &self.key, &self.value].map(|layer| {
            layer
                .forward(&rows)
                .and_then(|projected| heads.split(&projected, 0, tokens))
        });
        Ok([query?, key?, value?])
    }
}

impl Block {
    fn feed_forward(&self, rows: &Tensor) -> Result<Tensor> {
        let normed = self.norm.forward(rows)?;
        let up = self.up.forward(&normed)?;
        let inner = match &self.gate {
            Some(gate) => (self.activation.forward(&gate.forward(&normed)?)? * up)?,
            None => self.activation.forward(&up)?,
        };
        rows + self.down.forward(&inner)?
    }
}

/// A batch that is being decoded.
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
    /// the logits of the next: (hypotheses, ids).
    ///
    /// # Errors
    /// When an id is outside the vocabulary or the device fails.
    pub fn logits(&mut self, tokens: &[u32]) -> Result<Tensor> {
        let Stack {
            blocks,
            norm,
            bias,
            heads,
        } = &self.network.decoder;
        let bias = bias.of(self.position..self.position + 1, self.position + 1)?;
        let mut rows = self.network.embed(tokens)?;
        for ((block, cache), (keys, values)) in blocks.iter().zip(&mut self.caches).zip(&self.cross)
        {
            let [queries, own_keys, own_values] = block.own.project(&rows, *heads, 1)?;
            cache.append(&own_keys, &own_values)?;
            let (own_keys, own_values) = cache.read()?;
            let mixed = heads.attend(&queries, (&own_keys, &own_values), [Some(&bias), None])?;
            rows = (rows + block.own.out.forward(&mixed)?)?;
            if let Some(cross) = &block.cross {
                let hypotheses = tokens.len() / keys.dim(0)?.max(1);
                let queries = cross.query.forward(&cross.norm.forward(&rows)?)?;
                let queries = heads.split(&queries, 0, hypotheses)?;
                let mixed = heads.attend(&queries, (keys, values), [self.mask.as_ref(), None])?;
                rows = (rows + cross.out.forward(&mixed)?)?;
            }
            rows = block.feed_forward(&rows)?;
        }
        self.position += 1;
        self.network
            .head
            .forward(&(norm.forward(&rows)? * self.network.head_scale)?)
    }
}

impl TensorBatch for Decoding<'_> {
    fn logits(&mut self, tokens: &[u32]) -> Result<Tensor> {
        Decoding::logits(self, tokens)
    }

    fn arrange(&mut self, sentences: &[u32], rows: &[u32]) -> Result<()> {
        select_sentences(sentences, &mut self.cross, &mut self.mask)?;
        let indices = Tensor::new(rows, &self.network.device)?;
        self.caches
            .iter_mut()
            .try_for_each(|cache| cache.select(&indices))
    }
}
