//! The worker's side: slots, which lane is next, and jobs that share an engine.

use std::collections::VecDeque;

use super::broker::{JobId, PerLane};
use super::number;
use crate::queue::topology::Lane;

/// A worker process.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) state: State,
    /// Deliveries that have no slot yet.
    ahead: PerLane<VecDeque<JobId>>,
    /// Urgent jobs begun since the last other one.
    urgent: u32,
    in_work: Vec<InWork>,
    /// A suspect that waits for all slots: nothing else begins before it.
    waits_alone: Option<JobId>,
    /// Until when the work in progress has been counted.
    counted: f64,
    /// Counts up whenever what was foreseen of it is no longer true.
    pub(super) version: u32,
}

/// How a worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Loads its models.
    Starting,
    /// Takes jobs.
    Up,
    /// Was told to stop, and finishes what it has.
    Draining,
    /// Was killed, and the broker does not know yet.
    Dead,
    /// Is no more.
    Gone,
}

/// A job in work.
#[derive(Debug, Clone, Copy)]
struct InWork {
    job: JobId,
    lane: Lane,
    /// What is left of it, in seconds of a worker that has it alone.
    left: f64,
}

/// What a worker does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Begins with a job of a lane.
    Begin(JobId, Lane),
    /// Moves a job of a lane that came back to the suspects.
    Isolate(JobId, Lane),
}

impl Process {
    pub(super) fn new() -> Self {
        Self {
            state: State::Starting,
            ahead: PerLane::default(),
            urgent: 0,
            in_work: Vec::new(),
            waits_alone: None,
            counted: 0.0,
            version: 0,
        }
    }

    /// Jobs in work.
    pub(super) fn in_work(&self) -> usize {
        self.in_work.len()
    }

    /// Takes a delivery.
    pub(super) fn receive(&mut self, lane: Lane, job: JobId) {
        self.ahead.of_mut(lane).push_back(job);
    }

    /// What it does next with what it has, if anything. `came_back` tells of a job whether an
    /// earlier delivery ended without a word.
    pub(super) fn step(&mut self, slots: usize, came_back: impl Fn(JobId) -> bool) -> Option<Step> {
        if self.state != State::Up {
            return None;
        }
        if let Some(job) = self.waits_alone {
            return self.in_work.is_empty().then(|| {
                self.waits_alone = None;
                Step::Begin(job, Lane::Suspect)
            });
        }
        let alone = self.in_work.iter().any(|work| work.lane == Lane::Suspect);
        if alone || self.in_work.len() >= slots {
            return None;
        }
        let (lane, job) = self.next()?;
        self.urgent = if lane == Lane::Urgent {
            self.urgent.saturating_add(1)
        } else {
            0
        };
        if lane == Lane::Suspect {
            if self.in_work.is_empty() {
                return Some(Step::Begin(job, lane));
            }
            self.waits_alone = Some(job);
            return None;
        }
        if came_back(job) {
            Some(Step::Isolate(job, lane))
        } else {
            Some(Step::Begin(job, lane))
        }
    }

    /// The lane that goes before the others now. Where the broker is about to send another delivery
    /// of it, a worker waits for that.
    pub(super) fn turn(&self) -> Lane {
        let [first, ..] = Lane::order(self.urgent);
        first
    }

    /// The next delivery of the first lane that has one, or of the last.
    fn next(&mut self) -> Option<(Lane, JobId)> {
        Lane::order(self.urgent)
            .into_iter()
            .find_map(|lane| Some((lane, self.ahead.of_mut(lane).pop_front()?)))
    }

    /// Puts a job into work that takes so many seconds alone. What is in work has to be counted up to
    /// now.
    pub(super) fn begin(&mut self, job: JobId, lane: Lane, seconds: f64) {
        let left = seconds;
        self.in_work.push(InWork { job, lane, left });
        self.version = self.version.wrapping_add(1);
    }

    /// Counts the work done up to now, and gives how much that was, in seconds of a worker that has
    /// one job. `speed_up` is of the jobs in work.
    pub(super) fn count(&mut self, now: f64, speed_up: f64) -> f64 {
        let jobs = number(self.in_work.len());
        let done = if jobs > 0.0 {
            (now - self.counted).max(0.0) * speed_up
        } else {
            0.0
        };
        self.counted = now;
        for work in &mut self.in_work {
            work.left -= done / jobs;
        }
        done
    }

    /// When the next job is done, if nothing happens before.
    pub(super) fn foresee(&self, speed_up: f64) -> Option<f64> {
        let jobs = number(self.in_work.len());
        let left = self.in_work.iter().map(|work| work.left).reduce(f64::min)?;
        Some(self.counted + left.max(0.0) * jobs / speed_up)
    }

    /// What is left of everything in work, in seconds of a worker that has it alone.
    pub(super) fn left(&self) -> f64 {
        self.in_work.iter().map(|work| work.left).sum()
    }

