//! Everything that a run consists of, and the handles to break it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use lapin::ExchangeKind;
use lapin::options::{
    ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions,
    QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use presslate::queue::topology::{self, Argument, Binding, Exchange, Names, Queue, Topology};
use tokio::sync::{Mutex, watch};
use tokio::time::sleep;

use crate::collect::Duty;
use crate::common::node::Node;
use crate::fleet::Fleet;
use crate::ledger::{Entry, Ledger};
use crate::produce::Pace;
use crate::proxy::Proxy;
use crate::wire::{PATIENCE, PAUSE, Wire, patiently};

/// The handles.
#[derive(Debug)]
pub(crate) struct World {
    /// The broker. Everything about it blocks, hence [`World::broker`].
    pub(crate) node: Arc<Mutex<Node>>,
    pub(crate) url: String,
    pub(crate) names: Names,
    pub(crate) topology: Topology,
    pub(crate) proxy: Proxy,
    pub(crate) fleet: Fleet,
    pub(crate) pace: Arc<Pace>,
    pub(crate) ledger: Ledger,
    /// What the collector of answers is to do, and what it does.
    pub(crate) wanted: watch::Sender<Duty>,
    pub(crate) is: watch::Receiver<Duty>,
}

impl World {
    /// Does something to the node, off the runtime.
    pub(crate) async fn broker<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Node) -> T + Send + 'static,
    ) -> Result<T> {
        let mut node = Arc::clone(&self.node).lock_owned().await;
        tokio::task::spawn_blocking(move || act(&mut node))
            .await
            .context("the broker cannot be controlled")
    }

    /// Runs `rabbitmqctl`.
    pub(crate) async fn ctl(&self, arguments: &'static [&'static str]) -> Result<String> {
        self.broker(move |node| node.ctl(arguments)).await
    }

    /// Has the collector of answers rest or work, and waits until it does.
    pub(crate) async fn collector(&self, duty: Duty) -> Result<()> {
        self.wanted.send_replace(duty);
        let mut is = self.is.clone();
        let waited =
            tokio::time::timeout(Duration::from_secs(30), is.wait_for(|is| *is == duty)).await;
        waited.with_context(|| format!("the collector does not {duty:?}"))??;
        Ok(())
    }

    /// Declares everything as presslate does.
    pub(crate) async fn declare(&self) -> Result<()> {
        let wire = Wire::open(&self.url).await?;
        for exchange in &self.topology.exchanges {
            declare_exchange(&wire, exchange).await?;
        }
        for queue in &self.topology.queues {
            declare_queue(&wire, queue).await?;
        }
        for binding in &self.topology.bindings {
            bind(&wire, binding).await?;
        }
        Ok(())
    }

    /// Unbinds a queue from everything, so that nothing new comes in.
    pub(crate) async fn unbind(&self, wire: &Wire, queue: &str) -> Result<()> {
        for binding in self
            .topology
            .bindings
            .iter()
            .filter(|binding| binding.queue == queue)
        {
            patiently(wire.channel.queue_unbind(
                binding.queue.as_str().into(),
                binding.exchange.as_str().into(),
                binding.key.as_str().into(),
                FieldTable::default(),
            ))
            .await?;
        }
        Ok(())
    }

    /// Waits until a queue is empty.
    pub(crate) async fn until_empty(&self, wire: &Wire, queue: &str) -> Result<()> {
        let started = Instant::now();
        while waiting(wire, queue).await? > 0 {
            if started.elapsed() > PATIENCE * 2 {
                bail!("{queue} does not get empty");
            }
            sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Waits until everything that was sent has been answered, with nothing new sent; `false` when it
    /// takes too long.
    pub(crate) async fn until_quiet(&self, patience: Duration) -> bool {
        let started = Instant::now();
        loop {
            let sent = self.pace.sent() == self.pace.told();
            let open = |job: &Entry| !job.is_over();
            if sent
                && !self
                    .ledger
                    .book()
                    .jobs
                    .iter()
                    .take(self.pace.told())
                    .any(open)
            {
                return true;
            }
            if started.elapsed() > patience {
                return false;
            }
            self.ledger.news().await;
        }
    }
}

/// Messages that wait in a queue.
pub(crate) async fn waiting(wire: &Wire, queue: &str) -> Result<u32> {
    let passive = QueueDeclareOptions {
        passive: true,
        ..QueueDeclareOptions::default()
    };
    let found = patiently(
        wire.channel
            .queue_declare(queue.into(), passive, FieldTable::default()),
    )
    .await?;
    Ok(found.message_count())
}

/// Deletes a queue; gives how many messages were in it.
pub(crate) async fn delete_queue(wire: &Wire, queue: &str) -> Result<u32> {
    patiently(
        wire.channel
            .queue_delete(queue.into(), QueueDeleteOptions::default()),
    )
    .await
}

pub(crate) async fn delete_exchange(wire: &Wire, exchange: &str) -> Result<()> {
    patiently(
        wire.channel
            .exchange_delete(exchange.into(), ExchangeDeleteOptions::default()),
    )
    .await
}

async fn declare_exchange(wire: &Wire, Exchange { name, kind }: &Exchange) -> Result<()> {
    let kind = match kind {
        topology::ExchangeKind::Direct => ExchangeKind::Direct,
        topology::ExchangeKind::Topic => ExchangeKind::Topic,
    };
    let options = ExchangeDeclareOptions {
        durable: true,
        ..ExchangeDeclareOptions::default()
    };
    patiently(wire.channel.exchange_declare(
        name.as_str().into(),
        kind,
        options,
        FieldTable::default(),
    ))
    .await
}

async fn declare_queue(wire: &Wire, Queue { name, arguments }: &Queue) -> Result<()> {
    let mut table = FieldTable::default();
    for (key, value) in arguments {
        let value = match value {
            Argument::Text(text) => AMQPValue::LongString(text.as_str().into()),
            Argument::Number(number) => AMQPValue::LongLongInt(*number),
        };
        table.insert((*key).into(), value);
    }
    let options = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    patiently(
        wire.channel
            .queue_declare(name.as_str().into(), options, table),
    )
    .await?;
    Ok(())
}

async fn bind(
    wire: &Wire,
    Binding {
        exchange,
        queue,
        key,
    }: &Binding,
) -> Result<()> {
    patiently(wire.channel.queue_bind(
        queue.as_str().into(),
        exchange.as_str().into(),
        key.as_str().into(),
        QueueBindOptions::default(),
        FieldTable::default(),
    ))
    .await
}
