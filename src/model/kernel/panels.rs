//! A weight matrix as small integers, laid out for the product in [`super::product`].

use super::activations::Activations;

/// Inputs that share a scale.
pub const BLOCK: usize = 32;

/// Outputs that are computed together: a vector of 512 bits of their sums, or two of 256.
pub const COLUMNS: usize = 16;

/// Bytes of a block of a panel.
pub(super) const BLOCK_BYTES: usize = BLOCK * COLUMNS;

/// Largest weight as an integer. With activations of no more than that either, eight products fit
/// into 16 bits: `8 · 63 · 63 < 32,768`. That is what spares processors without 8-bit dot products
/// every other multiplication, and a scale to 32 weights makes up for the bit.
const LARGEST: f32 = 63.0;

/// What is added to a weight so that it is not negative: vector instructions multiply unsigned by
/// signed bytes.
pub(super) const OFFSET: u8 = 64;

/// A matrix (outputs, inputs) of 7-bit integers, one f32 scale to [`BLOCK`] inputs of an output.
///
/// Data are panels of [`COLUMNS`] outputs; a panel is blocks of [`BLOCK`] inputs; a block is, for
/// each four inputs, the four bytes of each output: `[panel][block][quad][column][4]`. Both sides
/// are filled up with zeros.
#[derive(Debug, Clone)]
pub struct Panels {
    outputs: usize,
    inputs: usize,
    blocks: usize,
    data: Vec<u8>,
    /// `[panel][block][column]`
    scales: Vec<f32>,
}

impl Panels {
    /// An empty matrix of `inputs` inputs, to [`Panels::push`] to.
    pub fn new(inputs: usize) -> Self {
        Self {
            outputs: 0,
            inputs,
            blocks: inputs.div_ceil(BLOCK),
            data: Vec::new(),
            scales: Vec::new(),
        }
    }

    /// Quantises `weights`, rows of `inputs` values, one for each output.
    pub fn quantise(weights: &[f32], inputs: usize) -> Self {
        let mut panels = Self::new(inputs);
        panels.reserve(weights.len() / inputs.max(1));
        for row in weights.chunks_exact(inputs.max(1)) {
            panels.push(row);
        }
        panels
    }

    fn reserve(&mut self, outputs: usize) {
        let columns = outputs.next_multiple_of(COLUMNS);
        self.data.reserve_exact(columns * self.blocks * BLOCK);
        self.scales.reserve_exact(columns * self.blocks);
    }

    /// Outputs.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Inputs.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Blocks of an output.
    pub(super) fn blocks(&self) -> usize {
        self.blocks
    }

    /// Panels.
    pub(super) fn panels(&self) -> usize {
        self.outputs.div_ceil(COLUMNS)
    }

    /// The blocks of a panel, and their scales.
    pub(super) fn panel(&self, panel: usize) -> (&[u8], &[f32]) {
        let bytes = self.blocks * BLOCK_BYTES;
        let scales = self.blocks * COLUMNS;
        (
            self.data
                .get(panel * bytes..(panel + 1) * bytes)
                .unwrap_or_default(),
            self.scales
                .get(panel * scales..(panel + 1) * scales)
                .unwrap_or_default(),
        )
    }

    /// Memory that it takes, in bytes.
    pub fn bytes(&self) -> usize {
        self.data.len() + self.scales.len() * size_of::<f32>()
    }

    /// Makes room for one more output, and says which it is.
    fn grow(&mut self) -> usize {
        let output = self.outputs;
        if output.is_multiple_of(COLUMNS) {
            let columns = output + COLUMNS;
            self.data.resize(columns * self.blocks * BLOCK, OFFSET);
            self.scales.resize(columns * self.blocks, 0.0);
        }
        self.outputs += 1;
        output
    }

    /// Where the four bytes of `quad` of `block` of an output begin, and where its scale is.
    fn at(&self, output: usize, block: usize) -> (usize, usize) {
        let (panel, column) = (output / COLUMNS, output % COLUMNS);
        let block = panel * self.blocks + block;
        (block * BLOCK_BYTES + column * 4, block * COLUMNS + column)
    }

