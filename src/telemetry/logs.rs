//! Sets up where log lines and spans go: standard error, and a collector if one is named.

use tracing_subscriber::filter::ParseError;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Pretty,
    /// One JSON object a line, for machines.
    Json,
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogsError {
    /// The filter is not one.
    #[error(
        "the log filter {filter:?} cannot be read; write a level (error, warn, info, debug, trace) or pairs such as presslate=debug,lapin=warn"
    )]
    Filter {
        /// As it was given.
        filter: String,
        /// What is wrong with it.
        #[source]
        source: ParseError,
    },
    /// This build has no exporter.
    #[error(
        "a trace collector is set, but this presslate was built without it: build with `--features otlp`, or unset the endpoint"
    )]
    NotBuilt,
    /// The exporter does not take the endpoint.
    #[error("the trace collector's endpoint {endpoint:?} cannot be used")]
    Exporter {
        /// As it was given.
        endpoint: String,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It was set up before.
    #[error("logging has been set up already")]
    Twice(#[from] TryInitError),
}

/// Keeps the exporter; sends what it still holds when it is dropped. Drop it outside of async
/// code: that may block for a few seconds.
#[derive(Debug, Default)]
#[must_use = "what was not sent is lost without it"]
pub struct LogsGuard {
    #[cfg(feature = "otlp")]
    exporter: Option<super::otlp::Exporter>,
}

impl Drop for LogsGuard {
    fn drop(&mut self) {
        #[cfg(feature = "otlp")]
        if let Some(exporter) = self.exporter.take() {
            exporter.flush();
        }
    }
}

/// What the AMQP library warns of with the whole message: an answer that found no queue, and so the
/// article. The worker says in its own words that there was one.
const WITH_ARTICLES: &str = "lapin::returned_messages=off";

/// A filter that lets no article through, whatever is asked for.
fn filter(wanted: &str) -> Result<EnvFilter, ParseError> {
    Ok(EnvFilter::try_new(wanted)?.add_directive(WITH_ARTICLES.parse()?))
}

/// Sets up logging for the process, to standard error. `filter` is in the form of `RUST_LOG`.
/// `otlp_endpoint` is the base address of a collector that speaks OTLP over HTTP, such as
/// `http://127.0.0.1:4318`.
///
/// # Errors
/// When the filter or endpoint cannot be used, when an endpoint is given to a build without the
/// `otlp` feature, and when called twice.
pub fn init(
    format: Format,
    filter: &str,
    otlp_endpoint: Option<&str>,
) -> Result<LogsGuard, LogsError> {
    let filter = self::filter(filter).map_err(|source| LogsError::Filter {
        filter: filter.to_owned(),
        source,
    })?;
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(true);
    let lines = match format {
        Format::Pretty => lines
            .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
            .boxed(),
        Format::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed(),
    };
    let registry = tracing_subscriber::registry();

    #[cfg(feature = "otlp")]
    {
        let exporter = otlp_endpoint.map(super::otlp::Exporter::new).transpose()?;
        let spans = exporter.as_ref().map(super::otlp::Exporter::layer);
        registry.with(spans).with(filter).with(lines).try_init()?;
        Ok(LogsGuard { exporter })
    }
    #[cfg(not(feature = "otlp"))]
    {
        if otlp_endpoint.is_some() {
            return Err(LogsError::NotBuilt);
        }
        registry.with(filter).with(lines).try_init()?;
        Ok(LogsGuard {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_is_none_is_refused_with_an_example() {
        let error = init(Format::Json, "presslate=loud", None)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        assert!(
            error.contains("presslate=loud") && error.contains("presslate=debug"),
            "{error}"
        );
    }

    #[cfg(not(feature = "otlp"))]
    #[test]
    fn an_endpoint_without_the_feature_is_an_error_and_not_ignored() {
        assert!(matches!(
            init(Format::Pretty, "info", Some("http://127.0.0.1:4318")),
            Err(LogsError::NotBuilt)
        ));
    }
}
