//! Answers to the results exchange.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use lapin::options::BasicPublishOptions;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, Confirmation};
use tokio::time::timeout;

use super::link::Shared;
use super::session::Session;
use super::{reason, short};
use crate::queue::{Answer, QueueError, Sink};

/// AMQP's number for messages that survive a restart of the broker.
const PERSISTENT: u8 = 2;

/// Publishes answers, over however many sessions.
#[derive(Debug, Clone)]
pub struct AmqpSink {
    shared: Arc<Shared>,
}

impl AmqpSink {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    async fn confirmed(&self, session: &Session, answer: &Answer) -> Result<(), QueueError> {
        let config = &self.shared.config;
        let what = format!("publishing to exchange {:?}", config.names.results);
        let options = BasicPublishOptions {
            mandatory: true,
            ..BasicPublishOptions::default()
        };
        let published = session.channel.basic_publish(
            short(&config.names.results)?,
            short(answer.kind.name())?,
            options,
            &answer.payload,
            properties(answer),
        );
        let mut confirm = match timeout(config.request_timeout, published).await {
            Ok(Ok(confirm)) => confirm,
            Ok(Err(error)) => return Err(reason::doing(&error, &what, &self.shared.address)),
            Err(_) => return Err(QueueError::Timeout(config.request_timeout)),
        };
        let confirmation = loop {
            match timeout(config.confirm_timeout, &mut confirm).await {
                Ok(Ok(confirmation)) => break confirmation,
                Ok(Err(error)) if reason::is_too_large(&error) => {
                    return Err(QueueError::TooLarge {
                        bytes: answer.payload.len(),
                    });
                }
                Ok(Err(error)) => return Err(reason::doing(&error, &what, &self.shared.address)),
                // It will confirm when it has memory or disk again. A new session would be blocked
                // just the same, and each one charges the jobs in hand with a failed delivery.
                Err(_) if session.is_blocked() => {}
                Err(_) => return Err(QueueError::Timeout(config.confirm_timeout)),
            }
        };
        match confirmation {
            Confirmation::Ack(None) => Ok(()),
            Confirmation::Ack(Some(_returned)) => Err(QueueError::Unroutable {
                exchange: config.names.results.clone(),
                key: answer.kind.name().to_owned(),
            }),
            Confirmation::Nack(_) => Err(QueueError::NotAccepted),
            Confirmation::NotRequested => Err(QueueError::NotConfirmed),
        }
    }
}

impl Sink for AmqpSink {
    async fn publish(&self, answer: &Answer) -> Result<(), QueueError> {
        let wait = self.shared.config.confirm_timeout;
        let Ok(Some(session)) = timeout(wait, self.shared.session()).await else {
            return Err(self.shared.absence());
        };
        let published = tokio::select! {
            biased;
            published = self.confirmed(&session, answer) => published,
            () = session.over() => return Err(session.why()),
        };
        match published {
            Ok(()) => Ok(()),
            // The channel lives: only this message was not taken.
            Err(error @ (QueueError::Unroutable { .. } | QueueError::NotAccepted)) => Err(error),
            Err(error) => {
                session.end(error.clone());
                Err(error)
            }
        }
    }
}

fn properties(answer: &Answer) -> BasicProperties {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let mut properties = BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_content_type("application/json".into())
        .with_app_id("presslate".into())
        .with_timestamp(now);
    // What comes from a message may be too long for a property, and is then left out: the
    // conversion with `into` would end the process.
    if let Ok(kind) = ShortString::try_new(answer.kind.name()) {
        properties = properties.with_type(kind);
    }
    if let Some(Ok(id)) = answer.job_id.as_deref().map(ShortString::try_new) {
        properties = properties.with_correlation_id(id);
    }
    if let Ok(id) = ShortString::try_new(answer.message_id.as_str()) {
        properties = properties.with_message_id(id);
    }
    if let Some(parent) = &answer.trace_parent {
        let mut headers = FieldTable::default();
        headers.insert(
            "traceparent".into(),
            AMQPValue::LongString(parent.as_str().into()),
        );
        properties = properties.with_headers(headers);
    }
    properties
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::queue::AnswerKind;

    fn answer(job_id: &str) -> Answer {
        Answer {
            kind: AnswerKind::Error,
            job_id: Some(job_id.to_owned()),
            message_id: "ab".repeat(32),
            payload: Vec::new(),
            trace_parent: None,
        }
    }

    #[test]
    fn answers_are_persistent_and_name_their_job() {
        let properties = properties(&answer("a-1"));
        assert_eq!(properties.delivery_mode(), &Some(PERSISTENT));
        assert_eq!(
            properties
                .correlation_id()
                .as_ref()
                .map(ShortString::as_str),
            Some("a-1")
        );
        assert_eq!(
            properties.message_id().as_ref().map(|id| id.as_str().len()),
            Some(64)
        );
        assert_eq!(
            properties.kind().as_ref().map(ShortString::as_str),
            Some("error")
        );
    }

    #[test]
    fn an_id_too_long_for_a_property_is_left_out_and_does_not_panic() {
        assert_eq!(
            properties(&answer(&"x".repeat(300))).correlation_id(),
            &None
        );
    }
}
