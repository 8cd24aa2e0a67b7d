//! What is said first: how it goes in one line, and what is wrong in the next.

use super::fleet::{Picture, State, Worker};
use super::management::Role;
use super::panel::{Line, Piece, Tone};
use super::panels::{Scope, span};
use super::words::{count, percent, rate, seconds};

/// From this share of results on, "needs review" stands out.
const MANY: f64 = 0.2;

/// How it goes, as pieces that may be wrapped between.
pub(super) fn summary(picture: &Picture, scope: Scope) -> Vec<Line> {
    let figures = scope.of(picture);
    let (ready, all) = (picture.ready(), picture.workers.len());
    let tone = match ready {
        0 => Tone::Bad,
        some if some < all => Tone::Warn,
        _ => Tone::Good,
    };
    let mut pieces = vec![
        vec![Piece::new("presslate", Tone::Strong)],
        vec![
            Piece::plain("workers "),
            Piece::new(format!("{ready}/{all} ready"), tone),
        ],
        broker(picture),
    ];
    pieces.push(vec![
        Piece::new(rate(figures.jobs_per_minute), Tone::Strong),
        Piece::plain(" jobs/min"),
    ]);
    pieces.push(vec![
        Piece::plain(rate(figures.tokens_per_second)),
        Piece::plain(" tokens/s"),
    ]);
    if let Some(share) = figures.review_share() {
        let tone = if share >= MANY {
            Tone::Warn
        } else {
            Tone::Plain
        };
        pieces.push(vec![
            Piece::plain("needs review "),
            Piece::new(percent(share), tone),
        ]);
    }
    if let Some(lag) = picture.lag() {
        pieces.push(vec![
            Piece::plain("oldest job "),
            Piece::plain(seconds(lag)),
        ]);
    }
    pieces.push(vec![Piece::new(span(figures), Tone::Faint)]);
    pieces
}

fn broker(picture: &Picture) -> Line {
    let mut line = vec![Piece::plain("broker ")];
    let states = picture.broker_states();
    let number = states.len();
    if states.is_empty() {
        line.push(Piece::new("unknown", Tone::Faint));
    }
    for (at, (state, workers)) in states.into_iter().enumerate() {
        if at > 0 {
            line.push(Piece::plain(", "));
        }
        // How many say so matters only where they do not agree.
        let text = if number > 1 {
            format!("{state} {workers}")
        } else {
            state.to_owned()
        };
        line.push(Piece::new(text, tone(state)));
    }
    if let Some(Ok(broker)) = &picture.broker {
        line.push(Piece::new(format!(" ({})", broker.product), Tone::Faint));
    }
    line
}

fn tone(state: &str) -> Tone {
    match state {
        "up" => Tone::Good,
        "connecting" | "blocked" | "refusing" => Tone::Warn,
        _ => Tone::Bad,
    }
}

/// What is wrong, the worst first; empty when nothing is.
pub(super) fn alerts(picture: &Picture, scope: Scope) -> Vec<Line> {
    let mut bad = Vec::new();
    let mut warn = Vec::new();
    let (mut unreachable, mut not_ready) = (Vec::new(), Vec::new());
    for worker in &picture.workers {
        match &worker.state {
            State::Unreachable(_) => unreachable.push(worker),
            State::NotReady(_) => not_ready.push(worker),
            State::Ready | State::Draining => {}
        }
    }
    bad.extend(with_reason(
        &unreachable,
        ["does not answer", "do not answer"],
    ));
    warn.extend(with_reason(&not_ready, ["is not ready", "are not ready"]));
    match &picture.broker {
        Some(Err(_)) => warn.push("the management API says nothing".to_owned()),
        Some(Ok(broker)) => {
            bad.extend(broker.alarms.iter().cloned());
            for queue in &broker.queues {
                let Some(counts) = queue.counts.filter(|counts| counts.ready > 0) else {
                    continue;
                };
                #[expect(clippy::cast_precision_loss, reason = "shown with three figures")]
                let ready = count(counts.ready as f64);
                match queue.role {
                    Role::Dead => bad.push(match counts.ready {
                        1 => "1 dead letter".to_owned(),
                        _ => format!("{ready} dead letters"),
                    }),
                    Role::Jobs if counts.consumers == 0 => {
                        bad.push(format!("nobody takes from {}", queue.name));
                    }
                    Role::Results if counts.consumers == 0 => {
                        warn.push(format!("nobody takes from {}", queue.name));
                    }
                    Role::Jobs | Role::Results | Role::Waiting => {}
                }
            }
        }
        None => {}
    }
    let figures = scope.of(picture);
    // What went wrong long ago is in the tables.
    if figures.span.is_some() {
        let failed = figures.outcomes.iter().filter(|one| one.name == "failed");
        let failed = failed.map(|one| (one.reason.as_str(), one.count));
        warn.extend(by_reason("failed", failed));
        let unpublished = figures.publish_failures.iter();
        let unpublished = unpublished.map(|(reason, failures)| (reason.as_str(), *failures));
        warn.extend(by_reason("not published", unpublished));
    }
    let line = |tone: Tone| move |text: String| vec![Piece::new(text, tone)];
    bad.into_iter()
        .map(line(Tone::Bad))
        .chain(warn.into_iter().map(line(Tone::Warn)))
        .collect()
}

/// Workers that something is wrong with, and why where it is the same with all; `words` for one and for
/// several.
fn with_reason(workers: &[&Worker], words: [&str; 2]) -> Option<String> {
    let [first, others @ ..] = workers else {
        return None;
    };
    let [one, several] = words;
    let who = match others.len() {
        0 => format!("{} {one}", first.address),
        more => format!("{} workers {several}", more + 1),
    };
    let why = first.state.why();
    Some(if others.iter().all(|other| other.state.why() == why) {
        format!("{who}: {why}")
    } else {
        who
    })
}

/// How often something went wrong, by why: `3 failed: deadline 2, poison 1`.
fn by_reason<'a>(what: &str, reasons: impl Iterator<Item = (&'a str, f64)>) -> Option<String> {
    let mut reasons: Vec<(&str, f64)> = reasons.collect();
    reasons.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let all: f64 = reasons.iter().map(|(_, times)| times).sum();
    let each: Vec<String> = match reasons.as_slice() {
        [] => return None,
        [(only, _)] => vec![(*only).to_owned()],
        several => several
            .iter()
            .map(|(reason, times)| format!("{reason} {}", count(*times)))
            .collect(),
    };
    Some(format!("{} {what}: {}", count(all), each.join(", ")))
}

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
