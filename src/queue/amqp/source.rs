//! Deliveries from the queue of jobs, and their settling.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::StreamExt;
use lapin::message::Delivery as AmqpDelivery;
use lapin::options::{BasicAckOptions, BasicNackOptions, BasicRejectOptions};
use lapin::types::{AMQPValue, FieldTable};
use tokio::time::timeout;

use super::link::Shared;
use super::reason;
use super::session::Session;
use crate::queue::{Delivery, QueueError, Settle, Source, Verdict};
use crate::telemetry::trace::TraceParent;

/// Takes jobs from the broker, over however many sessions.
#[derive(Debug)]
pub struct AmqpSource {
    shared: Arc<Shared>,
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
    session: Arc<Session>,
    settled: bool,
}

impl fmt::Debug for AmqpToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AmqpToken")
            .field("session", &self.session.number)
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
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
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

    async fn next(&mut self) -> Option<Result<Delivery<AmqpToken>, QueueError>> {
        loop {
            let session = self.shared.session().await?;
            // None: the source was closed before this session was built.
            let mut consumer = session.consumer.clone()?;
            let item = tokio::select! {
                biased;
                () = session.over() => continue,
                item = consumer.next() => item,
            };
            match item {
                Some(Ok(delivery)) => return Some(Ok(give_out(delivery, &session))),
                Some(Err(error)) => {
                    let what = format!("consuming from queue {:?}", self.shared.config.names.jobs);
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
            super::link::Phase::Up(session) if !session.is_over() => Arc::clone(session),
            _ => return,
        };
        session
            .stop_consuming(self.shared.config.request_timeout)
            .await;
    }
}

impl Settle for AmqpSettler {
    type Token = AmqpToken;

    async fn settle(&self, mut token: AmqpToken, verdict: Verdict) -> Result<bool, QueueError> {
        token.settled = true;
        let (acker, session) = (&token.acker, &token.session);
        if session.is_over() {
            return Ok(false);
        }
        let requeue = |requeue| BasicRejectOptions { requeue };
        let told = async {
            match verdict {
                Verdict::Ack => acker.ack(BasicAckOptions::default()).await,
                // Not nack: RabbitMQ 4.3 does not count that, and the job would come for ever.
                Verdict::Retry => acker.reject(requeue(true)).await,
                Verdict::Return => {
                    acker
                        .nack(BasicNackOptions {
                            requeue: true,
                            ..BasicNackOptions::default()
                        })
                        .await
                }
                Verdict::Reject => acker.reject(requeue(false)).await,
            }
        };
        let limit = self.shared.config.request_timeout;
        let error = match timeout(limit, told).await {
            Ok(Ok(true)) => return Ok(true),
            Ok(Ok(false)) => {
                session.end(QueueError::Lost(
                    "the channel of a delivery is gone".to_owned(),
                ));
                return Ok(false);
            }
            Ok(Err(error)) => reason::doing(&error, "settling a delivery", &self.shared.address),
            Err(_) => QueueError::Timeout(limit),
        };
        session.end(error.clone());
        Err(error)
    }
}

fn give_out(delivery: AmqpDelivery, session: &Arc<Session>) -> Delivery<AmqpToken> {
    let AmqpDelivery {
        data,
        acker,
        properties,
        redelivered,
        ..
    } = delivery;
    let headers = properties.headers().as_ref();
    Delivery {
        payload: data,
        attempt: attempt(headers, redelivered),
        trace_parent: headers
            .and_then(|headers| text(headers, "traceparent"))
            .and_then(|text| TraceParent::parse(&text))
            .map(|parent| parent.to_string()),
        token: AmqpToken {
            acker,
            session: Arc::clone(session),
            settled: false,
        },
    }
}

/// Quorum queues count failed deliveries in a header, absent or 0 the first time. Queues of other
/// kinds only say that there was one.
fn attempt(headers: Option<&FieldTable>, redelivered: bool) -> u32 {
    match headers
        .and_then(|headers| headers.inner().get("x-delivery-count"))
        .and_then(number)
    {
        Some(failed) => u32::try_from(failed).unwrap_or(0).saturating_add(1),
        None => {
            1 + u32::from(
                redelivered
                    && headers
                        .is_none_or(|headers| !headers.inner().contains_key("x-acquired-count")),
            )
        }
    }
}

fn number(value: &AMQPValue) -> Option<i64> {
    match value {
        AMQPValue::LongLongInt(number) => Some(*number),
        AMQPValue::LongInt(number) => Some(i64::from(*number)),
        AMQPValue::LongUInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortUInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortShortInt(number) => Some(i64::from(*number)),
        AMQPValue::ShortShortUInt(number) => Some(i64::from(*number)),
        _ => None,
    }
}

fn text(headers: &FieldTable, name: &str) -> Option<String> {
    match headers.inner().get(name)? {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok().map(str::to_owned),
        AMQPValue::ShortString(text) => Some(text.as_str().to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(entries: &[(&str, AMQPValue)]) -> FieldTable {
        let mut table = FieldTable::default();
        for (name, value) in entries {
            table.insert((*name).into(), value.clone());
        }
        table
    }

    #[test]
    fn attempts_are_read_the_way_each_broker_version_writes_them() {
        let count = |number| headers(&[("x-delivery-count", AMQPValue::LongLongInt(number))]);
        // 3.10: from 0. 4.3: absent the first time, and then failures apart from acquisitions.
        assert_eq!(attempt(Some(&count(0)), false), 1);
        assert_eq!(attempt(Some(&count(4)), true), 5);
        assert_eq!(attempt(None, false), 1);
        assert_eq!(
            attempt(
                Some(&headers(&[("x-acquired-count", AMQPValue::LongLongInt(3))])),
                true
            ),
            1
        );
        // A classic queue.
        assert_eq!(attempt(None, true), 2);
    }

    #[test]
    fn a_nonsensical_count_is_the_first_attempt() {
        for value in [AMQPValue::LongLongInt(-7), AMQPValue::LongLongInt(i64::MAX)] {
            assert_eq!(
                attempt(Some(&headers(&[("x-delivery-count", value)])), false),
                1
            );
        }
        assert_eq!(
            attempt(
                Some(&headers(&[("x-delivery-count", AMQPValue::Boolean(true))])),
                false
            ),
            1
        );
    }
}
