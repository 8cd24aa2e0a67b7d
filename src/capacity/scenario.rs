//! What is to be played.

use super::arrivals::{Arrival, Arrivals, MOST};
use super::random::SplitMix;
use super::service::{Articles, Curve};
use crate::queue::topology::Lane;

/// What is to be played.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// When jobs come.
    pub arrivals: Arrivals,
    /// The share of jobs that are urgent, where it is not recorded.
    pub urgent: f64,
    /// How long articles take.
    pub articles: Articles,
    /// What one worker is.
    pub worker: Worker,
    /// How many there are.
    pub fleet: Fleet,
    /// Moments at which a worker is killed, in seconds. Another one is started in its place at once.
    pub losses: Vec<f64>,
    /// How long it takes the broker to notice, in seconds: none where a process is killed and its
    /// connection ends, some heartbeats where a machine disappears.
    pub noticed_after: f64,
    /// Where chance is asked, equal seeds give equal answers.
    pub seed: u64,
}

/// One worker process.
#[derive(Debug, Clone, PartialEq)]
pub struct Worker {
    /// Jobs in work at the same time.
    pub slots: usize,
    /// Deliveries of a lane that the broker sends ahead of their acknowledgements; `presslate work`
    /// has as many as slots.
    pub prefetch: usize,
    /// What it gains by having several in work.
    pub curve: Curve,
    /// From its start to its first job, in seconds: mostly loading models.
    pub start_seconds: f64,
    /// How long its jobs may go on once it is told to stop, in seconds. Then they go back, and
    /// somebody else begins them anew.
    pub grace_seconds: f64,
}

/// How many workers there are.
#[derive(Debug, Clone, PartialEq)]
pub enum Fleet {
    /// Always so many.
    Fixed(usize),
    /// As many as the queue asks for.
    Scaled(Scale),
}

/// How the number of workers follows the queue, as KEDA and Kubernetes have it: so many jobs a worker,
/// those in work included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Jobs in the queue, or in work, for each worker.
    pub value: usize,
    /// The fewest, also when there is nothing to do.
    pub min: usize,
    /// The most.
    pub max: usize,
    /// How often the queue is looked at, in seconds.
    pub poll_seconds: f64,
    /// Workers are taken away once as many have not been wanted for so long, in seconds.
    pub cooldown_seconds: f64,
}

/// Why a scenario cannot be played.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Impossible {
    /// Not a number of seconds that something can take.
    #[error("{0} is not how long an article takes: it has to be above 0 seconds")]
    Seconds(f64),
    /// No measured times.
    #[error("there are no times of articles: at least one is needed")]
    NoArticles,
    /// Not a spread.
    #[error("a spread of {0} cannot be drawn: it has to be from 0 to {most}", most = Articles::WIDEST)]
    Spread(f64),
    /// Not a rate.
    #[error("{0} is not a rate that jobs come or are done at")]
    Rate(f64),
    /// Not a moment or length of time.
    #[error("{0} is not a number of seconds from the beginning")]
    Time(f64),
    /// Something happens after the end.
    #[error("a burst at {at} s comes after the end, which is at {seconds} s")]
    Late {
        /// When it would happen.
        at: f64,
        /// When the time is over.
        seconds: f64,
    },
    /// Too many jobs.
    #[error(
        "{0:.0} jobs are too many, {most} is the most: simulate a shorter time, or one of several shards, with its \
         part of the rate and of the workers",
        most = MOST
    )]
    TooMany(f64),
    /// The curve does not begin at one job.
    #[error(
        "what a worker does with several jobs in work is compared with one alone: its rate is missing"
    )]
    NoSingle,
    /// A point of the curve is there twice.
    #[error("the rate with {0} jobs in work is there twice")]
    Twice(usize),
    /// Not a share.
    #[error("{0} is not a share of the jobs: it has to be from 0 to 1")]
    Share(f64),
    /// Nobody works.
    #[error("there is no worker, so that no job would ever be done")]
    NoWorkers,
    /// Too many workers.
    #[error("{0} workers are too many, {most} is the most: simulate one of several shards", most = MOST_WORKERS)]
    TooManyWorkers(usize),
    /// A worker without slots, or to which nothing is sent.
    #[error("a worker needs at least one slot, and at least one delivery at a time")]
    NoSlots,
    /// The scale has no sense.
    #[error("workers cannot follow the queue: {0}")]
    Scale(&'static str),
}

/// More would take minutes to simulate.
pub const MOST_WORKERS: usize = 200_000;

impl Scenario {
    /// What all workers that there can be would do together, in jobs a second.
    pub fn capacity(&self) -> f64 {
        let workers = super::number(self.fleet.most());
        workers * self.worker.curve.speed_up(self.worker.slots) / self.articles.mean()
    }

    pub(super) fn check(&self) -> Result<(), Impossible> {
        let Self {
            arrivals,
            urgent,
            articles,
            worker,
            fleet,
            losses,
            noticed_after,
            seed: _,
        } = self;
        arrivals.check()?;
        articles.check()?;
        if !(0.0..=1.0).contains(urgent) {
            return Err(Impossible::Share(*urgent));
        }
        if worker.slots == 0 || worker.prefetch == 0 {
            return Err(Impossible::NoSlots);
        }
        let times = [*noticed_after, worker.start_seconds, worker.grace_seconds];
        let mut times = times.into_iter().chain(losses.iter().copied());
        if let Some(wrong) = times.find(|time| !time.is_finite() || *time < 0.0) {
            return Err(Impossible::Time(wrong));
        }
        if let Fleet::Scaled(scale) = fleet {
            scale.check()?;
        }
        match fleet.most() {
            0 => Err(Impossible::NoWorkers),
            most if most > MOST_WORKERS => Err(Impossible::TooManyWorkers(most)),
            _ => Ok(()),
        }
    }

    /// All jobs, with nothing left to chance.
    pub(super) fn arrivals(&self) -> Result<Vec<(f64, Lane, f64)>, Impossible> {
        // A question more or less about one of these leaves the others as they are, so that two
        // scenarios differ in nothing but what was changed.
        let mut times = SplitMix::apart(self.seed, 1);
        let mut lengths = SplitMix::apart(self.seed, 2);
        let mut lanes = SplitMix::apart(self.seed, 3);
        let drawn = self.arrivals.draw(&mut times)?;
        let complete = drawn.into_iter().map(|Arrival { at, lane, seconds }| {
            let urgent = lanes.uniform() <= self.urgent;
            let drawn = self.articles.draw(&mut lengths);
            let lane = lane.unwrap_or(if urgent { Lane::Urgent } else { Lane::Normal });
            (at, lane, seconds.unwrap_or(drawn))
        });
        Ok(complete.collect())
    }
}

impl Fleet {
    /// The most workers that there can be.
    pub fn most(&self) -> usize {
        match self {
            Self::Fixed(count) => *count,
            Self::Scaled(scale) => scale.max,
        }
    }
}

impl Scale {
    fn check(&self) -> Result<(), Impossible> {
        let Self {
            value,
            min,
            max,
            poll_seconds,
            cooldown_seconds,
        } = *self;
        let why = if value == 0 {
            "value has to be at least 1 job a worker"
        } else if min > max {
            "min is above max"
        } else if !(15.0..=86_400.0).contains(&poll_seconds) {
            "poll has to be from 15 seconds, as often as Kubernetes looks, to a day"
        } else if !(cooldown_seconds.is_finite() && cooldown_seconds >= 0.0) {
            "cooldown has to be a number of seconds"
        } else {
            return Ok(());
        };
        Err(Impossible::Scale(why))
    }
}
