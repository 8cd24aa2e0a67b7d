//! Deliveries from the queues of jobs, and their settling.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::SystemTime;

use futures_util::StreamExt;
use lapin::message::Delivery as AmqpDelivery;
use lapin::{BasicProperties, Consumer};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::hand::Hand;
use super::link::{Phase, Shared};
use super::session::Session;
use super::{properties, reason};
use crate::queue::{Delivery, Lane, Order, QueueError, Settle, Source, Verdict};

/// Takes jobs from the broker, over however many sessions.
#[derive(Debug)]
pub struct AmqpSource {
    shared: Arc<Shared>,
    orders: Option<mpsc::Receiver<Order>>,
    /// The consumers of one session, by its number.
    consumers: (u64, Vec<(Lane, Consumer)>),
    /// Urgent jobs given out since the last other one.
    urgent: u32,
}

/// Settles what an [`AmqpSource`] gave out.
#[derive(Debug, Clone)]
pub struct AmqpSettler {
    shared: Arc<Shared>,
}

/// A delivery's claim on its session. Dropping it unsettled ends the session: the broker would
/// otherwise wait for an answer that nobody can give any more.
pub struct AmqpToken {
    acker: lapin::Acker,
    /// With the next two, what is needed to put the message into another queue.
    payload: Arc<[u8]>,
    properties: BasicProperties,
    lane: Lane,
    attempt: u32,
    session: Arc<Session>,
    settled: bool,
}

impl fmt::Debug for AmqpToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AmqpToken")
            .field("session", &self.session.number)
            .field("lane", &self.lane)
            .finish_non_exhaustive()
    }
}

impl Drop for AmqpToken {
    fn drop(&mut self) {
        if !self.settled {
            self.session.end(QueueError::Lost(
                "a delivery was dropped unanswered".to_owned(),
            ));
        }
    }
}

impl AmqpSource {
    pub(super) fn new(shared: Arc<Shared>, orders: mpsc::Receiver<Order>) -> Self {
        Self {
            shared,
            orders: Some(orders),
            consumers: (0, Vec::new()),
            urgent: 0,
        }
    }

    fn consumers(&mut self, session: &Session) -> &mut [(Lane, Consumer)] {
        if self.consumers.0 != session.number {
            let consumers = session
                .taps
                .iter()
                .map(|tap| (tap.lane, tap.consumer.clone()));
            self.consumers = (session.number, consumers.collect());
        }
        &mut self.consumers.1
    }
}

impl Source for AmqpSource {
    type Token = AmqpToken;
    type Settler = AmqpSettler;

    fn settler(&self) -> AmqpSettler {
        AmqpSettler {
            shared: Arc::clone(&self.shared),
        }
    }

    fn orders(&mut self) -> mpsc::Receiver<Order> {
        self.orders.take().unwrap_or_else(|| mpsc::channel(1).1)
    }

    async fn next(&mut self) -> Option<Result<Delivery<AmqpToken>, QueueError>> {
        loop {
            let session = self.shared.session().await?;
            if session.taps.is_empty() {
                // The source was closed before this session was built.
                return None;
            }
            let order = Lane::order(self.urgent);
            let [turn, ..] = order;
            let fills_until = self.shared.fills_until(turn);
            let consumers = self.consumers(&session);
            let (lane, item) = tokio::select! {
                biased;
                () = session.over() => continue,
                item = next(consumers, order, fills_until) => item,
            };
            self.urgent = if lane == Lane::Urgent {
                self.urgent.saturating_add(1)
            } else {
                0
            };
            match item {
                Some(Ok(delivery)) => return Some(Ok(give_out(delivery, lane, &session))),
                Some(Err(error)) => {
                    let queue = self.shared.config.names.lane(lane);
                    let what = format!("consuming from queue {queue:?}");
                    session.end(reason::doing(&error, &what, &self.shared.address));
                }
                // Polling it again would hang for ever on a channel that looks healthy.
                None => session.end(QueueError::Lost(
                    "the broker cancelled the consumer: its queue was deleted, or a delivery stayed \
                     unanswered longer than the consumer timeout"
                        .to_owned(),
                )),
            }
        }
    }

