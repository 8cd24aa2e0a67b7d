//! What must hold at the end, whatever happened.

use std::fmt::Write;
use std::time::SystemTime;

use crate::ledger::{Answer, Book, Entry};

/// The numbers of a run.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) sent: usize,
    pub(crate) answered: usize,
    pub(crate) results: usize,
    pub(crate) errors: usize,
    /// The same answer again, as it may come.
    pub(crate) duplicates: u64,
    /// Runs beyond the first of a job that is not poison.
    pub(crate) reruns: u64,
    pub(crate) superseded: usize,
    /// Superseded revisions with their result besides.
    pub(crate) overtaken: usize,
    pub(crate) dead: usize,
    /// Jobs without an answer.
    pub(crate) lost: usize,
    /// Jobs with more than one final answer.
    pub(crate) contradicted: usize,
    /// Answers that came again and were not the same.
    pub(crate) differing: u64,
    /// Jobs that were answered before their time.
    pub(crate) early: usize,
    /// Jobs answered with another kind of answer than they deserve.
    pub(crate) wrong: usize,
    /// Jobs without fault among the dead letters.
    pub(crate) innocents: usize,
    /// Jobs with fault that are not there, or with another reason.
    pub(crate) escaped: usize,
    pub(crate) strays: usize,
}

/// What is wrong, in full.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) totals: Totals,
    /// A job's misses and its history.
    pub(crate) misses: Vec<String>,
}

/// Judges a run.
pub(crate) fn judge(book: &Book) -> Verdict {
    let mut verdict = Verdict::default();
    let nameless = book
        .jobs
        .iter()
        .filter(|entry| entry.spec.is_nameless())
        .count();
    for entry in &book.jobs {
        let faults = verdict.totals.judge(entry);
        if !faults.is_empty() {
            verdict
                .misses
                .push(format!("{}: {entry}", faults.join("; ")));
        }
    }
    let totals = &mut verdict.totals;
    for answer in book.nameless.values() {
        totals.errors += 1;
        totals.duplicates += answer.count - 1;
        totals.differing += answer.differing;
        if !answer.codes.iter().eq(["malformed_message"]) || answer.differing > 0 {
            totals.wrong += 1;
            verdict
                .misses
                .push(format!("an answer to a message without id: {answer:?}"));
        }
    }
    let answered = book.nameless.len();
    totals.answered += answered.min(nameless);
    if answered != nameless {
        totals.lost += nameless.saturating_sub(answered);
        verdict.misses.push(format!(
            "{nameless} messages without id have {answered} answers"
        ));
    }
    totals.strays = book.strays.len();
    verdict.misses.extend(book.strays.iter().cloned());
    verdict
}

impl Totals {
    /// Counts a job; gives what is wrong with it.
    fn judge(&mut self, entry: &Entry) -> Vec<String> {
        let mut faults = Vec::new();
        self.sent += 1;
        self.dead += usize::from(!entry.dead.is_empty());
        self.results += entry
            .answers
            .values()
            .filter(|answer| answer.kind == "result")
            .count();
        self.errors += entry
            .answers
            .values()
            .filter(|answer| answer.kind == "error")
            .count();
        self.duplicates += entry
            .answers
            .values()
            .map(|answer| answer.count - 1)
            .sum::<u64>();
        if entry.spec.kind.error().is_none() {
            self.reruns += entry.runs.saturating_sub(1);
        }
        if !entry.spec.is_nameless() {
            match entry.answers.len() {
                0 => {
                    self.lost += 1;
                    faults.push("LOST".to_owned());
                }
                1 => self.answered += 1,
                // One worker had the result, another a newer revision, and neither knew of the other.
                2 if entry.spec.superseded && is_result_and_error(entry) => {
                    self.answered += 1;
                    self.overtaken += 1;
                }
                more => {
                    self.answered += 1;
                    self.contradicted += 1;
                    faults.push(format!("{more} DIFFERENT FINAL ANSWERS"));
                }
            }
        }
        for answer in entry.answers.values() {
            self.answer(entry, answer, &mut faults);
        }
        self.letters(entry, &mut faults);
        faults
    }

    fn answer(&mut self, entry: &Entry, answer: &Answer, faults: &mut Vec<String>) {
        if answer.differing > 0 {
            self.differing += answer.differing;
            faults.push("DUPLICATES DIFFER".to_owned());
        }
        if entry.not_before.is_some_and(|due| answer.wall < due) {
            self.early += 1;
            faults.push(format!(
                "EARLY by {:?}",
                early_by(entry.not_before, answer.wall)
            ));
        }
        let codes: Vec<&str> = answer.codes.iter().map(String::as_str).collect();
        let deserved = match (entry.spec.kind.error(), codes.as_slice()) {
            (Some(_), []) => false,
            (Some(allowed), codes) => {
                answer.kind == "error" && codes.iter().all(|code| allowed.contains(code))
            }
            (None, ["superseded"]) => {
                self.superseded += 1;
                entry.spec.superseded
            }
            (None, []) => answer.kind == "result",
            (None, _) => false,
        };
        if !deserved {
            self.wrong += 1;
            faults.push(format!("WRONG ANSWER {} {}", answer.kind, codes.join(" ")));
        }
    }

    fn letters(&mut self, entry: &Entry, faults: &mut Vec<String>) {
        let allowed = entry.spec.kind.error();
        match (allowed, entry.dead.as_slice()) {
            (None, []) => {}
            // Overtaken by its own next revision: that is not its fault, but it is no result either.
            (None, dead)
                if entry.spec.superseded && dead.iter().all(|code| code == "superseded") => {}
            (None, dead) => {
                self.innocents += 1;
                faults.push(format!(
                    "INNOCENT AMONG THE DEAD LETTERS ({})",
                    dead.join(", ")
                ));
            }
            (Some(_), []) => {
                self.escaped += 1;
                faults.push("NOT AMONG THE DEAD LETTERS".to_owned());
            }
            (Some(codes), dead) if dead.iter().all(|code| codes.contains(&code.as_str())) => {}
            (Some(_), dead) => {
                self.escaped += 1;
                faults.push(format!(
                    "WRONG REASON ON ITS DEAD LETTER ({})",
                    dead.join(", ")
                ));
            }
        }
    }
}

fn is_result_and_error(entry: &Entry) -> bool {
    let mut kinds: Vec<&str> = entry
        .answers
        .values()
        .map(|answer| answer.kind.as_str())
        .collect();
    kinds.sort_unstable();
    kinds == ["error", "result"]
}

fn early_by(due: Option<SystemTime>, at: SystemTime) -> std::time::Duration {
    due.and_then(|due| due.duration_since(at).ok())
        .unwrap_or_default()
}

/// The misses, with what else happened while the first of them were on their way.
pub(crate) fn explain(verdict: &Verdict, book: &Book) -> String {
    const SHOWN: usize = 20;
    let mut text = String::new();
    for miss in verdict.misses.iter().take(SHOWN) {
        let _infallible = writeln!(text, "\n{miss}");
    }
    if verdict.misses.len() > SHOWN {
        let _infallible = writeln!(text, "\n… and {} more", verdict.misses.len() - SHOWN);
    }
    let _infallible = writeln!(text, "\nWhat else happened:");
    for (at, what) in &book.notes {
        let _infallible = writeln!(text, "  {:>9.3} s  {what}", at.as_secs_f64());
    }
    text
}
