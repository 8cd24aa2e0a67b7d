//! From requests to texts, for any encoder with a decoder: who shares a batch, what is refused,
//! and what is answered without asking the network.

use super::search::{self, Specials, Steps, Task, Written};
use crate::model::arch::{Done, in_batches};
use crate::model::{Card, Feed, Generated, ModelError, Part, Request, Stop, Strategy};

/// An encoder with a decoder, its tokenizer, and what is known about it.
pub(in crate::model::arch) trait SequenceToSequence {
    /// Its batch size and the longest source and output.
    fn card(&self) -> &Card;

    /// Its tokens with a meaning of their own.
    fn specials(&self) -> &Specials;

    /// The ids of a source text, end token included; `target` names the target language, or is
    /// empty.
    fn tokenize(&self, target: &str, text: &str) -> candle_core::Result<Vec<u32>>;

    /// Encodes sources, and makes ready to decode.
    fn encode(&self, sources: &[&[u32]]) -> candle_core::Result<Box<dyn Steps + '_>>;

    /// The text of what was written.
    fn text(&self, tokens: &[u32]) -> String;
}

/// A request's place in the call, and its source.
type Source = (usize, Vec<u32>);

/// How requests are searched for; greedy and sampling requests share a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Search {
    RowByRow,
    Beam { width: usize, length_penalty: f32 },
}

impl Search {
    fn of(strategy: &Strategy) -> Self {
        match *strategy {
            Strategy::Greedy | Strategy::Sample { .. } => Self::RowByRow,
            Strategy::Beam {
                width,
                length_penalty,
            } => Self::Beam {
                width,
                length_penalty,
            },
        }
    }
}

/// Answers each request of the feed once, in batches of like length and the same kind of search.
pub(in crate::model::arch) fn answer(model: &dyn SequenceToSequence, feed: &mut dyn Feed) {
    in_batches(feed, model.card().batch, |requests, done| {
        answer_batch(model, requests, done);
    });
}

fn answer_batch(model: &dyn SequenceToSequence, requests: &[Request], done: &mut Done<'_>) {
    let mut groups: Vec<(Search, Vec<Source>)> = Vec::new();
    for (index, request) in requests.iter().enumerate() {
        match source(model, request) {
            Err(error) => done(index, Err(error)),
            // A translation of nothing is nothing; a model would make something up.
            Ok(None) => {
                let nothing = Generated {
                    text: String::new(),
                    stop: Stop::EndOfText,
                    prompt_tokens: 0,
                    tokens: 0,
                };
                done(index, Ok(nothing));
            }
            Ok(Some(ids)) => {
                let how = Search::of(&request.decode.strategy);
                match groups.iter_mut().find(|(other, _)| *other == how) {
                    Some((_, group)) => group.push((index, ids)),
                    None => groups.push((how, vec![(index, ids)])),
                }
            }
        }
    }
    for (how, mut group) in groups {
        // Sentences of like length together: the least padding.
        group.sort_by_key(|(_, ids)| ids.len());
        for chunk in group.chunks(model.card().batch.max(1)) {
            run(model, chunk, how, requests, done);
        }
    }
}

/// The ids of a request's source; `None` where there is nothing to read.
fn source(
    model: &dyn SequenceToSequence,
    request: &Request,
) -> Result<Option<Vec<u32>>, ModelError> {
    if request.cancel.is_cancelled() {
        return Err(ModelError::Cancelled);
    }
    let parts = request.prompt.parts.iter().map(|part| match part {
        Part::Markup(text) | Part::Text(text) => &**text,
    });
    let text: String = parts.collect();
    if text.trim().is_empty() {
        return Ok(None);
    }
    let ids = model.tokenize(&request.prompt.prefix, &text)?;
    let limit = model.card().context_tokens;
    if ids.len() > limit {
        return Err(ModelError::TooLong {
            tokens: ids.len(),
            limit,
        });
    }
    Ok(Some(ids))
}

fn run(
    model: &dyn SequenceToSequence,
    chunk: &[Source],
    how: Search,
    requests: &[Request],
    done: &mut Done<'_>,
) {
    let tasks: Vec<Task<'_>> = chunk
        .iter()
        .filter_map(|(index, _)| requests.get(*index).map(|request| (*index, request)))
        .map(|(index, request)| {
            Task::new(
                index,
                request,
                request
                    .decode
                    .max_new_tokens
                    .min(model.card().context_tokens),
            )
        })
        .collect();
    let sources: Vec<&[u32]> = chunk.iter().map(|(_, ids)| ids.as_slice()).collect();
    let mut finish = |index: usize, written: Result<Written, ModelError>| {
        let prompt_tokens = chunk
            .iter()
            .find(|(at, _)| *at == index)
            .map_or(0, |(_, ids)| ids.len());
        let stops = requests
            .get(index)
            .map(|request| request.decode.stop.as_slice())
            .unwrap_or_default();
        done(
            index,
            written.map(|written| generated(model, &written, prompt_tokens, stops)),
        );
    };
    let mut steps = match model.encode(&sources) {
        Ok(steps) => steps,
        Err(error) => {
            return search::fail(tasks.iter().map(|task| task.index), &error, &mut finish);
        }
    };
    match how {
        Search::RowByRow => search::row_by_row(&mut *steps, &tasks, model.specials(), &mut finish),
        Search::Beam {
            width,
            length_penalty,
        } => {
            search::beam(
                &mut *steps,
                &tasks,
                (width, length_penalty),
                model.specials(),
                &mut finish,
            );
        }
    }
}

fn generated(
    model: &dyn SequenceToSequence,
    written: &Written,
    prompt_tokens: usize,
    stops: &[String],
) -> Generated {
    let mut text = model.text(&written.tokens);
    let mut stop = written.stop;
    let first = stops
        .iter()
        .filter(|stop| !stop.is_empty())
        .filter_map(|stop| text.find(stop.as_str()))
        .min();
    if let Some(end) = first {
        text.truncate(end);
        stop = Stop::EndOfText;
    }
    Generated {
        text,
        stop,
        prompt_tokens,
        tokens: written.tokens.len(),
    }
}
