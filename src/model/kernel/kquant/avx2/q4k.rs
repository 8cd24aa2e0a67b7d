//! 4-bit numbers with 6-bit factors and offsets.

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
    _mm256_fnmadd_ps, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_mul_ps, _mm256_set1_ps,
    _mm256_setzero_si256,
};

use super::{Kind, X};
use crate::model::kernel::kquant::Input;
use crate::model::kernel::kquant::unpack::{HeadQ4K, Rows, head_q4k, nibbles, turn};

/// See [`Format::Q4K`](crate::model::kernel::kquant::Format::Q4K).
pub(in crate::model::kernel::kquant) struct Q4K;

impl Q4K {
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn finish<const M: usize>(
        head: &HeadQ4K,
        x: [X; M],
        sums: [__m256i; M],
        totals: &mut [__m256; M],
    ) {
        for ((x, sum), total) in x.into_iter().zip(sums).zip(totals) {
            let mut offset = _mm256_setzero_si256();
            for (at, offsets) in head.offsets.iter().enumerate() {
                // SAFETY: a block has eight sums.
                let sums = unsafe { x.two_sums(at) };
                offset = _mm256_add_epi32(offset, _mm256_madd_epi16(*offsets, sums));
            }
            // SAFETY: a block has a scale.
            let scale = _mm256_set1_ps(unsafe { *x.scale });
            let main = _mm256_mul_ps(head.scale, scale);
            *total = _mm256_fmadd_ps(main, _mm256_cvtepi32_ps(sum), *total);
            let main = _mm256_mul_ps(head.offset_scale, scale);
            *total = _mm256_fnmadd_ps(main, _mm256_cvtepi32_ps(offset), *total);
        }
    }
}

impl Kind for Q4K {
    const BYTES: usize = 144;
    const NUMBERS: usize = 256;
    type Block = ([__m256i; 64], Option<HeadQ4K>);

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
            sums: x.wide_sums.as_ptr().wrapping_add(8 * block),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn read(rows: &Rows, (quants, head): &mut Self::Block) {
        // SAFETY: a block has 144 bytes.
        unsafe {
            *head = Some(head_q4k(rows));
            for part in 0..4 {
                for half in 0..2 {
                    let turned = turn(rows, 16 + 32 * part + 16 * half);
                    for i in 0..4 {
                        let (low, high) = nibbles(turned[i]);
                        quants[16 * part + 4 * half + i] = low;
                        quants[16 * part + 4 * half + i + 8] = high;
                    }
                }
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn multiply<const M: usize>(
        (quants, head): &Self::Block,
        x: [X; M],
        totals: &mut [__m256; M],
    ) {
        let Some(head) = head else { return };
        let mut sums = [_mm256_setzero_si256(); M];
        for (part, (quants, factor)) in quants.chunks_exact(8).zip(&head.factors).enumerate() {
            let mut small = [_mm256_setzero_si256(); M];
            for (at, quants) in quants.iter().enumerate() {
                for (small, x) in small.iter_mut().zip(x) {
                    // SAFETY: a block has 256 numbers. 8 times 2 * 15 * 127 fits 16 bits.
                    let x = unsafe { x.four(8 * part + at) };
                    *small = _mm256_add_epi16(*small, _mm256_maddubs_epi16(*quants, x));
                }
            }
            for (sum, small) in sums.iter_mut().zip(small) {
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(small, *factor));
            }
        }
        // SAFETY: as the caller promises.
        unsafe { Self::finish(head, x, sums, totals) }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn read_and_multiply<const M: usize>(
        rows: &Rows,
        _: &mut Self::Block,
        x: [X; M],
        totals: &mut [__m256; M],
    ) {
        // SAFETY: a block has 144 bytes.
        let head = unsafe { head_q4k(rows) };
        let mut sums = [_mm256_setzero_si256(); M];
        for (part, factors) in head.factors.chunks_exact(2).enumerate() {
            let mut small = [[_mm256_setzero_si256(); 2]; M];
            for half in 0..2 {
                // SAFETY: a block has 144 bytes.
                let turned = unsafe { turn(rows, 16 + 32 * part + 16 * half) };
                for (at, turned) in turned.into_iter().enumerate() {
                    let (low, high) = nibbles(turned);
                    let at = 16 * part + 4 * half + at;
                    for ([first, second], x) in small.iter_mut().zip(x) {
                        // SAFETY: a block has 256 numbers.
                        let (a, b) = unsafe { (x.four(at), x.four(at + 8)) };
                        *first = _mm256_add_epi16(*first, _mm256_maddubs_epi16(low, a));
                        *second = _mm256_add_epi16(*second, _mm256_maddubs_epi16(high, b));
                    }
                }
            }
            if let [f0, f1] = factors {
                for (sum, [first, second]) in sums.iter_mut().zip(small) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(first, *f0));
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(second, *f1));
                }
            }
        }
        // SAFETY: as the caller promises.
        unsafe { Self::finish(&head, x, sums, totals) }
    }
}
