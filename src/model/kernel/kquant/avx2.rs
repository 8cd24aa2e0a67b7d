//! The products for processors with AVX2, FMA and half-precision conversion.
//!
//! Eight outputs at a time, whose weights are turned (`unpack`) so that every lane sums for one of
//! them: no sum has to be taken across lanes, and products of 4-bit numbers are summed over 32
//! numbers in 16 bits before a factor widens them. Multiplying is what limits older processors,
//! and this is the least of it. A few rows of input use the turned weights out of the registers;
//! many share a block of them in the nearest cache.

#![allow(
    unsafe_code,
    reason = "vector instructions; lengths are checked once, in `product`"
)]
#![allow(
    clippy::indexing_slicing,
    reason = "constant places in arrays, in loops that are unrolled"
)]

use std::arch::x86_64::{
    __m256, __m256i, _MM_HINT_T0, _mm_prefetch, _mm256_add_epi16, _mm256_add_epi32,
    _mm256_cvtepi32_ps, _mm256_fmadd_ps, _mm256_fnmadd_ps, _mm256_loadu_ps, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_mul_ps, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setzero_ps, _mm256_setzero_si256, _mm256_sign_epi8, _mm256_slli_epi32, _mm256_storeu_ps,
    _mm256_sub_epi32,
};
use std::ops::Range;

use super::unpack::{
    BlockQ8, HeadQ4K, Rows, TailQ6K, head_q4k, nibbles, quants_q6k, tail_q6k, turn,
};
use super::{Format, Input, Matrix, portable};
use crate::model::kernel::isa::Isa;

/// Outputs that are computed together.
const GROUP: usize = 8;

/// See [`Matrix::product`], which has checked the sizes and asked the processor.
pub(super) fn product(
    matrix: &Matrix<'_>,
    outputs: Range<usize>,
    input: &Input,
    out: &mut [&mut [f32]],
) {
    // SAFETY: the caller has asked the processor for the instructions.
    unsafe {
        match matrix.format {
            Format::Q4K => drive::<Q4K>(matrix, outputs, input, out),
            Format::Q6K => drive::<Q6K>(matrix, outputs, input, out),
            Format::Q8 => drive::<Q8>(matrix, outputs, input, out),
            Format::F16 | Format::F32 => {
                for (row, out) in out.iter_mut().enumerate() {
                    for (output, out) in outputs.clone().zip(out.iter_mut()) {
                        let weights = matrix.row(output);
                        *out = portable::dot(matrix.format, weights, input, row, Isa::Avx2);
                    }
                }
            }
        }
    }
}

/// One row of the input at the block that is worked on.
#[derive(Clone, Copy)]
struct X {
    quants: *const i8,
    scale: *const f32,
    /// Sums of 16 numbers (`Q6K`) or of 32 (`Q4K`).
    sums: *const i16,
}

impl X {
    /// Four numbers, in every lane.
    ///
    /// # Safety
    /// There are as many numbers, and the processor has the instructions.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn four(self, at: usize) -> __m256i {
        // SAFETY: as the caller promises.
        _mm256_set1_epi32(unsafe { self.quants.add(4 * at).cast::<i32>().read_unaligned() })
    }

    /// Two sums, in every lane.
    ///
    /// # Safety
    /// As for [`X::four`].
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn two_sums(self, at: usize) -> __m256i {
        // SAFETY: as the caller promises.
        _mm256_set1_epi32(unsafe { self.sums.add(2 * at).cast::<i32>().read_unaligned() })
    }
}

/// A format's way to read eight blocks and to multiply them with rows of input.
trait Kind {
    /// Bytes of a block.
    const BYTES: usize;
    /// Numbers in a block.
    const NUMBERS: usize;
    /// Eight blocks, read.
    type Block;

    unsafe fn block() -> Self::Block;
    unsafe fn x(input: &Input, row: usize, block: usize) -> X;
    unsafe fn read(rows: &Rows, block: &mut Self::Block);
    /// Adds the products of eight blocks with each of the rows to their totals.
    unsafe fn multiply<const M: usize>(block: &Self::Block, x: [X; M], totals: &mut [__m256; M]);
    /// The same for blocks that were not read before.
    unsafe fn read_and_multiply<const M: usize>(
        rows: &Rows,
        block: &mut Self::Block,
        x: [X; M],
        totals: &mut [__m256; M],
    );
}

/// Rows of input up to which blocks are not read into memory first.
const FEW: usize = 3;
/// Rows of input that are multiplied together.
const TILE: usize = 4;

