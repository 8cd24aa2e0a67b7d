//! The worker: its parts, its admin port, and the order in which they end.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{GLOSSARY_AGE, Options, broker, joined, pipeline, reload, start, switches};
use crate::cli::Console;
use crate::cli::exit::{Exit, Failure};
use crate::cli::interrupt::leave;
use crate::cli::models::Models;
use crate::cli::station::Station;
use crate::config::QueueSettings;
use crate::model::catalog::{Choice, Entry};
use crate::model::{Engine, Generate, ModelId};
use crate::pipeline::SegmentCache;
use crate::queue::amqp;
use crate::telemetry::admin;
use crate::telemetry::events::AdminListening;
use crate::{shutdown, worker};

/// How a worker is run beside its models.
#[derive(Debug)]
pub(in crate::cli) struct Service {
    /// What it takes, and from where.
    pub(in crate::cli) queue: QueueSettings,
    /// Where it can be looked at.
    pub(in crate::cli) admin: Option<SocketAddr>,
}

/// Runs the worker until it is told to stop.
///
/// # Errors
/// When the admin port cannot be listened to, when the models cannot be had, or fail one job after the
/// other. A broker that refuses the worker is logged, with its reason, and asked again until it does
/// not.
pub(in crate::cli) async fn work(
    choice: Choice,
    models: &Models,
    options: Options,
    service: Service,
    console: Console,
) -> Result<Exit, Failure> {
    let signals = shutdown::listen()?;
    let serve = serve(choice, models, options, service, console, &signals.stop);
    tokio::select! {
        biased;
        exit = serve => exit,
        () = signals.now.cancelled() => leave(),
    }
}

async fn serve(
    choice: Choice,
    models: &Models,
    options: Options,
    service: Service,
    console: Console,
    stop: &CancellationToken,
) -> Result<Exit, Failure> {
    let Service { queue, admin } = service;
    let device = options.engine.device.open().map_err(Failure::usage)?;
    let station = Arc::new(Station::new(device.clone(), usize::from(queue.slots)));
    // Dropped, and so ended, when the worker has.
    let mut beside = JoinSet::new();
    if let Some(address) = admin {
        let listener = listen(address).await?;
        let (station, forever) = (Arc::clone(&station), CancellationToken::new());
        beside.spawn(async move {
            if let Err(error) = admin::serve(listener, station, forever).await {
                tracing::error!(%error, "the admin port ended");
            }
        });
    }
    beside.spawn({
        let (station, stop) = (Arc::clone(&station), stop.clone());
        async move {
            stop.cancelled().await;
            station.stopping();
        }
    });
    let glossaries = Arc::clone(&options.glossaries.store);
    beside.spawn(reload::watch(glossaries, GLOSSARY_AGE));
    let watch = station.watch();
    let (engine, thread) = start(
        models,
        &options.engine,
        device,
        switches(&options.engine),
        watch,
    )?;
    let work = async {
        // A worker that takes jobs can do them: weights are here and loaded before the first one.
        let ready = async {
            models.fetch(choice.entries(), console, stop).await?;
            load(&engine, &choice, stop).await
        };
        let cards = match ready.await {
            Err(_) if stop.is_cancelled() => return Ok(Exit::Done),
            ready => ready?,
        };
        let mut fingerprint = concat!("presslate ", env!("CARGO_PKG_VERSION")).to_owned();
        for line in cards.iter().chain([&manner(&choice, &options)]) {
            fingerprint.push('\n');
            fingerprint.push_str(line);
        }
        station.loaded(cards);
        let config = amqp::Config {
            prefetch: queue.slots,
            declare: queue.declare,
            ..broker(&queue.broker)
        };
        let replies = config.names.replies.clone();
        let (source, sink, link) = amqp::open(config).map_err(Failure::usage)?;
        let settings = worker::Settings {
            slots: usize::from(queue.slots),
            max_attempts: queue.max_attempts,
            max_message_bytes: queue.max_message_bytes,
            replies,
            deadline: queue.deadline,
            grace: queue.grace,
            fingerprint,
            metrics: station.metrics.clone(),
            board: station.board.clone(),
            ..worker::Settings::default()
        };
        let cache = Arc::new(SegmentCache::new(queue.segment_cache_bytes));
        station.working(link.view(), Arc::clone(&cache));
        let pipeline = pipeline(engine, choice, options.seed)
            .with_glossaries(options.glossaries)
            .with_cache(cache);
        let drained = worker::work(
            source,
            sink,
            pipeline,
            stop.clone(),
            CancellationToken::new(),
            settings,
        )
        .await;
        link.close().await;
        Ok(if drained?.abandoned > 0 {
            Exit::Abandoned
        } else {
            Exit::Done
        })
    };
    joined(thread, work).await
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    let bind = async {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        AdminListening { address }.emit();
        Ok::<_, std::io::Error>(listener)
    };
    bind.await
        .with_context(|| {
            format!(
                "the admin port {address} cannot be listened to: choose another with --admin (PRESSLATE_ADMIN), or \
                 stop what has it"
            )
        })
        .map_err(Failure::usage)
}