    async fn close(&mut self) {
        self.shared.consuming.store(false, Ordering::SeqCst);
        let session = match &*self.shared.phase.borrow() {
            Phase::Up(session) if !session.is_over() => Arc::clone(session),
            _ => return,
        };
        session.stop_consuming(&self.shared.config).await;
    }
}

type Item = (Lane, Option<lapin::Result<AmqpDelivery>>);

/// The next delivery, of lanes in this order. Where that of the first may be on its way, it is waited
/// for until `fills_until`: what the broker had sent ahead of another lane would else always be there
/// sooner, and lanes would be served in turns.
async fn next(
    consumers: &mut [(Lane, Consumer)],
    order: [Lane; 3],
    fills_until: Option<Instant>,
) -> Item {
    let [turn, ..] = order;
    if let Some(until) = fills_until
        && consumers.iter().any(|(lane, _)| *lane == turn)
        && let Ok(item) = timeout_at(until, first(consumers, &[turn])).await
    {
        return item;
    }
    first(consumers, &order).await
}

/// The next delivery of the first of these lanes that has one.
async fn first(consumers: &mut [(Lane, Consumer)], order: &[Lane]) -> Item {
    poll_fn(|context| {
        let found = order.iter().find_map(|wanted| {
            let (lane, consumer) = consumers.iter_mut().find(|(lane, _)| lane == wanted)?;
            match consumer.poll_next_unpin(context) {
                Poll::Ready(item) => Some((*lane, item)),
                Poll::Pending => None,
            }
        });
        found.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

impl Settle for AmqpSettler {
    type Token = AmqpToken;

    fn is_live(&self, token: &AmqpToken) -> bool {
        !token.session.is_over()
    }

    async fn settle(&self, mut token: AmqpToken, verdict: Verdict) -> Result<bool, QueueError> {
        token.settled = true;
        let session = &token.session;
        if session.is_over() {
            return Ok(false);
        }
        let hand = Hand {
            session,
            config: &self.shared.config,
            lane: token.lane,
            payload: &token.payload,
            properties: &token.properties,
            acker: &token.acker,
            attempt: token.attempt,
        };
        let told = match &verdict {
            Verdict::Ack => hand.acknowledge().await,
            Verdict::Retry { after } => hand.retry(SystemTime::now() + *after).await,
            Verdict::Wait { until } => hand.postpone(*until).await,
            Verdict::Isolate => hand.isolate().await,
            Verdict::Return => hand.give_back().await,
            Verdict::Reject(reason) => hand.bury(reason).await,
        };
        self.shared.note_settled(token.lane);
        match &told {
            Ok(true) => {}
            Ok(false) => session.end(QueueError::Lost(
                "the channel of a delivery is gone".to_owned(),
            )),
            Err(error) => session.end(error.clone()),
        }
        told
    }
}

fn give_out(delivery: AmqpDelivery, lane: Lane, session: &Arc<Session>) -> Delivery<AmqpToken> {
    let AmqpDelivery {
        data,
        acker,
        properties,
        redelivered,
        ..
    } = delivery;
    let payload: Arc<[u8]> = data.into();
    let came_back = properties::came_back(&properties, redelivered) > 0;
    let attempt = properties::attempt(&properties, redelivered);
    Delivery {
        payload: Arc::clone(&payload),
        envelope: properties::envelope(&properties),
        lane,
        attempt,
        came_back,
        not_before: properties::not_before(&properties),
        sent: properties::sent(&properties),
        trace_parent: properties::trace_parent(&properties),
        token: AmqpToken {
            acker,
            payload,
            properties,
            lane,
            attempt,
            session: Arc::clone(session),
            settled: false,
        },
    }
}
