//! Puts a [`Topology`] on the broker, or looks whether what is needed is there.

use std::collections::BTreeMap;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, ExchangeKind};

use super::session::Patience;
use super::short;
use crate::queue::QueueError;
use crate::queue::topology::{Argument, Binding, Exchange, Names, Queue, Topology};

/// An exchange or a queue, as it is declared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item<'a> {
    pub(super) name: ShortString,
    pub(super) durable: bool,
    pub(super) auto_delete: bool,
    /// `Some` of an exchange: how it routes, and whether only other exchanges feed it.
    pub(super) routing: Option<(&'a str, bool)>,
    pub(super) arguments: BTreeMap<ShortString, AMQPValue>,
}

/// How something is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Made, unless it is there; with other settings it is refused.
    Make,
    /// Only looked for, whatever its settings.
    Look,
}

impl<'a> Item<'a> {
    fn exchange(exchange: &'a Exchange) -> Result<Self, QueueError> {
        Ok(Self {
            name: short(&exchange.name)?,
            durable: true,
            auto_delete: false,
            routing: Some((exchange.kind.name(), false)),
            arguments: BTreeMap::new(),
        })
    }

    fn queue(queue: &'a Queue) -> Result<Self, QueueError> {
        let arguments = queue.arguments.iter().map(|(name, value)| {
            let value = match value {
                Argument::Text(text) => AMQPValue::LongString(text.as_str().into()),
                Argument::Number(number) => AMQPValue::LongLongInt(*number),
            };
            Ok((short(name)?, value))
        });
        Ok(Self {
            name: short(&queue.name)?,
            durable: true,
            auto_delete: false,
            routing: None,
            arguments: arguments.collect::<Result<_, QueueError>>()?,
        })
    }

    /// Everything of a topology that is not a binding, in the order it is to be declared.
    pub(super) fn all(topology: &'a Topology) -> Result<Vec<Self>, QueueError> {
        let exchanges = topology.exchanges.iter().map(Self::exchange);
        exchanges
            .chain(topology.queues.iter().map(Self::queue))
            .collect()
    }

    /// `exchange` or `queue`.
    pub(super) fn noun(&self) -> &'static str {
        match self.routing {
            Some(_) => "exchange",
            None => "queue",
        }
    }

    /// Declares it, or looks whether it is there.
    pub(super) async fn declare(&self, channel: &Channel, manner: Manner) -> lapin::Result<()> {
        let passive = manner == Manner::Look;
        let (durable, auto_delete) = (self.durable, self.auto_delete);
        let arguments = FieldTable::from(self.arguments.clone());
        let Some((kind, internal)) = self.routing else {
            let options = QueueDeclareOptions {
                passive,
                durable,
                auto_delete,
                ..QueueDeclareOptions::default()
            };
            channel
                .queue_declare(self.name.clone(), options, arguments)
                .await?;
            return Ok(());
        };
        let options = ExchangeDeclareOptions {
            passive,
            durable,
            auto_delete,
            internal,
            ..ExchangeDeclareOptions::default()
        };
        let kind = ExchangeKind::Custom(kind.to_owned());
        channel
            .exchange_declare(self.name.clone(), kind, options, arguments)
            .await
    }
}

/// Binds a queue. A binding that is there stays as it is.
pub(super) fn bind<'c>(
    channel: &'c Channel,
    binding: &Binding,
) -> Result<impl Future<Output = lapin::Result<()>> + use<'c>, QueueError> {
    let (queue, exchange) = (short(&binding.queue)?, short(&binding.exchange)?);
    let (key, options) = (short(&binding.key)?, QueueBindOptions::default());
    Ok(channel.queue_bind(queue, exchange, key, options, FieldTable::default()))
}

/// Declares everything. What exists with the same settings stays as it is.
pub(super) async fn apply(
    channel: &Channel,
    topology: &Topology,
    patience: &Patience<'_>,
) -> Result<(), QueueError> {
    for item in Item::all(topology)? {
        let what = format!("declaring {} {:?}", item.noun(), item.name.as_str());
        patience
            .request(&what, item.declare(channel, Manner::Make))
            .await?;
    }
    for binding in &topology.bindings {
        let what = binding_to(binding);
        patience.request(&what, bind(channel, binding)?).await?;
    }
    Ok(())
}

/// Such as `binding queue "q" to exchange "e"`.
pub(super) fn binding_to(binding: &Binding) -> String {
    let Binding {
        exchange, queue, ..
    } = binding;
    format!("binding queue {queue:?} to exchange {exchange:?}")
}

/// Looks whether what a worker consumes from and publishes to exists. The queues for delays are not
/// among it: 4.3 hides from an account what it has no rights to.
pub(super) async fn check(
    channel: &Channel,
    names: &Names,
    patience: &Patience<'_>,
) -> Result<(), QueueError> {
    let topology = Topology::new(names);
    let publishes = [&names.results, &names.retry, &names.dead];
    let consumes = [&names.control, &names.urgent, &names.suspects, &names.jobs];
    for item in Item::all(&topology)? {
        let used: &[&String] = match item.routing {
            Some(_) => &publishes,
            None => &consumes,
        };
        if used.iter().any(|name| name.as_str() == item.name.as_str()) {
            let what = format!("looking for {} {:?}", item.noun(), item.name.as_str());
            patience
                .request(&what, item.declare(channel, Manner::Look))
                .await?;
        }
    }
    Ok(())
}
