//! The product without vector instructions of our own.

use super::{Block, COLUMNS, PanelBlock};
use crate::model::kernel::panels::BLOCK;

/// See [`super::add_block`]; one panel.
pub(super) fn add_block(
    (weights, scales): PanelBlock<'_>,
    rows: Block<'_>,
    sums: &mut [[f32; COLUMNS]],
) {
    let quads = weights.as_chunks::<{ 4 * COLUMNS }>().0;
    let rows = rows
        .values
        .as_chunks::<BLOCK>()
        .0
        .iter()
        .zip(rows.scales.iter().zip(rows.offsets));
    for ((row, (row_scale, offset)), sums) in rows.zip(sums) {
        let mut totals = [*offset; COLUMNS];
        for (quad, row) in quads.iter().zip(row.as_chunks::<4>().0) {
            for (total, weights) in totals.iter_mut().zip(quad.as_chunks::<4>().0) {
                for (weight, value) in weights.iter().zip(row) {
                    *total += i32::from(*weight) * i32::from(*value);
                }
            }
        }
        for ((sum, total), scale) in sums.iter_mut().zip(totals).zip(scales) {
            #[expect(clippy::cast_precision_loss, reason = "at most 32 · 63 · 63")]
            let value = total as f32 * row_scale;
            *sum = value.mul_add(*scale, *sum);
        }
    }
}
