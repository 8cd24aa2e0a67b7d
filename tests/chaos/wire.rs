//! Connections to the broker for the program itself: they may break at any time, and are made again.

use std::time::Duration;

use anyhow::{Context, Result};
use lapin::{Channel, Connection, ConnectionProperties};
use tokio::time::timeout;

/// For anything that is asked of the broker.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);
/// Before a connection is made again.
pub(crate) const PAUSE: Duration = Duration::from_millis(50);

/// A connection with one channel; closed when dropped.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) channel: Channel,
    _connection: Connection,
}

impl Wire {
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let connection =
            patiently(Connection::connect(url, ConnectionProperties::default())).await?;
        let channel = patiently(connection.create_channel()).await?;
        Ok(Self {
            channel,
            _connection: connection,
        })
    }
}

/// Waits for an answer of the broker, but not for ever.
pub(crate) async fn patiently<T>(answer: impl Future<Output = lapin::Result<T>>) -> Result<T> {
    timeout(PATIENCE, answer)
        .await
        .with_context(|| format!("the broker did not answer within {PATIENCE:?}"))?
        .context("asking the broker")
}
