//! Where the batches of one model get their tasks: one feed, shared by the threads that run them.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::requests::{SequenceToSequence, generated, source};
use super::search::{Desk, Task, Written};
use crate::model::arch::exhausted::is_out_of_memory;
use crate::model::{Feed, Generated, ModelError, Pass, Room, Stop, Strategy};

/// Shares a feed between the lanes of a model.
pub(super) struct Counter<'a> {
    model: &'a dyn SequenceToSequence,
    inside: Mutex<Inside<'a>>,
    /// Rung when there is something to take, or nothing more will come.
    bell: Condvar,
}

struct Inside<'a> {
    feed: &'a mut dyn Feed,
    /// Taken from the feed, and by no lane yet.
    tasks: VecDeque<Task>,
    /// Lanes that write.
    busy: usize,
    /// Lanes that wait for something to write.
    idle: usize,
    /// Texts that a lane writes at the same time.
    rows: usize,
    /// A lane has found nothing while none was writing, and has left. The others do the same: what
    /// comes now is for all lanes of a next turn, and not for those that happen to be left.
    closed: bool,
}

impl<'a> Counter<'a> {
    pub(super) fn new(model: &'a dyn SequenceToSequence, feed: &'a mut dyn Feed) -> Self {
        Self {
            model,
            inside: Mutex::new(Inside {
                feed,
                tasks: VecDeque::new(),
                busy: 0,
                idle: 0,
                rows: model.card().batch.max(1),
                closed: false,
            }),
            bell: Condvar::new(),
        }
    }

