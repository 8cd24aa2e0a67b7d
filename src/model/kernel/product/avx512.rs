//! The product with 512-bit vectors and dot products of bytes (VNNI).

#![allow(
    unsafe_code,
    clippy::cast_ptr_alignment,
    reason = "vector instructions and their loads and stores, which take any alignment"
)]
#![allow(
    clippy::indexing_slicing,
    reason = "constant places in arrays, in loops that are unrolled"
)]

use std::arch::x86_64::{
    __m256i, __m512, __m512i, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_storeu_ps,
    _mm512_broadcast_f32x8, _mm512_castps512_ps256, _mm512_castsi256_si512, _mm512_cvtepi32_ps,
    _mm512_dpbusd_epi32, _mm512_extractf32x8_ps, _mm512_fmadd_ps, _mm512_insertf32x8,
    _mm512_inserti64x4, _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_ps,
};
use std::ops::Range;

use super::avx2::quads_of;
use super::{Activations, COLUMNS, PanelBlock};
use crate::model::kernel::panels::BLOCK;

/// Rows whose totals stay in registers while the blocks of two panels pass.
const TILE: usize = 4;

/// Adds the products of some rows with two panels to the sums of either; `blocks` are those of the
/// panels, side by side.
pub(super) fn add_panels<'a>(
    blocks: &(impl Iterator<Item = [PanelBlock<'a>; 2]> + Clone),
    activations: &Activations,
    rows: &Range<usize>,
    [left, right]: [&mut [[f32; COLUMNS]]; 2],
) {
    let mut first = rows.start;
    let tiles = left.chunks_mut(TILE).zip(right.chunks_mut(TILE));
    for (left, right) in tiles {
        // SAFETY: the caller has matched on `Isa::Avx512Vnni`, which is never above `Isa::best`.
        unsafe {
            match left.len() {
                TILE => add_tile::<TILE>(blocks.clone(), activations, first, [left, right]),
                _ => add_few(blocks, activations, first, [left, right]),
            }
        }
        first += TILE;
    }
}

/// One row after the other.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")]
fn add_few<'a>(
    blocks: &(impl Iterator<Item = [PanelBlock<'a>; 2]> + Clone),
    activations: &Activations,
    first: usize,
    [left, right]: [&mut [[f32; COLUMNS]]; 2],
) {
    let rows = left.chunks_mut(1).zip(right.chunks_mut(1)).enumerate();
    for (at, (left, right)) in rows {
        add_tile::<1>(blocks.clone(), activations, first + at, [left, right]);
    }
}

/// Two halves of eight f32.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
pub(super) fn pair(low: &[f32; COLUMNS], high: &[f32; COLUMNS]) -> __m512 {
    // SAFETY: eight f32 each.
    let (low, high) = unsafe {
        (
            _mm256_loadu_ps(low.as_ptr()),
            _mm256_loadu_ps(high.as_ptr()),
        )
    };
    _mm512_insertf32x8::<1>(_mm512_broadcast_f32x8(low), high)
}

/// The two halves.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
pub(super) fn unpair(both: __m512, low: &mut [f32; COLUMNS], high: &mut [f32; COLUMNS]) {
    // SAFETY: eight f32 each, borrowed for writing.
    unsafe {
        _mm256_storeu_ps(low.as_mut_ptr(), _mm512_castps512_ps256(both));
        _mm256_storeu_ps(high.as_mut_ptr(), _mm512_extractf32x8_ps::<1>(both));
    }
}

/// `M` rows.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")]
fn add_tile<'a, const M: usize>(
    blocks: impl Iterator<Item = [PanelBlock<'a>; 2]>,
    activations: &Activations,
    first: usize,
    [left, right]: [&mut [[f32; COLUMNS]]; 2],
) {
    let mut totals = [_mm512_setzero_ps(); M];
    for (total, (left, right)) in totals.iter_mut().zip(left.iter().zip(right.iter())) {
        *total = pair(left, right);
    }
    for (block, [(left, left_scales), (right, right_scales)]) in blocks.enumerate() {
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
        let rows = activations.block(block, first, first + M);
        let values = rows.values.as_chunks::<BLOCK>().0.first_chunk::<M>();
        let (Some(values), Some(scales_of), Some(corrections)) = (
            values,
            rows.scales.first_chunk::<M>(),
            rows.corrections.first_chunk::<M>(),
        ) else {
            return;
        };
        let mut sums: [__m512i; M] = std::array::from_fn(|row| {
            let [[a, b], [c, d]] = corrections[row];
            let sum = i32::from(a) + i32::from(b) + i32::from(c) + i32::from(d);
            _mm512_set1_epi32(sum)
        });
        // Each row's products wait for one another, but not for those of the other rows.
        for (at, weights) in weights.into_iter().enumerate() {
            for row in 0..M {
                let quad = _mm512_set1_epi32(quads_of(&values[row])[at]);
                sums[row] = _mm512_dpbusd_epi32(sums[row], weights, quad);
            }
        }
        for row in 0..M {
            let scale = _mm512_set1_ps(scales_of[row]);
            let values = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[row]), scale);
            totals[row] = _mm512_fmadd_ps(values, scales, totals[row]);
        }
    }
    for (total, (left, right)) in totals.into_iter().zip(left.iter_mut().zip(right)) {
        unpair(total, left, right);
    }
}
