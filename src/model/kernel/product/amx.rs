//! The product with tiles of bytes (AMX).
//!
//! Weights lie as the tiles want them, but for their offset, which is taken off, and for the two panels,
//! which come beside each other. A tile's sums are those of one block; they are scaled as elsewhere while
//! the tiles multiply the next.

#![allow(
    unsafe_code,
    clippy::cast_ptr_alignment,
    reason = "vector and tile instructions and their loads and stores"
)]
#![allow(
    clippy::indexing_slicing,
    reason = "places in arrays of a tile, and of the two that take turns"
)]

use std::arch::x86_64::{
    __m256i, __m512, __m512i, _mm256_loadu_si256, _mm512_castsi256_si512, _mm512_cvtepi32_ps,
    _mm512_fmadd_ps, _mm512_inserti64x4, _mm512_loadu_si512, _mm512_mul_ps, _mm512_set1_epi8,
    _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_si512, _mm512_sub_epi8,
};
use std::ops::Range;

use super::avx512::{self, pair, unpair};
use super::{Activations, COLUMNS, Isa, PanelBlock};
use crate::model::kernel::panels::{BLOCK, OFFSET};
use crate::model::kernel::tiles::{ROWS, Shapes, Sums, Tiles};

/// Rows below which a tile would be too empty to pay.
const FEW: usize = 12;

/// The tiles, shaped for products of so many rows; `None` where they are too few, or `isa` has none.
pub(super) fn tiles(isa: Isa, rows: usize) -> Option<Tiles> {
    let pays = rows >= FEW && isa.min(Isa::best()) == Isa::AmxInt8;
    // SAFETY: `Isa::best` has found them.
    pays.then(|| unsafe { Tiles::shape(&Shapes::of_blocks(rows % ROWS)) })
}

/// Weights of a block, as a tile.
#[repr(align(64))]
struct Weights([[u8; 64]; BLOCK / 4]);

/// Sums of a tile.
#[repr(align(64))]
struct Aligned(Sums);

/// See [`avx512::add_panels`]; `rows` begin with a whole tile.
pub(super) fn add_panels<'a>(
    tiles: &Tiles,
    blocks: &(impl Iterator<Item = [PanelBlock<'a>; 2]> + Clone),
    activations: &Activations,
    rows: &Range<usize>,
    [left, right]: [&mut [[f32; COLUMNS]]; 2],
) {
    let mut first = rows.start;
    for (left, right) in left.chunks_mut(ROWS).zip(right.chunks_mut(ROWS)) {
        let next = first + left.len();
        // SAFETY: whoever has tiles has asked the processor, which then has the vectors too.
        unsafe {
            match left.len() {
                ROWS => add_tile::<true>(tiles, blocks.clone(), activations, first, [left, right]),
                FEW.. => {
                    add_tile::<false>(tiles, blocks.clone(), activations, first, [left, right]);
                }
                _ => avx512::add_panels(blocks, activations, &(first..next), [left, right]),
            }
        }
        first = next;
    }
}

/// Up to sixteen rows; `WHOLE` says that there are as many.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")]
fn add_tile<'a, const WHOLE: bool>(
    tiles: &Tiles,
    blocks: impl Iterator<Item = [PanelBlock<'a>; 2]>,
    activations: &Activations,
    first: usize,
    [left, right]: [&mut [[f32; COLUMNS]]; 2],
) {
    let count = if WHOLE { ROWS } else { left.len() };
    let mut totals = [_mm512_setzero_ps(); ROWS];
    for (total, (left, right)) in totals.iter_mut().zip(left.iter().zip(right.iter())) {
        *total = pair(left, right);
    }
    let mut weights = [const { Weights([[0; 64]; BLOCK / 4]) }; 2];
    let mut sums = [const { Aligned([[0; ROWS]; ROWS]) }; 2];
    let mut open: Option<(usize, __m512)> = None;
    for (block, [(left, left_scales), (right, right_scales)]) in blocks.enumerate() {
        let turn = block % 2;
        join(left, right, &mut weights[turn]);
        let rows = activations.block(block, first, first + count);
        if rows.values.len() < count * BLOCK {
            return;
        }
        let (rows, weights) = (rows.values.as_ptr(), weights[turn].0.as_ptr().cast());
        // SAFETY: there are so many rows of a block; the weights are a block's.
        unsafe {
            if WHOLE {
                tiles.block(rows, weights, &mut sums[turn].0);
            } else {
                tiles.rest_of_block(rows, weights, &mut sums[turn].0);
            }
        }
        let scales = pair(left_scales, right_scales);
        if let Some((before, scales)) = open.replace((block, scales)) {
            let rows = activations.block(before, first, first + count).scales;
            add(&sums[1 - turn], rows, scales, &mut totals);
        }
    }
    if let Some((block, scales)) = open {
        let rows = activations.block(block, first, first + count).scales;
        add(&sums[block % 2], rows, scales, &mut totals);
    }
    for (total, (left, right)) in totals.into_iter().zip(left.iter_mut().zip(right)) {
        unpair(total, left, right);
    }
}

/// The weights of two panels beside each other, without their offset.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq")]
fn join(left: &[u8], right: &[u8], into: &mut Weights) {
    let offset = _mm512_set1_epi8(OFFSET.cast_signed());
    let left = left.as_chunks::<{ 4 * COLUMNS }>().0;
    let right = right.as_chunks::<{ 4 * COLUMNS }>().0;
    for ((left, right), into) in left.iter().zip(right).zip(&mut into.0) {
        // SAFETY: 32 bytes each, and 64.
        unsafe {
            let (left, right): (*const __m256i, *const __m256i) =
                (left.as_ptr().cast(), right.as_ptr().cast());
            let both = _mm512_inserti64x4::<1>(
                _mm512_castsi256_si512(_mm256_loadu_si256(left)),
                _mm256_loadu_si256(right),
            );
            _mm512_storeu_si512(into.as_mut_ptr().cast(), _mm512_sub_epi8(both, offset));
        }
    }
}

/// Adds a block's sums, times the scales of its rows and of the outputs, to the totals.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq")]
fn add(sums: &Aligned, rows: &[f32], scales: __m512, totals: &mut [__m512; ROWS]) {
    for ((sums, row), total) in sums.0.iter().zip(rows).zip(totals) {
        let sums: *const __m512i = sums.as_ptr().cast();
        // SAFETY: sixteen sums.
        let sums = _mm512_cvtepi32_ps(unsafe { _mm512_loadu_si512(sums) });
        *total = _mm512_fmadd_ps(_mm512_mul_ps(sums, _mm512_set1_ps(*row)), scales, *total);
    }
}
