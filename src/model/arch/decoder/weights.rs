//! The weights of a decoder-only model, and one pass through them.

use std::io::{Read, Seek};

use candle_core::quantized::gguf_file::Content;
use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{DType, Device, Error, Module, Result, Tensor};

use super::attention::{Masks, attend};
use super::cache::{Cache, Prefix};
use super::config::{Activation, Config};
use super::rope::{RopeTable, Rotation};

/// The weights of a decoder-only model.
#[derive(Debug)]
pub(super) struct Weights {
    pub(super) config: Config,
    embedding: QMatMul,
    layers: Vec<Layer>,
    norm: RmsNorm,
    output: QMatMul,
    rope: RopeTable,
    window_rope: Option<RopeTable>,
    pub(super) device: Device,
    /// What keys and values are kept, and attended to, in: half precision on a GPU, where it takes
    /// half the memory and time.
    pub(super) attention: DType,
}

#[derive(Debug)]
struct Layer {
    attention_norm: RmsNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    query_norm: Option<RmsNorm>,
    key_norm: Option<RmsNorm>,
    attention_output: Linear,
    attention_post_norm: Option<RmsNorm>,
    feed_norm: RmsNorm,
    gate: Linear,
    up: Linear,
    down: Linear,
    feed_post_norm: Option<RmsNorm>,
}

#[derive(Debug)]
struct RmsNorm {
    weight: Tensor,
    eps: f32,
}

#[derive(Debug)]
struct Linear {
    weight: QMatMul,
    bias: Option<Tensor>,
}

impl RmsNorm {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        candle_nn::ops::rms_norm(&x.contiguous()?, &self.weight, self.eps)
    }
}

impl Linear {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.finish(self.weight.forward(x)?)
    }

    fn finish(&self, y: Tensor) -> Result<Tensor> {
        match &self.bias {
            None => Ok(y),
            Some(bias) => y.broadcast_add(bias),
        }
    }

    /// Two products of the same input, which is quantised only once where candle can.
    fn forward_pair(a: &Self, b: &Self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        if let (QMatMul::QTensor(left), QMatMul::QTensor(right)) = (&a.weight, &b.weight)
            && let Some(both) = QTensor::gemv_fused_shared_lhs(&[left, right], &x.contiguous()?)?
            && let Ok([left, right]) = <[Tensor; 2]>::try_from(both)
        {
            return Ok((a.finish(left)?, b.finish(right)?));
        }
        Ok((a.forward(x)?, b.forward(x)?))
    }
}

/// What is the same for all layers of one pass.
struct Pass<'a> {
    cache: &'a Cache,
    prefix: Option<&'a Prefix>,
    rotation: Rotation,
    window_rotation: Option<Rotation>,
    masks: Masks,
    window_masks: Option<Masks>,
}

impl Weights {
    /// Reads the weights. `positions` tokens are prepared for and no more: a table for
    /// everything the model could do takes gigabytes with some.
    pub(super) fn read<R: Read + Seek>(
        content: &Content,
        reader: &mut R,
        config: Config,
        positions: usize,
        device: &Device,
    ) -> Result<Self> {
        let mut file = File {
            content,
            reader,
            device,
        };
        let embedding = file.matrix("token_embd.weight")?;
        // Without a matrix of its own, the output shares the embedding's: `clone` shares memory.
        let output = if file.has("output.weight") {
            file.matrix("output.weight")?
        } else {
            embedding.clone()
        };
        let factors = if file.has("rope_freqs.weight") {
            Some(file.vector("rope_freqs.weight")?.to_vec1::<f32>()?)
        } else {
            None
        };
        let layers = (0..config.layers)
            .map(|layer| file.layer(layer, &config))
            .collect::<Result<_>>()?;
        let norm = file.norm("output_norm.weight", config.norm_eps)?;
        let table = |base, scale, factors| {
            RopeTable::new(config.head_dim, base, scale, factors, positions, device)
        };
        let rope = table(config.rope_base, config.rope_scale, factors.as_deref())?;
        let window_rope = config
            .window
            .map(|window| table(window.rope_base, 1.0, None))
            .transpose()?;
        Ok(Self {
            embedding,
            layers,
            norm,
            output,
            rope,
            window_rope,
            device: device.clone(),
            attention: if device.is_cpu() {
                DType::F32
            } else {
                DType::F16
            },
            config,
        })
    }

