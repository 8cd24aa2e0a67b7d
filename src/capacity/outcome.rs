//! What came of a scenario.

use super::number;
use super::quantiles::Quantiles;
use super::trace::{Areas, Bin, Trace};
use crate::queue::topology::Lane;

/// What came of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Every job, in the order in which they came.
    pub jobs: Vec<Done>,
    /// From the beginning until the last job was done, or until the end of the time in which jobs
    /// come, whichever is later.
    pub seconds: f64,
    /// When the last job was done, in seconds from the beginning; 0 without any.
    pub last_done: f64,
    /// Jobs that waited for a worker.
    pub ready: Level,
    /// Jobs that workers had in hand.
    pub unacked: Level,
    /// Workers that took jobs.
    pub workers: Level,
    /// Hours that machines ran, those included in which they loaded models.
    pub machine_hours: f64,
    /// The share of their time in which workers had a job in work.
    pub busy: f64,
    /// The share of the slots that were in use.
    pub slots_used: f64,
    /// Seconds of work that were done, as a worker takes that has one job; what was done for nothing
    /// is among them.
    pub work_seconds: f64,
    /// Of those, what was done for nothing: a worker was killed, or had no more time.
    pub lost_seconds: f64,
    /// Deliveries that went back to the queue.
    pub returned: usize,
    /// The time in pieces.
    pub samples: Vec<Sample>,
}

/// A job and its way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Done {
    /// When it came, in seconds from the beginning.
    pub at: f64,
    /// The lane that it was sent to.
    pub lane: Lane,
    /// What it takes a worker that has it alone, in seconds.
    pub seconds: f64,
    /// When a worker first began with it.
    pub begun: f64,
    /// When it was done.
    pub done: f64,
    /// How often it went back.
    pub returns: u16,
}

/// How much there was of something.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Level {
    /// Over the whole time.
    pub mean: f64,
    /// At any moment.
    pub most: usize,
}

/// A piece of the time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// When it began, in seconds.
    pub from: f64,
    /// How long it was, in seconds.
    pub seconds: f64,
    /// Jobs that came.
    pub arrived: usize,
    /// Jobs that waited for a worker, on average.
    pub ready: f64,
    /// At most.
    pub ready_most: usize,
    /// Jobs that workers had in hand, on average.
    pub unacked: f64,
    /// Workers that took jobs, on average.
    pub workers: f64,
    /// From coming to done, of those that came in it: half within this, in seconds.
    pub latency_p50: Option<f64>,
    /// 95 % within this.
    pub latency_p95: Option<f64>,
}

/// Sums that a run has kept.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) last_done: f64,
    pub(super) work_seconds: f64,
    pub(super) lost_seconds: f64,
    pub(super) returned: usize,
}

impl Outcome {
    pub(super) fn new(jobs: Vec<Done>, trace: &Trace, sums: Sums, slots: usize) -> Self {
        let Bin { areas, most, .. } = trace.whole;
        let level = |area: f64, most| Level {
            mean: share(area, areas.seconds),
            most,
        };
        let samples = samples(&jobs, trace);
        Self {
            seconds: areas.seconds,
            last_done: sums.last_done,
            ready: level(areas.ready, most.ready),
            unacked: level(areas.unacked, most.unacked),
            workers: level(areas.up, most.up),
            machine_hours: areas.running / 3600.0,
            busy: share(areas.busy, areas.up).min(1.0),
            slots_used: share(areas.in_work, areas.up * number(slots)).min(1.0),
            work_seconds: sums.work_seconds,
            lost_seconds: sums.lost_seconds,
            returned: sums.returned,
            samples,
            jobs,
        }
    }

    /// From coming to the first step of work, in seconds; of one lane, or of all.
    pub fn waits(&self, lane: Option<Lane>) -> Quantiles {
        self.times(lane, |job| job.begun - job.at)
    }

    /// From coming to done, in seconds; of one lane, or of all.
    pub fn latencies(&self, lane: Option<Lane>) -> Quantiles {
        self.times(lane, |job| job.done - job.at)
    }

    fn times(&self, lane: Option<Lane>, time: fn(&Done) -> f64) -> Quantiles {
        let of_lane = |job: &&Done| lane.is_none_or(|lane| job.lane == lane);
        self.jobs.iter().filter(of_lane).map(time).collect()
    }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

fn samples(jobs: &[Done], trace: &Trace) -> Vec<Sample> {
    let mut jobs = jobs.iter();
    let with_time = trace.bins.iter().filter(|bin| bin.areas.seconds > 0.0);
    with_time
        .enumerate()
        .map(|(at, bin)| {
            let Areas {
                seconds,
                ready,
                unacked,
                up,
                ..
            } = bin.areas;
            let came = jobs.by_ref().take(bin.arrived);
            let latencies: Quantiles = came.map(|job| job.done - job.at).collect();
            let some = |percent| (latencies.count() > 0).then(|| latencies.percent(percent));
            Sample {
                from: number(at) * trace.width,
                seconds,
                arrived: bin.arrived,
                ready: share(ready, seconds),
                ready_most: bin.most.ready,
                unacked: share(unacked, seconds),
                workers: share(up, seconds),
                latency_p50: some(50),
                latency_p95: some(95),
            }
        })
        .collect()
}
