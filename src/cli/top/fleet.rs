//! What is known of all workers: looks in, a picture out.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::answers::{Job, Ready};
use super::fetch::{Look, WorkerLook};
use super::figures::{Figures, Pace};
use super::management::Broker;
use super::odometer::{Odometer, forget, growth};
use super::scrape::Metrics;

/// Points of the small curves that are kept.
const POINTS: usize = 240;
/// What a point of the curve of jobs is taken over.
const POINT_SPAN: Duration = Duration::from_mins(1);

/// When a look was taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Since the first one, by a clock that is never set.
    pub(super) elapsed: Duration,
    /// Seconds of Unix time.
    pub(super) unix: f64,
}

/// What is remembered between looks.
#[derive(Debug)]
pub(super) struct Fleet {
    window: Duration,
    workers: BTreeMap<String, Track>,
    odometer: Odometer,
    jobs: VecDeque<f64>,
    waiting: VecDeque<f64>,
}

/// What is remembered of one worker.
#[derive(Debug, Default)]
struct Track {
    metrics: Metrics,
    done: Pace,
    past: VecDeque<(Duration, Pace)>,
}

/// All there is to show.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Picture {
    /// Seconds of Unix time.
    pub(super) unix: f64,
    pub(super) workers: Vec<Worker>,
    pub(super) jobs: Vec<(String, Job)>,
    /// `None` when no management API is named.
    pub(super) broker: Option<Result<Broker, String>>,
    pub(super) since_start: Figures,
    /// `None` before the second look.
    pub(super) window: Option<Figures>,
    /// Jobs a minute, and jobs that wait, oldest first.
    pub(super) jobs_curve: Vec<f64>,
    pub(super) waiting_curve: Vec<f64>,
}

/// One worker.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Worker {
    pub(super) address: String,
    pub(super) state: State,
    pub(super) device: String,
    pub(super) version: String,
    /// Jobs in work, and how many may be.
    pub(super) in_work: f64,
    pub(super) slots: f64,
    /// Texts that wait for the engine.
    pub(super) requests: f64,
    /// Bytes.
    pub(super) memory: f64,
    pub(super) models: f64,
    /// Bytes free on the device, and all of them.
    pub(super) device_memory: Option<(f64, f64)>,
    /// What it says of the broker; empty when nothing.
    pub(super) broker: String,
    /// Unix time at which the oldest job in work was sent; 0 when none is.
    pub(super) oldest: f64,
    /// Since it started, and over the window.
    pub(super) since_start: Option<Speed>,
    pub(super) window: Option<Speed>,
}

/// What a worker is up to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Ready,
    /// Told to stop; finishes its jobs.
    Draining,
    /// Takes no jobs: why, for one reason at least.
    NotReady(Vec<String>),
    /// Cannot be asked: why.
    Unreachable(String),
}

impl State {
    /// Why it takes no jobs, on one line; empty where it does, or ends as it was told to.
    pub(super) fn why(&self) -> String {
        self.reasons().join("; ")
    }

    /// Why it takes no jobs.
    pub(super) fn reasons(&self) -> &[String] {
        match self {
            Self::Ready | Self::Draining => &[],
            Self::NotReady(why) => why,
            Self::Unreachable(why) => std::slice::from_ref(why),
        }
    }
}

/// How fast a worker is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Speed {
    pub(super) jobs_per_minute: f64,
    pub(super) tokens_per_second: f64,
    /// Texts in a pass, on average.
    pub(super) rows: Option<f64>,
}

impl Speed {
    fn of(pace: Pace, seconds: f64) -> Option<Self> {
        (seconds > 0.0).then(|| Self {
            jobs_per_minute: pace.jobs * 60.0 / seconds,
            tokens_per_second: pace.tokens / seconds,
            rows: (pace.passes > 0.0).then(|| pace.rows / pace.passes),
        })
    }
}

impl Fleet {
    /// Rates are taken over `window`.
    pub(super) fn new(window: Duration) -> Self {
        Self {
            window,
            workers: BTreeMap::new(),
            odometer: Odometer::default(),
            jobs: VecDeque::new(),
            waiting: VecDeque::new(),
        }
    }

    /// Takes a look in, and gives the picture with it.
    pub(super) fn take(&mut self, look: Look, moment: Moment) -> Picture {
        let kept = self.window.max(POINT_SPAN);
        let mut totals = Metrics::default();
        let mut workers = Vec::new();
        let mut jobs = Vec::new();
        for look in look.workers {
            jobs.extend(
                look.jobs
                    .iter()
                    .map(|job| (look.address.clone(), job.clone())),
            );
            workers.push(self.worker(look, moment, &mut totals));
        }
        // A name may have come to stand for other workers.
        self.workers
            .retain(|address, _| workers.iter().any(|worker| worker.address == *address));
        self.odometer.tick(moment.elapsed, kept);
        let window = self.odometer.over(self.window).map(|(span, growth)| {
            with_rates(
                Figures::of(&growth, Some(span)),
                workers.iter().filter_map(|worker| worker.window),
            )
        });
        let since_start = with_rates(
            Figures::of(&totals, None),
            workers.iter().filter_map(|worker| worker.since_start),
        );
        if let Some((span, growth)) = self.odometer.over(POINT_SPAN) {
            let jobs = Pace::of(&growth).jobs * 60.0 / span.as_secs_f64();
            push(&mut self.jobs, jobs);
        }
        if let Some(Ok(broker)) = &look.broker {
            #[expect(clippy::cast_precision_loss, reason = "a curve of a few rows")]
            push(&mut self.waiting, broker.waiting() as f64);
        }
        Picture {
            unix: moment.unix,
            workers,
            jobs,
            broker: look.broker,
            since_start,
            window,
            jobs_curve: self.jobs.iter().copied().collect(),
            waiting_curve: self.waiting.iter().copied().collect(),
        }
    }

