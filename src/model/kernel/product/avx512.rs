//! The product with 512-bit vectors and dot products of bytes (VNNI).

#![allow(
    unsafe_code,
    clippy::cast_ptr_alignment,
    reason = "vector instructions and their loads and stores, which take any alignment"
)]

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_storeu_ps, _mm512_add_epi32,
    _mm512_broadcast_f32x8, _mm512_castps512_ps256, _mm512_castsi256_si512, _mm512_cvtepi32_ps,
    _mm512_dpbusd_epi32, _mm512_extractf32x8_ps, _mm512_fmadd_ps, _mm512_insertf32x8,
    _mm512_inserti64x4, _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_si512,
};

use super::avx2::quads_of;
use super::{Block, COLUMNS, PanelBlock};
use crate::model::kernel::panels::BLOCK;

/// See [`super::add_block`].
pub(super) fn add_block(
    panels: [PanelBlock<'_>; 2],
    rows: Block<'_>,
    sums: [&mut [[f32; COLUMNS]]; 2],
) {
    // SAFETY: the caller has matched on `Isa::Avx512Vnni`, which is never above `Isa::best`.
    unsafe { add_block_vnni(panels, rows, sums) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")]
fn add_block_vnni(
    [(left, left_scales), (right, right_scales)]: [PanelBlock<'_>; 2],
    rows: Block<'_>,
    [left_sums, right_sums]: [&mut [[f32; COLUMNS]]; 2],
) {
    let pair = |low: &[f32; COLUMNS], high: &[f32; COLUMNS]| {
        // SAFETY: eight f32 each.
        let (low, high) = unsafe {
            (
                _mm256_loadu_ps(low.as_ptr()),
                _mm256_loadu_ps(high.as_ptr()),
            )
        };
        _mm512_insertf32x8::<1>(_mm512_broadcast_f32x8(low), high)
    };
    let scales = pair(left_scales, right_scales);
    let left = left.as_chunks::<{ 4 * COLUMNS }>().0;
    let right = right.as_chunks::<{ 4 * COLUMNS }>().0;
    let load = |at: usize| {
        let half = |quads: &[[u8; 4 * COLUMNS]]| {
            let quad = quads.get(at).unwrap_or(&[0; 4 * COLUMNS]);
            // SAFETY: 32 bytes.
            unsafe { _mm256_loadu_si256(quad.as_ptr().cast::<__m256i>()) }
        };
        _mm512_inserti64x4::<1>(_mm512_castsi256_si512(half(left)), half(right))
    };
    let weights: [__m512i; 8] = std::array::from_fn(load);
    let rows = rows
        .values
        .as_chunks::<BLOCK>()
        .0
        .iter()
        .zip(rows.scales.iter().zip(rows.corrections));
    for ((row, (row_scale, correction)), (left, right)) in
        rows.zip(left_sums.iter_mut().zip(right_sums))
    {
        // Two chains: one would wait for itself.
        let correction = correction
            .as_flattened()
            .iter()
            .copied()
            .map(i32::from)
            .sum();
        let (mut even, mut odd) = (_mm512_set1_epi32(correction), _mm512_setzero_si512());
        let quads = quads_of(row);
        for (weights, quads) in weights
            .as_chunks::<2>()
            .0
            .iter()
            .zip(quads.as_chunks::<2>().0)
        {
            even = _mm512_dpbusd_epi32(even, weights[0], _mm512_set1_epi32(quads[0]));
            odd = _mm512_dpbusd_epi32(odd, weights[1], _mm512_set1_epi32(quads[1]));
        }
        let total = _mm512_cvtepi32_ps(_mm512_add_epi32(even, odd));
        let values = _mm512_mul_ps(total, _mm512_set1_ps(*row_scale));
        let new = _mm512_fmadd_ps(values, scales, pair(left, right));
        // SAFETY: eight f32 each, borrowed for writing.
        unsafe {
            _mm256_storeu_ps(left.as_mut_ptr(), _mm512_castps512_ps256(new));
            _mm256_storeu_ps(right.as_mut_ptr(), _mm512_extractf32x8_ps::<1>(new));
        }
    }
}
