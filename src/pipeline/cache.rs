//! Translations that were made before, by what they were made from.
//!
//! A correction is mostly the same article again. What a segment's translation depends on (the weights,
//! the prompt with the text in it, the settings, the glossary) makes its key, so that an entry is
//! what would be written again, to the letter.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use lru::LruCache;
use sha2::{Digest, Sha256};

use crate::model::{Part, Prompt};
use crate::pipeline::attempt::Output;

/// What an entry takes beside its text, in bytes, about.
const ENTRY: usize = 256;

/// Translations in memory, the least recently used going first. Shared by the jobs of a worker.
pub struct SegmentCache {
    kept: Mutex<Kept>,
    most: usize,
}

struct Kept {
    entries: LruCache<Key, Output>,
    bytes: usize,
}

/// What a translation depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key([u8; 32]);

impl Key {
    /// Of a prompt to a model, with everything else that has a part in the output.
    pub(super) fn new(prompt: &Prompt, rest: &[&str]) -> Self {
        let mut hash = Sha256::new();
        let mut field = |kind: u8, text: &str| {
            hash.update([kind]);
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        };
        for text in rest {
            field(0, text);
        }
        field(1, &prompt.prefix);
        for part in &prompt.parts {
            match part {
                Part::Markup(text) => field(2, text),
                Part::Text(text) => field(3, text),
            }
        }
        Self(hash.finalize().into())
    }
}

impl SegmentCache {
    /// A cache of at most so many bytes.
    pub fn new(most: usize) -> Self {
        let kept = Kept {
            entries: LruCache::unbounded(),
            bytes: 0,
        };
        Self {
            kept: Mutex::new(kept),
            most,
        }
    }

    /// Bytes that it takes now.
    pub fn bytes(&self) -> usize {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .bytes
    }

    pub(super) fn get(&self, key: &Key) -> Option<Output> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entries.get(key).cloned()
    }

    pub(super) fn put(&self, key: Key, output: Output) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += size(&output);
        if let Some((_, old)) = kept.entries.push(key, output) {
            kept.bytes -= size(&old);
        }
        while kept.bytes > self.most
            && let Some((_, old)) = kept.entries.pop_lru()
        {
            kept.bytes -= size(&old);
        }
    }
}

fn size(output: &Output) -> usize {
    let notes: usize = output
        .findings
        .iter()
        .map(|finding| ENTRY + finding.note.len())
        .sum();
    ENTRY + output.text.len() + notes
}

impl fmt::Debug for SegmentCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("SegmentCache")
            .field("entries", &kept.entries.len())
            .field("bytes", &kept.bytes)
            .field("most", &self.most)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Key {
        let prompt = Prompt {
            prefix: "Translate.".into(),
            parts: vec![Part::Text(text.into())],
        };
        Key::new(&prompt, &["model"])
    }

    #[test]
    fn what_is_kept_is_found_and_the_oldest_goes_first() {
        let cache = SegmentCache::new(3 * (ENTRY + 1));
        for text in ["a", "b", "c"] {
            cache.put(key(text), Output::verbatim(text.to_owned()));
        }
        assert_eq!(
            cache.get(&key("a")).map(|output| output.text).as_deref(),
            Some("a")
        );
        cache.put(key("d"), Output::verbatim("d".to_owned()));
        let found = ["a", "b", "c", "d"].map(|text| cache.get(&key(text)).is_some());
        assert_eq!(found, [true, false, true, true], "{cache:?}");
    }

    #[test]
    fn an_entry_takes_the_place_of_its_former_self() {
        let cache = SegmentCache::new(2 * (ENTRY + 1));
        for _ in 0..5 {
            cache.put(key("a"), Output::verbatim("a".to_owned()));
        }
        cache.put(key("b"), Output::verbatim("b".to_owned()));
        assert!(cache.get(&key("a")).is_some() && cache.get(&key("b")).is_some());
    }

    #[test]
    fn markup_and_text_are_not_the_same_prompt() {
        let prompt = |part| Prompt {
            prefix: "".into(),
            parts: vec![part],
        };
        let markup = Key::new(&prompt(Part::Markup("a".into())), &[]);
        let text = Key::new(&prompt(Part::Text("a".into())), &[]);
        assert_ne!(markup, text);
        assert_ne!(Key::new(&prompt(Part::Text("a".into())), &["x"]), text);
    }
}
