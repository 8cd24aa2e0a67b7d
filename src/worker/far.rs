//! How far a job is: the stages that run, and what of them is done.

use std::time::Instant;

use crate::pipeline::Event;

/// A stage, and how far it is.
#[derive(Debug, Clone)]
pub(super) struct Far {
    /// Such as `translate:ko`.
    pub(super) stage: String,
    /// When it began.
    pub(super) since: Instant,
    /// Pieces of it that are done.
    pub(super) done: usize,
    /// Its pieces; 0 when it is not divided.
    pub(super) total: usize,
    ended: bool,
}

/// The stages that run, the one that moved last at the end. One that has ended stays until
/// another takes its place.
#[derive(Debug, Default)]
pub(super) struct Stages(Vec<Far>);

impl Stages {
    /// Notes what happened.
    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::StageStarted { stage, segments } => {
                self.0.retain(|far| !far.ended);
                self.0.push(Far {
                    stage: stage.clone(),
                    since: Instant::now(),
                    done: 0,
                    total: *segments,
                    ended: false,
                });
            }
            Event::StageGrew { stage, segments } => self.moved(stage, |far| far.total += segments),
            Event::SegmentDone { stage, .. } => self.moved(stage, |far| far.done += 1),
            Event::StageDone { stage } => {
                self.moved(stage, |far| far.ended = true);
                if self.0.iter().any(|far| !far.ended) {
                    self.0.retain(|far| !far.ended);
                }
            }
            Event::SummaryReady(_) | Event::TargetReady(_) => {}
        }
    }

    /// The stage that moved last.
    pub(super) fn last(&self) -> Option<&Far> {
        self.0.last()
    }

    fn moved(&mut self, stage: &str, how: impl FnOnce(&mut Far)) {
        if let Some(at) = self.0.iter().rposition(|far| far.stage == stage) {
            let mut far = self.0.remove(at);
            how(&mut far);
            self.0.push(far);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(events: &[(&str, &str, usize)]) -> (String, usize, usize) {
        let mut stages = Stages::default();
        for &(what, stage, segments) in events {
            let stage = stage.to_owned();
            stages.event(&match what {
                "begins" => Event::StageStarted { stage, segments },
                "grows" => Event::StageGrew { stage, segments },
                "did" => Event::SegmentDone { stage, tokens: 0 },
                _ => Event::StageDone { stage },
            });
        }
        let far = stages.last().unwrap();
        (far.stage.clone(), far.done, far.total)
    }

    #[test]
    fn of_stages_that_overlap_the_one_that_moved_last_is_shown_with_its_own_count() {
        let mut events = vec![
            ("begins", "clean", 0),
            ("ends", "clean", 0),
            ("begins", "translate:ko", 3),
            ("begins", "translate:ru", 3),
            ("did", "translate:ko", 0),
        ];
        assert_eq!(shown(&events[..2]), ("clean".to_owned(), 0, 0));
        assert_eq!(shown(&events), ("translate:ko".to_owned(), 1, 3));
        events.extend([("did", "translate:ru", 0), ("grows", "translate:ru", 2)]);
        assert_eq!(shown(&events), ("translate:ru".to_owned(), 1, 5));
        events.push(("ends", "translate:ru", 0));
        assert_eq!(shown(&events), ("translate:ko".to_owned(), 1, 3));
    }
}
