//! Progress on stderr: a line for each stage of a job, with segments and tokens a second.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::text::count;
use crate::model::Meter;
use crate::pipeline::{Event, Observe};

/// How often a line is redrawn while nothing happens.
const TICK: Duration = Duration::from_millis(200);

/// A stage of several segments, and one that is not divided.
const DIVIDED: &str = "{spinner} {msg:<24} {bar:24} {pos:>3}/{len:<3} {elapsed:>4} {rate:.dim}";
const WHOLE: &str = "{spinner} {msg:<24} {elapsed:>4}";

/// Shows the stages of one job, and remembers which are done.
#[derive(Debug)]
pub(super) struct Progress {
    screen: MultiProgress,
    meter: Meter,
    stages: Mutex<Vec<Stage>>,
}

#[derive(Debug)]
struct Stage {
    name: String,
    segments: usize,
    done: usize,
    finished: bool,
    bar: ProgressBar,
}

impl Progress {
    /// Draws on stderr if that is a terminal, and nowhere otherwise.
    pub(super) fn new(visible: bool) -> Self {
        let target = if visible {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            screen: MultiProgress::with_draw_target(target),
            meter: Meter::default(),
            stages: Mutex::default(),
        }
    }

    /// What was finished, for somebody who has stopped the job.
    pub(super) fn finished(&self) -> String {
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        let mut done: Vec<String> = stages
            .iter()
            .filter(|stage| stage.finished)
            .map(|stage| stage.name.clone())
            .collect();
        for stage in stages
            .iter()
            .filter(|stage| !stage.finished && stage.done > 0)
        {
            done.push(format!(
                "{} of {} of {}",
                stage.done,
                count(stage.segments, "segment"),
                stage.name
            ));
        }
        if done.is_empty() {
            "nothing".to_owned()
        } else {
            done.join(", ")
        }
    }

    /// Takes everything off the screen.
    pub(super) fn clear(&self) {
        for stage in self
            .stages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
        {
            stage.bar.finish_and_clear();
        }
    }

    fn bar(&self, name: &str, segments: usize) -> ProgressBar {
        let bar = self
            .screen
            .add(ProgressBar::new(segments.try_into().unwrap_or(u64::MAX)));
        bar.set_style(self.style(segments > 0));
        bar.set_message(name.to_owned());
        bar.enable_steady_tick(TICK);
        bar
    }

    fn style(&self, divided: bool) -> ProgressStyle {
        let template = if divided { DIVIDED } else { WHOLE };
        let (meter, before) = (self.meter.clone(), self.meter.tokens());
        let rate = move |state: &ProgressState, out: &mut dyn fmt::Write| {
            let tokens = meter.tokens().saturating_sub(before);
            let seconds = state.elapsed().as_secs_f64();
            if tokens > 0 && seconds > 0.0 {
                #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
                let _hidden_when_it_fails = write!(out, "{:.1} tokens/s", tokens as f64 / seconds);
            }
        };
        ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_spinner())
            .progress_chars("━╸ ")
            .with_key("rate", rate)
    }
}

impl Observe for Progress {
    fn event(&self, event: Event) {
        let mut stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::StageStarted { stage, segments } => {
                tracing::debug!(stage, segments, "begun");
                let bar = self.bar(&stage, segments);
                stages.push(Stage {
                    name: stage,
                    segments,
                    done: 0,
                    finished: false,
                    bar,
                });
            }
            Event::StageGrew { stage, segments } => {
                if let Some(stage) = stages.iter_mut().rfind(|known| known.name == stage) {
                    stage.segments += segments;
                    stage
                        .bar
                        .inc_length(segments.try_into().unwrap_or(u64::MAX));
                }
            }
            Event::SegmentDone { stage, .. } => {
                if let Some(stage) = stages.iter_mut().rfind(|known| known.name == stage) {
                    stage.done += 1;
                    stage.bar.inc(1);
                }
            }
            Event::StageDone { stage } => {
                if let Some(stage) = stages.iter_mut().rfind(|known| known.name == stage) {
                    tracing::debug!(stage = stage.name, "finished");
                    stage.finished = true;
                    stage.bar.finish();
                }
            }
            // Shown with the rest, once it is there.
            Event::SummaryReady(_) | Event::TargetReady(_) => {}
        }
    }

    fn meter(&self) -> Meter {
        self.meter.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(stage: &str, segments: usize) -> Event {
        Event::StageStarted {
            stage: stage.to_owned(),
            segments,
        }
    }

    #[test]
    fn the_templates_are_ones() {
        for template in [DIVIDED, WHOLE] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn what_was_finished_is_told_by_stage_and_segment() {
        let progress = Progress::new(false);
        assert_eq!(progress.finished(), "nothing");
        progress.event(started("clean", 0));
        progress.event(Event::StageDone {
            stage: "clean".to_owned(),
        });
        progress.event(started("translate:ko", 31));
        for tokens in 1..=12 {
            progress.event(Event::SegmentDone {
                stage: "translate:ko".to_owned(),
                tokens,
            });
        }
        progress.event(started("translate:ru", 31));
        assert_eq!(
            progress.finished(),
            "clean, 12 of 31 segments of translate:ko"
        );
    }
}
