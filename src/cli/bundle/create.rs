//! `presslate bundle create`: what to pack, and packing it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;

use super::link;
use super::progress::BundleProgress;
use super::target;
use crate::bundle::{Content, Item, Model, Plan, Role, Written, room};
use crate::cli::Console;
use crate::cli::args::BundleCreateArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::licenses::Licences;
use crate::cli::models::Models;
use crate::cli::output::Output;
use crate::config::{Environment, StoreSettings};
use crate::glossary::store::{self as glossaries, Store as GlossaryStore};
use crate::model::catalog::Entry;

/// Licences that are always packed: name and text.
const LICENCES: [(&str, &str); 1] = [("presslate.txt", include_str!("../../../LICENSE"))];
/// What is always packed to be read: name and text.
const DOCUMENTS: [(&str, &str); 5] = [
    ("README.md", include_str!("../../../deploy/README.md")),
    ("models.md", include_str!("../../../models/README.md")),
    (
        "presslate.service",
        include_str!("../../../deploy/systemd/presslate.service"),
    ),
    (
        "presslate.env",
        include_str!("../../../deploy/systemd/presslate.env"),
    ),
    ("gpu.conf", include_str!("../../../deploy/systemd/gpu.conf")),
];
/// The licences of the models in the bundle.
const MODEL_LICENCES: &str = "models.txt";
/// What `presslate licenses --full` prints: the crates in the program, with their texts.
const THIRD_PARTIES: &str = "third-party.txt";

/// Makes a bundle.
///
/// # Errors
/// When something that is to be packed cannot be had or read, or the archive cannot be written.
pub(super) fn run(
    args: BundleCreateArgs,
    environment: &Environment,
    console: Console,
) -> Result<Exit, Failure> {
    let created = created(environment)?;
    let settings =
        StoreSettings::new(args.model.store.clone(), environment).map_err(Failure::usage)?;
    let models = Models::open(&settings)?;
    let names: Vec<String> = args
        .model
        .models
        .iter()
        .map(|name| name.trim().to_owned())
        .collect();
    let choice = models.with_embedder(models.choose(&names)?, &args.embedder.embedder)?;
    let entries = choice.entries();
    let mut items = given(&args)?;
    if let Some(folder) = &settings.catalog {
        items.extend(catalogue(folder)?);
    }
    items.push(text(
        Role::Licence,
        MODEL_LICENCES,
        &model_licences(&entries),
    ));
    items.push(text(
        Role::Licence,
        THIRD_PARTIES,
        &Licences::new(&models.catalog, true).text(),
    ));
    let target = args.target.unwrap_or_else(target::own);
    let output = Output::file("--out", &args.out)?;
    say_conditions(&entries, console);

    let out = args.out.clone();
    let written = super::interrupt("no bundle was written", |cancel| async move {
        models.fetch(entries.clone(), console, &cancel).await?;
        super::blocking(move || {
            items.extend(weights(&models, &entries)?);
            let listed = entries.iter().map(|entry| Model {
                id: entry.id.clone(),
                licence: entry.licence.name.clone(),
            });
            let progress = BundleProgress::new(console, 0, &cancel);
            let about = (env!("CARGO_PKG_VERSION"), target.as_str(), created);
            let plan = Plan::new(about, names, listed.collect(), items, &progress)?;
            write(&plan, output, &out, &progress)
        })
        .await
    })?;
    let said = format!(
        "{}: {} bytes\n  archive   sha256 {}\n  manifest  sha256 {}\n",
        args.out.display(),
        written.bytes,
        written.archive,
        written.manifest,
    );
    Output::open(None)?.write(&said)?;
    console.say(
        "note: take the manifest's hash to the other machine by another way than the archive, for --expect\n",
    );
    Ok(Exit::Done)
}

fn write(
    plan: &Plan,
    output: Output,
    out: &Path,
    progress: &BundleProgress,
) -> Result<Written, Failure> {
    let folder = out
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    room(folder, plan.size())?;
    progress.restart(plan.manifest().total());
    output.stream(|file| Ok(plan.write(file, progress)?))
}

/// The time that the bundle is of, in seconds since 1970: `SOURCE_DATE_EPOCH`, or now.
fn created(environment: &Environment) -> Result<u64, Failure> {
    match &environment.source_date_epoch {
        Some(text) => text.parse().map_err(|_| {
            Failure::usage(anyhow::anyhow!(
                "SOURCE_DATE_EPOCH: is {text:?}: write a time in seconds since 1970, such as 1932876000"
            ))
        }),
        None => Ok(SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs())),
    }
}

