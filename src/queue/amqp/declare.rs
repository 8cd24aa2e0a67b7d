//! Puts a [`Topology`] on the broker, or looks whether what is needed is there.

use std::collections::BTreeMap;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, ExchangeKind};

use super::session::Patience;
use super::short;
use crate::queue::QueueError;
use crate::queue::topology::{self, Argument, Names, Topology};

/// Declares everything. What exists with the same settings stays as it is.
pub(super) async fn apply(
    channel: &Channel,
    topology: &Topology,
    patience: &Patience<'_>,
) -> Result<(), QueueError> {
    for topology::Exchange { name, kind } in &topology.exchanges {
        let kind = match kind {
            topology::ExchangeKind::Direct => ExchangeKind::Direct,
            topology::ExchangeKind::Topic => ExchangeKind::Topic,
        };
        let options = ExchangeDeclareOptions {
            durable: true,
            ..ExchangeDeclareOptions::default()
        };
        let declared = channel.exchange_declare(short(name)?, kind, options, FieldTable::default());
        patience
            .request(&format!("declaring exchange {name:?}"), declared)
            .await?;
    }
    for topology::Queue { name, arguments } in &topology.queues {
        let options = QueueDeclareOptions {
            durable: true,
            ..QueueDeclareOptions::default()
        };
        let declared = channel.queue_declare(short(name)?, options, table(arguments)?);
        patience
            .request(&format!("declaring queue {name:?}"), declared)
            .await?;
    }
    for topology::Binding {
        exchange,
        queue,
        key,
    } in &topology.bindings
    {
        let bound = channel.queue_bind(
            short(queue)?,
            short(exchange)?,
            short(key)?,
            QueueBindOptions::default(),
            FieldTable::default(),
        );
        patience
            .request(
                &format!("binding queue {queue:?} to exchange {exchange:?}"),
                bound,
            )
            .await?;
    }
    Ok(())
}

/// Looks whether the queue of jobs and the exchange for results exist.
pub(super) async fn check(
    channel: &Channel,
    names: &Names,
    patience: &Patience<'_>,
) -> Result<(), QueueError> {
    let Names { jobs, results, .. } = names;
    let passive = QueueDeclareOptions {
        passive: true,
        ..QueueDeclareOptions::default()
    };
    let queue = channel.queue_declare(short(jobs)?, passive, FieldTable::default());
    patience
        .request(&format!("looking for queue {jobs:?}"), queue)
        .await?;
    let passive = ExchangeDeclareOptions {
        passive: true,
        ..ExchangeDeclareOptions::default()
    };
    let exchange = channel.exchange_declare(
        short(results)?,
        ExchangeKind::Topic,
        passive,
        FieldTable::default(),
    );
    patience
        .request(&format!("looking for exchange {results:?}"), exchange)
        .await
}

fn table(arguments: &[(&'static str, Argument)]) -> Result<FieldTable, QueueError> {
    let mut table: BTreeMap<ShortString, AMQPValue> = BTreeMap::new();
    for (name, value) in arguments {
        let value = match value {
            Argument::Text(text) => AMQPValue::LongString(text.as_str().into()),
            Argument::Number(number) => AMQPValue::LongLongInt(*number),
        };
        table.insert(short(name)?, value);
    }
    Ok(table.into())
}
