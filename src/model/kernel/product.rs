//! The product of quantised rows with a quantised matrix, in several forms that give the same bits.
//!
//! For each block of inputs the products of a row with eight outputs are summed as integers, which
//! is exact; then scaled and added to the result in one fixed order of f32 operations. So a row's
//! result depends neither on the processor nor on what other rows there are.

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

use std::ops::Range;

use super::activations::{Activations, Block};
use super::isa::Isa;
use super::panels::{BLOCK_BYTES, COLUMNS, Panels};
use super::vector;

/// Rows that are computed before the next panel: their activations stay in the second-level cache
/// while the panels pass, and their sums in the first.
const TILE: usize = 64;

/// Panels whose results are written together: a stretch of a row at a time, because rows of the
/// result may lie a power of two apart, and then share one place in the cache.
const GROUP: usize = 8;

/// Writes activations (rows, inputs) times `weights` (outputs, inputs), plus `bias` (outputs), to
/// `into` (rows, outputs), row after row.
///
/// Where `isa` is more than this processor has, the best that it has is taken.
///
/// # Panics
/// When `into` or `bias` have another length, or the activations another number of inputs.
pub fn product(
    isa: Isa,
    weights: &Panels,
    activations: &Activations,
    bias: Option<&[f32]>,
    into: &mut [f32],
) {
    let outputs = weights.outputs();
    assert_eq!(
        into.len(),
        activations.rows() * outputs,
        "the result's size"
    );
    assert_eq!(weights.blocks(), activations.blocks(), "the inputs");
    assert!(
        bias.is_none_or(|bias| bias.len() == outputs),
        "the bias's size"
    );
    let isa = isa.min(Isa::best());
    #[cfg(target_arch = "x86_64")]
    let form = amx::tiles(isa, activations.rows()).map_or(Form::Vectors(isa), Form::Tiles);
    #[cfg(not(target_arch = "x86_64"))]
    let form = Form::Vectors(isa);
    let tile = TILE.min(activations.rows());
    let mut sums = vec![[0f32; COLUMNS]; GROUP * tile];
    for start in (0..activations.rows()).step_by(TILE) {
        let rows = start..(start + TILE).min(activations.rows());
        for group in (0..weights.panels()).step_by(GROUP) {
            let panels = group..weights.panels();
            for (panel, sums) in panels.zip(sums.chunks_exact_mut(rows.len())) {
                add_panel(&form, weights, panel, (activations, &rows), bias, sums);
            }
            write(into, outputs, &rows, group, &sums);
        }
    }
}

/// How a product is computed.
enum Form {
    Vectors(Isa),
    #[cfg(target_arch = "x86_64")]
    Tiles(super::tiles::Tiles),
}

/// Writes the products of some rows with a panel to its sums.
fn add_panel(
    form: &Form,
    weights: &Panels,
    panel: usize,
    (activations, rows): (&Activations, &Range<usize>),
    bias: Option<&[f32]>,
    sums: &mut [[f32; COLUMNS]],
) {
    fill(sums, bias, panel);
    let (bytes, scales) = weights.panel(panel);
    let bytes = bytes.as_chunks::<BLOCK_BYTES>().0;
    let blocks = bytes.iter().zip(scales.as_chunks::<COLUMNS>().0);
    let isa = match form {
        Form::Vectors(isa) => *isa,
        #[cfg(target_arch = "x86_64")]
        Form::Tiles(tiles) => {
            return amx::add_panel(tiles, &blocks, activations, rows, sums);
        }
    };
    #[cfg(target_arch = "x86_64")]
    if isa >= Isa::Avx512Vnni {
        return avx512::add_panel(&blocks, activations, rows, sums);
    }
    for (block, panel) in blocks.enumerate() {
        let rows = activations.block(block, rows.start, rows.end);
        add_block(isa, panel, rows, sums);
    }
}

/// A block of a panel, and its scales.
type PanelBlock<'a> = (&'a [u8; BLOCK_BYTES], &'a [f32; COLUMNS]);

/// Adds the products of a block of rows with a panel to its sums.
fn add_block(isa: Isa, panel: PanelBlock<'_>, rows: Block<'_>, sums: &mut [[f32; COLUMNS]]) {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => avx2::add_block(panel, rows, sums),
        _ => portable::add_block(panel, rows, sums),
    }
}

