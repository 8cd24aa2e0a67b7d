//! What counters say: how fast, how long, how it ended, what was found.

use std::collections::BTreeMap;
use std::time::Duration;

use super::histogram::Quantile;
use super::scrape::{Labels, Metrics};

/// What counters grew by, as people read it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Figures {
    /// Over how long; `None` for "since the workers started", which is not the same for all.
    pub(super) span: Option<Duration>,
    /// Jobs that were answered, whatever the answer, a minute.
    pub(super) jobs_per_minute: f64,
    /// Tokens written, a second.
    pub(super) tokens_per_second: f64,
    /// Results, and how many of them need review.
    pub(super) results: f64,
    pub(super) needs_review: f64,
    /// Longest way first: in a queue, each stage, the way out, all of it.
    pub(super) steps: Vec<Step>,
    /// How deliveries ended, in the order of [`OUTCOMES`].
    pub(super) outcomes: Vec<Outcome>,
    /// What checks found, most frequent first.
    pub(super) findings: Vec<Finding>,
    /// Publishes that failed, by reason.
    pub(super) publish_failures: BTreeMap<String, f64>,
    /// Acknowledgements that the broker did not get.
    pub(super) settlements_lost: f64,
    /// Segments taken over from earlier ones, of those looked for.
    pub(super) cache: Option<f64>,
}

/// How long something takes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) count: f64,
    /// Seconds: out of their sum, and so exact.
    pub(super) mean: f64,
    /// Seconds.
    pub(super) p50: Quantile,
    pub(super) p95: Quantile,
}

/// How deliveries ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outcome {
    pub(super) name: String,
    /// Empty where there is nothing to give a reason for.
    pub(super) reason: String,
    pub(super) count: f64,
}

/// What checks found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    pub(super) code: String,
    pub(super) severity: String,
    pub(super) count: f64,
}

/// What a worker did, in so far as it is shown for each.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Pace {
    pub(super) jobs: f64,
    pub(super) tokens: f64,
    pub(super) passes: f64,
    pub(super) rows: f64,
}

/// Outcomes that answer a job.
const ANSWERED: [&str; 3] = ["done", "failed", "called_off"];
/// Outcomes in the order in which they are shown; others come after.
const OUTCOMES: [&str; 10] = [
    "done",
    "failed",
    "called_off",
    "retried",
    "duplicate",
    "waiting",
    "isolated",
    "returned",
    "given_away",
    "",
];
/// Stages in the order of a job's way; others come after.
const STAGES: [&str; 7] = [
    "clean",
    "detect",
    "segment",
    "load",
    "extract",
    "summarise",
    "translate",
];

impl Pace {
    /// Reads it from what counters grew by.
    pub(super) fn of(growth: &Metrics) -> Self {
        Self {
            jobs: growth.sum("presslate_jobs_total", |labels| {
                ANSWERED.contains(&labels.get("outcome"))
            }),
            tokens: growth.sum("presslate_tokens_total", |labels| {
                labels.get("kind") == "generated"
            }),
            passes: growth.sum("presslate_batch_rows_count", |_| true),
            rows: growth.sum("presslate_batch_rows_sum", |_| true),
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            jobs: self.jobs + other.jobs,
            tokens: self.tokens + other.tokens,
            passes: self.passes + other.passes,
            rows: self.rows + other.rows,
        }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            jobs: self.jobs - other.jobs,
            tokens: self.tokens - other.tokens,
            passes: self.passes - other.passes,
            rows: self.rows - other.rows,
        }
    }
}

impl Figures {
    /// Reads everything but the rates, which depend on how long it took each worker.
    pub(super) fn of(growth: &Metrics, span: Option<Duration>) -> Self {
        let status = |wanted: &'static str| {
            growth.sum("presslate_results_total", move |labels| {
                labels.get("status") == wanted
            })
        };
        let lookups = |wanted: &'static str| {
            growth.sum("presslate_segment_cache_lookups_total", move |labels| {
                labels.get("outcome") == wanted
            })
        };
        let (hits, misses) = (lookups("hit"), lookups("miss"));
        let (ok, needs_review) = (status("ok"), status("needs_review"));
        Self {
            span,
            jobs_per_minute: 0.0,
            tokens_per_second: 0.0,
            results: ok + needs_review,
            needs_review,
            steps: steps(growth),
            outcomes: outcomes(growth),
            findings: findings(growth),
            publish_failures: by(growth, "presslate_publish_failures_total", |labels| {
                labels.get("reason").to_owned()
            }),
            settlements_lost: growth.sum("presslate_settlements_lost_total", |_| true),
            cache: (hits + misses > 0.0).then(|| hits / (hits + misses)),
        }
    }

    /// The share of results that need review; `None` without results.
    pub(super) fn review_share(&self) -> Option<f64> {
        (self.results > 0.0).then(|| self.needs_review / self.results)
    }
}

