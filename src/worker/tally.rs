//! Counts what is in a result.

use std::time::Duration;

use crate::job::wire::{ResultMessage, SegmentResult, SegmentStatus, Severity, Summary};
use crate::telemetry::metrics::JobMetrics;

/// Counts the stages, segments and findings of a result.
pub(super) fn count(result: &ResultMessage, metrics: &JobMetrics) {
    metrics.result(result.status == SegmentStatus::NeedsReview);
    for timing in &result.timings {
        let took = Duration::try_from_secs_f64(timing.seconds).unwrap_or_default();
        metrics.stage(&timing.stage, took);
    }
    let segments = &result.segments;
    let misses = segments.translated.saturating_sub(segments.reused);
    metrics.looked_up(segments.reused, misses);
    for segment in parts(result.summary.as_ref()) {
        findings(segment, None, metrics);
    }
    for target in &result.targets {
        let lang = target.lang.tag();
        let sections = target.sections.iter().flat_map(|section| &section.segments);
        for segment in parts(target.summary.as_ref()).chain(sections) {
            metrics.segment(lang, status(segment.status));
            findings(segment, Some(lang), metrics);
        }
    }
}

fn parts(summary: Option<&Summary>) -> impl Iterator<Item = &SegmentResult> {
    summary.into_iter().flat_map(|summary| &summary.segments)
}

fn findings(segment: &SegmentResult, target: Option<&str>, metrics: &JobMetrics) {
    for finding in &segment.findings {
        let severity = match finding.severity {
            Severity::Notice => "notice",
            Severity::Error => "error",
        };
        metrics.finding(&finding.code, severity, target);
    }
}

fn status(status: SegmentStatus) -> &'static str {
    match status {
        SegmentStatus::Ok => "ok",
        SegmentStatus::Retried => "retried",
        SegmentStatus::NeedsReview => "needs_review",
    }
}
