//! Every form against the portable one, to the bit; and that one against floats.

use super::*;
use crate::model::kernel::half::from_f32;

/// The same numbers on every machine.
struct Noise(u64);

impl Noise {
    fn byte(&mut self) -> u8 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0.to_le_bytes()[6]
    }

    fn number(&mut self) -> f32 {
        f32::from(self.byte()) / 128.0 - 1.0
    }

    /// Blocks of any bits, but with scales of a sensible size.
    fn weights(&mut self, format: Format, rows: usize, columns: usize) -> Vec<u8> {
        let blocks = rows * columns / format.block();
        (0..blocks)
            .flat_map(|_| {
                let mut block: Vec<u8> = (0..format.block_bytes()).map(|_| self.byte()).collect();
                let scale = from_f32(self.number() * 0.01).to_le_bytes();
                match format {
                    Format::Q4K => {
                        let least = from_f32(self.number() * 0.01).to_le_bytes();
                        block[..2].copy_from_slice(&scale);
                        block[2..4].copy_from_slice(&least);
                    }
                    Format::Q6K => block[208..].copy_from_slice(&scale),
                    Format::Q8 => block[..2].copy_from_slice(&scale),
                    Format::F16 => block = from_f32(self.number()).to_le_bytes().into(),
                    Format::F32 => block = self.number().to_le_bytes().into(),
                }
                block
            })
            .collect()
    }
}

const FORMATS: [Format; 5] = [
    Format::Q4K,
    Format::Q6K,
    Format::Q8,
    Format::F16,
    Format::F32,
];

fn run(isa: Isa, matrix: &Matrix<'_>, outputs: Range<usize>, x: &[f32]) -> Vec<f32> {
    let mut input = Input::default();
    input.set(isa, x, matrix.columns(), matrix.format().need());
    let mut out = vec![0f32; input.rows() * outputs.len()];
    let mut slices: Vec<&mut [f32]> = out.chunks_exact_mut(outputs.len()).collect();
    matrix.product(isa, outputs, &input, &mut slices);
    out
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    let mut noise = Noise(1);
    for format in FORMATS {
        let (rows, columns) = (21, 768);
        let bytes = noise.weights(format, rows, columns);
        let matrix = Matrix::new(&bytes, format, rows, columns).unwrap();
        // One tile of rows, two, and a few.
        let x: Vec<f32> = (0..150 * columns).map(|_| noise.number() * 3.0).collect();
        let expected = run(Isa::Portable, &matrix, 2..rows, &x);
        for isa in Isa::all() {
            for some in [11, 16, 37, 53, 145, 150] {
                assert_eq!(
                    run(isa, &matrix, 2..rows, &x[..some * columns]),
                    expected[..some * (rows - 2)],
                    "{format:?} {isa:?} {some}"
                );
            }
        }
    }
}

/// The largest sums that there are: nothing may run over on the way.
#[test]
fn the_largest_numbers_give_the_same_bits_too() {
    let scale = from_f32(0.25).to_le_bytes();
    for (format, byte, sign) in [
        (Format::Q4K, 0xff, 1.0),
        (Format::Q4K, 0xff, -1.0),
        (Format::Q6K, 0x00, 1.0),
        (Format::Q6K, 0xff, -1.0),
    ] {
        let (rows, columns) = (16, 256);
        let mut bytes = vec![byte; rows * format.block_bytes()];
        for block in bytes.chunks_exact_mut(format.block_bytes()) {
            if format == Format::Q4K {
                block[..2].copy_from_slice(&scale);
                block[2..4].copy_from_slice(&scale);
            } else {
                // Factors of -128.
                block[192..208].fill(0x80);
                block[208..].copy_from_slice(&scale);
            }
        }
        let matrix = Matrix::new(&bytes, format, rows, columns).unwrap();
        let x = vec![sign; 32 * columns];
        let expected = run(Isa::Portable, &matrix, 0..rows, &x);
        assert!(
            expected
                .iter()
                .all(|value| value.is_finite() && *value != 0.0)
        );
        for isa in Isa::all() {
            let got = run(isa, &matrix, 0..rows, &x);
            assert_eq!(got, expected, "{format:?} {isa:?}");
        }
    }
}

#[test]
fn an_output_does_not_depend_on_the_batch_or_the_part() {
    let mut noise = Noise(2);
    for format in FORMATS {
        let (rows, columns) = (19, 512);
        let bytes = noise.weights(format, rows, columns);
        let matrix = Matrix::new(&bytes, format, rows, columns).unwrap();
        let x: Vec<f32> = (0..40 * columns).map(|_| noise.number()).collect();
        for isa in Isa::all() {
            let all = run(isa, &matrix, 0..rows, &x);
            for few in (1..9).chain([15, 16, 31, 33]) {
                let some = run(isa, &matrix, 5..rows, &x[..few * columns]);
                for row in 0..few {
                    assert_eq!(
                        some[row * 14..(row + 1) * 14],
                        all[row * rows + 5..(row + 1) * rows],
                        "{format:?} {isa:?} {few}"
                    );
                }
            }
        }
    }
}

#[test]
fn products_are_those_of_the_decoded_weights() {
    let mut noise = Noise(3);
    for format in FORMATS {
        let (rows, columns) = (16, 1024);
        let bytes = noise.weights(format, rows, columns);
        let matrix = Matrix::new(&bytes, format, rows, columns).unwrap();
        let x: Vec<f32> = (0..columns).map(|_| noise.number()).collect();
        let products = run(Isa::best(), &matrix, 0..rows, &x);
        for (row, product) in products.iter().enumerate() {
            let mut weights = vec![0f32; columns];
            matrix.decode(row, &mut weights);
            let exact: f64 = weights
                .iter()
                .zip(&x)
                .map(|(a, b)| f64::from(*a) * f64::from(*b))
                .sum();
            let size: f64 = weights
                .iter()
                .map(|a| f64::from(*a).powi(2))
                .sum::<f64>()
                .sqrt();
            let off = (f64::from(*product) - exact).abs();
            assert!(off <= 0.05 * size, "{format:?}: {product} is not {exact}");
        }
    }
}

#[test]
fn packed_numbers_are_nearly_the_numbers() {
    let mut noise = Noise(4);
    let values: Vec<f32> = (0..320).map(|_| noise.number()).collect();
    let packed = pack_q8(&values);
    let matrix = Matrix::new(&packed, Format::Q8, 1, 320).unwrap();
    let mut decoded = vec![0f32; 320];
    matrix.decode(0, &mut decoded);
    for (value, decoded) in values.iter().zip(&decoded) {
        assert!((value - decoded).abs() < 0.005, "{value} became {decoded}");
    }
}

#[test]
fn bytes_that_are_not_a_matrix_are_refused() {
    assert!(Matrix::new(&[0; 144], Format::Q4K, 1, 256).is_some());
    assert!(Matrix::new(&[0; 143], Format::Q4K, 1, 256).is_none());
    assert!(Matrix::new(&[0; 144], Format::Q4K, 1, 255).is_none());
    assert!(Matrix::new(&[], Format::Q4K, 1, 0).is_none());
}
