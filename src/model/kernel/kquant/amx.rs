//! The products of many rows for processors that multiply tiles of bytes (AMX).
//!
//! Sixteen blocks of weights are read as for AVX-512. Then factors are multiplied in, so that nothing
//! but a block's scale is left for later: a product of a number and its factor is split in two bytes,
//! of which the second counts `1 << SHIFT` times. So the tiles sum over whole blocks, in integers as
//! everywhere, and the bits are the same.

#![allow(
    unsafe_code,
    reason = "vector and tile instructions; lengths are checked once, in `Matrix::product`"
)]
#![allow(
    clippy::indexing_slicing,
    reason = "constant places in arrays, in loops that are unrolled"
)]

use std::arch::x86_64::{
    __m512, __m512i, _mm512_add_epi32, _mm512_and_si512, _mm512_loadu_ps, _mm512_loadu_si512,
    _mm512_mullo_epi16, _mm512_or_si512, _mm512_set1_epi8, _mm512_set1_epi16, _mm512_setzero_si512,
    _mm512_slli_epi16, _mm512_slli_epi32, _mm512_srai_epi16, _mm512_srli_epi32, _mm512_storeu_ps,
    _mm512_sub_epi8, _mm512_ternarylogic_epi32,
};
use std::ops::Range;

use super::avx2::{Q4K, Q6K, X, fetch, put};
use super::avx512::{self, GROUP, Wide};
use super::unpack::Rows;
use super::{Format, Input, Matrix};
use crate::model::kernel::tiles::{self, ROWS, Shapes, Tiles};

/// Rows of input up to which a tile would be too empty to pay.
const FEW: usize = 23;

/// Rows of input that pass by before the next outputs: what is read of them again and again stays in the
/// second-level cache.
const MANY: usize = 128;

/// See [`Matrix::product`], which has checked the sizes and asked the processor.
pub(super) fn product(
    matrix: &Matrix<'_>,
    outputs: Range<usize>,
    input: &Input,
    out: &mut [&mut [f32]],
) {
    if input.rows() <= FEW || !matches!(matrix.format, Format::Q4K | Format::Q6K) {
        return avx512::product(matrix, outputs, input, out);
    }
    for (first, out) in (0..).step_by(MANY).zip(out.chunks_mut(MANY)) {
        // SAFETY: the caller has asked the processor for the instructions.
        unsafe {
            if matrix.format == Format::Q4K {
                drive::<Q4K>(matrix, outputs.clone(), input, first, out);
            } else {
                drive::<Q6K>(matrix, outputs.clone(), input, first, out);
            }
        }
    }
}

/// Numbers times their factors, in two parts.
#[repr(align(64))]
struct Parts([[__m512i; 64]; 2]);

/// A format's way to multiply factors in.
trait Tiled: Wide {
    /// The second part counts `1 << SHIFT` times.
    const SHIFT: u32;

    /// Multiplies sixteen blocks' factors in.
    unsafe fn split(block: &Self::Sixteen, parts: &mut Parts);
    /// Adds the products of sixteen blocks with a row to its total.
    unsafe fn add(block: &Self::Sixteen, x: X, sum: __m512i, total: &mut __m512);
}

impl Tiled for Q4K {
    const SHIFT: u32 = 3;

