//! The stages of a job: told to the observer, and timed. Several may run at once.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tracing::Span;

use crate::job::wire::StageTiming;
use crate::pipeline::attempt::Tally;
use crate::pipeline::{Event, Observe};

/// Announces stages and keeps their times.
pub(super) struct Stages<'a> {
    observer: &'a dyn Observe,
    began: Instant,
    /// Each with when it began.
    timings: Mutex<Vec<(Instant, StageTiming)>>,
}

/// A stage that has begun.
#[derive(Debug)]
pub(super) struct Stage {
    name: String,
    began: Instant,
    /// Ends with the stage: where traces are exported, a stage is a span of its job's.
    _span: Span,
}

impl<'a> Stages<'a> {
    pub(super) fn new(observer: &'a dyn Observe) -> Self {
        Self {
            observer,
            began: Instant::now(),
            timings: Mutex::default(),
        }
    }

    /// Begins a stage of so many pieces of work; 0 when it is not divided.
    pub(super) fn begin(&self, name: impl Into<String>, segments: usize) -> Stage {
        let name = name.into();
        self.observer.event(Event::StageStarted {
            stage: name.clone(),
            segments,
        });
        Stage {
            _span: tracing::info_span!("stage", stage = name, segments),
            name,
            began: Instant::now(),
        }
    }

    /// Adds so many pieces of work to a stage that has begun.
    pub(super) fn grow(&self, stage: &Stage, segments: usize) {
        self.observer.event(Event::StageGrew {
            stage: stage.name.clone(),
            segments,
        });
    }

    /// Something to call as each piece of a stage is done.
    pub(super) fn progress(
        &self,
        stage: &Stage,
        tally: &'a Tally,
    ) -> impl Fn() + Send + Sync + use<'a> {
        let observer = self.observer;
        let stage = stage.name.clone();
        move || {
            observer.event(Event::SegmentDone {
                stage: stage.clone(),
                tokens: tally.generated(),
            });
        }
    }

    /// Ends a stage.
    pub(super) fn end(&self, stage: Stage) {
        let seconds = stage.began.elapsed().as_secs_f64();
        self.observer.event(Event::StageDone {
            stage: stage.name.clone(),
        });
        let mut timings = self.timings.lock().unwrap_or_else(PoisonError::into_inner);
        let timing = StageTiming {
            stage: stage.name,
            began: Some(stage.began.duration_since(self.began).as_secs_f64()),
            seconds,
        };
        timings.push((stage.began, timing));
    }

    /// The times of all stages that have ended, in the order in which they began.
    pub(super) fn timings(self) -> Vec<StageTiming> {
        let timings = self.timings.into_inner();
        let mut timings = timings.unwrap_or_else(PoisonError::into_inner);
        timings.sort_by_key(|(began, _)| *began);
        timings.into_iter().map(|(_, timing)| timing).collect()
    }
}
