//! Sets a run up: broker, wire, workers, producer and collectors.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use presslate::queue::topology::{Names, Topology};
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::collect::{Collector, Duty};
use crate::common::node::{Node, Setup};
use crate::fleet::Fleet;
use crate::jobs::Spec;
use crate::ledger::Ledger;
use crate::options::RunArgs;
use crate::produce::{Pace, Producer};
use crate::proxy::Proxy;
use crate::world::World;

/// What a run is made of, and what ends it.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) world: World,
    stop: CancellationToken,
    tasks: TaskTracker,
    /// Dead letters are always collected: nobody uses this.
    _always: watch::Sender<Duty>,
}

impl Stage {
    /// Starts everything. Nothing is sent yet.
    pub(crate) async fn set(args: &RunArgs, specs: Vec<Spec>, folder: &Path) -> Result<Self> {
        let Some(node) = tokio::task::spawn_blocking(|| Node::start(Setup::default())).await?
        else {
            bail!(
                "no rabbitmq-server on this machine to start a broker of its own with: install it"
            );
        };
        let url = node.url();
        let host = url
            .split(['@', '/'])
            .nth(3)
            .context("the node has no address")?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let ledger = Ledger::new(specs.clone());
        let names = Names::default();
        let proxy = Proxy::start(host.to_owned(), stop.clone(), &tasks).await?;
        let fleet = Fleet::start(args.workers, &proxy.url(), args.sabotage, folder, &ledger)?;
        let (wanted, wants) = watch::channel(Duty::Collect);
        let (is, shown) = watch::channel(Duty::Rest);
        let world = World {
            node: Arc::new(Mutex::new(node)),
            url: url.clone(),
            topology: Topology::new(&names),
            names: names.clone(),
            proxy,
            fleet,
            pace: Arc::new(Pace::default()),
            ledger: ledger.clone(),
            wanted,
            is: shown,
        };
        world.declare().await?;
        let collector = |queue: &str, dead, wanted, is| Collector {
            url: url.clone(),
            queue: queue.to_owned(),
            dead,
            ledger: ledger.clone(),
            wanted,
            is,
            stop: stop.clone(),
        };
        let (always, wanted) = watch::channel(Duty::Collect);
        let nobody = watch::channel(Duty::Rest).0;
        tasks.spawn(collector(&names.results, false, wants, is).run());
        tasks.spawn(collector(&names.dead, true, wanted, nobody).run());
        let producer = Producer {
            url: url.clone(),
            exchange: names.jobs,
            specs,
            pace: Arc::clone(&world.pace),
            ledger: ledger.clone(),
            stop: stop.clone(),
        };
        tasks.spawn(producer.run());
        Ok(Self {
            world,
            stop,
            tasks,
            _always: always,
        })
    }

    /// Ends what is left, the broker last.
    pub(crate) async fn strike(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
