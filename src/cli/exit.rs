//! Exit statuses, and the failures that lead to them.

use std::fmt::{self, Write};
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked for was done.
    Done,
    /// The input, a model, the network or the disk did not allow it.
    Failed,
    /// A flag or a setting has a value that cannot be used.
    Usage,
    /// The worker stopped with jobs that were not finished in time.
    Abandoned,
    /// `run --strict`: finished, but something needs review.
    NeedsReview,
    /// Stopped by Ctrl-C, or by the signal that `kill` sends.
    Interrupted,
}

impl Exit {
    const ALL: [Self; 6] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Abandoned,
        Self::NeedsReview,
        Self::Interrupted,
    ];

    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Abandoned => 3,
            Self::NeedsReview => 4,
            Self::Interrupted => 130,
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done (also when parts need review: stderr says so)",
            Self::Failed => "failed: the input, a model, the network or the disk",
            Self::Usage => "a flag or a setting has a value that cannot be used",
            Self::Abandoned => {
                "work: stopped before every job was finished; the broker has them again"
            }
            Self::NeedsReview => "run --strict: finished, but something needs review",
            Self::Interrupted => "interrupted",
        }
    }

    /// The statuses as a table, for `--help`.
    pub fn table() -> String {
        let mut table = "Exit status:".to_owned();
        for exit in Self::ALL {
            let _infallible = write!(table, "\n  {:<4} {}", exit.code(), exit.meaning());
        }
        table
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command did not do what was asked.
#[derive(Debug)]
pub struct Failure {
    /// What the shell is told.
    pub exit: Exit,
    error: anyhow::Error,
}

impl Failure {
    /// A setting or flag is wrong.
    pub fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit: Exit::Usage,
            error: error.into(),
        }
    }

    /// Stopped by its user; `what` says what was finished.
    pub fn interrupted(what: String) -> Self {
        Self {
            exit: Exit::Interrupted,
            error: anyhow::Error::msg(what),
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            exit: Exit::Failed,
            error: error.into(),
        }
    }
}

/// The whole chain on one line, each cause once: some errors repeat their source in their text.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = String::new();
        for cause in self.error.chain() {
            let text = cause.to_string();
            if last.is_empty() {
                f.write_str(&text)?;
            } else if !last.contains(&text) {
                write!(f, ": {text}")?;
            } else {
                continue;
            }
            last = text;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_of_causes_is_one_line_without_repetition() {
        let inner = std::io::Error::other("no such host");
        let error = anyhow::Error::from(inner)
            .context("the hub: no such host")
            .context("could not pull");
        assert_eq!(
            Failure::from(error).to_string(),
            "could not pull: the hub: no such host"
        );
    }

    #[test]
    fn every_status_has_its_own_number() {
        let mut codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Exit::ALL.len());
    }
}
