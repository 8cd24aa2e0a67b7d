//! What this worker knows of jobs beside the one in hand: which it was told to call off, which
//! revision of each is the newest, and which are running.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;

use tokio_util::sync::CancellationToken;

use crate::job::Job;
use crate::job::wire::Control;

/// Ids that are remembered. Orders older than the broker keeps them are not needed.
const REMEMBERED: usize = 10_000;

/// Why a job ends that could go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CalledOff {
    /// Somebody ordered it.
    Cancelled,
    /// There is a newer revision.
    Superseded,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Ledger(Mutex<Books>);

#[derive(Debug, Default)]
struct Books {
    cancelled: Bounded<Cancelled>,
    newest: Bounded<u64>,
    running: HashMap<String, Vec<Running>>,
}

#[derive(Debug, Clone, Copy)]
struct Cancelled {
    /// Up to this revision; every one without.
    revision: Option<u64>,
    /// What was sent later is not meant.
    at: SystemTime,
}

#[derive(Debug, Clone)]
struct Running {
    revision: u64,
    call: Arc<Call>,
}

#[derive(Debug, Default)]
struct Call {
    off: CancellationToken,
    why: OnceLock<CalledOff>,
}

/// A job's entry while it runs.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    ledger: &'a Ledger,
    id: &'a str,
    call: Arc<Call>,
}

impl Ledger {
    /// Carries out an order that was sent at `at`.
    pub(super) fn order(&self, control: &Control, at: SystemTime) {
        let Control::Cancel { id, revision } = control;
        let mut books = self.books();
        let order = Cancelled {
            revision: *revision,
            at,
        };
        for running in books.running.get(id.as_str()).into_iter().flatten() {
            if revision.is_none_or(|revision| running.revision <= revision) {
                running.call.off(CalledOff::Cancelled);
            }
        }
        books.cancelled.put(id.as_str(), order);
    }

    /// Whether a job that was sent at `sent`, where that is known, is called off before it begins.
    pub(super) fn called_off(&self, job: &Job, sent: Option<SystemTime>) -> Option<CalledOff> {
        let books = self.books();
        let cancelled = books.cancelled.get(job.id.as_str()).is_some_and(|order| {
            order
                .revision
                .is_none_or(|revision| job.revision <= revision)
                && sent.is_none_or(|sent| sent <= order.at)
        });
        if cancelled {
            return Some(CalledOff::Cancelled);
        }
        let newest = *books.newest.get(job.id.as_str())?;
        (job.revision < newest).then_some(CalledOff::Superseded)
    }

    /// Notes that a job begins. Older revisions of it are called off.
    pub(super) fn begin<'a>(&'a self, job: &'a Job) -> Entry<'a> {
        let id = job.id.as_str();
        let call = Arc::new(Call::default());
        let mut books = self.books();
        if job.revision > 0 {
            books.newest.put(id, job.revision);
        }
        let running = books.running.entry(id.to_owned()).or_default();
        for other in running.iter() {
            if other.revision < job.revision {
                other.call.off(CalledOff::Superseded);
            }
        }
        running.push(Running {
            revision: job.revision,
            call: Arc::clone(&call),
        });
        Entry {
            ledger: self,
            id,
            call,
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call {
    fn off(&self, why: CalledOff) {
        if self.why.set(why).is_ok() {
            self.off.cancel();
        }
    }
}

impl Entry<'_> {
    /// Waits until the job is called off.
    pub(super) async fn called_off(&self) -> CalledOff {
        self.call.off.cancelled().await;
        self.why().unwrap_or(CalledOff::Cancelled)
    }

    /// Whether it has been.
    pub(super) fn why(&self) -> Option<CalledOff> {
        self.call.why.get().copied()
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let mut books = self.ledger.books();
        if let Some(running) = books.running.get_mut(self.id) {
            running.retain(|other| !Arc::ptr_eq(&other.call, &self.call));
            if running.is_empty() {
                books.running.remove(self.id);
            }
        }
    }
}

/// A map that forgets what was put in first.
#[derive(Debug)]
struct Bounded<T> {
    entries: HashMap<String, T>,
    order: VecDeque<String>,
}

impl<T> Default for Bounded<T> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl<T> Bounded<T> {
    fn get(&self, key: &str) -> Option<&T> {
        self.entries.get(key)
    }

    fn put(&mut self, key: &str, value: T) {
        if self.entries.insert(key.to_owned(), value).is_none() {
            self.order.push_back(key.to_owned());
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::time::Duration;

    use crate::job::JobId;
    use crate::job::wire::parse_job;

    fn job(revision: u64) -> Job {
        let json = format!(
            r#"{{"id":"a-1","revision":{revision},"article":{{"text":"Rain."}},"targets":["ko"]}}"#
        );
        parse_job(json.as_bytes()).unwrap()
    }

    fn cancel(revision: Option<u64>) -> Control {
        Control::Cancel {
            id: JobId::new("a-1").unwrap(),
            revision,
        }
    }

    #[test]
    fn an_order_calls_off_what_runs_and_what_comes() {
        let (ledger, job, now) = (Ledger::default(), job(0), SystemTime::now());
        let entry = ledger.begin(&job);
        assert_eq!(entry.why(), None);
        ledger.order(&cancel(None), now);
        assert_eq!(entry.why(), Some(CalledOff::Cancelled));
        drop(entry);
        assert_eq!(
            ledger.called_off(&job, Some(now)),
            Some(CalledOff::Cancelled)
        );
    }

    #[test]
    fn what_was_sent_after_the_order_is_not_meant() {
        let (ledger, now) = (Ledger::default(), SystemTime::now());
        ledger.order(&cancel(None), now);
        let later = now + Duration::from_secs(1);
        assert_eq!(ledger.called_off(&job(0), Some(later)), None);
        assert!(ledger.called_off(&job(0), None).is_some());
    }

    #[test]
    fn an_order_for_a_revision_leaves_later_ones_alone() {
        let ledger = Ledger::default();
        let (second, third) = (job(2), job(3));
        let running = ledger.begin(&third);
        ledger.order(&cancel(Some(2)), SystemTime::now());
        assert_eq!(running.why(), None);
        drop(running);
        assert_eq!(ledger.called_off(&third, None), None);
        assert_eq!(ledger.called_off(&second, None), Some(CalledOff::Cancelled));
    }

    #[test]
    fn a_newer_revision_calls_off_the_older_one_running_or_to_come() {
        let ledger = Ledger::default();
        let (first, second) = (job(1), job(2));
        let running = ledger.begin(&first);
        let newer = ledger.begin(&second);
        assert_eq!(running.why(), Some(CalledOff::Superseded));
        assert_eq!(newer.why(), None);
        drop((running, newer));
        let off = Some(CalledOff::Superseded);
        assert_eq!(ledger.called_off(&first, None), off);
        assert_eq!(ledger.called_off(&second, None), None);
    }

    #[test]
    fn what_is_remembered_has_a_limit() {
        let mut bounded = Bounded::default();
        for number in 0..REMEMBERED + 10 {
            bounded.put(&number.to_string(), number);
            bounded.put(&number.to_string(), number);
        }
        assert_eq!(bounded.entries.len(), REMEMBERED);
        assert_eq!(bounded.order.len(), REMEMBERED);
        assert!(bounded.get("9").is_none() && bounded.get("10").is_some());
    }
}
