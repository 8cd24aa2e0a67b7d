//! How things stand at the moment of asking.

use std::time::SystemTime;

use prometheus_client::registry::Registry;

use super::about::{About, Base, Kind, Level, Many, counter, level, levels};
use super::device::DeviceGauges;
use super::process::ProcessMetrics;
use prometheus_client::metrics::counter::Counter;
use std::sync::atomic::Ordering;

static BUILD: About = About {
    name: "presslate_build_info",
    kind: Kind::Gauge,
    unit: None,
    labels: &["version", "device"],
    help: "Always 1",
};
static SLOTS: About = About {
    name: "presslate_slots",
    kind: Kind::Gauge,
    unit: None,
    labels: &[],
    help: "Jobs that may be in work at the same time",
};
static IN_WORK: About = About {
    name: "presslate_jobs_in_work",
    kind: Kind::Gauge,
    unit: None,
    labels: &[],
    help: "Deliveries in hand that are not settled",
};
static OLDEST: About = About {
    name: "presslate_oldest_job_timestamp",
    kind: Kind::Gauge,
    unit: Some(Base::Seconds),
    labels: &[],
    help: "When the oldest job in hand was sent, in Unix time; 0 where none is",
};
static READY: About = About {
    name: "presslate_ready",
    kind: Kind::Gauge,
    unit: None,
    labels: &[],
    help: "1 while the worker takes jobs and can answer them, as /ready says",
};
static CACHE: About = About {
    name: "presslate_segment_cache",
    kind: Kind::Gauge,
    unit: Some(Base::Bytes),
    labels: &[],
    help: "What translations kept for corrections take",
};
static BROKER: About = About {
    name: "presslate_broker_state",
    kind: Kind::Gauge,
    unit: None,
    labels: &["state"],
    help: "1 for the state of the broker's connection, 0 for the others",
};
static SESSIONS: About = About {
    name: "presslate_broker_sessions",
    kind: Kind::Counter,
    unit: None,
    labels: &[],
    help: "Connections made to the broker: one more than it was lost",
};
static DRAIN: About = About {
    name: "presslate_drain_started_timestamp",
    kind: Kind::Gauge,
    unit: Some(Base::Seconds),
    labels: &[],
    help: "When the worker was told to stop, in Unix time; 0 until then",
};

pub(super) static ALL: &[&About] = &[
    &BUILD, &READY, &SLOTS, &IN_WORK, &OLDEST, &CACHE, &BROKER, &SESSIONS, &DRAIN,
];

/// How things stand.
#[derive(Debug, Clone, Default)]
pub struct Now {
    /// Version of the program.
    pub version: &'static str,
    /// What models run on, such as `cpu`.
    pub device: String,
    /// Whether the worker takes jobs and can answer them.
    pub ready: bool,
    /// Jobs that may be in work at the same time.
    pub slots: usize,
    /// Deliveries in hand.
    pub in_work: usize,
    /// When the oldest of them was sent.
    pub oldest: Option<SystemTime>,
    /// What kept translations take, in bytes.
    pub cache_bytes: usize,
    /// The broker's connection.
    pub broker: Broker,
    /// Connections so far.
    pub sessions: u64,
    /// When the worker was told to stop.
    pub drain_started: Option<SystemTime>,
    /// Memory of the device, where it says.
    pub memory: Option<DeviceMemory>,
}

/// State of the broker's connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Broker {
    /// Not connected for the first time yet.
    #[default]
    Connecting,
    /// Jobs can come and answers can go.
    Up,
    /// The broker takes no answers for want of memory or disk.
    Blocked,
    /// The last answer was not taken.
    Refusing,
    /// Not connected.
    Down,
    /// Not let in, until somebody changes something.
    Refused,
    /// Closed by the worker.
    Closed,
}

impl Broker {
    const ALL: [Self; 7] = [
        Self::Connecting,
        Self::Up,
        Self::Blocked,
        Self::Refusing,
        Self::Down,
        Self::Refused,
        Self::Closed,
    ];

    /// The name in labels.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Up => "up",
            Self::Blocked => "blocked",
            Self::Refusing => "refusing",
            Self::Down => "down",
            Self::Refused => "refused",
            Self::Closed => "closed",
        }
    }
}

/// Memory of what the models run on, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceMemory {
    /// All there is, or all that the container may have.
    pub total: u64,
    /// What could still be taken.
    pub free: u64,
}

/// The gauges that are set when somebody asks.
#[derive(Debug)]
pub(super) struct Gauges {
    build: Many<Level>,
    ready: Level,
    slots: Level,
    in_work: Level,
    oldest: Level,
    cache: Level,
    broker: Many<Level>,
    sessions: Counter,
    drain: Level,
    device: DeviceGauges,
    process: ProcessMetrics,
}

impl Gauges {
    pub(super) fn new(registry: &mut Registry) -> Self {
        Self {
            build: levels(registry, &BUILD),
            ready: level(registry, &READY),
            slots: level(registry, &SLOTS),
            in_work: level(registry, &IN_WORK),
            oldest: level(registry, &OLDEST),
            cache: level(registry, &CACHE),
            broker: levels(registry, &BROKER),
            sessions: counter(registry, &SESSIONS),
            drain: level(registry, &DRAIN),
            device: DeviceGauges::new(registry),
            process: ProcessMetrics::new(registry),
        }
    }

    pub(super) fn set(&self, now: &Now) {
        let Now {
            version,
            device,
            ready,
            slots,
            in_work,
            oldest,
            cache_bytes,
            broker,
            sessions,
            drain_started,
            memory,
        } = now;
        self.build.of(&[version, device]).set(1.0);
        self.ready.set(f64::from(u8::from(*ready)));
        self.slots.set(count(*slots));
        self.in_work.set(count(*in_work));
        self.oldest.set(unix(*oldest));
        self.cache.set(count(*cache_bytes));
        for state in Broker::ALL {
            let here = f64::from(u8::from(state == *broker));
            self.broker.of(&[state.name()]).set(here);
        }
        // The link counts its sessions itself.
        self.sessions.inner().store(*sessions, Ordering::Relaxed);
        self.drain.set(unix(*drain_started));
        if let Some(memory) = memory {
            self.device.set(device, *memory);
        }
        self.process.read();
    }
}

fn unix(time: Option<SystemTime>) -> f64 {
    time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok())
        .map_or(0.0, |since| since.as_secs_f64())
}

#[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
fn count(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::metrics::Metrics;

    use std::time::Duration;

    #[test]
    fn the_broker_has_one_state_at_a_time() {
        let metrics = Metrics::default();
        for broker in Broker::ALL {
            let text = metrics.render(&Now {
                broker,
                ..Now::default()
            });
            let ones: Vec<&str> = text
                .lines()
                .filter(|line| line.starts_with("presslate_broker_state") && line.ends_with(" 1.0"))
                .collect();
            let one = format!("presslate_broker_state{{state=\"{}\"}} 1.0", broker.name());
            assert_eq!(ones, [one]);
        }
    }

    #[test]
    fn times_are_unix_times_and_0_where_there_is_none() {
        let metrics = Metrics::default();
        let sent = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_500);
        for (oldest, line) in [
            (
                Some(sent),
                "presslate_oldest_job_timestamp_seconds 1700000000.5\n",
            ),
            (None, "presslate_oldest_job_timestamp_seconds 0.0\n"),
        ] {
            let text = metrics.render(&Now {
                oldest,
                ..Now::default()
            });
            assert!(text.contains(line), "{line} is missing from\n{text}");
        }
    }
}
