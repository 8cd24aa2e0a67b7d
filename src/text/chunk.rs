//! Text cut to the size of a model, and put together again.
//!
//! Sizes are in tokens, which only a model's tokenizer can count; so every function here is handed
//! counts or a counter.

mod segment;
mod split;

pub use segment::{Rejoined, Segment, rejoin, rejoin_placed, segments};
pub use split::split_long;

use std::ops::Range;

/// Packs pieces that cost `pieces` tokens each into runs of at most `budget`: index ranges that tile
/// `0..pieces.len()`. A piece over the budget is alone in its run. There are as few runs as
/// possible, and among those the runs are of about the same size, since a last run of one short
/// paragraph makes a poor summary.
pub fn chunks(pieces: &[usize], budget: usize) -> Vec<Range<usize>> {
    let tight = pack(pieces, budget);
    // The smallest budget that gives no more runs: found by halving, since fewer tokens never give fewer runs.
    let (mut low, mut high) = (0, budget);
    while low < high {
        let middle = low + (high - low) / 2;
        if pack(pieces, middle).len() <= tight.len() {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    pack(pieces, high)
}

fn pack(pieces: &[usize], budget: usize) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let (mut start, mut cost) = (0, 0_usize);
    for (at, piece) in pieces.iter().enumerate() {
        if at > start && cost.saturating_add(*piece) > budget {
            runs.push(start..at);
            (start, cost) = (at, 0);
        }
        cost = cost.saturating_add(*piece);
    }
    if start < pieces.len() {
        runs.push(start..pieces.len());
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_packed_evenly_into_as_few_runs_as_possible() {
        assert_eq!(chunks(&[5, 5, 5, 5, 5, 5], 25), [0..3, 3..6]);
        assert_eq!(chunks(&[1, 2, 3], 10), vec![0..3]);
        assert_eq!(chunks(&[50, 1, 50], 10), [0..1, 1..2, 2..3]);
        assert!(chunks(&[], 10).is_empty());
        assert_eq!(chunks(&[0, 0], 0), vec![0..2]);
    }

    proptest::proptest! {
        #[test]
        fn runs_tile_the_pieces_and_keep_to_the_budget(
            pieces in proptest::collection::vec(0_usize..40, 0..60),
            budget in 0_usize..100,
        ) {
            let runs = chunks(&pieces, budget);
            let tiled: Vec<usize> = runs.iter().cloned().flatten().collect();
            proptest::prop_assert_eq!(tiled, (0..pieces.len()).collect::<Vec<_>>());
            proptest::prop_assert_eq!(runs.len(), pack(&pieces, budget).len());
            for run in runs {
                let cost: usize = pieces[run.clone()].iter().sum();
                proptest::prop_assert!(cost <= budget || run.len() == 1);
            }
        }
    }
}