#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn drive<K: Kind>(
    matrix: &Matrix<'_>,
    outputs: Range<usize>,
    input: &Input,
    out: &mut [&mut [f32]],
) {
    let blocks = matrix.columns / K::NUMBERS;
    let ahead = GROUP * blocks * K::BYTES;
    let mut totals = vec![[0f32; GROUP]; input.rows()];
    // SAFETY: the caller promises the instructions.
    let mut block = unsafe { K::block() };
    let last = outputs.end - 1;
    for first in outputs.clone().step_by(GROUP) {
        // Where fewer are left, the last is computed several times.
        let mut rows: Rows = std::array::from_fn(|i| matrix.row((first + i).min(last)).as_ptr());
        totals.fill([0.0; GROUP]);
        if input.rows() <= FEW {
            // SAFETY: a row of the matrix and of the input has `blocks` blocks.
            unsafe {
                match totals.as_mut_slice() {
                    [a] => few::<K, 1>(rows, &mut block, input, blocks, ahead, [a]),
                    [a, b] => few::<K, 2>(rows, &mut block, input, blocks, ahead, [a, b]),
                    [a, b, c] => few::<K, 3>(rows, &mut block, input, blocks, ahead, [a, b, c]),
                    _ => {}
                }
            }
        } else {
            for at in 0..blocks {
                // SAFETY: a row of the matrix has `blocks` blocks.
                unsafe {
                    fetch(&rows, K::BYTES, ahead);
                    K::read(&rows, &mut block);
                }
                let mut row = 0;
                for totals in totals.chunks_mut(TILE) {
                    // SAFETY: a row of the input has `blocks` blocks.
                    unsafe {
                        match totals {
                            [a, b, c, d] => some::<K, 4>(&block, input, row, at, [a, b, c, d]),
                            [a, b, c] => some::<K, 3>(&block, input, row, at, [a, b, c]),
                            [a, b] => some::<K, 2>(&block, input, row, at, [a, b]),
                            [a] => some::<K, 1>(&block, input, row, at, [a]),
                            _ => {}
                        }
                    }
                    row += TILE;
                }
                for row in &mut rows {
                    *row = row.wrapping_add(K::BYTES);
                }
            }
        }
        let place = first - outputs.start;
        for (out, totals) in out.iter_mut().zip(&totals) {
            for (out, total) in out.iter_mut().skip(place).zip(totals) {
                *out = *total;
            }
        }
    }
}

/// Asks for what will be read next: the same block of the following rows.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn fetch(rows: &Rows, bytes: usize, ahead: usize) {
    for row in rows {
        for line in (0..bytes).step_by(64) {
            // A hint never faults, wherever it points.
            _mm_prefetch::<_MM_HINT_T0>(row.wrapping_add(ahead + line).cast());
        }
    }
}

/// # Safety
/// Each row of weights and of input has that many blocks, and the processor has the instructions.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn few<K: Kind, const M: usize>(
    mut rows: Rows,
    block: &mut K::Block,
    input: &Input,
    blocks: usize,
    ahead: usize,
    totals: [&mut [f32; GROUP]; M],
) {
    let mut sums = [_mm256_setzero_ps(); M];
    for at in 0..blocks {
        fetch(&rows, K::BYTES, ahead);
        // SAFETY: as the caller promises.
        unsafe {
            let x = std::array::from_fn(|row| K::x(input, row, at));
            K::read_and_multiply(&rows, block, x, &mut sums);
        }
        for row in &mut rows {
            *row = row.wrapping_add(K::BYTES);
        }
    }
    for (total, sum) in totals.into_iter().zip(sums) {
        // SAFETY: a total has eight places.
        unsafe { _mm256_storeu_ps(total.as_mut_ptr(), sum) }
    }
}

/// # Safety
/// Each row of input has a block `at`, and the processor has the instructions.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn some<K: Kind, const M: usize>(
    block: &K::Block,
    input: &Input,
    first: usize,
    at: usize,
    totals: [&mut [f32; GROUP]; M],
) {
    // SAFETY: as the caller promises; a total has eight places.
    unsafe {
        let x = std::array::from_fn(|row| K::x(input, first + row, at));
        let mut sums = [_mm256_setzero_ps(); M];
        for (sum, total) in sums.iter_mut().zip(&totals) {
            *sum = _mm256_loadu_ps(total.as_ptr());
        }
        K::multiply(block, x, &mut sums);
        for (total, sum) in totals.into_iter().zip(sums) {
            _mm256_storeu_ps(total.as_mut_ptr(), sum);
        }
    }
}

