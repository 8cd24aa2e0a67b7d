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

use std::sync::Arc;

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

/// Runs what `feed` gives in batches of up to `rows` that start and end together, and have one
/// beginning. While there are others, requests are taken beyond the batch, so that it is full of those
/// with the beginning of the oldest.
fn in_batches(
    feed: &mut dyn Feed,
    rows: usize,
    mut run: impl FnMut(&Arc<str>, &[Request], &mut Answers<'_>),
) {
    let rows = rows.max(1);
    let mut held: Vec<(Ticket, Request)> = Vec::new();
    loop {
        let beginning = loop {
            let beginning = held.first().map(|(_, oldest)| &oldest.prompt.prefix);
            let alike = |request: &Request| Some(&request.prompt.prefix) == beginning;
            let there = held.iter().filter(|(_, request)| alike(request)).count();
            let came = if there < rows {
                feed.more(Room::rows(rows - there))
            } else {
                Vec::new()
            };
            if came.is_empty() {
                break beginning.cloned();
            }
            held.extend(came);
        };
        let Some(beginning) = beginning else {
            return;
        };
        let mut places = rows;
        let (now, later) = held.into_iter().partition(|(_, request)| {
            let runs = places > 0 && request.prompt.prefix == beginning;
            places -= usize::from(runs);
            runs
        });
        held = later;
        let (open, requests): (Vec<_>, Vec<_>) = now
            .into_iter()
            .map(|(ticket, request): (Ticket, Request)| (Some(ticket), request))
            .unzip();
        run(&beginning, &requests, &mut Answers { feed, open });
        feed.pause();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Batch, Decode, Prompt, Strategy};

    #[test]
    fn a_batch_of_one_beginning_is_filled_past_those_with_another() {
        let requests = "ababacabab".chars().map(|beginning| {
            let prompt = Prompt {
                prefix: beginning.to_string().into(),
                parts: Vec::new(),
            };
            Request::new(prompt, Decode::plain(Strategy::Greedy, 1))
        });
        let mut batch = Batch::new(requests);
        let mut runs = Vec::new();
        in_batches(&mut batch, 3, |beginning, requests, answers| {
            let prefixes = requests.iter().map(|request| &*request.prompt.prefix);
            runs.push((beginning.to_string(), prefixes.collect::<String>()));
            for index in 0..requests.len() {
                answers.done(index, Err(ModelError::Cancelled));
            }
        });
        let expected = [
            ("a", "aaa"),
            ("b", "bbb"),
            ("c", "c"),
            ("a", "aa"),
            ("b", "b"),
        ];
        assert_eq!(
            runs,
            expected.map(|(beginning, run)| (beginning.to_owned(), run.to_owned()))
        );
        assert!(batch.into_answers().iter().all(Option::is_some));
    }
}