    /// A number is at most 15, and either half of a factor at most 7: bytes are multiplied two at a
    /// time, and none runs over into its neighbour.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    unsafe fn split(block: &Self::Sixteen, parts: &mut Parts) {
        let low = _mm512_set1_epi16(7);
        let factors = Self::factors(block).iter();
        let quants = Self::quants(block).as_chunks::<8>().0.iter();
        for (at, (quants, factor)) in quants.zip(factors).enumerate() {
            let both = _mm512_or_si512(*factor, _mm512_slli_epi32::<16>(*factor));
            let one = _mm512_and_si512(both, low);
            let two = _mm512_and_si512(_mm512_srli_epi32::<3>(both), low);
            for (i, quants) in quants.iter().enumerate() {
                parts.0[0][8 * at + i] = _mm512_mullo_epi16(*quants, one);
                parts.0[1][8 * at + i] = _mm512_mullo_epi16(*quants, two);
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    unsafe fn add(block: &Self::Sixteen, x: X, sum: __m512i, total: &mut __m512) {
        // SAFETY: as the caller promises.
        unsafe { Self::finish(block, x, sum, total) }
    }
}

impl Tiled for Q6K {
    const SHIFT: u32 = 6;

    /// A number is from -32 to 31 and a factor a signed byte: their product has 13 bits, of which
    /// the lower six go to the first part.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    unsafe fn split(block: &Self::Sixteen, parts: &mut Parts) {
        /// Bits of the second where the third has ones, and of the first elsewhere.
        const SELECT: i32 = 0b1101_1000;
        let (zero, lower) = (_mm512_set1_epi8(32), _mm512_set1_epi8(63));
        let odd = _mm512_set1_epi16(-256);
        let factors = Self::factors(block).iter();
        let quants = Self::quants(block).as_chunks::<4>().0.iter();
        for (at, (quants, factor)) in quants.zip(factors).enumerate() {
            let word = _mm512_and_si512(*factor, _mm512_srli_epi32::<16>(_mm512_set1_epi8(-1)));
            let both = _mm512_or_si512(word, _mm512_slli_epi32::<16>(word));
            for (i, quants) in quants.iter().enumerate() {
                let signed = _mm512_sub_epi8(*quants, zero);
                let left = _mm512_srai_epi16::<8>(_mm512_slli_epi16::<8>(signed));
                let left = _mm512_mullo_epi16(left, both);
                let right = _mm512_mullo_epi16(_mm512_srai_epi16::<8>(signed), both);
                let one = _mm512_slli_epi16::<8>(right);
                let one = _mm512_ternarylogic_epi32::<SELECT>(left, one, odd);
                parts.0[0][4 * at + i] = _mm512_and_si512(one, lower);
                let (left, right) = (_mm512_srai_epi16::<6>(left), _mm512_slli_epi16::<2>(right));
                parts.0[1][4 * at + i] = _mm512_ternarylogic_epi32::<SELECT>(left, right, odd);
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
    unsafe fn add(block: &Self::Sixteen, x: X, sum: __m512i, total: &mut __m512) {
        // SAFETY: as the caller promises.
        unsafe { Self::scale(block, x, sum, total) }
    }
}

/// Sums of up to 32 rows with sixteen blocks, both parts.
#[repr(align(64))]
struct Sums([tiles::Sums; 4]);

/// What has been multiplied and is still to be scaled and added: so many rows of the input, 32 at most,
/// with the blocks at one place.
#[derive(Clone, Copy)]
struct Open {
    first: usize,
    rows: usize,
    at: usize,
    /// Which of the two buffers of sums.
    buffer: usize,
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
unsafe fn drive<K: Tiled>(
    matrix: &Matrix<'_>,
    outputs: Range<usize>,
    input: &Input,
    first_row: usize,
    out: &mut [&mut [f32]],
) {
    let blocks = matrix.columns / 256;
    let ahead = GROUP * blocks * K::BYTES;
    let mut totals = vec![[0f32; GROUP]; out.len()];
    let mut parts = Parts([[_mm512_setzero_si512(); 64]; 2]);
    // One is scaled and added while the tiles fill the other: the tiles' unit works beside the others.
    let mut sums: [Sums; 2] = std::array::from_fn(|_| Sums([[[0; ROWS]; ROWS]; 4]));
    // SAFETY: the caller promises the instructions.
    let (mut sixteen, tiles) =
        unsafe { ([K::sixteen(), K::sixteen()], Tiles::shape(&Shapes::WHOLE)) };
    let last = outputs.end - 1;
    for first in outputs.clone().step_by(GROUP) {
        // Where fewer are left, the last is computed several times.
        let row = |i: usize| matrix.row((first + i).min(last)).as_ptr();
        let mut low: Rows = std::array::from_fn(row);
        let mut high: Rows = std::array::from_fn(|i| row(i + 8));
        totals.fill([0.0; GROUP]);
        let mut open: Option<Open> = None;
        for at in 0..blocks {
            // SAFETY: a row of the matrix has `blocks` blocks.
            unsafe {
                fetch(&low, K::BYTES, ahead);
                fetch(&high, K::BYTES, ahead);
                K::read_wide([&low, &high], &mut sixteen[at % 2]);
                K::split(&sixteen[at % 2], &mut parts);
            }
            for start in (0..totals.len()).step_by(2 * ROWS) {
                let next = Open {
                    first: first_row + start,
                    rows: (totals.len() - start).min(2 * ROWS),
                    at,
                    buffer: open.map_or(0, |open| 1 - open.buffer),
                };
                // SAFETY: a row of the input has `blocks` blocks.
                unsafe {
                    multiply::<K>(&tiles, &parts, input, next, &mut sums[next.buffer]);
                    if let Some(open) = open.replace(next) {
                        let totals = &mut totals[open.first - first_row..];
                        add::<K>(
                            &sixteen[open.at % 2],
                            input,
                            open,
                            &sums[open.buffer],
                            totals,
                        );
                    }
                }
            }
            for row in low.iter_mut().chain(&mut high) {
                *row = row.wrapping_add(K::BYTES);
            }
        }
        if let Some(open) = open {
            // SAFETY: as above.
            unsafe {
                let totals = &mut totals[open.first - first_row..];
                add::<K>(
                    &sixteen[open.at % 2],
                    input,
                    open,
                    &sums[open.buffer],
                    totals,
                );
            }
        }
        put(&totals, first - outputs.start, out);
    }
}

/// Multiplies the parts with up to 32 rows of the input.
///
/// # Safety
/// Each row of input has a block `open.at`, and the processor has the instructions.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
unsafe fn multiply<K: Tiled>(
    tiles: &Tiles,
    parts: &Parts,
    input: &Input,
    open: Open,
    sums: &mut Sums,
) {
    let matrices: [*const i8; 2] = [parts.0[0].as_ptr().cast(), parts.0[1].as_ptr().cast()];
    let stride = input.columns();
    // SAFETY: as the caller promises; rows of input follow one another, and there are whole tiles of
    // them.
    unsafe {
        let rows = K::x(input, open.first, open.at).quants;
        if open.rows > ROWS {
            tiles.thirty_two(rows, stride, matrices, &mut sums.0);
        } else {
            tiles.sixteen(rows, stride, matrices, &mut sums.0);
        }
    }
}

/// The first of the rows that are open, and how far it is from each to the next: a row is found by
/// steps in less time than by its number.
///
/// # Safety
/// As for [`multiply`].
#[inline]
unsafe fn rows_of<K: Tiled>(input: &Input, open: Open) -> (X, [isize; 3]) {
    // SAFETY: as the caller promises; where there is no second row, no step is taken.
    unsafe {
        let second = open.first + usize::from(open.rows > 1);
        let x = K::x(input, open.first, open.at);
        (x, x.step_to(K::x(input, second, open.at)))
    }
}

/// Scales what [`multiply`] has found and adds it to the totals.
///
/// # Safety
/// As for [`multiply`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")]
unsafe fn add<K: Tiled>(
    block: &K::Sixteen,
    input: &Input,
    open: Open,
    sums: &Sums,
    totals: &mut [[f32; GROUP]],
) {
    let whole = open.rows > ROWS;
    // SAFETY: sixteen sums.
    let sum = |tile: usize, row: usize| unsafe {
        let sums: *const __m512i = sums.0[tile][row].as_ptr().cast();
        _mm512_loadu_si512(sums)
    };
    // SAFETY: as the caller promises.
    let (mut x, step) = unsafe { rows_of::<K>(input, open) };
    for (row, total) in totals.iter_mut().take(open.rows).enumerate() {
        let (one, two) = if whole {
            let tile = row / ROWS * 2;
            (sum(tile, row % ROWS), sum(tile + 1, row % ROWS))
        } else {
            (
                _mm512_add_epi32(sum(0, row), sum(2, row)),
                _mm512_add_epi32(sum(1, row), sum(3, row)),
            )
        };
        let two = if K::SHIFT == 3 {
            _mm512_slli_epi32::<3>(two)
        } else {
            _mm512_slli_epi32::<6>(two)
        };
        // SAFETY: as the caller promises; a total has sixteen places.
        unsafe {
            let mut all = _mm512_loadu_ps(total.as_ptr());
            K::add(block, x, _mm512_add_epi32(one, two), &mut all);
            _mm512_storeu_ps(total.as_mut_ptr(), all);
        }
        x = x.stepped(step);
    }
}
