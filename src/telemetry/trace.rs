//! The thread that runs from a producer through a job to its answer: W3C trace context.

use std::fmt;

use tracing::Span;

/// A well-formed `traceparent`, version 00.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceParent(String);

impl TraceParent {
    /// Checks a header from outside; anything else than the standard's form is not passed on.
    pub fn parse(header: &str) -> Option<Self> {
        let fields: Vec<&str> = header.split('-').collect();
        let [version, trace, span, flags] = fields.as_slice() else {
            return None;
        };
        let hex = |field: &str, length: usize| {
            field.len() == length
                && field
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let zero = |field: &str| field.bytes().all(|byte| byte == b'0');
        let valid = *version == "00"
            && hex(trace, 32)
            && !zero(trace)
            && hex(span, 16)
            && !zero(span)
            && hex(flags, 2);
        valid.then(|| Self(header.to_owned()))
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The span of one delivery. Where traces are exported, a child of the producer's.
pub fn job_span(job: Option<&str>, attempt: u32, parent: Option<&str>) -> Span {
    let span = tracing::info_span!("job", job = job.unwrap_or("(unknown)"), attempt);
    #[cfg(feature = "otlp")]
    super::otlp::set_parent(&span, parent);
    #[cfg(not(feature = "otlp"))]
    let _ = parent;
    span
}

/// The trace context for an answer: the job's own span where traces are exported, otherwise what
/// the producer sent.
pub fn answer_parent(span: &Span, received: Option<&str>) -> Option<String> {
    #[cfg(feature = "otlp")]
    if let Some(own) = super::otlp::context(span) {
        return Some(own);
    }
    #[cfg(not(feature = "otlp"))]
    let _ = span;
    received.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_well_formed_header_is_kept_as_it_is() {
        assert_eq!(
            TraceParent::parse(GOOD)
                .map(|parent| parent.to_string())
                .as_deref(),
            Some(GOOD)
        );
    }

    #[test]
    fn anything_else_is_dropped() {
        for header in [
            "",
            "00",
            &GOOD.to_uppercase(),
            &format!("{GOOD}-extra"),
            &GOOD.replace("00-4", "ff-4"),
            &GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &GOOD.replace("00f067aa0ba902b7", "00f067aa0ba902b7\r\nX: y"),
        ] {
            assert_eq!(TraceParent::parse(header), None, "{header:?}");
        }
    }
}
