//! How terms are translated, and what is kept of translations.

use std::path::PathBuf;

/// Of a glossary: none.
const NONE: &str = "none";

/// How terms are translated.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Glossaries")]
pub struct GlossaryArgs {
    /// A folder of glossaries (.csv, .tsv, .toml, .tbx), or one of them; the name of a file is its
    /// id. Files that change are read again [default: only the built-in `world`]
    #[arg(
        long,
        value_name = "PATH",
        env = "PRESSLATE_GLOSSARIES",
        hide_env_values = true
    )]
    pub glossaries: Option<PathBuf>,

    /// The glossary of jobs that name none; `none` for none
    #[arg(
        long,
        value_name = "ID",
        env = "PRESSLATE_GLOSSARY",
        hide_env_values = true,
        default_value = "world"
    )]
    pub glossary: String,
}

/// How terms are translated, checked as far as that goes without reading a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlossarySettings {
    /// Where glossaries are, beside those that are built in.
    pub path: Option<PathBuf>,
    /// That of jobs that name none.
    pub default: Option<String>,
}

impl From<GlossaryArgs> for GlossarySettings {
    fn from(args: GlossaryArgs) -> Self {
        Self {
            path: args.glossaries,
            default: Some(args.glossary).filter(|id| id != NONE),
        }
    }
}
