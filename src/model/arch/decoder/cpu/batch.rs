//! The batch: texts that are read and written together, a pass at a time. A text joins when there
//! is room and leaves when it is finished; the others do not notice.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::cache::Kv;
use super::lookup::Lookup;
use super::pass::Span;
use super::{Cpu, PREFILL_TOKENS};
use crate::model::arch::decoder::About;
use crate::model::arch::decoder::rows::Row;
use crate::model::{Feed, Generated, ModelError, Pass, Request, Room, Ticket};

/// A text in the batch.
struct Text {
    row: Row,
    kv: Kv,
    prefix: Option<Arc<Kv>>,
    /// Tokens of its prompt that have been read.
    read: usize,
    /// Tokens of the next pass.
    ids: Vec<u32>,
    /// Those of them, the last, after which something is written.
    wanted: usize,
    lookup: Lookup,
}

/// Tokens of a pass up to which another one costs clearly less than the first: guesses are checked
/// only where there is room below it.
const CHEAP: usize = 3;

/// What finished texts are kept in: this part of the memory for keys and values, while it is not needed
/// for others.
const KEPT: usize = 8;

impl Text {
    /// Tokens whose keys and values it may come to keep.
    fn size(&self) -> usize {
        self.row.prompt_len() + self.row.room()
    }

    /// Whether its prompt has been read.
    fn writes(&self) -> bool {
        self.read >= self.row.prompt_len()
    }

    /// Chooses what goes into the next pass: what it wrote last and up to `guesses` of what may
    /// come then, or up to `budget` tokens of its prompt. Gives how many of the latter.
    fn plan(&mut self, budget: usize, guesses: usize) -> usize {
        self.ids.clear();
        if self.writes() {
            self.ids.push(self.row.last());
            let left = self.row.room().saturating_sub(self.row.written().len() + 1);
            if guesses.min(left) > 0 {
                self.ids.extend(self.lookup.guess(guesses.min(left)));
            }
            self.wanted = self.ids.len();
            return 0;
        }
        let rest = self.row.prompt().get(self.read..).unwrap_or_default();
        let now = rest.get(..budget).unwrap_or(rest);
        self.ids.extend(now);
        self.wanted = usize::from(now.len() == rest.len());
        now.len()
    }

    /// Writes on after a pass, for as long as what was guessed is what is written. `Some` when it
    /// is finished.
    fn take<'a>(
        &mut self,
        logits: &mut impl Iterator<Item = &'a mut [f32]>,
        about: &About,
    ) -> Option<Result<Generated, ModelError>> {
        let reads = !self.writes();
        if reads {
            self.read += self.ids.len();
        }
        let written = self.row.written().len();
        let before = self.kv.len - self.ids.len();
        let mut finished = None;
        let mut wrong = false;
        for (at, logits) in (1..).zip(logits.take(self.wanted)) {
            if wrong || finished.is_some() {
                continue;
            }
            finished = self.row.step(logits, &about.tokens, &about.end).transpose();
            if let Some(guess) = self.ids.get(at)
                && !reads
                && *guess != self.row.last()
            {
                wrong = true;
                self.kv.len = before + at;
            }
        }
        self.lookup
            .wrote(self.row.written().get(written..).unwrap_or_default());
        finished
    }
}

/// Runs texts until `feed` gives no more.
pub(super) fn run(cpu: &mut Cpu, about: &About, feed: &mut dyn Feed) {
    let mut texts: Vec<Text> = Vec::new();
    // Texts for which there was no memory yet.
    let mut held: VecDeque<Text> = VecDeque::new();
    loop {
        join(cpu, about, feed, &mut texts, &mut held);
        if texts.is_empty() {
            return;
        }
        step(cpu, about, feed, &mut texts);
        feed.pause();
    }
}

