//! Spans to a collector, OTLP over HTTP.

use std::collections::HashMap;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use super::logs::LogsError;

/// Where the W3C header goes in a carrier.
const HEADER: &str = "traceparent";

/// Sends spans from a thread of its own.
#[derive(Debug)]
pub(super) struct Exporter {
    provider: SdkTracerProvider,
}

impl Exporter {
    /// An exporter to `endpoint`, the base address of a collector.
    pub(super) fn new(endpoint: &str) -> Result<Self, LogsError> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
            .build()
            .map_err(|source| LogsError::Exporter {
                endpoint: endpoint.to_owned(),
                source: Box::new(source),
            })?;
        let resource = Resource::builder().with_service_name("presslate").build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource)
            .build();
        Ok(Self { provider })
    }

    /// Feeds it.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer().with_tracer(self.provider.tracer("presslate"))
    }

    /// Sends what is left. Blocks.
    pub(super) fn flush(self) {
        if let Err(error) = self.provider.shutdown() {
            tracing::warn!(error = %super::Chain(&error), "the last spans could not be sent to the collector");
        }
    }
}

/// Makes `span` a child of the span that a `traceparent` names.
pub(super) fn set_parent(span: &Span, parent: Option<&str>) {
    let Some(parent) = parent else { return };
    let carrier = HashMap::from([(HEADER.to_owned(), parent.to_owned())]);
    let context = TraceContextPropagator::new().extract(&carrier);
    if let Err(error) = span.set_parent(context) {
        tracing::debug!(?error, "the producer's trace is not continued");
    }
}

/// The `traceparent` of a span; `None` when spans are not exported.
pub(super) fn context(span: &Span) -> Option<String> {
    let context = span.context();
    if !context.span().span_context().is_valid() {
        return None;
    }
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&context, &mut carrier);
    carrier.remove(HEADER)
}

#[cfg(test)]
mod tests {
    use super::*;

    use tracing_subscriber::layer::SubscriberExt;

    #[test]
    fn a_job_continues_its_producers_trace_under_a_span_of_its_own() {
        let provider = SdkTracerProvider::builder().build();
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
            let span = crate::telemetry::trace::job_span(Some("a-1"), 1, Some(parent));
            let passed_on = crate::telemetry::trace::answer_parent(&span, Some(parent)).unwrap();
            assert!(
                passed_on.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"),
                "{passed_on}"
            );
            assert_ne!(passed_on, parent);
        });
    }

    #[test]
    fn without_an_exporter_the_producers_header_is_passed_on() {
        let span = crate::telemetry::trace::job_span(Some("a-1"), 1, Some("p"));
        assert_eq!(
            crate::telemetry::trace::answer_parent(&span, Some("p")).as_deref(),
            Some("p")
        );
    }
}