/// What flags name, and what is always packed. What takes no time is looked at here, so that a slip
/// shows before weights are fetched.
fn given(args: &BundleCreateArgs) -> Result<Vec<Item>, Failure> {
    let binary = match &args.binary {
        Some(path) => path.clone(),
        None => std::env::current_exe()
            .context("the system does not say where this program is: name it with --binary")?,
    };
    if !binary.is_file() {
        return Err(Failure::usage(anyhow::anyhow!(
            "--binary {}: there is no such file",
            binary.display()
        )));
    }
    let mut items = vec![Item {
        role: Role::Binary,
        name: link::NAME.to_owned(),
        content: Content::File(binary),
    }];
    items.extend(LICENCES.map(|(name, content)| text(Role::Licence, name, content)));
    items.extend(DOCUMENTS.map(|(name, content)| text(Role::Document, name, content)));
    for (role, flag, paths) in [
        (Role::Licence, "--licences", &args.licences),
        (Role::Document, "--documents", &args.documents),
    ] {
        for path in paths {
            let named = || format!("{flag} {}", path.display());
            let files = files(path).with_context(named).map_err(Failure::usage)?;
            items.extend(files.into_iter().map(|path| file(role, path)));
        }
    }
    if let Some(path) = &args.glossaries {
        // Read too: a glossary that the other machine cannot use should come to light on this one.
        drop(GlossaryStore::open(path, Duration::MAX).map_err(Failure::usage)?);
        let files = glossaries::files(path).map_err(Failure::usage)?;
        items.extend(files.into_iter().map(|path| file(Role::Glossary, path)));
    }
    Ok(items)
}

/// The site's own catalogue, all of it: its entries may name each other.
fn catalogue(folder: &Path) -> Result<Vec<Item>, Failure> {
    let named = || format!("PRESSLATE_CATALOG_DIR {}", folder.display());
    let files = files(folder).with_context(named).map_err(Failure::usage)?;
    let is_toml = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "toml");
    let files = files.into_iter().filter(is_toml);
    Ok(files.map(|path| file(Role::Catalogue, path)).collect())
}

/// The files of the models, and the hashes of those that the catalogue leaves open: on the other
/// machine nothing is to be taken on trust that was seen on this one.
fn weights(models: &Models, entries: &[Arc<Entry>]) -> Result<Vec<Item>, Failure> {
    let mut items = Vec::new();
    for entry in entries {
        let installed = models
            .store
            .find(entry)?
            .with_context(|| format!("{} has gone since it was fetched", entry.id))?;
        for file in &entry.files {
            let here = installed
                .file(file.role)
                .with_context(|| format!("{} lacks {}", entry.id, file.name))?;
            items.push(Item {
                role: Role::Model,
                name: format!("{}/{}", entry.id, file.name),
                content: Content::Known {
                    path: here.path.clone(),
                    size: here.size,
                    sha256: here.sha256.clone(),
                },
            });
        }
    }
    if let Some((name, lock)) = models.store.lock_of(entries)? {
        items.push(text(Role::Lock, name, &lock));
    }
    Ok(items)
}

/// The file itself, or those of a folder that are not hidden; folders in it are left out.
fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !std::fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        let is_hidden = path
            .file_name()
            .is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if !is_hidden && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn file(role: Role, path: PathBuf) -> Item {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    Item {
        role,
        name,
        content: Content::File(path),
    }
}

fn text(role: Role, name: &str, content: &str) -> Item {
    Item {
        role,
        name: name.to_owned(),
        content: Content::Text(content.to_owned()),
    }
}

/// The licences of the models, as the catalogue has them.
fn model_licences(entries: &[Arc<Entry>]) -> String {
    let mut text = "Licences of the models in this bundle. The licence is what holds; commercial use is a summary.\n"
        .to_owned();
    for entry in entries {
        let licence = &entry.licence;
        let _infallible = write!(
            text,
            "\n{}\n  licence         {}\n  its text        {}\n  commercial use  {}\n",
            entry.id, licence.name, licence.url, licence.commercial
        );
        if !licence.note.is_empty() {
            let _infallible = writeln!(text, "  note            {}", licence.note);
        }
    }
    text
}

/// Who hands models on has to know what that takes.
fn say_conditions(entries: &[Arc<Entry>], console: Console) {
    for entry in entries {
        let licence = &entry.licence;
        if !licence.note.is_empty() {
            console.say(&format!(
                "note: {} ({}): {}\n",
                entry.id, licence.name, licence.note
            ));
        }
    }
}
