//! `presslate models`, and getting the models that other commands need.

use std::fmt::Write;
use std::sync::Arc;

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use super::args::ModelsCommand;
use super::exit::{Exit, Failure};
use super::interrupt::interruptible;
use super::output::Output;
use super::pull::PullProgress;
use super::text::{bytes, count};
use super::{Console, table, wiring};
use crate::config::{Embedder, Environment, StoreArgs, StoreSettings};
use crate::model::catalog::{Catalog, Choice, Entry, TaskName};
use crate::model::weights::{Presence, Store};

/// The catalogue and the place for its files.
#[derive(Debug)]
pub(super) struct Models {
    /// What models there are.
    pub(super) catalog: Arc<Catalog>,
    /// Where their files are.
    pub(super) store: Store,
}

impl Models {
    /// Reads the catalogue.
    ///
    /// # Errors
    /// When a file that adds to it cannot be read, or it contradicts itself.
    pub(super) fn open(settings: &StoreSettings) -> Result<Self, Failure> {
        let mut catalog = Catalog::builtin()?;
        if let Some(dir) = &settings.catalog {
            catalog = catalog.with_dir(dir).map_err(Failure::usage)?;
        }
        Ok(Self {
            catalog: Arc::new(catalog),
            store: wiring::store(settings),
        })
    }

    /// Which model does what, of those that `names` (ids and profiles) stand for: each task goes
    /// to the first that can do it.
    ///
    /// # Errors
    /// When a name is neither.
    pub(super) fn choose(&self, names: &[String]) -> Result<Choice, Failure> {
        names.iter().try_fold(Choice::default(), |choice, name| {
            Ok(choice.or(self.catalog.choose(name.trim()).map_err(Failure::usage)?))
        })
    }

    /// A choice with the model that compares sentences as a setting has it. Where that leaves it
    /// open, it is one whose files are here, if there is one: nothing is fetched that nobody named.
    ///
    /// # Errors
    /// When the setting names none, or the files that are here are not those of the model.
    pub(super) fn with_embedder(
        &self,
        mut choice: Choice,
        setting: &Embedder,
    ) -> Result<Choice, Failure> {
        choice.embed = match setting {
            Embedder::None => None,
            Embedder::Auto if choice.embed.is_some() => choice.embed,
            Embedder::Auto => self.embedder_here()?,
            Embedder::Named(id) => {
                let named = self.catalog.get(id).filter(|entry| embeds(entry));
                Some(Arc::clone(named.ok_or_else(|| self.no_embedder(id))?))
            }
        };
        Ok(choice)
    }

    /// The models that can compare sentences.
    pub(super) fn embedders(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.catalog.iter().filter(|entry| embeds(entry))
    }

    fn embedder_here(&self) -> Result<Option<Arc<Entry>>, Failure> {
        for entry in self.embedders() {
            if self.store.find(entry)?.is_some() {
                return Ok(Some(Arc::clone(entry)));
            }
        }
        Ok(None)
    }

    fn no_embedder(&self, id: &str) -> Failure {
        let ids: Vec<&str> = self.embedders().map(|entry| entry.id.as_str()).collect();
        Failure::usage(anyhow::anyhow!(
            "--embedder {id} (or PRESSLATE_EMBEDDER) is no model that compares sentences; those are {}",
            ids.join(", ")
        ))
    }

    /// The models that `names` (ids and profiles) stand for, each once.
    ///
    /// # Errors
    /// When a name is neither.
    pub(super) fn entries(&self, names: &[String]) -> Result<Vec<Arc<Entry>>, Failure> {
        let mut entries: Vec<Arc<Entry>> = Vec::new();
        for name in names {
            for entry in self
                .catalog
                .choose(name.trim())
                .map_err(Failure::usage)?
                .entries()
            {
                if entries.iter().all(|known| known.id != entry.id) {
                    entries.push(entry);
                }
            }
        }
        Ok(entries)
    }

    /// How much of a model is here.
    pub(super) fn presence(&self, entry: &Entry) -> Presence {
        self.store.presence(entry)
    }

    /// Makes the files of `entries` be here, fetching what is missing.
    ///
    /// # Errors
    /// When a file cannot be had, or `cancel` fired.
    pub(super) async fn fetch(
        &self,
        entries: Vec<Arc<Entry>>,
        console: Console,
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        let (store, cancel) = (self.store.clone(), cancel.clone());
        // Downloads block: the hub's client and pip are waited for.
        tokio::task::spawn_blocking(move || {
            let progress = PullProgress::new(console);
            let pulled = entries
                .iter()
                .try_for_each(|entry| store.pull(entry, &progress, &cancel).map(drop));
            progress.clear();
            pulled
        })
        .await
        .context("the download broke down; this is a fault in presslate")??;
        Ok(())
    }
}

