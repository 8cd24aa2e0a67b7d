//! The picture as JSON, for programs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::figures::Figures;
use super::fleet::{Picture, Speed, State, Worker};
use super::header;
use super::histogram::Quantile;
use super::management::Queue;
use super::panel::bare;
use super::panels::Scope;

/// The picture on one line.
pub(super) fn text(picture: &Picture) -> String {
    let jobs: Vec<Value> = picture
        .jobs
        .iter()
        .map(|(worker, job)| {
            json!({
                "worker": worker,
                "job": job.id,
                "lane": job.lane,
                "attempt": job.attempt,
                "stage": job.stage,
                "segments_done": job.done,
                "segments_total": job.total,
                "tokens": job.tokens,
                "seconds": job.seconds,
                "in_stage_seconds": job.in_stage,
            })
        })
        .collect();
    let broker = match &picture.broker {
        None => Value::Null,
        Some(Err(why)) => json!({"error": why}),
        Some(Ok(broker)) => json!({
            "product": broker.product,
            "alarms": broker.alarms,
            "queues": broker.queues.iter().map(queue).collect::<Vec<_>>(),
        }),
    };
    let alerts: Vec<String> = header::alerts(picture, Scope::Window)
        .iter()
        .map(|line| bare(line))
        .collect();
    let picture = json!({
        "time": picture.unix,
        "alerts": alerts,
        "workers_ready": picture.ready(),
        "oldest_job_seconds": picture.lag(),
        "workers": picture.workers.iter().map(worker).collect::<Vec<_>>(),
        "jobs": jobs,
        "broker": broker,
        "since_start": figures(&picture.since_start),
        "window": picture.window.as_ref().map(figures),
    });
    format!("{picture}\n")
}

fn queue(queue: &Queue) -> Value {
    match queue.counts {
        None => json!({"queue": queue.name, "there": false}),
        Some(counts) => json!({
            "queue": queue.name,
            "there": true,
            "ready": counts.ready,
            "unacked": counts.unacked,
            "consumers": counts.consumers,
            "in_per_second": counts.incoming,
            "out_per_second": counts.outgoing,
        }),
    }
}

fn worker(worker: &Worker) -> Value {
    let state = match &worker.state {
        State::Ready => "ready",
        State::Draining => "draining",
        State::NotReady(_) => "not_ready",
        State::Unreachable(_) => "unreachable",
    };
    let speed = |speed: Option<Speed>| {
        speed.map(|speed| {
            json!({
                "jobs_per_minute": speed.jobs_per_minute,
                "tokens_per_second": speed.tokens_per_second,
                "batch_rows": speed.rows,
            })
        })
    };
    let (free, total) = worker.device_memory.unzip();
    json!({
        "worker": worker.address,
        "state": state,
        "reasons": worker.state.reasons(),
        "version": worker.version,
        "device": worker.device,
        "broker": worker.broker,
        "jobs_in_work": whole(worker.in_work),
        "slots": whole(worker.slots),
        "requests_waiting": whole(worker.requests),
        "memory_bytes": whole(worker.memory),
        "model_memory_bytes": whole(worker.models),
        "device_memory_free_bytes": free.map(whole),
        "device_memory_total_bytes": total.map(whole),
        "since_start": speed(worker.since_start),
        "window": speed(worker.window),
    })
}

/// Seconds to the millisecond: more would say how the sum was made.
fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

/// A count or bytes, which come as any number does.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what does not fit becomes the nearest that does"
)]
fn whole(number: f64) -> u64 {
    number.round() as u64
}

/// What a histogram knows of a percentile: its bucket.
fn quantile(quantile: Quantile) -> Value {
    json!({
        "over_seconds": quantile.over,
        "at_most_seconds": quantile.at_most,
        "interpolated_seconds": quantile.interpolated.map(milliseconds),
    })
}

fn figures(figures: &Figures) -> Value {
    let steps: Vec<Value> = figures
        .steps
        .iter()
        .map(|step| {
            json!({
                "step": step.name,
                "count": whole(step.count),
                "mean_seconds": milliseconds(step.mean),
                "p50": quantile(step.p50),
                "p95": quantile(step.p95),
            })
        })
        .collect();
    let outcomes: Vec<Value> = figures
        .outcomes
        .iter()
        .map(|one| {
            let reason = Some(&one.reason).filter(|reason| !reason.is_empty());
            json!({"outcome": one.name, "reason": reason, "count": whole(one.count)})
        })
        .collect();
    let findings: Vec<Value> = figures
        .findings
        .iter()
        .map(|one| json!({"code": one.code, "severity": one.severity, "count": whole(one.count)}))
        .collect();
    let publish_failures: BTreeMap<&String, u64> = figures
        .publish_failures
        .iter()
        .map(|(reason, failures)| (reason, whole(*failures)))
        .collect();
    json!({
        "seconds": figures.span.map(|span| span.as_secs_f64()),
        "jobs_per_minute": figures.jobs_per_minute,
        "tokens_per_second": figures.tokens_per_second,
        "results": whole(figures.results),
        "needs_review": whole(figures.needs_review),
        "needs_review_share": figures.review_share(),
        "steps": steps,
        "outcomes": outcomes,
        "findings": findings,
        "publish_failures": publish_failures,
        "settlements_lost": whole(figures.settlements_lost),
        "cache_hit_share": figures.cache,
    })
}
