//! `presslate licenses`: what the models and the crates in the program allow and ask for.

mod record;

use std::fmt::Write;

use serde_json::{Value, json};

use super::args::{LicensesArgs, LicensesFormat};
use super::exit::{Exit, Failure};
use super::output::Output;
use crate::model::catalog::Catalog;
use record::{Build, Crate, Notice};

/// Prints the licences.
///
/// # Errors
/// When the catalogue cannot be read, or the list not be written.
pub(super) fn run(args: &LicensesArgs) -> Result<Exit, Failure> {
    let output = Output::open(args.out.as_deref())?;
    let mut catalog = Catalog::builtin()?;
    if let Some(dir) = &args.catalog_dir {
        catalog = catalog.with_dir(dir).map_err(Failure::usage)?;
    }
    let licences = Licences::new(&catalog, args.full);
    let text = match args.format {
        LicensesFormat::Text => licences.text(),
        LicensesFormat::Json => serde_json::to_string_pretty(&licences.json())? + "\n",
    };
    output.write(&text)?;
    Ok(Exit::Done)
}

/// All licences there are to tell of.
#[derive(Debug)]
pub(super) struct Licences<'a> {
    catalog: &'a Catalog,
    crates: Vec<Crate>,
    notices: Option<Vec<Notice>>,
}

impl<'a> Licences<'a> {
    /// Those of the models in the catalogue and of this program; with `full`, their texts too.
    pub(super) fn new(catalog: &'a Catalog, full: bool) -> Self {
        let crates = record::crates(Build::this());
        let notices = full.then(|| record::notices(&crates));
        Self {
            catalog,
            crates,
            notices,
        }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "presslate {} is under {}. Models and the crates in it have licences of their own.\n\n\
             MODELS, which are fetched when they are wanted and are no part of the program:\n",
            env!("CARGO_PKG_VERSION"),
            env!("CARGO_PKG_LICENSE"),
        );
        for entry in self.catalog {
            let licence = &entry.licence;
            let _infallible = write!(
                text,
                "\n{}: {}, commercial use: {}\n  {}\n",
                entry.id, licence.name, licence.commercial, licence.url
            );
            if !licence.note.is_empty() {
                let _infallible = writeln!(text, "  {}", licence.note);
            }
        }
        let _infallible = writeln!(
            text,
            "\nCRATES in the program, and the standard library: {}\n",
            self.crates.len()
        );
        for one in &self.crates {
            let _infallible = writeln!(
                text,
                "{} {}: {}\n  {}",
                one.name, one.version, one.licence, one.repository
            );
        }
        let Some(notices) = &self.notices else {
            text.push_str("\n`presslate licenses --full` has the texts.\n");
            return text;
        };
        text.push_str("\nTEXTS of licences and notices, and the crates that they belong to:\n");
        for notice in notices {
            let _infallible = writeln!(
                text,
                "\n{}\n{}\n\n{}",
                "-".repeat(80),
                notice.crates.join(", "),
                notice.text
            );
        }
        text
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let models = self.catalog.iter().map(|entry| {
            json!({
                "id": entry.id,
                "licence": entry.licence.name,
                "url": entry.licence.url,
                "commercial_use": entry.licence.commercial.to_string(),
                "note": entry.licence.note,
            })
        });
        let crates = self.crates.iter().map(|one| {
            json!({
                "name": one.name,
                "version": one.version,
                "licence": one.licence,
                "repository": one.repository,
            })
        });
        let mut all = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "licence": env!("CARGO_PKG_LICENSE"),
            "models": models.collect::<Vec<_>>(),
            "crates": crates.collect::<Vec<_>>(),
        });
        if let (Some(all), Some(notices)) = (all.as_object_mut(), &self.notices) {
            let notices = notices
                .iter()
                .map(|notice| json!({ "crates": notice.crates, "text": notice.text }));
            all.insert("notices".to_owned(), notices.collect());
        }
        all
    }
}
