//! Answers to the results exchange, and to whoever asked for a reply.

use std::sync::Arc;

use tokio::time::timeout;

use super::link::Shared;
use super::properties;
use super::session::{Route, Session};
use crate::queue::{Answer, QueueError, Sink};

/// Publishes answers, over however many sessions.
#[derive(Debug, Clone)]
pub struct AmqpSink {
    shared: Arc<Shared>,
}

impl AmqpSink {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    fn route(&self, answer: &Answer) -> Route<'_> {
        Route {
            exchange: &self.shared.config.names.results,
            key: answer.kind.name(),
        }
    }

    /// The answer is safe already; a reply is a courtesy, and whoever asked for it may have gone.
    async fn reply(&self, session: &Session, queue: &str, answer: &Answer) {
        let replied = session.reply(queue, &answer.payload, properties::answer(answer));
        if let Err(error) = replied.await {
            let job = answer.job_id.as_deref().unwrap_or("(unknown)");
            tracing::warn!(job, queue, %error, "no reply was sent; the answer is in the results");
        }
    }
}

impl Sink for AmqpSink {
    async fn publish(&self, answer: &Answer) -> Result<(), QueueError> {
        let wait = self.shared.config.confirm_timeout;
        let Ok(Some(session)) = timeout(wait, self.shared.session()).await else {
            return Err(self.shared.absence());
        };
        let published = session
            .confirmed(
                self.route(answer),
                &answer.payload,
                properties::answer(answer),
            )
            .await;
        self.shared.note_published(&published);
        published?;
        if let Some(queue) = &answer.reply_to {
            self.reply(&session, queue, answer).await;
        }
        Ok(())
    }

    async fn notify(&self, notice: &Answer) {
        if let Some(session) = self.shared.session_now() {
            session
                .notify(
                    self.route(notice),
                    &notice.payload,
                    properties::answer(notice),
                )
                .await;
        }
    }
}
