//! What came of a simulation, for people and for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::capacity::arrivals::Arrivals;
use crate::capacity::outcome::{Level, Sample};
use crate::capacity::scenario::Fleet;
use crate::capacity::{Outcome, Quantiles, Scenario};
use crate::cli::table;
use crate::cli::text::count;
use crate::queue::topology::Lane;

/// The name of the JSON form; it changes when a field is removed or changes its meaning.
const SCHEMA: &str = "presslate.simulation/1";

/// What came of a simulation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Report<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) outcome: &'a Outcome,
    /// Of a machine for an hour, in a currency that its user knows.
    pub(super) price: Option<f64>,
}

impl Report<'_> {
    /// One object, with numbers as they are.
    pub(super) fn json(&self) -> Value {
        let Self {
            scenario, outcome, ..
        } = self;
        let level = |level: Level| json!({"mean": level.mean, "most": level.most});
        let mut lanes = serde_json::Map::new();
        for (name, lane) in [("urgent", Lane::Urgent), ("normal", Lane::Normal)] {
            let waits = outcome.waits(Some(lane));
            if waits.count() > 0 {
                let latencies = outcome.latencies(Some(lane));
                let both = json!({
                    "jobs": waits.count(),
                    "wait_seconds": times(&waits),
                    "latency_seconds": times(&latencies),
                });
                lanes.insert(name.to_owned(), both);
            }
        }
        let samples = outcome.samples.iter().map(|sample| {
            json!({
                "from_seconds": sample.from,
                "seconds": sample.seconds,
                "arrived": sample.arrived,
                "ready": sample.ready,
                "ready_most": sample.ready_most,
                "unacked": sample.unacked,
                "workers": sample.workers,
                "latency_p50_seconds": sample.latency_p50,
                "latency_p95_seconds": sample.latency_p95,
            })
        });
        json!({
            "schema": SCHEMA,
            "version": env!("CARGO_PKG_VERSION"),
            "seed": scenario.seed,
            "jobs": outcome.jobs.len(),
            "jobs_per_second": self.per_second(),
            "capacity_per_second": scenario.capacity(),
            "load": self.load(),
            "seconds": outcome.seconds,
            "last_done_seconds": outcome.last_done,
            "wait_seconds": times(&outcome.waits(None)),
            "latency_seconds": times(&outcome.latencies(None)),
            "lanes": lanes,
            "ready": level(outcome.ready),
            "unacked": level(outcome.unacked),
            "workers": level(outcome.workers),
            "busy": outcome.busy,
            "slots_used": outcome.slots_used,
            "machine_hours": outcome.machine_hours,
            "cost": self.cost(),
            "returned": outcome.returned,
            "work_seconds": outcome.work_seconds,
            "lost_seconds": outcome.lost_seconds,
            "samples": samples.collect::<Vec<_>>(),
        })
    }

    /// What was played in two lines, how long jobs took, and how much there was of what.
    pub(super) fn table(&self) -> String {
        let outcome = self.outcome;
        let mut text = self.title() + "\n" + &self.means() + "\n\n";
        let head = ["", "JOBS", "MEAN", "P50", "P95", "P99", "MOST"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        let urgent = outcome.jobs.iter().any(|job| job.lane == Lane::Urgent);
        let lanes: &[(&str, Option<Lane>)] = if urgent {
            &[
                ("", None),
                (", urgent", Some(Lane::Urgent)),
                (", normal", Some(Lane::Normal)),
            ]
        } else {
            &[("", None)]
        };
        for (name, lane) in lanes {
            for (what, times) in [
                ("wait", outcome.waits(*lane)),
                ("latency", outcome.latencies(*lane)),
            ] {
                let mut row = vec![format!("{what}{name}"), times.count().to_string()];
                row.push(duration(times.mean()));
                row.extend([50, 95, 99].map(|percent| duration(times.percent(percent))));
                row.push(duration(times.most()));
                rows.push(row);
            }
        }
        text += &table::numbers(&rows);
        let mut rows = vec![["", "MEAN", "MOST"].map(str::to_owned).to_vec()];
        for (name, Level { mean, most }) in [
            ("waiting in the queue", outcome.ready),
            ("in hand", outcome.unacked),
            ("workers", outcome.workers),
        ] {
            rows.push(vec![
                name.to_owned(),
                format!("{mean:.1}"),
                most.to_string(),
            ]);
        }
        text.push('\n');
        text += &table::numbers(&rows);
        text.push('\n');
        text += &self.upshot();
        text
    }

    /// What comes, in a line.
    pub(super) fn title(&self) -> String {
        let Outcome { jobs, seconds, .. } = self.outcome;
        let come = self.come();
        let mut title = format!(
            "{} in {}, {} on average",
            count(jobs.len(), "job"),
            duration(come),
            rate(self.per_second())
        );
        if *seconds > come {
            let _infallible = write!(title, "; all done after {}", duration(*seconds));
        }
        title
    }

    /// Who works, in a line.
    fn means(&self) -> String {
        let Scenario {
            worker,
            fleet,
            articles,
            ..
        } = self.scenario;
        let fleet = match fleet {
            Fleet::Fixed(workers) => count(*workers, "worker"),
            Fleet::Scaled(scale) => format!(
                "{} to {}, one for each {}",
                scale.min,
                count(scale.max, "worker"),
                count(scale.value, "job")
            ),
        };
        format!(
            "{fleet}, {} each; an article takes {} alone; together they can do {}: load {:.2}",
            count(worker.slots, "slot"),
            duration(articles.mean()),
            rate(self.scenario.capacity()),
            self.load()
        )
    }

    /// How well they were used, and what it costs.
    fn upshot(&self) -> String {
        let Outcome {
            busy,
            slots_used,
            machine_hours,
            returned,
            lost_seconds,
            ..
        } = self.outcome;
        let mut text = format!(
            "workers were busy {:.0} % of their time, {:.0} % of the slots were in use; {machine_hours:.2} machine-hours",
            busy * 100.0,
            slots_used * 100.0
        );
        if let Some(cost) = self.cost() {
            let _infallible = write!(text, ", which cost {cost:.2}");
        }
        text.push('\n');
        if *returned > 0 {
            let _infallible = writeln!(
                text,
                "{} went back to the queue; {} of work were done for nothing",
                if *returned == 1 {
                    "1 delivery".to_owned()
                } else {
                    format!("{returned} deliveries")
                },
                duration(*lost_seconds)
            );
        }
        text
    }

    /// For how long jobs come, in seconds.
    fn come(&self) -> f64 {
        match &self.scenario.arrivals {
            Arrivals::Expected(expected) => expected.seconds,
            Arrivals::Recorded(_) => self.outcome.jobs.last().map_or(0.0, |job| job.at),
        }
    }

    /// How many come a second, on average.
    fn per_second(&self) -> f64 {
        let jobs = f64::from(u32::try_from(self.outcome.jobs.len()).unwrap_or(u32::MAX));
        let come = self.come();
        if come > 0.0 { jobs / come } else { 0.0 }
    }

    /// The share of what all workers could do that comes. Above 1, the queue grows for as long as jobs
    /// come.
    fn load(&self) -> f64 {
        self.per_second() / self.scenario.capacity()
    }

    fn cost(&self) -> Option<f64> {
        self.price.map(|price| price * self.outcome.machine_hours)
    }

    /// The pieces of the time.
    pub(super) fn samples(&self) -> &[Sample] {
        &self.outcome.samples
    }
}