fn by<K: Ord>(growth: &Metrics, name: &str, key: impl Fn(&Labels) -> K) -> BTreeMap<K, f64> {
    let mut sums = BTreeMap::new();
    for (labels, value) in growth.series(name).filter(|(_, value)| *value > 0.0) {
        *sums.entry(key(labels)).or_insert(0.0) += value;
    }
    sums
}

/// Names the step that a series is of.
type Key<'a> = &'a dyn Fn(&Labels) -> String;

fn steps(growth: &Metrics) -> Vec<Step> {
    let place = |stage: &str| {
        let known = STAGES.iter().position(|known| *known == stage);
        known.unwrap_or(STAGES.len())
    };
    // The place goes before the name, so that what is sorted by key comes in the order of the way.
    let families: [(&str, Key<'_>); 4] = [
        ("presslate_queue_wait_seconds", &|labels| {
            format!("wait {}", labels.get("lane"))
        }),
        ("presslate_stage_duration_seconds", &|labels| {
            let (stage, target) = (labels.get("stage"), labels.get("target"));
            let place = place(stage);
            match target {
                "" | "none" => format!("{place}\t{stage}"),
                target => format!("{place}\t{stage}:{target}"),
            }
        }),
        ("presslate_publish_duration_seconds", &|_| {
            "publish".to_owned()
        }),
        ("presslate_job_duration_seconds", &|labels| {
            format!("job {}", labels.get("outcome"))
        }),
    ];
    let mut steps = Vec::new();
    for (name, key) in families {
        let sums = by(growth, &format!("{name}_sum"), key);
        for (key, histogram) in growth.histograms(name, key) {
            let (Some(p50), Some(p95)) = (histogram.quantile(0.5), histogram.quantile(0.95)) else {
                continue;
            };
            let name = key.split_once('\t').map_or(key.as_str(), |(_, name)| name);
            steps.push(Step {
                name: name.to_owned(),
                count: histogram.count(),
                mean: sums.get(&key).copied().unwrap_or(0.0) / histogram.count(),
                p50,
                p95,
            });
        }
    }
    steps
}

fn outcomes(growth: &Metrics) -> Vec<Outcome> {
    let place = |outcome: &str| {
        let known = OUTCOMES.iter().position(|known| *known == outcome);
        known.unwrap_or(OUTCOMES.len())
    };
    let sums = by(growth, "presslate_jobs_total", |labels| {
        let reason = Some(labels.get("reason")).filter(|reason| *reason != "none");
        let outcome = labels.get("outcome");
        (
            place(outcome),
            outcome.to_owned(),
            reason.unwrap_or_default().to_owned(),
        )
    });
    sums.into_iter()
        .map(|((_, name, reason), count)| Outcome {
            name,
            reason,
            count,
        })
        .collect()
}

fn findings(growth: &Metrics) -> Vec<Finding> {
    let sums = by(growth, "presslate_findings_total", |labels| {
        (
            labels.get("code").to_owned(),
            labels.get("severity").to_owned(),
        )
    });
    let mut findings: Vec<Finding> = sums
        .into_iter()
        .map(|((code, severity), count)| Finding {
            code,
            severity,
            count,
        })
        .collect();
    findings.sort_by(|a, b| b.count.total_cmp(&a.count));
    findings
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "whole numbers are exact")]

    use super::*;

    fn figures(text: &str) -> Figures {
        Figures::of(&Metrics::parse(text).unwrap(), None)
    }

    #[test]
    fn a_pace_counts_answers_and_what_was_written() {
        let pace = Pace::of(
            &Metrics::parse(
                r#"
presslate_jobs_total{outcome="done",reason="none"} 7
presslate_jobs_total{outcome="failed",reason="deadline"} 1
presslate_jobs_total{outcome="retried",reason="model_failed"} 100
presslate_jobs_total{outcome="duplicate",reason="none"} 100
presslate_tokens_total{model="m",kind="prompt"} 1000
presslate_tokens_total{model="m",kind="generated"} 30
presslate_tokens_total{model="n",kind="generated"} 12
presslate_batch_rows_sum{model="m"} 40
presslate_batch_rows_count{model="m"} 10
"#,
            )
            .unwrap(),
        );
        let expected = Pace {
            jobs: 8.0,
            tokens: 42.0,
            passes: 10.0,
            rows: 40.0,
        };
        assert_eq!(pace, expected);
        assert_eq!(pace.plus(pace).minus(pace), pace);
    }

    #[test]
    fn steps_come_in_the_order_of_a_jobs_way() {
        let mut text = String::new();
        for (name, labels) in [
            ("presslate_job_duration_seconds", r#"outcome="done","#),
            (
                "presslate_stage_duration_seconds",
                r#"stage="translate",target="ru","#,
            ),
            (
                "presslate_stage_duration_seconds",
                r#"stage="translate",target="ko","#,
            ),
            (
                "presslate_stage_duration_seconds",
                r#"stage="another",target="none","#,
            ),
            (
                "presslate_stage_duration_seconds",
                r#"stage="clean",target="none","#,
            ),
            ("presslate_queue_wait_seconds", r#"lane="normal","#),
            ("presslate_publish_duration_seconds", ""),
        ] {
            for line in [
                format!("{name}_bucket{{{labels}le=\"1.0\"}} 2"),
                format!("{name}_bucket{{{labels}le=\"+Inf\"}} 2"),
                format!("{name}_sum{{{labels}}} 0.5"),
            ] {
                text.push_str(&line);
                text.push('\n');
            }
        }
        let steps = figures(&text).steps;
        let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "wait normal",
                "clean",
                "translate:ko",
                "translate:ru",
                "another",
                "publish",
                "job done"
            ]
        );
        assert_eq!((steps[0].p50.over, steps[0].p50.at_most), (0.0, Some(1.0)));
        assert_eq!(steps[0].count, 2.0);
        assert_eq!(steps[0].mean, 0.25);
    }

    #[test]
    fn outcomes_have_a_reason_where_there_is_one_and_nothing_that_did_not_happen() {
        let found = figures(
            r#"
presslate_jobs_total{outcome="retried",reason="model_failed"} 2
presslate_jobs_total{outcome="failed",reason="poison"} 1
presslate_jobs_total{outcome="done",reason="none"} 7
presslate_jobs_total{outcome="called_off",reason="expired"} 0
"#,
        );
        let outcomes: Vec<_> = found
            .outcomes
            .iter()
            .map(|one| (one.name.as_str(), one.reason.as_str(), one.count))
            .collect();
        assert_eq!(
            outcomes,
            [
                ("done", "", 7.0),
                ("failed", "poison", 1.0),
                ("retried", "model_failed", 2.0)
            ]
        );
    }

    #[test]
    fn findings_of_both_languages_are_one_line_and_the_most_frequent_comes_first() {
        let found = figures(
            r#"
presslate_findings_total{code="number",severity="error",target="ko"} 2
presslate_findings_total{code="number",severity="error",target="ru"} 3
presslate_findings_total{code="name",severity="notice",target="ko"} 9
"#,
        );
        let findings: Vec<_> = found
            .findings
            .iter()
            .map(|one| (one.code.as_str(), one.count))
            .collect();
        assert_eq!(findings, [("name", 9.0), ("number", 5.0)]);
    }

    #[test]
    fn shares_are_none_as_long_as_there_is_nothing_to_share() {
        let none = figures("presslate_slots 2");
        assert_eq!((none.review_share(), none.cache), (None, None));
        let some = figures(
            r#"
presslate_results_total{status="ok"} 3
presslate_results_total{status="needs_review"} 1
presslate_segment_cache_lookups_total{outcome="hit"} 1
presslate_segment_cache_lookups_total{outcome="miss"} 3
"#,
        );
        assert_eq!((some.review_share(), some.cache), (Some(0.25), Some(0.25)));
    }
}
