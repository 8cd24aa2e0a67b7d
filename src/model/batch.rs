//! Which waiting requests run together, and for how long one model has the device: a pure policy.

use std::collections::VecDeque;

/// What the policy looks at.
pub trait Waiting {
    /// The model it is for: requests with equal keys may share a batch.
    type Key: PartialEq;

    /// See [`Waiting::Key`].
    fn key(&self) -> Self::Key;

    /// Its length, in any unit that is the same for all: rows of like length end together and
    /// waste less padding.
    fn length(&self) -> usize;

    /// Whether it comes before those that are not so.
    fn ahead(&self) -> bool;
}

/// Puts an entry where it belongs in the queue. Texts that are written again, and those that others
/// will follow from, come first: at the end, when all others are done, they would have the device
/// to themselves and waste most of it. A job has few of them, so that they cannot hold up the rest
/// for ever.
pub fn enqueue<W: Waiting>(waiting: &mut VecDeque<W>, entry: W) {
    if entry.ahead() {
        let at = waiting.partition_point(Waiting::ahead);
        waiting.insert(at, entry);
    } else {
        waiting.push_back(entry);
    }
}

/// What a running batch can still take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Requests.
    pub rows: usize,
    /// Their lengths together, in the unit of [`Waiting::length`]. Where nothing runs, one request
    /// may be longer: it will not get shorter by waiting.
    pub length: usize,
    /// Whether nothing runs.
    pub idle: bool,
}

impl Room {
    /// Room for `rows` requests of any length in a batch that is empty.
    pub fn rows(rows: usize) -> Self {
        Self {
            rows,
            length: usize::MAX,
            idle: true,
        }
    }
}

/// One model's turn on the device. It goes on for as long as there are requests for that model,
/// unless those of another wait: then it ends after so many more.
#[derive(Debug)]
pub struct Turn<K> {
    key: K,
    left: usize,
    most: usize,
}

/// Requests among which those of like length are looked for, for each free row.
const WINDOW: usize = 4;

impl<K: PartialEq> Turn<K> {
    /// The turn of the oldest request's model: at most `most` requests while others wait.
    pub fn of_oldest<W: Waiting<Key = K>>(waiting: &VecDeque<W>, most: usize) -> Option<Self> {
        let most = most.max(1);
        waiting.front().map(|oldest| Self {
            key: oldest.key(),
            left: most,
            most,
        })
    }

    /// The model whose turn it is.
    pub fn key(&self) -> &K {
        &self.key
    }

