//! What a metric is called, what its labels are, and what it means: said once, in one place.

use std::borrow::Cow;
use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry, Unit};

/// What there is to know about a metric.
#[derive(Debug)]
pub(super) struct About {
    /// Without unit and `_total`.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) unit: Option<Base>,
    pub(super) labels: &'static [&'static str],
    /// Without a full stop.
    pub(super) help: &'static str,
}

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A base unit, as Prometheus wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    Seconds,
    Bytes,
}

impl Base {
    fn unit(self) -> Unit {
        match self {
            Self::Seconds => Unit::Seconds,
            Self::Bytes => Unit::Bytes,
        }
    }
}

impl About {
    /// The name as Prometheus knows it.
    pub(super) fn full_name(&self) -> String {
        let unit = self.unit.map(Base::unit);
        let unit = unit
            .as_ref()
            .map_or_else(String::new, |unit| format!("_{}", unit.as_str()));
        let total = if self.kind == Kind::Counter {
            "_total"
        } else {
            ""
        };
        format!("{}{unit}{total}", self.name)
    }

    /// Registers a metric under this description.
    pub(super) fn register(&self, registry: &mut Registry, metric: impl Metric) {
        match self.unit {
            Some(unit) => registry.register_with_unit(self.name, self.help, unit.unit(), metric),
            None => registry.register(self.name, self.help, metric),
        }
    }
}

/// The values of a metric's labels with their names.
type Labels = Vec<(&'static str, Cow<'static, str>)>;

/// A gauge of any number.
pub(super) type Level = Gauge<f64, AtomicU64>;

/// One metric for each set of values that its labels have.
#[derive(Debug)]
pub(super) struct Many<M, C = fn() -> M> {
    names: &'static [&'static str],
    family: Family<Labels, M, C>,
}

impl<M: Clone, C: Clone + MetricConstructor<M>> Many<M, C> {
    /// That of these values, in the order of the labels' names.
    pub(super) fn of(&self, values: &[&str]) -> M {
        debug_assert_eq!(values.len(), self.names.len(), "{:?}", self.names);
        self.family.get_or_create_owned(&labels(self.names, values))
    }

    /// Forgets that of these values.
    pub(super) fn forget(&self, values: &[&str]) {
        self.family.remove(&labels(self.names, values));
    }
}

fn labels(names: &'static [&'static str], values: &[&str]) -> Labels {
    let values = values.iter().map(|value| Cow::Owned((*value).to_owned()));
    names.iter().copied().zip(values).collect()
}

/// Counters of this description.
pub(super) fn counters(registry: &mut Registry, about: &'static About) -> Many<Counter> {
    let family = Family::new_with_constructor(Counter::default as fn() -> Counter);
    about.register(registry, family.clone());
    Many {
        names: about.labels,
        family,
    }
}

/// Gauges of this description.
pub(super) fn levels(registry: &mut Registry, about: &'static About) -> Many<Level> {
    let family = Family::new_with_constructor(Level::default as fn() -> Level);
    about.register(registry, family.clone());
    Many {
        names: about.labels,
        family,
    }
}

/// Histograms of this description.
pub(super) fn histograms(
    registry: &mut Registry,
    about: &'static About,
    buckets: fn() -> Histogram,
) -> Many<Histogram> {
    let family = Family::new_with_constructor(buckets);
    about.register(registry, family.clone());
    Many {
        names: about.labels,
        family,
    }
}

/// A gauge without labels.
pub(super) fn level(registry: &mut Registry, about: &'static About) -> Level {
    let level = Level::default();
    about.register(registry, level.clone());
    level
}

/// A counter without labels.
pub(super) fn counter(registry: &mut Registry, about: &'static About) -> Counter {
    let counter = Counter::default();
    about.register(registry, counter.clone());
    counter
}
