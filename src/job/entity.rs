//! What an article is about, as its producer says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Somebody or something that an article is about.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// Its name in the language of the article, on one line and never empty.
    pub name: String,
}

/// What has a name.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum EntityKind {
    /// A human being.
    Person,
    /// A company, an agency, a party, a team.
    Organisation,
    /// A country, a town, a region, a building.
    Place,
}
