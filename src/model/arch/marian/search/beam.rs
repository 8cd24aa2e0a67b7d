//! Beam search, by the rules of the transformers library (`early_stopping=False`).

use super::{Specials, Written};
use crate::model::decode::{Choice, Chosen, Shape, Wish};
use crate::model::kernel::isa::Isa;
use crate::model::kernel::rows::log_sum_exp;
use crate::model::kernel::vector::greatest;
use crate::model::{Decode, Stop};

/// A text that is being written, and the sum of its log-probabilities.
#[derive(Debug, Clone, Default)]
struct Hypothesis {
    tokens: Vec<u32>,
    sum: f32,
}

/// The search for one text: the likeliest of the sequences that a beam finds, scores divided by
/// length to the power of the length penalty.
pub(super) struct Beam {
    width: usize,
    length_penalty: f32,
    running: Vec<Hypothesis>,
    /// The best that have ended, at most as many as the beam is wide, the best first.
    ended: Vec<(Hypothesis, f32)>,
}

/// A continuation: hypothesis `row` goes on with `token`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Candidate {
    row: usize,
    token: u32,
    sum: f32,
}

impl Beam {
    /// A beam of one empty hypothesis.
    pub(super) fn new(width: usize, length_penalty: f32) -> Self {
        Self {
            width: width.max(1),
            length_penalty,
            running: vec![Hypothesis::default()],
            ended: Vec::new(),
        }
    }

    /// Adds the last token of each hypothesis.
    pub(super) fn last_tokens(&self, start: u32, into: &mut Vec<u32>) {
        into.extend(
            self.running
                .iter()
                .map(|hypothesis| hypothesis.tokens.last().copied().unwrap_or(start)),
        );
    }

    /// Takes one step, given the logits of each hypothesis; answers which old hypothesis each new
    /// one continues.
    pub(super) fn advance(
        &mut self,
        rows: &mut dyn Iterator<Item = &'_ mut [f32]>,
        decode: &Decode,
        specials: &Specials,
    ) -> Vec<usize> {
        let mut best = Best::new(self.candidates());
        for (row, (hypothesis, logits)) in self.running.iter().zip(rows).enumerate() {
            // As the transformers library: settings act on log-probabilities, which are then made
            // to add up again. Only a penalty depends on their adding up before.
            let shape = shape(&hypothesis.tokens, decode, specials);
            if shape.penalises() {
                let total = log_sum_exp(Isa::best(), logits);
                for logit in logits.iter_mut() {
                    *logit -= total;
                }
            }
            shape.apply(logits);
            let total = log_sum_exp(Isa::best(), logits);
            best.offer_row(row, logits, hypothesis.sum - total);
        }
        self.go_on(&best, specials)
    }

    /// As [`Beam::advance`], given what came of [`Beam::choices`].
    pub(super) fn choose(
        &mut self,
        rows: impl Iterator<Item = Chosen>,
        specials: &Specials,
    ) -> Vec<usize> {
        let mut best = Best::new(self.candidates());
        for (row, (hypothesis, chosen)) in self.running.iter().zip(rows).enumerate() {
            let Chosen::Best(continuations) = chosen else {
                continue;
            };
            for (token, log_probability) in continuations {
                best.offer(row, token, hypothesis.sum + log_probability);
            }
        }
        self.go_on(&best, specials)
    }

    /// How the continuations of each hypothesis are to be chosen.
    pub(super) fn choices<'a>(
        &'a self,
        decode: &Decode,
        specials: &'a Specials,
    ) -> Vec<Choice<'a>> {
        let choice = |hypothesis: &'a Hypothesis| Choice {
            shape: shape(&hypothesis.tokens, decode, specials),
            wish: Wish::Best(self.candidates()),
        };
        self.running.iter().map(choice).collect()
    }

    /// How many of all continuations are looked at: each hypothesis can end at most once, so that
    /// leaves as many that go on as the beam is wide.
    fn candidates(&self) -> usize {
        2 * self.width
    }

    /// Goes on with the best; answers which old hypothesis each new one continues.
    fn go_on(&mut self, best: &Best, specials: &Specials) -> Vec<usize> {
        let width = self.width;
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
                    let score = score(candidate.sum, length, self.length_penalty);
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
    pub(super) fn result(&self, limit: usize) -> Option<Written> {
        let (width, length_penalty) = (self.width, self.length_penalty);
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
            (_, Some(_)) if length < limit => None,
            (Some(best), Some(_)) if best.1 >= hope => {
                Some(written(&best.0, best.1, Stop::EndOfText))
            }
            (_, Some(running)) => Some(written(running, hope, Stop::TokenLimit)),
        }
    }
}

/// What the settings say about repetition, and what is never written.
fn shape<'a>(written: &'a [u32], settings: &Decode, specials: &'a Specials) -> Shape<'a> {
    Shape {
        written,
        repetition_penalty: settings.repetition_penalty,
        no_repeat_ngram: settings.no_repeat_ngram,
        banned: &specials.banned,
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
        // Few stretches of the vocabulary have anything to offer once the best are many.
        const STRETCH: usize = 64;
        let mut bar = self.bar();
        for (first, stretch) in (0u32..).step_by(STRETCH).zip(logits.chunks(STRETCH)) {
            if base + greatest(Isa::best(), stretch) <= bar {
                continue;
            }
            for (token, logit) in (first..).zip(stretch) {
                // False for NaN too, so that a broken row cannot win.
                if base + logit > bar {
                    bar = self.offer(row, token, base + logit);
                }
            }
        }
    }

    /// Takes a candidate if it is good enough; answers what the next has to be better than.
    fn offer(&mut self, row: usize, token: u32, sum: f32) -> f32 {
        if sum > self.bar() {
            let at = self
                .candidates
                .partition_point(|candidate| candidate.sum >= sum);
            self.candidates.insert(at, Candidate { row, token, sum });
            self.candidates.truncate(self.room);
        }
        self.bar()
    }

    fn bar(&self) -> f32 {
        match self.candidates.last() {
            Some(last) if self.candidates.len() >= self.room => last.sum,
            _ => f32::NEG_INFINITY,
        }
    }
}
