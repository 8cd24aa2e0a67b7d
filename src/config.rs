//! Settings, read once and checked once.
//!
//! Each concern has a clap struct (what may be written) and a plain one (what is right); `TryFrom`
//! is the way from one to the other. Only this module and [`crate::cli`] read the environment.
//! `presslate <command> --help` is the reference for all of it.

mod admin;
mod broker;
mod embedder;
mod engine;
mod environment;
mod glossary;
mod model;
mod queue;
mod telemetry;

pub use admin::{ADMIN_ADDRESS, AdminArgs};
pub use broker::{Address, BrokerArgs, BrokerSettings};
pub use embedder::{Embedder, EmbedderArgs};
pub use engine::{EngineArgs, EngineSettings};
pub use environment::Environment;
pub use glossary::{GlossaryArgs, GlossarySettings};
pub use model::{HubSettings, ModelArgs, StoreArgs, StoreSettings};
pub use queue::{DeadlineArgs, DeadlineSettings, QueueArgs, QueueSettings};
pub use telemetry::{LogFormat, TelemetryArgs};

/// A setting with a value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {message}")]
pub struct SettingError {
    /// The setting as its user wrote it, such as `PRESSLATE_AMQP_URL`.
    pub setting: &'static str,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl SettingError {
    fn new(setting: &'static str, message: impl Into<String>) -> Self {
        Self {
            setting,
            message: message.into(),
        }
    }
}
