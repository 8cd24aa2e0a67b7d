//! Which model finds what a summary rests on where the words differ.

use std::convert::Infallible;
use std::str::FromStr;

/// Which model compares sentences.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Models")]
pub struct EmbedderArgs {
    /// The model that finds what a summary's sentence rests on where the words differ: `auto` takes
    /// one that is here already and fetches none, `none` goes by words alone; a model's id is fetched
    /// if need be
    #[arg(
        long,
        value_name = "auto|none|ID",
        env = "PRESSLATE_EMBEDDER",
        hide_env_values = true,
        default_value = "auto"
    )]
    pub embedder: Embedder,
}

/// Which model compares sentences. Summaries can do without one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Embedder {
    /// One that `--model` names, or else one whose files are here.
    #[default]
    Auto,
    /// None.
    None,
    /// The one with this id.
    Named(String),
}

impl FromStr for Embedder {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.trim() {
            "" | "auto" => Self::Auto,
            "none" => Self::None,
            id => Self::Named(id.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_words_are_no_ids() {
        let read = |text: &str| text.parse::<Embedder>();
        assert_eq!(read("auto"), Ok(Embedder::Auto));
        // A variable that is set to nothing.
        assert_eq!(read(""), Ok(Embedder::Auto));
        assert_eq!(read("none"), Ok(Embedder::None));
        let named = Embedder::Named("all-minilm-l6-v2".to_owned());
        assert_eq!(read(" all-minilm-l6-v2"), Ok(named));
    }
}
