//! Reading the catalogue: the files compiled in, and those of a site.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Catalog, CatalogError, Entry, Profile, check};

/// Every file of `models/`, compiled in. A test compares the list with the folder.
const BUILTIN: [(&str, &str); 8] = [
    (
        "all-minilm-l6-v2.toml",
        include_str!("../../../models/all-minilm-l6-v2.toml"),
    ),
    (
        "gemma-3-4b-it-q4_k_m.toml",
        include_str!("../../../models/gemma-3-4b-it-q4_k_m.toml"),
    ),
    (
        "madlad-400-3b-mt-q4_k.toml",
        include_str!("../../../models/madlad-400-3b-mt-q4_k.toml"),
    ),
    (
        "opus-mt-en-ru.toml",
        include_str!("../../../models/opus-mt-en-ru.toml"),
    ),
    (
        "opus-mt-tc-big-en-zle.toml",
        include_str!("../../../models/opus-mt-tc-big-en-zle.toml"),
    ),
    (
        "qwen2.5-coder-1.5b-instruct-q4_k_m.toml",
        include_str!("../../../models/qwen2.5-coder-1.5b-instruct-q4_k_m.toml"),
    ),
    (
        "qwen3-4b-instruct-2507-q4_k_m.toml",
        include_str!("../../../models/qwen3-4b-instruct-2507-q4_k_m.toml"),
    ),
    (
        "translategemma-4b-it-q4_k_m.toml",
        include_str!("../../../models/translategemma-4b-it-q4_k_m.toml"),
    ),
];

/// Which models make up each profile; not an entry.
const PROFILES: &str = "profiles.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileFile {
    profile: Vec<Profile>,
}

impl Catalog {
    /// The catalogue that is compiled in.
    ///
    /// # Errors
    /// When one of its files contradicts itself; a test sees to it that none does.
    pub fn builtin() -> Result<Self, CatalogError> {
        let mut catalog = Self {
            entries: Vec::new(),
            profiles: Vec::new(),
        };
        for (file, text) in BUILTIN {
            catalog.add(file, text)?;
        }
        catalog.add_profiles(PROFILES, include_str!("../../../models/profiles.toml"))?;
        catalog.checked(PROFILES)
    }

    /// This catalogue with the `*.toml` files of a folder: an entry or a profile of the same name
    /// replaces ours.
    ///
    /// # Errors
    /// When a file cannot be read, is not TOML, or contradicts itself.
    pub fn with_dir(mut self, dir: &Path) -> Result<Self, CatalogError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| CatalogError::Io { path, source }
        };
        let mut paths = Vec::new();
        for entry in fs::read_dir(dir).map_err(io(dir))? {
            let path = entry.map_err(io(dir))?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "toml")
            {
                paths.push(path);
            }
        }
        paths.sort();
        for path in paths {
            let text = fs::read_to_string(&path).map_err(io(&path))?;
            match path.file_name().and_then(|name| name.to_str()) {
                Some(PROFILES) => self.add_profiles(&path.display().to_string(), &text)?,
                Some(file) => self.add(file, &text)?,
                None => {}
            }
        }
        self.checked(&dir.join(PROFILES).display().to_string())
    }

    /// Adds an entry, or replaces the one with its id.
    fn add(&mut self, file: &str, text: &str) -> Result<(), CatalogError> {
        let entry: Entry = parse(file, text)?;
        check::entry(file, &entry).map_err(|what| CatalogError::Invalid {
            file: file.to_owned(),
            what,
        })?;
        self.entries.retain(|old| old.id != entry.id);
        self.entries.push(Arc::new(entry));
        self.entries.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(())
    }

    fn add_profiles(&mut self, file: &str, text: &str) -> Result<(), CatalogError> {
        for profile in parse::<ProfileFile>(file, text)?.profile {
            match self
                .profiles
                .iter_mut()
                .find(|old| old.name == profile.name)
            {
                Some(old) => *old = profile,
                None => self.profiles.push(profile),
            }
        }
        Ok(())
    }

    /// Checks what only the whole can show: that profiles name models which do what they are for.
    fn checked(self, file: &str) -> Result<Self, CatalogError> {
        for profile in &self.profiles {
            check::profile(profile, &self).map_err(|what| CatalogError::Invalid {
                file: file.to_owned(),
                what,
            })?;
        }
        Ok(self)
    }
}

fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, CatalogError> {
    toml::from_str(text).map_err(|source| CatalogError::Syntax {
        file: file.to_owned(),
        source: Box::new(source),
    })
}
