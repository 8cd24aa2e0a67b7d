//! What is known of each job: everything that happened to it, in order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use tokio::sync::Notify;

use crate::jobs::{Kind, Poison, Spec};

/// The record of a run. Clones are the same record.
#[derive(Debug, Clone)]
pub(crate) struct Ledger(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    started: Instant,
    book: Mutex<Book>,
    news: Notify,
}

/// Everything so far.
#[derive(Debug)]
pub(crate) struct Book {
    /// The jobs, in the order they are sent.
    pub(crate) jobs: Vec<Entry>,
    /// What happened to no job in particular, such as faults.
    pub(crate) notes: Vec<(Duration, String)>,
    /// Final answers without a job's id, by message id.
    pub(crate) nameless: BTreeMap<String, Answer>,
    /// What came and belongs to no job that was sent.
    pub(crate) strays: Vec<String>,
    /// Messages that the broker had given to the collector before.
    pub(crate) seen_again: u64,
    /// Jobs that ran beside one that has killed a worker before.
    pub(crate) crowded: usize,
    /// Processes that ended though nobody had them end.
    pub(crate) exits: BTreeMap<String, u64>,
    by_payload: HashMap<Vec<u8>, usize>,
    by_key: HashMap<String, usize>,
    by_id: HashMap<String, Vec<usize>>,
    last_progress: Instant,
}

/// One job.
#[derive(Debug)]
pub(crate) struct Entry {
    /// What was sent.
    pub(crate) spec: Spec,
    /// When the broker first had it safe.
    pub(crate) confirmed: Option<Duration>,
    /// Not to be answered before.
    pub(crate) not_before: Option<SystemTime>,
    /// Final answers by message id.
    pub(crate) answers: BTreeMap<String, Answer>,
    /// Codes of its dead letters.
    pub(crate) dead: Vec<String>,
    /// How often it was sent, whether or not the broker said that it has it.
    pub(crate) sendings: u64,
    /// How often it was run.
    pub(crate) runs: u64,
    /// What happened to it.
    pub(crate) history: Vec<(Duration, String)>,
}

/// A final answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The routing key: `result` or `error`.
    pub(crate) kind: String,
    /// An error's codes: more than one where it came again with another.
    pub(crate) codes: BTreeSet<String>,
    /// Its text, without what may differ from one time to the next.
    pub(crate) text: String,
    /// How often it came.
    pub(crate) count: u64,
    /// Others under the same message id that were not the same.
    pub(crate) differing: u64,
    /// When it first came, by the clock on the wall.
    pub(crate) wall: SystemTime,
}

/// A message that the collector got.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    pub(crate) key: &'a str,
    pub(crate) correlation_id: Option<&'a str>,
    pub(crate) id: Option<&'a str>,
    pub(crate) body: &'a [u8],
    pub(crate) redelivered: bool,
}

