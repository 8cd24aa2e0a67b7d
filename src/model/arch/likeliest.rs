//! The likeliest tokens, chosen where the logits are: on a GPU, only they come to the host, and not
//! a row of the whole vocabulary for every text.

use candle_core::{Result, Tensor};

use crate::model::decode::{Shape, Touched};

/// The token each row of `logits`, (rows, vocabulary) in f32, goes on with when it is shaped as
/// `shapes` say, one for each row.
///
/// # Errors
/// When the computation fails.
pub(super) fn likeliest(logits: &Tensor, shapes: &[Shape<'_>]) -> Result<Vec<u32>> {
    let (rows, vocabulary) = logits.dims2()?;
    let touched: Vec<_> = shapes
        .iter()
        .map(|shape| shape.touched(vocabulary))
        .collect();
    let width = touched.iter().map(Vec::len).max().unwrap_or(0);
    if width == 0 {
        return logits.argmax(1)?.to_vec1();
    }
    let mut tokens = Vec::with_capacity(rows * width);
    let mut penalties = Vec::with_capacity(rows * width);
    let mut bans = Vec::with_capacity(rows * width);
    for row in touched {
        // A shorter row says its first again, which changes nothing; an empty one writes back what
        // stands there.
        let fill = row.first().copied().unwrap_or(Touched {
            token: 0,
            penalty: 1.0,
            banned: false,
        });
        let fill = std::iter::repeat_n(fill, width - row.len());
        for touched in row.into_iter().chain(fill) {
            tokens.push(touched.token);
            penalties.push(touched.penalty);
            bans.push(if touched.banned {
                f32::NEG_INFINITY
            } else {
                0.0
            });
        }
    }
    let device = logits.device();
    let tokens = Tensor::from_vec(tokens, (rows, width), device)?;
    let penalties = Tensor::from_vec(penalties, (rows, width), device)?;
    let bans = Tensor::from_vec(bans, (rows, width), device)?;
    let logits = logits.contiguous()?;
    let found = logits.gather(&tokens, 1)?;
    let penalised = found
        .gt(0f32)?
        .where_cond(&(&found / &penalties)?, &(&found * &penalties)?)?;
    let changed = (penalised + bans)?;
    logits.scatter(&tokens, &changed, 1)?.argmax(1)?.to_vec1()
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use proptest::prelude::*;

    use super::*;
    use crate::model::decode;

    const VOCABULARY: usize = 9;

    proptest! {
        #[test]
        fn what_is_chosen_on_the_device_is_what_the_host_would_choose(
            rows in prop::collection::vec(
                (
                    prop::collection::vec(-8f32..8.0, VOCABULARY),
                    prop::collection::vec(0u32..10, 0..14),
                    prop::sample::select(vec![1.0f32, 1.3, 2.0]),
                    0usize..4,
                    prop::collection::vec(0u32..10, 0..3),
                ),
                1..6,
            ),
        ) {
            let shapes: Vec<Shape<'_>> = rows
                .iter()
                .map(|(_, written, penalty, ngram, banned)| Shape {
                    written,
                    repetition_penalty: *penalty,
                    no_repeat_ngram: *ngram,
                    banned,
                })
                .collect();
            let values: Vec<f32> = rows.iter().flat_map(|(logits, ..)| logits.clone()).collect();
            let logits = Tensor::from_vec(values, (rows.len(), VOCABULARY), &Device::Cpu).unwrap();
            let chosen = likeliest(&logits, &shapes).unwrap();
            for ((row, shape), chosen) in rows.iter().zip(&shapes).zip(chosen) {
                let mut logits = row.0.clone();
                shape.apply(&mut logits);
                prop_assert_eq!(chosen, decode::likeliest(&logits));
            }
        }
    }

    #[test]
    fn rows_of_which_nothing_is_said_are_left_as_they_are() {
        let logits = Tensor::new(&[[1f32, 3.0, 2.0], [4.0, 0.0, 5.0]], &Device::Cpu).unwrap();
        let plain = Shape {
            written: &[1],
            repetition_penalty: 1.0,
            no_repeat_ngram: 0,
            banned: &[],
        };
        let banned = Shape {
            banned: &[2],
            ..plain
        };
        assert_eq!(likeliest(&logits, &[plain, plain]).unwrap(), [1, 2]);
        assert_eq!(likeliest(&logits, &[plain, banned]).unwrap(), [1, 0]);
    }
}