    /// Takes requests out of the queue for the free part of the batch: the oldest of this turn's
    /// first, then those nearest to it in length, in order of arrival. The oldest is always among
    /// them or nobody is, so that no request is passed over for ever. `others` says that somebody
    /// waits who is not in the queue.
    pub fn take<W: Waiting<Key = K>>(
        &mut self,
        waiting: &mut VecDeque<W>,
        room: Room,
        others: bool,
    ) -> Vec<W> {
        if others || waiting.iter().any(|entry| entry.key() != self.key) {
            self.left = self.left.min(self.most);
        } else {
            self.left = self.most.max(room.rows);
        }
        let rows = room.rows.min(self.left);
        let mut fitting: Vec<(usize, usize)> = waiting
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.key() == self.key)
            .map(|(at, entry)| (entry.length(), at))
            .take(rows.saturating_mul(WINDOW))
            .collect();
        let Some(&(oldest, _)) = fitting.first() else {
            return Vec::new();
        };
        // The oldest differs by nothing from itself and comes before its equals.
        fitting.sort_unstable_by_key(|(length, at)| (length.abs_diff(oldest), *at));
        fitting.truncate(rows);
        let mut used = 0usize;
        let mut chosen: Vec<usize> = fitting
            .into_iter()
            .enumerate()
            .take_while(|(taken, (length, _))| {
                used = used.saturating_add(*length);
                used <= room.length || (room.idle && *taken == 0)
            })
            .map(|(_, (_, at))| at)
            .collect();
        chosen.sort_unstable();
        let mut batch = Vec::with_capacity(chosen.len());
        for at in chosen.into_iter().rev() {
            batch.extend(waiting.remove(at));
        }
        batch.reverse();
        self.left -= batch.len();
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone, PartialEq)]
    struct Entry {
        key: u8,
        length: usize,
        order: usize,
        ahead: bool,
    }

    impl Waiting for Entry {
        type Key = u8;

        fn key(&self) -> u8 {
            self.key
        }

        fn length(&self) -> usize {
            self.length
        }

        fn ahead(&self) -> bool {
            self.ahead
        }
    }

    fn entries(of: &[(u8, usize)]) -> VecDeque<Entry> {
        of.iter()
            .enumerate()
            .map(|(order, &(key, length))| Entry {
                key,
                length,
                order,
                ahead: false,
            })
            .collect()
    }

    fn queue() -> impl Strategy<Value = VecDeque<Entry>> {
        prop::collection::vec((0u8..3, 0usize..100), 0..40).prop_map(|of| entries(&of))
    }

    fn orders(batch: &[Entry]) -> Vec<usize> {
        batch.iter().map(|entry| entry.order).collect()
    }

    proptest! {
        #[test]
        fn a_first_batch_has_the_oldest_request_one_key_and_what_there_is_room_for(
            queue in queue(), rows in 1usize..10, length in 0usize..300,
        ) {
            let mut waiting = queue.clone();
            let Some(mut turn) = Turn::of_oldest(&waiting, 8) else { return Ok(()) };
            let batch = turn.take(&mut waiting, Room { rows, length, idle: true }, false);
            prop_assert!(batch.contains(&queue[0]));
            prop_assert!(batch.len() <= rows);
            prop_assert!(batch.len() == 1 || batch.iter().map(|entry| entry.length).sum::<usize>() <= length);
            prop_assert!(batch.iter().all(|entry| entry.key == queue[0].key));
            prop_assert!(batch.windows(2).all(|pair| pair[0].order < pair[1].order));
            let mut all: Vec<_> = batch.into_iter().chain(waiting).collect();
            all.sort_by_key(|entry| entry.order);
            prop_assert_eq!(all, Vec::from(queue));
        }

        #[test]
        fn nobody_waits_for_ever(
            queue in queue(), rows in 1usize..10, most in 1usize..20, endless in 0u8..3,
        ) {
            // Requests for one model never stop coming; everybody who was there must have had
            // their turn within a number of batches that the queue's length bounds.
            let mut waiting = queue.clone();
            let mut order = queue.len();
            let mut batches = 0;
            while waiting.iter().any(|entry| entry.order < queue.len()) {
                let mut turn = Turn::of_oldest(&waiting, most).unwrap();
                loop {
                    enqueue(&mut waiting, Entry { key: endless, length: 50, order, ahead: false });
                    order += 1;
                    let batch = turn.take(&mut waiting, Room::rows(rows), false);
                    batches += 1;
                    if batch.is_empty() {
                        break;
                    }
                    prop_assert!(batches <= (queue.len() + 1) * (most + 2) + WINDOW * rows * queue.len().max(1));
                    if !waiting.iter().any(|entry| entry.order < queue.len()) {
                        break;
                    }
                }
            }
        }
    }

    #[test]
    fn what_goes_ahead_comes_before_the_rest_in_order_of_arrival() {
        let mut waiting = entries(&[(0, 1), (1, 1)]);
        for (order, ahead) in [(2, true), (3, false), (4, true)] {
            let entry = Entry {
                key: 0,
                length: 1,
                order,
                ahead,
            };
            enqueue(&mut waiting, entry);
        }
        assert_eq!(orders(&Vec::from(waiting)), [2, 4, 0, 1, 3]);
    }

    #[test]
    fn requests_of_like_length_go_together() {
        let mut waiting = entries(&[(0, 10), (0, 90), (0, 11), (0, 80), (0, 9)]);
        let mut turn = Turn::of_oldest(&waiting, 8).unwrap();
        let batch = turn.take(&mut waiting, Room::rows(3), false);
        assert_eq!(orders(&batch), [0, 2, 4]);
    }

    #[test]
    fn a_turn_ends_only_when_others_wait() {
        let mut alone = entries(&[(0, 1); 9]);
        let mut turn = Turn::of_oldest(&alone, 2).unwrap();
        let mut taken = 0;
        while !alone.is_empty() {
            taken += turn.take(&mut alone, Room::rows(1), false).len();
        }
        assert_eq!(taken, 9);
        let mut shared = entries(&[(0, 1), (0, 1), (0, 1), (1, 1)]);
        let mut turn = Turn::of_oldest(&shared, 2).unwrap();
        assert_eq!(orders(&turn.take(&mut shared, Room::rows(1), false)), [0]);
        assert_eq!(orders(&turn.take(&mut shared, Room::rows(1), false)), [1]);
        assert!(turn.take(&mut shared, Room::rows(1), false).is_empty());
        assert_eq!(Turn::of_oldest(&shared, 2).map(|turn| *turn.key()), Some(0));
    }

    #[test]
    fn a_request_that_never_fits_runs_where_nothing_else_does() {
        let mut waiting = entries(&[(0, 500), (0, 1)]);
        let mut turn = Turn::of_oldest(&waiting, 8).unwrap();
        let mut room = Room {
            rows: 4,
            length: 100,
            idle: false,
        };
        assert!(turn.take(&mut waiting, room, false).is_empty());
        room.idle = true;
        assert_eq!(orders(&turn.take(&mut waiting, room, false)), [0]);
    }
}
