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
    __m512, __m512i, _mm512_add_epi32, _mm512_and_si512, _mm512_cvtepi32_ps, _mm512_dpbusd_epi32,
    _mm512_dpwssd_epi32, _mm512_fmadd_ps, _mm512_fnmadd_ps, _mm512_mul_ps, _mm512_mullo_epi32,
    _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps, _mm512_setzero_si512,
};

use super::{Kind, X, join, join_floats};
use crate::model::kernel::kquant::input::Coarse;
use crate::model::kernel::kquant::unpack::{Rows, head_q4k, nibbles, turn};

/// See [`Format::Q4K`](crate::model::kernel::kquant::Format::Q4K).
pub(super) struct Q4K;

/// Sixteen blocks, four numbers of each in a vector.
pub(super) struct Block {
    quants: [__m512i; 64],
    /// For each 32 numbers: every output's factor.
    factors: [__m512i; 8],
    /// For each 64 numbers: every output's two offsets.
    offsets: [__m512i; 4],
    scale: __m512,
    offset_scale: __m512,
}

impl Kind for Q4K {
    const BYTES: usize = 144;
    const SUMS: usize = 8;
    type Block = Block;

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    unsafe fn block() -> Block {
        Block {
            quants: [_mm512_setzero_si512(); 64],
            factors: [_mm512_setzero_si512(); 8],
            offsets: [_mm512_setzero_si512(); 4],
            scale: _mm512_setzero_ps(),
            offset_scale: _mm512_setzero_ps(),
        }
    }

    fn sums<'a>(row: &Coarse<'a>) -> &'a [i16] {
        row.wide_sums
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    unsafe fn read([low, high]: [&Rows; 2], block: &mut Block) {
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
    unsafe fn multiply<const M: usize>(block: &Block, x: [X; M], totals: &mut [__m512; M]) {
        let mut sums = [_mm512_setzero_si512(); M];
        let parts = block.quants.chunks_exact(8).zip(&block.factors);
        for (part, (quants, factor)) in parts.enumerate() {
            let mut small = [_mm512_setzero_si512(); M];
            for (at, quants) in quants.iter().enumerate() {
                for (small, x) in small.iter_mut().zip(x) {
                    // SAFETY: a block has 256 numbers.
                    let x = unsafe { x.four(8 * part + at) };
                    *small = _mm512_dpbusd_epi32(*small, *quants, x);
                }
            }
            for (sum, small) in sums.iter_mut().zip(small) {
                *sum = _mm512_add_epi32(*sum, _mm512_mullo_epi32(small, *factor));
            }
        }
        for ((x, sum), total) in x.into_iter().zip(sums).zip(totals) {
            let mut offset = _mm512_setzero_si512();
            for (at, offsets) in block.offsets.iter().enumerate() {
                // SAFETY: a block has eight sums.
                offset = _mm512_dpwssd_epi32(offset, *offsets, unsafe { x.two_sums(at) });
            }
            // SAFETY: a block has a scale.
            let scale = _mm512_set1_ps(unsafe { *x.scale });
            let main = _mm512_mul_ps(block.scale, scale);
            *total = _mm512_fmadd_ps(main, _mm512_cvtepi32_ps(sum), *total);
            let main = _mm512_mul_ps(block.offset_scale, scale);
            *total = _mm512_fnmadd_ps(main, _mm512_cvtepi32_ps(offset), *total);
        }
    }
}
