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
    __m512i, _MM_HINT_T0, _mm_prefetch, _mm512_cvtepi32_ps, _mm512_dpbusd_epi32, _mm512_fmadd_ps,
    _mm512_loadu_ps, _mm512_loadu_si512, _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_storeu_ps,
};
use std::ops::Range;

use super::avx2::quads_of;
use super::{Activations, COLUMNS, PanelBlock};
use crate::model::kernel::panels::BLOCK;

/// Rows whose totals stay in registers while the blocks of a panel pass: as many as there are
/// registers for them, their sums and the weights of a block.
const TILE: usize = 8;

/// How far ahead of the products weights are asked for, in bytes.
const AHEAD: usize = 4096;

/// Adds the products of some rows with a panel, whose blocks are `blocks`, to its sums.
pub(super) fn add_panel<'a>(
    blocks: &(impl Iterator<Item = PanelBlock<'a>> + Clone),
    activations: &Activations,
    rows: &Range<usize>,
    sums: &mut [[f32; COLUMNS]],
) {
    let mut first = rows.start;
    for sums in sums.chunks_mut(TILE) {
        let blocks = blocks.clone();
        // SAFETY: the caller has matched on `Isa::Avx512Vnni`, which is never above `Isa::best`.
        unsafe {
            match sums.len() {
                1 => add_tile::<1>(blocks, activations, first, sums),
                2 => add_tile::<2>(blocks, activations, first, sums),
                3 => add_tile::<3>(blocks, activations, first, sums),
                4 => add_tile::<4>(blocks, activations, first, sums),
                5 => add_tile::<5>(blocks, activations, first, sums),
                6 => add_tile::<6>(blocks, activations, first, sums),
                7 => add_tile::<7>(blocks, activations, first, sums),
                _ => add_tile::<TILE>(blocks, activations, first, sums),
            }
        }
        first += TILE;
    }
}

/// `M` rows.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")]
fn add_tile<'a, const M: usize>(
    blocks: impl Iterator<Item = PanelBlock<'a>>,
    activations: &Activations,
    first: usize,
    into: &mut [[f32; COLUMNS]],
) {
    let mut totals = [_mm512_setzero_ps(); M];
    for (total, into) in totals.iter_mut().zip(&*into) {
        // SAFETY: sixteen f32.
        *total = unsafe { _mm512_loadu_ps(into.as_ptr()) };
    }
    for (block, (bytes, scales)) in blocks.enumerate() {
        // SAFETY: sixteen f32.
        let scales = unsafe { _mm512_loadu_ps(scales.as_ptr()) };
        let quads = bytes.as_chunks::<{ 4 * COLUMNS }>().0;
        // A few rows wait for memory whatever they ask for.
        for line in 0..if M < 4 { 0 } else { quads.len() } {
            // A hint never faults, wherever it points.
            _mm_prefetch::<_MM_HINT_T0>(bytes.as_ptr().wrapping_add(AHEAD + 64 * line).cast());
        }
        let rows = activations.block(block, first, first + M);
        let values = rows.values.as_chunks::<BLOCK>().0.first_chunk::<M>();
        let (Some(values), Some(scales_of), Some(offsets)) = (
            values,
            rows.scales.first_chunk::<M>(),
            rows.offsets.first_chunk::<M>(),
        ) else {
            return;
        };
        let mut sums: [__m512i; M] = offsets.map(|offset| _mm512_set1_epi32(offset));
        // Each row's products wait for one another, but not for those of the other rows.
        for (at, quad) in quads.iter().enumerate() {
            // SAFETY: 64 bytes.
            let weights = unsafe { _mm512_loadu_si512(quad.as_ptr().cast()) };
            for (sum, values) in sums.iter_mut().zip(values) {
                let quad = _mm512_set1_epi32(quads_of(values)[at]);
                *sum = _mm512_dpbusd_epi32(*sum, weights, quad);
            }
        }
        for ((total, sum), scale) in totals.iter_mut().zip(sums).zip(scales_of) {
            let values = _mm512_mul_ps(_mm512_cvtepi32_ps(sum), _mm512_set1_ps(*scale));
            *total = _mm512_fmadd_ps(values, scales, *total);
        }
    }
    for (total, into) in totals.into_iter().zip(into) {
        // SAFETY: sixteen f32, borrowed for writing.
        unsafe { _mm512_storeu_ps(into.as_mut_ptr(), total) };
    }
}
