//! Deliveries, their answers, and what is in the results.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::about::{About, Base, Kind, Many, counter, counters, histograms};

static ENDED: About = About {
    name: "presslate_jobs",
    kind: Kind::Counter,
    unit: None,
    labels: &["outcome", "reason"],
    help: "Deliveries that were settled, by how, and by the code of the error, or none",
};
static DURATION: About = About {
    name: "presslate_job_duration",
    kind: Kind::Histogram,
    unit: Some(Base::Seconds),
    labels: &["outcome"],
    help: "From a delivery to its settlement",
};
static WAIT: About = About {
    name: "presslate_queue_wait",
    kind: Kind::Histogram,
    unit: Some(Base::Seconds),
    labels: &["lane"],
    help: "From the producer's timestamp to the delivery; of messages that have one",
};
static REDELIVERED: About = About {
    name: "presslate_redeliveries",
    kind: Kind::Counter,
    unit: None,
    labels: &["lane"],
    help: "Deliveries that were not the first of their message",
};
static STAGE: About = About {
    name: "presslate_stage_duration",
    kind: Kind::Histogram,
    unit: Some(Base::Seconds),
    labels: &["stage", "target"],
    help: "Stages of jobs that have a result; target is a language, or none",
};
static RESULTS: About = About {
    name: "presslate_results",
    kind: Kind::Counter,
    unit: None,
    labels: &["status"],
    help: "Results, by whether something in them needs review",
};
static SEGMENTS: About = About {
    name: "presslate_segments",
    kind: Kind::Counter,
    unit: None,
    labels: &["target", "status"],
    help: "Segments of results in a target language",
};
static CACHE: About = About {
    name: "presslate_segment_cache_lookups",
    kind: Kind::Counter,
    unit: None,
    labels: &["outcome"],
    help: "Segments of results, by whether the worker had translated them before",
};
static FINDINGS: About = About {
    name: "presslate_findings",
    kind: Kind::Counter,
    unit: None,
    labels: &["code", "severity", "target"],
    help: "What the checks found in results",
};
static PUBLISHED: About = About {
    name: "presslate_publish_duration",
    kind: Kind::Histogram,
    unit: Some(Base::Seconds),
    labels: &[],
    help: "From publishing a final answer to the broker's confirmation",
};
static PUBLISH_FAILED: About = About {
    name: "presslate_publish_failures",
    kind: Kind::Counter,
    unit: None,
    labels: &["reason"],
    help: "Final answers that were not confirmed, and are published again",
};
static SETTLE_LOST: About = About {
    name: "presslate_settlements_lost",
    kind: Kind::Counter,
    unit: None,
    labels: &[],
    help: "Deliveries of whose end the broker could not be told: they come again",
};

pub(super) static ALL: &[&About] = &[
    &ENDED,
    &DURATION,
    &WAIT,
    &REDELIVERED,
    &STAGE,
    &RESULTS,
    &SEGMENTS,
    &CACHE,
    &FINDINGS,
    &PUBLISHED,
    &PUBLISH_FAILED,
    &SETTLE_LOST,
];

/// What stands in a label where there is nothing to say.
pub(super) const NONE: &str = "none";

/// Metrics of deliveries and results.
#[derive(Debug)]
pub struct JobMetrics {
    ended: Many<Counter>,
    duration: Many<Histogram>,
    wait: Many<Histogram>,
    redelivered: Many<Counter>,
    stage: Many<Histogram>,
    results: Many<Counter>,
    segments: Many<Counter>,
    cache: Many<Counter>,
    findings: Many<Counter>,
    published: Histogram,
    publish_failed: Many<Counter>,
    settle_lost: Counter,
}

/// A job takes from a second, for a brief on a GPU, to a quarter of an hour.
fn minutes() -> Histogram {
    Histogram::new([
        0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 240.0, 480.0, 900.0, 1800.0,
    ])
}

/// A wait is a moment, or the whole backlog.
fn hours() -> Histogram {
    Histogram::new([
        0.1, 0.5, 1.0, 5.0, 15.0, 30.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 14_400.0, 86_400.0,
    ])
}

/// A broker answers in milliseconds, and under an alarm in minutes.
fn moments() -> Histogram {
    Histogram::new([
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 120.0,
    ])
}

