//! Looks in, pictures out.

#![expect(clippy::float_cmp, reason = "whole numbers are exact")]

use std::sync::LazyLock;

use super::*;
use crate::cli::top::management;
use crate::cli::top::worker_metrics as says;
use crate::queue::topology::Names;

/// Unix time.
const STARTED: f64 = 1_900_000_000.0;

fn worker(number: u32, second: f64) -> WorkerLook {
    let (status, ready) = says::ready(number);
    WorkerLook {
        address: format!("worker-{number}:9464"),
        // Each of the two formats.
        metrics: Ok(Metrics::parse(&says::metrics(number, STARTED, second, number == 1)).unwrap()),
        ready: Ready::read(status, ready),
        jobs: crate::cli::top::answers::jobs(&says::jobs(number, second)).unwrap(),
    }
}

fn gone(number: u32) -> WorkerLook {
    WorkerLook {
        address: format!("worker-{number}:9464"),
        metrics: Err("connection refused".to_owned()),
        ready: Ready::Unreachable("connection refused".to_owned()),
        jobs: Vec::new(),
    }
}

fn moment(second: f64) -> Moment {
    Moment {
        elapsed: Duration::from_secs_f64(second),
        unix: STARTED + 3600.0 + second,
    }
}

/// Three workers and one that does not answer, an hour after they were started and for as many
/// seconds.
pub(in crate::cli::top) fn watched(seconds: u32) -> Picture {
    static LONG: LazyLock<Picture> = LazyLock::new(|| watch(120));
    if seconds == 120 {
        return LONG.clone();
    }
    watch(seconds)
}

fn watch(seconds: u32) -> Picture {
    let mut fleet = Fleet::new(Duration::from_mins(5));
    let mut picture = None;
    for second in (0..=seconds).step_by(2) {
        let at = 3600.0 + f64::from(second);
        let look = Look {
            workers: vec![worker(0, at), worker(1, at), worker(2, at), gone(3)],
            broker: Some(Ok(Broker {
                product: "RabbitMQ 4.3.6".to_owned(),
                queues: management::queues(&says::queues(at), &Names::default()).unwrap(),
                alarms: Vec::new(),
            })),
        };
        picture = Some(fleet.take(look, moment(f64::from(second))));
    }
    picture.unwrap()
}

/// One look at workers alone.
fn take(fleet: &mut Fleet, second: f64, workers: Vec<WorkerLook>) -> Picture {
    let look = Look {
        workers,
        broker: None,
    };
    fleet.take(look, moment(second))
}

fn metrics(address: &str, text: &str) -> WorkerLook {
    WorkerLook {
        address: address.to_owned(),
        metrics: Ok(Metrics::parse(text).unwrap()),
        ready: Ready::Yes,
        jobs: Vec::new(),
    }
}

#[test]
fn the_first_look_shows_what_was_done_since_the_workers_started() {
    let picture = watched(0);
    assert_eq!(picture.window, None);
    let figures = &picture.since_start;
    // 3600 s at one job in 9, 11 and 13 s, some of which failed or were called off besides.
    let jobs = figures.jobs_per_minute;
    assert!((16.5..18.0).contains(&jobs), "{jobs}");
    assert_eq!(picture.workers[0].since_start.unwrap().rows, Some(8.0));
    assert_eq!(picture.lag(), Some(42.0));
}

#[test]
fn from_the_second_look_on_there_is_a_window() {
    let picture = watched(120);
    let window = picture.window.as_ref().unwrap();
    assert_eq!(window.span, Some(Duration::from_mins(2)));
    // 13, 11 and 9 jobs in two minutes, give or take one each.
    assert!((14.0..19.0).contains(&window.jobs_per_minute), "{window:?}");
    assert!(
        (267.0..273.0).contains(&window.tokens_per_second),
        "{window:?}"
    );
    assert_eq!(picture.jobs_curve.len(), 60);
    assert_eq!(picture.waiting_curve.len(), 61);
    assert_eq!(picture.waiting_curve.first(), Some(&120.0));
    assert_eq!(picture.waiting_curve.last(), Some(&0.0));
}

