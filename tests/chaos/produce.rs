//! Sends the jobs, through all faults, until the broker has each of them safe.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use anyhow::{Result, bail};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Confirmation};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::jobs::Spec;
use crate::ledger::Ledger;
use crate::wire::{PAUSE, Wire, patiently};

/// How far the producer may go and has come, as numbers of jobs.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    may: AtomicUsize,
    has: AtomicUsize,
}

impl Pace {
    /// Has jobs sent up to this number.
    pub(crate) fn until(&self, count: usize) {
        self.may.fetch_max(count, Ordering::SeqCst);
    }

    /// How many the producer was told to send.
    pub(crate) fn told(&self) -> usize {
        self.may.load(Ordering::SeqCst)
    }

    /// How many the broker has safe.
    pub(crate) fn sent(&self) -> usize {
        self.has.load(Ordering::SeqCst)
    }
}

/// The producer.
#[derive(Debug)]
pub(crate) struct Producer {
    pub(crate) url: String,
    pub(crate) exchange: String,
    pub(crate) specs: Vec<Spec>,
    pub(crate) pace: Arc<Pace>,
    pub(crate) ledger: Ledger,
    pub(crate) stop: CancellationToken,
}

impl Producer {
    /// Sends until there are no more jobs.
    pub(crate) async fn run(self) -> Result<()> {
        let mut wire = None;
        for (index, spec) in self.specs.iter().enumerate() {
            while self.pace.told() <= index {
                if self.stop.is_cancelled() {
                    return Ok(());
                }
                sleep(PAUSE / 5).await;
            }
            // Made once: what is sent again is the same message.
            let (payload, not_before) = spec.payload(SystemTime::now())?;
            self.ledger.made(index, &payload, not_before);
            for _ in 0..spec.copies {
                loop {
                    self.ledger.sending(index);
                    let Err(error) = self.send(&mut wire, spec, &payload).await else {
                        break;
                    };
                    if self.stop.is_cancelled() {
                        return Ok(());
                    }
                    self.ledger
                        .about(&spec.key, format!("not confirmed: {error:#}"));
                    wire = None;
                    sleep(PAUSE).await;
                }
                self.ledger.confirmed(index);
            }
            self.pace.has.store(index + 1, Ordering::SeqCst);
        }
        Ok(())
    }

    async fn send(&self, wire: &mut Option<Wire>, spec: &Spec, payload: &[u8]) -> Result<()> {
        let wire = if let Some(wire) = wire {
            wire
        } else {
            let opened = Wire::open(&self.url).await?;
            let confirms = ConfirmSelectOptions::default();
            patiently(opened.channel.confirm_select(confirms)).await?;
            wire.insert(opened)
        };
        let options = BasicPublishOptions {
            mandatory: true,
            ..BasicPublishOptions::default()
        };
        let confirm = patiently(
            wire.channel.basic_publish(
                self.exchange.as_str().into(),
                spec.lane().into(),
                options,
                payload,
                BasicProperties::default()
                    .with_delivery_mode(2)
                    .with_content_type("application/json".into()),
            ),
        )
        .await?;
        match patiently(confirm).await? {
            Confirmation::Ack(None) => Ok(()),
            Confirmation::Ack(Some(_)) => bail!("no queue for it"),
            Confirmation::Nack(_) => bail!("the queue is full"),
            Confirmation::NotRequested => bail!("confirms are off"),
        }
    }
}
