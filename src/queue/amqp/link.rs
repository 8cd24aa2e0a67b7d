//! The supervisor: keeps one [`Session`] up for as long as it lives.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::probe::probe;
use super::session::Session;
use super::{Address, AmqpSink, AmqpSource, Config};
use crate::queue::{Backoff, Lane, Order, QueueError};
use crate::telemetry::events;

/// Orders that may wait for the worker.
const ORDERS: usize = 256;

/// How long a link may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(5);

/// Keeps the connections to the broker. Dropping it cuts them; [`close`](Link::close) ends them
/// in order.
#[derive(Debug)]
#[must_use = "the connections end with it"]
pub struct Link {
    shared: Arc<Shared>,
    tasks: TaskTracker,
}

/// Tells how a link stands, for as long as somebody wants to know.
#[derive(Debug, Clone)]
pub struct LinkView(Arc<Shared>);

/// How the link stands: for readiness, and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// Not connected for the first time yet.
    Connecting,
    /// Jobs can come and answers can go.
    Up,
    /// Connected, and the broker takes no answers for want of memory or disk.
    Blocked,
    /// Connected, and the last answer was not taken: its queue is full or missing.
    Refusing {
        /// Why, and what to do.
        reason: String,
    },
    /// Not connected.
    Down {
        /// Why, and what to do where somebody has to do something.
        reason: String,
        /// Whether it stays so until somebody changes something. It is tried again either way.
        refused: bool,
    },
    /// Closed by [`Link::close`].
    Closed,
}

impl LinkState {
    /// Whether the worker can work.
    pub fn is_ready(&self) -> bool {
        match self {
            Self::Up => true,
            Self::Connecting
            | Self::Blocked
            | Self::Refusing { .. }
            | Self::Down { .. }
            | Self::Closed => false,
        }
    }
}

/// What the supervisor and the two ends have in common.
pub(super) struct Shared {
    pub(super) config: Config,
    pub(super) address: Address,
    pub(super) phase: watch::Sender<Phase>,
    /// Cleared when the source takes no more: later sessions do not consume.
    pub(super) consuming: AtomicBool,
    sessions: AtomicU64,
    /// Why the last answer was not taken, while the session stands.
    refusal: Mutex<Option<String>>,
    /// When a delivery of a lane was last settled.
    settled: Mutex<Vec<(Lane, Instant)>>,
    orders: mpsc::Sender<Order>,
    stop: CancellationToken,
}

/// Internal state of a link.
#[derive(Debug, Clone)]
pub(super) enum Phase {
    Connecting,
    Up(Arc<Session>),
    Down { reason: String, refused: bool },
    Closed,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("config", &self.config)
            .field("phase", &*self.phase.borrow())
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// The session that is up and has not ended. `None` when the link is closed.
    pub(super) async fn session(&self) -> Option<Arc<Session>> {
        if let Some(session) = self.session_now() {
            return Some(session);
        }
        let mut phase = self.phase.subscribe();
        let settled = |phase: &Phase| match phase {
            Phase::Up(session) => !session.is_over(),
            Phase::Closed => true,
            Phase::Connecting | Phase::Down { .. } => false,
        };
        match &*phase.wait_for(settled).await.ok()? {
            Phase::Up(session) => Some(Arc::clone(session)),
            Phase::Connecting | Phase::Down { .. } | Phase::Closed => None,
        }
    }

    /// The session, if one is up.
    pub(super) fn session_now(&self) -> Option<Arc<Session>> {
        match &*self.phase.borrow() {
            Phase::Up(session) if !session.is_over() => Some(Arc::clone(session)),
            _ => None,
        }
    }

    /// Keeps in mind whether answers are taken.
    pub(super) fn note_published(&self, published: &Result<(), QueueError>) {
        let refusal = match published {
            Err(error @ (QueueError::Unroutable { .. } | QueueError::NotAccepted)) => {
                Some(error.to_string())
            }
            Ok(()) | Err(_) => None,
        };
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = refusal;
    }

    /// A delivery of a lane was settled just now: the broker has room for another.
    pub(super) fn note_settled(&self, lane: Lane) {
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        settled.retain(|(other, _)| *other != lane);
        settled.push((lane, Instant::now()));
    }

    /// Until when a lane may still be about to give out what a settled delivery made room for.
    pub(super) fn fills_until(&self, lane: Lane) -> Option<Instant> {
        let settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, when) = settled.iter().find(|(other, _)| *other == lane)?;
        Some(*when + self.config.turn_wait)
    }

    /// Why there is no session just now.
    pub(super) fn absence(&self) -> QueueError {
        match &*self.phase.borrow() {
            Phase::Up(session) => session.why(),
            Phase::Connecting => {
                QueueError::Lost(format!("not connected to {} yet", self.address.host()))
            }
            Phase::Down {
                reason,
                refused: true,
            } => QueueError::Refused(reason.clone()),
            Phase::Down {
                reason,
                refused: false,
            } => QueueError::Lost(reason.clone()),
            Phase::Closed => QueueError::Lost("it was closed".to_owned()),
        }
    }
}

