//! Quantising with 256-bit vectors.

#![allow(
    unsafe_code,
    reason = "vector instructions, and loads and stores of what arrays say the size of"
)]

use std::arch::x86_64::{
    _mm_add_epi32, _mm_cvtsi128_si64, _mm_hadd_epi32, _mm_packs_epi32, _mm_setzero_si128,
    _mm_slli_epi32, _mm_sub_epi32, _mm256_add_epi32, _mm256_andnot_ps, _mm256_castsi256_si128,
    _mm256_cvtps_epi32, _mm256_extracti128_si256, _mm256_loadu_ps, _mm256_max_ps, _mm256_mul_ps,
    _mm256_packs_epi16, _mm256_packs_epi32, _mm256_permutevar8x32_epi32, _mm256_set1_ps,
    _mm256_setr_epi32, _mm256_storeu_ps, _mm256_storeu_si256,
};

use super::{Activations, Correction, LARGEST, fill, inverse};
use crate::model::kernel::panels::{BLOCK, OFFSET};

/// See [`Activations::quantise`].
///
/// # Safety
/// The processor has AVX2.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn quantise(values: &[f32], inputs: usize, into: &mut Activations) {
    // SAFETY: as the caller promises.
    fill(values, inputs, into, |values, to| unsafe {
        block(values, to)
    });
}

/// A block: the same numbers as everywhere, because rounding is to the nearest even integer here too.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn block(values: &[f32; BLOCK], to: &mut [i8; BLOCK]) -> (f32, Correction) {
    let from = values.as_ptr();
    // SAFETY: four times eight numbers.
    let [a, b, c, d] = unsafe { [0, 8, 16, 24].map(|at| _mm256_loadu_ps(from.add(at))) };
    let sign = _mm256_set1_ps(-0.0);
    let size = |x| _mm256_andnot_ps(sign, x);
    // Of two the second is taken where the first is not a number.
    let most = _mm256_max_ps(size(a), _mm256_set1_ps(0.0));
    let most = _mm256_max_ps(size(b), most);
    let most = _mm256_max_ps(size(c), most);
    let most = _mm256_max_ps(size(d), most);
    let mut lanes = [0f32; 8];
    // SAFETY: eight numbers.
    unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), most) };
    let largest = lanes.iter().fold(0f32, |most, value| most.max(*value));
    let factor = _mm256_set1_ps(inverse(largest));
    let integers = |x| _mm256_cvtps_epi32(_mm256_mul_ps(x, factor));
    let (a, b, c, d) = (integers(a), integers(b), integers(c), integers(d));
    // Packing keeps to halves of a vector: fours come out as a, b, c, d, and the same again.
    let bytes = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
    let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    // SAFETY: 32 bytes.
    unsafe {
        let bytes = _mm256_permutevar8x32_epi32(bytes, order);
        _mm256_storeu_si256(to.as_mut_ptr().cast(), bytes);
    }
    let fours = |x| _mm_add_epi32(_mm256_castsi256_si128(x), _mm256_extracti128_si256::<1>(x));
    let (first, second) = (fours(_mm256_add_epi32(a, b)), fours(_mm256_add_epi32(c, d)));
    let pairs = _mm_hadd_epi32(first, second);
    const { assert!(OFFSET == 1 << 6) };
    let offsets = _mm_sub_epi32(_mm_setzero_si128(), _mm_slli_epi32::<6>(pairs));
    let bits = _mm_cvtsi128_si64(_mm_packs_epi32(offsets, offsets)).to_le_bytes();
    let parts = bits.as_chunks::<2>().0;
    let part = |at: usize| parts.get(at).copied().map_or(0, i16::from_le_bytes);
    let correction = [[part(0), part(1)], [part(2), part(3)]];
    (largest / LARGEST, correction)
}
