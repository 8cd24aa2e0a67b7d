//! The tables of the picture, for the screen and for plain text alike.

use super::answers::Job;
use super::figures::Figures;
use super::fleet::{Picture, Speed, State, Worker};
use super::management::{Queue, Role};
use super::panel::{Panel, Piece, Tone, elastic, left, right};
use super::words::{bytes, count, percent, quantile, rate, seconds};

/// What there is to look at, in the order of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Queues,
    Workers,
    Jobs,
    Steps,
    Outcomes,
    Findings,
}

impl Kind {
    pub(super) const ALL: [Self; 6] = [
        Self::Queues,
        Self::Workers,
        Self::Jobs,
        Self::Steps,
        Self::Outcomes,
        Self::Findings,
    ];
}

/// What figures are shown of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Scope {
    /// Since the workers started, until a minute has been seen; then the window.
    #[default]
    Auto,
    Window,
    Start,
}

/// How long a window must be to say something by itself.
const TELLING_SECONDS: u64 = 60;

impl Scope {
    /// The figures that are meant.
    pub(super) fn of(self, picture: &Picture) -> &Figures {
        let start = &picture.since_start;
        match self {
            Self::Start => start,
            Self::Window => picture.window.as_ref().unwrap_or(start),
            Self::Auto => picture
                .window
                .as_ref()
                .filter(|window| {
                    window
                        .span
                        .is_some_and(|span| span.as_secs() >= TELLING_SECONDS)
                })
                .unwrap_or(start),
        }
    }
}

/// What the figures are of, in words.
pub(super) fn span(figures: &Figures) -> String {
    figures.span.map_or_else(
        || "since start".to_owned(),
        |span| format!("last {}", seconds(span.as_secs_f64())),
    )
}

/// Signs that depend on what the terminal can show.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signs {
    pub(super) ellipsis: &'static str,
    /// Done and not done of a bar.
    pub(super) bar: (&'static str, &'static str),
    /// Between the pieces of the header.
    pub(super) between: &'static str,
    /// What a title is drawn out with.
    pub(super) rule: &'static str,
    /// Heights of a curve, from nothing to all.
    pub(super) heights: [&'static str; 9],
    pub(super) arrows: &'static str,
    /// Before a bound.
    pub(super) at_most: &'static str,
}

/// Where the locale says UTF-8.
pub(super) static UNICODE: Signs = Signs {
    ellipsis: "…",
    bar: ("█", "░"),
    between: " · ",
    rule: "─",
    heights: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    arrows: "↑↓",
    at_most: "≤",
};

/// Everywhere else.
pub(super) static ASCII: Signs = Signs {
    ellipsis: "~",
    bar: ("#", "-"),
    between: " | ",
    rule: "-",
    heights: [" ", "_", ".", ":", "-", "=", "+", "*", "#"],
    arrows: "up/down",
    at_most: "<=",
};

/// The table of one kind.
pub(super) fn panel(kind: Kind, picture: &Picture, scope: Scope, signs: &Signs) -> Panel {
    let figures = scope.of(picture);
    match kind {
        Kind::Queues => queues(picture),
        Kind::Workers => workers(picture, figures.span.is_some()),
        Kind::Jobs => jobs(picture, signs),
        Kind::Steps => steps(figures, signs),
        Kind::Outcomes => outcomes(figures),
        Kind::Findings => findings(figures),
    }
}

fn number(text: String, tone: Tone) -> Piece {
    // What is nothing steps back, so that what is something is seen.
    let tone = if tone == Tone::Plain && matches!(text.as_str(), "0" | "-") {
        Tone::Faint
    } else {
        tone
    };
    Piece::new(text, tone)
}

fn queues(picture: &Picture) -> Panel {
    let (rows, empty) = match &picture.broker {
        None => (
            Vec::new(),
            Piece::new(
                "unknown: name the broker's management API with --management",
                Tone::Faint,
            ),
        ),
        Some(Err(why)) => (
            Vec::new(),
            Piece::new(format!("unknown: the management API {why}"), Tone::Bad),
        ),
        Some(Ok(broker)) => (broker.queues.iter().map(queue).collect(), Piece::default()),
    };
    Panel {
        title: "queues".to_owned(),
        columns: vec![
            left("queue", 0),
            right("ready", 0),
            right("unacked", 1),
            right("consumers", 1),
            right("in/s", 2),
            right("out/s", 2),
            left("", 0),
        ],
        rows,
        empty,
    }
}