#[test]
fn a_worker_is_ready_not_ready_or_unreachable_and_says_why() {
    let picture = watched(2);
    let states: Vec<_> = picture.workers.iter().map(|worker| &worker.state).collect();
    assert_eq!(
        states,
        [
            &State::Ready,
            &State::Ready,
            &State::NotReady(vec!["loading starter-ko".to_owned()]),
            &State::Unreachable("connection refused".to_owned())
        ]
    );
    assert_eq!(picture.ready(), 2);
    assert_eq!(picture.broker_states(), BTreeMap::from([("up", 3)]));
    assert_eq!(picture.jobs.len(), 6);
}

#[test]
fn one_that_finishes_its_jobs_is_finishing_whatever_else_it_says() {
    let text = "presslate_drain_started_timestamp_seconds 1900003600\npresslate_slots 2";
    let mut look = metrics("w", text);
    look.ready = Ready::No(vec!["told to stop".to_owned()]);
    let picture = take(&mut Fleet::new(POINT_SPAN), 0.0, vec![look]);
    assert_eq!(picture.workers[0].state, State::Draining);
}

#[test]
fn a_worker_that_was_away_goes_on_where_it_was() {
    let mut fleet = Fleet::new(Duration::from_mins(5));
    let jobs = |count: u32| {
        metrics(
            "worker-3:9464",
            &format!("presslate_jobs_total{{outcome=\"done\"}} {count}"),
        )
    };
    take(&mut fleet, 0.0, vec![jobs(100)]);
    take(&mut fleet, 30.0, vec![gone(3)]);
    let picture = take(&mut fleet, 60.0, vec![jobs(110)]);
    let window = picture.window.unwrap();
    assert!((window.jobs_per_minute - 10.0).abs() < 1e-9, "{window:?}");
    assert_eq!(picture.since_start.outcomes[0].count, 110.0);
}

#[test]
fn a_worker_that_is_new_does_not_bring_its_past_into_the_window() {
    let mut fleet = Fleet::new(Duration::from_mins(5));
    let jobs = |address: &str| metrics(address, "presslate_jobs_total{outcome=\"done\"} 100");
    take(&mut fleet, 0.0, vec![jobs("a")]);
    let picture = take(&mut fleet, 60.0, vec![jobs("a"), jobs("b")]);
    let window = picture.window.unwrap();
    assert_eq!((window.jobs_per_minute, window.outcomes.len()), (0.0, 0));
    assert_eq!(picture.since_start.outcomes[0].count, 200.0);
}

#[test]
fn a_worker_that_was_started_again_counts_what_it_did_since() {
    let mut fleet = Fleet::new(Duration::from_mins(5));
    let jobs = |count: u32, started: u32| {
        let text = format!(
            "presslate_jobs_total{{outcome=\"done\"}} {count}\nprocess_start_time_seconds {started}"
        );
        vec![metrics("w", &text)]
    };
    take(&mut fleet, 0.0, jobs(100, 1_900_000_000));
    let picture = take(&mut fleet, 60.0, jobs(3, 1_900_003_630));
    assert!((picture.window.unwrap().jobs_per_minute - 3.0).abs() < 1e-9);
    let since_start = picture.workers[0].since_start.unwrap();
    assert!((since_start.jobs_per_minute - 6.0).abs() < 1e-9);
}

#[test]
fn curves_keep_no_more_than_is_drawn() {
    let mut fleet = Fleet::new(Duration::from_mins(5));
    let mut picture = None;
    for second in 0..=300_u32 {
        let looks = vec![metrics("w", "presslate_slots 1")];
        picture = Some(take(&mut fleet, f64::from(second), looks));
    }
    assert_eq!(picture.unwrap().jobs_curve.len(), POINTS);
}
