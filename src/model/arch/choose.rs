//! Tokens chosen where the logits are: on a GPU, only they come to the host, and not rows of the whole
//! vocabulary.

use candle_core::{Result, Tensor};

use crate::model::decode::{Choice, Chosen, Touched, Wish, is_enough};

/// Of the likeliest tokens, those that a token is drawn from. At the temperatures that are in use, more
/// are rarely needed, and then the row is fetched.
const DRAWN_FROM: usize = 8;

/// What each row of `logits`, (rows, vocabulary) in f32, goes on with, chosen as `choices` say, one for
/// each row.
///
/// # Errors
/// When the computation fails.
pub(super) fn choose(logits: &Tensor, choices: &[Choice<'_>]) -> Result<Vec<Chosen>> {
    let wishes = || choices.iter().map(|choice| choice.wish);
    if wishes().all(|wish| wish == Wish::Likeliest) {
        let tokens: Vec<u32> = match shaped(logits, choices)? {
            Some(shaped) => shaped.argmax(1)?.to_vec1()?,
            None => logits.argmax(1)?.to_vec1()?,
        };
        return Ok(tokens.into_iter().map(Chosen::Token).collect());
    }
    let count = wishes().map(|wish| match wish {
        Wish::Likeliest => 1,
        Wish::Drawn(_) => DRAWN_FROM,
        Wish::Best(count) => count,
    });
    let count = count.max().unwrap_or(0).max(1);
    let best = best(logits, choices, count)?;
    let rows = best.into_iter().zip(choices).enumerate();
    rows.map(|(row, (mut best, choice))| {
        Ok(match choice.wish {
            Wish::Likeliest => Chosen::Token(best.first().map_or(0, |(token, _)| *token)),
            Wish::Best(count) => {
                best.truncate(count);
                Chosen::Best(best)
            }
            Wish::Drawn(draw) if is_enough(&best, draw.top_p) => Chosen::Best(best),
            Wish::Drawn(_) => Chosen::Logits(logits.get(row)?.to_vec1()?),
        })
    })
    .collect()
}

/// The `count` likeliest tokens of each row, the likeliest first, and the logarithms of their
/// probabilities.
fn best(logits: &Tensor, choices: &[Choice<'_>], count: usize) -> Result<Vec<Vec<(u32, f32)>>> {
    let device = logits.device();
    let (rows, vocabulary) = logits.dims2()?;
    // As in the transformers library, the penalty of a beam acts on log-probabilities, which are then
    // made to add up again; otherwise it acts on logits.
    let is_normal =
        |choice: &Choice<'_>| choice.shape.penalises() && matches!(choice.wish, Wish::Best(_));
    let logits = if choices.iter().any(is_normal) {
        let which = choices.iter().map(|choice| f32::from(is_normal(choice)));
        let which = Tensor::from_iter(which, device)?.unsqueeze(1)?;
        let total = logits.log_sum_exp(1)?.unsqueeze(1)?;
        logits.broadcast_sub(&(total * which)?)?
    } else {
        logits.clone()
    };
    // What is chosen is then written over, so this is to be a copy.
    let left = match shaped(&logits, choices)? {
        Some(shaped) => shaped,
        None => logits.copy()?,
    };
    let colder: Vec<f32> = choices
        .iter()
        .map(|choice| match choice.wish {
            #[expect(clippy::cast_possible_truncation, reason = "logits are no finer")]
            Wish::Drawn(draw) if draw.temperature > 0.0 => draw.temperature.recip() as f32,
            // Whatever is a little less likely is never drawn.
            Wish::Drawn(_) => 1e6,
            Wish::Likeliest | Wish::Best(_) => 1.0,
        })
        .collect();
    let scale = Tensor::new(colder.as_slice(), device)?.unsqueeze(1)?;
    let total: Vec<f32> = left.broadcast_mul(&scale)?.log_sum_exp(1)?.to_vec1()?;
    let gone = Tensor::full(f32::NEG_INFINITY, (rows, 1), device)?;
    let (mut tokens, mut values) = (Vec::new(), Vec::new());
    for _ in 0..count.min(vocabulary) {
        let token = left.argmax_keepdim(1)?;
        values.push(left.gather(&token, 1)?);
        left.scatter_set(&token, &gone, 1)?;
        tokens.push(token);
    }
    let tokens: Vec<Vec<u32>> = Tensor::cat(&tokens, 1)?.to_vec2()?;
    let values: Vec<Vec<f32>> = Tensor::cat(&values, 1)?.to_vec2()?;
    let rows = tokens.into_iter().zip(values).zip(colder.iter().zip(total));
    Ok(rows
        .map(|((tokens, values), (colder, total))| {
            let values = values.into_iter().map(|value| value * colder - total);
            tokens.into_iter().zip(values).collect()
        })
        .collect())
}

/// `logits` as `choices` say; `None` where they say nothing.
fn shaped(logits: &Tensor, choices: &[Choice<'_>]) -> Result<Option<Tensor>> {
    let (rows, vocabulary) = logits.dims2()?;
    let touched: Vec<_> = choices
        .iter()
        .map(|choice| choice.shape.touched(vocabulary))
        .collect();
    let width = touched.iter().map(Vec::len).max().unwrap_or(0);
    if width == 0 {
        return Ok(None);
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
    logits.scatter(&tokens, &changed, 1).map(Some)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;
    use proptest::prelude::*;

    use super::*;
    use crate::model::decode::{self, Draw, Random, Shape, sample, sample_best};

    const VOCABULARY: usize = 9;

    fn wish() -> impl Strategy<Value = Wish> {
        prop_oneof![
            Just(Wish::Likeliest),
            (0usize..5).prop_map(Wish::Best),
            (0.2f64..2.0, 0.1f64..1.0)
                .prop_map(|(temperature, top_p)| Wish::Drawn(Draw { temperature, top_p })),
        ]
    }

    /// The best of a row on the host.
    fn best_on_host(logits: &[f32], shape: &Shape<'_>, count: usize) -> Vec<(u32, f32)> {
        let log_sum_exp = |row: &[f32]| row.iter().map(|x| x.exp()).sum::<f32>().ln();
        let total = log_sum_exp(logits);
        let mut left: Vec<f32> = logits.iter().map(|logit| logit - total).collect();
        shape.apply(&mut left);
        let total = log_sum_exp(&left);
        let mut all: Vec<(u32, f32)> = (0u32..).zip(left.iter().map(|x| x - total)).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1));
        all.truncate(count);
        all
    }

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
                    wish(),
                ),
                1..6,
            ),
        ) {
            let choices: Vec<Choice<'_>> = rows
                .iter()
                .map(|(_, written, penalty, ngram, banned, wish)| Choice {
                    shape: Shape {
                        written,
                        repetition_penalty: *penalty,
                        no_repeat_ngram: *ngram,
                        banned,
                    },
                    wish: *wish,
                })
                .collect();
            let values: Vec<f32> = rows.iter().flat_map(|(logits, ..)| logits.clone()).collect();
            let logits = Tensor::from_vec(values, (rows.len(), VOCABULARY), &Device::Cpu).unwrap();
            let all = choose(&logits, &choices).unwrap();
            prop_assert_eq!(all.len(), rows.len());
            for ((row, choice), chosen) in rows.iter().zip(&choices).zip(all) {
                let mut shaped = row.0.clone();
                choice.shape.apply(&mut shaped);
                match (choice.wish, chosen) {
                    (Wish::Likeliest, Chosen::Token(token)) => {
                        prop_assert_eq!(token, decode::likeliest(&shaped));
                    }
                    (Wish::Best(count), Chosen::Best(best)) => {
                        prop_assert_eq!(best.len(), count);
                        for (ours, host) in best.iter().zip(best_on_host(&row.0, &choice.shape, count)) {
                            let close = (ours.1 - host.1).abs() < 1e-4;
                            // Of a row in which all is banned, neither has a probability.
                            let never = ours.1.is_infinite() && host.1.is_infinite()
                                || ours.1.is_nan() && host.1.is_nan();
                            prop_assert!(close || never, "{:?} {:?}", ours, host);
                        }
                    }
                    (Wish::Drawn(draw), Chosen::Best(best)) => {
                        let (mut here, mut there) = (Random::new(5), Random::new(5));
                        let token = sample_best(&best, draw.top_p, &mut here).unwrap();
                        prop_assert_eq!(token, sample(&shaped, draw, &mut there));
                    }
                    (Wish::Drawn(_), Chosen::Logits(same)) => prop_assert_eq!(&same, &row.0),
                    (wish, chosen) => prop_assert!(false, "{:?} gave {:?}", wish, chosen),
                }
            }
        }
    }

    #[test]
    fn rows_of_which_nothing_is_said_are_left_as_they_are() {
        let logits = Tensor::new(&[[1f32, 3.0, 2.0], [4.0, 0.0, 5.0]], &Device::Cpu).unwrap();
        let plain = Choice {
            shape: Shape {
                written: &[1],
                repetition_penalty: 1.0,
                no_repeat_ngram: 0,
                banned: &[],
            },
            wish: Wish::Likeliest,
        };
        let mut banned = plain;
        banned.shape.banned = &[2];
        let tokens = |tokens: [u32; 2]| tokens.map(Chosen::Token);
        assert_eq!(choose(&logits, &[plain, plain]).unwrap(), tokens([1, 2]));
        assert_eq!(choose(&logits, &[plain, banned]).unwrap(), tokens([1, 0]));
        let mut best = plain;
        best.wish = Wish::Best(2);
        choose(&logits, &[best, best]).unwrap();
        assert_eq!(logits.to_vec2::<f32>().unwrap()[0], [1.0, 3.0, 2.0]);
    }
}
