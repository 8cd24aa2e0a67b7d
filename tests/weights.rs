//! Pulling models: from a hub stand-in over local HTTP, from packages through the real pip, and
//! from folders.

mod hub;
mod local;
mod pip;
mod real;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use presslate::job::Lang;
use presslate::model::catalog::{
    Architecture, Commercial, DecodeDefaults, Entry, Licence, ModelFile, Role, Source, TaskName,
};
use presslate::model::weights::{Progress, PullEvent, Quiet, Store, WeightsError};
use tokio_util::sync::CancellationToken;

use crate::common::hub::{Gate, Hub, Plan, sha256};

const REPO: &str = "somebody/some-model";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// Bytes that pass for GGUF at first sight.
fn weights(len: usize) -> Vec<u8> {
    let mut state = 7_u32;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    });
    b"GGUF".iter().copied().chain(noise).take(len).collect()
}

fn file(name: &str, role: Role, bytes: Option<&[u8]>) -> ModelFile {
    ModelFile {
        name: name.to_owned(),
        role,
        size: bytes.map(|bytes| bytes.len() as u64),
        sha256: bytes.map(sha256),
    }
}

fn hub_source(repo: &str) -> Source {
    Source::Hub {
        repo: repo.to_owned(),
        revision: None,
        paths: BTreeMap::new(),
    }
}

fn entry(files: Vec<ModelFile>, sources: Vec<Source>) -> Arc<Entry> {
    Arc::new(Entry {
        id: "some-model".to_owned(),
        description: "For tests".to_owned(),
        tasks: vec![TaskName::Translate],
        source_langs: vec![Lang::En],
        target_langs: vec![Lang::Ko],
        architecture: Architecture::Qwen2,
        quantization: "Q4_K_M".to_owned(),
        context_tokens: 1,
        memory_mib: 1,
        licence: Licence {
            name: "Apache-2.0".to_owned(),
            url: "https://example.org".to_owned(),
            commercial: Commercial::Yes,
            note: String::new(),
        },
        files,
        sources,
        prompts: None,
        target_prefix: BTreeMap::new(),
        decode: DecodeDefaults {
            beam: 1,
            length_penalty: 1.0,
            repetition_penalty: 1.0,
            no_repeat_ngram: 0,
            batch: 1,
            batch_on_gpu: None,
        },
    })
}

/// A model of one pinned file, on the hub.
fn pinned(bytes: &[u8]) -> Arc<Entry> {
    entry(
        vec![file("model.gguf", Role::Weights, Some(bytes))],
        vec![hub_source(REPO)],
    )
}

/// The same, with nothing pinned.
fn unpinned() -> Arc<Entry> {
    entry(
        vec![file("model.gguf", Role::Weights, None)],
        vec![hub_source(REPO)],
    )
}

fn plan(bytes: &[u8]) -> Plan {
    Plan {
        repo: REPO.to_owned(),
        commit: COMMIT.to_owned(),
        files: BTreeMap::from([("model.gguf".to_owned(), bytes.to_vec())]),
        ..Plan::default()
    }
}

fn store(cache: &Path, hub: &Hub) -> Store {
    let mut store = Store::new(cache);
    store.hub.endpoint = hub.endpoint();
    store.hub.attempts = 2;
    store
}

/// Keeps what it is told.
#[derive(Default)]
struct Told(Mutex<Vec<PullEvent>>);

impl Progress for Told {
    fn event(&self, event: PullEvent) {
        self.0.lock().unwrap().push(event);
    }
}

impl Told {
    fn events(&self) -> Vec<PullEvent> {
        self.0.lock().unwrap().clone()
    }

    fn skipped(&self) -> Vec<String> {
        let line = |event| match event {
            PullEvent::SourceSkipped { source, why } => Some(format!("{source}: {why}")),
            _ => None,
        };
        self.events().into_iter().filter_map(line).collect()
    }

    fn already(&self) -> Vec<u64> {
        let already = |event| match event {
            PullEvent::Started { already, .. } => Some(already),
            _ => None,
        };
        self.events().into_iter().filter_map(already).collect()
    }
}

/// Calls a function for every event.
struct Call<F>(F);

impl<F: Fn(PullEvent) + Send + Sync> Progress for Call<F> {
    fn event(&self, event: PullEvent) {
        (self.0)(event);
    }
}

fn go() -> CancellationToken {
    CancellationToken::new()
}

fn temp() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Names in the model's folder in the cache.
fn names(cache: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(cache.join("some-model")) else {
        return Vec::new();
    };
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
