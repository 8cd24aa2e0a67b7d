//! The broker's side: a queue a lane, consumers that take turns, and what each has in hand.

use std::collections::VecDeque;

use crate::queue::topology::Lane;

/// Names a job, in the order in which they came.
pub(super) type JobId = usize;
/// Names a worker, in the order in which they started.
pub(super) type WorkerId = usize;

/// Suspects in hand: the one that runs alone.
const SUSPECTS: usize = 1;

/// Queues, and who takes from them.
#[derive(Debug)]
pub(super) struct Broker {
    queues: PerLane<VecDeque<JobId>>,
    /// Consumers that can take more, in the order of their turns.
    turns: PerLane<VecDeque<WorkerId>>,
    consumers: Vec<Consumer>,
    prefetch: usize,
    unacked: usize,
}

#[derive(Debug, Clone, Default)]
struct Consumer {
    consuming: bool,
    in_hand: PerLane<usize>,
    /// Whether it stands in line for its turn.
    in_line: PerLane<bool>,
}

/// One for each lane.
#[derive(Debug, Clone, Default)]
pub(super) struct PerLane<T> {
    urgent: T,
    suspect: T,
    normal: T,
}

impl<T> PerLane<T> {
    pub(super) fn of(&self, lane: Lane) -> &T {
        match lane {
            Lane::Urgent => &self.urgent,
            Lane::Suspect => &self.suspect,
            Lane::Normal => &self.normal,
        }
    }

    pub(super) fn of_mut(&mut self, lane: Lane) -> &mut T {
        match lane {
            Lane::Urgent => &mut self.urgent,
            Lane::Suspect => &mut self.suspect,
            Lane::Normal => &mut self.normal,
        }
    }
}

impl Broker {
    pub(super) fn new(prefetch: usize) -> Self {
        Self {
            queues: PerLane::default(),
            turns: PerLane::default(),
            consumers: Vec::new(),
            prefetch,
            unacked: 0,
        }
    }

    /// Jobs that wait for a consumer.
    pub(super) fn ready(&self) -> usize {
        Lane::ALL
            .iter()
            .map(|lane| self.queues.of(*lane).len())
            .sum()
    }

    /// Jobs that consumers have in hand.
    pub(super) fn unacked(&self) -> usize {
        self.unacked
    }

    /// A job comes in.
    pub(super) fn publish(&mut self, lane: Lane, job: JobId) {
        self.queues.of_mut(lane).push_back(job);
    }

    /// A worker begins to consume.
    pub(super) fn join(&mut self, worker: WorkerId) {
        if self.consumers.len() <= worker {
            self.consumers.resize_with(worker + 1, Consumer::default);
        }
        if let Some(consumer) = self.consumers.get_mut(worker) {
            consumer.consuming = true;
        }
        for lane in Lane::ALL {
            self.line_up(worker, lane);
        }
    }

    /// A worker takes no more. What it has in hand stays there.
    pub(super) fn leave(&mut self, worker: WorkerId) {
        if let Some(consumer) = self.consumers.get_mut(worker) {
            consumer.consuming = false;
        }
    }

    /// Sends the next job of a lane to the consumer whose turn it is.
    pub(super) fn deliver(&mut self, lane: Lane) -> Option<(WorkerId, JobId)> {
        if self.queues.of(lane).is_empty() {
            return None;
        }
        let worker = loop {
            let worker = self.turns.of_mut(lane).pop_front()?;
            if let Some(consumer) = self.consumers.get_mut(worker) {
                *consumer.in_line.of_mut(lane) = false;
                if consumer.consuming {
                    *consumer.in_hand.of_mut(lane) += 1;
                    break worker;
                }
            }
        };
        self.unacked += 1;
        self.line_up(worker, lane);
        let job = self.queues.of_mut(lane).pop_front()?;
        Some((worker, job))
    }

    /// A job is done, or has gone elsewhere.
    pub(super) fn acknowledge(&mut self, worker: WorkerId, lane: Lane) {
        self.unacked -= 1;
        if let Some(consumer) = self.consumers.get_mut(worker) {
            *consumer.in_hand.of_mut(lane) -= 1;
        }
        self.line_up(worker, lane);
    }

    /// Jobs come back, before all that wait.
    pub(super) fn give_back(&mut self, worker: WorkerId, lane: Lane, mut jobs: Vec<JobId>) {
        jobs.sort_unstable();
        for job in jobs.into_iter().rev() {
            self.queues.of_mut(lane).push_front(job);
            self.acknowledge(worker, lane);
        }
    }

    /// Puts a consumer in line, if it may take more of this lane.
    fn line_up(&mut self, worker: WorkerId, lane: Lane) {
        let most = match lane {
            Lane::Normal | Lane::Urgent => self.prefetch,
            Lane::Suspect => SUSPECTS,
        };
        let Some(consumer) = self.consumers.get_mut(worker) else {
            return;
        };
        let may = consumer.consuming && *consumer.in_hand.of(lane) < most;
        if may && !*consumer.in_line.of(lane) {
            *consumer.in_line.of_mut(lane) = true;
            self.turns.of_mut(lane).push_back(worker);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broker(prefetch: usize, workers: usize, jobs: usize) -> Broker {
        let mut broker = Broker::new(prefetch);
        (0..workers).for_each(|worker| broker.join(worker));
        (0..jobs).for_each(|job| broker.publish(Lane::Normal, job));
        broker
    }

    fn delivered(broker: &mut Broker) -> Vec<(WorkerId, JobId)> {
        std::iter::from_fn(|| broker.deliver(Lane::Normal)).collect()
    }

    #[test]
    fn consumers_take_turns_until_each_has_its_prefetch() {
        let mut broker = broker(2, 2, 6);
        assert_eq!(delivered(&mut broker), [(0, 0), (1, 1), (0, 2), (1, 3)]);
        assert_eq!((broker.ready(), broker.unacked()), (2, 4));
        broker.acknowledge(1, Lane::Normal);
        assert_eq!(delivered(&mut broker), [(1, 4)]);
    }

    #[test]
    fn what_comes_back_goes_before_what_waits_and_in_its_old_order() {
        let mut broker = broker(2, 1, 4);
        assert_eq!(delivered(&mut broker), [(0, 0), (0, 1)]);
        broker.leave(0);
        broker.give_back(0, Lane::Normal, vec![1, 0]);
        assert_eq!((broker.ready(), broker.unacked()), (4, 0));
        assert_eq!(delivered(&mut broker), []);
        broker.join(1);
        assert_eq!(delivered(&mut broker), [(1, 0), (1, 1)]);
    }

    #[test]
    fn each_lane_has_a_prefetch_of_its_own_and_suspects_come_one_at_a_time() {
        let mut broker = broker(2, 1, 2);
        for job in 2..5 {
            broker.publish(Lane::Urgent, job);
            broker.publish(Lane::Suspect, job + 3);
        }
        let mut taken = Vec::new();
        for lane in Lane::ALL {
            taken.push(std::iter::from_fn(|| broker.deliver(lane)).count());
        }
        assert_eq!(taken, [2, 1, 2]);
    }
}
