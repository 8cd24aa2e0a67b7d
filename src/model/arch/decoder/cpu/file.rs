//! Weights where they lie: in the mapped file, or converted once where there is no product for
//! their format.

#![allow(unsafe_code, reason = "a mapped file can only be had so")]

use std::fs::File;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::quantized::GgmlDType;
use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Error, Result};
use memmap2::Mmap;

use crate::model::arch::pool::each;
use crate::model::kernel::kquant::{Format, Matrix, pack_q8};

/// A GGUF file, mapped.
#[derive(Debug)]
pub(super) struct Mapped<'a> {
    content: &'a Content,
    map: Arc<Mmap>,
    file: File,
    converted: usize,
}

/// A matrix of weights.
#[derive(Debug, Clone)]
pub(super) struct Weight {
    bytes: Bytes,
    format: Format,
    rows: usize,
    columns: usize,
}

#[derive(Debug, Clone)]
enum Bytes {
    Mapped(Arc<Mmap>, Range<usize>),
    Converted(Arc<[u8]>),
}

impl Weight {
    /// The matrix, to multiply with.
    pub(super) fn matrix(&self) -> Matrix<'_> {
        let bytes = match &self.bytes {
            Bytes::Mapped(map, range) => map.get(range.clone()).unwrap_or_default(),
            Bytes::Converted(bytes) => bytes,
        };
        // `Mapped::matrix` has seen that it is one.
        Matrix::new(bytes, self.format, self.rows, self.columns).unwrap_or_default()
    }
}

impl<'a> Mapped<'a> {
    /// Maps the file that `content` was read from.
    pub(super) fn new(content: &'a Content, file: File) -> Result<Self> {
        // SAFETY: the file belongs to presslate's own store, is checked against its SHA-256 before
        // it gets here, and is replaced by renaming, never written to. Whoever truncates it
        // nevertheless ends the process with a bus error; nothing here takes its bytes for more
        // than numbers.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Self {
            content,
            map: Arc::new(map),
            file,
            converted: 0,
        })
    }

    /// Whether there is a tensor of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.content.tensor_infos.contains_key(name)
    }

    /// Tensors that had to be converted so far.
    pub(super) fn converted(&self) -> usize {
        self.converted
    }

    /// A vector of floats.
    pub(super) fn vector(&mut self, name: &str) -> Result<Vec<f32>> {
        let tensor = self.content.tensor(&mut self.file, name, &Device::Cpu)?;
        tensor.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1()
    }

    /// A matrix of weights, where it lies if there is a product for its format.
    pub(super) fn matrix(&mut self, name: &str) -> Result<Weight> {
        let lacking = || Error::msg(format!("the GGUF file's {name} is not a whole matrix"));
        let info = self
            .content
            .tensor_infos
            .get(name)
            .ok_or_else(|| Error::msg(format!("the GGUF file lacks {name}")))?;
        let (rows, columns) = info.shape.dims2()?;
        let format = match info.ggml_dtype {
            GgmlDType::Q4K => Some(Format::Q4K),
            GgmlDType::Q6K => Some(Format::Q6K),
            GgmlDType::Q8_0 => Some(Format::Q8),
            GgmlDType::F16 => Some(Format::F16),
            GgmlDType::F32 => Some(Format::F32),
            _ => None,
        };
        let dtype = info.ggml_dtype;
        if !columns.is_multiple_of(dtype.block_size()) {
            return Err(lacking());
        }
        let start =
            usize::try_from(self.content.tensor_data_offset + info.offset).map_err(Error::wrap)?;
        let row = columns / dtype.block_size() * dtype.type_size();
        let size = rows.checked_mul(row).ok_or_else(lacking)?;
        let range = start..start.checked_add(size).ok_or_else(lacking)?;
        let bytes = self.map.get(range.clone()).ok_or_else(lacking)?;
        if let Some(format) = format {
            Matrix::new(bytes, format, rows, columns).ok_or_else(lacking)?;
            return Ok(Weight {
                bytes: Bytes::Mapped(Arc::clone(&self.map), range),
                format,
                rows,
                columns,
            });
        }
        self.converted += 1;
        let (format, bytes) = if columns.is_multiple_of(Format::Q8.block()) {
            (Format::Q8, rounded(bytes, dtype, columns)?)
        } else {
            let values = self.vector(name)?;
            let bytes = values.iter().flat_map(|value| value.to_le_bytes());
            (Format::F32, bytes.collect())
        };
        Ok(Weight {
            bytes: Bytes::Converted(bytes.into()),
            format,
            rows,
            columns,
        })
    }
}

/// Rows of `columns` numbers, rounded to 8 bits: some at a time on every thread, because a matrix of
/// floats is several times as large as that.
fn rounded(bytes: &[u8], dtype: GgmlDType, columns: usize) -> Result<Vec<u8>> {
    /// Rows that are converted at a time.
    const ROWS: usize = 64;
    let row = columns / dtype.block_size() * dtype.type_size();
    let packed_row = columns / Format::Q8.block() * Format::Q8.block_bytes();
    let rows = bytes.len() / row.max(1);
    let mut packed = vec![0; rows * packed_row];
    let failed = Mutex::new(None);
    let pieces = bytes.chunks((ROWS * row).max(1));
    let pieces = pieces.zip(packed.chunks_mut((ROWS * packed_row).max(1)));
    each(pieces.collect(), |(bytes, packed)| {
        let values =
            qtensor_from_ggml(dtype, bytes, vec![bytes.len() / row, columns], &Device::Cpu)
                .and_then(|rows| rows.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1());
        match values {
            Ok(values) => packed.copy_from_slice(&pack_q8(&values)),
            Err(error) => *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error),
        }
    });
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        None => Ok(packed),
        Some(error) => Err(error),
    }
}
