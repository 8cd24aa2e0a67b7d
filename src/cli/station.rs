//! What a worker shows of itself: gathered here from its parts, for the admin port.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;

use serde_json::{Value, json};

use super::doctor::machine;
use crate::model::device::{self, Device};
use crate::model::{Generated, ModelId, Pass, Watch};
use crate::pipeline::SegmentCache;
use crate::queue::amqp::{LinkState, LinkView};
use crate::telemetry::admin;
use crate::telemetry::metrics::{Broker, DeviceMemory, Metrics, Now, Phase};
use crate::worker::{Board, Note, ends};

/// What a worker shows of itself.
#[derive(Debug)]
pub(super) struct Station {
    /// What is counted.
    pub(super) metrics: Metrics,
    /// What is in hand.
    pub(super) board: Board,
    device: Device,
    slots: usize,
    /// Id, hash and quantization of each model, once they are loaded.
    models: OnceLock<Vec<String>>,
    link: OnceLock<LinkView>,
    cache: OnceLock<Arc<SegmentCache>>,
    stopping: Mutex<Option<SystemTime>>,
}

impl Station {
    /// Of a worker that has only just begun.
    pub(super) fn new(device: Device, slots: usize) -> Self {
        let metrics = Metrics::default();
        // Now and not with the first job: Prometheus has to have seen a count at 0 to know that it rose.
        for (outcome, code) in ends() {
            metrics.jobs().may_end(outcome.name(), code.name());
        }
        Self {
            metrics,
            board: Board::default(),
            device,
            slots,
            models: OnceLock::new(),
            link: OnceLock::new(),
            cache: OnceLock::new(),
            stopping: Mutex::default(),
        }
    }

    /// Counts what the engine does.
    pub(super) fn watch(&self) -> Arc<dyn Watch> {
        Arc::new(Counting(self.metrics.clone()))
    }

    /// The models are loaded. Only the first call counts, here and in what follows.
    pub(super) fn loaded(&self, models: Vec<String>) {
        drop(self.models.set(models));
    }

    /// The worker takes jobs.
    pub(super) fn working(&self, link: LinkView, cache: Arc<SegmentCache>) {
        drop(self.cache.set(cache));
        drop(self.link.set(link));
    }

    /// The worker was told to stop.
    pub(super) fn stopping(&self) {
        self.told_to_stop().get_or_insert_with(SystemTime::now);
    }

    fn told_to_stop(&self) -> MutexGuard<'_, Option<SystemTime>> {
        self.stopping.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn memory(&self) -> Option<DeviceMemory> {
        let (free, total) = if self.device.is_cpu() {
            machine::memory_now()?
        } else {
            device::memory(&self.device)?
        };
        Some(DeviceMemory { total, free })
    }
}

impl admin::Station for Station {
    fn fault(&self) -> Option<String> {
        self.board.fault()
    }

    fn obstacles(&self) -> Vec<String> {
        let stopping = self.told_to_stop().is_some();
        let stopping = stopping.then(|| "the worker was told to stop".to_owned());
        let start = match self.link.get().map(LinkView::state) {
            None => Some("the models are being fetched and loaded".to_owned()),
            Some(state) => obstacle(&state),
        };
        self.board
            .fault()
            .into_iter()
            .chain(stopping)
            .chain(start)
            .collect()
    }

    fn metrics(&self) -> String {
        let link = self.link.get();
        let notes = self.board.notes();
        self.metrics.render(&Now {
            version: env!("CARGO_PKG_VERSION"),
            device: device::name(&self.device),
            ready: self.obstacles().is_empty(),
            slots: self.slots,
            in_work: notes.len(),
            oldest: notes.iter().filter_map(|note| note.sent).min(),
            cache_bytes: self.cache.get().map_or(0, |cache| cache.bytes()),
            broker: link.map_or(Broker::Connecting, |link| label(&link.state())),
            sessions: link.map_or(0, LinkView::sessions),
            drain_started: *self.told_to_stop(),
            memory: self.memory(),
        })
    }

    fn jobs(&self) -> String {
        let jobs: Vec<Value> = self.board.notes().iter().map(shown).collect();
        json!({ "jobs": jobs }).to_string()
    }

    fn version(&self) -> String {
        let features: Vec<&str> = [
            ("cuda", cfg!(feature = "cuda")),
            ("metal", cfg!(feature = "metal")),
            ("mkl", cfg!(feature = "mkl")),
            ("otlp", cfg!(feature = "otlp")),
        ]
        .into_iter()
        .filter_map(|(name, there)| there.then_some(name))
        .collect();
        json!({
            "name": "presslate",
            "version": env!("CARGO_PKG_VERSION"),
            "features": features,
            "device": device::name(&self.device),
            "models": self.models.get().map_or(&[][..], Vec::as_slice),
        })
        .to_string()
    }
}

