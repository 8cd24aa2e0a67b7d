//! Stands in for `model::weights` and the catalogue's contents until those are merged: the same
//! names, and no models. To be deleted then.

use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::model::catalog::Entry;
use crate::model::weights::{Installed, WeightsError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PullEvent {
    SourceSkipped { source: String, why: String },
    Waiting { model: String },
    Started { file: String, source: String, total: Option<u64>, already: u64 },
    Bytes { done: u64, total: Option<u64> },
    Restarting { file: String, why: String },
    Verifying { file: String },
    Done { model: String, bytes: u64 },
}

pub(super) trait Progress: Send + Sync {
    fn event(&self, event: PullEvent);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Complete { bytes: u64 },
    Partial { bytes: u64 },
    Absent,
}

#[derive(Debug, Clone)]
pub(super) struct Store {
    pub(super) cache: PathBuf,
    pub(super) local: Option<PathBuf>,
}

impl Store {
    pub(super) fn find(&self, _entry: &Arc<Entry>) -> Result<Option<Installed>, WeightsError> {
        Err(WeightsError::Todo)
    }
    pub(super) fn pull(&self, _: &Arc<Entry>, _: &dyn Progress, _: &CancellationToken) -> Result<Installed, WeightsError> {
        Err(WeightsError::Todo)
    }
    pub(super) fn verify(&self, _: &Arc<Entry>, _: &dyn Progress, _: &CancellationToken) -> Result<Installed, WeightsError> {
        Err(WeightsError::Todo)
    }
    pub(super) fn remove(&self, _entry: &Entry) -> Result<u64, WeightsError> {
        Err(WeightsError::Todo)
    }
    pub(super) fn presence(&self, _entry: &Entry) -> Presence {
        Presence::Absent
    }
}
