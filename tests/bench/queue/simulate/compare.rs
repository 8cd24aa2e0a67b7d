//! What was measured beside what was simulated.

use std::fmt::Write;

use anyhow::{Result, ensure};
use presslate::capacity::{Outcome, Quantiles};

use super::exchange::{Kept, Sent};
use super::number;

/// Figures, measured and simulated.
#[derive(Debug)]
pub(super) struct Comparison {
    figures: Vec<(f64, f64)>,
}

impl Comparison {
    /// What is compared.
    pub(super) const NAMES: [&'static str; 7] = [
        "latency, mean, s",
        "latency, 95 %, s",
        "latency, most, s",
        "jobs in house, mean",
        "jobs in house, most",
        "waiting in queue, mean",
        "all done, s",
    ];

    pub(super) fn new(kept: &Kept, simulated: &Outcome) -> Result<Self> {
        ensure!(kept.sent.len() == simulated.jobs.len(), "jobs are missing");
        let latencies: Quantiles = kept.sent.iter().map(Sent::latency).collect();
        let expected = simulated.latencies(None);
        let last = kept.sent.iter().map(|sent| sent.done).fold(0.0, f64::max);
        let in_house =
            |times: &Quantiles, seconds: f64| times.mean() * number(times.count()) / seconds;
        let measured: Vec<(f64, f64)> = kept.sent.iter().map(|sent| (sent.at, sent.done)).collect();
        let foreseen: Vec<(f64, f64)> = simulated
            .jobs
            .iter()
            .map(|job| (job.at, job.done))
            .collect();
        let waiting = mean(&kept.ready, last);
        Ok(Self {
            figures: vec![
                (latencies.mean(), expected.mean()),
                (latencies.percent(95), expected.percent(95)),
                (latencies.most(), expected.most()),
                (
                    in_house(&latencies, last),
                    in_house(&expected, simulated.last_done),
                ),
                (most(&measured), most(&foreseen)),
                (waiting, simulated.ready.mean),
                (last, simulated.last_done),
            ],
        })
    }

    /// The simulated figure over the measured one.
    pub(super) fn ratio(&self, at: usize) -> Option<f64> {
        self.figures
            .get(at)
            .map(|(measured, simulated)| simulated / measured)
    }

    pub(super) fn table(&self, round: usize) -> String {
        let mut text = format!(
            "{:>24}{:>12}{:>12}{:>8}\n",
            format!("round {round}"),
            "measured",
            "simulated",
            "ratio"
        );
        for (name, (measured, simulated)) in Self::NAMES.iter().zip(&self.figures) {
            let ratio = simulated / measured;
            let _infallible = writeln!(
                text,
                "{name:>24}{measured:>12.2}{simulated:>12.2}{ratio:>8.2}"
            );
        }
        text
    }
}

/// The mean up to the end of what was seen at some moments, each until the next.
fn mean(seen: &[(f64, f64)], end: f64) -> f64 {
    let until = seen.iter().skip(1).map(|(at, _)| *at).chain([end]);
    let stays = seen.iter().zip(until);
    stays
        .map(|((at, count), until)| count * (until - at))
        .sum::<f64>()
        / end
}

/// How many jobs there were at each moment at which that changed.
pub(super) fn in_house(jobs: &[(f64, f64)]) -> Vec<(f64, i32)> {
    let came = jobs.iter().map(|(sent, _)| (*sent, 1));
    let mut changes: Vec<(f64, i32)> = came
        .chain(jobs.iter().map(|(_, done)| (*done, -1)))
        .collect();
    changes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut count = 0;
    for (_, change) in &mut changes {
        count += *change;
        *change = count;
    }
    changes
}

fn most(jobs: &[(f64, f64)]) -> f64 {
    f64::from(
        in_house(jobs)
            .iter()
            .map(|(_, count)| *count)
            .max()
            .unwrap_or(0),
    )
}
