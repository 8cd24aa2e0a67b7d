//! The picture as JSON, for programs.

use serde_json::{Value, json};

use super::figures::Figures;
use super::fleet::{Picture, Speed, State, Worker};
use super::header;
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
    let (state, reason) = match &worker.state {
        State::Ready => ("ready", None),
        State::Draining => ("draining", None),
        State::NotReady(why) => ("not_ready", Some(why)),
        State::Unreachable(why) => ("unreachable", Some(why)),
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
        "reason": reason,
        "version": worker.version,
        "device": worker.device,
        "broker": worker.broker,
        "jobs_in_work": worker.in_work,
        "slots": worker.slots,
        "requests_waiting": worker.requests,
        "memory_bytes": worker.memory,
        "model_memory_bytes": worker.models,
        "device_memory_free_bytes": free,
        "device_memory_total_bytes": total,
        "since_start": speed(worker.since_start),
        "window": speed(worker.window),
    })
}

/// Seconds to the millisecond: more would say how the sum was made.
fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1000.0).round() / 1000.0
}

fn figures(figures: &Figures) -> Value {
    let steps: Vec<Value> = figures
        .steps
        .iter()
        .map(|step| {
            json!({
                "step": step.name,
                "count": step.count,
                "p50_seconds": milliseconds(step.p50.value),
                "p50_is_more": step.p50.beyond,
                "p95_seconds": milliseconds(step.p95.value),
                "p95_is_more": step.p95.beyond,
            })
        })
        .collect();
    let outcomes: Vec<Value> = figures
        .outcomes
        .iter()
        .map(|one| json!({"outcome": one.name, "reason": one.reason, "count": one.count}))
        .collect();
    let findings: Vec<Value> = figures
        .findings
        .iter()
        .map(|one| json!({"code": one.code, "severity": one.severity, "count": one.count}))
        .collect();
    json!({
        "seconds": figures.span.map(|span| span.as_secs_f64()),
        "jobs_per_minute": figures.jobs_per_minute,
        "tokens_per_second": figures.tokens_per_second,
        "results": figures.results,
        "needs_review": figures.needs_review,
        "needs_review_share": figures.review_share(),
        "steps": steps,
        "outcomes": outcomes,
        "findings": findings,
        "publish_failures": figures.publish_failures,
        "settlements_lost": figures.settlements_lost,
        "cache_hit_share": figures.cache,
    })
}
