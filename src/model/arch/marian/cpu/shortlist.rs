//! Which target tokens are looked at: most of a vocabulary is out of the question for a sentence.
//!
//! A table says for each source token which target tokens it may become. It is a file, not
//! something learned on the way, so that a text depends on its source and on nothing that came
//! before it. Where the table cannot vouch for a choice the whole vocabulary is looked at: for a
//! sentence with a token that the table does not know, and for a step at which the likeliest token
//! is not likely enough among those that were looked at.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::kernel::isa::Isa;
use crate::model::kernel::panels::Panels;
use crate::model::kernel::rows::log_sum_exp;
use crate::model::kernel::vector::greatest;

/// Below this share of the probability among the tokens that were looked at, the likeliest does
/// not stand out, and the right one may be elsewhere.
const CONFIDENT: f32 = 0.9;

/// Source tokens and what they may become, as ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::model::arch::marian) struct Table {
    /// Looked at for every sentence.
    always: BTreeSet<u32>,
    likely: BTreeMap<u32, Vec<u32>>,
}

/// A line of the table cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("line {line}: expected source tokens, a tab and target tokens; found no tab")]
pub(in crate::model::arch::marian) struct TableError {
    line: usize,
}

impl Table {
    /// Reads a vocabulary map as CTranslate2 has them: source tokens, a tab, and the target tokens
    /// that they may become, all separated by spaces. A line with no source token is for every
    /// sentence. Of lines with several source tokens the target tokens count for each of them;
    /// tokens that the vocabulary does not have are left out.
    pub(in crate::model::arch::marian) fn parse(
        text: &str,
        id: impl Fn(&str) -> Option<u32>,
    ) -> Result<Self, TableError> {
        let mut table = Self::default();
        for (line, content) in (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty()) {
            let (sources, targets) = content.split_once('\t').ok_or(TableError { line })?;
            let targets: Vec<u32> = targets.split_whitespace().filter_map(&id).collect();
            let mut sources = sources.split_whitespace().peekable();
            if sources.peek().is_none() {
                table.always.extend(&targets);
            }
            for source in sources.filter_map(&id) {
                table.likely.entry(source).or_default().extend(&targets);
            }
        }
        Ok(table)
    }

    /// Adds to the tokens that are looked at for every sentence.
    pub(super) fn always_with(&mut self, tokens: impl IntoIterator<Item = u32>) {
        self.always.extend(tokens);
    }

    /// Those, in order.
    pub(super) fn always(&self) -> impl Iterator<Item = u32> {
        self.always.iter().copied()
    }

    /// Adds what a source may become, without what is always looked at; false where the table
    /// does not know a token of it.
    pub(super) fn candidates(&self, source: &[u32], into: &mut BTreeSet<u32>) -> bool {
        source.iter().all(|token| {
            let Some(targets) = self.likely.get(token) else {
                return self.always.contains(token);
            };
            // A name is often its own translation.
            let targets = targets.iter().chain([token]);
            into.extend(targets.filter(|token| !self.always.contains(token)));
            true
        })
    }
}

/// Some outputs of a head.
#[derive(Debug)]
pub(super) struct Narrow {
    pub(super) ids: Vec<u32>,
    pub(super) weights: Panels,
    pub(super) bias: Vec<f32>,
}

impl Narrow {
    /// The outputs `ids` of a head; those that it does not have are left out.
    pub(super) fn of(head: &Panels, bias: &[f32], ids: impl Iterator<Item = u32>) -> Self {
        let mut narrow = Self {
            ids: Vec::new(),
            weights: Panels::new(head.inputs()),
            bias: Vec::new(),
        };
        for id in ids {
            if let Some(bias) = bias.get(id as usize) {
                narrow.ids.push(id);
                narrow.weights.push_from(head, id as usize);
                narrow.bias.push(*bias);
            }
        }
        narrow
    }

    /// Puts logits of these outputs where those of the whole vocabulary would stand.
    pub(super) fn spread(&self, logits: &[f32], vocab: usize, into: &mut [f32]) {
        let rows = logits.chunks_exact(self.ids.len().max(1));
        for (logits, into) in rows.zip(into.chunks_exact_mut(vocab.max(1))) {
            for (id, logit) in self.ids.iter().zip(logits) {
                if let Some(into) = into.get_mut(*id as usize) {
                    *into = *logit;
                }
            }
        }
    }
}

/// Whether the likeliest of the tokens that were looked at stands out. `logits` are theirs, in
/// stretches.
pub(super) fn is_confident(logits: &[&[f32]]) -> bool {
    let isa = Isa::best();
    let best = logits
        .iter()
        .map(|logits| greatest(isa, logits))
        .fold(f32::NEG_INFINITY, f32::max);
    let sums = logits
        .iter()
        .map(|logits| (log_sum_exp(isa, logits) - best).exp());
    // exp(best) / sum(exp), without leaving the range of f32.
    sums.sum::<f32>() * CONFIDENT <= 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(token: &str) -> Option<u32> {
        token.strip_prefix('t')?.parse().ok()
    }

    #[test]
    fn a_table_gives_what_a_source_may_become() {
        let text = "\tt0 t1 t9\nt5\tt6 t7 t1\n\nt8 t10\tt11 unknown\nnobody\tt12\n";
        let table = Table::parse(text, id).unwrap();
        let candidates = |source: &[u32]| {
            let mut into = BTreeSet::new();
            let known = table.candidates(source, &mut into);
            (known, into.into_iter().collect::<Vec<_>>())
        };
        assert_eq!(table.always().collect::<Vec<_>>(), [0, 1, 9]);
        assert_eq!(candidates(&[5, 0]), (true, vec![5, 6, 7]));
        assert_eq!(candidates(&[8, 10]), (true, vec![8, 10, 11]));
        assert!(!candidates(&[5, 3]).0, "nothing is known of 3");
        assert_eq!(Table::parse("\tt0\nt5 t6", id), Err(TableError { line: 2 }));
    }

    #[test]
    fn a_choice_stands_out_or_does_not() {
        assert!(is_confident(&[&[9.0, 0.0], &[1.0]]));
        assert!(!is_confident(&[&[1.0, 1.0], &[1.0]]));
        assert!(is_confident(&[&[90.0], &[f32::NEG_INFINITY]]));
        assert!(!is_confident(&[&[3.0, 0.0], &[2.0]]), "seven tenths");
    }
}
