//! The products in plain Rust: what every other form has to equal to the last bit.

use std::ops::Range;

use super::input::{COARSE, Coarse, FINE, Fine};
use super::{Format, Input, Matrix};
use crate::model::kernel::half::{from_f32, to_f32};
use crate::model::kernel::isa::Isa;
use crate::model::kernel::vector;

/// See [`Matrix::product`].
pub(super) fn product(
    matrix: &Matrix<'_>,
    outputs: Range<usize>,
    input: &Input,
    out: &mut [&mut [f32]],
) {
    for (row, out) in out.iter_mut().enumerate() {
        for (output, out) in outputs.clone().zip(out.iter_mut()) {
            *out = dot(matrix.format, matrix.row(output), input, row, Isa::Portable);
        }
    }
}

/// One output of one row of the input.
pub(super) fn dot(format: Format, weights: &[u8], input: &Input, row: usize, isa: Isa) -> f32 {
    match format {
        Format::Q4K => dot_q4k(weights, input.coarse(row)),
        Format::Q6K => dot_q6k(weights, input.coarse(row)),
        Format::Q8 => dot_q8(weights, input.fine(row)),
        Format::F16 => vector::dot_half(isa, weights, input.plain(row)),
        Format::F32 => vector::dot_bytes(isa, weights, input.plain(row)),
    }
}

fn half(bytes: &[u8]) -> f32 {
    match bytes {
        [low, high, ..] => to_f32(u16::from_le_bytes([*low, *high])),
        _ => 0.0,
    }
}

/// The 8 scales and 8 offsets, of 6 bits each, that 12 bytes hold.
fn scales_q4k(packed: &[u8]) -> ([u8; 8], [u8; 8]) {
    let at = |i: usize| packed.get(i).copied().unwrap_or_default();
    let (mut scales, mut offsets) = ([0; 8], [0; 8]);
    for (i, (scale, offset)) in scales.iter_mut().zip(&mut offsets).enumerate() {
        (*scale, *offset) = if i < 4 {
            (at(i) & 63, at(i + 4) & 63)
        } else {
            (
                (at(i + 4) & 15) | ((at(i - 4) >> 6) << 4),
                (at(i + 4) >> 4) | ((at(i) >> 6) << 4),
            )
        };
    }
    (scales, offsets)
}

/// The 256 numbers of 4 bits that 128 bytes hold: of every 32 bytes the low halves, then the high.
fn quants_q4k(packed: &[u8]) -> [i8; COARSE] {
    let mut quants = [0; COARSE];
    for (quants, packed) in quants.chunks_exact_mut(64).zip(packed.chunks_exact(32)) {
        let (low, high) = quants.split_at_mut(32);
        for ((low, high), packed) in low.iter_mut().zip(high).zip(packed) {
            *low = (packed & 15).cast_signed();
            *high = (packed >> 4).cast_signed();
        }
    }
    quants
}

/// The 256 numbers of 6 bits, from 0 to 63, that a block holds: 4 bits in its first 128 bytes and
/// 2 in the next 64.
fn quants_q6k(block: &[u8]) -> [i8; COARSE] {
    let mut quants = [0; COARSE];
    let (low, high) = block.split_at_checked(128).unwrap_or_default();
    let halves = low.chunks_exact(64).zip(high.chunks_exact(32));
    for (quants, (low, high)) in quants.chunks_exact_mut(128).zip(halves) {
        for (part, quants) in quants.chunks_exact_mut(32).enumerate() {
            let low = low.iter().skip(part % 2 * 32);
            for ((quant, low), high) in quants.iter_mut().zip(low).zip(high) {
                let low = if part < 2 { low & 15 } else { low >> 4 };
                *quant = (low | (((high >> (2 * part)) & 3) << 4)).cast_signed();
            }
        }
    }
    quants
}

fn sum_of_products(a: &[i8], b: &[i8]) -> i32 {
    a.iter()
        .zip(b)
        .map(|(a, b)| i32::from(*a) * i32::from(*b))
        .sum()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "rounded to the nearest, as the processor does"
)]
fn float(sum: i32) -> f32 {
    sum as f32
}

fn dot_q4k(weights: &[u8], x: Coarse<'_>) -> f32 {
    let mut total = 0f32;
    let inputs = x.quants.chunks_exact(COARSE).zip(x.scales);
    let inputs = inputs.zip(x.wide_sums.chunks_exact(8));
    for (block, ((x, scale), sums)) in weights.chunks_exact(144).zip(inputs) {
        let (head, packed) = block.split_at_checked(16).unwrap_or_default();
        let (factors, offsets) = scales_q4k(head.get(4..).unwrap_or_default());
        let quants = quants_q4k(packed);
        let (mut sum, mut offset) = (0, 0);
        let parts = quants.chunks_exact(32).zip(x.chunks_exact(32));
        for (((quants, x), sums), (factor, least)) in
            parts.zip(sums).zip(factors.iter().zip(&offsets))
        {
            sum += i32::from(*factor) * sum_of_products(quants, x);
            offset += i32::from(*least) * i32::from(*sums);
        }
        total = (half(head) * scale).mul_add(float(sum), total);
        total = (-(half(head.get(2..).unwrap_or_default()) * scale)).mul_add(float(offset), total);
    }
    total
}

