//! What is logged, and how.

/// What is logged, and how. Always to stderr.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Logging")]
pub struct TelemetryArgs {
    /// What is logged: error, warn, info, debug, trace, or directives such as
    /// `presslate=debug,lapin=warn` [default: info for `work`, warn otherwise]
    #[arg(
        long = "log",
        value_name = "FILTER",
        env = "PRESSLATE_LOG",
        hide_env_values = true
    )]
    pub filter: Option<String>,

    /// How it is written
    #[arg(
        long,
        value_name = "FORMAT",
        env = "PRESSLATE_LOG_FORMAT",
        hide_env_values = true
    )]
    #[arg(value_enum, default_value_t)]
    pub log_format: LogFormat,

    /// A collector that takes traces by OTLP over HTTP, such as `http://127.0.0.1:4318`; needs a
    /// build with the feature `otlp`
    #[arg(
        long,
        value_name = "URL",
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        hide_env_values = true
    )]
    pub otlp_endpoint: Option<String>,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Pretty,
    /// One JSON object a line, for machines.
    Json,
}