fn queue(queue: &Queue) -> Vec<Piece> {
    let Some(counts) = queue.counts else {
        // Queues of delays are made when they are needed, the others when a worker starts.
        let mut row = vec![Piece::new(&queue.name, Tone::Faint)];
        row.extend((0..5).map(|_| Piece::new("-", Tone::Faint)));
        row.push(Piece::new("not there", Tone::Faint));
        return row;
    };
    let waits = counts.ready > 0;
    let nobody = waits && counts.consumers == 0;
    let (ready, consumers, remark) = match queue.role {
        Role::Dead if waits => (Tone::Bad, Tone::Plain, "look at them"),
        Role::Jobs if nobody => (Tone::Warn, Tone::Bad, "nobody takes them"),
        Role::Results if nobody => (Tone::Warn, Tone::Warn, "nobody takes them"),
        Role::Dead | Role::Jobs | Role::Results | Role::Waiting => (Tone::Plain, Tone::Plain, ""),
    };
    let name = match queue.role {
        Role::Dead if waits => Tone::Bad,
        Role::Results | Role::Dead => Tone::Strong,
        Role::Jobs | Role::Waiting => Tone::Plain,
    };
    #[expect(clippy::cast_precision_loss, reason = "shown with three figures")]
    let whole = |number: u64| count(number as f64);
    vec![
        Piece::new(&queue.name, name),
        number(whole(counts.ready), ready),
        number(whole(counts.unacked), Tone::Plain),
        number(whole(counts.consumers), consumers),
        number(rate(counts.incoming), Tone::Plain),
        number(rate(counts.outgoing), Tone::Plain),
        Piece::new(remark, ready),
    ]
}

fn workers(picture: &Picture, window: bool) -> Panel {
    // What is wrong must not be what has no room.
    let mut workers: Vec<&Worker> = picture.workers.iter().collect();
    workers.sort_by_key(|worker| match &worker.state {
        State::Unreachable(_) => 0,
        State::NotReady(_) => 1,
        State::Draining => 2,
        State::Ready => 3,
    });
    Panel {
        title: "workers".to_owned(),
        columns: vec![
            left("worker", 0),
            left("state", 0),
            right("slots", 1),
            right("jobs/min", 2),
            right("tokens/s", 3),
            right("rows", 5),
            right("requests", 6),
            right("memory", 4),
            right("models", 5),
            left("device", 4),
            right("free", 7),
            left("version", 8),
            elastic("", 0),
        ],
        rows: workers
            .into_iter()
            .map(|worker| row(worker, window))
            .collect(),
        empty: Piece::new("no workers", Tone::Bad),
    }
}

fn row(worker: &Worker, window: bool) -> Vec<Piece> {
    let (state, tone) = match &worker.state {
        State::Ready => ("ready", Tone::Good),
        State::Draining => ("finishing", Tone::Warn),
        State::NotReady(_) => ("not ready", Tone::Warn),
        State::Unreachable(_) => ("no answer", Tone::Bad),
    };
    let why = Piece::new(worker.state.why(), tone);
    let mut row = vec![Piece::plain(&worker.address), Piece::new(state, tone)];
    if worker.version.is_empty() && worker.slots <= 0.0 {
        // Nothing is known: rows of dashes would hide the reason.
        row.extend((0..10).map(|_| Piece::default()));
        row.push(why);
        return row;
    }
    let speed = if window {
        worker.window
    } else {
        worker.since_start
    };
    let of =
        |value: fn(Speed) -> f64| speed.map_or_else(|| "-".to_owned(), |speed| rate(value(speed)));
    let rows = speed.and_then(|speed| speed.rows);
    let free = worker
        .device_memory
        .map_or_else(|| "-".to_owned(), |(free, _)| bytes(free));
    let scarce = worker
        .device_memory
        .is_some_and(|(free, total)| free < total * 0.05);
    let free_tone = if scarce { Tone::Warn } else { Tone::Plain };
    row.extend([
        number(
            format!("{}/{}", count(worker.in_work), count(worker.slots)),
            Tone::Plain,
        ),
        number(of(|speed| speed.jobs_per_minute), Tone::Plain),
        number(of(|speed| speed.tokens_per_second), Tone::Plain),
        number(rows.map_or_else(|| "-".to_owned(), rate), Tone::Plain),
        number(count(worker.requests), Tone::Plain),
        number(bytes(worker.memory), Tone::Plain),
        number(bytes(worker.models), Tone::Plain),
        Piece::plain(&worker.device),
        number(free, free_tone),
        Piece::new(&worker.version, Tone::Faint),
        why,
    ]);
    row
}

/// Columns of a bar.
const BAR: usize = 10;

