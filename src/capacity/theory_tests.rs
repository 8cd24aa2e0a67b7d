//! The simulation beside what queueing theory knows exactly, and what has to hold of any run.

use proptest::prelude::*;

use super::arrivals::{Arrival, Arrivals, Burst, Expected};
use super::random::SplitMix;
use super::scenario::{Fleet, Impossible, Scale, Scenario, Worker};
use super::service::{Articles, Curve};
use super::{Outcome, number, simulate};
use crate::queue::topology::Lane;

fn worker(slots: usize) -> Worker {
    Worker {
        slots,
        prefetch: slots,
        curve: Curve::default(),
        start_seconds: 10.0,
        grace_seconds: 20.0,
    }
}

/// Workers that are always there, and jobs of a second on average.
fn scenario(arrivals: Arrivals, workers: usize, slots: usize) -> Scenario {
    Scenario {
        arrivals,
        urgent: 0.0,
        articles: Articles::Around {
            mean: 1.0,
            spread: 0.0,
        },
        worker: worker(slots),
        fleet: Fleet::Fixed(workers),
        losses: Vec::new(),
        noticed_after: 0.0,
        seed: 1,
    }
}

fn random_times(per_second: f64, seconds: f64) -> Expected {
    Expected {
        per_second,
        seconds,
        even: false,
        curve: Vec::new(),
        bursts: Vec::new(),
    }
}

/// Jobs that come by chance, and take exponential times of a second on average.
fn markovian(per_second: f64, count: usize, seed: u64) -> Arrivals {
    let mut random = SplitMix::new(seed);
    let mut at = 0.0;
    let arrivals = (0..count).map(|_| {
        at += random.exponential(1.0 / per_second);
        Arrival {
            at,
            lane: Some(Lane::Normal),
            seconds: Some(random.exponential(1.0)),
        }
    });
    Arrivals::Recorded(arrivals.collect())
}

/// Whether a mean is within four standard errors of what it has to be. Neighbours depend on each
/// other, so the error is that of the means of 25 long stretches; the first is left out, in which
/// the queue fills.
fn assert_mean(times: &[f64], theory: f64) {
    let batches: Vec<f64> = times
        .chunks_exact(times.len() / 26)
        .skip(1)
        .map(|batch| batch.iter().sum::<f64>() / number(batch.len()))
        .collect();
    let count = number(batches.len());
    let mean = batches.iter().sum::<f64>() / count;
    let variance = batches
        .iter()
        .map(|batch| (batch - mean).powi(2))
        .sum::<f64>()
        / (count - 1.0);
    let error = (variance / count).sqrt();
    assert!(
        (mean - theory).abs() < 4.0 * error,
        "{mean} ± {error}, and not {theory}"
    );
    assert!(
        error < theory * 0.08,
        "{mean} ± {error} says nothing of {theory}"
    );
}

fn waits(outcome: &Outcome) -> Vec<f64> {
    outcome.jobs.iter().map(|job| job.begun - job.at).collect()
}

fn latencies(outcome: &Outcome) -> Vec<f64> {
    outcome.jobs.iter().map(|job| job.done - job.at).collect()
}

#[test]
fn one_worker_with_random_jobs_has_the_mean_wait_of_theory() {
    for (load, seed) in [(0.5, 1), (0.7, 2), (0.8, 3)] {
        let outcome = simulate(&scenario(markovian(load, 150_000, seed), 1, 1)).unwrap();
        assert_mean(&waits(&outcome), load / (1.0 - load));
        assert!((outcome.busy - load).abs() < 0.02, "{}", outcome.busy);
    }
}

