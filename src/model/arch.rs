//! The forward passes: one submodule for each architecture.

pub mod decoder;
pub mod marian;
mod pool;
mod products;
mod quantized;
pub mod t5;

use super::{Feed, Generated, ModelError, Request, Room};

/// Takes each finished text of a batch, by the index of its request.
type Done<'a> = dyn FnMut(usize, Result<Generated, ModelError>) + 'a;

/// Runs what `feed` gives in batches of up to `rows` that start and end together.
fn in_batches(feed: &mut dyn Feed, rows: usize, mut run: impl FnMut(&[Request], &mut Done<'_>)) {
    loop {
        let (tickets, requests): (Vec<_>, Vec<_>) =
            feed.more(Room::rows(rows.max(1))).into_iter().unzip();
        if requests.is_empty() {
            return;
        }
        run(&requests, &mut |index, result| {
            if let Some(ticket) = tickets.get(index) {
                feed.done(*ticket, result);
            }
        });
    }
}
