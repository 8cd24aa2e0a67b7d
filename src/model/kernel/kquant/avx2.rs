//! The products for processors with AVX2, FMA and half-precision conversion.
//!
//! Eight outputs at a time, whose weights are turned (`unpack`) so that every lane sums for one of
//! them: no sum has to be taken across lanes, and products of 4-bit numbers are summed over 32
//! numbers in 16 bits before a factor widens them. Multiplying is what limits older processors,
//! and this is the least of it. A few rows of input use the turned weights out of the registers;
//! many share a block of them in the nearest cache.

#![allow(
    unsafe_code,
    reason = "vector instructions; lengths are checked once, in `product`"
)]

mod q4k;
mod q6k;
mod q8;

use std::arch::x86_64::{
    __m256, __m256i, _MM_HINT_T1, _mm_prefetch, _mm256_loadu_ps, _mm256_set1_epi32,
    _mm256_setzero_ps, _mm256_storeu_ps,
};
use std::ops::Range;

use super::unpack::Rows;
use super::{Format, Input, Matrix, portable};
use crate::model::kernel::isa::Isa;
use crate::model::kernel::vector;
pub(super) use q4k::Q4K;
pub(super) use q6k::Q6K;
use q8::Q8;

/// Outputs that are computed together.
const GROUP: usize = 8;

/// See [`Matrix::product`], which has checked the sizes and asked the processor.
pub(super) fn product(
    matrix: &Matrix<'_>,
    outputs: Range<usize>,
    input: &Input,
    out: &mut [&mut [f32]],
) {
    // SAFETY: the caller has asked the processor for the instructions.
    unsafe {
        match matrix.format {
            Format::Q4K => drive::<Q4K>(matrix, outputs, input, out),
            Format::Q6K => drive::<Q6K>(matrix, outputs, input, out),
            Format::Q8 => drive::<Q8>(matrix, outputs, input, out),
            Format::F16 | Format::F32 => {
                for (row, out) in out.iter_mut().enumerate() {
                    for (output, out) in outputs.clone().zip(out.iter_mut()) {
                        let weights = matrix.row(output);
                        *out = portable::dot(matrix.format, weights, input, row, Isa::Avx2);
                    }
                }
            }
        }
    }
}

/// One row of the input at the block that is worked on.
#[derive(Clone, Copy)]
pub(super) struct X {
    pub(super) quants: *const i8,
    pub(super) scale: *const f32,
    /// Sums of 16 numbers (`Q6K`) or of 32 (`Q4K`).
    sums: *const i16,
}

impl X {
    /// Four numbers.
    ///
    /// # Safety
    /// There are as many numbers.
    #[inline]
    pub(super) unsafe fn quad(self, at: usize) -> i32 {
        // SAFETY: as the caller promises.
        unsafe { self.quants.add(4 * at).cast::<i32>().read_unaligned() }
    }

    /// Two sums.
    ///
    /// # Safety
    /// As for [`X::quad`].
    #[inline]
    pub(super) unsafe fn pair(self, at: usize) -> i32 {
        // SAFETY: as the caller promises.
        unsafe { self.sums.add(2 * at).cast::<i32>().read_unaligned() }
    }

    /// How far it is to another row, in numbers, scales and sums.
    ///
    /// # Safety
    /// Both are of one input.
    #[inline]
    pub(super) unsafe fn step_to(self, other: Self) -> [isize; 3] {
        // SAFETY: as the caller promises.
        unsafe {
            [
                other.quants.offset_from(self.quants),
                other.scale.offset_from(self.scale),
                other.sums.offset_from(self.sums),
            ]
        }
    }

    /// The row that is a step on.
    #[inline]
    pub(super) fn stepped(self, [quants, scale, sums]: [isize; 3]) -> Self {
        Self {
            quants: self.quants.wrapping_offset(quants),
            scale: self.scale.wrapping_offset(scale),
            sums: self.sums.wrapping_offset(sums),
        }
    }

    /// Four numbers, in every lane.
    ///
    /// # Safety
    /// As for [`X::quad`], and the processor has the instructions.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn four(self, at: usize) -> __m256i {
        // SAFETY: as the caller promises.
        _mm256_set1_epi32(unsafe { self.quad(at) })
    }

    /// Two sums, in every lane.
    ///
    /// # Safety
    /// As for [`X::four`].
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn two_sums(self, at: usize) -> __m256i {
        // SAFETY: as the caller promises.
        _mm256_set1_epi32(unsafe { self.pair(at) })
    }
}

/// A format's way to read eight blocks and to multiply them with rows of input.
pub(super) trait Kind {
    /// Bytes of a block.
    const BYTES: usize;
    /// Numbers in a block.
    const NUMBERS: usize;
    /// Eight blocks, read.
    type Block;

    unsafe fn block() -> Self::Block;
    unsafe fn x(input: &Input, row: usize, block: usize) -> X;
    unsafe fn read(rows: &Rows, block: &mut Self::Block);
    /// Adds the products of eight blocks with each of the rows to their totals.
    unsafe fn multiply<const M: usize>(block: &Self::Block, x: [X; M], totals: &mut [__m256; M]);
    /// The same for blocks that were not read before.
    unsafe fn read_and_multiply<const M: usize>(
        rows: &Rows,
        block: &mut Self::Block,
        x: [X; M],
        totals: &mut [__m256; M],
    );
}