    /// A place at the counter. All are to be made before the first is used, so that it leaves
    /// something for the others.
    pub(super) fn lane(&self) -> Lane<'_, 'a> {
        self.lock().idle += 1;
        Lane {
            counter: self,
            mixes: self.model.begin().is_open(),
            busy: false,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inside<'a>> {
        // A lane that panicked ends the model's turn; the others may finish what they have.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside<'_> {
    /// Takes from the feed what the lanes have room for, and answers what needs no network.
    fn refill(&mut self, model: &dyn SequenceToSequence, room: usize, idle: bool) {
        let wanted = room.saturating_sub(self.tasks.len());
        if wanted == 0 {
            return;
        }
        let room = Room {
            idle,
            ..Room::rows(wanted)
        };
        for (ticket, request) in self.feed.more(room) {
            match source(model, &request) {
                Err(error) => self.feed.done(ticket, Err(error)),
                // A translation of nothing is nothing; a model would make something up.
                Ok(None) => {
                    let nothing = Generated {
                        text: String::new(),
                        stop: Stop::EndOfText,
                        prompt_tokens: 0,
                        tokens: 0,
                    };
                    self.feed.done(ticket, Ok(nothing));
                }
                Ok(Some(source)) => {
                    let limit = request.decode.max_new_tokens;
                    self.tasks.push_back(Task {
                        ticket,
                        request,
                        source,
                        limit: limit.min(model.card().context_tokens),
                    });
                }
            }
        }
    }

    /// Up to `room` tasks, the oldest first; `others` who wait are to get as many each. Where texts of different searches do not mix, those of the oldest's.
    fn take(&mut self, room: usize, others: usize, mixes: bool) -> Vec<Task> {
        let share = self.tasks.len().div_ceil(others + 1);
        let mut room = room.min(share);
        let Some(oldest) = self.tasks.front() else {
            return Vec::new();
        };
        let width = hypotheses(oldest);
        let (taken, left) = std::mem::take(&mut self.tasks)
            .into_iter()
            .partition(|task| {
                let takes = room > 0 && (mixes || hypotheses(task) == width);
                room -= usize::from(takes);
                takes
            });
        self.tasks = left;
        Vec::from(taken)
    }
}

/// Hypotheses that a text has in the batch.
fn hypotheses(task: &Task) -> usize {
    match task.request.decode.strategy {
        Strategy::Greedy | Strategy::Sample { .. } => 1,
        Strategy::Beam { width, .. } => width.max(1),
    }
}

/// The place of one batch at the counter.
pub(super) struct Lane<'c, 'a> {
    counter: &'c Counter<'a>,
    mixes: bool,
    busy: bool,
}

impl Lane<'_, '_> {
    fn set_busy(&mut self, inside: &mut Inside<'_>, busy: bool) {
        if self.busy != busy {
            let (from, to) = if busy {
                (&mut inside.idle, &mut inside.busy)
            } else {
                (&mut inside.busy, &mut inside.idle)
            };
            *from -= 1;
            *to += 1;
            self.busy = busy;
        }
    }

    /// Takes note that a batch failed. When the device's memory was too small for it, the texts
    /// are written again in batches of half the size; otherwise the failure is their answer.
    pub(super) fn interrupted(&mut self, error: &candle_core::Error, tasks: Vec<Task>) {
        let mut inside = self.counter.lock();
        if is_out_of_memory(error) && tasks.len() > 1 {
            inside.rows = tasks.len() / 2;
            tracing::warn!(
                rows = inside.rows,
                "the device is out of memory: the batch is halved"
            );
            for task in tasks.into_iter().rev() {
                inside.tasks.push_front(task);
            }
            return;
        }
        for task in tasks {
            let error = candle_core::Error::Msg(error.to_string());
            inside
                .feed
                .done(task.ticket, Err(ModelError::Forward(error)));
        }
    }
}

impl Desk for Lane<'_, '_> {
    fn more(&mut self, running: usize) -> Vec<Task> {
        let counter = self.counter;
        let mut inside = counter.lock();
        if running == 0 {
            self.set_busy(&mut inside, false);
        }
        loop {
            if inside.closed {
                return Vec::new();
            }
            let room = inside.rows.saturating_sub(running);
            let others = inside.idle - usize::from(!self.busy);
            let idle = inside.busy == 0;
            let wanted = room + others * inside.rows;
            inside.refill(counter.model, wanted, idle);
            let tasks = inside.take(room, others, self.mixes);
            if !tasks.is_empty() {
                self.set_busy(&mut inside, true);
                if !inside.tasks.is_empty() {
                    counter.bell.notify_all();
                }
            }
            if !tasks.is_empty() || running > 0 {
                return tasks;
            }
            if inside.busy == 0 {
                inside.closed = true;
                counter.bell.notify_all();
                return tasks;
            }
            // A lane that is busy may yet find something that this one can help with.
            inside = counter
                .bell
                .wait(inside)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn finish(&mut self, task: Task, result: Result<Written, ModelError>) {
        let model = self.counter.model;
        let stops = &task.request.decode.stop;
        let answer = result.map(|written| generated(model, &written, task.source.len(), stops));
        self.counter.lock().feed.done(task.ticket, answer);
    }

    fn passed(&mut self, pass: Pass) {
        self.counter.lock().feed.passed(pass);
    }
}

impl Drop for Lane<'_, '_> {
    fn drop(&mut self) {
        let mut inside = self.counter.lock();
        self.set_busy(&mut inside, false);
        inside.idle -= 1;
        self.counter.bell.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::arch::marian::search::{Logits, Specials, Steps};
    use crate::model::{
        Card, CountTokens, Decode, ModelId, Part, Prompt, Request, Strategy, Ticket,
    };

    #[derive(Debug)]
    struct Letters;

    impl CountTokens for Letters {
        fn count(&self, text: &str) -> usize {
            text.len()
        }
    }

    /// A model that is never computed.
    struct Idle {
        card: Card,
        specials: Specials,
    }

    struct Open;

    impl Steps for Open {
        fn admit(&mut self, _: &[&[u32]]) -> candle_core::Result<()> {
            Ok(())
        }

        fn is_open(&self) -> bool {
            true
        }

        fn step(&mut self, _: &[u32]) -> candle_core::Result<Logits> {
            candle_core::bail!("nothing is computed here")
        }

        fn arrange(&mut self, _: &[u32], _: &[u32]) -> candle_core::Result<()> {
            Ok(())
        }
    }

    impl SequenceToSequence for Idle {
        fn card(&self) -> &Card {
            &self.card
        }

        fn specials(&self) -> &Specials {
            &self.specials
        }

        fn tokenize(&self, _: &str, text: &str) -> candle_core::Result<Vec<u32>> {
            Ok(text.bytes().map(u32::from).collect())
        }

        fn begin(&self) -> Box<dyn Steps + '_> {
            Box::new(Open)
        }

        fn text(&self, _: &[u32]) -> String {
            String::new()
        }
    }

    fn idle() -> Idle {
        Idle {
            card: Card {
                id: ModelId::new("idle"),
                sha256: String::new(),
                quantization: String::new(),
                context_tokens: 64,
                batch: 4,
                tokens: Arc::new(Letters),
            },
            specials: Specials {
                start: 0,
                eos: 1,
                banned: Vec::new(),
            },
        }
    }

    /// A feed that others put requests into.
    #[derive(Clone, Default)]
    struct Tray(Arc<Mutex<VecDeque<Request>>>);

    impl Tray {
        fn put(&self, count: usize) {
            let prompt = Prompt {
                prefix: "".into(),
                parts: vec![Part::Text("a text".into())],
            };
            let request = Request::new(prompt, Decode::plain(Strategy::Greedy, 8));
            let requests = std::iter::repeat_n(request, count);
            self.0.lock().unwrap().extend(requests);
        }
    }

    impl Feed for Tray {
        fn more(&mut self, room: Room) -> Vec<(Ticket, Request)> {
            let mut waiting = self.0.lock().unwrap();
            let count = room.rows.min(waiting.len());
            let requests = waiting.drain(..count);
            requests.map(|request| (Ticket(0), request)).collect()
        }

        fn done(&mut self, _: Ticket, _: Result<Generated, ModelError>) {}
    }

    #[test]
    fn lanes_share_what_there_is_and_leave_together() {
        let (model, tray) = (idle(), Tray::default());
        tray.put(1);
        let mut feed = tray.clone();
        let counter = Counter::new(&model, &mut feed);
        let (mut first, mut second) = (counter.lane(), counter.lane());
        assert_eq!(first.more(0).len(), 1);
        assert!(first.more(0).is_empty());
        tray.put(8);
        assert!(
            second.more(0).is_empty(),
            "one lane alone would write all that comes from now on"
        );
        drop((first, second));
        let counter = Counter::new(&model, &mut feed);
        let (mut first, mut second) = (counter.lane(), counter.lane());
        assert_eq!((first.more(0).len(), second.more(0).len()), (4, 4));
    }
}
