//! What a layer is made of, and what it computes on rows.

use candle_core::{Result, Tensor};
use candle_nn::Activation;

use crate::model::arch::marian::layer::Heads;
use crate::model::arch::marian::weights::WeightFile;
use crate::model::kernel::activations::Activations;
use crate::model::kernel::isa::Isa;
use crate::model::kernel::memory::{Memory, Rows, attend};
use crate::model::kernel::panels::Panels;
use crate::model::kernel::rows;

/// Space that is used again from layer to layer and from step to step.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    activations: Activations,
    scores: Vec<f32>,
    /// Queries, keys and values; or the feed-forward network's inner rows.
    pub(super) wide: Vec<f32>,
    /// What attention gives.
    pub(super) mixed: Vec<f32>,
    /// What is added to the rows.
    added: Vec<f32>,
}

/// `x · Wᵀ + b`.
#[derive(Debug)]
pub(super) struct Linear {
    pub(super) weights: Panels,
    pub(super) bias: Vec<f32>,
}

/// A layer norm.
#[derive(Debug)]
struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// The last product of a part of a layer, and the norm of its sum with the residual.
#[derive(Debug)]
pub(super) struct Out {
    linear: Linear,
    norm: Norm,
}

/// Self-attention: queries, keys and values in one product.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) qkv: Linear,
    pub(super) out: Out,
}

/// Attention to the source.
#[derive(Debug)]
pub(super) struct Cross {
    pub(super) query: Linear,
    pub(super) kv: Linear,
    pub(super) out: Out,
}

/// The feed-forward network.
#[derive(Debug)]
pub(super) struct FeedForward {
    up: Linear,
    activation: Activation,
    down: Out,
}

/// Reads the parts of layers from a weight file.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) weights: &'a mut WeightFile,
    pub(super) width: usize,
    pub(super) heads: Heads,
    pub(super) inner: usize,
    pub(super) activation: Activation,
}

impl Scratch {
    /// The product of `rows` with a layer's weights, written to `into`, which takes its size.
    fn product(&mut self, rows: &[f32], linear: &Linear, into: &mut Vec<f32>) {
        let Linear { weights, bias } = linear;
        self.activations.quantise(rows, weights.inputs());
        into.resize(self.activations.rows() * weights.outputs(), 0.0);
        weights.forward(&self.activations, Some(bias), into);
    }

    /// The product with `rows`, in [`Scratch::wide`].
    pub(super) fn widen(&mut self, rows: &[f32], linear: &Linear) {
        let mut wide = std::mem::take(&mut self.wide);
        self.product(rows, linear, &mut wide);
        self.wide = wide;
    }

    /// Makes room in [`Scratch::mixed`] for attention's results.
    pub(super) fn begin_mixing(&mut self, size: usize) {
        self.mixed.resize(size, 0.0);
    }

    /// Attention of the query in [`Scratch::wide`] that begins at `from`, to `memory`. The result
    /// goes to row `row` of [`Scratch::mixed`].
    pub(super) fn attend(
        &mut self,
        from: usize,
        memory: Memory<'_>,
        heads: usize,
        (row, width): (usize, usize),
    ) {
        let wide = std::mem::take(&mut self.wide);
        self.mix(wide.get(from..from + width), memory, heads, (row, width));
        self.wide = wide;
    }

    /// Attention of the `row`-th query, key and value in [`Scratch::wide`] to the `count` of them
    /// that begin at the `first`. The result goes to row `row` of [`Scratch::mixed`].
    pub(super) fn attend_within(
        &mut self,
        (first, count): (usize, usize),
        heads: usize,
        (row, width): (usize, usize),
    ) {
        let wide = std::mem::take(&mut self.wide);
        let memory = Memory {
            data: &wide,
            stride: 3 * width,
            keys: width,
            values: 2 * width,
            rows: Rows::Range(first, count),
        };
        let query = wide.get(row * 3 * width..row * 3 * width + width);
        self.mix(query, memory, heads, (row, width));
        self.wide = wide;
    }

    fn mix(
        &mut self,
        query: Option<&[f32]>,
        memory: Memory<'_>,
        heads: usize,
        (row, width): (usize, usize),
    ) {
        let into = self.mixed.get_mut(row * width..(row + 1) * width);
        if let (Some(query), Some(into)) = (query, into) {
            attend(Isa::best(), query, memory, heads, &mut self.scores, into);
        }
    }

