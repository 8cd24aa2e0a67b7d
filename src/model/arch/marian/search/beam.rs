//! Batched beam search, by the rules of the transformers library (`early_stopping=False`).

use super::choose::log_sum_exp;
use super::{Finish, Logits, Specials, Steps, Task, Written, fail, shape};
use crate::model::{ModelError, Stop};

/// A text that is being written, and the sum of its log-probabilities.
#[derive(Debug, Clone, Default)]
struct Hypothesis {
    tokens: Vec<u32>,
    sum: f32,
}

/// The search for one task's text.
struct Sentence<'a> {
    task: Task<'a>,
    running: Vec<Hypothesis>,
    /// The best that have ended, at most as many as the beam is wide, the best first.
    ended: Vec<(Hypothesis, f32)>,
}

/// A continuation: hypothesis `row` of its sentence goes on with `token`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Candidate {
    row: usize,
    token: u32,
    sum: f32,
}

/// Writes each task's text as the likeliest of the sequences that a beam of `width` finds, scores
/// divided by length to the power of `length_penalty`. Calls `finish` once for each task; finished
/// sentences leave the batch.
pub fn beam(
    steps: &mut dyn Steps,
    tasks: &[Task<'_>],
    (width, length_penalty): (usize, f32),
    specials: &Specials,
    finish: &mut Finish<'_>,
) {
    let width = width.max(1);
    let mut sentences = Vec::new();
    let mut present = Vec::new();
    for (at, task) in (0u32..).zip(tasks) {
        if task.limit == 0 {
            finish(
                task.index,
                Ok(Written {
                    tokens: Vec::new(),
                    stop: Stop::TokenLimit,
                    score: None,
                }),
            );
        } else {
            sentences.push(Sentence {
                task: *task,
                running: vec![Hypothesis::default()],
                ended: Vec::new(),
            });
            present.push(at);
        }
    }
    // Rows of the batch that the hypotheses come from, sentence after sentence.
    let mut origins = present.clone();
    let mut arranged = present.len() == tasks.len();
    loop {
        let cancelled: Vec<bool> = sentences
            .iter()
            .map(|sentence| sentence.task.cancel.is_cancelled())
            .collect();
        for (sentence, _) in sentences
            .iter()
            .zip(&cancelled)
            .filter(|(_, cancelled)| **cancelled)
        {
            finish(sentence.task.index, Err(ModelError::Cancelled));
        }
        arranged &= !cancelled.contains(&true);
        drop_marked(&mut sentences, &mut present, &mut origins, &cancelled);
        if sentences.is_empty() {
            return;
        }
        let stepped = if arranged {
            Ok(())
        } else {
            steps.arrange(&present, &origins)
        };
        let logits = stepped.and_then(|()| steps.step(&last_tokens(&sentences, specials)));
        let mut logits = match logits {
            Ok(logits) => logits,
            Err(error) => {
                return fail(
                    sentences.iter().map(|sentence| sentence.task.index),
                    &error,
                    finish,
                );
            }
        };
        (origins, present) = (Vec::new(), Vec::new());
        let mut done = Vec::new();
        let mut first_row = 0u32;
        for (at, sentence) in (0u32..).zip(&mut sentences) {
            let rows = sentence.running.len();
            let skip = usize::try_from(first_row).unwrap_or(usize::MAX);
            let from = sentence.advance(&mut logits, skip, width, length_penalty, specials);
            origins.extend(
                from.iter()
                    .filter_map(|row| u32::try_from(*row).ok())
                    .map(|row| first_row + row),
            );
            present.push(at);
            first_row += u32::try_from(rows).unwrap_or(u32::MAX);
            let result = sentence.result(width, length_penalty);
            done.push(result.is_some());
            if let Some(written) = result {
                finish(sentence.task.index, Ok(written));
            }
        }
        drop_marked(&mut sentences, &mut present, &mut origins, &done);
        arranged = false;
    }
}

fn last_tokens(sentences: &[Sentence<'_>], specials: &Specials) -> Vec<u32> {
    let running = sentences.iter().flat_map(|sentence| &sentence.running);
    running
        .map(|hypothesis| hypothesis.tokens.last().copied().unwrap_or(specials.start))
        .collect()
}

/// Takes the marked sentences out of all three lists.
fn drop_marked(
    sentences: &mut Vec<Sentence<'_>>,
    present: &mut Vec<u32>,
    origins: &mut Vec<u32>,
    marked: &[bool],
) {
    let of_rows = sentences
        .iter()
        .zip(marked)
        .flat_map(|(sentence, marked)| sentence.running.iter().map(|_| *marked));
    let of_rows: Vec<bool> = of_rows.collect();
    retain_unmarked(origins, &of_rows);
    retain_unmarked(present, marked);
    retain_unmarked(sentences, marked);
}

fn retain_unmarked<T>(items: &mut Vec<T>, marked: &[bool]) {
    let mut marks = marked.iter();
    items.retain(|_| !marks.next().copied().unwrap_or(false));
}

impl Sentence<'_> {
    /// Takes one step; answers which old hypothesis each new one continues.
    fn advance(
        &mut self,
        logits: &mut Logits,
        skip_rows: usize,
        width: usize,
        length_penalty: f32,
        specials: &Specials,
    ) -> Vec<usize> {
        // Each hypothesis can end at most once, so this leaves `width` that go on.
        let mut best = Best::new(2 * width);
        for (row, (hypothesis, logits)) in self
            .running
            .iter()
            .zip(logits.rows().skip(skip_rows))
            .enumerate()
        {
            // As the transformers library: settings act on log-probabilities, which are then made
            // to add up again.
            let total = log_sum_exp(logits);
            for logit in logits.iter_mut() {
                *logit -= total;
            }
            shape(logits, &hypothesis.tokens, self.task.decode, specials);
            let total = log_sum_exp(logits);
            best.offer_row(row, logits, hypothesis.sum - total);
        }
        self.task.meter.add(1);
        let length = self
            .running
            .first()
            .map_or(0, |hypothesis| hypothesis.tokens.len())
            + 1;
        let (mut next, mut from) = (Vec::with_capacity(width), Vec::with_capacity(width));
        for (rank, candidate) in best.candidates.iter().enumerate() {
            let Some(old) = self.running.get(candidate.row) else {
                continue;
            };
            let mut hypothesis = Hypothesis {
                tokens: old.tokens.clone(),
                sum: candidate.sum,
            };
            if candidate.token == specials.eos {
                if rank < width {
                    let score = score(candidate.sum, length, length_penalty);
                    self.ended.push((hypothesis, score));
                }
            } else if next.len() < width {
                hypothesis.tokens.push(candidate.token);
                next.push(hypothesis);
                from.push(candidate.row);
            }
        }
        self.ended.sort_by(|a, b| b.1.total_cmp(&a.1));
        self.ended.truncate(width);
        // Every sentence has the same number of rows: where banned tokens leave fewer
        // continuations than the beam is wide, the last is written again with no chance of its own.
        while let (true, Some(last), Some(row)) = (next.len() < width, next.last(), from.last()) {
            let hopeless = Hypothesis {
                tokens: last.tokens.clone(),
                sum: f32::NEG_INFINITY,
            };
            from.push(*row);
            next.push(hopeless);
        }
        self.running = next;
        from
    }

    /// The text, once no running hypothesis can be better, or the limit is reached.
    fn result(&self, width: usize, length_penalty: f32) -> Option<Written> {
        let best_running = self.running.first();
        let length = best_running.map_or(0, |hypothesis| hypothesis.tokens.len());
        let hope = best_running.map_or(f32::NEG_INFINITY, |best| {
            score(best.sum, length, length_penalty)
        });
        let ended = self.ended.first();
        if let (Some(best), Some((_, worst))) = (ended, self.ended.get(width - 1))
            && hope <= *worst
        {
            return Some(written(&best.0, best.1, Stop::EndOfText));
        }
        match (ended, best_running) {
            (None, None) => Some(written(
                &Hypothesis::default(),
                f32::NEG_INFINITY,
                Stop::EndOfText,
            )),
            (Some(best), None) => Some(written(&best.0, best.1, Stop::EndOfText)),
            (_, Some(_)) if length < self.task.limit => None,
            (Some(best), Some(_)) if best.1 >= hope => {
                Some(written(&best.0, best.1, Stop::EndOfText))
            }
            (_, Some(running)) => Some(written(running, hope, Stop::TokenLimit)),
        }
    }
}

fn written(hypothesis: &Hypothesis, score: f32, stop: Stop) -> Written {
    Written {
        tokens: hypothesis.tokens.clone(),
        stop,
        score: Some(score),
    }
}

fn score(sum: f32, length: usize, length_penalty: f32) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^24")]
    let length = length.max(1) as f32;
    sum / length.powf(length_penalty)
}

/// The best so many candidates, best first; of equals, the one offered first.
struct Best {
    candidates: Vec<Candidate>,
    room: usize,
}

impl Best {
    fn new(room: usize) -> Self {
        Self {
            candidates: Vec::with_capacity(room + 1),
            room,
        }
    }

    fn offer_row(&mut self, row: usize, logits: &[f32], base: f32) {
        let mut bar = self.bar();
        for (token, logit) in (0u32..).zip(logits) {
            let sum = base + logit;
            // False for NaN too, so that a broken row cannot win.
            if sum > bar {
                let at = self
                    .candidates
                    .partition_point(|candidate| candidate.sum >= sum);
                self.candidates.insert(at, Candidate { row, token, sum });
                self.candidates.truncate(self.room);
                bar = self.bar();
            }
        }
    }

    fn bar(&self) -> f32 {
        match self.candidates.last() {
            Some(last) if self.candidates.len() >= self.room => last.sum,
            _ => f32::NEG_INFINITY,
        }
    }
}
