//! The product with 256-bit vectors.

#![allow(
    unsafe_code,
    clippy::cast_ptr_alignment,
    reason = "vector instructions and their loads and stores, which take any alignment"
)]

use std::arch::x86_64::{
    __m256i, _mm256_add_epi16, _mm256_add_epi32, _mm256_cvtepi32_ps, _mm256_fmadd_ps,
    _mm256_loadu_ps, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_mul_ps,
    _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps, _mm256_storeu_ps,
};

use super::{Block, COLUMNS, PanelBlock};
use crate::model::kernel::panels::BLOCK;

/// Outputs of a vector.
const HALF: usize = COLUMNS / 2;

/// See [`super::add_block`].
pub(super) fn add_block(panel: PanelBlock<'_>, rows: Block<'_>, sums: &mut [[f32; COLUMNS]]) {
    // SAFETY: the caller has matched on `Isa::Avx2`, which is never above `Isa::best`.
    unsafe {
        add_half::<0>(panel, rows, sums);
        add_half::<1>(panel, rows, sums);
    }
}

/// The first or the second half of the outputs.
#[target_feature(enable = "avx2,fma")]
fn add_half<const SECOND: usize>(
    (weights, scales): PanelBlock<'_>,
    rows: Block<'_>,
    sums: &mut [[f32; COLUMNS]],
) {
    let ones = _mm256_set1_epi16(1);
    // SAFETY: eight f32 of sixteen.
    let scales = unsafe { _mm256_loadu_ps(scales.as_ptr().add(SECOND * HALF)) };
    // Half of the block stays in registers while the rows pass.
    let quads = weights.as_ptr().cast::<__m256i>();
    // SAFETY: there are eight times two halves of 32 bytes.
    let load = |at: usize| unsafe { _mm256_loadu_si256(quads.add(2 * at + SECOND)) };
    let weights: [__m256i; 8] = std::array::from_fn(load);
    let rows = rows
        .values
        .as_chunks::<BLOCK>()
        .0
        .iter()
        .zip(rows.scales.iter().zip(rows.corrections));
    for ((row, (row_scale, correction)), sums) in rows.zip(sums) {
        let [q0, q1, q2, q3, q4, q5, q6, q7] = quads_of(row);
        let [w0, w1, w2, w3, w4, w5, w6, w7] = weights;
        let product = |w, q| _mm256_maddubs_epi16(w, _mm256_set1_epi32(q));
        // The sums may overflow, but with the correction they fit into 16 bits again (see
        // `panels`), and what overflows twice comes out right.
        let sum = |[a, b, c, d]: [__m256i; 4], correction: [i16; 2]| {
            let sum = _mm256_add_epi16(_mm256_add_epi16(a, b), _mm256_add_epi16(c, d));
            let [low, high] = correction.map(i32::from);
            let correction = _mm256_set1_epi32(high << 16 | low & 0xffff);
            _mm256_madd_epi16(_mm256_add_epi16(sum, correction), ones)
        };
        let low = [
            product(w0, q0),
            product(w1, q1),
            product(w2, q2),
            product(w3, q3),
        ];
        let high = [
            product(w4, q4),
            product(w5, q5),
            product(w6, q6),
            product(w7, q7),
        ];
        let total = _mm256_add_epi32(sum(low, correction[0]), sum(high, correction[1]));
        let values = _mm256_mul_ps(_mm256_cvtepi32_ps(total), _mm256_set1_ps(*row_scale));
        // SAFETY: eight f32, loaded and stored where `sums` is borrowed for writing.
        unsafe {
            let sums = sums.as_mut_ptr().add(SECOND * HALF);
            let old = _mm256_loadu_ps(sums);
            _mm256_storeu_ps(sums, _mm256_fmadd_ps(values, scales, old));
        }
    }
}

/// Four values each, as 32 bits.
#[inline]
pub(super) fn quads_of(row: &[i8; BLOCK]) -> [i32; 8] {
    // SAFETY: 32 bytes either way, and any bytes are an i32.
    unsafe { row.as_ptr().cast::<[i32; 8]>().read_unaligned() }
}
