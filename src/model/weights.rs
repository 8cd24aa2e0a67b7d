//! Getting a model's files: where they are kept, where they come from, and that they are right.

use std::path::PathBuf;
use std::sync::Arc;

use crate::model::catalog::{Entry, Role};

/// A model whose files are all here and have the right hashes.
#[derive(Debug, Clone)]
pub struct Installed {
    /// The model.
    pub entry: Arc<Entry>,
    /// Its files.
    pub files: Vec<InstalledFile>,
}

/// A file of an installed model.
#[derive(Debug, Clone)]
pub struct InstalledFile {
    /// What it is for.
    pub role: Role,
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256 in hex.
    pub sha256: String,
}

impl Installed {
    /// The file with this role.
    pub fn file(&self, role: Role) -> Option<&InstalledFile> {
        self.files.iter().find(|file| file.role == role)
    }
}

/// Why a model's files could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// To come.
    #[error("to come")]
    Todo,
}