impl Ledger {
    pub(crate) fn new(specs: Vec<Spec>) -> Self {
        let by_key = specs
            .iter()
            .enumerate()
            .map(|(index, spec)| (spec.key.clone(), index))
            .collect();
        let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, spec) in specs.iter().enumerate() {
            by_id.entry(spec.id.clone()).or_default().push(index);
        }
        let jobs = specs
            .into_iter()
            .map(|spec| Entry {
                spec,
                confirmed: None,
                not_before: None,
                answers: BTreeMap::new(),
                dead: Vec::new(),
                sendings: 0,
                runs: 0,
                history: Vec::new(),
            })
            .collect();
        Self(Arc::new(Shared {
            started: Instant::now(),
            book: Mutex::new(Book {
                jobs,
                notes: Vec::new(),
                nameless: BTreeMap::new(),
                strays: Vec::new(),
                seen_again: 0,
                crowded: 0,
                exits: BTreeMap::new(),
                by_payload: HashMap::new(),
                by_key,
                by_id,
                last_progress: Instant::now(),
            }),
            news: Notify::new(),
        }))
    }

    /// The book, to look into.
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Since the start.
    pub(crate) fn now(&self) -> Duration {
        self.0.started.elapsed()
    }

    /// Since something last went on.
    pub(crate) fn idle(&self) -> Duration {
        self.book().last_progress.elapsed()
    }

    /// Waits for something to happen, but not for long.
    pub(crate) async fn news(&self) {
        let _in_time =
            tokio::time::timeout(Duration::from_millis(100), self.0.news.notified()).await;
    }

    /// Notes something that belongs to no job.
    pub(crate) fn note(&self, text: impl Into<String>) {
        let now = self.now();
        self.write(|book| book.notes.push((now, text.into())));
    }

    /// Notes what a job's message is, before it is first sent.
    pub(crate) fn made(&self, index: usize, payload: &[u8], not_before: Option<SystemTime>) {
        self.write(|book| {
            book.by_payload.insert(payload.to_vec(), index);
            if let Some(entry) = book.jobs.get_mut(index) {
                entry.not_before = not_before;
            }
        });
    }

    /// Notes that a job is sent, once more perhaps.
    pub(crate) fn sending(&self, index: usize) {
        let now = self.now();
        self.write(|book| {
            if let Some(entry) = book.jobs.get_mut(index) {
                entry.sendings += 1;
                entry.history.push((now, "sending".to_owned()));
            }
        });
    }

    /// Notes that the broker has a job safe.
    pub(crate) fn confirmed(&self, index: usize) {
        let now = self.now();
        self.write(|book| {
            if let Some(entry) = book.jobs.get_mut(index) {
                entry.confirmed.get_or_insert(now);
                entry.history.push((now, "confirmed".to_owned()));
            }
        });
    }

    /// Notes something about a job, known by its key.
    pub(crate) fn about(&self, key: &str, text: String) {
        let now = self.now();
        self.write(|book| {
            if let Some(entry) = book.entry(key) {
                entry.history.push((now, text));
            }
        });
    }

    /// Notes that a job is run; gives whether it has killed a worker before, and so must run alone.
    pub(crate) fn run(&self, key: &str, text: String) -> bool {
        let now = self.now();
        self.write(|book| {
            let Some(entry) = book.entry(key) else {
                return false;
            };
            entry.runs += 1;
            entry.history.push((now, text));
            // A second copy comes as if nothing had happened.
            entry.spec.kind == Kind::Poison(Poison::Crash) && entry.runs > 1 && entry.sendings == 1
        })
    }

    /// Notes that a job ran beside one that has killed a worker before.
    pub(crate) fn crowded(&self, text: String) {
        let now = self.now();
        self.write(|book| {
            book.crowded += 1;
            book.notes.push((now, text));
        });
    }

    /// Notes that a worker process ended.
    pub(crate) fn exit(&self, how: String) {
        self.write(|book| *book.exits.entry(how).or_default() += 1);
    }

    /// Notes a final answer.
    pub(crate) fn answer(&self, message: &Message<'_>) {
        let (now, wall) = (self.now(), SystemTime::now());
        self.write(|book| book.answer(message, now, wall));
        self.0.news.notify_waiters();
    }

    /// Notes a dead letter and the code on it.
    pub(crate) fn dead(&self, message: &Message<'_>, code: Option<&str>) {
        let now = self.now();
        self.write(|book| {
            book.seen_again += u64::from(message.redelivered);
            let index = book.by_payload.get(message.body).copied();
            if let Some(entry) = index.and_then(|index| book.jobs.get_mut(index)) {
                let code = code.unwrap_or("without a code").to_owned();
                entry.history.push((now, format!("dead letter: {code}")));
                entry.dead.push(code);
            } else {
                let body = String::from_utf8_lossy(message.body);
                book.strays.push(format!(
                    "dead letter that is no job as it was sent: {body:.200}"
                ));
            }
        });
    }

    fn write<T>(&self, change: impl FnOnce(&mut Book) -> T) -> T {
        let mut book = self.book();
        book.last_progress = Instant::now();
        change(&mut book)
    }
}

