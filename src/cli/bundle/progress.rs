//! Progress of packing and unpacking on stderr: one bar for all files, with the name of the one at
//! hand.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio_util::sync::CancellationToken;

use crate::bundle::Observe;
use crate::cli::Console;

const BAR: &str = "{spinner} {msg:<36!} {bar:20} {binary_bytes:>10}/{binary_total_bytes:<10} {binary_bytes_per_sec:>12} {eta:>4}";

/// Shows how far a bundle is, and passes on that it is to stop.
#[derive(Debug)]
pub(super) struct BundleProgress {
    bar: ProgressBar,
    cancel: CancellationToken,
}

impl BundleProgress {
    /// Draws on stderr if that is a terminal, and nowhere otherwise.
    pub(super) fn new(console: Console, total: u64, cancel: &CancellationToken) -> Self {
        let target = if console.progress {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let style =
            ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(total), target)
            .with_style(style.progress_chars("━╸ "));
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            bar,
            cancel: cancel.clone(),
        }
    }

    /// Begins again, with so many bytes to do.
    pub(super) fn restart(&self, total: u64) {
        self.bar.reset();
        self.bar.set_length(total);
    }
}

impl Drop for BundleProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Observe for BundleProgress {
    fn file(&self, path: &str) {
        self.bar.set_message(path.to_owned());
    }

    fn bytes(&self, more: u64) {
        self.bar.inc(more);
    }

    fn stopped(&self) -> bool {
        self.cancel.is_cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_one() {
        assert!(ProgressStyle::with_template(BAR).is_ok());
    }
}
