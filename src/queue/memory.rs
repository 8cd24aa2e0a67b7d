//! A queue in memory, for tests: it redelivers, counts and dead-letters as a broker does, can be
//! told to fail, and writes down everything that happened to it in order.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, mpsc};

use super::{Answer, Delivery, Lane, Order, QueueError, Settle, Sink, Source, Verdict};
use crate::job::wire::Envelope;

/// A handle to the queue; clones are the same queue.
#[derive(Debug, Clone, Default)]
pub struct MemoryQueue {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
}

/// What is to go wrong, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// The next so many answers are not accepted, as by a full queue.
    pub refuse_publish: u32,
    /// The next so many answers find no queue.
    pub unroutable: u32,
    /// The next so many answers are larger than the broker takes.
    pub too_large: u32,
    /// The next so many settlements come too late: the delivery is given out again.
    pub settle_void: u32,
    /// The next so many settlements end in an error, and the delivery is given out again.
    pub settle_fails: u32,
    /// Deliveries are known to be with another worker, before they are settled.
    pub gone: bool,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message was given out.
    Delivered {
        /// Which message, by the order in which they were put in, from 0.
        message: usize,
        /// Which delivery of it.
        attempt: u32,
    },
    /// An answer was taken and confirmed.
    Published(Answer),
    /// An answer was not.
    NotPublished(Answer),
    /// A notice went out.
    Notified(Answer),
    /// A delivery was settled.
    Settled {
        /// Which message.
        message: usize,
        /// How.
        verdict: Verdict,
        /// Whether the queue still knew the delivery.
        known: bool,
    },
    /// The source takes no more.
    Closed,
}

/// A message's claim to be settled.
#[derive(Debug)]
pub struct MemoryToken {
    message: Message,
}

/// The taking end.
#[derive(Debug)]
pub struct MemorySource {
    queue: MemoryQueue,
    closed: bool,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Message>,
    messages: usize,
    dead: Vec<usize>,
    /// Put back until they are due, which is when the test says so.
    later: Vec<Message>,
    orders: Vec<mpsc::Sender<Order>>,
    events: Vec<Event>,
    faults: Faults,
    ended: bool,
    given_up: Option<String>,
}

#[derive(Debug, Clone)]
struct Message {
    number: usize,
    payload: Arc<[u8]>,
    envelope: Envelope,
    lane: Lane,
    attempt: u32,
    came_back: bool,
    trace_parent: Option<String>,
}

impl MemoryQueue {
    /// An empty queue that does not fail.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a message in.
    pub fn push(&self, payload: impl Into<Vec<u8>>) {
        self.push_with(payload, 1, None);
    }

    /// Puts a message in as if it had been delivered `attempt - 1` times before, without a word
    /// about what became of it.
    pub fn push_with(&self, payload: impl Into<Vec<u8>>, attempt: u32, trace_parent: Option<&str>) {
        self.put(
            payload.into(),
            Envelope::default(),
            Lane::Normal,
            attempt,
            trace_parent,
        );
    }

    /// Puts a message in with what comes beside its body.
    pub fn push_in(&self, payload: impl Into<Vec<u8>>, envelope: Envelope) {
        self.put(payload.into(), envelope, Lane::Normal, 1, None);
    }

    /// Puts a message into the lane of suspects as if it had been delivered `attempt - 1` times
    /// before.
    pub fn push_suspect(&self, payload: impl Into<Vec<u8>>, attempt: u32) {
        self.put(
            payload.into(),
            Envelope::default(),
            Lane::Suspect,
            attempt,
            None,
        );
    }

    fn put(
        &self,
        payload: Vec<u8>,
        envelope: Envelope,
        lane: Lane,
        attempt: u32,
        trace_parent: Option<&str>,
    ) {
        let mut state = self.lock();
        let number = state.messages;
        state.messages += 1;
        state.waiting.push_back(Message {
            number,
            payload: payload.into(),
            envelope,
            lane,
            attempt,
            came_back: attempt > 1,
            trace_parent: trace_parent.map(str::to_owned),
        });
        drop(state);
        self.changed.notify_waiters();
    }

    /// Gives an order to all workers.
    ///
    /// # Panics
    /// When a worker does not take its orders.
    #[expect(clippy::expect_used, reason = "a stand-in for tests")]
    pub fn order(&self, payload: impl Into<Vec<u8>>) {
        let order = Order {
            payload: payload.into(),
            sent: None,
        };
        for worker in &self.lock().orders {
            worker.try_send(order.clone()).expect("room for an order");
        }
    }

    /// What was put back to wait is due now.
    pub fn time_passes(&self) {
        let mut state = self.lock();
        let due = std::mem::take(&mut state.later);
        state.waiting.extend(due);
        drop(state);
        self.changed.notify_waiters();
    }

    /// Messages that wait to be due.
    pub fn later(&self) -> Vec<usize> {
        self.lock()
            .later
            .iter()
            .map(|message| message.number)
            .collect()
    }

