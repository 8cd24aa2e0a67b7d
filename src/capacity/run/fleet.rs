//! Workers start, are told to stop, and are killed.

use std::collections::BTreeMap;

use super::{Run, What};
use crate::capacity::broker::{JobId, WorkerId};
use crate::capacity::scenario::Fleet;
use crate::capacity::worker::{Process, State};
use crate::queue::topology::Lane;

impl Run<'_> {
    /// Starts a worker that takes so many seconds for it.
    pub(super) fn start(&mut self, seconds: f64) {
        let worker = self.workers.len();
        self.workers.push(Process::new());
        self.standing.push(worker);
        self.levels.running += 1;
        self.foresee(self.now + seconds, What::Started(worker));
    }

    pub(super) fn started(&mut self, worker: WorkerId) {
        if let Some(process) = self.workers.get_mut(worker)
            && process.state == State::Starting
        {
            process.state = State::Up;
            self.levels.up += 1;
            self.broker.join(worker);
        }
    }

    pub(super) fn poll(&mut self) {
        let Fleet::Scaled(scale) = &self.scenario.fleet else {
            return;
        };
        let jobs = self.broker.ready() + self.broker.unacked();
        let workers = self.standing.len();
        let wanted = self.scaler.ask(scale, self.now, workers, jobs);
        for _ in workers..wanted {
            self.start(self.scenario.worker.start_seconds);
        }
        for _ in wanted..workers {
            // The one that started last: it may not even have loaded its models.
            if let Some(worker) = self.standing.pop() {
                self.stop(worker);
            }
        }
        self.foresee(self.now + scale.poll_seconds, What::Poll);
    }

    /// Tells a worker to stop: what it has not begun goes back at once.
    fn stop(&mut self, worker: WorkerId) {
        let Some(process) = self.workers.get_mut(worker) else {
            return;
        };
        if process.state == State::Up {
            process.state = State::Draining;
            self.levels.up -= 1;
            self.broker.leave(worker);
            let ahead = process.hand_back_ahead();
            self.give_back(worker, ahead);
        }
        let in_work = self.workers.get(worker).map_or(0, Process::in_work);
        if in_work == 0 {
            self.end(worker);
        } else {
            let until = self.now + self.scenario.worker.grace_seconds;
            self.foresee(until, What::OutOfTime(worker));
        }
    }

    pub(super) fn out_of_time(&mut self, worker: WorkerId) {
        if self
            .workers
            .get(worker)
            .is_some_and(|process| process.state == State::Draining)
        {
            let back = self.abandon(worker);
            self.give_back(worker, back);
            self.end(worker);
        }
    }

    /// A worker is no more.
    pub(super) fn end(&mut self, worker: WorkerId) {
        if let Some(process) = self.workers.get_mut(worker) {
            process.state = State::Gone;
            self.levels.running -= 1;
        }
    }

    /// Kills one of those that take jobs, if there is one, and starts another.
    pub(super) fn kill(&mut self) {
        let up = |worker: &&WorkerId| {
            let process = self.workers.get(**worker);
            process.is_some_and(|process| process.state == State::Up)
        };
        let up: Vec<WorkerId> = self.standing.iter().filter(up).copied().collect();
        let Some(worker) = up.get(self.random.below(up.len())).copied() else {
            return;
        };
        let mut held = self.abandon(worker);
        if let Some(process) = self.workers.get_mut(worker) {
            held.extend(process.hand_back_ahead());
            process.state = State::Dead;
        }
        self.levels.up -= 1;
        self.levels.running -= 1;
        self.held.insert(worker, held);
        self.standing.retain(|other| *other != worker);
        self.foresee(self.now + self.scenario.noticed_after, What::Notice(worker));
        self.start(self.scenario.worker.start_seconds);
    }

    /// The broker has everything back that a killed worker had in hand, what was sent to it since
    /// included.
    pub(super) fn notice(&mut self, worker: WorkerId) {
        self.broker.leave(worker);
        let mut back = self.held.remove(&worker).unwrap_or_default();
        if let Some(process) = self.workers.get_mut(worker) {
            back.extend(process.hand_back_ahead());
            process.state = State::Gone;
        }
        for (_, job) in &back {
            if let Some(came_back) = self.came_back.get_mut(*job) {
                *came_back = true;
            }
        }
        self.give_back(worker, back);
    }

    /// Takes away what a worker has in work; what it has done of it was for nothing.
    fn abandon(&mut self, worker: WorkerId) -> Vec<(Lane, JobId)> {
        self.count(worker);
        let Some(process) = self.workers.get_mut(worker) else {
            return Vec::new();
        };
        let (left, in_work) = (process.left(), process.in_work());
        let back = process.hand_back_work();
        self.levels.in_work -= in_work;
        self.levels.busy -= usize::from(in_work > 0);
        let whole = back.iter().filter_map(|(_, job)| self.jobs.get(*job));
        self.sums.lost_seconds += whole.map(|job| job.seconds).sum::<f64>() - left;
        back
    }

    fn give_back(&mut self, worker: WorkerId, back: Vec<(Lane, JobId)>) {
        self.sums.returned += back.len();
        let mut lanes: BTreeMap<Lane, Vec<JobId>> = BTreeMap::new();
        for (lane, job) in back {
            if let Some(done) = self.jobs.get_mut(job) {
                done.returns = done.returns.saturating_add(1);
            }
            lanes.entry(lane).or_default().push(job);
        }
        for (lane, jobs) in lanes {
            self.broker.give_back(worker, lane, jobs);
        }
    }
}
