//! From logits to texts: the loop that writes several texts at once, and what greedy decoding,
//! sampling and beam search have in common.

mod beam;
mod row;
mod text;

use std::time::Instant;

use crate::model::decode::{Choice, Chosen};
use crate::model::{ModelError, Pass, Request, Stop, Ticket};
use text::Text;

/// A batch that can be decoded step by step: a network, or a table in tests.
pub trait Steps {
    /// Encodes sources (ids with the end token) and adds them as sentences after those there are,
    /// with one hypothesis each. Where the batch is not open, there must be none.
    ///
    /// # Errors
    /// When an id is outside the vocabulary, a source is empty or too long, or the device fails.
    fn admit(&mut self, sources: &[&[u32]]) -> candle_core::Result<()>;

    /// Whether sentences may be added while others are being decoded, and may differ in their
    /// numbers of hypotheses.
    fn is_open(&self) -> bool {
        false
    }

    /// Takes the last token of each hypothesis, the hypotheses of a sentence together, and gives
    /// the logits of the next.
    ///
    /// # Errors
    /// When the computation fails.
    fn step(&mut self, tokens: &[u32]) -> candle_core::Result<Logits>;

    /// Takes logits back that were looked at, for the memory that they lie in.
    fn recycle(&mut self, logits: Logits) {
        drop(logits);
    }

    /// As [`Steps::step`], but gives what each hypothesis goes on with, chosen as `choices` say. `None`,
    /// and nothing is done, where the logits are on the host anyway.
    ///
    /// # Errors
    /// When the computation fails.
    fn choose(
        &mut self,
        tokens: &[u32],
        choices: &[Choice<'_>],
    ) -> candle_core::Result<Option<Vec<Chosen>>> {
        let _ = (tokens, choices);
        Ok(None)
    }

    /// Keeps the sources at `sentences` and the hypotheses at `rows` (indices into what there is
    /// now; those of each kept sentence, in the sentences' order). Both may be empty.
    ///
    /// # Errors
    /// When the computation fails.
    fn arrange(&mut self, sentences: &[u32], rows: &[u32]) -> candle_core::Result<()>;
}

/// Logits of several hypotheses, one row each.
#[derive(Debug, Clone)]
pub struct Logits {
    /// Row after row.
    pub values: Vec<f32>,
    /// Length of a row.
    pub vocab: usize,
}

/// Tokens with a meaning of their own.
#[derive(Debug, Clone)]
pub struct Specials {
    /// What every text begins with; not part of it.
    pub start: u32,
    /// Ends a text; not part of it.
    pub eos: u32,
    /// Never written.
    pub banned: Vec<u32>,
}

/// One text to write.
#[derive(Debug, Clone)]
pub struct Task {
    /// Names it in the answer.
    pub ticket: Ticket,
    /// How to write it, and what may end it early.
    pub request: Request,
    /// The ids of its source, end token included.
    pub source: Vec<u32>,
    /// Tokens it may have; the end token is not counted.
    pub limit: usize,
}

/// A text as tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// Without start and end token.
    pub tokens: Vec<u32>,
    /// Why it ended.
    pub stop: Stop,
    /// In beam search: the sum of the log-probabilities, the end token's included, divided by
    /// their number to the power of the length penalty.
    pub score: Option<f32>,
}

/// Where tasks come from, and where texts go.
pub trait Desk {
    /// Tasks for a batch in which `running` texts are being written. Does not wait while there are
    /// any.
    fn more(&mut self, running: usize) -> Vec<Task>;

    /// Takes a finished text, or what kept it from being one.
    fn finish(&mut self, task: Task, result: Result<Written, ModelError>);

    /// Takes note of a pass through the network.
    fn passed(&mut self, pass: Pass) {
        let _ = pass;
    }
}

/// A computation failed; the texts that it was for have not been answered.
#[derive(Debug)]
pub struct Interrupted {
    /// What happened.
    pub error: candle_core::Error,
    /// Whose texts were being written.
    pub tasks: Vec<Task>,
}

/// Writes the texts of the tasks that `desk` gives, until it gives no more, each by its own
/// settings. A text leaves the batch when it is finished; where the batch is open, the next takes
/// its place at once.
///
/// # Errors
/// When a computation fails. The batch is not to be used again.
pub fn write(
    steps: &mut dyn Steps,
    specials: &Specials,
    desk: &mut dyn Desk,
) -> Result<(), Interrupted> {
    let mut batch = Batch {
        texts: Vec::new(),
        sentences: 0,
        rows: 0,
    };
    loop {
        match batch.step(steps, specials, desk) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => {
                let tasks = batch.texts.into_iter().map(|text| text.task).collect();
                return Err(Interrupted { error, tasks });
            }
        }
    }
}

