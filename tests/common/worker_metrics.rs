//! What the admin ports of a fleet, and the broker's management API, would say some seconds after
//! the fleet was started: the same for the same second.

use std::fmt::Write;

const BOUNDS: [f64; 10] = [0.01, 0.05, 0.25, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];

/// `/metrics` of a worker that was started at the Unix time `started`, in the newer format or the
/// older.
pub(crate) fn metrics(worker: u32, started: f64, second: f64, open: bool) -> String {
    let mut text = Text {
        text: String::new(),
        open,
    };
    let pace = 9.0 + 2.0 * f64::from(worker);
    let done = (second / pace).floor();
    let device = if worker == 1 { "cuda:0" } else { "cpu" };
    text.gauge(
        "presslate_build_info",
        &[("version", "0.1.0"), ("device", device)],
        1.0,
    );
    text.jobs(done, pace);
    text.work(started, second);
    text.checked(done);
    text.engine(second);
    text.machine(worker, started, device);
    if open {
        text.text.push_str("# EOF\n");
    }
    text.text
}

/// `/ready` of a worker: status and body.
pub(crate) fn ready(worker: u32) -> (u16, &'static str) {
    if worker == 2 {
        (503, r#"{"ready":false,"reasons":["loading starter-ko"]}"#)
    } else {
        (200, r#"{"ready":true,"reasons":[]}"#)
    }
}

/// `/jobs` of a worker.
pub(crate) fn jobs(worker: u32, second: f64) -> String {
    let mut jobs = Vec::new();
    for (slot, stage, total) in [(0, "translate:ko", 40.0), (1, "summarise", 0.0)] {
        let offset = f64::from(slot) * 3.5 + f64::from(worker) * 2.7 + 1.3;
        let in_stage = (second + offset) % 8.0;
        let done = (total * in_stage / 8.0).floor();
        let number = 100.0 * f64::from(worker) + (second / 8.0).floor() * 2.0 + f64::from(slot);
        let lane = if slot == 1 { "urgent" } else { "normal" };
        let attempt = 1 + u32::from(worker == 1 && slot == 1);
        let (tokens, seconds) = ((in_stage * 70.0).floor(), in_stage + 4.0);
        jobs.push(format!(
            r#"{{"job":"a-{number}","lane":"{lane}","attempt":{attempt},"stage":"{stage}","segments_done":{done},"segments_total":{total},"tokens":{tokens},"seconds":{seconds:.1},"in_stage_seconds":{in_stage:.1}}}"#
        ));
    }
    format!(r#"{{"jobs":[{}]}}"#, jobs.join(","))
}

/// `/api/queues/VHOST` of the broker.
pub(crate) fn queues(second: f64) -> String {
    let ready = (120.0 - second % 240.0).abs().floor();
    format!(
        r#"[{{"name":"presslate.jobs","messages_ready":{ready},"messages_unacknowledged":5,"consumers":3,
"message_stats":{{"publish_details":{{"rate":0.4}},"ack_details":{{"rate":0.3}}}}}},
{{"name":"presslate.jobs.urgent","messages_ready":0,"messages_unacknowledged":1,"consumers":3}},
{{"name":"presslate.results","messages_ready":3,"messages_unacknowledged":0,"consumers":1,
"message_stats":{{"publish_details":{{"rate":0.3}},"ack_details":{{"rate":0.3}}}}}},
{{"name":"presslate.dead","messages_ready":2,"messages_unacknowledged":0,"consumers":0}},
{{"name":"presslate.suspects","messages_ready":0,"messages_unacknowledged":0,"consumers":3}},
{{"name":"presslate.retry.30s","messages_ready":1,"messages_unacknowledged":0,"consumers":0}}]"#
    )
}

struct Text {
    text: String,
    open: bool,
}

impl Text {
    fn jobs(&mut self, done: f64, pace: f64) {
        let every = |nth: f64| (done / nth).floor();
        for (outcome, reason, count) in [
            ("done", "none", done),
            ("failed", "deadline", every(40.0)),
            ("failed", "poison", every(90.0)),
            ("retried", "model_failed", every(25.0)),
            ("called_off", "cancelled", every(33.0)),
            ("duplicate", "none", every(50.0)),
        ] {
            let labels = [("outcome", outcome), ("reason", reason)];
            self.counter("presslate_jobs_total", &labels, count);
        }
        self.histogram(
            "presslate_job_duration_seconds",
            &[("outcome", "done")],
            done,
            pace,
        );
        self.histogram(
            "presslate_queue_wait_seconds",
            &[("lane", "normal")],
            done,
            40.0,
        );
        self.histogram(
            "presslate_queue_wait_seconds",
            &[("lane", "urgent")],
            every(10.0),
            0.8,
        );
        for (stage, target, seconds) in [
            ("clean", "none", 0.02),
            ("summarise", "none", pace * 0.3),
            ("translate", "ko", pace * 0.4),
            ("translate", "ru", pace * 0.25),
        ] {
            let labels = [("stage", stage), ("target", target)];
            self.histogram("presslate_stage_duration_seconds", &labels, done, seconds);
        }
        self.histogram("presslate_publish_duration_seconds", &[], done, 0.02);
    }

