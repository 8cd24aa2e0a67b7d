//! Shared beginnings whose keys and values are kept.

use std::sync::Arc;

/// Beginnings kept: a summary's and two languages', and one to spare.
const MOST: usize = 4;

/// Beginnings and what was computed of them, the most recently used last.
#[derive(Debug)]
pub(super) struct Prefixes<T>(Vec<(Arc<str>, Arc<T>)>);

impl<T> Default for Prefixes<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Prefixes<T> {
    /// What is kept of a beginning, which then counts as used just now.
    pub(super) fn get(&mut self, text: &Arc<str>) -> Option<Arc<T>> {
        let at = self.0.iter().position(|(known, _)| known == text)?;
        let entry = self.0.remove(at);
        let prefix = Arc::clone(&entry.1);
        self.0.push(entry);
        Some(prefix)
    }

    /// Keeps what was computed of a beginning, in place of the longest unused where there is no
    /// room.
    pub(super) fn keep(&mut self, text: &Arc<str>, prefix: T) -> Arc<T> {
        let prefix = Arc::new(prefix);
        if self.0.len() >= MOST {
            self.0.remove(0);
        }
        self.0.push((Arc::clone(text), Arc::clone(&prefix)));
        prefix
    }
}
