//! What is counted and measured, for Prometheus. `deploy/METRICS.md` is the reference, made of the
//! descriptions here ([`reference()`]).
//!
//! Labels have few values, all of them known before a job comes: no ids, nothing of an article.

mod about;
mod device;
mod engine;
mod jobs;
mod now;
mod process;

use std::sync::Arc;

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use about::About;
pub use engine::{EngineMetrics, Phase};
pub use jobs::JobMetrics;
pub use now::{Broker, DeviceMemory, Now};

/// The media type of what [`Metrics::render`] gives.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All metrics of a process. Clones are the same metrics.
#[derive(Debug, Clone, Default)]
pub struct Metrics(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    registry: Registry,
    jobs: JobMetrics,
    engine: EngineMetrics,
    now: now::Gauges,
}

impl Default for Inside {
    fn default() -> Self {
        let mut registry = Registry::default();
        Self {
            jobs: JobMetrics::new(&mut registry),
            engine: EngineMetrics::new(&mut registry),
            now: now::Gauges::new(&mut registry),
            registry,
        }
    }
}

impl Metrics {
    /// Those of deliveries and results.
    pub fn jobs(&self) -> &JobMetrics {
        &self.0.jobs
    }

    /// Those of models.
    pub fn engine(&self) -> &EngineMetrics {
        &self.0.engine
    }

    /// Everything in the text format of `OpenMetrics` ([`MEDIA_TYPE`]), with how things stand `now`.
    pub fn render(&self, now: &Now) -> String {
        self.0.now.set(now);
        let mut text = String::new();
        // Writing to a string cannot fail.
        if let Err(error) = encode(&mut text, &self.0.registry) {
            tracing::error!(%error, "the metrics cannot be written");
        }
        text
    }
}

/// The reference of all metrics, as a table in Markdown: name, type, labels and meaning.
pub fn reference() -> String {
    let rows = all().map(|about| {
        let labels: Vec<String> = about
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        let labels = if labels.is_empty() {
            "–".to_owned()
        } else {
            labels.join(", ")
        };
        let (name, kind, help) = (about.full_name(), about.kind.name(), about.help);
        format!("| `{name}` | {kind} | {labels} | {help} |\n")
    });
    let head = "| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n".to_owned();
    std::iter::once(head).chain(rows).collect()
}

fn all() -> impl Iterator<Item = &'static About> {
    jobs::ALL
        .iter()
        .chain(engine::ALL)
        .chain(now::ALL)
        .chain(device::ALL)
        .chain(process::ALL)
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_described_once_and_named_by_convention() {
        let names: Vec<String> = all().map(About::full_name).collect();
        for (at, name) in names.iter().enumerate() {
            assert!(!names[..at].contains(name), "{name} is there twice");
            let known = ["presslate_", "process_"]
                .iter()
                .any(|start| name.starts_with(start));
            assert!(known, "{name}");
        }
        for about in all() {
            assert!(!about.help.ends_with('.'), "{}: {}", about.name, about.help);
        }
    }

    #[test]
    fn what_is_rendered_ends_as_the_format_wants_and_starts_from_nought() {
        let metrics = Metrics::default();
        let text = metrics.render(&Now::default());
        assert!(text.ends_with("# EOF\n"), "{text}");
        for line in [
            "presslate_jobs_total{outcome=\"done\",reason=\"none\"} 0",
            "presslate_redeliveries_total{lane=\"urgent\"} 0",
            "presslate_publish_failures_total{reason=\"lost\"} 0",
        ] {
            assert!(text.contains(line), "{line} is missing from\n{text}");
        }
    }

    #[test]
    fn clones_count_together() {
        let metrics = Metrics::default();
        metrics.clone().jobs().redelivered("normal");
        let text = metrics.render(&Now::default());
        assert!(
            text.contains("presslate_redeliveries_total{lane=\"normal\"} 1"),
            "{text}"
        );
    }
}