    /// Adds what a part of a layer makes of [`Scratch::mixed`] to the rows.
    pub(super) fn add_mixed(&mut self, rows: &mut [f32], out: &Out) {
        let mixed = std::mem::take(&mut self.mixed);
        self.add(rows, &mixed, out);
        self.mixed = mixed;
    }

    fn add(&mut self, rows: &mut [f32], from: &[f32], out: &Out) {
        let mut added = std::mem::take(&mut self.added);
        self.product(from, &out.linear, &mut added);
        rows::add_and_norm(
            Isa::best(),
            rows,
            &added,
            &out.norm.weight,
            &out.norm.bias,
            1e-5,
        );
        self.added = added;
    }

    /// Adds what the feed-forward network makes of the rows.
    pub(super) fn feed_forward(&mut self, rows: &mut [f32], layer: &FeedForward) {
        self.widen(rows, &layer.up);
        let mut wide = std::mem::take(&mut self.wide);
        match layer.activation {
            Activation::Relu => rows::relu(Isa::best(), &mut wide),
            Activation::Gelu => rows::gelu(Isa::best(), &mut wide),
            // The others are refused when the network is loaded.
            _ => rows::silu(Isa::best(), &mut wide),
        }
        self.add(rows, &wide, &layer.down);
        self.wide = wide;
    }
}

/// Whether the activation has a form on slices.
pub(super) fn is_supported(activation: Activation) -> bool {
    matches!(
        activation,
        Activation::Relu | Activation::Gelu | Activation::Silu | Activation::Swish
    )
}

pub(super) fn values(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}

impl Reader<'_> {
    /// Several dense layers with the same input as one: `names` under `prefix`, the first scaled.
    fn fused(
        &mut self,
        prefix: &str,
        names: &[&str],
        sizes: (usize, usize),
        scale_first: f64,
    ) -> Result<Linear> {
        let (weight, bias) = self.weights.fused(prefix, names, sizes, scale_first)?;
        Ok(Linear {
            weights: Panels::quantise(&values(&weight)?, sizes.1),
            bias: values(&bias)?,
        })
    }

    fn out(&mut self, linear: &str, inputs: usize, norm: &str) -> Result<Out> {
        let (prefix, name) = linear.rsplit_once('.').unwrap_or(("", linear));
        let width = self.width;
        let linear = self.fused(prefix, &[name], (width, inputs), 1.0)?;
        let mut vector = |part: &str| -> Result<Vec<f32>> {
            values(&self.weights.require(&format!("{norm}.{part}"), &[width])?)
        };
        let norm = Norm {
            weight: vector("weight")?,
            bias: vector("bias")?,
        };
        Ok(Out { linear, norm })
    }

    /// The self-attention of a layer.
    pub(super) fn own(&mut self, prefix: &str) -> Result<Own> {
        let name = format!("{prefix}.self_attn");
        let (width, scale) = (self.width, self.heads.scale());
        Ok(Own {
            qkv: self.fused(
                &name,
                &["q_proj", "k_proj", "v_proj"],
                (width, width),
                scale,
            )?,
            out: self.out(
                &format!("{name}.out_proj"),
                width,
                &format!("{prefix}.self_attn_layer_norm"),
            )?,
        })
    }

    /// The attention to the source of a layer.
    pub(super) fn cross(&mut self, prefix: &str) -> Result<Cross> {
        let name = format!("{prefix}.encoder_attn");
        let (width, scale) = (self.width, self.heads.scale());
        Ok(Cross {
            query: self.fused(&name, &["q_proj"], (width, width), scale)?,
            kv: self.fused(&name, &["k_proj", "v_proj"], (width, width), 1.0)?,
            out: self.out(
                &format!("{name}.out_proj"),
                width,
                &format!("{prefix}.encoder_attn_layer_norm"),
            )?,
        })
    }

    /// The feed-forward network of a layer.
    pub(super) fn feed_forward(&mut self, prefix: &str) -> Result<FeedForward> {
        let (width, inner) = (self.width, self.inner);
        Ok(FeedForward {
            up: self.fused(prefix, &["fc1"], (inner, width), 1.0)?,
            activation: self.activation,
            down: self.out(
                &format!("{prefix}.fc2"),
                inner,
                &format!("{prefix}.final_layer_norm"),
            )?,
        })
    }
}
