//! 4-bit numbers with 6-bit factors and offsets.

#![allow(
    unsafe_code,
    reason = "vector instructions; lengths are checked once, in `Matrix::product`"
)]
#![allow(
    clippy::indexing_slicing,
    reason = "constant places in arrays, in loops that are unrolled"
)]

use std::arch::x86_64::{
    __m512, __m512i, _mm512_and_si512, _mm512_cvtepi32_ps, _mm512_fmadd_ps, _mm512_fnmadd_ps,
    _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps, _mm512_setzero_si512,
};

use super::{Q4K, Wide, X, join, join_floats, offset, scaled};
use crate::model::kernel::kquant::unpack::{Rows, head_q4k, nibbles, turn};

/// Sixteen blocks, four numbers of each in a vector.
pub(in super::super) struct Block {
    quants: [__m512i; 64],
    /// For each 32 numbers: every output's factor.
    factors: [__m512i; 8],
    /// For each 64 numbers: every output's two offsets.
    offsets: [__m512i; 4],
    scale: __m512,
    offset_scale: __m512,
}

impl Wide for Q4K {
    type Sixteen = Block;

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    unsafe fn sixteen() -> Block {
        Block {
            quants: [_mm512_setzero_si512(); 64],
            factors: [_mm512_setzero_si512(); 8],
            offsets: [_mm512_setzero_si512(); 4],
            scale: _mm512_setzero_ps(),
            offset_scale: _mm512_setzero_ps(),
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    unsafe fn read_wide([low, high]: [&Rows; 2], block: &mut Block) {
        // SAFETY: a block has 144 bytes.
        let heads = unsafe { (head_q4k(low), head_q4k(high)) };
        let one = _mm512_set1_epi32(0xffff);
        for (at, factor) in block.factors.iter_mut().enumerate() {
            *factor = _mm512_and_si512(join(heads.0.factors[at], heads.1.factors[at]), one);
        }
        for (at, offset) in block.offsets.iter_mut().enumerate() {
            *offset = join(heads.0.offsets[at], heads.1.offsets[at]);
        }
        block.scale = join_floats(heads.0.scale, heads.1.scale);
        block.offset_scale = join_floats(heads.0.offset_scale, heads.1.offset_scale);
        for part in 0..4 {
            for half in 0..2 {
                let offset = 16 + 32 * part + 16 * half;
                // SAFETY: a block has 144 bytes.
                let (left, right) = unsafe { (turn(low, offset), turn(high, offset)) };
                for i in 0..4 {
                    let (left, right) = (nibbles(left[i]), nibbles(right[i]));
                    let at = 16 * part + 4 * half + i;
                    block.quants[at] = join(left.0, right.0);
                    block.quants[at + 8] = join(left.1, right.1);
                }
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    unsafe fn multiply_wide<const M: usize>(block: &Block, x: [X; M], totals: &mut [__m512; M]) {
        // SAFETY: as the caller promises.
        let sums = unsafe { scaled::<M, 8>(&block.quants, &block.factors, x) };
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
        // SAFETY: a block has eight sums.
        let offset = unsafe { offset(&block.offsets, x) };
        // SAFETY: a block has a scale.
        let scale = _mm512_set1_ps(unsafe { *x.scale });
        let main = _mm512_mul_ps(block.scale, scale);
        *total = _mm512_fmadd_ps(main, _mm512_cvtepi32_ps(sum), *total);
        let main = _mm512_mul_ps(block.offset_scale, scale);
        *total = _mm512_fnmadd_ps(main, _mm512_cvtepi32_ps(offset), *total);
    }
}
