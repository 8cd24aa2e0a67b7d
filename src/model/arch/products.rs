//! Products with quantised weights, spread over candle's threads.

use super::pool::{each, threads};
use crate::model::kernel::isa::Isa;
use crate::model::kernel::kquant::{Input, Matrix};
use crate::model::kernel::vector;

/// Pieces that a thread gets of a product, so that one that is held up delays the others little.
const PIECES: usize = 4;

/// Outputs of a product that are worth giving to a thread.
const PIECE: usize = 64;

/// A product: the weights, what is added to each row of it, and where its rows go, one after the
/// other.
pub(super) type Wanted<'a> = (Matrix<'a>, Option<&'a [f32]>, &'a mut [f32]);

/// Several products of the same input, in pieces over all threads.
pub(super) fn products(isa: Isa, input: &Input, wanted: Vec<Wanted<'_>>) {
    let total: usize = wanted.iter().map(|(matrix, ..)| matrix.rows()).sum();
    let width = total
        .div_ceil(threads() * PIECES)
        .max(PIECE)
        .next_multiple_of(16);
    let mut pieces = Vec::new();
    for (matrix, bias, out) in wanted {
        let outputs = matrix.rows();
        let first = pieces.len();
        for start in (0..outputs).step_by(width) {
            let rows = Vec::with_capacity(input.rows());
            pieces.push((matrix, bias, start..outputs.min(start + width), rows));
        }
        for row in out.chunks_exact_mut(outputs.max(1)) {
            let places = pieces.iter_mut().skip(first);
            for (part, (.., rows)) in row.chunks_mut(width).zip(places) {
                rows.push(part);
            }
        }
    }
    each(pieces, |(matrix, bias, outputs, mut rows)| {
        matrix.product(isa, outputs.clone(), input, &mut rows);
        if let Some(bias) = bias.and_then(|bias| bias.get(outputs)) {
            for row in rows {
                vector::add(isa, row, bias);
            }
        }
    });
}
