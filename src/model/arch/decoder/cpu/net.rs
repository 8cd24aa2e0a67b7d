//! The weights of a decoder-only model on the CPU, read from its file.

use std::fs::File;

use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Result};

use super::file::{Mapped, Weight};
use crate::model::arch::decoder::config::Config;
use crate::model::arch::decoder::rope::RopeTable;
use crate::model::arch::products::Wanted;
use crate::model::kernel::isa::Isa;
use crate::model::kernel::kquant::Need;

/// The weights of a decoder-only model.
#[derive(Debug)]
pub(super) struct Net {
    pub(super) config: Config,
    pub(super) isa: Isa,
    pub(super) embedding: Weight,
    pub(super) layers: Vec<Layer>,
    pub(super) norm: Vec<f32>,
    pub(super) output: Linear,
    pub(super) rope: Angles,
    pub(super) window_rope: Option<Angles>,
}

/// The weights of one layer.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) attention_norm: Vec<f32>,
    pub(super) query: Linear,
    pub(super) key: Linear,
    pub(super) value: Linear,
    pub(super) query_norm: Option<Vec<f32>>,
    pub(super) key_norm: Option<Vec<f32>>,
    pub(super) attention_output: Linear,
    pub(super) attention_post_norm: Option<Vec<f32>>,
    pub(super) feed_norm: Vec<f32>,
    pub(super) gate: Linear,
    pub(super) up: Linear,
    pub(super) down: Linear,
    pub(super) feed_post_norm: Option<Vec<f32>>,
}

/// A product, and what is added to it.
#[derive(Debug)]
pub(super) struct Linear {
    pub(super) weight: Weight,
    pub(super) bias: Option<Vec<f32>>,
}

impl Linear {
    /// The forms of an input that these products need.
    pub(super) fn need(linears: &[&Self]) -> Need {
        linears.iter().fold(Need::default(), |need, linear| {
            need | linear.weight.matrix().format().need()
        })
    }

    /// This product, for rows that go into `out`.
    pub(super) fn wanted<'a>(&'a self, out: &'a mut [f32]) -> Wanted<'a> {
        (self.weight.matrix(), self.bias.as_deref(), out)
    }
}

/// Cosines and sines of every position, half a head's size of each.
#[derive(Debug)]
pub(super) struct Angles {
    cos: Vec<f32>,
    sin: Vec<f32>,
    half: usize,
}

impl Angles {
    fn new(table: &RopeTable) -> Result<Self> {
        let (cos, sin, half) = table.to_vecs()?;
        Ok(Self { cos, sin, half })
    }

    /// Cosines and sines of a position.
    pub(super) fn at(&self, position: usize) -> (&[f32], &[f32]) {
        let range = position * self.half..(position + 1) * self.half;
        (
            self.cos.get(range.clone()).unwrap_or_default(),
            self.sin.get(range).unwrap_or_default(),
        )
    }
}

impl Net {
    /// Reads the weights; `positions` tokens are prepared for. They stay in `file`, which is
    /// mapped.
    pub(super) fn read(
        content: &Content,
        file: File,
        config: Config,
        positions: usize,
    ) -> Result<Self> {
        let mut file = Mapped::new(content, file)?;
        let embedding = file.matrix("token_embd.weight")?;
        // Without a matrix of its own, the output shares the embedding's.
        let output = if file.has("output.weight") {
            linear(&mut file, "output")?
        } else {
            Linear {
                weight: embedding.clone(),
                bias: None,
            }
        };
        let factors = optional(&mut file, "rope_freqs.weight")?;
        let layers = (0..config.layers)
            .map(|at| layer(&mut file, at))
            .collect::<Result<_>>()?;
        let norm = file.vector("output_norm.weight")?;
        let angles = |base, scale, factors| {
            let size = config.head_dim;
            let table = RopeTable::new(size, base, scale, factors, positions, &Device::Cpu)?;
            Angles::new(&table)
        };
        let rope = angles(config.rope_base, config.rope_scale, factors.as_deref())?;
        let window_rope = config
            .window
            .map(|window| angles(window.rope_base, 1.0, None))
            .transpose()?;
        let isa = Isa::best();
        tracing::debug!(
            isa = isa.name(),
            converted_tensors = file.converted(),
            "weights are mapped; those whose format has no product of its own were rounded to 8 bits"
        );
        Ok(Self {
            config,
            isa,
            embedding,
            layers,
            norm,
            output,
            rope,
            window_rope,
        })
    }
}

fn optional(file: &mut Mapped<'_>, name: &str) -> Result<Option<Vec<f32>>> {
    file.has(name).then(|| file.vector(name)).transpose()
}

fn linear(file: &mut Mapped<'_>, name: &str) -> Result<Linear> {
    Ok(Linear {
        weight: file.matrix(&format!("{name}.weight"))?,
        bias: optional(file, &format!("{name}.bias"))?,
    })
}

fn layer(file: &mut Mapped<'_>, at: usize) -> Result<Layer> {
    let name = |part: &str| format!("blk.{at}.{part}");
    Ok(Layer {
        attention_norm: file.vector(&name("attn_norm.weight"))?,
        query: linear(file, &name("attn_q"))?,
        key: linear(file, &name("attn_k"))?,
        value: linear(file, &name("attn_v"))?,
        query_norm: optional(file, &name("attn_q_norm.weight"))?,
        key_norm: optional(file, &name("attn_k_norm.weight"))?,
        attention_output: linear(file, &name("attn_output"))?,
        attention_post_norm: optional(file, &name("post_attention_norm.weight"))?,
        feed_norm: file.vector(&name("ffn_norm.weight"))?,
        gate: linear(file, &name("ffn_gate"))?,
        up: linear(file, &name("ffn_up"))?,
        down: linear(file, &name("ffn_down"))?,
        feed_post_norm: optional(file, &name("post_ffw_norm.weight"))?,
    })
}
