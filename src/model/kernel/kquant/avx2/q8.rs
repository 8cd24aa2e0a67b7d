//! 8-bit numbers.

#![allow(
    unsafe_code,
    reason = "vector instructions; lengths are checked once, in `avx2::product`"
)]

use std::arch::x86_64::{
    __m256, _mm256_add_epi32, _mm256_cvtepi32_ps, _mm256_fmadd_ps, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_mul_ps, _mm256_set1_epi16, _mm256_set1_ps, _mm256_setzero_si256,
    _mm256_sign_epi8,
};

use super::{Kind, X};
use crate::model::kernel::kquant::Input;
use crate::model::kernel::kquant::unpack::{BlockQ8, Rows};

/// See [`Format::Q8`](crate::model::kernel::kquant::Format::Q8).
pub(super) struct Q8;

impl Kind for Q8 {
    const BYTES: usize = 34;
    const NUMBERS: usize = 32;
    type Block = BlockQ8;

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn block() -> Self::Block {
        BlockQ8::new()
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn x(input: &Input, row: usize, block: usize) -> X {
        let x = input.fine(row);
        X {
            quants: x.quants.as_ptr().wrapping_add(32 * block),
            scale: x.scales.as_ptr().wrapping_add(block),
            sums: std::ptr::null(),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn read(rows: &Rows, block: &mut Self::Block) {
        // SAFETY: a block has 34 bytes.
        unsafe { block.read(rows) }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn multiply<const M: usize>(block: &Self::Block, x: [X; M], totals: &mut [__m256; M]) {
        let ones = _mm256_set1_epi16(1);
        let mut sums = [_mm256_setzero_si256(); M];
        for (at, (quants, magnitudes)) in block.quants.iter().zip(&block.magnitudes).enumerate() {
            for (sum, x) in sums.iter_mut().zip(x) {
                // SAFETY: a block has 32 numbers.
                let signed = _mm256_sign_epi8(unsafe { x.four(at) }, *quants);
                let small = _mm256_maddubs_epi16(*magnitudes, signed);
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(small, ones));
            }
        }
        for ((x, sum), total) in x.into_iter().zip(sums).zip(totals) {
            // SAFETY: a block has a scale.
            let main = _mm256_mul_ps(block.scale, _mm256_set1_ps(unsafe { *x.scale }));
            *total = _mm256_fmadd_ps(main, _mm256_cvtepi32_ps(sum), *total);
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn read_and_multiply<const M: usize>(
        rows: &Rows,
        block: &mut Self::Block,
        x: [X; M],
        totals: &mut [__m256; M],
    ) {
        // SAFETY: as the caller promises.
        unsafe {
            Self::read(rows, block);
            Self::multiply(block, x, totals);
        }
    }
}