    /// Takes out the job that has the least left: it is done.
    pub(super) fn finish(&mut self) -> Option<(JobId, Lane)> {
        let least = self
            .in_work
            .iter()
            .enumerate()
            .min_by(|(_, a), (_, b)| a.left.total_cmp(&b.left))
            .map(|(at, _)| at)?;
        self.version = self.version.wrapping_add(1);
        let done = self.in_work.remove(least);
        Some((done.job, done.lane))
    }

    /// Takes out what has not begun, with its lane.
    pub(super) fn hand_back_ahead(&mut self) -> Vec<(Lane, JobId)> {
        let mut back: Vec<(Lane, JobId)> = Vec::new();
        for lane in Lane::ALL {
            back.extend(self.ahead.of_mut(lane).drain(..).map(|job| (lane, job)));
        }
        back.extend(self.waits_alone.take().map(|job| (Lane::Suspect, job)));
        back
    }

    /// Takes out what is in work, with its lane.
    pub(super) fn hand_back_work(&mut self) -> Vec<(Lane, JobId)> {
        self.version = self.version.wrapping_add(1);
        let back = self.in_work.drain(..);
        back.map(|work| (work.lane, work.job)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up() -> Process {
        Process {
            state: State::Up,
            ..Process::new()
        }
    }

    /// Has a worker with so many slots begin what it can; jobs of a hundred seconds.
    fn begin_all(process: &mut Process, slots: usize) -> Vec<JobId> {
        let mut begun = Vec::new();
        while let Some(step) = process.step(slots, |_| false) {
            let Step::Begin(job, lane) = step else {
                panic!("{step:?}")
            };
            process.begin(job, lane, 100.0);
            begun.push(job);
        }
        begun
    }

    #[test]
    fn of_four_jobs_three_at_most_are_urgent_where_both_wait() {
        let mut process = up();
        for job in 0..8 {
            process.receive(Lane::Normal, job);
            process.receive(Lane::Urgent, 100 + job);
        }
        let order = begin_all(&mut process, 10);
        assert_eq!(order, [100, 101, 102, 0, 103, 104, 105, 1, 106, 107]);
    }

    #[test]
    fn urgent_jobs_go_on_where_no_other_waits() {
        let mut process = up();
        (0..6).for_each(|job| process.receive(Lane::Urgent, job));
        assert_eq!(begin_all(&mut process, 9), [0, 1, 2, 3, 4, 5]);
        process.receive(Lane::Normal, 9);
        process.receive(Lane::Urgent, 6);
        assert_eq!(begin_all(&mut process, 9), [9, 6], "its turn was due");
    }

    #[test]
    fn a_suspect_waits_for_every_slot_and_nothing_begins_before_it() {
        let mut process = up();
        (0..2).for_each(|job| process.receive(Lane::Normal, job));
        assert_eq!(begin_all(&mut process, 3), [0, 1]);
        process.receive(Lane::Suspect, 200);
        process.receive(Lane::Normal, 2);
        assert!(begin_all(&mut process, 3).is_empty());
        process.finish();
        assert!(begin_all(&mut process, 3).is_empty());
        process.finish();
        assert_eq!(begin_all(&mut process, 3), [200]);
        assert_eq!(process.finish(), Some((200, Lane::Suspect)));
        assert_eq!(begin_all(&mut process, 3), [2]);
    }

    #[test]
    fn jobs_that_share_an_engine_are_slower_each_and_faster_together() {
        let mut process = up();
        process.begin(0, Lane::Normal, 10.0);
        assert_eq!(process.foresee(1.0), Some(10.0));
        process.count(4.0, 1.0);
        process.begin(1, Lane::Normal, 9.0);
        // Six seconds are left of the first, and each goes at three quarters of its speed.
        assert_eq!(process.foresee(1.5), Some(12.0));
        assert!((process.count(12.0, 1.5) - 12.0).abs() < 1e-9);
        assert_eq!(process.finish(), Some((0, Lane::Normal)));
        assert_eq!(process.foresee(1.0), Some(15.0));
    }

    #[test]
    fn what_came_back_is_moved_and_takes_no_slot() {
        let mut process = up();
        process.receive(Lane::Normal, 7);
        let step = process.step(1, |job| job == 7);
        assert_eq!(step, Some(Step::Isolate(7, Lane::Normal)));
        assert_eq!(process.in_work(), 0);
    }

    #[test]
    fn everything_can_be_handed_back() {
        let mut process = up();
        (0..3).for_each(|job| process.receive(Lane::Normal, job));
        assert_eq!(begin_all(&mut process, 2), [0, 1]);
        process.receive(Lane::Suspect, 200);
        process.finish();
        assert!(begin_all(&mut process, 2).is_empty());
        let ahead = process.hand_back_ahead();
        assert_eq!(ahead, [(Lane::Normal, 2), (Lane::Suspect, 200)]);
        assert_eq!(process.hand_back_work(), [(Lane::Normal, 1)]);
        assert_eq!(process.foresee(1.0), None);
    }
}
