//! What is in hand, to be looked at from outside: nothing here decides anything.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use super::far::{Far, Stages};
use crate::pipeline::Event;

/// The deliveries in hand. Clones are the same board.
#[derive(Debug, Clone, Default)]
pub struct Board(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    next: u64,
    notes: BTreeMap<u64, (Note, Stages)>,
    fault: Option<String>,
}

/// One delivery in hand.
#[derive(Debug, Clone)]
pub struct Note {
    /// The job's id, where it could be read.
    pub job: Option<String>,
    /// The queue that it came from, as labels name it.
    pub lane: &'static str,
    /// Which delivery of it this is.
    pub attempt: u32,
    /// When the producer sent it, where it says so.
    pub sent: Option<SystemTime>,
    /// When it came.
    pub since: Instant,
    /// What is being done, such as `translate:ko`; empty while it waits for its turn. Of several
    /// stages, the one that moved last.
    pub stage: String,
    /// When that began.
    pub stage_since: Instant,
    /// Pieces of the stage that are done.
    pub done: usize,
    /// Pieces of the stage; 0 when it is not divided.
    pub total: usize,
    /// Tokens written so far.
    pub tokens: u64,
}

impl Board {
    /// The deliveries in hand, the oldest first.
    pub fn notes(&self) -> Vec<Note> {
        let inside = self.inside();
        inside
            .notes
            .values()
            .map(|(note, _)| note.clone())
            .collect()
    }

    /// Why the engine counts as broken, where it does: the worker is ending for it.
    pub fn fault(&self) -> Option<String> {
        self.inside().fault.clone()
    }

    pub(super) fn set_fault(&self, reason: &str) {
        let fault = &mut self.inside().fault;
        fault.get_or_insert_with(|| reason.to_owned());
    }

    /// Puts a delivery on the board, for as long as the pin is kept.
    pub(super) fn pin(
        &self,
        job: Option<&str>,
        lane: &'static str,
        attempt: u32,
        sent: Option<SystemTime>,
    ) -> Pin {
        let mut inside = self.inside();
        let number = inside.next;
        inside.next += 1;
        let now = Instant::now();
        let note = Note {
            job: job.map(str::to_owned),
            lane,
            attempt,
            sent,
            since: now,
            stage: String::new(),
            stage_since: now,
            done: 0,
            total: 0,
            tokens: 0,
        };
        inside.notes.insert(number, (note, Stages::default()));
        drop(inside);
        Pin {
            board: self.clone(),
            number,
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a delivery on the board.
#[derive(Debug)]
pub(super) struct Pin {
    board: Board,
    number: u64,
}

impl Pin {
    /// Notes what happened to its job; gives how far that is.
    pub(super) fn event(&self, event: &Event) -> Option<Far> {
        let mut inside = self.board.inside();
        let (note, stages) = inside.notes.get_mut(&self.number)?;
        stages.event(event);
        if let Event::SegmentDone { tokens, .. } = event {
            note.tokens = *tokens;
        }
        let far = stages.last()?;
        note.stage.clone_from(&far.stage);
        note.stage_since = far.since;
        (note.done, note.total) = (far.done, far.total);
        Some(far.clone())
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.board.inside().notes.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_on_the_board_for_as_long_as_it_is_in_hand() {
        let board = Board::default();
        let first = board.pin(Some("a-1"), "normal", 1, None);
        let second = board.pin(None, "urgent", 2, None);
        let jobs = |board: &Board| -> Vec<Option<String>> {
            board.notes().into_iter().map(|note| note.job).collect()
        };
        assert_eq!(jobs(&board), [Some("a-1".to_owned()), None]);
        drop(first);
        assert_eq!(jobs(&board), [None]);
        drop(second);
        assert!(board.notes().is_empty());
    }

    #[test]
    fn its_note_says_how_far_the_stage_is() {
        let board = Board::default();
        let pin = board.pin(Some("a-1"), "normal", 1, None);
        let stage = || "translate:ko".to_owned();
        pin.event(&Event::StageStarted {
            stage: stage(),
            segments: 3,
        });
        for tokens in [7, 19] {
            pin.event(&Event::SegmentDone {
                stage: stage(),
                tokens,
            });
        }
        let note = board.notes().remove(0);
        assert_eq!((note.done, note.total, note.tokens), (2, 3, 19));
        assert_eq!(note.stage, "translate:ko");
    }

    #[test]
    fn the_first_fault_is_kept() {
        let board = Board::default();
        board.set_fault("stuck");
        board.clone().set_fault("later");
        assert_eq!(board.fault().as_deref(), Some("stuck"));
    }
}
