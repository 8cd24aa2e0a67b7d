//! Answers given lately, for deliveries that come again.

use std::collections::{HashMap, VecDeque};

use super::answer::Identity;
use crate::queue::{Answer, AnswerKind, Verdict};

/// Least recently used goes first. Bounded by count and by size.
#[derive(Debug)]
pub(super) struct Cache {
    entries: HashMap<Identity, (Answer, Verdict)>,
    /// Oldest use first; each key once.
    order: VecDeque<Identity>,
    bytes: usize,
    max_entries: usize,
    max_bytes: usize,
}

impl Cache {
    pub(super) fn new(max_entries: usize, max_bytes: usize) -> Self {
        Self {
            entries: HashMap::new(),
            order: VecDeque::new(),
            bytes: 0,
            max_entries,
            max_bytes,
        }
    }

    /// The answer given to this message, and how its delivery was settled.
    pub(super) fn get(&mut self, key: &Identity) -> Option<(Answer, Verdict)> {
        let found = self.entries.get(key)?.clone();
        self.order.retain(|other| other != key);
        self.order.push_back(*key);
        Some(found)
    }

    /// Keeps an answer, unless it alone is over the limit.
    pub(super) fn put(&mut self, key: Identity, answer: Answer, verdict: Verdict) {
        self.remove(&key);
        if answer.payload.len() > self.max_bytes || self.max_entries == 0 {
            return;
        }
        self.bytes += answer.payload.len();
        self.entries.insert(key, (answer, verdict));
        self.order.push_back(key);
        while self.entries.len() > self.max_entries || self.bytes > self.max_bytes {
            let Some(oldest) = self.order.front().copied() else {
                return;
            };
            self.remove(&oldest);
        }
    }

    /// The delivery was settled: an error answer is not needed any more.
    pub(super) fn settled(&mut self, key: &Identity) {
        if self
            .entries
            .get(key)
            .is_some_and(|(answer, _)| answer.kind == AnswerKind::Error)
        {
            self.remove(key);
        }
    }

    fn remove(&mut self, key: &Identity) {
        if let Some((answer, _)) = self.entries.remove(key) {
            self.bytes -= answer.payload.len();
            self.order.retain(|other| other != key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    fn key(number: u8) -> Identity {
        Identity::of_bytes(&[number], "")
    }

    fn answer(bytes: usize) -> Answer {
        Answer {
            kind: AnswerKind::Result,
            job_id: None,
            message_id: String::new(),
            payload: vec![0; bytes],
            reply_to: None,
            trace_parent: None,
        }
    }

    #[test]
    fn what_was_asked_for_lately_outlives_what_was_not() {
        let mut cache = Cache::new(2, 1000);
        cache.put(key(1), answer(1), Verdict::Ack);
        cache.put(key(2), answer(1), Verdict::Ack);
        assert!(cache.get(&key(1)).is_some());
        cache.put(key(3), answer(1), Verdict::Return);
        assert!(cache.get(&key(2)).is_none());
        assert_eq!(
            cache.get(&key(3)).map(|(_, verdict)| verdict),
            Some(Verdict::Return)
        );
        assert!(cache.get(&key(1)).is_some());
    }

    proptest! {
        #[test]
        fn the_cache_never_grows_over_its_limits(puts in proptest::collection::vec((0_u8..20, 0_usize..60), 0..200)) {
            let mut cache = Cache::new(5, 100);
            for (number, bytes) in puts {
                cache.put(key(number), answer(bytes), Verdict::Ack);
                prop_assert!(cache.entries.len() <= 5 && cache.order.len() == cache.entries.len());
                let held: usize = cache.entries.values().map(|(answer, _)| answer.payload.len()).sum();
                prop_assert_eq!(held, cache.bytes);
                prop_assert!(held <= 100);
                prop_assert!(cache.get(&key(number)).is_some());
            }
        }
    }
}
