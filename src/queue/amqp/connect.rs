//! One connection to the broker.

use lapin::{Connection, ConnectionProperties};
use tokio::time::timeout;

use super::{Address, Config, reason};
use crate::queue::QueueError;

/// Connects and logs in, under a name that operators see.
pub(super) async fn connect(
    config: &Config,
    address: &Address,
    name: &str,
) -> Result<Connection, QueueError> {
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    match timeout(
        config.connect_timeout,
        Connection::connect_uri(address.uri.clone(), properties),
    )
    .await
    {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(reason::connecting(&error, address)),
        Err(_) => Err(QueueError::Lost(format!(
            "the broker at {} did not answer within {:?}",
            address.host(),
            config.connect_timeout
        ))),
    }
}
