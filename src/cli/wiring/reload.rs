//! Says what becomes of glossaries whose files change under a running worker.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::glossary::store::{Change, Store};
use crate::telemetry::Chain;
use crate::telemetry::events::{GlossaryFailed, GlossaryRead, GlossaryRemoved};

/// Looks at the files again and again, and logs what has changed. Does not end.
pub(super) async fn watch(store: Arc<Store>, every: Duration) {
    loop {
        let changed = {
            let store = Arc::clone(&store);
            // Files may be on a share that takes its time.
            tokio::task::spawn_blocking(move || store.changes()).await
        };
        for change in changed.unwrap_or_default() {
            say(&change);
        }
        sleep(every).await;
    }
}

fn say(change: &Change) {
    match change {
        Change::Loaded(glossary) => GlossaryRead {
            glossary: glossary.name(),
            sha256: glossary.hash(),
        }
        .emit(),
        Change::Removed { id } => GlossaryRemoved { glossary: id }.emit(),
        Change::Failed { id, error } => GlossaryFailed {
            glossary: id,
            error: &Chain(error).to_string(),
        }
        .emit(),
    }
}
