//! Progress of a download on stderr: a bar with size and rate, or a line a file where there is no
//! terminal.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Console;
use super::text::bytes;
use crate::model::weights::{Progress, PullEvent};

const BAR: &str = "{spinner} {msg:<36!} {bar:20} {binary_bytes:>10}/{binary_total_bytes:<10} {binary_bytes_per_sec:>12} {eta:>4}";
const SPINNER: &str = "{spinner} {msg} {elapsed}";

/// Shows one pull.
#[derive(Debug)]
pub(super) struct PullProgress {
    console: Console,
    bar: Mutex<ProgressBar>,
}

impl PullProgress {
    /// Draws on stderr.
    pub(super) fn new(console: Console) -> Self {
        Self {
            console,
            bar: Mutex::new(ProgressBar::hidden()),
        }
    }

    /// Takes the bar off the screen.
    pub(super) fn clear(&self) {
        self.bar
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .finish_and_clear();
    }

    /// A line above the bar.
    pub(super) fn say(&self, line: &str) {
        let bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        bar.suspend(|| self.console.say(&format!("{line}\n")));
    }

    fn start(&self, template: &str, message: String, total: Option<u64>) -> ProgressBar {
        let target = if self.console.progress {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(total, target)
            .with_style(style.progress_chars("━╸ "))
            .with_message(message);
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }

    fn replace(&self, bar: ProgressBar) {
        let mut current = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        current.finish_and_clear();
        *current = bar;
    }
}

impl Progress for PullProgress {
    fn event(&self, event: PullEvent) {
        match event {
            PullEvent::SourceSkipped { source, why } => {
                self.say(&format!("{source}: {why}; passed over"));
            }
            PullEvent::Waiting { model } => {
                self.say(&format!("{model}: another process is fetching it; waiting"));
            }
            PullEvent::Started {
                file,
                source,
                total,
                already,
            } => {
                let size = total
                    .map(|total| format!(", {}", bytes(total)))
                    .unwrap_or_default();
                let resumed = if already > 0 {
                    format!(", going on from {}", bytes(already))
                } else {
                    String::new()
                };
                self.say(&format!("fetching {file} from {source}{size}{resumed}"));
                let bar = self.start(if total.is_some() { BAR } else { SPINNER }, file, total);
                bar.set_position(already);
                // Bytes of an earlier pull are not this one's speed.
                bar.reset_eta();
                self.replace(bar);
            }
            PullEvent::Bytes { done, total } => {
                let bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(total) = total {
                    bar.set_length(total);
                }
                bar.set_position(done);
            }
            PullEvent::Restarting { file, why } => {
                self.say(&format!("{file}: {why}; fetching it from the start"));
            }
            PullEvent::Verifying { file } => {
                self.replace(self.start(SPINNER, format!("checking the hash of {file}"), None));
            }
            PullEvent::Done { model, bytes: size } => {
                self.clear();
                self.say(&format!("{model} is here ({})", bytes(size)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_ones() {
        for template in [BAR, SPINNER] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