impl LinkView {
    /// How the link stands just now.
    pub fn state(&self) -> LinkState {
        match &*self.0.phase.borrow() {
            Phase::Connecting => LinkState::Connecting,
            Phase::Up(session) if session.is_over() => {
                let why = session.why();
                LinkState::Down {
                    refused: matches!(why, QueueError::Refused(_)),
                    reason: why.to_string(),
                }
            }
            Phase::Up(session) if session.is_blocked() => LinkState::Blocked,
            Phase::Up(_) => {
                let refusal = &self.0.refusal;
                match &*refusal.lock().unwrap_or_else(PoisonError::into_inner) {
                    Some(reason) => LinkState::Refusing {
                        reason: reason.clone(),
                    },
                    None => LinkState::Up,
                }
            }
            Phase::Down { reason, refused } => LinkState::Down {
                reason: reason.clone(),
                refused: *refused,
            },
            Phase::Closed => LinkState::Closed,
        }
    }

    /// Sessions so far: one more than there were reconnections.
    pub fn sessions(&self) -> u64 {
        self.0.sessions.load(Ordering::Relaxed)
    }
}

impl Link {
    /// A view of the link that may outlive it.
    pub fn view(&self) -> LinkView {
        LinkView(Arc::clone(&self.shared))
    }

    /// How the link stands just now.
    pub fn state(&self) -> LinkState {
        self.view().state()
    }

    /// Sessions so far: one more than there were reconnections.
    pub fn sessions(&self) -> u64 {
        self.view().sessions()
    }

    /// Waits until the link has connected, or has failed to: the first news.
    pub async fn first_news(&self) -> LinkState {
        let mut phase = self.shared.phase.subscribe();
        // The sender lives in `shared`, so this ends only with news.
        let heard = phase
            .wait_for(|phase| !matches!(phase, Phase::Connecting))
            .await
            .is_ok();
        debug_assert!(heard, "the sender outlives the link");
        self.state()
    }

    /// Closes the connections and ends the supervisor. Deliveries that were not settled go back
    /// to the queue.
    pub async fn close(self) {
        self.shared.stop.cancel();
        self.tasks.close();
        if timeout(FAREWELL, self.tasks.wait()).await.is_err() {
            tracing::debug!("the broker connection did not close in time");
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

/// Starts the supervisor.
pub(super) fn start(config: Config, address: Address) -> (AmqpSource, AmqpSink, Link) {
    let (orders, inbox) = mpsc::channel(ORDERS);
    let shared = Arc::new(Shared {
        config,
        address,
        phase: watch::Sender::new(Phase::Connecting),
        consuming: AtomicBool::new(true),
        sessions: AtomicU64::new(0),
        refusal: Mutex::default(),
        settled: Mutex::default(),
        orders,
        stop: CancellationToken::new(),
    });
    let tasks = TaskTracker::new();
    tasks.spawn(supervise(Arc::clone(&shared), tasks.clone()));
    let source = AmqpSource::new(Arc::clone(&shared), inbox);
    let sink = AmqpSink::new(Arc::clone(&shared));
    (source, sink, Link { shared, tasks })
}

async fn supervise(shared: Arc<Shared>, tasks: TaskTracker) {
    let Shared {
        config,
        address,
        stop,
        ..
    } = &*shared;
    let mut backoff = Backoff::new(config.min_backoff, config.max_backoff);
    let mut number = 0;
    // Asked once: a broker only ever gets newer, and what an older one can do stays.
    let mut features = None;
    let mut last_reason = String::new();
    loop {
        number += 1;
        let consuming = shared.consuming.load(Ordering::SeqCst);
        // Boxed: connecting keeps much on the stack, for a moment in a task that lives long.
        let opening = Box::pin(async {
            let features = match features {
                Some(features) => features,
                None => *features.insert(probe(config, address).await?.features()),
            };
            Session::open(number, config, address, features, consuming).await
        });
        let opened = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            opened = opening => opened,
        };
        let why = match opened {
            Ok(session) => {
                let session = Arc::new(session);
                let since = Instant::now();
                events::BrokerConnected {
                    broker: &address.to_string(),
                    session: number,
                }
                .emit();
                last_reason.clear();
                shared.sessions.fetch_add(1, Ordering::Relaxed);
                shared.phase.send_replace(Phase::Up(Arc::clone(&session)));
                // The source may have been closed while the session was being opened.
                if consuming && !shared.consuming.load(Ordering::SeqCst) {
                    session.stop_consuming(config).await;
                }
                tokio::select! {
                    biased;
                    () = stop.cancelled() => {
                        shared.phase.send_replace(Phase::Closed);
                        session.close().await;
                        return;
                    }
                    () = session.watch(&shared.orders) => {}
                }
                let why = session.why();
                note_down(&shared, &why);
                // A connection that is only half dead takes its time to close: the next session does
                // not wait for that.
                tasks.spawn(async move { session.close().await });
                // One that ends as soon as it begins must not be rebuilt in a tight loop.
                if since.elapsed() > config.max_backoff {
                    backoff.reset();
                }
                why
            }
            Err(why) => {
                note_down(&shared, &why);
                why
            }
        };
        let pause = backoff.next_delay();
        let reason = why.to_string();
        events::BrokerLost {
            reason: &reason,
            refused: matches!(why, QueueError::Refused(_)),
            retry_seconds: pause.as_secs_f64(),
            repeated: reason == last_reason,
        }
        .emit();
        last_reason = reason;
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = sleep(pause) => {}
        }
    }
    shared.phase.send_replace(Phase::Closed);
}

fn note_down(shared: &Shared, why: &QueueError) {
    let refused = matches!(why, QueueError::Refused(_));
    shared.phase.send_replace(Phase::Down {
        reason: why.to_string(),
        refused,
    });
}