struct Q4K;

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

struct Q6K;

impl Q6K {
    /// The products of 16 numbers a row, scaled by their factor.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn sixteen(quants: &[__m256i], factor: __m256i, x: X, at: usize) -> __m256i {
        let mut sum = _mm256_setzero_si256();
        for (pair, quants) in quants.chunks_exact(2).enumerate() {
            if let [a, b] = quants {
                // SAFETY: a block has 256 numbers. Twice 2 * 63 * 127 fits 16 bits.
                let (x, y) = unsafe { (x.four(at + 2 * pair), x.four(at + 2 * pair + 1)) };
                let small =
                    _mm256_add_epi16(_mm256_maddubs_epi16(*a, x), _mm256_maddubs_epi16(*b, y));
                sum = _mm256_add_epi32(sum, _mm256_madd_epi16(small, factor));
            }
        }
        sum
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn finish<const M: usize>(
        tail: &TailQ6K,
        x: [X; M],
        sums: [__m256i; M],
        totals: &mut [__m256; M],
    ) {
        for ((x, sum), total) in x.into_iter().zip(sums).zip(totals) {
            let mut offset = _mm256_setzero_si256();
            for (at, pairs) in tail.pairs.iter().enumerate() {
                // SAFETY: a block has 16 sums.
                let sums = unsafe { x.two_sums(at) };
                offset = _mm256_add_epi32(offset, _mm256_madd_epi16(*pairs, sums));
            }
            let sum = _mm256_sub_epi32(sum, _mm256_slli_epi32::<5>(offset));
            // SAFETY: a block has a scale.
            let main = _mm256_mul_ps(tail.scale, _mm256_set1_ps(unsafe { *x.scale }));
            *total = _mm256_fmadd_ps(main, _mm256_cvtepi32_ps(sum), *total);
        }
    }
}

impl Kind for Q6K {
    const BYTES: usize = 210;
    const NUMBERS: usize = 256;
    type Block = ([__m256i; 64], Option<TailQ6K>);

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
            sums: x.sums.as_ptr().wrapping_add(16 * block),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn read(rows: &Rows, (quants, tail): &mut Self::Block) {
        // SAFETY: a block has 210 bytes.
        unsafe {
            *tail = Some(tail_q6k(rows));
            for half in 0..2 {
                for part in 0..2 {
                    let turned = quants_q6k(rows, half, part);
                    for quarter in 0..4 {
                        for i in 0..4 {
                            quants[32 * half + 8 * quarter + 4 * part + i] = turned[quarter][i];
                        }
                    }
                }
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn multiply<const M: usize>(
        (quants, tail): &Self::Block,
        x: [X; M],
        totals: &mut [__m256; M],
    ) {
        let Some(tail) = tail else { return };
        let mut sums = [_mm256_setzero_si256(); M];
        let parts = quants.chunks_exact(4).zip(&tail.factors);
        for (part, (quants, factor)) in parts.enumerate() {
            for (sum, x) in sums.iter_mut().zip(x) {
                // SAFETY: as the caller promises.
                let more = unsafe { Self::sixteen(quants, *factor, x, 4 * part) };
                *sum = _mm256_add_epi32(*sum, more);
            }
        }
        // SAFETY: as the caller promises.
        unsafe { Self::finish(tail, x, sums, totals) }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn read_and_multiply<const M: usize>(
        rows: &Rows,
        _: &mut Self::Block,
        x: [X; M],
        totals: &mut [__m256; M],
    ) {
        // SAFETY: a block has 210 bytes.
        let tail = unsafe { tail_q6k(rows) };
        let mut sums = [_mm256_setzero_si256(); M];
        for half in 0..2 {
            for part in 0..2 {
                // SAFETY: as before.
                let turned = unsafe { quants_q6k(rows, half, part) };
                for (quarter, turned) in turned.iter().enumerate() {
                    let at = 8 * half + 2 * quarter + part;
                    for (sum, x) in sums.iter_mut().zip(x) {
                        let factor = tail.factors[at];
                        // SAFETY: as the caller promises.
                        let more = unsafe { Self::sixteen(turned, factor, x, 4 * at) };
                        *sum = _mm256_add_epi32(*sum, more);
                    }
                }
            }
        }
        // SAFETY: as the caller promises.
        unsafe { Self::finish(&tail, x, sums, totals) }
    }
}

struct Q8;

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
