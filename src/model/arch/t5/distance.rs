//! T5's positions: each pair of tokens has a bias by the kind ("bucket") of distance between them.
//!
//! candle-transformers (0.11.1, `t5.rs` and `quantized_t5.rs`) computes the encoder's buckets for the
//! decoder as well: half the buckets, kept for tokens that come later, of which a decoder has
//! none. Distances of 9 tokens and more then get the bias of another distance, so texts go wrong
//! from about the tenth token on. Its quantised version also lets far distances run into the
//! buckets of the other direction. This is the reason for a network of our own.

/// The bucket of a token that stands `key - query` tokens further on.
pub(super) fn bucket(
    query: usize,
    key: usize,
    both_ways: bool,
    buckets: usize,
    max_distance: usize,
) -> usize {
    if !both_ways {
        return magnitude(query.saturating_sub(key), buckets, max_distance);
    }
    let half = buckets / 2;
    let later = if key > query { half } else { 0 };
    later + magnitude(query.abs_diff(key), half, max_distance)
}

/// Half of the buckets are for one distance each, the others for ever longer ranges.
fn magnitude(distance: usize, buckets: usize, max_distance: usize) -> usize {
    let exact = buckets / 2;
    if distance < exact {
        return distance;
    }
    #[expect(clippy::cast_precision_loss, reason = "distances are far below 2^24")]
    let [distance, exact_f, max, rest] =
        [distance, exact, max_distance, buckets - exact].map(|n| n as f32);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "floor of a small positive number"
    )]
    let further = ((distance / exact_f).ln() / (max / exact_f).ln() * rest) as usize;
    (exact + further).min(buckets.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DISTANCES: [usize; 16] = [
        0, 1, 7, 8, 9, 15, 16, 17, 20, 31, 40, 64, 100, 127, 128, 500,
    ];

    /// The numbers are what `T5Attention._relative_position_bucket` of the transformers library
    /// gives for 32 buckets and 128 tokens.
    #[test]
    fn buckets_are_those_of_the_transformers_library() {
        let decoder = DISTANCES.map(|distance| bucket(500, 500 - distance, false, 32, 128));
        assert_eq!(
            decoder,
            [0, 1, 7, 8, 9, 15, 16, 16, 17, 21, 23, 26, 30, 31, 31, 31]
        );
        let before = DISTANCES.map(|distance| bucket(500, 500 - distance, true, 32, 128));
        assert_eq!(
            before,
            [0, 1, 7, 8, 8, 9, 10, 10, 10, 11, 12, 14, 15, 15, 15, 15]
        );
        let after = DISTANCES.map(|distance| bucket(0, distance, true, 32, 128));
        assert_eq!(
            after,
            [
                0, 17, 23, 24, 24, 25, 26, 26, 26, 27, 28, 30, 31, 31, 31, 31
            ]
        );
    }
}