fn times(times: &Quantiles) -> Value {
    json!({
        "mean": times.mean(),
        "p50": times.percent(50),
        "p95": times.percent(95),
        "p99": times.percent(99),
        "most": times.most(),
    })
}

/// A length of time in the unit that suits it, such as `8.0 min`.
fn duration(seconds: f64) -> String {
    match seconds {
        0.0..120.0 => format!("{seconds:.1} s"),
        120.0..7200.0 => format!("{:.1} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}

/// A rate in the unit that suits it, such as `7.5/min`.
fn rate(per_second: f64) -> String {
    if per_second >= 1.0 {
        format!("{per_second:.2}/s")
    } else if per_second * 60.0 >= 1.0 {
        format!("{:.2}/min", per_second * 60.0)
    } else {
        format!("{:.2}/h", per_second * 3600.0)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::capacity::arrivals::{Burst, Expected};
    use crate::capacity::scenario::Worker;
    use crate::capacity::service::{Articles, Curve};
    use crate::capacity::simulate;

    pub(in crate::cli::simulate) fn scenario() -> Scenario {
        Scenario {
            arrivals: Arrivals::Expected(Expected {
                per_second: 1.0 / 60.0,
                seconds: 3600.0,
                even: true,
                curve: Vec::new(),
                bursts: vec![Burst::Jobs {
                    at: 1200.0,
                    count: 40,
                }],
            }),
            urgent: 0.0,
            articles: Articles::Around {
                mean: 480.0,
                spread: 0.0,
            },
            worker: Worker {
                slots: 2,
                prefetch: 2,
                curve: Curve::default(),
                start_seconds: 30.0,
                grace_seconds: 20.0,
            },
            fleet: Fleet::Fixed(10),
            losses: Vec::new(),
            noticed_after: 0.0,
            seed: 1,
        }
    }

    fn table(scenario: &Scenario, price: Option<f64>) -> String {
        let outcome = &simulate(scenario).unwrap();
        let report = Report {
            scenario,
            outcome,
            price,
        };
        report.table()
    }

    #[test]
    fn the_table_says_what_was_played_and_what_came_of_it() {
        insta::assert_snapshot!(table(&scenario(), Some(0.5)));
    }

    #[test]
    fn lanes_and_losses_are_told_where_there_are_any() {
        let mut lossy = scenario();
        lossy.urgent = 0.2;
        lossy.losses = vec![1300.0];
        insta::assert_snapshot!(table(&lossy, None));
    }

    #[test]
    fn the_json_has_every_field_of_its_schema() {
        let scenario = &scenario();
        let outcome = &simulate(scenario).unwrap();
        let report = Report {
            scenario,
            outcome,
            price: Some(0.5),
        };
        let mut json = report.json();
        let samples = json["samples"].as_array_mut().unwrap();
        assert!(samples.len() > 240, "{}", samples.len());
        samples.truncate(1);
        assert_eq!(json["version"].take(), env!("CARGO_PKG_VERSION"));
        insta::assert_json_snapshot!(json);
    }

    #[test]
    fn times_and_rates_have_the_unit_that_suits_them() {
        assert_eq!(duration(0.25), "0.2 s");
        assert_eq!(duration(480.0), "8.0 min");
        assert_eq!(duration(90_000.0), "25.0 h");
        assert_eq!(rate(100.0), "100.00/s");
        assert_eq!(rate(0.125), "7.50/min");
        assert_eq!(rate(0.001), "3.60/h");
    }
}