impl Book {
    fn entry(&mut self, key: &str) -> Option<&mut Entry> {
        let index = self.by_key.get(key)?;
        self.jobs.get_mut(*index)
    }

    fn answer(&mut self, message: &Message<'_>, now: Duration, wall: SystemTime) {
        self.seen_again += u64::from(message.redelivered);
        let mut body: Value = serde_json::from_slice(message.body).unwrap_or_default();
        let index = self.job_of(message, &body);
        let code = body.get("code").and_then(Value::as_str).map(str::to_owned);
        forget_times(&mut body);
        // What a poisonous job is told depends on how its worker died this time.
        if index.is_some_and(|index| self.is_poison(index)) {
            forget(&mut body, &["code", "message", "retryable"]);
        }
        let text = body.to_string();
        let Some(message_id) = message.id else {
            self.strays
                .push(format!("an answer without a message id: {text:.200}"));
            return;
        };
        let answers = match index {
            Some(index) => {
                let Some(entry) = self.jobs.get_mut(index) else {
                    return;
                };
                let again = if message.redelivered {
                    ", seen before"
                } else {
                    ""
                };
                let code = code.as_deref().unwrap_or_default();
                entry.history.push((
                    now,
                    format!("{} {code} {message_id:.8}{again}", message.key),
                ));
                &mut entry.answers
            }
            None if message.correlation_id.is_none() => &mut self.nameless,
            None => {
                self.strays
                    .push(format!("an answer to no job that was sent: {text:.200}"));
                return;
            }
        };
        let answer = answers
            .entry(message_id.to_owned())
            .or_insert_with(|| Answer {
                kind: message.key.to_owned(),
                codes: BTreeSet::new(),
                text: text.clone(),
                count: 0,
                differing: 0,
                wall,
            });
        answer.codes.extend(code);
        answer.count += 1;
        answer.differing += u64::from(answer.text != text || answer.kind != message.key);
    }

    fn is_poison(&self, index: usize) -> bool {
        self.jobs
            .get(index)
            .is_some_and(|entry| matches!(entry.spec.kind, Kind::Poison(_)))
    }

    /// The job that an answer belongs to: by what it says of itself, or where that is missing by the
    /// job's id.
    fn job_of(&self, message: &Message<'_>, body: &Value) -> Option<usize> {
        let key = body.pointer("/metadata/key").and_then(Value::as_str);
        if let Some(index) = key.and_then(|key| self.by_key.get(key)) {
            return Some(*index);
        }
        let with_id = self.by_id.get(message.correlation_id?)?;
        let revision = body
            .get("revision")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        let same = |index: &&usize| {
            self.jobs
                .get(**index)
                .is_some_and(|entry| entry.spec.revision == revision)
        };
        with_id.iter().find(same).copied()
    }
}

/// Leaves out what depends on when and how often a job was run, and not on the job.
fn forget_times(body: &mut Value) {
    forget(body, &["timings", "attempt"]);
}

fn forget(body: &mut Value, names: &[&str]) {
    if let Some(fields) = body.as_object_mut() {
        for name in names {
            fields.shift_remove(*name);
        }
    }
}

impl Entry {
    /// Whether an answer has come.
    pub(crate) fn is_answered(&self) -> bool {
        !self.answers.is_empty()
    }

    /// Whether nothing more is to come. A job with fault is answered before it is buried.
    pub(crate) fn is_over(&self) -> bool {
        let buried = self.spec.kind.error().is_none() || !self.dead.is_empty();
        self.confirmed.is_some() && buried && (self.is_answered() || self.spec.is_nameless())
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({:?}, {} sent)",
            self.spec.key, self.spec.kind, self.spec.copies
        )?;
        for (at, what) in &self.history {
            write!(f, "\n  {:>9.3} s  {what}", at.as_secs_f64())?;
        }
        Ok(())
    }
}
