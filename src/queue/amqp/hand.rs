//! How a delivery leaves our hands: acknowledged, moved to another queue, or given back.
//!
//! A job that moves is published first and acknowledged after, so that a crash in between leaves
//! two of it and never none.

use std::time::SystemTime;

use lapin::options::{BasicAckOptions, BasicNackOptions, BasicRejectOptions};
use lapin::{Acker, BasicProperties};
use tokio::time::sleep;

use super::session::{Route, Session};
use super::{Config, properties};
use crate::queue::topology::{DEAD_KEY, DELAYS};
use crate::queue::{Backoff, Lane, QueueError, Reason};

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
type Told = Result<bool, QueueError>;

impl Hand<'_> {
    /// The broker forgets it.
    pub(super) async fn acknowledge(&self) -> Told {
        self.tell(self.acker.ack(BasicAckOptions::default())).await
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

    /// It goes where jobs run alone. What its queue counted stays behind: it may have been in hand
    /// only beside the job that ended the worker.
    pub(super) async fn isolate(&self) -> Told {
        let attempts = properties::earlier_attempts(self.properties);
        let moved = properties::moved(self.properties, attempts, None);
        self.move_to(Lane::Suspect.key(), moved).await
    }

    /// It goes to the dead letters, with the reason on it.
    pub(super) async fn bury(&self, reason: &Reason) -> Told {
        let route = Route {
            exchange: &self.config.names.dead,
            key: DEAD_KEY,
        };
        let properties = properties::dead(self.properties, self.attempt, reason);
        match self.publish(route, properties).await {
            Ok(()) => self.acknowledge().await,
            // The queue's own way to the dead letters holds on to it until they can take it.
            Err(error) => {
                self.could_not(route, &error);
                self.reject(false).await
            }
        }
    }

    /// It goes back as it came, because this worker is leaving.
    ///
    /// A nack does not count against the job on 4.3. Before, it does: a normal job then runs alone
    /// the next time, which is no harm, but a suspect would come closer to its end with every worker
    /// that leaves.
    pub(super) async fn give_back(&self) -> Told {
        if self.lane == Lane::Suspect && !self.session.features.delayed_retry {
            let route = Route {
                exchange: &self.config.names.retry,
                key: self.lane.key(),
            };
            let due = properties::not_before(self.properties);
            let moved = properties::moved(self.properties, self.attempt.saturating_sub(1), due);
            if self.publish(route, moved).await.is_ok() {
                return self.acknowledge().await;
            }
        }
        self.tell(self.acker.nack(BasicNackOptions {
            requeue: true,
            ..BasicNackOptions::default()
        }))
        .await
    }

    async fn wait(&self, due: SystemTime, attempts: u32) -> Told {
        let properties = properties::moved(self.properties, attempts, Some(due));
        let key = format!("{}.{}", delay(due), self.lane.key());
        self.move_to(&key, properties).await
    }

    /// Moves it, however long that takes. Given back instead, it would come again at once, and with
    /// each time closer to the limit at which the broker buries it without an answer.
    async fn move_to(&self, key: &str, properties: BasicProperties) -> Told {
        let route = Route {
            exchange: &self.config.names.retry,
            key,
        };
        let mut backoff = Backoff::new(self.config.min_backoff, self.config.max_backoff);
        loop {
            let Err(error) = self.publish(route, properties.clone()).await else {
                return self.acknowledge().await;
            };
            if self.session.is_over() {
                return Ok(false);
            }
            self.could_not(route, &error);
            sleep(backoff.next_delay()).await;
        }
    }

    async fn publish(
        &self,
        route: Route<'_>,
        properties: BasicProperties,
    ) -> Result<(), QueueError> {
        self.session
            .confirmed(route, self.payload, properties)
            .await
    }

    async fn reject(&self, requeue: bool) -> Told {
        self.tell(self.acker.reject(BasicRejectOptions { requeue }))
            .await
    }

    async fn tell(&self, told: impl Future<Output = lapin::Result<bool>>) -> Told {
        let patience = self.session.patience();
        patience.request("settling a delivery", told).await
    }

    fn could_not(&self, route: Route<'_>, error: &QueueError) {
        // When the session has ended, that is said already, and the broker has the job again.
        if !self.session.is_over() {
            let Route { exchange, key } = route;
            tracing::warn!(%error, exchange, key, "a job could not be moved");
        }
    }
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