    fn work(&mut self, started: f64, second: f64) {
        self.gauge("presslate_slots", &[], 2.0);
        self.gauge("presslate_jobs_in_work", &[], 2.0);
        self.gauge(
            "presslate_oldest_job_timestamp_seconds",
            &[],
            started + second - 42.0,
        );
        self.gauge(
            "presslate_requests_waiting",
            &[],
            (second * 7.0 % 23.0).floor(),
        );
    }

    fn checked(&mut self, done: f64) {
        let every = |nth: f64| (done / nth).floor();
        self.counter(
            "presslate_results_total",
            &[("status", "ok")],
            done - every(12.0),
        );
        self.counter(
            "presslate_results_total",
            &[("status", "needs_review")],
            every(12.0),
        );
        for (code, severity, target, nth) in [
            ("number_missing", "error", "ko", 14.0),
            ("number_missing", "error", "ru", 20.0),
            ("name_changed", "error", "ko", 18.0),
            ("quotation_unclosed", "notice", "ru", 30.0),
            ("summary_unsupported", "notice", "none", 16.0),
        ] {
            let labels = [("code", code), ("severity", severity), ("target", target)];
            self.counter("presslate_findings_total", &labels, every(nth));
        }
        self.counter(
            "presslate_segment_cache_lookups_total",
            &[("outcome", "hit")],
            done * 2.0,
        );
        self.counter(
            "presslate_segment_cache_lookups_total",
            &[("outcome", "miss")],
            done * 38.0,
        );
        self.counter(
            "presslate_publish_failures_total",
            &[("reason", "not_confirmed")],
            every(60.0),
        );
    }

    fn engine(&mut self, second: f64) {
        for state in ["connecting", "up", "blocked", "down"] {
            let here = f64::from(u8::from(state == "up"));
            self.gauge("presslate_broker_state", &[("state", state)], here);
        }
        self.gauge("presslate_drain_started_timestamp_seconds", &[], 0.0);
        for (model, share) in [
            ("starter-summary", 0.4),
            ("starter-ko", 0.35),
            ("starter-ru", 0.25),
        ] {
            let tokens = (second * 90.0 * share).floor();
            let labels = [("model", model), ("kind", "generated")];
            self.counter("presslate_tokens_total", &labels, tokens);
            self.histogram(
                "presslate_batch_rows",
                &[("model", model)],
                (tokens / 6.0).floor(),
                8.0,
            );
            self.gauge(
                "presslate_model_memory_bytes",
                &[("model", model)],
                6e8 * share,
            );
        }
    }

    fn machine(&mut self, worker: u32, started: f64, device: &str) {
        let (all, free) = if worker == 1 {
            (8.4e10, 6.1e10)
        } else {
            (1.6e10, 9.1e9)
        };
        self.gauge(
            "presslate_device_memory_total_bytes",
            &[("device", device)],
            all,
        );
        self.gauge(
            "presslate_device_memory_free_bytes",
            &[("device", device)],
            free,
        );
        self.gauge(
            "process_resident_memory_bytes",
            &[],
            1.4e9 + f64::from(worker) * 1e8,
        );
        self.gauge("process_start_time_seconds", &[], started);
    }

    fn gauge(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.line(name, labels, value);
    }

    fn counter(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let family = if self.open {
            name.trim_end_matches("_total")
        } else {
            name
        };
        writeln!(self.text, "# TYPE {family} counter").unwrap();
        self.line(name, labels, value);
    }

    /// `count` observations, spread evenly from half of `middle` to half more.
    fn histogram(&mut self, name: &str, labels: &[(&str, &str)], count: f64, middle: f64) {
        let bucket = format!("{name}_bucket");
        for bound in BOUNDS {
            let share = (bound / middle - 0.5).clamp(0.0, 1.0);
            let bound = if self.open {
                format!("{bound:?}")
            } else {
                bound.to_string()
            };
            let labels = [labels, &[("le", bound.as_str())]].concat();
            self.line(&bucket, &labels, (count * share).round());
        }
        self.line(&bucket, &[labels, &[("le", "+Inf")]].concat(), count);
        self.line(&format!("{name}_sum"), labels, count * middle);
        self.line(&format!("{name}_count"), labels, count);
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{value}\""))
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        writeln!(self.text, "{name}{labels} {value}").unwrap();
    }
}
