//! Keys and values of the tokens seen so far.

use candle_core::{DType, Device, Result, Tensor};

use super::config::Config;

/// Keys and values of one layer: each `(rows, kv heads, columns, head size)`.
#[derive(Debug, Clone)]
pub(super) struct LayerKv {
    pub(super) keys: Tensor,
    pub(super) values: Tensor,
}

/// Keys and values of a shared beginning: one row, as long as the beginning.
#[derive(Debug, Clone)]
pub(super) struct Prefix {
    pub(super) layers: Vec<LayerKv>,
    /// Tokens in it.
    pub(super) len: usize,
}

/// Keys and values of a batch, beyond its shared beginning. Rows are right-aligned: a row that is
/// shorter than the longest begins with `padding` columns that nobody looks at, so that every row
/// writes its next token into the same column.
#[derive(Debug)]
pub(super) struct Cache {
    layers: Vec<LayerKv>,
    /// Unused columns at the beginning of each row.
    pub(super) padding: Vec<usize>,
    /// Columns filled so far, padding included.
    pub(super) len: usize,
}

impl Cache {
    /// An empty cache of numbers of `dtype`, for `padding.len()` rows of up to `columns` columns.
    pub(super) fn new(
        config: &Config,
        padding: Vec<usize>,
        columns: usize,
        dtype: DType,
        device: &Device,
    ) -> Result<Self> {
        let shape = (padding.len(), config.kv_heads, columns, config.head_dim);
        let layers = (0..config.layers)
            .map(|_| {
                Ok(LayerKv {
                    keys: Tensor::zeros(shape, dtype, device)?,
                    values: Tensor::zeros(shape, dtype, device)?,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            layers,
            padding,
            len: 0,
        })
    }

    /// Writes a layer's new columns at the end of what is filled, and gives back all of the
    /// layer's columns with them. [`Cache::advance`] makes them count.
    pub(super) fn write(&self, layer: usize, keys: &Tensor, values: &Tensor) -> Result<LayerKv> {
        let kv = self
            .layers
            .get(layer)
            .ok_or_else(|| candle_core::Error::msg(format!("there is no layer {layer}")))?;
        let new = keys.dim(2)?;
        let dtype = kv.keys.dtype();
        let keys = keys.to_dtype(dtype)?.contiguous()?;
        let values = values.to_dtype(dtype)?.contiguous()?;
        kv.keys.slice_set(&keys, 2, self.len)?;
        kv.values.slice_set(&values, 2, self.len)?;
        Ok(LayerKv {
            keys: kv.keys.narrow(2, 0, self.len + new)?,
            values: kv.values.narrow(2, 0, self.len + new)?,
        })
    }

    /// Counts `columns` as filled.
    pub(super) fn advance(&mut self, columns: usize) {
        self.len += columns;
    }

    /// Keeps only these rows, in this order.
    pub(super) fn keep(&mut self, rows: &[usize]) -> Result<()> {
        let Some(first) = self.layers.first() else {
            return Ok(());
        };
        let index: Vec<u32> = rows
            .iter()
            .filter_map(|&row| u32::try_from(row).ok())
            .collect();
        let index = Tensor::new(index.as_slice(), first.keys.device())?;
        for kv in &mut self.layers {
            kv.keys = kv.keys.index_select(&index, 0)?;
            kv.values = kv.values.index_select(&index, 0)?;
        }
        self.padding = rows
            .iter()
            .filter_map(|&row| self.padding.get(row).copied())
            .collect();
        Ok(())
    }

    /// The filled columns as a shared beginning. Takes the first row, which must have no padding.
    pub(super) fn into_prefix(self) -> Result<Prefix> {
        let len = self.len;
        let layers = self
            .layers
            .iter()
            .map(|kv| {
                Ok(LayerKv {
                    keys: kv.keys.narrow(0, 0, 1)?.narrow(2, 0, len)?.contiguous()?,
                    values: kv.values.narrow(0, 0, 1)?.narrow(2, 0, len)?.contiguous()?,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Prefix { layers, len })
    }
}
