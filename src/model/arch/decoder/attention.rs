//! Grouped-query attention over a batch's own tokens and, before them, a beginning that all of
//! its rows share.

use candle_core::{D, DType, Device, Result, Tensor};

use super::cache::LayerKv;
use super::config::Window;

/// What each new column may look at.
#[derive(Debug, Clone)]
pub(super) struct Masks {
    /// Added to the scores of `(rows, 1, new columns, prefix + columns)`; `None` when every new
    /// column may look at everything.
    bias: Option<Tensor>,
}

impl Masks {
    /// The mask for `new` columns that come after `start` filled ones and a prefix of `prefix`
    /// tokens.
    ///
    /// Padding sees itself: a row of scores that is `-inf` throughout would become NaN, and NaN
    /// spreads even from columns that nobody looks at.
    pub(super) fn new(
        padding: &[usize],
        prefix: usize,
        start: usize,
        new: usize,
        window: Option<Window>,
        device: &Device,
    ) -> Result<Self> {
        let columns = start + new;
        let windowed = window.filter(|window| prefix + columns > window.tokens);
        if new == 1 && windowed.is_none() && padding.iter().all(|padding| *padding == 0) {
            return Ok(Self { bias: None });
        }
        let width = prefix + columns;
        let mut bias = Vec::with_capacity(padding.len() * new * width);
        for &padding in padding {
            for query in start..columns {
                let position = prefix + query.saturating_sub(padding);
                for key in 0..width {
                    let seen = if key < prefix {
                        windowed.is_none_or(|window| position - key < window.tokens)
                    } else {
                        let key = key - prefix;
                        key == query
                            || (key < query
                                && key >= padding
                                && windowed.is_none_or(|window| query - key < window.tokens))
                    };
                    bias.push(if seen { 0f32 } else { f32::NEG_INFINITY });
                }
            }
        }
        Ok(Self {
            bias: Some(Tensor::from_vec(
                bias,
                (padding.len(), 1, new, width),
                device,
            )?),
        })
    }

    /// The same for scores in `dtype`.
    pub(super) fn in_dtype(self, dtype: DType) -> Result<Self> {
        let bias = self.bias.map(|bias| bias.to_dtype(dtype)).transpose()?;
        Ok(Self { bias })
    }
}

/// Attends: `query` is `(rows, heads, new, head size)`, already scaled; `own` holds the rows' own
/// keys and values, `prefix` those of the shared beginning (one row). It computes in what keys and
/// values are kept in, and returns `(rows, new, heads * head size)` in what the query came in.
pub(super) fn attend(
    query: &Tensor,
    own: &LayerKv,
    prefix: Option<&LayerKv>,
    masks: &Masks,
) -> Result<Tensor> {
    let (rows, heads, new, size) = query.dims4()?;
    let kv_heads = own.keys.dim(1)?;
    let group = heads / kv_heads * new;
    // The heads of a group share keys, so they are rows of one product instead of copies of keys.
    let given = query.dtype();
    let query = query.to_dtype(own.keys.dtype())?.contiguous()?;
    let query = query.reshape((rows, kv_heads, group, size))?;
    let own_len = own.keys.dim(2)?;
    let own_scores = query.matmul(&own.keys.t()?)?;
    let (scores, prefix_len) = match prefix {
        None => (own_scores, 0),
        Some(prefix) => {
            let scores = shared_product(&query, &prefix.keys.t()?)?;
            (
                Tensor::cat(&[scores, own_scores], D::Minus1)?,
                prefix.keys.dim(2)?,
            )
        }
    };
    let width = prefix_len + own_len;
    let scores = match &masks.bias {
        None => scores,
        Some(bias) => scores
            .reshape((rows, heads, new, width))?
            .broadcast_add(bias)?
            .reshape((rows, kv_heads, group, width))?,
    };
    let weights = candle_nn::ops::softmax_last_dim(&scores)?;
    let own_part = weights
        .narrow(D::Minus1, prefix_len, own_len)?
        .contiguous()?
        .matmul(&own.values)?;
    let out = match prefix {
        None => own_part,
        Some(prefix) => {
            (shared_product(&weights.narrow(D::Minus1, 0, prefix_len)?, &prefix.values)?
                + own_part)?
        }
    };
    out.reshape((rows, heads, new, size))?
        .transpose(1, 2)?
        .contiguous()?
        .reshape((rows, new, heads * size))?
        .to_dtype(given)
}

/// `(rows, kv heads, group, a)` by `(1, kv heads, a, b)`, with all rows in one product a head.
fn shared_product(rows: &Tensor, shared: &Tensor) -> Result<Tensor> {
    let (batch, kv_heads, group, inner) = rows.dims4()?;
    if batch == 1 {
        return rows.contiguous()?.matmul(shared);
    }
    let stacked = rows
        .transpose(0, 1)?
        .contiguous()?
        .reshape((kv_heads, batch * group, inner))?;
    let product = stacked.matmul(&shared.squeeze(0)?)?;
    let outer = product.dim(D::Minus1)?;
    product
        .reshape((kv_heads, batch, group, outer))?
        .transpose(0, 1)?
        .contiguous()
}