    /// An empty cache for `padding.len()` rows of up to `columns` columns.
    pub(super) fn cache(&self, padding: Vec<usize>, columns: usize) -> Result<Cache> {
        Cache::new(&self.config, padding, columns, self.attention, &self.device)
    }

    /// Memory that the keys and values of one token take, in bytes.
    pub(super) fn token_bytes(&self) -> usize {
        self.config.token_bytes(self.attention)
    }

    /// One pass over the next columns of every row: `ids` is `(rows, new)`. Fills the cache and
    /// returns what stands at the last column, `(rows, hidden)`.
    pub(super) fn forward(
        &self,
        ids: &Tensor,
        cache: &mut Cache,
        prefix: Option<&Prefix>,
    ) -> Result<Tensor> {
        let new = ids.dim(1)?;
        let pass = self.prepare(new, cache, prefix)?;
        let mut x = self.embedding.embedding(ids)?;
        #[expect(
            clippy::float_cmp,
            reason = "exactly one means no scaling was asked for"
        )]
        if self.config.embedding_scale != 1.0 {
            x = (x * self.config.embedding_scale)?;
        }
        for (index, layer) in self.layers.iter().enumerate() {
            x = self.layer(index, layer, &x, &pass)?;
        }
        cache.advance(new);
        self.norm.forward(&x.narrow(1, new - 1, 1)?)?.squeeze(1)
    }

    /// Logits over the vocabulary, `(rows, vocabulary)`, of [`Weights::forward`]'s result.
    pub(super) fn logits(&self, hidden: &Tensor) -> Result<Tensor> {
        self.output.forward(hidden)?.to_dtype(DType::F32)
    }

    /// Logits of what follows `ids`, one text, read in `pieces`.
    pub(super) fn read_logits(&self, ids: &[u32], pieces: usize) -> Result<Vec<f32>> {
        let mut cache = self.cache(vec![0], ids.len())?;
        let mut hidden = None;
        for piece in ids.chunks(ids.len().div_ceil(pieces.max(1)).max(1)) {
            let piece = Tensor::new(piece, &self.device)?.unsqueeze(0)?;
            hidden = Some(self.forward(&piece, &mut cache, None)?);
        }
        let hidden = hidden.ok_or_else(|| Error::msg("there is nothing to read"))?;
        self.logits(&hidden)?.flatten_all()?.to_vec1()
    }

    fn prepare<'a>(
        &self,
        new: usize,
        cache: &'a Cache,
        prefix: Option<&'a Prefix>,
    ) -> Result<Pass<'a>> {
        let before = prefix.map_or(0, |prefix| prefix.len);
        let positions: Vec<u32> = cache
            .padding
            .iter()
            .flat_map(|padding| {
                (cache.len..cache.len + new)
                    .map(move |column| before + column.saturating_sub(*padding))
            })
            .map(|position| u32::try_from(position).unwrap_or(u32::MAX))
            .collect();
        let positions = Tensor::from_vec(positions, (cache.padding.len(), new), &self.device)?;
        let style = self.config.rope_style;
        let masks = |window| {
            Masks::new(&cache.padding, before, cache.len, new, window, &self.device)?
                .in_dtype(self.attention)
        };
        Ok(Pass {
            cache,
            prefix,
            rotation: self.rope.at(&positions, style)?,
            window_rotation: self
                .window_rope
                .as_ref()
                .map(|table| table.at(&positions, style))
                .transpose()?,
            masks: masks(None)?,
            window_masks: self
                .config
                .window
                .map(|window| masks(Some(window)))
                .transpose()?,
        })
    }

    fn layer(&self, index: usize, layer: &Layer, x: &Tensor, pass: &Pass<'_>) -> Result<Tensor> {
        let attended = self.attention(index, layer, &layer.attention_norm.forward(x)?, pass)?;
        let x = (x + normed(layer.attention_post_norm.as_ref(), attended)?)?;
        let (gate, up) =
            Linear::forward_pair(&layer.gate, &layer.up, &layer.feed_norm.forward(&x)?)?;
        let gate = match self.config.activation {
            Activation::Silu => candle_nn::ops::silu(&gate)?,
            Activation::Gelu => gate.gelu()?,
        };
        let fed = layer.down.forward(&(gate * up)?)?;
        x + normed(layer.feed_post_norm.as_ref(), fed)?
    }

    fn attention(
        &self,
        index: usize,
        layer: &Layer,
        x: &Tensor,
        pass: &Pass<'_>,
    ) -> Result<Tensor> {
        let (rows, new, _) = x.dims3()?;
        let Config {
            heads,
            kv_heads,
            head_dim,
            ..
        } = self.config;
        let windowed = self.config.layer_window(index).is_some();
        let rotation = pass
            .window_rotation
            .as_ref()
            .filter(|_| windowed)
            .unwrap_or(&pass.rotation);
        let masks = pass
            .window_masks
            .as_ref()
            .filter(|_| windowed)
            .unwrap_or(&pass.masks);
        let (query, key) = Linear::forward_pair(&layer.query, &layer.key, x)?;
        let value = layer.value.forward(x)?;
        let split = |y: Tensor, heads: usize, norm: Option<&RmsNorm>| {
            normed(norm, y.reshape((rows, new, heads, head_dim))?)?.transpose(1, 2)
        };
        let query = rotation.apply(&split(query, heads, layer.query_norm.as_ref())?)?;
        let key = rotation.apply(&split(key, kv_heads, layer.key_norm.as_ref())?)?;
        let value = split(value, kv_heads, None)?;
        let own = pass.cache.write(index, &key, &value)?;
        let prefix = match pass.prefix {
            None => None,
            Some(prefix) => Some(
                prefix
                    .layers
                    .get(index)
                    .ok_or_else(|| Error::msg("the shared beginning is of another model"))?,
            ),
        };
        #[expect(clippy::cast_precision_loss, reason = "a head size is far below 2^52")]
        let scaled = (query * (head_dim as f64).powf(-0.5))?;
        layer
            .attention_output
            .forward(&attend(&scaled, &own, prefix, masks)?)
    }
}

