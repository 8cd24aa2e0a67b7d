//! Which waiting requests run together: a pure policy.

use std::collections::VecDeque;

/// What the policy looks at.
pub trait Waiting {
    /// Requests with equal keys may share a batch.
    type Key: PartialEq;

    /// The batch it fits in: the model, and the beginning of its prompt.
    fn key(&self) -> Self::Key;

    /// Its length, in any unit that is the same for all: rows of like length waste less padding.
    fn length(&self) -> usize;
}

/// Takes the next batch out of the queue: at most `most` entries that share the oldest entry's
/// key, those nearest to the oldest in length first, in order of arrival. The oldest is always
/// among them, so nobody waits for ever.
pub fn pack<W: Waiting>(waiting: &mut VecDeque<W>, most: usize) -> Vec<W> {
    let Some(oldest) = waiting.front() else {
        return Vec::new();
    };
    let (key, length) = (oldest.key(), oldest.length());
    let mut fitting: Vec<(usize, usize)> = waiting
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.key() == key)
        .map(|(at, entry)| (entry.length().abs_diff(length), at))
        .collect();
    // The oldest differs by nothing from itself and comes before its equals.
    fitting.sort_unstable();
    fitting.truncate(most.max(1));
    let mut chosen: Vec<usize> = fitting.into_iter().map(|(_, at)| at).collect();
    chosen.sort_unstable();
    let mut batch = Vec::with_capacity(chosen.len());
    for at in chosen.into_iter().rev() {
        batch.extend(waiting.remove(at));
    }
    batch.reverse();
    batch
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
    }

    impl Waiting for Entry {
        type Key = u8;

        fn key(&self) -> u8 {
            self.key
        }

        fn length(&self) -> usize {
            self.length
        }
    }

    fn queue() -> impl Strategy<Value = VecDeque<Entry>> {
        prop::collection::vec((0u8..3, 0usize..100), 0..40).prop_map(|entries| {
            entries
                .into_iter()
                .enumerate()
                .map(|(order, (key, length))| Entry { key, length, order })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn a_batch_has_the_oldest_entry_one_key_and_at_most_so_many(queue in queue(), most in 0usize..10) {
            let mut waiting = queue.clone();
            let batch = pack(&mut waiting, most);
            prop_assert_eq!(batch.first(), queue.front());
            prop_assert!(batch.len() <= most.max(1));
            prop_assert!(batch.iter().all(|entry| Some(entry.key) == queue.front().map(Entry::key)));
            prop_assert!(batch.windows(2).all(|pair| pair[0].order < pair[1].order));
            let mut all: Vec<_> = batch.into_iter().chain(waiting).collect();
            all.sort_by_key(|entry| entry.order);
            prop_assert_eq!(all, Vec::from(queue));
        }

        #[test]
        fn every_entry_has_its_turn(queue in queue(), most in 1usize..10) {
            let mut waiting = queue.clone();
            let mut batches = 0;
            while !waiting.is_empty() {
                pack(&mut waiting, most);
                batches += 1;
            }
            prop_assert!(batches <= queue.len());
        }
    }

    #[test]
    fn entries_of_like_length_go_together() {
        let lengths = [10, 90, 11, 80, 9];
        let mut waiting: VecDeque<Entry> = lengths
            .iter()
            .enumerate()
            .map(|(order, &length)| Entry {
                key: 0,
                length,
                order,
            })
            .collect();
        let batch: Vec<usize> = pack(&mut waiting, 3)
            .iter()
            .map(|entry| entry.length)
            .collect();
        assert_eq!(batch, [10, 11, 9]);
    }
}
