//! Encoder and decoder layers: attention, feed-forward and their norms, after each of which the
//! residual is added (post-norm).

use candle_core::{Module, Result, Tensor, bail};
use candle_nn::{Activation, LayerNorm};

use super::linear::{Linear, Quantization};
use super::weights::WeightFile;

/// Keys and values, each (rows, heads, tokens, head size).
pub(in crate::model::arch) type KeysValues = (Tensor, Tensor);

/// Reads the layers of a weight file.
#[derive(Debug)]
pub(super) struct LayerLoader<'a> {
    pub(super) weights: &'a mut WeightFile,
    pub(super) width: usize,
    pub(super) quantization: Quantization,
}

impl LayerLoader<'_> {
    /// Several dense layers with the same input as one: `names` under `prefix`, the first scaled.
    fn fused(
        &mut self,
        prefix: &str,
        names: &[&str],
        sizes: (usize, usize),
        scale_first: f64,
    ) -> Result<Linear> {
        let (weight, bias) = self.weights.fused(prefix, names, sizes, scale_first)?;
        Linear::new(&weight, &bias, self.quantization)
    }

    fn norm(&mut self, name: &str) -> Result<LayerNorm> {
        let weight = self
            .weights
            .require(&format!("{name}.weight"), &[self.width])?;
        let bias = self
            .weights
            .require(&format!("{name}.bias"), &[self.width])?;
        let dtype = self.quantization.dtype();
        Ok(LayerNorm::new(
            weight.to_dtype(dtype)?,
            bias.to_dtype(dtype)?,
            1e-5,
        ))
    }

    fn feed_forward(
        &mut self,
        prefix: &str,
        inner: usize,
        activation: Activation,
    ) -> Result<FeedForward> {
        Ok(FeedForward {
            up: self.fused(prefix, &["fc1"], (inner, self.width), 1.0)?,
            activation,
            down: self.fused(prefix, &["fc2"], (self.width, inner), 1.0)?,
            norm: self.norm(&format!("{prefix}.final_layer_norm"))?,
        })
    }

    fn self_attention(&mut self, prefix: &str, heads: Heads) -> Result<SelfAttention> {
        let name = format!("{prefix}.self_attn");
        let square = (self.width, self.width);
        Ok(SelfAttention {
            heads,
            qkv: self.fused(
                &name,
                &["q_proj", "k_proj", "v_proj"],
                square,
                heads.scale(),
            )?,
            out: self.fused(&name, &["out_proj"], square, 1.0)?,
            norm: self.norm(&format!("{prefix}.self_attn_layer_norm"))?,
        })
    }

    pub(super) fn encoder_layer(
        &mut self,
        prefix: &str,
        heads: Heads,
        inner: usize,
        activation: Activation,
    ) -> Result<EncoderLayer> {
        Ok(EncoderLayer {
            attention: self.self_attention(prefix, heads)?,
            feed_forward: self.feed_forward(prefix, inner, activation)?,
        })
    }

    pub(super) fn decoder_layer(
        &mut self,
        prefix: &str,
        heads: Heads,
        inner: usize,
        activation: Activation,
    ) -> Result<DecoderLayer> {
        let name = format!("{prefix}.encoder_attn");
        let square = (self.width, self.width);
        Ok(DecoderLayer {
            attention: self.self_attention(prefix, heads)?,
            cross: CrossAttention {
                heads,
                query: self.fused(&name, &["q_proj"], square, heads.scale())?,
                kv: self.fused(&name, &["k_proj", "v_proj"], square, 1.0)?,
                out: self.fused(&name, &["out_proj"], square, 1.0)?,
                norm: self.norm(&format!("{prefix}.encoder_attn_layer_norm"))?,
            },
            feed_forward: self.feed_forward(prefix, inner, activation)?,
        })
    }
}

/// How a row of the network's width is divided into heads.
#[derive(Debug, Clone, Copy)]
pub(in crate::model::arch) struct Heads {
    pub(in crate::model::arch) count: usize,
    pub(in crate::model::arch) size: usize,
}

impl Heads {
    /// What queries are multiplied by; put into their weights when they are loaded.
    pub(super) fn scale(self) -> f64 {
        u32::try_from(self.size).map_or(1.0, |size| f64::from(size).sqrt().recip())
    }

    /// The `part`-th stretch of the network's width in `rows` (rows · tokens, …), as (rows, heads,
    /// tokens, head size).
    pub(in crate::model::arch) fn split(
        self,
        rows: &Tensor,
        part: usize,
        tokens: usize,
    ) -> Result<Tensor> {
        let width = self.count * self.size;
        let part = rows.narrow(1, part * width, width)?;
        part.reshape(((), tokens, self.count, self.size))?
            .transpose(1, 2)?
            .contiguous()
    }