fn fill(sums: &mut [[f32; COLUMNS]], bias: Option<&[f32]>, panel: usize) {
    let mut begin = [0f32; COLUMNS];
    let bias = bias.and_then(|bias| bias.get(panel * COLUMNS..));
    for (begin, bias) in begin.iter_mut().zip(bias.unwrap_or_default()) {
        *begin = *bias;
    }
    sums.fill(begin);
}

/// Writes a group's sums, `[panel][row]`, to the rows of the result.
fn write(
    into: &mut [f32],
    outputs: usize,
    rows: &Range<usize>,
    group: usize,
    sums: &[[f32; COLUMNS]],
) {
    let first = group * COLUMNS;
    let last = outputs.min(first + GROUP * COLUMNS);
    for (at, row) in rows.clone().enumerate() {
        let to = into.get_mut(row * outputs + first..row * outputs + last);
        let sums = sums.iter().skip(at).step_by(rows.len());
        for (to, sums) in to.unwrap_or_default().chunks_mut(COLUMNS).zip(sums) {
            vector::put(sums, to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        (0..count)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let high = u16::try_from(state >> 16).unwrap();
                f32::from(high) / 16_384.0 - 2.0
            })
            .collect()
    }

    fn run(isa: Isa, weights: &Panels, rows: &[f32], bias: &[f32]) -> Vec<f32> {
        let mut activations = Activations::default();
        activations.quantise(rows, weights.inputs());
        let mut into = vec![f32::NAN; activations.rows() * weights.outputs()];
        product(isa, weights, &activations, Some(bias), &mut into);
        into
    }

    #[test]
    fn every_form_gives_the_same_bits_and_rows_do_not_depend_on_each_other() {
        for (rows, inputs, outputs) in [
            (1, 32, 8),
            (3, 64, 17),
            (5, 100, 40),
            (130, 96, 33),
            (3, 32, 300),
            (16, 512, 48),
            (29, 96, 20),
            (70, 64, 31),
        ] {
            let weights = Panels::quantise(&noise(outputs * inputs, 1), inputs);
            let (x, bias) = (noise(rows * inputs, 2), noise(outputs, 3));
            let expected = run(Isa::Portable, &weights, &x, &bias);
            for isa in Isa::all() {
                let got = run(isa, &weights, &x, &bias);
                assert_eq!(got, expected, "{isa:?} {rows} {inputs} {outputs}");
                let last = run(isa, &weights, &x[(rows - 1) * inputs..], &bias);
                assert_eq!(last, expected[(rows - 1) * outputs..], "{isa:?}");
            }
        }
    }

    #[test]
    fn the_largest_values_do_not_overflow() {
        let (inputs, outputs) = (64, 16);
        for (w, x) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
            let weights = Panels::quantise(&vec![w; inputs * outputs], inputs);
            for isa in Isa::all() {
                for value in run(isa, &weights, &vec![x; inputs], &vec![0.0; outputs]) {
                    assert!((value - w * x * 64.0).abs() < 1e-3, "{isa:?}: {value}");
                }
            }
        }
    }

    #[test]
    fn the_product_is_close_to_that_of_f32() {
        let (rows, inputs, outputs) = (7, 256, 24);
        let (w, x, bias) = (
            noise(outputs * inputs, 4),
            noise(rows * inputs, 5),
            noise(outputs, 6),
        );
        let got = run(Isa::best(), &Panels::quantise(&w, inputs), &x, &bias);
        let (mut off, mut size) = (0f64, 0f64);
        for (row, x) in x.chunks(inputs).enumerate() {
            for (output, w) in w.chunks(inputs).enumerate() {
                let exact: f32 = w.iter().zip(x).map(|(w, x)| w * x).sum::<f32>() + bias[output];
                off += f64::from(exact - got[row * outputs + output]).powi(2);
                size += f64::from(exact).powi(2);
            }
        }
        // A step is 1/63 of the block's largest, for weights and for activations.
        assert!((off / size).sqrt() < 0.015, "{}", (off / size).sqrt());
    }
}
