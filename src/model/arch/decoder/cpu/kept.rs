//! What finished texts have read and written, kept for a while: a text that is written again, with
//! other settings, reads its prompt but once.

use std::collections::VecDeque;
use std::sync::Arc;

use super::cache::Kv;

/// The keys and values of finished texts, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Kept(VecDeque<Finished>);

#[derive(Debug)]
struct Finished {
    prefix: Option<Arc<Kv>>,
    /// What the keys and values are of, after the prefix.
    ids: Vec<u32>,
    kv: Kv,
}

impl Kept {
    /// Keeps what was computed of a text: of `ids`, as far as there are keys and values, after `prefix`.
    pub(super) fn put(&mut self, prefix: Option<Arc<Kv>>, mut ids: Vec<u32>, kv: Kv) {
        ids.truncate(kv.len);
        self.0.push_back(Finished { prefix, ids, kv });
    }

    /// Gives away what was computed of the beginning of a prompt that comes after `prefix`, where that is
    /// at least half of it. Its last token is left to be read, because something is written after it.
    pub(super) fn take(&mut self, prefix: Option<&Arc<Kv>>, prompt: &[u32]) -> Option<Kv> {
        let same = |kept: &Option<Arc<Kv>>| match (kept, prefix) {
            (None, None) => true,
            (Some(kept), Some(prefix)) => Arc::ptr_eq(kept, prefix),
            _ => false,
        };
        let (_, before_last) = prompt.split_last()?;
        let (at, shared) = self
            .0
            .iter()
            .enumerate()
            .filter(|(_, kept)| same(&kept.prefix))
            .map(|(at, kept)| {
                let pairs = kept.ids.iter().zip(before_last);
                let shared = pairs.take_while(|(kept, wanted)| kept == wanted);
                (at, shared.count())
            })
            .max_by_key(|(_, shared)| *shared)?;
        if 2 * shared < prompt.len() {
            return None;
        }
        let mut kv = self.0.remove(at)?.kv;
        kv.len = shared;
        Some(kv)
    }

    /// Lets the oldest go until at most so many tokens are kept.
    pub(super) fn limit(&mut self, tokens: usize) {
        let mut all: usize = self.0.iter().map(|kept| kept.kv.len).sum();
        while all > tokens
            && let Some(oldest) = self.0.pop_front()
        {
            all -= oldest.kv.len;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::arch::decoder::cpu::Cpu;
    use crate::model::arch::decoder::cpu::tests::cpu;
    use crate::model::arch::decoder::tests::tiny;
    use crate::model::arch::decoder::tests::tiny_gguf::Family;

    fn of(cpu: &Cpu, len: usize) -> Kv {
        let mut kv = Kv::new(&cpu.net.config);
        kv.len = len;
        kv
    }

    #[test]
    fn the_longest_beginning_after_the_same_prefix_is_given_away_once() {
        let mut tiny = tiny(Family::Qwen2);
        let cpu = cpu(&mut tiny);
        let prefixes = [Arc::new(of(cpu, 7)), Arc::new(of(cpu, 7))];
        let [one, other] = &prefixes;
        let mut kept = Kept::default();
        // Written on after the prompt 1 to 4; the last token has no keys yet.
        kept.put(Some(Arc::clone(one)), vec![1, 2, 3, 4, 8, 9], of(cpu, 5));
        kept.put(Some(Arc::clone(one)), vec![1, 2, 5, 6], of(cpu, 4));
        kept.put(Some(Arc::clone(other)), vec![1, 2, 3, 4, 5], of(cpu, 5));
        let len = |kv: Option<Kv>| kv.map(|kv| kv.len);
        assert_eq!(len(kept.take(None, &[1, 2, 3, 4])), None);
        assert_eq!(len(kept.take(Some(one), &[1, 2, 3, 4])), Some(3));
        // What is left shares half of it.
        assert_eq!(len(kept.take(Some(one), &[1, 2, 3, 4])), Some(2));
        assert_eq!(len(kept.take(Some(one), &[1, 2, 3, 4])), None);
        assert_eq!(len(kept.take(Some(other), &[1, 2, 7, 7, 7])), None);
        assert_eq!(len(kept.take(Some(other), &[1, 2, 3, 4, 5, 6])), Some(5));
        assert_eq!(len(kept.take(Some(other), &[])), None);
    }

    #[test]
    fn the_oldest_go_first() {
        let mut tiny = tiny(Family::Qwen2);
        let cpu = cpu(&mut tiny);
        let mut kept = Kept::default();
        kept.put(None, vec![1; 9], of(cpu, 9));
        kept.put(None, vec![2; 9], of(cpu, 9));
        kept.limit(17);
        assert!(kept.take(None, &[1; 9]).is_none());
        assert!(kept.take(None, &[2; 9]).is_some());
    }
}
