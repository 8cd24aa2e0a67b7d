//! Models: what is loaded, and the passes through them.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::about::{About, Base, Kind, Level, Many, counters, histograms, level, levels};

static WAITING: About = About {
    name: "presslate_requests_waiting",
    kind: Kind::Gauge,
    unit: None,
    labels: &[],
    help: "Texts that wait for their model's turn or for room in its batch",
};
static ROWS: About = About {
    name: "presslate_batch_rows",
    kind: Kind::Histogram,
    unit: None,
    labels: &["model"],
    help: "Texts in a pass through a model",
};
static TOKENS_OF_PASS: About = About {
    name: "presslate_batch_tokens",
    kind: Kind::Histogram,
    unit: None,
    labels: &["model"],
    help: "Tokens in a pass through a model",
};
static TOKENS: About = About {
    name: "presslate_tokens",
    kind: Kind::Counter,
    unit: None,
    labels: &["model", "kind"],
    help: "Tokens of finished texts: prompt, beyond shared beginnings, and generated",
};
static PASS: About = About {
    name: "presslate_pass_duration",
    kind: Kind::Histogram,
    unit: Some(Base::Seconds),
    labels: &["model", "phase"],
    help: "A pass through a model: prefill where a prompt is read in it, decode otherwise",
};
static MEMORY: About = About {
    name: "presslate_model_memory",
    kind: Kind::Gauge,
    unit: Some(Base::Bytes),
    labels: &["model"],
    help: "What a loaded model is reckoned to need, as the catalogue says",
};
static LOADS: About = About {
    name: "presslate_model_loads",
    kind: Kind::Counter,
    unit: None,
    labels: &["model", "outcome"],
    help: "Attempts to load a model: loaded or failed",
};
static LOAD: About = About {
    name: "presslate_model_load_duration",
    kind: Kind::Histogram,
    unit: Some(Base::Seconds),
    labels: &["model"],
    help: "Loading a model",
};

pub(super) static ALL: &[&About] = &[
    &WAITING,
    &ROWS,
    &TOKENS_OF_PASS,
    &TOKENS,
    &PASS,
    &MEMORY,
    &LOADS,
    &LOAD,
];

/// What a pass does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Reads a prompt, beside other things it may do.
    Prefill,
    /// Writes.
    Decode,
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Self::Prefill => "prefill",
            Self::Decode => "decode",
        }
    }
}

/// Metrics of models.
#[derive(Debug)]
pub struct EngineMetrics {
    waiting: Level,
    rows: Many<Histogram>,
    tokens_of_pass: Many<Histogram>,
    tokens: Many<Counter>,
    pass: Many<Histogram>,
    memory: Many<Level>,
    loads: Many<Counter>,
    load: Many<Histogram>,
}

fn rows() -> Histogram {
    Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0])
}

fn tokens() -> Histogram {
    Histogram::new([1.0, 4.0, 16.0, 64.0, 128.0, 256.0, 512.0, 1024.0, 4096.0])
}

/// From a token on a GPU to a long prompt on a small machine.
fn passes() -> Histogram {
    Histogram::new([
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    ])
}

fn loads() -> Histogram {
    Histogram::new([0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0])
}

impl EngineMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        Self {
            waiting: level(registry, &WAITING),
            rows: histograms(registry, &ROWS, rows),
            tokens_of_pass: histograms(registry, &TOKENS_OF_PASS, tokens),
            tokens: counters(registry, &TOKENS),
            pass: histograms(registry, &PASS, passes),
            memory: levels(registry, &MEMORY),
            loads: counters(registry, &LOADS),
            load: histograms(registry, &LOAD, loads),
        }
    }

    /// So many texts wait.
    pub fn waiting(&self, texts: usize) {
        self.waiting.set(number(texts));
    }

    /// A pass of so many texts, with so many tokens together, took so long.
    pub fn pass(&self, model: &str, phase: Phase, texts: usize, tokens: usize, took: Duration) {
        self.rows.of(&[model]).observe(number(texts));
        self.tokens_of_pass.of(&[model]).observe(number(tokens));
        self.pass
            .of(&[model, phase.name()])
            .observe(took.as_secs_f64());
    }

    /// A text is finished.
    pub fn finished(&self, model: &str, prompt: usize, generated: usize) {
        for (kind, tokens) in [("prompt", prompt), ("generated", generated)] {
            let tokens = u64::try_from(tokens).unwrap_or(u64::MAX);
            self.tokens.of(&[model, kind]).inc_by(tokens);
        }
    }

    /// A model was loaded.
    pub fn loaded(&self, model: &str, bytes: u64, took: Duration) {
        self.loads.of(&[model, "loaded"]).inc();
        self.load.of(&[model]).observe(took.as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "sizes are below 2^53")]
        self.memory.of(&[model]).set(bytes as f64);
    }

    /// A model could not be loaded.
    pub fn not_loaded(&self, model: &str) {
        self.loads.of(&[model, "failed"]).inc();
    }

    /// A model is gone from memory.
    pub fn unloaded(&self, model: &str) {
        self.memory.forget(&[model]);
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are below 2^53")]
fn number(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    use prometheus_client::encoding::text::encode;

    #[test]
    fn a_model_that_is_gone_takes_no_memory_and_keeps_its_counts() {
        let mut registry = Registry::default();
        let metrics = EngineMetrics::new(&mut registry);
        let text = || {
            let mut text = String::new();
            encode(&mut text, &registry).unwrap();
            text
        };
        metrics.loaded("tiny", 1 << 20, Duration::from_millis(20));
        let memory = "presslate_model_memory_bytes{model=\"tiny\"} 1048576.0";
        assert!(text().contains(memory), "{}", text());
        metrics.unloaded("tiny");
        assert!(
            !text().contains("presslate_model_memory_bytes{"),
            "{}",
            text()
        );
        let loads = "presslate_model_loads_total{model=\"tiny\",outcome=\"loaded\"} 1";
        assert!(text().contains(loads), "{}", text());
    }

    #[test]
    fn a_pass_counts_texts_tokens_and_time_by_phase() {
        let mut registry = Registry::default();
        let metrics = EngineMetrics::new(&mut registry);
        metrics.pass("tiny", Phase::Prefill, 3, 40, Duration::from_millis(5));
        metrics.pass("tiny", Phase::Decode, 2, 2, Duration::from_millis(1));
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            "presslate_batch_rows_sum{model=\"tiny\"} 5.0",
            "presslate_batch_tokens_sum{model=\"tiny\"} 42.0",
            "presslate_pass_duration_seconds_count{model=\"tiny\",phase=\"prefill\"} 1",
            "presslate_pass_duration_seconds_count{model=\"tiny\",phase=\"decode\"} 1",
        ] {
            assert!(text.contains(line), "{line} is missing from\n{text}");
        }
    }
}
