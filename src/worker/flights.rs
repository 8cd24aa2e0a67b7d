//! Turns: a message that is delivered twice at the same time is handled one delivery at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

use super::answer::Identity;

/// Lets one delivery of a message in at a time.
#[derive(Debug, Default)]
pub(super) struct Flights(Mutex<HashMap<Identity, Weak<tokio::sync::Mutex<()>>>>);

/// The turn of one delivery.
pub(super) struct Flight<'a> {
    flights: &'a Flights,
    identity: Identity,
    turn: Option<OwnedMutexGuard<()>>,
}

impl Flights {
    /// Waits for a turn.
    pub(super) async fn enter(&self, identity: Identity) -> Flight<'_> {
        let gate = {
            let mut gates = self.gates();
            if let Some(gate) = gates.get(&identity).and_then(Weak::upgrade) {
                gate
            } else {
                let gate = Arc::new(tokio::sync::Mutex::new(()));
                gates.insert(identity, Arc::downgrade(&gate));
                gate
            }
        };
        Flight {
            flights: self,
            identity,
            turn: Some(gate.lock_owned().await),
        }
    }

    fn gates(&self) -> MutexGuard<'_, HashMap<Identity, Weak<tokio::sync::Mutex<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.turn = None;
        let mut gates = self.flights.gates();
        // Kept while another delivery waits its turn.
        if gates
            .get(&self.identity)
            .is_some_and(|gate| gate.strong_count() == 0)
        {
            gates.remove(&self.identity);
        }
    }
}