fn embeds(entry: &Entry) -> bool {
    entry.tasks.contains(&TaskName::Embed)
}

/// Runs a subcommand of `models`.
///
/// # Errors
/// When a model is unknown, or its files cannot be had, read or deleted.
pub(super) fn run(
    command: ModelsCommand,
    environment: &Environment,
    console: Console,
) -> Result<Exit, Failure> {
    let open = |store: StoreArgs| {
        Models::open(&StoreSettings::new(store, environment).map_err(Failure::usage)?)
    };
    match command {
        ModelsCommand::List { store } => list(&open(store)?),
        ModelsCommand::Pull {
            models: names,
            store,
        } => {
            let models = open(store)?;
            let entries = models.entries(&names)?;
            interrupt(|cancel| async move { models.fetch(entries, console, &cancel).await })?;
            Ok(Exit::Done)
        }
        ModelsCommand::Verify {
            models: names,
            store,
        } => {
            let models = open(store)?;
            let entries = if names.is_empty() {
                models.present()
            } else {
                models.entries(&names)?
            };
            interrupt(|cancel| async move { verify(models.store, entries, console, cancel).await })
        }
        ModelsCommand::Path { model, store } => path(&open(store)?, &model),
        ModelsCommand::Remove {
            models: names,
            store,
        } => remove(&open(store)?, &names, console),
    }
}

impl Models {
    fn present(&self) -> Vec<Arc<Entry>> {
        let here = |entry: &&Arc<Entry>| self.presence(entry) != Presence::Absent;
        self.catalog.iter().filter(here).cloned().collect()
    }
}

fn list(models: &Models) -> Result<Exit, Failure> {
    let rows = models
        .catalog
        .iter()
        .map(|entry| table::row(entry, models.presence(entry)));
    let mut text = table::table(rows);
    text.push_str("\nProfiles, for --model:\n");
    for profile in models.catalog.profiles() {
        let ids: Vec<String> = models
            .catalog
            .choose(&profile.name)?
            .entries()
            .iter()
            .map(|entry| entry.id.clone())
            .collect();
        let _infallible = writeln!(
            text,
            "  {:<9} {}\n            {}",
            profile.name,
            profile.description,
            ids.join(", ")
        );
    }
    Output::open(None)?.write(&text)?;
    Ok(Exit::Done)
}

async fn verify(
    store: Store,
    entries: Vec<Arc<Entry>>,
    console: Console,
    cancel: CancellationToken,
) -> Result<Exit, Failure> {
    let checked = tokio::task::spawn_blocking(move || {
        let progress = PullProgress::new(console);
        let mut bad = 0;
        for entry in &entries {
            let verified = store.verify(entry, &progress, &cancel);
            if cancel.is_cancelled() {
                break;
            }
            match verified {
                Ok(_) => progress.say(&format!("{}: every file has the right hash", entry.id)),
                Err(error) => {
                    bad += 1;
                    progress.say(&format!("{}: {}", entry.id, Failure::from(error)));
                }
            }
        }
        progress.clear();
        bad
    });
    let bad = checked
        .await
        .context("the check broke down; this is a fault in presslate")?;
    match bad {
        0 => Ok(Exit::Done),
        bad => {
            Err(anyhow::anyhow!("{} of those checked cannot be used", count(bad, "model")).into())
        }
    }
}

fn path(models: &Models, name: &str) -> Result<Exit, Failure> {
    let mut text = String::new();
    for entry in models.entries(&[name.to_owned()])? {
        let installed = models.store.find(&entry)?.ok_or_else(|| {
            anyhow::anyhow!(
                "{} is not here; `presslate models pull {}` fetches it",
                entry.id,
                entry.id
            )
        })?;
        for file in &installed.files {
            let _infallible = writeln!(text, "{}", file.path.display());
        }
    }
    Output::open(None)?.write(&text)?;
    Ok(Exit::Done)
}

fn remove(models: &Models, names: &[String], console: Console) -> Result<Exit, Failure> {
    for entry in models.entries(names)? {
        let freed = models.store.remove(&entry)?;
        console.say(&format!("{}: {} freed\n", entry.id, bytes(freed)));
    }
    Ok(Exit::Done)
}

/// Runs something that a signal may stop.
fn interrupt<T, F: Future<Output = Result<T, Failure>>>(
    work: impl FnOnce(CancellationToken) -> F,
) -> Result<T, Failure> {
    let cancel = CancellationToken::new();
    let done = wiring::runtime()?.block_on(interruptible(work(cancel.clone()), &cancel))?;
    match done {
        Err(_) if cancel.is_cancelled() => Err(Failure::interrupted(
            "interrupted; what came so far is kept, and the next pull goes on from there"
                .to_owned(),
        )),
        done => done,
    }
}