/// Loads every model, and gives what there is to know of each: id, hash and quantization.
async fn load(
    engine: &Engine,
    choice: &Choice,
    stop: &CancellationToken,
) -> Result<Vec<String>, Failure> {
    let mut cards = Vec::new();
    for entry in &choice.entries() {
        let card = engine.card(&ModelId::new(&entry.id), stop).await?;
        cards.push(format!("{} {} {}", card.id, card.sha256, card.quantization));
    }
    Ok(cards)
}

/// What decides about the text of a result beside weights and program: which model does what, how
/// it is asked, how it decodes and is computed, and the seed. Any change to these gives another hash, and so other
/// ids of messages, also one that would have made no difference.
fn manner(choice: &Choice, options: &Options) -> String {
    let mut hash = Sha256::new();
    let mut add = |role: &str, entry: &Entry| {
        let Entry {
            id,
            target_prefix,
            prompts,
            decode,
            ..
        } = entry;
        hash.update(format!(
            "{role} {id:?} {prompts:?} {target_prefix:?} {decode:?}\n"
        ));
    };
    if let Some(entry) = &choice.summarise {
        add("summarise", entry);
    }
    for (lang, entry) in &choice.translate {
        add(lang.tag(), entry);
    }
    if let Some(entry) = &choice.embed {
        add("embed", entry);
    }
    let Options {
        engine,
        seed,
        glossaries,
    } = options;
    hash.update(format!("seed {seed} reference {}", engine.reference));
    hash.update(format!("glossary {:?}", glossaries.default));
    format!("manner {:?}", hash.finalize().as_slice())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::config::EngineSettings;
    use crate::glossary::store::Store as GlossaryStore;
    use crate::model::catalog::Catalog;
    use crate::model::device::DeviceChoice;
    use crate::pipeline::Glossaries;

    #[test]
    fn another_prompt_decoding_prefix_seed_or_computation_is_another_manner() {
        let catalog = Catalog::builtin().unwrap();
        let entry = catalog
            .iter()
            .find(|entry| entry.prompts.is_some())
            .unwrap();
        let with = |change: fn(&mut Entry)| {
            let mut entry = Entry::clone(entry);
            change(&mut entry);
            Choice {
                summarise: Some(Arc::new(entry)),
                ..Choice::default()
            }
        };
        let options = |seed, reference| Options {
            engine: EngineSettings {
                device: DeviceChoice::Cpu,
                threads: NonZeroUsize::MIN,
                memory_mib: None,
                reference,
            },
            seed,
            glossaries: Glossaries {
                store: Arc::new(GlossaryStore::starter().unwrap()),
                default: None,
            },
        };
        let usually = &options(0, false);
        let usual = manner(&with(|_| {}), usually);
        assert_eq!(manner(&with(|entry| entry.memory_mib += 1), usually), usual);
        assert_ne!(manner(&with(|_| {}), &options(1, false)), usual);
        assert_ne!(manner(&with(|_| {}), &options(0, true)), usual);
        let changes: [fn(&mut Entry); 3] = [
            |entry| {
                let prompts = entry.prompts.as_mut().unwrap();
                prompts.summarise.as_mut().unwrap().prefix.push('!');
            },
            |entry| entry.decode.repetition_penalty += 0.5,
            |entry| {
                entry
                    .target_prefix
                    .insert(crate::job::Lang::Ru, ">>rus<<".to_owned());
            },
        ];
        for change in changes {
            assert_ne!(manner(&with(change), usually), usual);
        }
    }
}
