//! The sizes of a decoder-only model, read from its GGUF metadata.

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::{DType, Error, Result};

use crate::model::catalog::Architecture;

/// How positions are turned into rotations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RopeStyle {
    /// Pairs are the two halves of a head (Qwen, Gemma).
    Halves,
    /// Pairs are neighbours (Llama, as converted for GGUF).
    Neighbours,
}

/// The activation between the two feed-forward products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activation {
    /// `x * sigmoid(x)`.
    Silu,
    /// The tanh form of GELU.
    Gelu,
}

/// Layers that see only their neighbourhood, between layers that see everything (Gemma 3).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    /// Positions that a windowed layer sees, its own included.
    pub(super) tokens: usize,
    /// Every `period`-th layer sees everything.
    pub(super) period: usize,
    /// Rotation base of the windowed layers.
    pub(super) rope_base: f32,
}

/// The sizes of a decoder-only model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Config {
    pub(super) layers: usize,
    pub(super) hidden: usize,
    pub(super) heads: usize,
    pub(super) kv_heads: usize,
    pub(super) head_dim: usize,
    pub(super) context: usize,
    pub(super) norm_eps: f32,
    pub(super) rope_base: f32,
    /// Positions are divided by this.
    pub(super) rope_scale: f32,
    pub(super) rope_style: RopeStyle,
    pub(super) activation: Activation,
    /// Embeddings are multiplied by this.
    pub(super) embedding_scale: f64,
    pub(super) window: Option<Window>,
}

impl Config {
    /// Reads the sizes of a model of this architecture.
    ///
    /// # Errors
    /// When the file is of another architecture, or a size is missing or impossible.
    pub(super) fn read(content: &Content, architecture: Architecture) -> Result<Self> {
        let name = match architecture {
            Architecture::Qwen2 => "qwen2",
            Architecture::Qwen3 => "qwen3",
            Architecture::Gemma3 => "gemma3",
            Architecture::Llama => "llama",
            Architecture::Marian | Architecture::T5 | Architecture::Bert => {
                return Err(Error::msg(format!(
                    "{architecture:?} is not a decoder-only architecture"
                )));
            }
        };
        let found = content
            .metadata
            .get("general.architecture")
            .and_then(|value| value.to_string().ok());
        if found.map(String::as_str) != Some(name) {
            return Err(Error::msg(format!(
                "the GGUF file's architecture is {found:?}, and the catalogue says {name:?}"
            )));
        }
        let meta = Meta { content, name };
        let hidden = meta.size("embedding_length")?;
        let heads = meta.size("attention.head_count")?;
        let gemma = architecture == Architecture::Gemma3;
        let config = Self {
            layers: meta.size("block_count")?,
            hidden,
            heads,
            kv_heads: meta.size("attention.head_count_kv").unwrap_or(heads),
            head_dim: meta
                .size("attention.key_length")
                .unwrap_or(hidden / heads.max(1)),
            context: meta.size("context_length")?,
            norm_eps: meta
                .number("attention.layer_norm_rms_epsilon")
                .unwrap_or(1e-6),
            rope_base: meta
                .number("rope.freq_base")
                .unwrap_or(if gemma { 1e6 } else { 1e4 }),
            rope_scale: meta.rope_scale()?,
            rope_style: if architecture == Architecture::Llama {
                RopeStyle::Neighbours
            } else {
                RopeStyle::Halves
            },
            activation: if gemma {
                Activation::Gelu
            } else {
                Activation::Silu
            },
            #[expect(
                clippy::cast_precision_loss,
                reason = "a hidden size is far below 2^52"
            )]
            embedding_scale: if gemma { (hidden as f64).sqrt() } else { 1.0 },
            window: if gemma {
                meta.size("attention.sliding_window")
                    .ok()
                    .map(|tokens| Window {
                        tokens,
                        period: 6,
                        rope_base: 1e4,
                    })
            } else {
                None
            },
        };
        if config.heads == 0
            || config.kv_heads == 0
            || !config.heads.is_multiple_of(config.kv_heads)
        {
            return Err(Error::msg(format!(
                "{} attention heads cannot share {} key-value heads",
                config.heads, config.kv_heads
            )));
        }
        Ok(config)
    }

    /// Memory that the keys and values of one token take, in bytes, with numbers of `dtype`.
    pub(super) fn token_bytes(&self, dtype: DType) -> usize {
        2 * dtype.size_in_bytes() * self.layers * self.kv_heads * self.head_dim
    }

    /// The window of a layer, if it has one.
    pub(super) fn layer_window(&self, layer: usize) -> Option<Window> {
        self.window
            .filter(|window| !(layer + 1).is_multiple_of(window.period))
    }
}

struct Meta<'a> {
    content: &'a Content,
    name: &'a str,
}

impl Meta<'_> {
    fn get(&self, key: &str) -> Option<&Value> {
        self.content.metadata.get(&format!("{}.{key}", self.name))
    }

    fn size(&self, key: &str) -> Result<usize> {
        let value = self
            .get(key)
            .ok_or_else(|| Error::msg(format!("the GGUF file lacks {}.{key}", self.name)))?;
        value
            .to_u64()
            .map(|size| usize::try_from(size).unwrap_or(usize::MAX))
    }

    /// What positions are divided by. Other ways of stretching them need other tables: better no
    /// answer than one from a model that has lost its sense of place.
    fn rope_scale(&self) -> Result<f32> {
        let kind = self
            .get("rope.scaling.type")
            .and_then(|kind| kind.to_string().ok());
        match kind.map(String::as_str) {
            None | Some("linear") => {
                let factor = self.number("rope.scaling.factor");
                Ok(factor.filter(|factor| *factor > 0.0).unwrap_or(1.0))
            }
            Some("none") => Ok(1.0),
            Some(other) => Err(Error::msg(format!(
                "the model stretches its positions by {other:?}, which is not known here; linear is"
            ))),
        }
    }

    fn number(&self, key: &str) -> Option<f32> {
        self.get(key)?.to_f32().ok()
    }
}
