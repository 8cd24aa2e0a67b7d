//! Death at a chosen moment of a job's life in the worker.

use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// The moments, by the order that is given for each.
pub(crate) const MOMENTS: [&str; 5] = [
    "before-run",
    "mid-run",
    "after-run",
    "before-confirm",
    "after-confirm",
];

/// What was ordered: 0 for nothing, else one more than the index of the moment. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Doom(Arc<AtomicU8>);

impl Doom {
    /// Takes orders from standard input. When that ends, so does the process: whoever started it is
    /// gone.
    pub(crate) fn listen(&self) -> std::io::Result<()> {
        let doom = self.clone();
        let thread = std::thread::Builder::new().name("orders".to_owned());
        // Not joined: it reads until the process ends.
        let _reader = thread.spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                let moment = MOMENTS.iter().position(|moment| *moment == line);
                if let Some(number) = moment.and_then(|index| u8::try_from(index + 1).ok()) {
                    doom.0.store(number, Ordering::SeqCst);
                }
            }
            std::process::abort();
        })?;
        Ok(())
    }

    /// Whether this is the moment.
    pub(crate) fn is(&self, moment: &str) -> bool {
        let ordered = usize::from(self.0.load(Ordering::SeqCst));
        ordered.checked_sub(1).and_then(|index| MOMENTS.get(index)) == Some(&moment)
    }

    /// Dies, if this is the moment.
    pub(crate) fn meet(&self, moment: &str) {
        if self.is(moment) {
            std::process::abort();
        }
    }
}
