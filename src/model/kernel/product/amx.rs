//! The product with tiles of bytes (AMX).
//!
//! Weights lie as the tiles want them, but for their offset, which is taken off. A tile's sums are those of one block; they are scaled as elsewhere while
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
    __m512, __m512i, _mm512_cvtepi32_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_loadu_si512,
    _mm512_mul_ps, _mm512_set1_epi8, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
    _mm512_storeu_si512, _mm512_sub_epi8,
};
use std::ops::Range;

use super::{Activations, COLUMNS, Isa, PanelBlock, avx512};
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

/// See [`avx512::add_panel`]; `rows` begin with a whole tile.
pub(super) fn add_panel<'a>(
    tiles: &Tiles,
    blocks: &(impl Iterator<Item = PanelBlock<'a>> + Clone),
    activations: &Activations,
    rows: &Range<usize>,
    sums: &mut [[f32; COLUMNS]],
) {
    let mut first = rows.start;
    for sums in sums.chunks_mut(ROWS) {
        let next = first + sums.len();
        // SAFETY: whoever has tiles has asked the processor, which then has the vectors too.
        unsafe {
            match sums.len() {
                ROWS => add_tile::<true>(tiles, blocks.clone(), activations, first, sums),
                FEW.. => add_tile::<false>(tiles, blocks.clone(), activations, first, sums),
                _ => avx512::add_panel(blocks, activations, &(first..next), sums),
            }
        }
        first = next;
    }
}

/// Up to sixteen rows; `WHOLE` says that there are as many.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")]
fn add_tile<'a, const WHOLE: bool>(
    tiles: &Tiles,
    blocks: impl Iterator<Item = PanelBlock<'a>>,
    activations: &Activations,
    first: usize,
    into: &mut [[f32; COLUMNS]],
) {
    let count = if WHOLE { ROWS } else { into.len() };
    let mut totals = [_mm512_setzero_ps(); ROWS];
    for (total, into) in totals.iter_mut().zip(&*into) {
        // SAFETY: sixteen f32.
        *total = unsafe { _mm512_loadu_ps(into.as_ptr()) };
    }
    let mut weights = [const { Weights([[0; 64]; BLOCK / 4]) }; 2];
    let mut sums = [const { Aligned([[0; ROWS]; ROWS]) }; 2];
    let mut open: Option<(usize, __m512)> = None;
    for (block, (bytes, scales)) in blocks.enumerate() {
        let turn = block % 2;
        shift(bytes, &mut weights[turn]);
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
        // SAFETY: sixteen f32.
        let scales = unsafe { _mm512_loadu_ps(scales.as_ptr()) };
        if let Some((before, scales)) = open.replace((block, scales)) {
            let rows = activations.block(before, first, first + count).scales;
            add(&sums[1 - turn], rows, scales, &mut totals);
        }
    }
    if let Some((block, scales)) = open {
        let rows = activations.block(block, first, first + count).scales;
        add(&sums[block % 2], rows, scales, &mut totals);
    }
    for (total, into) in totals.into_iter().zip(into) {
        // SAFETY: sixteen f32, borrowed for writing.
        unsafe { _mm512_storeu_ps(into.as_mut_ptr(), total) };
    }
}

/// The weights without their offset.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq")]
fn shift(bytes: &[u8], into: &mut Weights) {
    let offset = _mm512_set1_epi8(OFFSET.cast_signed());
    for (bytes, into) in bytes.as_chunks::<64>().0.iter().zip(&mut into.0) {
        // SAFETY: 64 bytes each.
        unsafe {
            let bytes = _mm512_loadu_si512(bytes.as_ptr().cast());
            _mm512_storeu_si512(into.as_mut_ptr().cast(), _mm512_sub_epi8(bytes, offset));
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