impl JobMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let published = moments();
        PUBLISHED.register(registry, published.clone());
        let metrics = Self {
            ended: counters(registry, &ENDED),
            duration: histograms(registry, &DURATION, minutes),
            wait: histograms(registry, &WAIT, hours),
            redelivered: counters(registry, &REDELIVERED),
            stage: histograms(registry, &STAGE, minutes),
            results: counters(registry, &RESULTS),
            segments: counters(registry, &SEGMENTS),
            cache: counters(registry, &CACHE),
            findings: counters(registry, &FINDINGS),
            published,
            publish_failed: counters(registry, &PUBLISH_FAILED),
            settle_lost: counter(registry, &SETTLE_LOST),
        };
        metrics.start();
        metrics
    }

    /// Counters that are watched for their first rise begin at 0: from nothing to 1 is no rise to
    /// Prometheus.
    fn start(&self) {
        for outcome in [
            "done",
            "duplicate",
            "waiting",
            "isolated",
            "returned",
            "given_away",
        ] {
            drop(self.ended.of(&[outcome, NONE]));
        }
        for lane in ["normal", "urgent", "suspect"] {
            drop(self.redelivered.of(&[lane]));
        }
        for status in ["ok", "needs_review"] {
            drop(self.results.of(&[status]));
        }
        for outcome in ["hit", "miss"] {
            drop(self.cache.of(&[outcome]));
        }
        for reason in [
            "lost",
            "refused",
            "unroutable",
            "not_accepted",
            "too_large",
            "not_confirmed",
            "timeout",
        ] {
            drop(self.publish_failed.of(&[reason]));
        }
    }

    /// Deliveries may be settled so, for this reason: they are counted from 0.
    pub fn may_end(&self, outcome: &str, reason: &str) {
        drop(self.ended.of(&[outcome, reason]));
    }

    /// A delivery came that its producer sent `waited` ago, where that is known.
    pub fn delivered(&self, lane: &str, waited: Option<Duration>) {
        if let Some(waited) = waited {
            self.wait.of(&[lane]).observe(waited.as_secs_f64());
        }
    }

    /// A delivery was not the first of its message.
    pub fn redelivered(&self, lane: &str) {
        self.redelivered.of(&[lane]).inc();
    }

    /// A delivery was settled, `took` after it came.
    pub fn ended(&self, outcome: &str, reason: Option<&str>, took: Duration) {
        self.ended.of(&[outcome, reason.unwrap_or(NONE)]).inc();
        self.duration.of(&[outcome]).observe(took.as_secs_f64());
    }

    /// A stage of a job took so long. `stage` is as results name it: `clean`, `load:<model>`,
    /// `translate:ko`.
    pub fn stage(&self, stage: &str, took: Duration) {
        let (stage, detail) = stage.split_once(':').unwrap_or((stage, NONE));
        // A model's name would be one more label for what `presslate_model_load_duration_seconds` says.
        let target = if stage == "load" { NONE } else { detail };
        self.stage.of(&[stage, target]).observe(took.as_secs_f64());
    }

    /// There is a result.
    pub fn result(&self, needs_review: bool) {
        let status = if needs_review { "needs_review" } else { "ok" };
        self.results.of(&[status]).inc();
    }

    /// A result has a segment in a target language.
    pub fn segment(&self, target: &str, status: &str) {
        self.segments.of(&[target, status]).inc();
    }

    /// Segments of a result were taken over, or had to be translated.
    pub fn looked_up(&self, hits: u64, misses: u64) {
        self.cache.of(&["hit"]).inc_by(hits);
        self.cache.of(&["miss"]).inc_by(misses);
    }

    /// The checks found something in a result; `target` is a language, or `None` for a summary in the
    /// article's own.
    pub fn finding(&self, code: &str, severity: &str, target: Option<&str>) {
        let target = target.unwrap_or(NONE);
        self.findings.of(&[code, severity, target]).inc();
    }

    /// A final answer is safe on the broker.
    pub fn published(&self, took: Duration) {
        self.published.observe(took.as_secs_f64());
    }

    /// A final answer was not confirmed.
    pub fn publish_failed(&self, reason: &str) {
        self.publish_failed.of(&[reason]).inc();
    }

    /// The broker could not be told of a delivery's end.
    pub fn settle_lost(&self) {
        self.settle_lost.inc();
    }
}
