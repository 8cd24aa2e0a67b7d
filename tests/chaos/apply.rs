//! Does each fault, and undoes it.

use std::time::{Duration, Instant};

use anyhow::Result;
use presslate::queue::topology::DELAYS;
use tokio::time::{sleep, timeout};

use crate::collect::Duty;
use crate::common::node::Node;
use crate::doom::MOMENTS;
use crate::ledger::Entry;
use crate::proxy::{Fate, Part, Way, Weather};
use crate::schedule::{Fault, Step};
use crate::wire::{PAUSE, Wire};
use crate::world::{World, delete_exchange, delete_queue};

/// For a dead wire to be noticed: twice the heartbeat of the workers, and a little.
const NOTICE: Duration = Duration::from_secs(10);

/// What became of a fault.
#[derive(Debug)]
pub(crate) struct Done {
    /// When the worker could work again, as far as the fault goes.
    pub(crate) ready: Instant,
    /// It could not be done: why.
    pub(crate) skipped: Option<&'static str>,
    /// What was chosen.
    pub(crate) what: String,
}

impl Done {
    fn now(what: impl Into<String>) -> Self {
        Self {
            ready: Instant::now(),
            skipped: None,
            what: what.into(),
        }
    }
}

/// Does a fault and undoes it again.
pub(crate) async fn apply(step: &Step, world: &World) -> Result<Done> {
    let choice = usize::try_from(step.choice).unwrap_or_default();
    match step.fault {
        Fault::BrokerRestart | Fault::BrokerStop | Fault::BrokerKill => broker(step, world).await,
        Fault::ConnectionsClosed => {
            world.ctl(&["close_all_connections", "chaos"]).await?;
            Ok(Done::now(""))
        }
        Fault::MemoryAlarm => {
            world
                .ctl(&["set_vm_memory_high_watermark", "absolute", "1MB"])
                .await?;
            hold(step, world).await;
            world.ctl(&["set_vm_memory_high_watermark", "0.6"]).await?;
            Ok(Done::now(""))
        }
        Fault::DiskAlarm => {
            world.ctl(&["set_disk_free_limit", "1000GB"]).await?;
            hold(step, world).await;
            world.ctl(&["set_disk_free_limit", "50MB"]).await?;
            Ok(Done::now(""))
        }
        Fault::ResultsFull | Fault::ResultsDeleted | Fault::ExchangeDeleted => {
            results(step, world).await
        }
        Fault::QueueDeleted => queue(step, world, choice).await,
        Fault::WireCut
        | Fault::WireDelayed
        | Fault::WireHeld
        | Fault::WireTorn
        | Fault::WireDead => wire(step, world, choice).await,
        Fault::WorkerKill => {
            world.fleet.kill(choice);
            Ok(Done::now(format!("worker {}", choice % world.fleet.len())))
        }
        Fault::WorkersKill => {
            for which in 0..world.fleet.len() {
                world.fleet.kill(which);
            }
            Ok(Done::now(""))
        }
        Fault::WorkerStop => {
            world.fleet.signal(choice, "TERM");
            Ok(Done::now(format!("worker {}", choice % world.fleet.len())))
        }
        Fault::WorkerFrozen => {
            world.fleet.signal(choice, "STOP");
            sleep(step.hold).await;
            world.fleet.signal(choice, "CONT");
            Ok(Done::now(format!("worker {}", choice % world.fleet.len())))
        }
        Fault::WorkerDies => {
            let moment = MOMENTS
                .get(choice / 16 % MOMENTS.len())
                .copied()
                .unwrap_or_default();
            world.fleet.order(choice, moment);
            // It dies at the next job that gets there.
            sleep(Duration::from_millis(500)).await;
            Ok(Done::now(moment))
        }
    }
}

/// Waits while a fault lasts; a worker may be killed meanwhile.
async fn hold(step: &Step, world: &World) {
    sleep(step.hold / 2).await;
    if step.and_kill {
        world
            .fleet
            .kill(usize::try_from(step.choice / 7).unwrap_or_default());
    }
    sleep(step.hold / 2).await;
}

async fn broker(step: &Step, world: &World) -> Result<Done> {
    match step.fault {
        Fault::BrokerRestart => {
            world.ctl(&["stop_app"]).await?;
        }
        Fault::BrokerStop => world.broker(Node::stop).await?,
        _ => world.broker(Node::kill).await?,
    }
    hold(step, world).await;
    if step.fault == Fault::BrokerRestart {
        world.ctl(&["start_app"]).await?;
    } else {
        world.broker(Node::up).await?;
    }
    Ok(Done::now(""))
}