/// Fills free places of the batch.
fn join(
    cpu: &mut Cpu,
    about: &About,
    feed: &mut dyn Feed,
    texts: &mut Vec<Text>,
    held: &mut VecDeque<Text>,
) {
    loop {
        let used: usize = texts.iter().map(Text::size).sum();
        let free = cpu.room().saturating_sub(used);
        cpu.kept.limit(free.min(cpu.room() / KEPT));
        if let Some(next) = held.pop_front_if(|next| texts.is_empty() || next.size() <= free) {
            texts.push(next);
            continue;
        }
        let places = about.card.batch.saturating_sub(texts.len());
        if places == 0 || !held.is_empty() {
            return;
        }
        // Lengths are bytes, of which a token has at least one.
        let room = Room {
            rows: places,
            length: free,
            idle: texts.is_empty(),
        };
        let came = feed.more(room);
        if came.is_empty() {
            return;
        }
        for (ticket, request) in came {
            match text(cpu, about, feed, (ticket, request)) {
                Ok(text) => held.push_back(text),
                Err(error) => feed.done(ticket, Err(error)),
            }
        }
    }
}

fn text(
    cpu: &mut Cpu,
    about: &About,
    feed: &mut dyn Feed,
    (ticket, request): (Ticket, Request),
) -> Result<Text, ModelError> {
    if request.cancel.is_cancelled() {
        return Err(ModelError::Cancelled);
    }
    let abandoned = || request.cancel.is_cancelled();
    let prefix = cpu.prefix(about, &request.prompt.prefix, &abandoned, feed)?;
    let before = prefix.as_ref().map_or(0, |prefix| prefix.len);
    let again = request.again;
    let row = about.row(ticket, request, before)?;
    let kept = if again {
        cpu.kept.take(prefix.as_ref(), row.prompt())
    } else {
        None
    };
    let kv = kept.unwrap_or_else(|| Kv::new(&cpu.net.config));
    Ok(Text {
        read: kv.len,
        kv,
        prefix,
        lookup: Lookup::new(row.prompt()),
        row,
        ids: Vec::new(),
        wanted: 0,
    })
}

/// One pass: a token of every text that writes, and as much as fits of what others have to read.
fn step(cpu: &mut Cpu, about: &About, feed: &mut dyn Feed, texts: &mut Vec<Text>) {
    texts.retain(|text| {
        let cancelled = text.row.is_cancelled();
        if cancelled {
            feed.done(text.row.ticket, Err(ModelError::Cancelled));
        }
        !cancelled
    });
    let writing = texts.iter().filter(|text| text.writes()).count();
    let guesses = if cpu.guesses && writing == texts.len() {
        CHEAP.saturating_sub(writing) / writing.max(1)
    } else {
        0
    };
    let mut budget = PREFILL_TOKENS.saturating_sub(writing).max(1);
    for text in texts.iter_mut() {
        budget -= text.plan(budget, guesses);
    }
    let mut spans: Vec<Span<'_>> = texts
        .iter_mut()
        .filter(|text| !text.ids.is_empty())
        .map(|text| Span {
            kv: &mut text.kv,
            prefix: text.prefix.as_deref(),
            ids: &text.ids,
            wanted: text.wanted,
        })
        .collect();
    if spans.is_empty() {
        return;
    }
    let began = Instant::now();
    let mut pass = Pass {
        prefill: writing < spans.len(),
        texts: spans.len(),
        tokens: spans.iter().map(|span| span.ids.len()).sum(),
        took: Duration::ZERO,
    };
    let mut logits = cpu.net.forward(&mut spans, &mut cpu.scratch);
    pass.took = began.elapsed();
    feed.passed(pass);
    let finished = texts.extract_if(.., |text| match text.take(&mut logits, about) {
        None => false,
        Some(result) => {
            feed.done(text.row.ticket, result);
            true
        }
    });
    for text in finished {
        let ids = [text.row.prompt(), text.row.written()].concat();
        cpu.kept.put(text.prefix, ids, text.kv);
    }
}