#[test]
fn several_workers_have_the_mean_wait_of_erlang() {
    for (workers, load, seed) in [(2usize, 0.8, 4), (5, 0.8, 5), (10, 0.8, 6)] {
        let offered = number(workers) * load;
        // Erlang's B by its recursion, and C from it: the share of jobs that have to wait.
        let lost = (1..=workers).fold(1.0, |lost, servers| {
            offered * lost / (number(servers) + offered * lost)
        });
        let waiting = lost / (1.0 - load * (1.0 - lost));
        let wait = waiting / (number(workers) - offered);
        let outcome = simulate(&scenario(markovian(offered, 150_000, seed), workers, 1)).unwrap();
        assert_mean(&waits(&outcome), wait);
    }
}

#[test]
fn uneven_articles_wait_as_pollaczek_and_khinchine_have_it() {
    for (spread, seed) in [(0.0f64, 7), (0.5, 8), (1.0, 9)] {
        let mut uneven = scenario(Arrivals::Expected(random_times(0.7, 200_000.0)), 1, 1);
        uneven.articles = Articles::Around { mean: 1.0, spread };
        uneven.seed = seed;
        let outcome = simulate(&uneven).unwrap();
        let wait = 0.7 * (1.0 + spread * spread) / (2.0 * 0.3);
        assert_mean(&waits(&outcome), wait);
    }
}

/// With an engine that is shared evenly, the mean depends on the mean of the work alone.
#[test]
fn a_shared_engine_takes_as_long_on_average_whatever_the_articles_are_like() {
    for (spread, seed) in [(0.0, 10), (1.0, 11)] {
        let mut shared = scenario(Arrivals::Expected(random_times(0.7, 100_000.0)), 1, 200);
        shared.articles = Articles::Around { mean: 1.0, spread };
        shared.seed = seed;
        let outcome = simulate(&shared).unwrap();
        assert_mean(&latencies(&outcome), 1.0 / 0.3);
        assert!(outcome.waits(None).most() < 1e-9, "there is always a slot");
    }
}

#[test]
fn an_engine_that_gains_from_company_does_as_much_as_its_curve_says() {
    let jobs = vec![Arrival::at(0.0); 4000];
    let mut batching = scenario(Arrivals::Recorded(jobs), 1, 4);
    batching.worker.curve = Curve::new(vec![(1, 60.0), (4, 150.0)]).unwrap();
    let outcome = simulate(&batching).unwrap();
    assert!(
        (outcome.last_done - 4000.0 / 2.5).abs() < 2.0,
        "{}",
        outcome.last_done
    );
    assert!((batching.capacity() - 2.5).abs() < 1e-12);
}

#[test]
fn a_burst_is_drained_by_what_is_left_of_the_capacity() {
    let mut steady = random_times(5.0, 2000.0);
    steady.even = true;
    steady.bursts = vec![Burst::Jobs {
        at: 500.0,
        count: 1000,
    }];
    let outcome = simulate(&scenario(Arrivals::Expected(steady), 10, 1)).unwrap();
    assert!(
        (995..=1000).contains(&outcome.ready.most),
        "{:?}",
        outcome.ready
    );
    // Five a second more than come: 200 seconds.
    let behind = |sample: &&super::outcome::Sample| sample.ready > 1.0;
    let behind = outcome.samples.iter().filter(behind);
    let last = behind.map(|sample| sample.from).fold(0.0, f64::max);
    assert!((680.0..715.0).contains(&last), "{last}");
}

#[test]
fn urgent_jobs_wait_less_and_the_others_are_not_forgotten() {
    let mut two_lanes = scenario(Arrivals::Expected(random_times(10.5, 2000.0)), 10, 1);
    two_lanes.urgent = 0.2;
    let outcome = simulate(&two_lanes).unwrap();
    let (urgent, normal) = (
        outcome.waits(Some(Lane::Urgent)),
        outcome.waits(Some(Lane::Normal)),
    );
    assert!((3900..4500).contains(&urgent.count()), "{}", urgent.count());
    assert!(
        urgent.percent(99) < 2.0 && normal.mean() > 20.0,
        "{} {}",
        urgent.percent(99),
        normal.mean()
    );
}