    /// One worker. What its counters say is added to `totals`, and what they grew by to the window.
    fn worker(&mut self, look: WorkerLook, moment: Moment, totals: &mut Metrics) -> Worker {
        let metrics = match look.metrics {
            Ok(metrics) => metrics,
            Err(why) => {
                // What it counted until then is kept: it goes on from there when it comes back.
                return Worker {
                    address: look.address,
                    state: State::Unreachable(why),
                    ..Worker::default()
                };
            }
        };
        totals.add_counters(&metrics);
        let known = self.workers.contains_key(&look.address);
        let track = self.workers.entry(look.address.clone()).or_default();
        if known {
            let grown = growth(&track.metrics, &metrics);
            track.done = track.done.plus(Pace::of(&grown));
            self.odometer.add(&grown);
        }
        track.past.push_back((moment.elapsed, track.done));
        forget(&mut track.past, moment.elapsed.saturating_sub(self.window));
        let window = track.past.front().and_then(|(at, then)| {
            let span = moment.elapsed.saturating_sub(*at);
            Speed::of(track.done.minus(*then), span.as_secs_f64())
        });
        let uptime = metrics
            .first("process_start_time_seconds")
            .map(|started| moment.unix - started);
        let worker = Worker {
            state: state(look.ready, &metrics),
            since_start: uptime.and_then(|uptime| Speed::of(Pace::of(&metrics), uptime)),
            window,
            ..gauges(look.address, &metrics)
        };
        track.metrics = metrics;
        worker
    }
}

fn push(curve: &mut VecDeque<f64>, point: f64) {
    curve.push_back(point);
    if curve.len() > POINTS {
        curve.pop_front();
    }
}

fn with_rates(figures: Figures, speeds: impl Iterator<Item = Speed>) -> Figures {
    let mut figures = figures;
    for speed in speeds {
        figures.jobs_per_minute += speed.jobs_per_minute;
        figures.tokens_per_second += speed.tokens_per_second;
    }
    figures
}

fn state(ready: Ready, metrics: &Metrics) -> State {
    let draining = metrics
        .first("presslate_drain_started_timestamp_seconds")
        .is_some_and(|since| since > 0.0);
    match ready {
        // One that finishes its jobs is not ready either, but that is as it should be.
        _ if draining => State::Draining,
        Ready::Yes => State::Ready,
        Ready::No(why) => State::NotReady(why),
        Ready::Unreachable(why) => State::Unreachable(why),
    }
}

/// What a worker says of this moment.
fn gauges(address: String, metrics: &Metrics) -> Worker {
    let gauge = |name: &str| metrics.first(name).unwrap_or(0.0);
    let build = |label: &str| {
        let info = metrics.series("presslate_build_info").next();
        info.map(|(labels, _)| labels.get(label).to_owned())
            .unwrap_or_default()
    };
    let broker = metrics
        .series("presslate_broker_state")
        .find(|(_, value)| *value > 0.5)
        .map(|(labels, _)| labels.get("state").to_owned());
    Worker {
        address,
        version: build("version"),
        in_work: gauge("presslate_jobs_in_work"),
        slots: gauge("presslate_slots"),
        requests: gauge("presslate_requests_waiting"),
        memory: gauge("process_resident_memory_bytes"),
        models: metrics.sum("presslate_model_memory_bytes", |_| true),
        // A worker has one device.
        device_memory: metrics
            .first("presslate_device_memory_free_bytes")
            .zip(metrics.first("presslate_device_memory_total_bytes")),
        device: build("device"),
        broker: broker.unwrap_or_default(),
        oldest: gauge("presslate_oldest_job_timestamp_seconds"),
        ..Worker::default()
    }
}

impl Picture {
    /// Workers that take jobs.
    pub(super) fn ready(&self) -> usize {
        self.workers
            .iter()
            .filter(|worker| worker.state == State::Ready)
            .count()
    }

    /// Seconds since the oldest job in work was sent; `None` when nothing is in work.
    pub(super) fn lag(&self) -> Option<f64> {
        let sent = self.workers.iter().map(|worker| worker.oldest);
        let oldest = sent.filter(|sent| *sent > 0.0).min_by(f64::total_cmp)?;
        Some((self.unix - oldest).max(0.0))
    }

    /// What workers say of the broker, and how many say so.
    pub(super) fn broker_states(&self) -> BTreeMap<&str, usize> {
        let mut states = BTreeMap::new();
        for worker in &self.workers {
            if !worker.broker.is_empty() {
                *states.entry(worker.broker.as_str()).or_insert(0) += 1;
            }
        }
        states
    }
}

#[cfg(test)]
#[path = "fleet_tests.rs"]
pub(super) mod tests;
