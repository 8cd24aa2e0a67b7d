//! Products with weights as GGUF files store them: in blocks of a few bits a number, used where
//! they lie. Activations are rounded to 8 bits ([`Input`]), the products are sums of integers, and
//! each block's sum is scaled into one float an output.
//!
//! Every form does the same integer arithmetic and the same float operations in the same order, so
//! an output has the same bits on every instruction set and whatever else is in the batch.

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod input;
mod portable;
#[cfg(target_arch = "x86_64")]
mod unpack;

use std::ops::Range;

pub use input::{Input, Need, Slot};
pub use portable::pack_q8;

use super::isa::Isa;

/// How weights are stored. The names are ggml's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// 256 numbers of 4 bits, with a scale and an offset of 6 bits for every 32.
    Q4K,
    /// 256 numbers of 6 bits, with a scale of 8 bits for every 16.
    Q6K,
    /// 32 numbers of 8 bits with a half-precision scale.
    Q8,
    /// Half precision.
    F16,
    /// Single precision.
    F32,
}

impl Format {
    /// Numbers in a block.
    pub fn block(self) -> usize {
        match self {
            Self::Q4K | Self::Q6K => 256,
            Self::Q8 => 32,
            Self::F16 | Self::F32 => 1,
        }
    }

    /// Bytes of a block.
    pub fn block_bytes(self) -> usize {
        match self {
            Self::Q4K => 144,
            Self::Q6K => 210,
            Self::Q8 => 34,
            Self::F16 => 2,
            Self::F32 => 4,
        }
    }

    /// What a product with such weights reads of its input.
    pub fn need(self) -> Need {
        match self {
            Self::Q4K | Self::Q6K => Need::COARSE,
            Self::Q8 => Need::FINE,
            Self::F16 | Self::F32 => Need::PLAIN,
        }
    }
}

/// A matrix of weights: one row of `columns` numbers for each output.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    bytes: &'a [u8],
    format: Format,
    rows: usize,
    columns: usize,
}

impl Default for Matrix<'_> {
    /// A matrix of nothing.
    fn default() -> Self {
        Self {
            bytes: &[],
            format: Format::F32,
            rows: 0,
            columns: 0,
        }
    }
}

impl<'a> Matrix<'a> {
    /// The matrix that lies in `bytes`; `None` when they are not as many as that takes, or rows
    /// are not made of whole blocks.
    pub fn new(bytes: &'a [u8], format: Format, rows: usize, columns: usize) -> Option<Self> {
        let matrix = Self {
            bytes,
            format,
            rows,
            columns,
        };
        let whole = columns > 0 && columns.is_multiple_of(format.block());
        let bytes_wanted = matrix.row_bytes().checked_mul(rows)?;
        (whole && bytes.len() == bytes_wanted).then_some(matrix)
    }

    /// Outputs.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Inputs.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// How it is stored.
    pub fn format(&self) -> Format {
        self.format
    }

    fn row_bytes(&self) -> usize {
        self.columns / self.format.block() * self.format.block_bytes()
    }

    fn row(&self, row: usize) -> &'a [u8] {
        let bytes = self.row_bytes();
        self.bytes
            .get(row * bytes..(row + 1) * bytes)
            .unwrap_or_default()
    }

    /// Writes the numbers of a row to `out`, which has as many places as there are columns.
    /// Nothing where there is no such row.
    pub fn decode(&self, row: usize, out: &mut [f32]) {
        portable::decode(self.format, self.row(row), out);
    }

    /// Outputs `outputs` of every row of `input`: `out` has a slice for each row of the input, and
    /// each has a place for each of the outputs.
    ///
    /// # Panics
    /// When `outputs` are not in the matrix, the input is of another width or lacks the form that
    /// is needed, or `out` has other sizes.
    pub fn product(&self, isa: Isa, outputs: Range<usize>, input: &Input, out: &mut [&mut [f32]]) {
        assert!(outputs.end <= self.rows, "there is no output {outputs:?}");
        assert_eq!(input.columns(), self.columns, "the input's width");
        assert_eq!(out.len(), input.rows(), "a slice for each row");
        assert!(
            out.iter().all(|out| out.len() == outputs.len()),
            "a place for each output"
        );
        assert!(
            input.has(self.format.need()),
            "the input has been rounded as the weights need it"
        );
        if outputs.is_empty() {
            return;
        }
        match isa.min(Isa::best()) {
            #[cfg(target_arch = "x86_64")]
            Isa::AmxInt8 => amx::product(self, outputs, input, out),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512Vnni => avx512::product(self, outputs, input, out),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => avx2::product(self, outputs, input, out),
            _ => portable::product(self, outputs, input, out),
        }
    }
}

#[cfg(test)]
mod tests;
