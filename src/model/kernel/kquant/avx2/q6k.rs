//! 6-bit numbers with 8-bit factors.

#![allow(
    unsafe_code,
    reason = "vector instructions; lengths are checked once, in `avx2::product`"
)]
#![allow(
    clippy::indexing_slicing,
    reason = "constant places in arrays, in loops that are unrolled"
)]

use std::arch::x86_64::{
    __m256, __m256i, _mm256_add_epi16, _mm256_add_epi32, _mm256_cvtepi32_ps, _mm256_fmadd_ps,
    _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_mul_ps, _mm256_set1_ps, _mm256_setzero_si256,
    _mm256_slli_epi32, _mm256_sub_epi32,
};

use super::{Kind, X};
use crate::model::kernel::kquant::Input;
use crate::model::kernel::kquant::unpack::{Rows, TailQ6K, quants_q6k, tail_q6k};

/// See [`Format::Q6K`](crate::model::kernel::kquant::Format::Q6K).
pub(in crate::model::kernel::kquant) struct Q6K;

impl Q6K {
    /// The products of 16 numbers a row, scaled by their factor.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn sixteen(quants: &[__m256i], factor: __m256i, x: X, at: usize) -> __m256i {
        let mut sum = _mm256_setzero_si256();
        for (pair, quants) in quants.chunks_exact(2).enumerate() {
            if let [a, b] = quants {
                // SAFETY: a block has 256 numbers. Twice 2 * 63 * 127 fits 16 bits.
                let (x, y) = unsafe { (x.four(at + 2 * pair), x.four(at + 2 * pair + 1)) };
                let small =
                    _mm256_add_epi16(_mm256_maddubs_epi16(*a, x), _mm256_maddubs_epi16(*b, y));
                sum = _mm256_add_epi32(sum, _mm256_madd_epi16(small, factor));
            }
        }
        sum
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn finish<const M: usize>(
        tail: &TailQ6K,
        x: [X; M],
        sums: [__m256i; M],
        totals: &mut [__m256; M],
    ) {
        for ((x, sum), total) in x.into_iter().zip(sums).zip(totals) {
            let mut offset = _mm256_setzero_si256();
            for (at, pairs) in tail.pairs.iter().enumerate() {
                // SAFETY: a block has 16 sums.
                let sums = unsafe { x.two_sums(at) };
                offset = _mm256_add_epi32(offset, _mm256_madd_epi16(*pairs, sums));
            }
            let sum = _mm256_sub_epi32(sum, _mm256_slli_epi32::<5>(offset));
            // SAFETY: a block has a scale.
            let main = _mm256_mul_ps(tail.scale, _mm256_set1_ps(unsafe { *x.scale }));
            *total = _mm256_fmadd_ps(main, _mm256_cvtepi32_ps(sum), *total);
        }
    }
}

impl Kind for Q6K {
    const BYTES: usize = 210;
    const NUMBERS: usize = 256;
    type Block = ([__m256i; 64], Option<TailQ6K>);

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn block() -> Self::Block {
        ([_mm256_setzero_si256(); 64], None)
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn x(input: &Input, row: usize, block: usize) -> X {
        let x = input.coarse(row);
        X {
            quants: x.quants.as_ptr().wrapping_add(256 * block),
            scale: x.scales.as_ptr().wrapping_add(block),
            sums: x.sums.as_ptr().wrapping_add(16 * block),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn read(rows: &Rows, (quants, tail): &mut Self::Block) {
        // SAFETY: a block has 210 bytes.
        unsafe {
            *tail = Some(tail_q6k(rows));
            for half in 0..2 {
                for part in 0..2 {
                    let turned = quants_q6k(rows, half, part);
                    for quarter in 0..4 {
                        for i in 0..4 {
                            quants[32 * half + 8 * quarter + 4 * part + i] = turned[quarter][i];
                        }
                    }
                }
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn multiply<const M: usize>(
        (quants, tail): &Self::Block,
        x: [X; M],
        totals: &mut [__m256; M],
    ) {
        let Some(tail) = tail else { return };
        let mut sums = [_mm256_setzero_si256(); M];
        let parts = quants.chunks_exact(4).zip(&tail.factors);
        for (part, (quants, factor)) in parts.enumerate() {
            for (sum, x) in sums.iter_mut().zip(x) {
                // SAFETY: as the caller promises.
                let more = unsafe { Self::sixteen(quants, *factor, x, 4 * part) };
                *sum = _mm256_add_epi32(*sum, more);
            }
        }
        // SAFETY: as the caller promises.
        unsafe { Self::finish(tail, x, sums, totals) }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn read_and_multiply<const M: usize>(
        rows: &Rows,
        _: &mut Self::Block,
        x: [X; M],
        totals: &mut [__m256; M],
    ) {
        // SAFETY: a block has 210 bytes.
        let tail = unsafe { tail_q6k(rows) };
        let mut sums = [_mm256_setzero_si256(); M];
        for half in 0..2 {
            for part in 0..2 {
                // SAFETY: as before.
                let turned = unsafe { quants_q6k(rows, half, part) };
                for (quarter, turned) in turned.iter().enumerate() {
                    let at = 8 * half + 2 * quarter + part;
                    for (sum, x) in sums.iter_mut().zip(x) {
                        let factor = tail.factors[at];
                        // SAFETY: as the caller promises.
                        let more = unsafe { Self::sixteen(turned, factor, x, 4 * at) };
                        *sum = _mm256_add_epi32(*sum, more);
                    }
                }
            }
        }
        // SAFETY: as the caller promises.
        unsafe { Self::finish(&tail, x, sums, totals) }
    }
}
