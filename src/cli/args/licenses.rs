//! Flags of `licenses`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Flags of `licenses`.
#[derive(Debug, Clone, Args)]
pub struct LicensesArgs {
    /// How the list is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: LicensesFormat,

    /// Add the texts of the licences and the makers' notices: what has to go along with the program
    /// when it is passed on
    #[arg(long)]
    pub full: bool,

    /// Write the list to a file, all of it or nothing
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// A folder of TOML files that add models to the catalogue
    #[arg(
        long,
        value_name = "DIR",
        env = "PRESSLATE_CATALOG_DIR",
        hide_env_values = true
    )]
    pub catalog_dir: Option<PathBuf>,
}

/// How licences are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LicensesFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}