fn jobs(picture: &Picture, signs: &Signs) -> Panel {
    let in_work: f64 = picture.workers.iter().map(|worker| worker.in_work).sum();
    let several = picture.workers.len() > 1;
    let mut columns = vec![
        left("job", 0),
        left("stage", 0),
        left("progress", 1),
        right("time", 0),
        right("in stage", 3),
        right("tokens", 4),
        left("lane", 3),
        right("attempt", 5),
    ];
    if several {
        columns.push(left("worker", 2));
    }
    let row = |(worker, job): &(String, Job)| {
        let (tried, lane) = (
            if job.attempt > 1 {
                Tone::Warn
            } else {
                Tone::Plain
            },
            if job.lane == "normal" {
                Tone::Faint
            } else {
                Tone::Plain
            },
        );
        let or = |text: &str, otherwise: &str, tone: Tone| match text {
            "" => Piece::new(otherwise, Tone::Faint),
            text => Piece::new(text, tone),
        };
        #[expect(clippy::cast_precision_loss, reason = "shown with three figures")]
        let mut row = vec![
            or(&job.id, "no id", Tone::Strong),
            or(&job.stage, "waits its turn", Tone::Plain),
            Piece::plain(progress(job.done, job.total, signs)),
            Piece::plain(seconds(job.seconds)),
            Piece::plain(seconds(job.in_stage)),
            number(count(job.tokens as f64), Tone::Plain),
            Piece::new(&job.lane, lane),
            Piece::new(job.attempt.to_string(), tried),
        ];
        if several {
            row.push(Piece::plain(worker));
        }
        row
    };
    // Those that have been at it longest are those that one looks for.
    let mut jobs: Vec<_> = picture.jobs.iter().collect();
    jobs.sort_by(|(_, a), (_, b)| b.seconds.total_cmp(&a.seconds));
    Panel {
        title: format!("jobs in work {}", count(in_work)),
        columns,
        rows: jobs.into_iter().map(row).collect(),
        empty: if in_work > 0.0 {
            Piece::new("the workers do not say which", Tone::Faint)
        } else {
            Piece::new("no job in work", Tone::Faint)
        },
    }
}

/// A bar and the numbers behind it; nothing for a stage that is not divided.
fn progress(done: u64, total: u64, signs: &Signs) -> String {
    if total == 0 {
        return String::new();
    }
    let done = done.min(total);
    let cells = BAR as u64;
    let full = usize::try_from(done.saturating_mul(cells) / total).unwrap_or(BAR);
    let (full_sign, empty_sign) = signs.bar;
    format!(
        "{}{} {done}/{total}",
        full_sign.repeat(full),
        empty_sign.repeat(BAR.saturating_sub(full))
    )
}

fn steps(figures: &Figures, signs: &Signs) -> Panel {
    let rows = figures.steps.iter().map(|step| {
        vec![
            Piece::plain(&step.name),
            number(count(step.count), Tone::Faint),
            Piece::plain(seconds(step.mean)),
            Piece::plain(quantile(step.p50, signs.at_most)),
            Piece::plain(quantile(step.p95, signs.at_most)),
        ]
    });
    Panel {
        title: "how long".to_owned(),
        columns: vec![
            left("step", 0),
            right("n", 2),
            right("mean", 1),
            right("p50", 0),
            right("p95", 0),
        ],
        rows: rows.collect(),
        empty: Piece::new("nothing finished yet", Tone::Faint),
    }
}

fn outcomes(figures: &Figures) -> Panel {
    let all: f64 = figures.outcomes.iter().map(|outcome| outcome.count).sum();
    let mut rows: Vec<Vec<Piece>> = figures
        .outcomes
        .iter()
        .map(|one| {
            let tone = match one.name.as_str() {
                "done" => Tone::Good,
                "failed" => Tone::Bad,
                "retried" | "isolated" => Tone::Warn,
                _ => Tone::Plain,
            };
            let name = format!("{} {}", one.name.replace('_', " "), one.reason);
            vec![
                Piece::new(name.trim_end(), tone),
                Piece::plain(count(one.count)),
                Piece::new(percent(one.count / all), Tone::Faint),
            ]
        })
        .collect();
    for (reason, failures) in &figures.publish_failures {
        rows.push(vec![
            Piece::new(format!("publish {}", reason.replace('_', " ")), Tone::Warn),
            Piece::plain(count(*failures)),
            Piece::default(),
        ]);
    }
    if figures.settlements_lost > 0.0 {
        rows.push(vec![
            Piece::new("acknowledgement lost", Tone::Warn),
            Piece::plain(count(figures.settlements_lost)),
            Piece::default(),
        ]);
    }
    if let Some(share) = figures.cache {
        rows.push(vec![
            Piece::new("segments taken over", Tone::Faint),
            Piece::default(),
            Piece::new(percent(share), Tone::Faint),
        ]);
    }
    Panel {
        title: "how it ended".to_owned(),
        columns: vec![left("outcome", 0), right("n", 0), right("share", 1)],
        rows,
        empty: Piece::new("nothing ended yet", Tone::Faint),
    }
}

fn findings(figures: &Figures) -> Panel {
    let rows = figures.findings.iter().map(|finding| {
        let tone = if finding.severity == "error" {
            Tone::Warn
        } else {
            Tone::Plain
        };
        vec![
            Piece::new(&finding.code, tone),
            Piece::new(&finding.severity, tone),
            Piece::plain(count(finding.count)),
        ]
    });
    Panel {
        title: "findings".to_owned(),
        columns: vec![left("code", 0), left("severity", 1), right("n", 0)],
        rows: rows.collect(),
        empty: Piece::new("nothing found", Tone::Faint),
    }
}

#[cfg(test)]
#[path = "panels_tests.rs"]
mod tests;