/// The texts that are being written, and what the network holds for them.
struct Batch {
    texts: Vec<Text>,
    /// Sources that the network holds.
    sentences: u32,
    /// Hypotheses that it holds.
    rows: u32,
}

impl Batch {
    /// One step of every text; false when there is none left.
    fn step(
        &mut self,
        steps: &mut dyn Steps,
        specials: &Specials,
        desk: &mut dyn Desk,
    ) -> candle_core::Result<bool> {
        self.leave(desk, |text| {
            let cancelled = text.task.request.cancel.is_cancelled();
            cancelled.then_some(Err(ModelError::Cancelled))
        });
        self.settle(steps)?;
        if self.texts.is_empty() || steps.is_open() {
            self.enter(steps, desk)?;
        }
        if self.texts.is_empty() {
            return Ok(false);
        }
        let mut last = Vec::new();
        for text in &self.texts {
            text.last_tokens(specials.start, &mut last);
        }
        let began = Instant::now();
        let choices: Vec<_> = self
            .texts
            .iter()
            .flat_map(|text| text.choices(specials))
            .collect();
        let chosen = steps.choose(&last, &choices)?;
        let logits = match chosen {
            Some(_) => None,
            None => Some(steps.step(&last)?),
        };
        desk.passed(Pass {
            prefill: false,
            texts: self.texts.len(),
            tokens: last.len(),
            took: began.elapsed(),
        });
        let mut ended = Vec::with_capacity(self.texts.len());
        if let Some(mut logits) = logits {
            let vocab = logits.vocab;
            let mut rest = logits.values.as_mut_slice();
            for text in &mut self.texts {
                let logits = rest.split_off_mut(..text.rows.len() * vocab);
                ended.push(text.advance(logits.unwrap_or_default(), vocab, specials));
            }
            steps.recycle(logits);
        }
        if let Some(chosen) = chosen {
            let mut chosen = chosen.into_iter();
            for text in &mut self.texts {
                let own = text.rows.len();
                ended.push(text.take(chosen.by_ref().take(own), specials));
            }
        }
        let mut ended = ended.into_iter();
        self.leave(desk, |_| ended.next().flatten().map(Ok));
        Ok(true)
    }

    /// Takes the texts out that have a result.
    fn leave(
        &mut self,
        desk: &mut dyn Desk,
        mut result: impl FnMut(&Text) -> Option<Result<Written, ModelError>>,
    ) {
        for text in std::mem::take(&mut self.texts) {
            match result(&text) {
                Some(result) => desk.finish(text.task, result),
                None => self.texts.push(text),
            }
        }
    }

    /// Has the network hold the texts and hypotheses that there are now, in their order.
    fn settle(&mut self, steps: &mut dyn Steps) -> candle_core::Result<()> {
        let sentences: Vec<u32> = self.texts.iter().map(|text| text.sentence).collect();
        let rows: Vec<u32> = self
            .texts
            .iter()
            .flat_map(|text| text.rows.iter().copied())
            .collect();
        let unchanged = sentences.iter().copied().eq(0..self.sentences)
            && rows.iter().copied().eq(0..self.rows);
        if !unchanged {
            steps.arrange(&sentences, &rows)?;
        }
        (self.sentences, self.rows) = (0, 0);
        for text in &mut self.texts {
            text.sentence = self.sentences;
            self.sentences += 1;
            for row in &mut text.rows {
                *row = self.rows;
                self.rows += 1;
            }
        }
        Ok(())
    }

    /// Lets new texts in, and answers those of which nothing is to be written.
    fn enter(&mut self, steps: &mut dyn Steps, desk: &mut dyn Desk) -> candle_core::Result<()> {
        let first = self.texts.len();
        loop {
            let tasks = desk.more(self.texts.len());
            if tasks.is_empty() {
                break;
            }
            for task in tasks {
                if task.limit == 0 {
                    let nothing = Written {
                        tokens: Vec::new(),
                        stop: Stop::TokenLimit,
                        score: None,
                    };
                    desk.finish(task, Ok(nothing));
                    continue;
                }
                self.texts.push(Text::new(task, self.sentences, self.rows));
                self.sentences += 1;
                self.rows += 1;
            }
            // Where all were answered at once, there may be others.
            if self.texts.len() > first {
                break;
            }
        }
        let new = self.texts.get(first..).unwrap_or_default();
        if new.is_empty() {
            return Ok(());
        }
        let sources: Vec<&[u32]> = new.iter().map(|text| &*text.task.source).collect();
        let began = Instant::now();
        steps.admit(&sources)?;
        desk.passed(Pass {
            prefill: true,
            texts: sources.len(),
            tokens: sources.iter().map(|source| source.len()).sum(),
            took: began.elapsed(),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
