//! Rows that go into a product, as small integers.

#![allow(
    unsafe_code,
    reason = "code for instructions that the processor was asked about has to be called so"
)]
#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for its caller's instruction set"
)]

#[cfg(target_arch = "x86_64")]
mod avx2;

use super::isa::Isa;
use super::panels::{BLOCK, OFFSET};

/// Largest activation as an integer: see [`super::panels`] for why it is no more.
pub(super) const LARGEST: f32 = 63.0;

/// Rows of 7-bit integers, one f32 scale to [`BLOCK`] values of a row. Reused from product to
/// product: quantising allocates only where there are more rows than ever before.
#[derive(Debug, Default)]
pub struct Activations {
    rows: usize,
    blocks: usize,
    /// `[block][row][BLOCK]`, so that a block of all rows lies together.
    values: Vec<i8>,
    /// `[block][row]`
    scales: Vec<f32>,
    /// `[block][row]`
    corrections: Vec<Correction>,
    /// `[block][row]`: the sum of each correction.
    offsets: Vec<i32>,
}

/// What the weights' offset adds to the products of a block, negative: for the first and for the
/// second half of the block, the sum over the first two and over the last two values of each four.
/// (That is how 256-bit products sum them.) At most `64 · 63 · 8`, so that 16 bits hold it.
pub(super) type Correction = [[i16; 2]; 2];

/// A block of all rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) values: &'a [i8],
    pub(super) scales: &'a [f32],
    pub(super) corrections: &'a [Correction],
    /// The whole of each correction.
    pub(super) offsets: &'a [i32],
}

impl Activations {
    /// Rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Blocks of a row.
    pub(super) fn blocks(&self) -> usize {
        self.blocks
    }

    /// A block of the rows from `start` to before `end`.
    pub(super) fn block(&self, block: usize, start: usize, end: usize) -> Block<'_> {
        let (start, end) = (block * self.rows + start, block * self.rows + end);
        Block {
            values: self
                .values
                .get(start * BLOCK..end * BLOCK)
                .unwrap_or_default(),
            scales: self.scales.get(start..end).unwrap_or_default(),
            corrections: self.corrections.get(start..end).unwrap_or_default(),
            offsets: self.offsets.get(start..end).unwrap_or_default(),
        }
    }

    /// Takes rows of `inputs` values, row after row.
    pub fn quantise(&mut self, values: &[f32], inputs: usize) {
        self.rows = values.len() / inputs.max(1);
        self.blocks = inputs.div_ceil(BLOCK);
        let cells = self.rows * self.blocks;
        self.values.resize(cells * BLOCK, 0);
        self.scales.resize(cells, 0.0);
        self.corrections.resize(cells, Correction::default());
        self.offsets.resize(cells, 0);
        #[cfg(target_arch = "x86_64")]
        if Isa::best() >= Isa::Avx2 {
            // SAFETY: `Isa::best` has found the instructions.
            return unsafe { avx2::quantise(values, inputs, self) };
        }
        fill(values, inputs, self, quantise_block);
    }
}

/// Quantises rows of `inputs` values into the places that have been made for them, block by block.
#[inline(always)]
fn fill(
    values: &[f32],
    inputs: usize,
    into: &mut Activations,
    quantise: impl Fn(&[f32; BLOCK], &mut [i8; BLOCK]) -> (f32, Correction),
) {
    for (row, values) in values.chunks_exact(inputs.max(1)).enumerate() {
        for (block, values) in values.chunks(BLOCK).enumerate() {
            let cell = block * into.rows + row;
            let (Some(to), Some(scale), Some(correction), Some(offset)) = (
                into.values
                    .get_mut(cell * BLOCK..(cell + 1) * BLOCK)
                    .and_then(<[i8]>::as_mut_array::<BLOCK>),
                into.scales.get_mut(cell),
                into.corrections.get_mut(cell),
                into.offsets.get_mut(cell),
            ) else {
                continue;
            };
            (*scale, *correction) = if let Some(values) = values.as_array::<BLOCK>() {
                quantise(values, to)
            } else {
                let mut padded = [0f32; BLOCK];
                for (to, value) in padded.iter_mut().zip(values) {
                    *to = *value;
                }
                quantise(&padded, to)
            };
            let [[a, b], [c, d]] = correction.map(|pair| pair.map(i32::from));
            *offset = a + b + c + d;
        }
    }
}

