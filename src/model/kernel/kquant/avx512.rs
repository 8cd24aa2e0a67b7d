//! The products of many rows for processors with AVX-512 and dot products of bytes (VNNI).
//!
//! As with AVX2, but sixteen outputs at a time, and four products are summed into 32 bits by one
//! instruction. A few rows wait for memory and not for arithmetic: they stay with AVX2, which gives
//! the same bits.

#![allow(
    unsafe_code,
    reason = "vector instructions; lengths are checked once, in `Matrix::product`"
)]

mod q4k;
mod q6k;

use std::arch::x86_64::{
    __m256, __m256i, __m512, __m512i, _mm512_broadcast_f32x8, _mm512_castsi256_si512,
    _mm512_insertf32x8, _mm512_inserti64x4, _mm512_loadu_ps, _mm512_set1_epi32, _mm512_setzero_ps,
    _mm512_storeu_ps,
};
use std::ops::Range;

use super::avx2::{self, FEW, fetch};
use super::input::Coarse;
use super::unpack::Rows;
use super::{Format, Input, Matrix};
use q4k::Q4K;
use q6k::Q6K;

/// Outputs that are computed together.
const GROUP: usize = 16;
/// Rows of input that are multiplied together.
const TILE: usize = 8;

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
            Format::Q4K if input.rows() > FEW => drive::<Q4K>(matrix, outputs, input, out),
            Format::Q6K if input.rows() > FEW => drive::<Q6K>(matrix, outputs, input, out),
            _ => avx2::product(matrix, outputs, input, out),
        }
    }
}

/// One row of the input at the block that is worked on: 256 numbers, and their sums.
#[derive(Clone, Copy)]
struct X {
    quants: *const i8,
    scale: *const f32,
    sums: *const i16,
}

impl X {
    /// Four numbers, in every lane.
    ///
    /// # Safety
    /// There are as many numbers, and the processor has the instructions.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    unsafe fn four(self, at: usize) -> __m512i {
        // SAFETY: as the caller promises.
        _mm512_set1_epi32(unsafe { self.quants.add(4 * at).cast::<i32>().read_unaligned() })
    }

    /// Two sums, in every lane.
    ///
    /// # Safety
    /// As for [`X::four`].
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    unsafe fn two_sums(self, at: usize) -> __m512i {
        // SAFETY: as the caller promises.
        _mm512_set1_epi32(unsafe { self.sums.add(2 * at).cast::<i32>().read_unaligned() })
    }
}

/// A format's way to read sixteen blocks of 256 numbers and to multiply them with rows of input.
trait Kind {
    /// Bytes of a block.
    const BYTES: usize;
    /// Sums of input that belong to a block.
    const SUMS: usize;
    /// Sixteen blocks, read.
    type Block;

    unsafe fn block() -> Self::Block;
    /// The sums that the format needs.
    fn sums<'a>(row: &Coarse<'a>) -> &'a [i16];
    /// Reads the blocks of outputs 0 to 7 and of outputs 8 to 15.
    unsafe fn read(rows: [&Rows; 2], block: &mut Self::Block);
    /// Adds the products of sixteen blocks with each of the rows to their totals.
    unsafe fn multiply<const M: usize>(block: &Self::Block, x: [X; M], totals: &mut [__m512; M]);
}

/// Two halves.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn join(low: __m256i, high: __m256i) -> __m512i {
    _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high)
}

/// Two halves.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn join_floats(low: __m256, high: __m256) -> __m512 {
    _mm512_insertf32x8::<1>(_mm512_broadcast_f32x8(low), high)
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
unsafe fn drive<K: Kind>(
    matrix: &Matrix<'_>,
    outputs: Range<usize>,
    input: &Input,
    out: &mut [&mut [f32]],
) {
    let blocks = matrix.columns / 256;
    let ahead = GROUP * blocks * K::BYTES;
    let mut totals = vec![[0f32; GROUP]; input.rows()];
    // SAFETY: the caller promises the instructions.
    let mut block = unsafe { K::block() };
    let last = outputs.end - 1;
    for first in outputs.clone().step_by(GROUP) {
        // Where fewer are left, the last is computed several times.
        let row = |i: usize| matrix.row((first + i).min(last)).as_ptr();
        let mut low: Rows = std::array::from_fn(row);
        let mut high: Rows = std::array::from_fn(|i| row(i + 8));
        totals.fill([0.0; GROUP]);
        for at in 0..blocks {
            // SAFETY: a row of the matrix has `blocks` blocks.
            unsafe {
                fetch(&low, K::BYTES, ahead);
                fetch(&high, K::BYTES, ahead);
                K::read([&low, &high], &mut block);
            }
            let mut row = 0;
            for totals in totals.chunks_mut(TILE) {
                // SAFETY: a row of the input has `blocks` blocks.
                unsafe {
                    if let Some(all) = totals.as_mut_array::<TILE>() {
                        some::<K, TILE>(&block, input, row, at, all.each_mut());
                        row += TILE;
                        continue;
                    }
                    let (half, rest) = match totals.split_first_chunk_mut::<4>() {
                        Some((half, rest)) => (Some(half), rest),
                        None => (None, totals),
                    };
                    if let Some(half) = half {
                        some::<K, 4>(&block, input, row, at, half.each_mut());
                        row += 4;
                    }
                    for total in rest {
                        some::<K, 1>(&block, input, row, at, [total]);
                        row += 1;
                    }
                }
            }
            for row in low.iter_mut().chain(&mut high) {
                *row = row.wrapping_add(K::BYTES);
            }
        }
        let place = first - outputs.start;
        for (out, totals) in out.iter_mut().zip(&totals) {
            for (out, total) in out.iter_mut().skip(place).zip(totals) {
                *out = *total;
            }
        }
    }
}

/// # Safety
/// Each row of input has a block `at`, and the processor has the instructions.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
unsafe fn some<K: Kind, const M: usize>(
    block: &K::Block,
    input: &Input,
    first: usize,
    at: usize,
    totals: [&mut [f32; GROUP]; M],
) {
    let x = std::array::from_fn(|row| {
        let x = input.coarse(first + row);
        X {
            quants: x.quants.as_ptr().wrapping_add(256 * at),
            scale: x.scales.as_ptr().wrapping_add(at),
            sums: K::sums(&x).as_ptr().wrapping_add(K::SUMS * at),
        }
    });
    // SAFETY: as the caller promises; a total has sixteen places.
    unsafe {
        let mut sums = [_mm512_setzero_ps(); M];
        for (sum, total) in sums.iter_mut().zip(&totals) {
            *sum = _mm512_loadu_ps(total.as_ptr());
        }
        K::multiply(block, x, &mut sums);
        for (total, sum) in totals.into_iter().zip(sums) {
            _mm512_storeu_ps(total.as_mut_ptr(), sum);
        }
    }
}