    /// Softmax of queries times keys, times values: (rows, heads, tokens, head size) to (rows ·
    /// tokens, width). `masks` are added to the products.
    pub(in crate::model::arch) fn attend(
        self,
        queries: &Tensor,
        (keys, values): (&Tensor, &Tensor),
        masks: [Option<&Tensor>; 2],
    ) -> Result<Tensor> {
        let mut products = queries.matmul(&keys.t()?)?;
        for mask in masks.into_iter().flatten() {
            products = products.broadcast_add(mask)?;
        }
        let mixed = candle_nn::ops::softmax_last_dim(&products)?.matmul(values)?;
        mixed.transpose(1, 2)?.reshape(((), self.count * self.size))
    }
}

#[derive(Debug)]
struct FeedForward {
    up: Linear,
    activation: Activation,
    down: Linear,
    norm: LayerNorm,
}

impl FeedForward {
    fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let inner = self.activation.forward(&self.up.forward(rows)?)?;
        self.norm.forward(&(rows + self.down.forward(&inner)?)?)
    }
}

#[derive(Debug)]
struct SelfAttention {
    heads: Heads,
    qkv: Linear,
    out: Linear,
    norm: LayerNorm,
}

#[derive(Debug)]
struct CrossAttention {
    heads: Heads,
    query: Linear,
    kv: Linear,
    out: Linear,
    norm: LayerNorm,
}

/// A layer of the encoder.
#[derive(Debug)]
pub(super) struct EncoderLayer {
    attention: SelfAttention,
    feed_forward: FeedForward,
}

impl EncoderLayer {
    /// `rows` is (batch · tokens, width); `mask` (batch, 1, 1, tokens) is -inf at padding.
    pub(super) fn forward(
        &self,
        rows: &Tensor,
        tokens: usize,
        mask: Option<&Tensor>,
    ) -> Result<Tensor> {
        let attention = &self.attention;
        let qkv = attention.qkv.forward(rows)?;
        let [queries, keys, values] =
            [0, 1, 2].map(|part| attention.heads.split(&qkv, part, tokens));
        let mixed = attention
            .heads
            .attend(&queries?, (&keys?, &values?), [mask, None])?;
        let rows = attention
            .norm
            .forward(&(rows + attention.out.forward(&mixed)?)?)?;
        self.feed_forward.forward(&rows)
    }
}

/// A layer of the decoder.
#[derive(Debug)]
pub(super) struct DecoderLayer {
    attention: SelfAttention,
    cross: CrossAttention,
    feed_forward: FeedForward,
}

impl DecoderLayer {
    /// Keys and values of the source: computed once a batch. `source` is (batch · tokens, width).
    pub(super) fn cross_keys_values(&self, source: &Tensor, tokens: usize) -> Result<KeysValues> {
        let kv = self.cross.kv.forward(source)?;
        Ok((
            self.cross.heads.split(&kv, 0, tokens)?,
            self.cross.heads.split(&kv, 1, tokens)?,
        ))
    }

    /// One token of every row. `rows` is (sentences · hypotheses, width), the hypotheses of a
    /// sentence together: they attend to its source as one matrix.
    pub(super) fn step(
        &self,
        rows: &Tensor,
        cache: &mut Cache,
        (keys, values): &KeysValues,
        mask: Option<&Tensor>,
    ) -> Result<Tensor> {
        let attention = &self.attention;
        let qkv = attention.qkv.forward(rows)?;
        let queries = attention.heads.split(&qkv, 0, 1)?;
        cache.append(
            &attention.heads.split(&qkv, 1, 1)?,
            &attention.heads.split(&qkv, 2, 1)?,
        )?;
        let (own_keys, own_values) = cache.read()?;
        let mixed = attention
            .heads
            .attend(&queries, (&own_keys, &own_values), [None, None])?;
        let rows = attention
            .norm
            .forward(&(rows + attention.out.forward(&mixed)?)?)?;

        let hypotheses = rows.dim(0)? / keys.dim(0)?.max(1);
        let queries = self
            .cross
            .heads
            .split(&self.cross.query.forward(&rows)?, 0, hypotheses)?;
        let mixed = self
            .cross
            .heads
            .attend(&queries, (keys, values), [mask, None])?;
        let rows = self
            .cross
            .norm
            .forward(&(rows + self.cross.out.forward(&mixed)?)?)?;
        self.feed_forward.forward(&rows)
    }
}

/// Keys and values of what a decoder layer has written so far, with room to write more in place.
#[derive(Debug, Default)]
pub(in crate::model::arch) struct Cache {
    room: Option<KeysValues>,
    used: usize,
}

