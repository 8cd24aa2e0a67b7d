//! The forward passes: one submodule for each architecture.

pub mod bert;
mod choose;
pub mod decoder;
mod exhausted;
pub mod marian;
mod pool;
mod products;
mod quantized;
pub mod t5;

use super::{Feed, Generated, ModelError, Pass, Request, Room, Ticket};

/// The answers to requests that start and end together, by the index of each.
struct Answers<'a> {
    feed: &'a mut dyn Feed,
    /// Those that have none yet.
    open: Vec<Option<Ticket>>,
}

impl Answers<'_> {
    /// Answers a request, unless it has been.
    fn done(&mut self, index: usize, result: Result<Generated, ModelError>) {
        if let Some(ticket) = self.open.get_mut(index).and_then(Option::take) {
            self.feed.done(ticket, result);
        }
    }

    /// Whether a request has no answer yet.
    fn is_open(&self, index: usize) -> bool {
        self.open.get(index).is_some_and(Option::is_some)
    }

    /// Takes note of a pass through the model.
    fn passed(&mut self, pass: Pass) {
        self.feed.passed(pass);
    }
}

/// Runs what `feed` gives in batches of up to `rows` that start and end together.
fn in_batches(feed: &mut dyn Feed, rows: usize, mut run: impl FnMut(&[Request], &mut Answers<'_>)) {
    loop {
        let (open, requests): (Vec<_>, Vec<_>) = feed
            .more(Room::rows(rows.max(1)))
            .into_iter()
            .map(|(ticket, request)| (Some(ticket), request))
            .unzip();
        if requests.is_empty() {
            return;
        }
        run(&requests, &mut Answers { feed, open });
    }
}