/// What values are multiplied by, of which the largest is so large.
fn inverse(largest: f32) -> f32 {
    // Below this it would be infinite.
    if largest > 1e-30 {
        LARGEST / largest
    } else {
        0.0
    }
}

/// The scale of a block, and what the weights' offset will add.
fn quantise_block(values: &[f32; BLOCK], to: &mut [i8; BLOCK]) -> (f32, Correction) {
    let mut most = [0f32; 8];
    for values in values.as_chunks::<8>().0 {
        for (most, value) in most.iter_mut().zip(values) {
            let value = value.abs();
            *most = if value > *most { value } else { *most };
        }
    }
    let largest = most.iter().fold(0f32, |most, value| most.max(*value));
    let inverse = inverse(largest);
    let mut correction = Correction::default();
    let halves = values.as_chunks::<{ BLOCK / 2 }>().0.iter();
    let halves = halves.zip(to.as_chunks_mut::<{ BLOCK / 2 }>().0);
    for ((values, to), correction) in halves.zip(&mut correction) {
        let mut sums = [0i32; BLOCK / 2];
        for ((value, to), sum) in values.iter().zip(to).zip(&mut sums) {
            // Adding 1.5 · 2^23 rounds to the nearest integer, ties to even, in one operation that
            // every vector unit has; the sum's low bits are the integer.
            const ROUND: f32 = 12_582_912.0;
            #[expect(
                clippy::cast_possible_wrap,
                reason = "only the low bits are of interest"
            )]
            let integer = (value * inverse + ROUND).to_bits() as i32 - ROUND.to_bits() as i32;
            #[expect(clippy::cast_possible_truncation, reason = "-63 to 63")]
            let byte = integer as i8;
            *to = byte;
            *sum = integer;
        }
        let mut fours = [0i32; 4];
        for sums in sums.as_chunks::<4>().0 {
            for (four, sum) in fours.iter_mut().zip(sums) {
                *four += sum;
            }
        }
        for (correction, pair) in correction.iter_mut().zip(fours.as_chunks::<2>().0) {
            #[expect(clippy::cast_possible_truncation, reason = "see `Correction`")]
            let offset = (-i32::from(OFFSET) * (pair[0] + pair[1])) as i16;
            *correction = offset;
        }
    }
    (largest / LARGEST, correction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn vectors_give_the_same_numbers() {
        if Isa::best() < Isa::Avx2 {
            eprintln!("skipped: this processor has no AVX2");
            return;
        }
        let number = |at: usize| f32::from(u16::try_from(at * 7919 % 1009).unwrap()) - 504.0;
        for (inputs, factor) in [(32, 1.0), (70, 0.125), (96, 1e-33), (64, 0.0)] {
            let values: Vec<f32> = (0..3 * inputs).map(|at| number(at) * factor).collect();
            let mut vectors = Activations::default();
            vectors.quantise(&values, inputs);
            let mut plain = Activations::default();
            // Makes room; what is there is written over.
            plain.quantise(&vec![1.0; values.len()], inputs);
            fill(&values, inputs, &mut plain, quantise_block);
            assert_eq!(vectors.values, plain.values, "{inputs}");
            assert_eq!(vectors.scales, plain.scales, "{inputs}");
            assert_eq!(vectors.corrections, plain.corrections, "{inputs}");
            assert_eq!(vectors.offsets, plain.offsets, "{inputs}");
        }
    }
}
