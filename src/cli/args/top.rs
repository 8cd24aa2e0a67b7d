//! Flags of `presslate top` and `presslate health`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use secrecy::SecretString;

use crate::config::ADMIN_ADDRESS;

/// Flags of `top`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 1 when there is no terminal to draw on, 2 when a flag or a \
    setting cannot be used, 0 otherwise: a worker that does not answer is shown, and no failure."
)]
pub struct TopArgs {
    /// The admin port of a worker; several are separated by commas, or the flag is repeated.
    /// `dns:NAME:PORT` is a worker at every address that the name stands for, asked again at every
    /// look; where it stands for addresses of both kinds, those of IPv4
    #[arg(
        long = "worker",
        value_name = "URL",
        env = "PRESSLATE_TOP_WORKERS",
        hide_env_values = true,
        value_delimiter = ',',
        default_values_t = [format!("http://{ADMIN_ADDRESS}")]
    )]
    pub workers: Vec<String>,

    /// The broker's management API, with a user who has the tag `monitoring`, such as
    /// `http://watcher@broker:15672`. Without it nothing is known of the queues
    #[arg(
        long,
        value_name = "URL",
        env = "PRESSLATE_MANAGEMENT",
        hide_env_values = true
    )]
    pub management: Option<SecretString>,

    /// A file with that user's password, in place of the one in the address; read at every look
    #[arg(
        long,
        value_name = "FILE",
        env = "PRESSLATE_MANAGEMENT_PASSWORD_FILE",
        hide_env_values = true
    )]
    pub management_password_file: Option<PathBuf>,

    /// The virtual host that the queues are in
    #[arg(
        long,
        value_name = "NAME",
        env = "PRESSLATE_MANAGEMENT_VHOST",
        hide_env_values = true,
        default_value = "/"
    )]
    pub vhost: String,

    /// What the names of the queues begin with
    #[arg(
        long,
        visible_alias = "prefix",
        value_name = "PREFIX",
        env = "PRESSLATE_QUEUE_PREFIX",
        hide_env_values = true,
        default_value = "presslate"
    )]
    pub queue_prefix: String,

    /// Seconds from one look to the next
    #[arg(
        long,
        value_name = "SECONDS",
        default_value = "2",
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    pub interval: u64,

    /// Seconds that rates and percentiles are taken over [default: 300; with --once, since the
    /// workers started, and with --once and this flag it takes so long]
    #[arg(
        long,
        value_name = "SECONDS",
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    pub window: Option<u64>,

    /// Print what there is as text, once, and end: for scripts, screen readers, and where there is
    /// no terminal
    #[arg(long)]
    pub once: bool,

    /// How --once prints it
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        requires = "once"
    )]
    pub format: TopFormat,
}

/// How `top --once` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum TopFormat {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

/// Flags of `health`.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0 when the worker says yes, 1 when it says no or nothing.")]
pub struct HealthArgs {
    /// The admin port of the worker on this machine, as the worker is told it: `0.0.0.0` and `[::]`,
    /// which are every address, are asked as the loopback
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "PRESSLATE_ADMIN",
        hide_env_values = true,
        default_value_t = ADMIN_ADDRESS.to_string()
    )]
    pub admin: String,

    /// Ask whether it takes jobs; otherwise whether it is alive. Do not kill a worker for not being
    /// ready: it may be loading a model, or waiting for the broker
    #[arg(long)]
    pub ready: bool,

    /// Seconds to wait for the answer
    #[arg(
        long,
        value_name = "SECONDS",
        default_value = "3",
        value_parser = clap::value_parser!(u64).range(1..=60)
    )]
    pub timeout: u64,
}