#[test]
fn of_urgent_and_normal_jobs_in_hand_one_of_four_is_a_normal_one() {
    let mut flood: Vec<Arrival> = Vec::new();
    for lane in [Lane::Urgent, Lane::Normal] {
        flood.extend((0..400).map(|_| Arrival {
            lane: Some(lane),
            ..Arrival::at(0.0)
        }));
    }
    // Also where the next urgent job is sent only when the last one is acknowledged.
    for prefetch in [1, 4] {
        let mut both = scenario(Arrivals::Recorded(flood.clone()), 1, 1);
        both.worker.prefetch = prefetch;
        both.urgent = 0.5;
        let outcome = simulate(&both).unwrap();
        let begun = outcome.jobs.iter().filter(|job| job.begun < 399.5);
        let begun = begun.filter(|job| job.lane == Lane::Normal).count();
        assert!((99..=101).contains(&begun), "{prefetch}: {begun}");
    }
}

/// Each lane has a prefetch of its own, and the broker does not know who is busy with what.
#[test]
fn a_job_of_the_other_lane_may_be_sent_to_a_busy_worker_while_one_is_free() {
    let of = |lane, at| Arrival {
        lane: Some(lane),
        ..Arrival::at(at)
    };
    let jobs = vec![of(Lane::Normal, 0.0), of(Lane::Urgent, 0.4)];
    let outcome = simulate(&scenario(Arrivals::Recorded(jobs), 2, 1)).unwrap();
    let begun: Vec<f64> = outcome.jobs.iter().map(|job| job.begun).collect();
    assert_eq!(begun, [0.0, 1.0]);
}

#[test]
fn workers_come_with_the_queue_and_go_with_it() {
    let mut burst = random_times(0.0, 7200.0);
    burst.bursts = vec![Burst::Jobs {
        at: 60.0,
        count: 200,
    }];
    let mut scaled = scenario(Arrivals::Expected(burst), 0, 1);
    scaled.articles = Articles::Around {
        mean: 60.0,
        spread: 0.0,
    };
    scaled.worker.start_seconds = 45.0;
    scaled.fleet = Fleet::Scaled(Scale {
        value: 10,
        min: 0,
        max: 15,
        poll_seconds: 30.0,
        cooldown_seconds: 300.0,
    });
    let outcome = simulate(&scaled).unwrap();
    assert_eq!(outcome.workers.most, 15);
    // None is there at first, and eight can be asked for at once.
    let first = outcome
        .jobs
        .iter()
        .map(|job| job.begun)
        .fold(f64::MAX, f64::min);
    assert!((first - 105.0).abs() < 1e-6, "{first}");
    assert!(outcome.samples.last().unwrap().workers < 1e-9);
    // 200 minutes of work, and not the 30 hours of a fleet that stays.
    assert!(
        (3.4..8.0).contains(&outcome.machine_hours),
        "{}",
        outcome.machine_hours
    );
    assert!((outcome.seconds - 7200.0).abs() < 1e-9);
}

#[test]
fn what_a_killed_worker_had_comes_again_and_runs_alone() {
    let jobs = vec![Arrival::at(0.0); 12];
    let mut lossy = scenario(Arrivals::Recorded(jobs), 2, 3);
    lossy.articles = Articles::Around {
        mean: 10.0,
        spread: 0.0,
    };
    lossy.losses = vec![5.0];
    lossy.noticed_after = 40.0;
    lossy.worker.start_seconds = 60.0;
    let outcome = simulate(&lossy).unwrap();
    assert_eq!(outcome.returned, 3);
    let again: Vec<_> = outcome.jobs.iter().filter(|job| job.returns > 0).collect();
    assert_eq!(again.len(), 3);
    // Three jobs at once take thirty seconds, alone each takes ten; they come back after 45.
    let mut ends: Vec<f64> = again.iter().map(|job| job.done).collect();
    ends.sort_by(f64::total_cmp);
    assert!(ends[0] > 55.0 && ends[2] <= 105.0, "{ends:?}");
    assert!(
        ends.windows(2).all(|pair| pair[1] - pair[0] > 4.9),
        "{ends:?}"
    );
    assert!(
        (outcome.lost_seconds - 5.0).abs() < 1e-6,
        "{}",
        outcome.lost_seconds
    );
    assert!(
        (outcome.work_seconds - 125.0).abs() < 1e-6,
        "{}",
        outcome.work_seconds
    );
}