async fn results(step: &Step, world: &World) -> Result<Done> {
    let results = world.names.results.as_str();
    match step.fault {
        Fault::ResultsFull => {
            world.collector(Duty::Rest).await?;
            world
                .ctl(&[
                    "set_policy",
                    "full",
                    r"^presslate\.results$",
                    r#"{"max-length":1}"#,
                    "--apply-to",
                    "queues",
                ])
                .await?;
            hold(step, world).await;
            world.ctl(&["clear_policy", "full"]).await?;
            world.collector(Duty::Collect).await?;
        }
        Fault::ResultsDeleted => {
            let wire = Wire::open(&world.url).await?;
            // In this order, so that no answer is in it: nothing comes in, everything goes out.
            world.unbind(&wire, results).await?;
            world.until_empty(&wire, results).await?;
            world.collector(Duty::Rest).await?;
            world.until_empty(&wire, results).await?;
            let lost = delete_queue(&wire, results).await?;
            anyhow::ensure!(
                lost == 0,
                "{lost} answers were deleted by this program itself"
            );
            hold(step, world).await;
            world.declare().await?;
            world.collector(Duty::Collect).await?;
        }
        _ => {
            let wire = Wire::open(&world.url).await?;
            delete_exchange(&wire, results).await?;
            hold(step, world).await;
            world.declare().await?;
        }
    }
    Ok(Done::now(""))
}

/// Deletes a queue that jobs travel through, at a moment when every job that was sent has been
/// answered: what it may still hold are copies.
async fn queue(step: &Step, world: &World, choice: usize) -> Result<Done> {
    if !world.until_quiet(Duration::from_secs(40)).await {
        return Ok(Done {
            skipped: Some("jobs were still on their way"),
            ..Done::now("")
        });
    }
    let mut queues = vec![
        world.names.jobs.clone(),
        world.names.urgent.clone(),
        world.names.suspects.clone(),
    ];
    queues.extend(
        DELAYS
            .iter()
            .take(2)
            .map(|(suffix, _)| format!("{}.{suffix}", world.names.retry)),
    );
    let Some(queue) = queues.get(choice % queues.len()) else {
        return Ok(Done {
            skipped: Some("there is no queue"),
            ..Done::now("")
        });
    };
    let wire = Wire::open(&world.url).await?;
    delete_queue(&wire, queue).await?;
    hold(step, world).await;
    world.declare().await?;
    Ok(Done::now(queue.as_str()))
}

async fn wire(step: &Step, world: &World, choice: usize) -> Result<Done> {
    let part = match choice % 3 {
        0 => Part::All,
        which => Part::Half(which),
    };
    match step.fault {
        Fault::WireCut => world.proxy.cut(part),
        Fault::WireDelayed => {
            let delay = Duration::from_millis(200 + step.choice * 9 / 5);
            world.proxy.set(Weather { delay, held: None });
            hold(step, world).await;
            world.proxy.set(Weather::default());
            return Ok(Done::now(format!("by {} ms", delay.as_millis())));
        }
        Fault::WireHeld => {
            let way = if choice.is_multiple_of(2) {
                Way::Up
            } else {
                Way::Down
            };
            world.proxy.set(Weather {
                delay: Duration::ZERO,
                held: Some(way),
            });
            hold(step, world).await;
            world.proxy.set(Weather::default());
            return Ok(Done::now(format!("{way:?}")));
        }
        Fault::WireTorn => world.proxy.doom(part, Fate::Torn),
        _ => {
            world.proxy.doom(part, Fate::Dead);
            // The wire itself is never well again; this is when that must have been noticed.
            return Ok(Done {
                ready: Instant::now() + NOTICE,
                ..Done::now(format!("{part:?}"))
            });
        }
    }
    Ok(Done::now(format!("{part:?}")))
}

/// How long it takes from `ready` until a job that is sent after it is answered; `None` if that
/// does not happen.
pub(crate) async fn recovery(
    world: &World,
    first: usize,
    ready: Instant,
    patience: Duration,
) -> Option<Duration> {
    let answered = async {
        loop {
            let found = world
                .ledger
                .book()
                .jobs
                .iter()
                .skip(first)
                .filter(|job| job.spec.is_quick())
                .any(Entry::is_answered);
            if found {
                return Instant::now();
            }
            world.ledger.news().await;
        }
    };
    let left = ready.saturating_duration_since(Instant::now()) + patience;
    let at = timeout(left.max(PAUSE), answered).await.ok()?;
    Some(at.saturating_duration_since(ready))
}
