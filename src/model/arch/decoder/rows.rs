//! A row: one text on its way through a batch.

use std::ops::Range;

use crate::model::decode::{Choice, Chosen, Picker};
use crate::model::tokens::TextTokens;
use crate::model::{Generated, ModelError, Request, Stop, Ticket};

/// One text on its way through a batch.
pub(super) struct Row {
    /// What the request is answered by.
    pub(super) ticket: Ticket,
    request: Request,
    prompt: Vec<u32>,
    written: Vec<u32>,
    picker: Picker,
    room: usize,
}

/// How many of the first rows fit into a cache of `tokens` tokens, padding included; at least one,
/// because a row cannot be made smaller.
pub(super) fn fitting(rows: &[Row], tokens: usize) -> usize {
    let (mut longest, mut room) = (0, 0);
    let fit = rows
        .iter()
        .zip(1..)
        .take_while(|(row, count)| {
            longest = longest.max(row.prompt_len());
            room = room.max(row.room());
            (longest + room) * count <= tokens
        })
        .count();
    fit.max(1)
}

impl Row {
    /// A row that reads `prompt` after `before` shared tokens.
    pub(super) fn new(
        ticket: Ticket,
        request: Request,
        prompt: Vec<u32>,
        before: usize,
        context: usize,
    ) -> Result<Self, ModelError> {
        let used = before + prompt.len();
        if prompt.is_empty() || used >= context {
            return Err(ModelError::TooLong {
                tokens: used,
                limit: context,
            });
        }
        let room = request.decode.max_new_tokens.clamp(1, context - used);
        Ok(Self {
            ticket,
            picker: Picker::new(&request.decode),
            request,
            prompt,
            written: Vec::new(),
            room,
        })
    }

    /// What it has read or will read, after what it shares with others.
    pub(super) fn prompt(&self) -> &[u32] {
        &self.prompt
    }

    /// What it has written so far.
    pub(super) fn written(&self) -> &[u32] {
        &self.written
    }

    /// Tokens of the prompt.
    pub(super) fn prompt_len(&self) -> usize {
        self.prompt.len()
    }

    /// Tokens it may still write at the start.
    pub(super) fn room(&self) -> usize {
        self.room
    }

    /// Whether it need not go on.
    pub(super) fn is_cancelled(&self) -> bool {
        self.request.cancel.is_cancelled()
    }

    /// The token written last.
    pub(super) fn last(&self) -> u32 {
        self.written.last().copied().unwrap_or(0)
    }

    /// Its tokens at these columns of a batch whose prompts end at column `longest`; `pad` where
    /// it has not begun.
    pub(super) fn columns(
        &self,
        columns: Range<usize>,
        longest: usize,
        pad: u32,
    ) -> impl Iterator<Item = u32> {
        let padding = longest - self.prompt.len();
        columns.map(move |column| {
            column
                .checked_sub(padding)
                .and_then(|at| self.prompt.get(at))
                .copied()
                .unwrap_or(pad)
        })
    }

    /// How its next token is to be chosen.
    pub(super) fn choice(&self) -> Choice<'_> {
        self.picker.choice(&self.written, &[])
    }

    /// Picks the next token. `Some` when the text has ended.
    pub(super) fn step(
        &mut self,
        logits: &mut [f32],
        tokens: &TextTokens,
        end: &[u32],
    ) -> Result<Option<Generated>, ModelError> {
        let token = self.picker.pick(logits, &self.written, &[]);
        self.go_on(token, tokens, end)
    }

    /// Takes what came of [`Row::choice`]. `Some` when the text has ended.
    pub(super) fn take(
        &mut self,
        chosen: Chosen,
        tokens: &TextTokens,
        end: &[u32],
    ) -> Result<Option<Generated>, ModelError> {
        let token = self.picker.take(chosen, &self.written, &[]);
        self.go_on(token, tokens, end)
    }

    /// Goes on with a token. `Some` when the text has ended.
    fn go_on(
        &mut self,
        token: u32,
        tokens: &TextTokens,
        end: &[u32],
    ) -> Result<Option<Generated>, ModelError> {
        if self.is_cancelled() {
            return Err(ModelError::Cancelled);
        }
        if end.contains(&token) {
            return Ok(Some(
                self.finish(tokens.decode(&self.written)?, Stop::EndOfText),
            ));
        }
        self.written.push(token);
        self.request.meter.add(1);
        let stops = &self.request.decode.stop;
        let full = self.written.len() >= self.room;
        // Without a stop string nobody looks at the text before its end.
        if stops.is_empty() && !full {
            return Ok(None);
        }
        let text = tokens.decode(&self.written)?;
        if let Some(stop) = stops
            .iter()
            .filter_map(|stop| text.find(stop.as_str()))
            .min()
        {
            let text = text.get(..stop).unwrap_or_default().to_owned();
            return Ok(Some(self.finish(text, Stop::EndOfText)));
        }
        if full {
            return Ok(Some(self.finish(text, Stop::TokenLimit)));
        }
        Ok(None)
    }

    fn finish(&self, text: String, stop: Stop) -> Generated {
        Generated {
            text,
            stop,
            prompt_tokens: self.prompt.len(),
            tokens: self.written.len(),
        }
    }
}
