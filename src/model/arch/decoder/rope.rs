//! Rotary positions: a table of angles for each base, computed once and shared by the layers.

use candle_core::{DType, Device, Result, Tensor};

use super::config::RopeStyle;

/// Cosines and sines of every position, each `(positions, head size / 2)`.
#[derive(Debug, Clone)]
pub(super) struct RopeTable {
    cos: Tensor,
    sin: Tensor,
}

/// Cosines and sines of a batch's positions, each `(rows, columns, head size / 2)`.
#[derive(Debug, Clone)]
pub(super) struct Rotation {
    cos: Tensor,
    sin: Tensor,
    style: RopeStyle,
}

impl RopeTable {
    /// Angles for `positions` positions. `factors` divides each frequency (Llama 3's long
    /// contexts), where there are any.
    #[expect(
        clippy::cast_precision_loss,
        reason = "positions and head sizes are small integers"
    )]
    pub(super) fn new(
        head_dim: usize,
        base: f32,
        scale: f32,
        factors: Option<&[f32]>,
        positions: usize,
        device: &Device,
    ) -> Result<Self> {
        let half = head_dim / 2;
        let frequencies: Vec<f32> = (0..half)
            .map(|i| {
                let factor = factors
                    .and_then(|factors| factors.get(i))
                    .copied()
                    .unwrap_or(1.0);
                1.0 / (base.powf((2 * i) as f32 / head_dim as f32) * factor * scale)
            })
            .collect();
        let frequencies = Tensor::from_vec(frequencies, (1, half), device)?;
        let angles = Tensor::arange(0f32, positions as f32, device)?
            .to_dtype(DType::F32)?
            .reshape((positions, 1))?
            .matmul(&frequencies)?;
        Ok(Self {
            cos: angles.cos()?,
            sin: angles.sin()?,
        })
    }

    /// The cosines, the sines, and how many of each a position has.
    pub(super) fn to_vecs(&self) -> Result<(Vec<f32>, Vec<f32>, usize)> {
        let half = self.cos.dim(1)?;
        Ok((
            self.cos.flatten_all()?.to_vec1()?,
            self.sin.flatten_all()?.to_vec1()?,
            half,
        ))
    }

    /// The angles of these positions, `(rows, columns)` of `u32`.
    pub(super) fn at(&self, positions: &Tensor, style: RopeStyle) -> Result<Rotation> {
        let (rows, columns) = positions.dims2()?;
        let half = self.cos.dim(1)?;
        let flat = positions.flatten_all()?;
        Ok(Rotation {
            cos: self
                .cos
                .index_select(&flat, 0)?
                .reshape((rows, columns, half))?,
            sin: self
                .sin
                .index_select(&flat, 0)?
                .reshape((rows, columns, half))?,
            style,
        })
    }
}

impl Rotation {
    /// Rotates heads, `(rows, heads, columns, head size)`.
    pub(super) fn apply(&self, heads: &Tensor) -> Result<Tensor> {
        let heads = heads.contiguous()?;
        match self.style {
            RopeStyle::Halves => candle_nn::rotary_emb::rope(&heads, &self.cos, &self.sin),
            RopeStyle::Neighbours => candle_nn::rotary_emb::rope_i(&heads, &self.cos, &self.sin),
        }
    }
}