#[test]
fn a_worker_that_is_taken_away_hands_back_what_takes_longer_than_its_grace() {
    let mut jobs = vec![Arrival::at(0.0); 100];
    jobs.extend((0..100).map(|at| Arrival::at(1000.0 + 10.0 * f64::from(at))));
    let mut shrinking = scenario(Arrivals::Recorded(jobs), 0, 1);
    shrinking.articles = Articles::Around {
        mean: 50.0,
        spread: 0.5,
    };
    shrinking.fleet = Fleet::Scaled(Scale {
        value: 1,
        min: 1,
        max: 100,
        poll_seconds: 15.0,
        cooldown_seconds: 0.0,
    });
    let hasty = simulate(&shrinking).unwrap();
    assert!(
        hasty.returned > 0 && hasty.lost_seconds > 0.0,
        "{}",
        hasty.returned
    );
    shrinking.worker.grace_seconds = 3600.0;
    let patient = simulate(&shrinking).unwrap();
    assert_eq!(patient.returned, 0);
    assert!(patient.lost_seconds < 1e-9, "{}", patient.lost_seconds);
}

#[test]
fn more_sent_ahead_than_there_are_slots_makes_waits_uneven() {
    let jobs = markovian(3.5, 20_000, 12);
    let fair = simulate(&scenario(jobs.clone(), 4, 1)).unwrap();
    let mut hoarding = scenario(jobs, 4, 1);
    hoarding.worker.prefetch = 30;
    // What `Run::check` asserts does not hold here, which is the point: it is left out by urgency.
    hoarding.urgent = 1.0;
    let hoarding = simulate(&hoarding).unwrap();
    assert!(hoarding.waits(None).mean() > fair.waits(None).mean() * 1.2);
    assert!(hoarding.waits(None).percent(99) > fair.waits(None).percent(99));
}

#[test]
fn equal_seeds_give_equal_answers_and_others_do_not() {
    let mut chance = scenario(Arrivals::Expected(random_times(2.0, 300.0)), 3, 1);
    chance.urgent = 0.3;
    chance.losses = vec![50.0, 100.0];
    let first = simulate(&chance).unwrap();
    assert_eq!(simulate(&chance).unwrap(), first);
    chance.seed = 2;
    assert_ne!(simulate(&chance).unwrap().jobs, first.jobs);
}

#[test]
fn what_nobody_could_have_meant_is_refused() {
    let good = scenario(Arrivals::Expected(random_times(1.0, 60.0)), 1, 1);
    let refused = |change: fn(&mut Scenario)| {
        let mut scenario = good.clone();
        change(&mut scenario);
        simulate(&scenario).unwrap_err()
    };
    assert_eq!(
        refused(|s| s.fleet = Fleet::Fixed(0)),
        Impossible::NoWorkers
    );
    assert_eq!(refused(|s| s.worker.slots = 0), Impossible::NoSlots);
    assert_eq!(refused(|s| s.urgent = 1.5), Impossible::Share(1.5));
    assert_eq!(refused(|s| s.losses = vec![-1.0]), Impossible::Time(-1.0));
    assert_eq!(
        refused(|s| s.articles = Articles::Measured(Vec::new())),
        Impossible::NoArticles
    );
    let many = refused(|s| s.arrivals = Arrivals::Expected(random_times(1e6, 3600.0)));
    assert!(many.to_string().contains("one of several shards"), "{many}");
}

prop_compose! {
    fn scale()(value in 1usize..30, min in 0usize..4, more in 1usize..20, poll in 15.0..60.0,
        cooldown in 0.0..300.0) -> Scale {
        Scale { value, min, max: min + more, poll_seconds: poll, cooldown_seconds: cooldown }
    }
}

