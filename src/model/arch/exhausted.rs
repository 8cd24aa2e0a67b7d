//! What is done when a device has no memory for a batch: its texts are written again in halves.

use super::Answers;
use crate::model::{ModelError, Request};

/// Requests by their index in what is answered.
pub(super) type Group<'r> = Vec<(usize, &'r Request)>;

/// Whether a device had no memory left. Drivers have no error of their own kind for this that candle
/// passes on.
pub(super) fn is_out_of_memory(error: &candle_core::Error) -> bool {
    let text = error.to_string().to_ascii_lowercase();
    ["out of memory", "out_of_memory", "alloc_failed"]
        .iter()
        .any(|sign| text.contains(sign))
}

/// Has `run` answer a group, and answers with its error those that it leaves without. Those that the
/// device had no memory for are run again, in two groups.
pub(super) fn run_in_halves<'r>(
    group: Group<'r>,
    answers: &mut Answers<'_>,
    mut run: impl FnMut(Group<'r>, &mut Answers<'_>) -> Result<(), ModelError>,
) {
    let mut groups = vec![group];
    while let Some(group) = groups.pop() {
        let Err(error) = run(group.clone(), answers) else {
            continue;
        };
        let mut open = group;
        open.retain(|(index, _)| answers.is_open(*index));
        match error {
            ModelError::Forward(error) if is_out_of_memory(&error) && open.len() > 1 => {
                tracing::warn!(
                    rows = open.len(),
                    "the device is out of memory: the batch is halved"
                );
                let rest = open.split_off(open.len().div_ceil(2));
                groups.extend([rest, open]);
            }
            error => {
                let mut error = Some(error);
                for (index, _) in open {
                    answers.done(index, Err(repeat(&mut error)));
                }
            }
        }
    }
}

/// The same failure for every text of a group: the first gets it whole, the others its words.
fn repeat(error: &mut Option<ModelError>) -> ModelError {
    match error.take() {
        Some(ModelError::Cancelled) => {
            *error = Some(ModelError::Cancelled);
            ModelError::Cancelled
        }
        Some(first) => {
            let why = match &first {
                ModelError::Forward(why) => why.to_string(),
                other => other.to_string(),
            };
            *error = Some(ModelError::Forward(candle_core::Error::Msg(why)));
            first
        }
        None => ModelError::Stopped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::arch::in_batches;
    use crate::model::{Batch, Decode, Generated, Prompt, Stop, Strategy};

    fn request(most: usize) -> Request {
        Request::new(Prompt::default(), Decode::plain(Strategy::Greedy, most))
    }

    /// What becomes of `texts` texts on a device with memory for `room`, where each says its number;
    /// and how large the groups were.
    fn run(texts: usize, room: usize, failure: &str) -> (Vec<Result<usize, String>>, Vec<usize>) {
        let requests: Vec<Request> = (0..texts).map(request).collect();
        let mut batch = Batch::new(requests);
        let mut sizes = Vec::new();
        in_batches(&mut batch, texts, |_, requests, answers| {
            let group = requests.iter().enumerate().collect();
            run_in_halves(group, answers, |group, answers| {
                sizes.push(group.len());
                let fits = group.len() <= room;
                // The first is done before memory runs out.
                for (index, request) in group.into_iter().take(if fits { texts } else { 1 }) {
                    let tokens = request.decode.max_new_tokens;
                    let generated = Generated {
                        text: String::new(),
                        stop: Stop::EndOfText,
                        prompt_tokens: 0,
                        tokens,
                    };
                    answers.done(index, Ok(generated));
                }
                if fits {
                    Ok(())
                } else {
                    let error = candle_core::Error::Msg(failure.to_owned());
                    Err(ModelError::Forward(error))
                }
            });
        });
        let answers = batch.into_answers().into_iter().map(|answer| {
            let answer = answer.expect("a request was not answered");
            answer
                .map(|generated| generated.tokens)
                .map_err(|error| std::error::Error::source(&error).unwrap().to_string())
        });
        (answers.collect(), sizes)
    }

    #[test]
    fn texts_that_memory_was_too_small_for_are_written_in_halves_until_it_is_not() {
        let (answers, sizes) = run(
            9,
            2,
            "DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")",
        );
        assert_eq!(answers, (0..9).map(Ok).collect::<Vec<_>>());
        assert_eq!(sizes, [9, 4, 2, 1, 4, 2, 1]);
    }

    #[test]
    fn any_other_failure_is_the_answer_of_all_that_have_none() {
        let (answers, sizes) = run(3, 2, "illegal address");
        assert_eq!(answers[0], Ok(0));
        assert_eq!(answers[1], answers[2]);
        assert_eq!(answers[1], Err("illegal address".to_owned()));
        assert_eq!(sizes, [3]);
    }
}