fn normed(norm: Option<&RmsNorm>, x: Tensor) -> Result<Tensor> {
    match norm {
        None => Ok(x),
        Some(norm) => norm.forward(&x),
    }
}

/// Reads tensors by name.
struct File<'a, R> {
    content: &'a Content,
    reader: &'a mut R,
    device: &'a Device,
}

impl<R: Read + Seek> File<'_, R> {
    fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    fn tensor(&mut self, name: &str) -> Result<QTensor> {
        self.content.tensor(self.reader, name, self.device)
    }

    fn matrix(&mut self, name: &str) -> Result<QMatMul> {
        QMatMul::from_qtensor(self.tensor(name)?)
    }

    fn vector(&mut self, name: &str) -> Result<Tensor> {
        self.tensor(name)?.dequantize(self.device)
    }

    fn norm(&mut self, name: &str, eps: f32) -> Result<RmsNorm> {
        Ok(RmsNorm {
            weight: self.vector(name)?,
            eps,
        })
    }

    fn optional_norm(&mut self, name: &str, eps: f32) -> Result<Option<RmsNorm>> {
        if self.has(name) {
            self.norm(name, eps).map(Some)
        } else {
            Ok(None)
        }
    }

    fn linear(&mut self, name: &str) -> Result<Linear> {
        let weight = self.matrix(&format!("{name}.weight"))?;
        let bias = format!("{name}.bias");
        let bias = if self.has(&bias) {
            Some(self.vector(&bias)?)
        } else {
            None
        };
        Ok(Linear { weight, bias })
    }

    fn layer(&mut self, layer: usize, config: &Config) -> Result<Layer> {
        let name = |part: &str| format!("blk.{layer}.{part}");
        let eps = config.norm_eps;
        Ok(Layer {
            attention_norm: self.norm(&name("attn_norm.weight"), eps)?,
            query: self.linear(&name("attn_q"))?,
            key: self.linear(&name("attn_k"))?,
            value: self.linear(&name("attn_v"))?,
            query_norm: self.optional_norm(&name("attn_q_norm.weight"), eps)?,
            key_norm: self.optional_norm(&name("attn_k_norm.weight"), eps)?,
            attention_output: self.linear(&name("attn_output"))?,
            attention_post_norm: self.optional_norm(&name("post_attention_norm.weight"), eps)?,
            feed_norm: self.norm(&name("ffn_norm.weight"), eps)?,
            gate: self.linear(&name("ffn_gate"))?,
            up: self.linear(&name("ffn_up"))?,
            down: self.linear(&name("ffn_down"))?,
            feed_post_norm: self.optional_norm(&name("post_ffw_norm.weight"), eps)?,
        })
    }
}