/// Rows of input up to which blocks are not read into memory first.
pub(super) const FEW: usize = 3;
/// Rows of input that are multiplied together.
const TILE: usize = 4;

#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn drive<K: Kind>(
    matrix: &Matrix<'_>,
    outputs: Range<usize>,
    input: &Input,
    out: &mut [&mut [f32]],
) {
    let blocks = matrix.columns / K::NUMBERS;
    let ahead = GROUP * blocks * K::BYTES;
    let mut totals = vec![[0f32; GROUP]; input.rows()];
    // SAFETY: the caller promises the instructions.
    let mut block = unsafe { K::block() };
    let last = outputs.end - 1;
    for first in outputs.clone().step_by(GROUP) {
        // Where fewer are left, the last is computed several times.
        let mut rows: Rows = std::array::from_fn(|i| matrix.row((first + i).min(last)).as_ptr());
        totals.fill([0.0; GROUP]);
        if input.rows() <= FEW {
            // SAFETY: a row of the matrix and of the input has `blocks` blocks.
            unsafe {
                match totals.as_mut_slice() {
                    [a] => few::<K, 1>(rows, &mut block, input, blocks, ahead, [a]),
                    [a, b] => few::<K, 2>(rows, &mut block, input, blocks, ahead, [a, b]),
                    [a, b, c] => few::<K, 3>(rows, &mut block, input, blocks, ahead, [a, b, c]),
                    _ => {}
                }
            }
        } else {
            for at in 0..blocks {
                // SAFETY: a row of the matrix has `blocks` blocks.
                unsafe {
                    fetch(&rows, K::BYTES, ahead);
                    K::read(&rows, &mut block);
                }
                let mut row = 0;
                for totals in totals.chunks_mut(TILE) {
                    // SAFETY: a row of the input has `blocks` blocks.
                    unsafe {
                        match totals {
                            [a, b, c, d] => some::<K, 4>(&block, input, row, at, [a, b, c, d]),
                            [a, b, c] => some::<K, 3>(&block, input, row, at, [a, b, c]),
                            [a, b] => some::<K, 2>(&block, input, row, at, [a, b]),
                            [a] => some::<K, 1>(&block, input, row, at, [a]),
                            _ => {}
                        }
                    }
                    row += TILE;
                }
                for row in &mut rows {
                    *row = row.wrapping_add(K::BYTES);
                }
            }
        }
        let place = first - outputs.start;
        put(&totals, place, out);
    }
}

/// Writes the totals of every row from its output `place` on; those beyond its end are left out.
pub(super) fn put<const N: usize>(totals: &[[f32; N]], place: usize, out: &mut [&mut [f32]]) {
    for (out, totals) in out.iter_mut().zip(totals) {
        vector::put(totals, out.get_mut(place..).unwrap_or_default());
    }
}

/// Asks for what will be read next: the same block of the following rows. Into the second-level cache:
/// the few lines that the first may wait for at a time are less than what memory gives.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn fetch(rows: &Rows, bytes: usize, ahead: usize) {
    for row in rows {
        for line in (0..bytes).step_by(64) {
            // A hint never faults, wherever it points.
            _mm_prefetch::<_MM_HINT_T1>(row.wrapping_add(ahead + line).cast());
        }
    }
}

/// # Safety
/// Each row of weights and of input has that many blocks, and the processor has the instructions.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn few<K: Kind, const M: usize>(
    mut rows: Rows,
    block: &mut K::Block,
    input: &Input,
    blocks: usize,
    ahead: usize,
    totals: [&mut [f32; GROUP]; M],
) {
    let mut sums = [_mm256_setzero_ps(); M];
    for at in 0..blocks {
        fetch(&rows, K::BYTES, ahead);
        // SAFETY: as the caller promises.
        unsafe {
            let x = std::array::from_fn(|row| K::x(input, row, at));
            K::read_and_multiply(&rows, block, x, &mut sums);
        }
        for row in &mut rows {
            *row = row.wrapping_add(K::BYTES);
        }
    }
    for (total, sum) in totals.into_iter().zip(sums) {
        // SAFETY: a total has eight places.
        unsafe { _mm256_storeu_ps(total.as_mut_ptr(), sum) }
    }
}

/// # Safety
/// Each row of input has a block `at`, and the processor has the instructions.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn some<K: Kind, const M: usize>(
    block: &K::Block,
    input: &Input,
    first: usize,
    at: usize,
    totals: [&mut [f32; GROUP]; M],
) {
    // SAFETY: as the caller promises; a total has eight places.
    unsafe {
        let x = std::array::from_fn(|row| K::x(input, first + row, at));
        let mut sums = [_mm256_setzero_ps(); M];
        for (sum, total) in sums.iter_mut().zip(&totals) {
            *sum = _mm256_loadu_ps(total.as_ptr());
        }
        K::multiply(block, x, &mut sums);
        for (total, sum) in totals.into_iter().zip(sums) {
            _mm256_storeu_ps(total.as_mut_ptr(), sum);
        }
    }
}
