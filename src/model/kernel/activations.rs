//! Rows that go into a product, as small integers.

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
        for (row, values) in values.chunks_exact(inputs.max(1)).enumerate() {
            for (block, values) in values.chunks(BLOCK).enumerate() {
                let cell = block * self.rows + row;
                let (Some(to), Some(scale), Some(correction), Some(offset)) = (
                    self.values.get_mut(cell * BLOCK..(cell + 1) * BLOCK),
                    self.scales.get_mut(cell),
                    self.corrections.get_mut(cell),
                    self.offsets.get_mut(cell),
                ) else {
                    continue;
                };
                if let Some(values) = values.as_array::<BLOCK>()
                    && let Some(to) = to.as_mut_array::<BLOCK>()
                {
                    (*scale, *correction) = quantise_block(values, to);
                } else {
                    let mut padded = [0f32; BLOCK];
                    let mut quantised = [0i8; BLOCK];
                    for (to, value) in padded.iter_mut().zip(values) {
                        *to = *value;
                    }
                    (*scale, *correction) = quantise_block(&padded, &mut quantised);
                    to.copy_from_slice(&quantised);
                }
                *offset = correction
                    .as_flattened()
                    .iter()
                    .copied()
                    .map(i32::from)
                    .sum();
            }
        }
    }
}

/// The scale of a block, and what the weights' offset will add.
fn quantise_block(values: &[f32; BLOCK], to: &mut [i8; BLOCK]) -> (f32, Correction) {
    let mut most = [0f32; 8];
    for values in values.as_chunks::<8>().0 {
        for (most, value) in most.iter_mut().zip(values) {
            *most = most.max(value.abs());
        }
    }
    let largest = most.iter().fold(0f32, |most, value| most.max(*value));
    // Below this the inverse would be infinite.
    let inverse = if largest > 1e-30 {
        LARGEST / largest
    } else {
        0.0
    };
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
        for four in sums.as_chunks::<4>().0 {
            for (correction, pair) in correction.iter_mut().zip(four.as_chunks::<2>().0) {
                #[expect(clippy::cast_possible_truncation, reason = "see `Correction`")]
                let offset = (-i32::from(OFFSET) * (pair[0] + pair[1])) as i16;
                *correction += offset;
            }
        }
    }
    (largest / LARGEST, correction)
}