    /// Adds an output with these weights.
    pub fn push(&mut self, weights: &[f32]) {
        let output = self.grow();
        for (index, block) in weights.chunks(BLOCK).enumerate() {
            let largest = block.iter().fold(0f32, |most, w| most.max(w.abs()));
            let inverse = if largest > 0.0 {
                LARGEST / largest
            } else {
                0.0
            };
            let (bytes, scale) = self.at(output, index);
            if let Some(scale) = self.scales.get_mut(scale) {
                *scale = largest / LARGEST;
            }
            for (quad, weights) in block.chunks(4).enumerate() {
                for (at, weight) in weights.iter().enumerate() {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "1 to 127"
                    )]
                    let value = ((weight * inverse).round_ties_even() + f32::from(OFFSET)) as u8;
                    if let Some(byte) = self.data.get_mut(bytes + quad * 4 * COLUMNS + at) {
                        *byte = value;
                    }
                }
            }
        }
    }

    /// Adds a copy of an output of another matrix with the same inputs.
    pub fn push_from(&mut self, other: &Self, output: usize) {
        let new = self.grow();
        for block in 0..self.blocks {
            let (from, from_scale) = other.at(output, block);
            let (to, to_scale) = self.at(new, block);
            if let (Some(scale), Some(old)) =
                (self.scales.get_mut(to_scale), other.scales.get(from_scale))
            {
                *scale = *old;
            }
            for quad in (0..BLOCK_BYTES).step_by(4 * COLUMNS) {
                if let (Some(to), Some(from)) = (
                    self.data.get_mut(to + quad..to + quad + 4),
                    other.data.get(from + quad..from + quad + 4),
                ) {
                    to.copy_from_slice(from);
                }
            }
        }
    }

    /// Writes the weights of an output, times `factor`, to `into`, which has as many as there are
    /// inputs.
    pub fn read(&self, output: usize, factor: f32, into: &mut [f32]) {
        for (index, block) in into.chunks_mut(BLOCK).enumerate() {
            let (bytes, scale) = self.at(output, index);
            let scale = self.scales.get(scale).copied().unwrap_or_default() * factor;
            for (quad, values) in block.chunks_mut(4).enumerate() {
                let start = bytes + quad * 4 * COLUMNS;
                let quads = self.data.get(start..start + 4).unwrap_or_default();
                for (value, byte) in values.iter_mut().zip(quads) {
                    *value = (f32::from(*byte) - f32::from(OFFSET)) * scale;
                }
            }
        }
    }

    /// The product of some activations with this matrix: see [`super::product::product`].
    pub fn forward(&self, activations: &Activations, bias: Option<&[f32]>, into: &mut [f32]) {
        super::product::product(super::isa::Isa::best(), self, activations, bias, into);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(rows: usize, inputs: usize) -> Vec<f32> {
        let value = |i: u16| (f32::from(i) * 0.37).sin() * f32::from(1 + i % 13);
        (0u16..).map(value).take(rows * inputs).collect()
    }

    #[test]
    fn weights_come_back_within_half_a_step() {
        for (outputs, inputs) in [(1, 1), (9, 40), (16, 64), (35, 100)] {
            let weights = wave(outputs, inputs);
            let panels = Panels::quantise(&weights, inputs);
            assert_eq!((panels.outputs(), panels.inputs()), (outputs, inputs));
            let mut back = vec![0.0; inputs];
            for (output, row) in weights.chunks(inputs).enumerate() {
                panels.read(output, 1.0, &mut back);
                for (old, new) in row.chunks(BLOCK).zip(back.chunks(BLOCK)) {
                    let step = old.iter().fold(0f32, |most, w| most.max(w.abs())) / LARGEST;
                    for (old, new) in old.iter().zip(new) {
                        assert!((old - new).abs() <= step * 0.501, "{old} {new} {step}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_copied_output_is_the_same() {
        let panels = Panels::quantise(&wave(30, 70), 70);
        let mut some = Panels::new(70);
        let chosen = [29, 0, 7, 8, 7];
        for output in chosen {
            some.push_from(&panels, output);
        }
        let (mut old, mut new) = (vec![0.0; 70], vec![0.0; 70]);
        for (at, output) in chosen.iter().enumerate() {
            panels.read(*output, 2.0, &mut old);
            some.read(at, 2.0, &mut new);
            assert_eq!(old, new);
        }
    }
}
