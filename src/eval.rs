//! Measuring translations against references: scores, rates of findings, comparisons of two systems,
//! and how they are shown. Pure functions; who translates and who reads files is elsewhere.
//!
//! [`table`] reads a set, [`chrf`] and [`bleu`] score it as sacrebleu does, [`rates`] counts what the
//! checks found, [`bootstrap`] says whether two systems differ by more than chance, and [`report`]
//! and [`compare`] put it together for people (text, a page) and for programs (JSON).

pub mod bleu;
pub mod bootstrap;
pub mod chrf;
pub mod compare;
mod html;
pub mod metric;
mod ngrams;
pub mod rates;
pub mod report;
pub mod segment;
pub mod table;
pub mod tokens;

pub use compare::Comparison;
pub use metric::Metric;
pub use report::Evaluation;
pub use segment::{Flag, Segment};

/// One number by another; 0 where the other is 0.
fn ratio(part: u32, whole: u32) -> f64 {
    if whole == 0 {
        0.0
    } else {
        f64::from(part) / f64::from(whole)
    }
}

/// A count of things as a number that metrics add.
fn count(things: usize) -> u32 {
    u32::try_from(things).unwrap_or(u32::MAX)
}

/// What sacrebleu says of the sentences in `tests/data/eval`; `tests/peers/sacrebleu_scores.py`
/// asked it.
#[cfg(test)]
mod peer;
