//! What a run prints at its end.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use crate::schedule::Fault;
use crate::verdict::Totals;

/// From the moment that the fault is over to the first answer to a job sent after it.
pub(crate) const RECOVERY: Duration = Duration::from_secs(5);

/// How one fault ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) fault: Fault,
    /// `None` when no answer came.
    pub(crate) recovery: Option<Duration>,
    /// Why it was not done.
    pub(crate) skipped: Option<&'static str>,
    /// From its beginning until the recovery.
    pub(crate) took: Duration,
}

impl Ended {
    /// Whether work went on too late.
    pub(crate) fn is_late(&self) -> bool {
        self.skipped.is_none() && self.recovery.is_none_or(|recovery| recovery > RECOVERY)
    }
}

/// The numbers around the run.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) exits: &'a BTreeMap<String, u64>,
    pub(crate) seen_again: u64,
    pub(crate) crowded: usize,
    pub(crate) left: &'a [(String, u32)],
    pub(crate) took: Duration,
}

/// Faults, one kind a line.
pub(crate) fn faults(ended: &[Ended]) -> String {
    let mut kinds: BTreeMap<Fault, Vec<&Ended>> = BTreeMap::new();
    for fault in ended {
        kinds.entry(fault.fault).or_default().push(fault);
    }
    let mut text = format!(
        "{:<20}{:>6}{:>9}{:>14}{:>14}{:>12}\n",
        "fault", "count", "skipped", "back in, half", "back in, most", "took, mean"
    );
    for (kind, all) in kinds {
        let done: Vec<&&Ended> = all.iter().filter(|fault| fault.skipped.is_none()).collect();
        let mut recoveries: Vec<Duration> =
            done.iter().filter_map(|fault| fault.recovery).collect();
        recoveries.sort_unstable();
        let lost = done.len() - recoveries.len();
        let most = match recoveries.last() {
            _ if lost > 0 => "never".to_owned(),
            Some(most) => seconds(*most),
            None => "-".to_owned(),
        };
        let half = recoveries
            .get(recoveries.len() / 2)
            .map_or_else(|| "-".to_owned(), |half| seconds(*half));
        let count = u32::try_from(all.len()).unwrap_or(u32::MAX).max(1);
        let mean = all.iter().map(|fault| fault.took).sum::<Duration>() / count;
        let _infallible = writeln!(
            text,
            "{:<20}{:>6}{:>9}{:>14}{:>14}{:>12}",
            kind.to_string(),
            all.len(),
            all.len() - done.len(),
            half,
            most,
            seconds(mean)
        );
    }
    text
}

/// Totals, one number a line; those that must be zero come last.
pub(crate) fn totals(totals: &Totals, late: usize, frame: &Frame<'_>) -> String {
    let mut text = String::new();
    let mut line = |name: &str, number: String| {
        let _infallible = writeln!(text, "{name:<52}{number:>8}");
    };
    line("jobs sent, each revision counted", totals.sent.to_string());
    line("jobs answered", totals.answered.to_string());
    line("  with a result", totals.results.to_string());
    line("  with an error", totals.errors.to_string());
    line(
        "  of these because a newer revision was there",
        totals.superseded.to_string(),
    );
    line(
        "  and these have their result besides",
        totals.overtaken.to_string(),
    );
    line("jobs among the dead letters", totals.dead.to_string());
    line(
        "answers that came again (same message id)",
        totals.duplicates.to_string(),
    );
    line(
        "runs of jobs without fault beyond their first",
        totals.reruns.to_string(),
    );
    line(
        "messages that the collector got twice",
        frame.seen_again.to_string(),
    );
    for (how, count) in frame.exits {
        line(
            &format!("worker processes that ended: {how}"),
            count.to_string(),
        );
    }
    line("minutes", format!("{:.1}", frame.took.as_secs_f64() / 60.0));
    let _infallible = writeln!(text, "-- to be zero --");
    let mut line = |name: &str, number: usize| {
        let mark = if number == 0 { "" } else { "  <-- MISS" };
        let _infallible = writeln!(text, "{name:<52}{number:>8}{mark}");
    };
    line("lost: jobs without an answer", totals.lost);
    line("jobs with two different final answers", totals.contradicted);
    line(
        "answers that came again and differed",
        usize::try_from(totals.differing).unwrap_or(usize::MAX),
    );
    line("jobs with the wrong kind of answer", totals.wrong);
    line("embargoed jobs answered before their time", totals.early);
    line(
        "jobs without fault among the dead letters",
        totals.innocents,
    );
    line(
        "poison and invalid jobs that are not, or not so",
        totals.escaped,
    );
    line("jobs that ran beside a suspect", frame.crowded);
    line(
        "answers and dead letters that belong to no job",
        totals.strays,
    );
    line("faults with more than 5 s until work went on", late);
    for (queue, count) in frame.left {
        line(
            &format!("messages left in {queue}"),
            usize::try_from(*count).unwrap_or(usize::MAX),
        );
    }
    text
}

/// Whether anything that has to be zero is not.
pub(crate) fn is_miss(totals: &Totals, late: usize, frame: &Frame<'_>) -> bool {
    totals.lost
        + totals.contradicted
        + totals.wrong
        + totals.early
        + totals.innocents
        + totals.escaped
        + totals.strays
        + late
        + frame.crowded
        > 0
        || totals.differing > 0
        || frame.left.iter().any(|(_, count)| *count > 0)
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