impl Cache {
    /// Tokens that room is made for at a time, doubling.
    const FIRST_ROOM: usize = 32;

    pub(in crate::model::arch) fn append(&mut self, keys: &Tensor, values: &Tensor) -> Result<()> {
        let (rows, heads, _, size) = keys.dims4()?;
        let have = match &self.room {
            Some((room, _)) => room.dim(2)?,
            None => 0,
        };
        if self.used == have {
            let want = (have * 2).max(Self::FIRST_ROOM);
            let grow = || Tensor::zeros((rows, heads, want, size), keys.dtype(), keys.device());
            let grown = (grow()?, grow()?);
            if let Some((old_keys, old_values)) = &self.room {
                grown.0.slice_set(old_keys, 2, 0)?;
                grown.1.slice_set(old_values, 2, 0)?;
            }
            self.room = Some(grown);
        }
        if let Some((room_keys, room_values)) = &self.room {
            room_keys.slice_set(keys, 2, self.used)?;
            room_values.slice_set(values, 2, self.used)?;
        }
        self.used += 1;
        Ok(())
    }

    pub(in crate::model::arch) fn read(&self) -> Result<KeysValues> {
        match &self.room {
            Some((keys, values)) => Ok((
                keys.narrow(2, 0, self.used)?,
                values.narrow(2, 0, self.used)?,
            )),
            None => candle_core::bail!("the cache was read before it was written"),
        }
    }

    /// Makes the rows those at `indices`: drops, repeats and reorders.
    pub(in crate::model::arch) fn select(&mut self, indices: &Tensor) -> Result<()> {
        if let Some((keys, values)) = &self.room {
            self.room = Some((
                keys.index_select(indices, 0)?,
                values.index_select(indices, 0)?,
            ));
        }
        Ok(())
    }
}

/// Sentences of a batch, filled up to the longest at their ends.
pub(in crate::model::arch) struct Padded {
    /// Row after row.
    pub(in crate::model::arch) ids: Vec<u32>,
    /// Tokens of every row.
    pub(in crate::model::arch) longest: usize,
    /// See [`padding_mask`].
    pub(in crate::model::arch) mask: Option<Tensor>,
}

impl Padded {
    /// Fills `sentences` up with the token `pad`.
    pub(in crate::model::arch) fn new(
        sentences: &[&[u32]],
        pad: u32,
        device: &candle_core::Device,
    ) -> Result<Self> {
        let lengths: Vec<usize> = sentences.iter().map(|ids| ids.len()).collect();
        let longest = lengths.iter().copied().max().unwrap_or(0);
        if lengths.contains(&0) || lengths.is_empty() {
            bail!("a source sentence without tokens cannot be encoded")
        }
        let ids = sentences.iter().flat_map(|ids| {
            let padding = std::iter::repeat_n(pad, longest - ids.len());
            ids.iter().copied().chain(padding)
        });
        Ok(Self {
            ids: ids.collect(),
            longest,
            mask: padding_mask(&lengths, device)?,
        })
    }
}

/// (batch, 1, 1, tokens): 0 where there is a token, -inf where there is padding. `None` where no
/// row has any.
fn padding_mask(lengths: &[usize], device: &candle_core::Device) -> Result<Option<Tensor>> {
    let longest = lengths.iter().copied().max().unwrap_or(0);
    if lengths.iter().all(|length| *length == longest) {
        return Ok(None);
    }
    let mask: Vec<f32> = lengths
        .iter()
        .flat_map(|length| {
            (0..longest).map(move |at| if at < *length { 0.0 } else { f32::NEG_INFINITY })
        })
        .collect();
    Tensor::from_vec(mask, (lengths.len(), 1, 1, longest), device).map(Some)
}

/// Keeps the sources at `sentences`: their keys and values in every layer, and their padding.
pub(in crate::model::arch) fn select_sentences(
    sentences: &[u32],
    cross: &mut [KeysValues],
    mask: &mut Option<Tensor>,
) -> Result<()> {
    let Some((keys, _)) = cross.first() else {
        return Ok(());
    };
    let identity = (0u32..).zip(sentences).all(|(at, index)| at == *index);
    if identity && sentences.len() == keys.dim(0)? {
        return Ok(());
    }
    let indices = Tensor::new(sentences, keys.device())?;
    for (keys, values) in cross {
        *keys = keys.index_select(&indices, 0)?;
        *values = values.index_select(&indices, 0)?;
    }
    *mask = mask
        .as_ref()
        .map(|mask| mask.index_select(&indices, 0))
        .transpose()?;
    Ok(())
}