/// One job as `/jobs` shows it.
fn shown(note: &Note) -> Value {
    json!({
        "job": note.job,
        "lane": note.lane,
        "attempt": note.attempt,
        "stage": note.stage,
        "segments_done": note.done,
        "segments_total": note.total,
        "tokens": note.tokens,
        "seconds": note.since.elapsed().as_secs_f64(),
        "in_stage_seconds": note.stage_since.elapsed().as_secs_f64(),
    })
}

/// Why jobs cannot come or answers cannot go.
fn obstacle(state: &LinkState) -> Option<String> {
    match state {
        LinkState::Up => None,
        LinkState::Connecting => Some("the broker has not answered yet".to_owned()),
        LinkState::Blocked => {
            Some("the broker takes no answers for want of memory or disk".to_owned())
        }
        LinkState::Refusing { reason } | LinkState::Down { reason, .. } => Some(reason.clone()),
        LinkState::Closed => Some("the broker's connection is closed".to_owned()),
    }
}

fn label(state: &LinkState) -> Broker {
    match state {
        LinkState::Connecting => Broker::Connecting,
        LinkState::Up => Broker::Up,
        LinkState::Blocked => Broker::Blocked,
        LinkState::Refusing { .. } => Broker::Refusing,
        LinkState::Down { refused: true, .. } => Broker::Refused,
        LinkState::Down { refused: false, .. } => Broker::Down,
        LinkState::Closed => Broker::Closed,
    }
}

/// Counts what the engine does.
#[derive(Debug)]
struct Counting(Metrics);

impl Watch for Counting {
    fn waiting(&self, requests: usize) {
        self.0.engine().waiting(requests);
    }

    fn loaded(&self, model: &ModelId, bytes: u64, took: std::time::Duration) {
        self.0.engine().loaded(model.as_str(), bytes, took);
    }

    fn not_loaded(&self, model: &ModelId) {
        self.0.engine().not_loaded(model.as_str());
    }

    fn unloaded(&self, model: &ModelId) {
        self.0.engine().unloaded(model.as_str());
    }

    fn passed(&self, model: &ModelId, pass: Pass) {
        let phase = if pass.prefill {
            Phase::Prefill
        } else {
            Phase::Decode
        };
        let engine = self.0.engine();
        engine.pass(model.as_str(), phase, pass.texts, pass.tokens, pass.took);
    }

    fn finished(&self, model: &ModelId, text: &Generated) {
        let engine = self.0.engine();
        engine.finished(model.as_str(), text.prompt_tokens, text.tokens);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::ErrorCode;
    use admin::Station as _;

    #[test]
    fn a_worker_that_loads_is_alive_and_not_ready_and_says_why() {
        let station = Station::new(Device::Cpu, 2);
        assert_eq!(station.fault(), None);
        assert_eq!(
            station.obstacles(),
            ["the models are being fetched and loaded"]
        );
        let text = station.metrics();
        for line in ["presslate_ready 0.0", "presslate_slots 2.0"] {
            assert!(text.contains(line), "{line} is missing from\n{text}");
        }
        station.stopping();
        assert!(
            station
                .obstacles()
                .contains(&"the worker was told to stop".to_owned())
        );
        assert!(
            !station
                .metrics()
                .contains("presslate_drain_started_timestamp_seconds 0.0")
        );
    }

    #[test]
    fn every_reason_of_an_end_is_counted_from_0() {
        let text = Station::new(Device::Cpu, 1).metrics();
        let missing: Vec<&str> = ErrorCode::ALL
            .into_iter()
            .map(ErrorCode::name)
            .filter(|code| !text.contains(&format!("reason=\"{code}\"}} 0\n")))
            .collect();
        assert!(missing.is_empty(), "{missing:?} is missing from\n{text}");
        for line in [
            "presslate_jobs_total{outcome=\"failed\",reason=\"model_failed\"} 0\n",
            "presslate_jobs_total{outcome=\"retried\",reason=\"model_failed\"} 0\n",
            "presslate_jobs_total{outcome=\"called_off\",reason=\"expired\"} 0\n",
        ] {
            assert!(text.contains(line), "{line} is missing from\n{text}");
        }
    }

    #[test]
    fn only_a_link_that_is_up_is_no_obstacle() {
        assert_eq!(obstacle(&LinkState::Up), None);
        let down = LinkState::Down {
            reason: "no route to it".to_owned(),
            refused: false,
        };
        assert_eq!(obstacle(&down).as_deref(), Some("no route to it"));
        assert_eq!(label(&down), Broker::Down);
    }

    #[test]
    fn the_version_names_the_models_once_they_are_loaded() {
        let station = Station::new(Device::Cpu, 1);
        let models = |station: &Station| {
            let version: Value = serde_json::from_str(&station.version()).unwrap();
            version["models"].clone()
        };
        assert_eq!(models(&station), json!([]));
        station.loaded(vec!["tiny abc q8_0".to_owned()]);
        assert_eq!(models(&station), json!(["tiny abc q8_0"]));
    }
}
