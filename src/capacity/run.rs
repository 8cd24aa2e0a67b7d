//! Event after event, in the order of time.

mod fleet;

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};

use super::broker::{Broker, JobId, WorkerId};
use super::outcome::{Done, Outcome, Sums};
use super::random::SplitMix;
use super::scale::Scaler;
use super::scenario::{Fleet, Scenario};
use super::trace::{Levels, Trace};
use super::worker::{Process, State, Step};
use crate::queue::topology::Lane;

/// Something that happens.
#[derive(Debug, Clone, Copy)]
enum What {
    /// A worker has loaded its models.
    Started(WorkerId),
    /// The next job comes.
    Arrive,
    /// A worker has done a job, if nothing has happened to it since it was in this version.
    Finish(WorkerId, u32),
    /// The length of the queue is looked at.
    Poll,
    /// A worker is killed.
    Kill,
    /// The broker notices that it has been.
    Notice(WorkerId),
    /// A worker that was told to stop has no more time.
    OutOfTime(WorkerId),
}

#[derive(Debug, Clone, Copy)]
struct Event {
    at: f64,
    /// Of two at the same time, the one that was foreseen first.
    number: u64,
    what: What,
}

impl Ord for Event {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_time = self.at.total_cmp(&other.at);
        by_time.then(self.number.cmp(&other.number))
    }
}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Event {}

struct Run<'a> {
    scenario: &'a Scenario,
    jobs: Vec<Done>,
    /// Jobs that came back from a worker that was killed, until they are moved to the suspects.
    came_back: Vec<bool>,
    arrived: usize,
    done: usize,
    broker: Broker,
    workers: Vec<Process>,
    /// Workers that are to stay, in the order in which they started.
    standing: Vec<WorkerId>,
    /// What killed workers had in work, until the broker notices.
    held: BTreeMap<WorkerId, Vec<(Lane, JobId)>>,
    /// How many times the work of one job, by jobs in work.
    speed_ups: Vec<f64>,
    agenda: BinaryHeap<Reverse<Event>>,
    events: u64,
    now: f64,
    levels: Levels,
    trace: Trace,
    sums: Sums,
    scaler: Scaler,
    random: SplitMix,
}

/// Plays jobs (when, lane, seconds) in order.
pub(super) fn run(scenario: &Scenario, jobs: Vec<(f64, Lane, f64)>) -> Outcome {
    let jobs: Vec<Done> = jobs
        .into_iter()
        .map(|(at, lane, seconds)| Done {
            at,
            lane,
            seconds,
            begun: f64::NAN,
            done: f64::NAN,
            returns: 0,
        })
        .collect();
    let seconds = scenario.arrivals.seconds();
    let curve = &scenario.worker.curve;
    let mut run = Run {
        came_back: vec![false; jobs.len()],
        jobs,
        arrived: 0,
        done: 0,
        broker: Broker::new(scenario.worker.prefetch),
        workers: Vec::new(),
        standing: Vec::new(),
        held: BTreeMap::new(),
        speed_ups: (0..=scenario.worker.slots)
            .map(|jobs| curve.speed_up(jobs.max(1)))
            .collect(),
        agenda: BinaryHeap::new(),
        events: 0,
        now: 0.0,
        levels: Levels::default(),
        trace: Trace::new(seconds),
        sums: Sums::default(),
        scaler: Scaler::default(),
        random: SplitMix::apart(scenario.seed, 4),
        scenario,
    };
    run.set_up();
    run.play(seconds);
    Outcome::new(run.jobs, &run.trace, run.sums, scenario.worker.slots)
}