fn dot_q6k(weights: &[u8], x: Coarse<'_>) -> f32 {
    let mut total = 0f32;
    let inputs = x.quants.chunks_exact(COARSE).zip(x.scales);
    let inputs = inputs.zip(x.sums.chunks_exact(16));
    for (block, ((x, scale), sums)) in weights.chunks_exact(210).zip(inputs) {
        let quants = quants_q6k(block);
        let (_, tail) = block.split_at_checked(192).unwrap_or_default();
        let (factors, main) = tail.split_at_checked(16).unwrap_or_default();
        let (mut sum, mut offset) = (0, 0);
        let parts = quants.chunks_exact(16).zip(x.chunks_exact(16));
        for (((quants, x), sums), factor) in parts.zip(sums).zip(factors) {
            let factor = i32::from(factor.cast_signed());
            sum += factor * sum_of_products(quants, x);
            offset += factor * i32::from(*sums);
        }
        total = (half(main) * scale).mul_add(float(sum - 32 * offset), total);
    }
    total
}

fn dot_q8(weights: &[u8], x: Fine<'_>) -> f32 {
    let mut total = 0f32;
    let inputs = x.quants.chunks_exact(FINE).zip(x.scales);
    for (block, (x, scale)) in weights.chunks_exact(34).zip(inputs) {
        let sum: i32 = block
            .iter()
            .skip(2)
            .zip(x)
            .map(|(a, b)| i32::from(a.cast_signed()) * i32::from(*b))
            .sum();
        total = (half(block) * scale).mul_add(float(sum), total);
    }
    total
}

/// See [`Matrix::decode`].
pub(super) fn decode(format: Format, weights: &[u8], out: &mut [f32]) {
    let blocks = weights.chunks_exact(format.block_bytes());
    for (block, out) in blocks.zip(out.chunks_exact_mut(format.block())) {
        match format {
            Format::Q4K => decode_q4k(block, out),
            Format::Q6K => decode_q6k(block, out),
            Format::Q8 => {
                let scale = half(block);
                for (out, quant) in out.iter_mut().zip(block.iter().skip(2)) {
                    *out = scale * f32::from(quant.cast_signed());
                }
            }
            Format::F16 => out.fill(half(block)),
            Format::F32 => out.fill(f32::from_le_bytes(block.try_into().unwrap_or_default())),
        }
    }
}

fn decode_q4k(block: &[u8], out: &mut [f32]) {
    let (head, packed) = block.split_at_checked(16).unwrap_or_default();
    let (scale, least) = (half(head), half(head.get(2..).unwrap_or_default()));
    let (factors, offsets) = scales_q4k(head.get(4..).unwrap_or_default());
    let quants = quants_q4k(packed);
    let parts = out.chunks_exact_mut(32).zip(quants.chunks_exact(32));
    for ((out, quants), (factor, offset)) in parts.zip(factors.iter().zip(&offsets)) {
        let (scale, least) = (scale * f32::from(*factor), least * f32::from(*offset));
        for (out, quant) in out.iter_mut().zip(quants) {
            *out = scale * f32::from(*quant) - least;
        }
    }
}

fn decode_q6k(block: &[u8], out: &mut [f32]) {
    let quants = quants_q6k(block);
    let (_, tail) = block.split_at_checked(192).unwrap_or_default();
    let (factors, main) = tail.split_at_checked(16).unwrap_or_default();
    let scale = half(main);
    let parts = out.chunks_exact_mut(16).zip(quants.chunks_exact(16));
    for ((out, quants), factor) in parts.zip(factors) {
        let scale = scale * f32::from(factor.cast_signed());
        for (out, quant) in out.iter_mut().zip(quants) {
            *out = scale * f32::from(*quant - 32);
        }
    }
}

/// Rounds numbers, whole blocks of 32, to [`Format::Q8`].
pub fn pack_q8(values: &[f32]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(values.len() / 32 * 34);
    let mut quants = [0i8; 32];
    for block in values.chunks_exact(32) {
        let scale = vector::round(Isa::best(), block, &mut quants);
        packed.extend(from_f32(scale).to_le_bytes());
        packed.extend(quants.iter().map(|quant| quant.cast_unsigned()));
    }
    packed
}
