//! 6-bit numbers with 8-bit factors.

#![allow(
    unsafe_code,
    reason = "vector instructions; lengths are checked once, in `Matrix::product`"
)]
#![allow(
    clippy::indexing_slicing,
    reason = "constant places in arrays, in loops that are unrolled"
)]

use std::arch::x86_64::{
    __m512, __m512i, _mm512_cvtepi32_ps, _mm512_fmadd_ps, _mm512_mul_ps, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_setzero_si512, _mm512_slli_epi32, _mm512_srai_epi32,
    _mm512_sub_epi32,
};

use super::{Q6K, Wide, X, join, join_floats, offset, scaled};
use crate::model::kernel::kquant::unpack::{Rows, quants_q6k, tail_q6k};

/// Sixteen blocks, four numbers of each in a vector.
pub(in super::super) struct Block {
    quants: [__m512i; 64],
    /// For each 16 numbers: every output's factor.
    factors: [__m512i; 16],
    /// For each 32 numbers: every output's two factors.
    pairs: [__m512i; 8],
    scale: __m512,
}

impl Q6K {
    /// Adds a sum over a block to its row's total.
    ///
    /// # Safety
    /// The row has a scale for the block, and the processor has the instructions.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    pub(in super::super) unsafe fn scale(block: &Block, x: X, sum: __m512i, total: &mut __m512) {
        // SAFETY: as the caller promises.
        let main = _mm512_mul_ps(block.scale, _mm512_set1_ps(unsafe { *x.scale }));
        *total = _mm512_fmadd_ps(main, _mm512_cvtepi32_ps(sum), *total);
    }
}

impl Wide for Q6K {
    type Sixteen = Block;

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    unsafe fn sixteen() -> Block {
        Block {
            quants: [_mm512_setzero_si512(); 64],
            factors: [_mm512_setzero_si512(); 16],
            pairs: [_mm512_setzero_si512(); 8],
            scale: _mm512_setzero_ps(),
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    unsafe fn read_wide([low, high]: [&Rows; 2], block: &mut Block) {
        // SAFETY: a block has 210 bytes.
        let tails = unsafe { (tail_q6k(low), tail_q6k(high)) };
        for (at, factor) in block.factors.iter_mut().enumerate() {
            let twice = join(tails.0.factors[at], tails.1.factors[at]);
            *factor = _mm512_srai_epi32::<16>(twice);
        }
        for (at, pair) in block.pairs.iter_mut().enumerate() {
            *pair = join(tails.0.pairs[at], tails.1.pairs[at]);
        }
        block.scale = join_floats(tails.0.scale, tails.1.scale);
        for half in 0..2 {
            for part in 0..2 {
                // SAFETY: a block has 210 bytes.
                let (left, right) =
                    unsafe { (quants_q6k(low, half, part), quants_q6k(high, half, part)) };
                for quarter in 0..4 {
                    for i in 0..4 {
                        block.quants[32 * half + 8 * quarter + 4 * part + i] =
                            join(left[quarter][i], right[quarter][i]);
                    }
                }
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    unsafe fn multiply_wide<const M: usize>(block: &Block, x: [X; M], totals: &mut [__m512; M]) {
        // SAFETY: as the caller promises.
        let sums = unsafe { scaled::<M, 4>(&block.quants, &block.factors, x) };
        for ((x, sum), total) in x.into_iter().zip(sums).zip(totals) {
            // SAFETY: as the caller promises.
            unsafe { Self::finish(block, x, sum, total) }
        }
    }

    #[inline]
    fn quants(block: &Block) -> &[__m512i; 64] {
        &block.quants
    }

    #[inline]
    fn factors(block: &Block) -> &[__m512i] {
        &block.factors
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    unsafe fn finish(block: &Block, x: X, sum: __m512i, total: &mut __m512) {
        // SAFETY: a block has 16 sums.
        let offset = unsafe { offset(&block.pairs, x) };
        let sum = _mm512_sub_epi32(sum, _mm512_slli_epi32::<5>(offset));
        // SAFETY: as the caller promises.
        unsafe { Self::scale(block, x, sum, total) }
    }
}
