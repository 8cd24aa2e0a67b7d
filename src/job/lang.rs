//! The languages that presslate reads and writes.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A language this worker reads (English) or writes (Korean, Russian).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    En,
    /// Korean.
    Ko,
    /// Russian.
    Ru,
}

impl Lang {
    /// Languages an article may be in.
    pub const SOURCES: [Self; 1] = [Self::En];
    /// Languages an article may be translated into.
    pub const TARGETS: [Self; 2] = [Self::Ko, Self::Ru];

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
            Self::Ru => "ru",
        }
    }

    /// The English name.
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Ko => "Korean",
            Self::Ru => "Russian",
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

impl FromStr for Lang {
    type Err = String;

    /// Takes a BCP 47 tag; region and script subtags are ignored (`ko-KR` is `ko`).
    fn from_str(tag: &str) -> Result<Self, Self::Err> {
        let primary = tag
            .split(['-', '_'])
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        [Self::En, Self::Ko, Self::Ru]
            .into_iter()
            .find(|lang| lang.tag() == primary)
            .ok_or_else(|| {
                format!("unknown language {tag:?}: presslate reads en and writes ko, ru")
            })
    }
}
