//! Memory of what the models run on.

use prometheus_client::registry::Registry;

use super::DeviceMemory;
use super::about::{About, Base, Kind, Level, Many, levels};

static TOTAL: About = About {
    name: "presslate_device_memory_total",
    kind: Kind::Gauge,
    unit: Some(Base::Bytes),
    labels: &["device"],
    help: "Memory of the device, or what the container may have of it",
};
static FREE: About = About {
    name: "presslate_device_memory_free",
    kind: Kind::Gauge,
    unit: Some(Base::Bytes),
    labels: &["device"],
    help: "What could still be taken of it",
};

pub(super) static ALL: &[&About] = &[&TOTAL, &FREE];

#[derive(Debug)]
pub(super) struct DeviceGauges {
    total: Many<Level>,
    free: Many<Level>,
}

impl DeviceGauges {
    pub(super) fn new(registry: &mut Registry) -> Self {
        Self {
            total: levels(registry, &TOTAL),
            free: levels(registry, &FREE),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "sizes are below 2^53")]
    pub(super) fn set(&self, device: &str, memory: DeviceMemory) {
        self.total.of(&[device]).set(memory.total as f64);
        self.free.of(&[device]).set(memory.free as f64);
    }
}
