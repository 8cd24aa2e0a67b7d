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
    __m256, __m256i, __m512, __m512i, _mm512_add_epi32, _mm512_broadcast_f32x8,
    _mm512_castsi256_si512, _mm512_dpbusd_epi32, _mm512_dpwssd_epi32, _mm512_insertf32x8,
    _mm512_inserti64x4, _mm512_loadu_ps, _mm512_mullo_epi32, _mm512_set1_epi32, _mm512_setzero_ps,
    _mm512_setzero_si512, _mm512_storeu_ps,
};
use std::ops::Range;

use super::avx2::{self, FEW, Kind, Q4K, Q6K, X, fetch, put};
use super::unpack::Rows;
use super::{Format, Input, Matrix};

/// Outputs that are computed together.
pub(super) const GROUP: usize = 16;
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

/// A format's way to read sixteen blocks of 256 numbers and to multiply them with rows of input.
pub(super) trait Wide: Kind {
    /// Sixteen blocks, read.
    type Sixteen;

    unsafe fn sixteen() -> Self::Sixteen;
    /// Reads the blocks of outputs 0 to 7 and of outputs 8 to 15.
    unsafe fn read_wide(rows: [&Rows; 2], block: &mut Self::Sixteen);
    /// Adds the products of sixteen blocks with each of the rows to their totals.
    unsafe fn multiply_wide<const M: usize>(
        block: &Self::Sixteen,
        x: [X; M],
        totals: &mut [__m512; M],
    );
    /// The numbers of sixteen blocks, four of each in a vector.
    fn quants(block: &Self::Sixteen) -> &[__m512i; 64];
    /// Every output's factors, each of as many numbers.
    fn factors(block: &Self::Sixteen) -> &[__m512i];
    /// Adds the products with a row, of which `sum` are those with factors, to its total.
    unsafe fn finish(block: &Self::Sixteen, x: X, sum: __m512i, total: &mut __m512);
}

/// Products with each of the rows, times every output's factor, of which there is one to `PART` fours of
/// numbers.
///
/// # Safety
/// Each row of input has a block, and the processor has the instructions.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
unsafe fn scaled<const M: usize, const PART: usize>(
    quants: &[__m512i; 64],
    factors: &[__m512i],
    x: [X; M],
) -> [__m512i; M] {
    let mut sums = [_mm512_setzero_si512(); M];
    let parts = quants.chunks_exact(PART).zip(factors);
    for (part, (quants, factor)) in parts.enumerate() {
        let mut small = [_mm512_setzero_si512(); M];
        for (at, quants) in quants.iter().enumerate() {
            for (small, x) in small.iter_mut().zip(x) {
                // SAFETY: a block has 256 numbers.
                let x = _mm512_set1_epi32(unsafe { x.quad(PART * part + at) });
                *small = _mm512_dpbusd_epi32(*small, *quants, x);
            }
        }
        for (sum, small) in sums.iter_mut().zip(small) {
            *sum = _mm512_add_epi32(*sum, _mm512_mullo_epi32(small, *factor));
        }
    }
    sums
}

/// The sums of a row's numbers, times every output's pairs of factors or offsets.
///
/// # Safety
/// The row has two sums to each of the pairs, and the processor has the instructions.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
unsafe fn offset(pairs: &[__m512i], x: X) -> __m512i {
    let mut offset = _mm512_setzero_si512();
    for (at, pairs) in pairs.iter().enumerate() {
        // SAFETY: as the caller promises.
        let sums = _mm512_set1_epi32(unsafe { x.pair(at) });
        offset = _mm512_dpwssd_epi32(offset, *pairs, sums);
    }
    offset
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
unsafe fn drive<K: Wide>(
    matrix: &Matrix<'_>,
    outputs: Range<usize>,
    input: &Input,
    out: &mut [&mut [f32]],
) {
    let blocks = matrix.columns / 256;
    let ahead = GROUP * blocks * K::BYTES;
    let mut totals = vec![[0f32; GROUP]; input.rows()];
    // SAFETY: the caller promises the instructions.
    let mut block = unsafe { K::sixteen() };
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
                K::read_wide([&low, &high], &mut block);
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
        put(&totals, place, out);
    }
}

/// # Safety
/// Each row of input has a block `at`, and the processor has the instructions.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
unsafe fn some<K: Wide, const M: usize>(
    block: &K::Sixteen,
    input: &Input,
    first: usize,
    at: usize,
    totals: [&mut [f32; GROUP]; M],
) {
    // SAFETY: as the caller promises; a total has sixteen places.
    unsafe {
        let x = std::array::from_fn(|row| K::x(input, first + row, at));
        let mut sums = [_mm512_setzero_ps(); M];
        for (sum, total) in sums.iter_mut().zip(&totals) {
            *sum = _mm512_loadu_ps(total.as_ptr());
        }
        K::multiply_wide(block, x, &mut sums);
        for (total, sum) in totals.into_iter().zip(sums) {
            _mm512_storeu_ps(total.as_mut_ptr(), sum);
        }
    }
}
