//! Which faults happen, in which order and for how long: drawn from the seed alone.

use std::fmt;
use std::time::Duration;

use clap::ValueEnum;

use crate::random::Random;

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Fault {
    /// The broker's application is stopped and started (`stop_app`, `start_app`).
    BrokerRestart,
    /// The broker is stopped in good order, and started again.
    BrokerStop,
    /// The broker is killed as a power cut would, and started again.
    BrokerKill,
    /// The broker closes every connection, the producer's and the consumer's too.
    ConnectionsClosed,
    /// The broker runs short of memory and takes nothing from publishers.
    MemoryAlarm,
    /// The same for want of disk.
    DiskAlarm,
    /// The queue of results is full, and nobody consumes from it.
    ResultsFull,
    /// The queue of results is deleted while it is empty, and declared again later.
    ResultsDeleted,
    /// The exchange of results is deleted.
    ExchangeDeleted,
    /// A queue of jobs or a delay is deleted, once everything sent so far has been answered.
    QueueDeleted,
    /// Connections between workers and broker are cut.
    WireCut,
    /// Everything between workers and broker takes longer.
    WireDelayed,
    /// Nothing gets through in one direction for a while, and then all of it does.
    WireHeld,
    /// Connections end in the middle of a frame.
    WireTorn,
    /// The other end is gone without a word: bytes vanish, and no connection ends.
    WireDead,
    /// A worker is killed.
    WorkerKill,
    /// All workers are killed at once.
    WorkersKill,
    /// A worker is asked to end (`SIGTERM`).
    WorkerStop,
    /// A worker is frozen for a while, longer than the broker waits for its heartbeat, or not.
    WorkerFrozen,
    /// A worker dies at a point between taking a job and acknowledging it.
    WorkerDies,
}

impl Fault {
    /// How often it is drawn. Those that stop the broker take ten seconds each, and are a sixth
    /// of all.
    fn weight(self) -> usize {
        match self {
            Self::BrokerRestart | Self::BrokerStop | Self::QueueDeleted | Self::WireDead => 2,
            Self::DiskAlarm | Self::WorkerFrozen => 1,
            Self::BrokerKill
            | Self::ConnectionsClosed
            | Self::MemoryAlarm
            | Self::ResultsFull
            | Self::ResultsDeleted
            | Self::ExchangeDeleted
            | Self::WorkersKill => 3,
            Self::WireCut
            | Self::WireDelayed
            | Self::WireHeld
            | Self::WireTorn
            | Self::WorkerStop => 4,
            Self::WorkerKill | Self::WorkerDies => 5,
        }
    }

    /// For how long it lasts, in milliseconds.
    fn hold(self, random: &mut Random) -> Duration {
        match self {
            Self::BrokerRestart | Self::BrokerStop | Self::BrokerKill => random.millis(0, 2500),
            Self::MemoryAlarm | Self::DiskAlarm | Self::WireDelayed => random.millis(1500, 4000),
            Self::ResultsFull | Self::ResultsDeleted | Self::WireHeld => random.millis(1000, 4000),
            Self::ExchangeDeleted | Self::QueueDeleted => random.millis(500, 2500),
            // Short of a job's deadline, or until the broker has long given its jobs to others: a job
            // that is held up for longer than it may take is late by rights.
            Self::WorkerFrozen if random.per_mille(500) => random.millis(300, 1200),
            Self::WorkerFrozen => random.millis(13_000, 15_000),
            Self::ConnectionsClosed
            | Self::WireCut
            | Self::WireTorn
            | Self::WireDead
            | Self::WorkerKill
            | Self::WorkersKill
            | Self::WorkerStop
            | Self::WorkerDies => Duration::ZERO,
        }
    }

    /// Whether the workers themselves stay well, so that a second fault can hit one of them.
    fn leaves_workers_alone(self) -> bool {
        !matches!(
            self,
            Self::WorkerKill
                | Self::WorkersKill
                | Self::WorkerStop
                | Self::WorkerFrozen
                | Self::WorkerDies
                | Self::QueueDeleted
        )
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().map_or("", |_| name(*self)))
    }
}

/// As on the command line.
fn name(fault: Fault) -> &'static str {
    match fault {
        Fault::BrokerRestart => "broker-restart",
        Fault::BrokerStop => "broker-stop",
        Fault::BrokerKill => "broker-kill",
        Fault::ConnectionsClosed => "connections-closed",
        Fault::MemoryAlarm => "memory-alarm",
        Fault::DiskAlarm => "disk-alarm",
        Fault::ResultsFull => "results-full",
        Fault::ResultsDeleted => "results-deleted",
        Fault::ExchangeDeleted => "exchange-deleted",
        Fault::QueueDeleted => "queue-deleted",
        Fault::WireCut => "wire-cut",
        Fault::WireDelayed => "wire-delayed",
        Fault::WireHeld => "wire-held",
        Fault::WireTorn => "wire-torn",
        Fault::WireDead => "wire-dead",
        Fault::WorkerKill => "worker-kill",
        Fault::WorkersKill => "workers-kill",
        Fault::WorkerStop => "worker-stop",
        Fault::WorkerFrozen => "worker-frozen",
        Fault::WorkerDies => "worker-dies",
    }
}

/// One fault and what is drawn for it.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// What goes wrong.
    pub(crate) fault: Fault,
    /// Time after the last one was over.
    pub(crate) gap: Duration,
    /// From the moment that a burst of jobs is sent to the fault.
    pub(crate) into_burst: Duration,
    /// For how long it lasts.
    pub(crate) hold: Duration,
    /// Decides what the fault leaves open: which worker, which direction, which queue.
    pub(crate) choice: u64,
    /// A worker is killed while it lasts.
    pub(crate) and_kill: bool,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<18} gap {:>4} ms, {:>3} ms into a burst, lasts {:>5} ms, choice {:>3}{}",
            self.fault.to_string(),
            self.gap.as_millis(),
            self.into_burst.as_millis(),
            self.hold.as_millis(),
            self.choice,
            if self.and_kill {
                ", and a worker is killed"
            } else {
                ""
            }
        )
    }
}

/// The schedule of a run. Every kind comes once before any comes a second time.
pub(crate) fn draw(seed: u64, count: usize, only: &[Fault]) -> Vec<Step> {
    let mut random = Random::new(seed, "faults");
    let kinds: Vec<Fault> = Fault::value_variants()
        .iter()
        .copied()
        .filter(|fault| only.is_empty() || only.contains(fault))
        .collect();
    let mut deck = kinds.clone();
    random.shuffle(&mut deck);
    let mut steps = Vec::with_capacity(count);
    while steps.len() < count {
        let Some(fault) = deck.pop() else {
            deck = kinds
                .iter()
                .flat_map(|kind| std::iter::repeat_n(*kind, kind.weight()))
                .collect();
            random.shuffle(&mut deck);
            continue;
        };
        steps.push(Step {
            fault,
            gap: random.millis(100, 1500),
            into_burst: random.millis(20, 250),
            hold: fault.hold(&mut random),
            choice: random.between(0, 999),
            and_kill: random.per_mille(120) && fault.leaves_workers_alone(),
        });
    }
    steps
}