    /// No more will come: the source ends once the queue is empty.
    pub fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_waiters();
    }

    /// The source gives up with an error.
    pub fn give_up(&self, why: &str) {
        self.lock().given_up = Some(why.to_owned());
        self.changed.notify_waiters();
    }

    /// What is to go wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.lock().faults = faults;
    }

    /// Everything that has happened so far.
    pub fn events(&self) -> Vec<Event> {
        self.lock().events.clone()
    }

    /// Answers that were confirmed, in order.
    pub fn answers(&self) -> Vec<Answer> {
        self.events()
            .into_iter()
            .filter_map(|event| match event {
                Event::Published(answer) => Some(answer),
                _ => None,
            })
            .collect()
    }

    /// How the deliveries of a message were settled, in order, those that came too late left out.
    pub fn verdicts(&self, message: usize) -> Vec<Verdict> {
        self.events()
            .into_iter()
            .filter_map(|event| match event {
                Event::Settled {
                    message: settled,
                    verdict,
                    known: true,
                } if settled == message => Some(verdict),
                _ => None,
            })
            .collect()
    }

    /// Messages in the dead letters.
    pub fn dead(&self) -> Vec<usize> {
        self.lock().dead.clone()
    }

    /// Messages that wait to be given out.
    pub fn waiting(&self) -> Vec<usize> {
        self.lock()
            .waiting
            .iter()
            .map(|message| message.number)
            .collect()
    }

    /// Waits until `condition` holds of what has happened.
    pub async fn until(&self, condition: impl Fn(&[Event]) -> bool) {
        loop {
            let changed = self.changed.notified();
            if condition(&self.lock().events) {
                return;
            }
            changed.await;
        }
    }

    /// The taking end.
    pub fn source(&self) -> MemorySource {
        MemorySource {
            queue: self.clone(),
            closed: false,
        }
    }

    /// The giving end.
    #[must_use]
    pub fn sink(&self) -> Self {
        self.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, event: Event) {
        self.lock().events.push(event);
        self.changed.notify_waiters();
    }

    fn take(&self) -> Taken {
        let mut state = self.lock();
        if let Some(why) = state.given_up.take() {
            return Taken::GivenUp(why);
        }
        let Some(message) = state.waiting.pop_front() else {
            return if state.ended {
                Taken::Ended
            } else {
                Taken::Nothing
            };
        };
        state.events.push(Event::Delivered {
            message: message.number,
            attempt: message.attempt,
        });
        drop(state);
        self.changed.notify_waiters();
        Taken::Message(message)
    }
}

/// What there is to give out.
enum Taken {
    Message(Message),
    GivenUp(String),
    Ended,
    Nothing,
}

impl Source for MemorySource {
    type Token = MemoryToken;
    type Settler = MemoryQueue;

    fn settler(&self) -> MemoryQueue {
        self.queue.clone()
    }

    fn orders(&mut self) -> mpsc::Receiver<Order> {
        let (sender, orders) = mpsc::channel(64);
        self.queue.lock().orders.push(sender);
        orders
    }

    async fn next(&mut self) -> Option<Result<Delivery<MemoryToken>, QueueError>> {
        if self.closed {
            return None;
        }
        loop {
            let changed = self.queue.changed.notified();
            match self.queue.take() {
                Taken::Message(message) => {
                    return Some(Ok(Delivery {
                        payload: Arc::clone(&message.payload),
                        envelope: message.envelope.clone(),
                        lane: message.lane,
                        attempt: message.attempt,
                        came_back: message.came_back,
                        not_before: None,
                        sent: None,
                        trace_parent: message.trace_parent.clone(),
                        token: MemoryToken { message },
                    }));
                }
                Taken::GivenUp(why) => return Some(Err(QueueError::Lost(why))),
                Taken::Ended => return None,
                Taken::Nothing => changed.await,
            }
        }
    }

    async fn close(&mut self) {
        self.closed = true;
        self.queue.note(Event::Closed);
    }
}

impl Settle for MemoryQueue {
    type Token = MemoryToken;

    fn is_live(&self, _token: &MemoryToken) -> bool {
        !self.lock().faults.gone
    }

    async fn settle(&self, token: MemoryToken, verdict: Verdict) -> Result<bool, QueueError> {
        let mut message = token.message;
        let mut state = self.lock();
        let (void, fails) = (
            take_one(&mut state.faults.settle_void),
            take_one(&mut state.faults.settle_fails),
        );
        let gone = state.faults.gone;
        let known = !(void || fails || gone);
        state.events.push(Event::Settled {
            message: message.number,
            verdict: verdict.clone(),
            known,
        });
        if known {
            match verdict {
                Verdict::Ack => {}
                Verdict::Retry { .. } => {
                    message.attempt += 1;
                    message.came_back = false;
                    state.waiting.push_back(message);
                }
                Verdict::Wait { .. } => state.later.push(message),
                Verdict::Isolate => {
                    message.lane = Lane::Suspect;
                    message.came_back = false;
                    state.waiting.push_back(message);
                }
                Verdict::Return => state.waiting.push_front(message),
                Verdict::Reject(_) => state.dead.push(message.number),
            }
        } else if !gone {
            message.attempt += 1;
            message.came_back = true;
            state.waiting.push_back(message);
        }
        drop(state);
        self.changed.notify_waiters();
        if fails {
            Err(QueueError::Lost("as told by the test".to_owned()))
        } else {
            Ok(known)
        }
    }
}

impl Sink for MemoryQueue {
    async fn publish(&self, answer: &Answer) -> Result<(), QueueError> {
        let error = {
            let faults = &mut self.lock().faults;
            if take_one(&mut faults.refuse_publish) {
                Some(QueueError::NotAccepted)
            } else if take_one(&mut faults.unroutable) {
                Some(QueueError::Unroutable {
                    exchange: "memory".to_owned(),
                    key: answer.kind.name().to_owned(),
                })
            } else if take_one(&mut faults.too_large) {
                Some(QueueError::TooLarge {
                    bytes: answer.payload.len(),
                })
            } else {
                None
            }
        };
        match error {
            None => {
                self.note(Event::Published(answer.clone()));
                Ok(())
            }
            Some(error) => {
                self.note(Event::NotPublished(answer.clone()));
                Err(error)
            }
        }
    }

    async fn notify(&self, notice: &Answer) {
        self.note(Event::Notified(notice.clone()));
    }
}

fn take_one(count: &mut u32) -> bool {
    let any = *count > 0;
    *count = count.saturating_sub(1);
    any
}
