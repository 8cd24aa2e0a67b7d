//! What a worker's admin port says in JSON: whether it is ready, and what it has in work.

use serde_json::Value;

/// Whether a worker takes jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ready {
    /// It does.
    Yes,
    /// It does not, and says why: one reason at least.
    No(Vec<String>),
    /// It could not be asked: why.
    Unreachable(String),
}

impl Ready {
    /// Reads the answer of `/ready`.
    pub(super) fn read(status: u16, body: &str) -> Self {
        match status {
            200..=299 => Self::Yes,
            404 => Self::Unreachable("has no /ready: is this a worker's admin port?".to_owned()),
            _ => Self::No(
                reasons(body)
                    .filter(|reasons| !reasons.is_empty())
                    .unwrap_or_else(|| vec![format!("it does not say why (status {status})")]),
            ),
        }
    }
}

/// The reasons that an answer of `/ready` gives; `None` when it is no JSON.
pub(in crate::cli) fn reasons(body: &str) -> Option<Vec<String>> {
    let body: Value = serde_json::from_str(body).ok()?;
    let reasons = body.get("reasons")?.as_array()?;
    let words = |reason: &Value| {
        let text = reason
            .as_str()
            .or_else(|| reason.get("message")?.as_str())
            .or_else(|| reason.get("code")?.as_str());
        text.map(str::to_owned)
    };
    Some(reasons.iter().filter_map(words).collect())
}

/// One job in work.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Job {
    /// Empty as long as the message was not read.
    pub(super) id: String,
    pub(super) lane: String,
    pub(super) attempt: u64,
    /// Such as `translate:ko`; empty while it waits for its turn.
    pub(super) stage: String,
    /// Of this stage.
    pub(super) done: u64,
    /// Of this stage; 0 when it is not divided.
    pub(super) total: u64,
    /// Generated so far.
    pub(super) tokens: u64,
    /// Since the job began, and since its stage did.
    pub(super) seconds: f64,
    pub(super) in_stage: f64,
}

/// Reads the answer of `/jobs`; `None` when it is none. What a job does not say is empty or 0.
pub(super) fn jobs(body: &str) -> Option<Vec<Job>> {
    let body: Value = serde_json::from_str(body).ok()?;
    let text = |job: &Value, name: &str| {
        let text = job.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let number = |job: &Value, name: &str| job.get(name).and_then(Value::as_u64).unwrap_or(0);
    let seconds = |job: &Value, name: &str| job.get(name).and_then(Value::as_f64).unwrap_or(0.0);
    let read = |job: &Value| Job {
        id: text(job, "job"),
        lane: text(job, "lane"),
        attempt: number(job, "attempt"),
        stage: text(job, "stage"),
        done: number(job, "segments_done"),
        total: number(job, "segments_total"),
        tokens: number(job, "tokens"),
        seconds: seconds(job, "seconds"),
        in_stage: seconds(job, "in_stage_seconds"),
    };
    Some(body.get("jobs")?.as_array()?.iter().map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_is_not_ready_gives_its_reasons() {
        let unsaid = "it does not say why (status 503)";
        for (body, reasons) in [
            (
                r#"{"ready":false,"reasons":["the broker is down","loading starter"]}"#,
                &["the broker is down", "loading starter"][..],
            ),
            (
                r#"{"reasons":[{"code":"draining","message":"told to stop"},{"code":"x"},7]}"#,
                &["told to stop", "x"],
            ),
            (r#"{"reasons":[]}"#, &[unsaid]),
            ("upstream error", &[unsaid]),
        ] {
            let reasons = reasons.iter().map(|reason| (*reason).to_owned()).collect();
            assert_eq!(Ready::read(503, body), Ready::No(reasons), "{body}");
        }
        assert_eq!(Ready::read(200, "anything"), Ready::Yes);
        assert!(matches!(Ready::read(404, ""), Ready::Unreachable(_)));
    }

    #[test]
    fn jobs_are_read_with_all_that_is_said_of_them() {
        let body = r#"{"jobs":[{"job":"a-1","lane":"normal","attempt":2,"stage":"translate:ko",
            "segments_done":12,"segments_total":40,"tokens":812,"seconds":31.2,"in_stage_seconds":3.1},
            {"job":null,"stage":"","later":{"field":1}}]}"#;
        let jobs = jobs(body).unwrap();
        let [first, second] = jobs.as_slice() else {
            panic!("{jobs:?}")
        };
        assert_eq!(
            (first.id.as_str(), first.lane.as_str(), first.attempt),
            ("a-1", "normal", 2)
        );
        assert_eq!((first.done, first.total, first.tokens), (12, 40, 812));
        assert_eq!((first.seconds, first.in_stage), (31.2, 3.1));
        assert_eq!((second.id.as_str(), second.total), ("", 0));
    }

    #[test]
    fn what_is_no_list_of_jobs_is_none() {
        for body in ["", "[]", "{}", r#"{"jobs":{}}"#, "not found"] {
            assert_eq!(jobs(body), None, "{body}");
        }
        assert_eq!(jobs(r#"{"jobs":[]}"#), Some(Vec::new()));
    }
}