impl Run<'_> {
    fn set_up(&mut self) {
        let at_first = match &self.scenario.fleet {
            Fleet::Fixed(count) => *count,
            Fleet::Scaled(scale) => {
                self.foresee(0.0, What::Poll);
                scale.min
            }
        };
        // Those that are there at the beginning have been there for a while.
        (0..at_first).for_each(|_| self.start(0.0));
        for loss in &self.scenario.losses {
            self.foresee(*loss, What::Kill);
        }
        self.foresee_arrival();
    }

    fn play(&mut self, seconds: f64) {
        while let Some(Reverse(event)) = self.agenda.pop() {
            if self.done == self.jobs.len() && event.at > seconds {
                break;
            }
            self.trace.advance(event.at, &self.levels);
            self.now = event.at;
            self.happen(event.what);
            self.flow();
            self.levels.ready = self.broker.ready();
            self.levels.unacked = self.broker.unacked();
            self.trace.note(&self.levels);
            #[cfg(test)]
            self.check();
        }
        let end = self.sums.last_done.max(seconds);
        self.trace.advance(end, &self.levels);
    }

    fn happen(&mut self, what: What) {
        match what {
            What::Started(worker) => self.started(worker),
            What::Arrive => {
                if let Some(job) = self.jobs.get(self.arrived) {
                    self.broker.publish(job.lane, self.arrived);
                    self.arrived += 1;
                    self.trace.arrived();
                    self.foresee_arrival();
                }
            }
            What::Finish(worker, version) => self.finish(worker, version),
            What::Poll => self.poll(),
            What::Kill => self.kill(),
            What::Notice(worker) => self.notice(worker),
            What::OutOfTime(worker) => self.out_of_time(worker),
        }
    }

    fn foresee(&mut self, at: f64, what: What) {
        let number = self.events;
        self.events += 1;
        self.agenda.push(Reverse(Event { at, number, what }));
    }

    fn foresee_arrival(&mut self) {
        if let Some(at) = self.jobs.get(self.arrived).map(|job| job.at) {
            self.foresee(at, What::Arrive);
        }
    }

    /// Has the broker send what it can, until it can send no more.
    fn flow(&mut self) {
        loop {
            let mut quiet = true;
            for lane in Lane::ALL {
                quiet &= !self.pour(lane);
            }
            if quiet {
                break;
            }
        }
    }

    /// Has the broker send what it can of a lane, and tells whether that was anything.
    fn pour(&mut self, lane: Lane) -> bool {
        let mut any = false;
        while let Some((worker, job)) = self.broker.deliver(lane) {
            any = true;
            if let Some(process) = self.workers.get_mut(worker) {
                process.receive(lane, job);
            }
            self.work(worker);
        }
        any
    }

    /// Has a worker begin what it can.
    fn work(&mut self, worker: WorkerId) {
        let (now, slots) = (self.now, self.scenario.worker.slots);
        let Some(process) = self.workers.get_mut(worker) else {
            return;
        };
        let before = process.version;
        loop {
            let came_back = |job: JobId| self.came_back.get(job).copied().unwrap_or(false);
            match process.step(slots, came_back) {
                None => break,
                Some(Step::Begin(job, lane)) => {
                    let in_work = process.in_work();
                    let speed_up = self.speed_ups.get(in_work).copied().unwrap_or(1.0);
                    self.sums.work_seconds += process.count(now, speed_up);
                    self.levels.in_work += 1;
                    self.levels.busy += usize::from(in_work == 0);
                    if let Some(done) = self.jobs.get_mut(job) {
                        if done.begun.is_nan() {
                            done.begun = now;
                        }
                        process.begin(job, lane, done.seconds);
                    }
                }
                Some(Step::Isolate(job, lane)) => {
                    self.broker.acknowledge(worker, lane);
                    self.broker.publish(Lane::Suspect, job);
                }
            }
        }
        if process.version != before {
            self.foresee_finish(worker);
        }
    }

    fn foresee_finish(&mut self, worker: WorkerId) {
        let foreseen = self.workers.get(worker).and_then(|process| {
            let speed_up = self.speed_ups.get(process.in_work())?;
            Some((process.foresee(*speed_up)?, process.version))
        });
        if let Some((at, version)) = foreseen {
            self.foresee(at, What::Finish(worker, version));
        }
    }

    fn finish(&mut self, worker: WorkerId, version: u32) {
        if self
            .workers
            .get(worker)
            .is_none_or(|process| process.version != version)
        {
            return;
        }
        self.count(worker);
        let Some(process) = self.workers.get_mut(worker) else {
            return;
        };
        let Some((job, lane)) = process.finish() else {
            return;
        };
        self.levels.in_work -= 1;
        self.levels.busy -= usize::from(process.in_work() == 0);
        if let Some(done) = self.jobs.get_mut(job) {
            done.done = self.now;
        }
        self.done += 1;
        self.sums.last_done = self.now;
        self.broker.acknowledge(worker, lane);
        let its_turn = process.turn() == lane;
        if process.state == State::Draining && process.in_work() == 0 {
            self.end(worker);
        }
        if its_turn {
            self.pour(lane);
        }
        self.work(worker);
        // Also where nothing more was begun: those that are left are faster now.
        self.foresee_finish(worker);
    }

    /// Counts the work that a worker has done up to now.
    fn count(&mut self, worker: WorkerId) {
        if let Some(process) = self.workers.get_mut(worker) {
            let speed_up = self
                .speed_ups
                .get(process.in_work())
                .copied()
                .unwrap_or(1.0);
            self.sums.work_seconds += process.count(self.now, speed_up);
        }
    }
}

#[cfg(test)]
impl Run<'_> {
    /// What has to hold at every moment. Looks at every worker: for tests.
    fn check(&self) {
        let in_hand: usize = self.workers.iter().map(Process::in_work).sum();
        assert_eq!(self.levels.in_work, in_hand);
        let busy = self
            .workers
            .iter()
            .filter(|process| process.in_work() > 0)
            .count();
        assert_eq!(self.levels.busy, busy);
        let up = self
            .workers
            .iter()
            .filter(|process| process.state == State::Up)
            .count();
        assert_eq!(self.levels.up, up);
        assert_eq!(
            self.levels.ready + self.levels.unacked + self.done,
            self.arrived,
            "a job is on the queue, in somebody's hands, or done"
        );
        let nothing_special = self.scenario.losses.is_empty() && self.scenario.urgent == 0.0;
        if nothing_special && self.levels.ready > 0 {
            let slots = self.scenario.worker.slots;
            let idle = |process: &&Process| process.state == State::Up && process.in_work() < slots;
            let idle = self.workers.iter().filter(idle).count();
            assert_eq!(idle, 0, "a job waits, and a slot is free");
        }
    }
}
