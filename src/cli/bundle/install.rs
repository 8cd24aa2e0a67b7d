//! `presslate bundle install`: an archive into a folder, and what to set so that presslate works from
//! there.

use std::fmt::Write;
use std::path::Path;

use anyhow::Context;

use super::link::{self, Link};
use super::progress::BundleProgress;
use super::target;
use crate::bundle::{Manifest, Outcome, Role, install};
use crate::cli::Console;
use crate::cli::args::BundleInstallArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;
use crate::cli::text::{bytes, count};
use crate::model::catalog::Catalog;
use crate::model::weights::Store;

/// Installs the archive and prints settings.
///
/// # Errors
/// When the archive is not whole, or the place does not take it; the place is then as it was.
pub(super) fn run(args: BundleInstallArgs, console: Console) -> Result<Exit, Failure> {
    let settings = super::interrupt("nothing was installed", |cancel| {
        super::blocking(move || {
            let dir = std::path::absolute(&args.to)
                .with_context(|| format!("--to {}", args.to.display()))?;
            let bundle = super::open(&args.archive)?;
            let (manifest, sha256) = (bundle.manifest().clone(), bundle.sha256().to_owned());
            say_target(&manifest, console);
            let program = dir.join(Role::Binary.folder()).join(link::NAME);
            let link = match &args.bin {
                Some(folder) => Link::prepare(folder, &program, args.force)?,
                None => None,
            };
            let progress = BundleProgress::new(console, manifest.total(), &cancel);
            let outcome = install(bundle, &dir, args.force, &progress)
                .map_err(|error| super::blamed(error, &args.archive))?;
            drop(progress);
            link.map_or(Ok(()), Link::land)?;
            let files = count(manifest.files.len(), "file");
            console.say(&match outcome {
                Outcome::Installed => {
                    format!("{}: {files}, {}\n", dir.display(), bytes(manifest.total()))
                }
                Outcome::Replaced => {
                    format!(
                        "{}: replaced; {files}, {}\n",
                        dir.display(),
                        bytes(manifest.total())
                    )
                }
                Outcome::Unchanged => {
                    format!(
                        "{}: this bundle is there already; nothing was written\n",
                        dir.display()
                    )
                }
            });
            super::say_unless_pinned(&args.archive, &sha256, console);
            say_unusable(&manifest, &dir, console);
            Ok(settings(&manifest, &dir))
        })
    })?;
    Output::open(None)?.write(&settings)?;
    Ok(Exit::Done)
}

/// A program for another machine is no mistake where a folder is prepared for it, so it is only said.
fn say_target(manifest: &Manifest, console: Console) {
    if !target::runs_here(&manifest.target) {
        console.say(&format!(
            "note: the program in this bundle is for {}, and this machine is {}\n",
            manifest.target,
            target::own()
        ));
    }
}

/// Looks at the models as a later start does, which also notes their hashes, and says which of them
/// this program could not run: it need not be the one that made the bundle.
fn say_unusable(manifest: &Manifest, dir: &Path, console: Console) {
    let store = Store::new(dir.join(Role::Model.folder()));
    let own = dir.join(Role::Catalogue.folder());
    let catalog = Catalog::builtin().and_then(|catalog| {
        if own.is_dir() {
            catalog.with_dir(&own)
        } else {
            Ok(catalog)
        }
    });
    let catalog = match catalog {
        Ok(catalog) => catalog,
        Err(error) => return say_other(&Failure::from(error).to_string(), dir, console),
    };
    for model in &manifest.models {
        let why = match catalog.get(&model.id).map(|entry| store.find(entry)) {
            Some(Ok(Some(_))) => continue,
            Some(Ok(None)) => "its catalogue asks for other files".to_owned(),
            Some(Err(error)) => Failure::from(error).to_string(),
            None => "its catalogue does not have it".to_owned(),
        };
        say_other(&format!("{}: {why}", model.id), dir, console);
    }
}

fn say_other(what: &str, dir: &Path, console: Console) {
    console.say(&format!(
        "note: presslate {}, which you are running, cannot use all of this bundle ({what}): run {}\n",
        env!("CARGO_PKG_VERSION"),
        dir.join(Role::Binary.folder()).join(link::NAME).display()
    ));
}

/// What to set, one variable a line, as a shell and systemd's `EnvironmentFile` read it.
fn settings(manifest: &Manifest, dir: &Path) -> String {
    let has = |role| manifest.files.iter().any(|file| file.role == role);
    let folder = |role: Role| dir.join(role.folder()).display().to_string();
    let mut text = String::new();
    let mut set = |name: &str, value: &str| {
        let _infallible = writeln!(text, "{name}={}", quoted(value));
    };
    set("PRESSLATE_CACHE_DIR", &folder(Role::Model));
    if has(Role::Catalogue) {
        set("PRESSLATE_CATALOG_DIR", &folder(Role::Catalogue));
    }
    set("PRESSLATE_MODEL", &manifest.choice.join(","));
    if has(Role::Glossary) {
        set("PRESSLATE_GLOSSARIES", &folder(Role::Glossary));
    }
    set("HF_HUB_OFFLINE", "1");
    text
}

fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-,:@+".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_reach_a_shell_as_they_are() {
        assert_eq!(quoted("/opt/presslate/models"), "/opt/presslate/models");
        assert_eq!(quoted("/srv/news room"), "'/srv/news room'");
        assert_eq!(quoted("/srv/$HOME"), "'/srv/$HOME'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
