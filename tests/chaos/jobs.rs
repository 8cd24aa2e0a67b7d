//! The jobs of a run, and what must become of each: drawn from the seed alone.

use std::time::{Duration, SystemTime};

use anyhow::Result;
use jiff::{Timestamp, Unit};
use serde_json::json;

use crate::random::Random;

/// How a job is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// A language that nobody writes.
    Target,
    /// No article.
    Article,
    /// Not JSON, and hence without an id.
    Syntax,
}

/// How a job harms its worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Poison {
    /// The process aborts.
    Crash,
    /// The job panics.
    Panic,
    /// It never ends, and does not hear that it is cancelled.
    Hang,
    /// It never ends until it is cancelled.
    Slow,
}

/// What a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// To be answered with a result.
    Plain,
    /// The same, in the urgent lane.
    Urgent,
    /// The same, not before this much time after it was first sent.
    Embargoed(Duration),
    /// To be answered with an error at once.
    Invalid(Flaw),
    /// To be given up.
    Poison(Poison),
}

impl Kind {
    /// The code of the only error that may answer it.
    pub(crate) fn error(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Plain | Self::Urgent | Self::Embargoed(_) => None,
            Self::Invalid(Flaw::Syntax) => Some(&["malformed_message"]),
            Self::Invalid(_) => Some(&["invalid_field"]),
            Self::Poison(Poison::Crash) => Some(&["poison"]),
            // Whatever it does by itself, a worker that is killed each time it runs looks the same.
            Self::Poison(Poison::Panic) => Some(&["internal", "poison"]),
            Self::Poison(Poison::Hang | Poison::Slow) => Some(&["deadline", "poison"]),
        }
    }
}

/// One message to send.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    /// Names it in this program: id and revision.
    pub(crate) key: String,
    /// The job's id.
    pub(crate) id: String,
    /// Its revision.
    pub(crate) revision: u64,
    /// Whether a later revision of the id is sent too.
    pub(crate) superseded: bool,
    /// What it is.
    pub(crate) kind: Kind,
    /// How often it is sent.
    pub(crate) copies: usize,
    /// Decides its text.
    pub(crate) seed: u64,
}

impl Spec {
    /// The message, and the time before which it must not be answered.
    pub(crate) fn payload(&self, now: SystemTime) -> Result<(Vec<u8>, Option<SystemTime>)> {
        let directive = match self.kind {
            Kind::Poison(Poison::Crash) => "poison:crash",
            Kind::Poison(Poison::Panic) => "poison:panic",
            Kind::Poison(Poison::Hang) => "poison:hang",
            Kind::Poison(Poison::Slow) => "poison:slow",
            Kind::Plain | Kind::Urgent | Kind::Embargoed(_) | Kind::Invalid(_) => "story:",
        };
        let mut job = json!({
            "id": self.id,
            "article": {"text": format!("{directive} {}", text(self.seed))},
            "targets": ["ko"],
            "metadata": {"key": self.key},
        });
        if let Some(fields) = job.as_object_mut() {
            if self.revision > 0 {
                fields.insert("revision".to_owned(), json!(self.revision));
            }
            match self.kind {
                Kind::Invalid(Flaw::Target) => {
                    fields.insert("targets".to_owned(), json!(["xx"]));
                }
                Kind::Invalid(Flaw::Article) => {
                    fields.remove("article");
                }
                _ => {}
            }
        }
        let mut not_before = None;
        if let (Kind::Embargoed(after), Some(fields)) = (self.kind, job.as_object_mut()) {
            // To the millisecond, which is what is written.
            let due = Timestamp::try_from(now + after)?.round(Unit::Millisecond)?;
            let since_1970 = Duration::from_millis(due.as_millisecond().try_into()?);
            not_before = Some(SystemTime::UNIX_EPOCH + since_1970);
            fields.insert("embargoed_until".to_owned(), json!(due.to_string()));
        }
        let mut bytes = serde_json::to_vec(&job)?;
        if self.kind == Kind::Invalid(Flaw::Syntax) {
            bytes = format!("{{\"story {}", self.key).into_bytes();
        }
        Ok((bytes, not_before))
    }

    /// Its routing key.
    pub(crate) fn lane(&self) -> &'static str {
        if self.kind == Kind::Urgent {
            "urgent"
        } else {
            "job"
        }
    }

    /// Whether its answer cannot say whose it is.
    pub(crate) fn is_nameless(&self) -> bool {
        self.kind == Kind::Invalid(Flaw::Syntax)
    }

    /// Whether it is answered soon after it is sent, if all is well.
    pub(crate) fn is_quick(&self) -> bool {
        matches!(self.kind, Kind::Plain | Kind::Urgent)
    }
}

/// A text of a few hundred to a few thousand bytes.
fn text(seed: u64) -> String {
    const WORDS: [&str; 12] = [
        "harbour", "council", "rain", "minister", "budget", "ferry", "said", "the", "new", "after",
        "vote", "river",
    ];
    let mut random = Random::new(seed, "text");
    let count = random.between(40, 400);
    let words: Vec<&str> = (0..count)
        .map(|_| {
            WORDS
                .get(random.index(WORDS.len()))
                .copied()
                .unwrap_or_default()
        })
        .collect();
    words.join(" ")
}

/// Draws the jobs of a run, in the order they are sent.
pub(crate) fn draw(seed: u64, count: usize) -> Vec<Spec> {
    let mut random = Random::new(seed, "jobs");
    let mut specs: Vec<Spec> = Vec::with_capacity(count + 2);
    let mut number = 0;
    while specs.len() < count {
        number += 1;
        let id = format!("job-{number}");
        let kind = match random.between(0, 999) {
            0..40 => Kind::Urgent,
            40..70 => Kind::Embargoed(random.millis(1000, 6000)),
            70..85 => Kind::Invalid(
                [Flaw::Target, Flaw::Article, Flaw::Syntax]
                    .get(random.index(3))
                    .copied()
                    .unwrap_or(Flaw::Target),
            ),
            _ => Kind::Plain,
        };
        let copies = if random.per_mille(20) { 2 } else { 1 };
        let revisions = if kind == Kind::Plain && random.per_mille(20) {
            random.between(2, 3)
        } else {
            1
        };
        for revision in 1..=revisions {
            let revision = if revisions == 1 { 0 } else { revision };
            specs.push(Spec {
                key: format!("{id}@{revision}"),
                id: id.clone(),
                revision,
                superseded: revision != 0 && revision < revisions,
                kind,
                copies,
                seed: random.next(),
            });
        }
    }
    poison(&mut specs, &mut random);
    specs
}

/// Turns some plain jobs into poison: a handful of each kind, and none at the end, since giving up
/// takes a while.
fn poison(specs: &mut [Spec], random: &mut Random) {
    let each = (specs.len() / 1000).clamp(1, 6);
    let until = specs.len() * 4 / 5;
    for poison in [Poison::Crash, Poison::Panic, Poison::Hang, Poison::Slow] {
        let mut left = each;
        // Bounded: a run of few jobs may have no plain one.
        for _ in 0..1000 {
            let at = random.index(until.max(1));
            if let Some(spec) = specs.get_mut(at)
                && left > 0
                && spec.kind == Kind::Plain
                && spec.revision == 0
            {
                spec.kind = Kind::Poison(poison);
                left -= 1;
            }
        }
    }
}
