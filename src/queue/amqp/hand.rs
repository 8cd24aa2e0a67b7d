//! How a delivery leaves our hands: acknowledged, moved to another queue, or given back.
//!
//! A job that moves is published first and acknowledged after, so that a crash in between leaves
//! two of it and never none.

use std::time::SystemTime;

use lapin::options::{BasicAckOptions, BasicNackOptions, BasicRejectOptions};
use lapin::{Acker, BasicProperties};

use super::session::{Route, Session};
use super::{Config, properties};
use crate::queue::topology::{DEAD_KEY, DELAYS};
use crate::queue::{Lane, QueueError, Reason};

/// A delivery in hand.
pub(super) struct Hand<'a> {
    pub(super) session: &'a Session,
    pub(super) config: &'a Config,
    pub(super) lane: Lane,
    pub(super) payload: &'a [u8],
    pub(super) properties: &'a BasicProperties,
    pub(super) acker: &'a Acker,
    /// Deliveries so far, this one included.
    pub(super) attempt: u32,
}

/// What telling the broker came to: whether it still knew the delivery.
type Told = lapin::Result<bool>;

impl Hand<'_> {
    /// The broker forgets it.
    pub(super) async fn acknowledge(&self) -> Told {
        self.acker.ack(BasicAckOptions::default()).await
    }

    /// It failed: counts, and comes again once its time has come.
    pub(super) async fn retry(&self, due: SystemTime) -> Told {
        if self.session.features.delayed_retry {
            // Not nack: that does not count here, and the job would come for ever.
            return self.reject(true).await;
        }
        self.wait(due, self.attempt).await
    }

    /// It comes again at its time, and nothing is counted.
    pub(super) async fn postpone(&self, due: SystemTime) -> Told {
        self.wait(due, self.attempt.saturating_sub(1)).await
    }

    /// It goes where jobs run alone.
    pub(super) async fn isolate(&self) -> Told {
        let attempts = self.attempt.saturating_sub(1);
        let key = Lane::Suspect.key();
        self.move_to(key, properties::moved(self.properties, attempts, None))
            .await
    }

    /// It goes to the dead letters, with the reason on it.
    pub(super) async fn bury(&self, reason: &Reason) -> Told {
        let route = Route {
            exchange: &self.config.names.dead,
            key: DEAD_KEY,
        };
        let properties = properties::dead(self.properties, self.attempt, reason);
        match self
            .session
            .confirmed(route, self.payload, properties)
            .await
        {
            Ok(()) => self.acknowledge().await,
            // The queue's own way to the dead letters holds on to it until they can take it.
            Err(error) => {
                self.could_not("dead letters", &error);
                self.reject(false).await
            }
        }
    }

    /// It goes back as it came.
    pub(super) async fn give_back(&self) -> Told {
        hand_back(
            self.session,
            self.config,
            self.lane,
            self.payload,
            self.properties,
            self.acker,
        )
        .await
    }

    async fn wait(&self, due: SystemTime, attempts: u32) -> Told {
        let properties = properties::moved(self.properties, attempts, Some(due));
        let key = format!("{}.{}", delay(due), self.lane.key());
        self.move_to(&key, properties).await
    }

    async fn move_to(&self, key: &str, properties: BasicProperties) -> Told {
        let exchange = &self.config.names.retry;
        match self
            .session
            .confirmed(Route { exchange, key }, self.payload, properties)
            .await
        {
            Ok(()) => self.acknowledge().await,
            Err(error) => {
                self.could_not(exchange, &error);
                self.reject(true).await
            }
        }
    }

    async fn reject(&self, requeue: bool) -> Told {
        self.acker.reject(BasicRejectOptions { requeue }).await
    }

    fn could_not(&self, to: &str, error: &QueueError) {
        // When the session has ended, that is said already, and the broker has the job again.
        if !self.session.is_over() {
            tracing::warn!(%error, to, "a job could not be moved; it goes back to its queue");
        }
    }
}

/// Gives a delivery back because this worker is leaving.
///
/// A nack does not count against the job on 4.3. Before, it does: a normal job then runs alone the
/// next time, which is no harm, but a suspect comes closer to its end with every worker that leaves.
pub(super) async fn hand_back(
    session: &Session,
    config: &Config,
    lane: Lane,
    payload: &[u8],
    properties: &BasicProperties,
    acker: &Acker,
) -> Told {
    if lane == Lane::Suspect && !session.features.delayed_retry {
        let route = Route {
            exchange: &config.names.retry,
            key: lane.key(),
        };
        let attempts = properties::earlier_attempts(properties)
            .saturating_add(properties::came_back(properties, false));
        let moved = properties::moved(properties, attempts, properties::not_before(properties));
        if session.confirmed(route, payload, moved).await.is_ok() {
            return acker.ack(BasicAckOptions::default()).await;
        }
    }
    acker
        .nack(BasicNackOptions {
            requeue: true,
            ..BasicNackOptions::default()
        })
        .await
}

/// The longest delay that does not outlast the wait; the shortest where all do. A job that comes
/// too early waits again.
fn delay(due: SystemTime) -> &'static str {
    let wait = due.duration_since(SystemTime::now()).unwrap_or_default();
    let [(shortest, _), ..] = DELAYS;
    DELAYS
        .iter()
        .rev()
        .find(|(_, delay)| *delay <= wait)
        .map_or(shortest, |(suffix, _)| suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::time::Duration;

    #[test]
    fn a_wait_takes_the_longest_delay_that_fits_into_it() {
        for (seconds, suffix) in [
            (0, "1s"),
            (1, "1s"),
            (4, "1s"),
            (6, "5s"),
            (31, "30s"),
            (299, "30s"),
            (4000, "1h"),
            (400_000, "1h"),
        ] {
            // Half a second more, for the time that the test itself takes.
            let due = SystemTime::now() + Duration::from_millis(seconds * 1000 + 500);
            assert_eq!(delay(due), suffix, "{seconds} s");
        }
        assert_eq!(delay(SystemTime::UNIX_EPOCH), "1s");
    }
}