fn fleet() -> impl Strategy<Value = Fleet> {
    prop_oneof![
        (1usize..12).prop_map(Fleet::Fixed),
        scale().prop_map(Fleet::Scaled)
    ]
}

prop_compose! {
    fn any_scenario()(
        per_second in 0.0..2.0, count in 0usize..60, at in 0.0..500.0, even in any::<bool>(),
        curve in proptest::collection::vec(0.1..3.0, 0..4), urgent in prop_oneof![Just(0.0), 0.0..1.0],
        mean in 0.5..40.0, spread in 0.0..1.5, slots in 1usize..6, gain in 0.5..2.0,
        start in 0.0..90.0, grace in 0.0..60.0, fleet in fleet(),
        losses in proptest::collection::vec(0.0..700.0, 0..4), noticed_after in 0.0..60.0,
        seed in any::<u64>()
    ) -> Scenario {
        let bursts = vec![
            Burst::Jobs { at, count },
            Burst::Rate { at: at / 2.0, seconds: 50.0, factor: 3.0 },
        ];
        let speed = 1.0 + (number(slots) - 1.0) * gain / 2.0;
        Scenario {
            arrivals: Arrivals::Expected(Expected { per_second, seconds: 600.0, even, curve, bursts }),
            urgent,
            articles: Articles::Around { mean, spread },
            worker: Worker {
                curve: if slots > 1 {
                    Curve::new(vec![(1, 1.0), (slots, speed)]).unwrap()
                } else {
                    Curve::default()
                },
                start_seconds: start,
                grace_seconds: grace,
                ..worker(slots)
            },
            fleet,
            losses,
            noticed_after,
            seed,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// `Run::check` holds at every moment besides.
    #[test]
    fn whatever_happens_no_job_is_lost_and_the_sums_are_right(scenario in any_scenario()) {
        let outcome = simulate(&scenario).unwrap();
        let whole = |job: &super::outcome::Done| job.at <= job.begun && job.begun < job.done;
        prop_assert!(outcome.jobs.iter().all(whole), "each is done once");
        let end = outcome.seconds;
        prop_assert!(outcome.jobs.iter().all(|job| job.done <= end));

        // Little's law, exactly: jobs in the house over time are times in the house over jobs.
        let in_house = (outcome.ready.mean + outcome.unacked.mean) * end;
        let times: f64 = outcome.jobs.iter().map(|job| job.done - job.at).sum();
        prop_assert!((in_house - times).abs() <= 1e-6 * times.max(1.0), "{} {}", in_house, times);

        // What was done is what there was to do, and what was done for nothing.
        let needed: f64 = outcome.jobs.iter().map(|job| job.seconds).sum();
        let done = outcome.work_seconds - outcome.lost_seconds;
        prop_assert!((done - needed).abs() <= 1e-6 * needed.max(1.0), "{} {}", done, needed);

        // No job is faster than an engine that it shares with nobody could be at its best.
        let best = (1..=scenario.worker.slots)
            .map(|jobs| scenario.worker.curve.speed_up(jobs) / number(jobs))
            .fold(0.0, f64::max);
        for job in &outcome.jobs {
            prop_assert!((job.done - job.begun) * best >= job.seconds * (1.0 - 1e-9));
        }
        prop_assert_eq!(outcome.samples.iter().map(|s| s.arrived).sum::<usize>(), outcome.jobs.len());
    }

    #[test]
    fn of_one_lane_jobs_begin_in_the_order_in_which_they_came(
        mut scenario in any_scenario(), urgent in any::<bool>()
    ) {
        scenario.urgent = if urgent { 1.0 } else { 0.0 };
        scenario.losses.clear();
        scenario.worker.grace_seconds = 1e6;
        let outcome = simulate(&scenario).unwrap();
        prop_assert!(outcome.jobs.windows(2).all(|pair| pair[0].begun <= pair[1].begun));
    }
}
