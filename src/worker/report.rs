//! What is said of a job while it runs: parts as they are ready, and how far it is.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::answer::{self, Case};
use super::board::Pin;
use super::far::Far;
use crate::job::Job;
use crate::job::wire::{ProgressMessage, ResultPart, VERSION};
use crate::pipeline::{Event, Observe};
use crate::queue::{Answer, AnswerKind};

/// The least time between two progress reports of a job.
const PACE: Duration = Duration::from_secs(1);

/// Passes events from the job to its reporter.
#[derive(Debug)]
pub(super) struct Observer(mpsc::UnboundedSender<Event>);

/// Makes notices of events.
#[derive(Debug)]
pub(super) struct Reporter {
    events: mpsc::UnboundedReceiver<Event>,
    tokens: u64,
    reported: Option<Instant>,
}

/// An observer, and the reporter that hears from it.
pub(super) fn pair() -> (Observer, Reporter) {
    // Unbounded, because an observer must not block, and a lost part could not be told from one
    // that never was. A job has some thousand segments at most.
    let (sender, events) = mpsc::unbounded_channel();
    let reporter = Reporter {
        events,
        tokens: 0,
        reported: None,
    };
    (Observer(sender), reporter)
}

impl Observe for Observer {
    fn event(&self, event: Event) {
        // The reporter may have gone; then nobody wants to know.
        drop(self.0.send(event));
    }
}

impl Reporter {
    /// The next notice that is worth publishing; never, once the job has ended.
    pub(super) async fn next(&mut self, job: &Job, case: &Case<'_>, pin: &Pin) -> Answer {
        loop {
            let Some(event) = self.events.recv().await else {
                return std::future::pending().await;
            };
            let far = pin.event(&event);
            if let Some(notice) = self.notice(event, far, job, case) {
                return notice;
            }
        }
    }

    fn notice(
        &mut self,
        event: Event,
        far: Option<Far>,
        job: &Job,
        case: &Case<'_>,
    ) -> Option<Answer> {
        match event {
            Event::SummaryReady(summary) => {
                return answer::partial(case, job, ResultPart::Summary(*summary));
            }
            Event::TargetReady(target) => {
                return answer::partial(case, job, ResultPart::Target(*target));
            }
            Event::StageDone { .. } => return None,
            Event::SegmentDone { tokens, .. } => self.tokens = tokens,
            Event::StageStarted { .. } | Event::StageGrew { .. } => {}
        }
        self.progress(far?, job, case)
    }

    fn progress(&mut self, far: Far, job: &Job, case: &Case<'_>) -> Option<Answer> {
        if self
            .reported
            .is_some_and(|reported| reported.elapsed() < PACE)
        {
            return None;
        }
        self.reported = Some(Instant::now());
        let message = ProgressMessage {
            version: VERSION.to_owned(),
            kind: AnswerKind::Progress.name().to_owned(),
            id: job.id.as_str().to_owned(),
            revision: job.revision,
            stage: far.stage,
            segments_done: far.done,
            segments_total: far.total,
            tokens: self.tokens,
        };
        answer::progress(case, &message)
    }
}
