//! Profiles: a name for "this model for that task".

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::{Catalog, Entry, TaskName};
use crate::job::Lang;

/// A named choice of models.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Its name on the command line.
    pub name: String,
    /// One line for people: whom it is for.
    pub description: String,
    /// Id of the model that writes summaries.
    pub summarise: String,
    /// Id of the model that translates into each language.
    pub translate: BTreeMap<Lang, String>,
}

/// Which model does what.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choice {
    /// Writes summaries.
    pub summarise: Option<Arc<Entry>>,
    /// Translates into each language.
    pub translate: BTreeMap<Lang, Arc<Entry>>,
    /// Says how alike sentences are, for what summaries rest on; they can do without.
    pub embed: Option<Arc<Entry>>,
}

impl Profile {
    /// The profile with entries in place of ids; every loaded catalogue has them.
    pub(super) fn choice(&self, catalog: &Catalog) -> Choice {
        Choice {
            summarise: catalog.get(&self.summarise).cloned(),
            translate: self
                .translate
                .iter()
                .filter_map(|(lang, id)| Some((*lang, Arc::clone(catalog.get(id)?))))
                .collect(),
            embed: None,
        }
    }
}

impl Choice {
    /// One model for all that it can do.
    pub fn only(entry: &Arc<Entry>) -> Self {
        let does = |task| entry.tasks.contains(&task);
        let targets = entry
            .target_langs
            .iter()
            .filter(|lang| does(TaskName::Translate) && Lang::TARGETS.contains(lang));
        Self {
            summarise: does(TaskName::Summarise).then(|| Arc::clone(entry)),
            translate: targets.map(|lang| (*lang, Arc::clone(entry))).collect(),
            embed: does(TaskName::Embed).then(|| Arc::clone(entry)),
        }
    }

    /// This choice, with `other`'s models for what this one leaves open.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.summarise = self.summarise.or(other.summarise);
        self.embed = self.embed.or(other.embed);
        for (lang, entry) in other.translate {
            self.translate.entry(lang).or_insert(entry);
        }
        self
    }

    /// The models in it, each once, in the order they are used.
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        let mut entries: Vec<Arc<Entry>> = Vec::new();
        let used = self.summarise.iter().chain(&self.embed);
        for entry in used.chain(self.translate.values()) {
            if entries.iter().all(|seen| seen.id != entry.id) {
                entries.push(Arc::clone(entry));
            }
        }
        entries
    }
}
