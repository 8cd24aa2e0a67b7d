//! Signals to tokens: the first asks the program to finish, the second to end at once.

use std::io;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Exit status of a program that was told twice to stop, as a shell reports an interrupt.
pub const EXIT_AT_ONCE: u8 = 130;

/// What signals have asked for. Who holds a token decides what it cancels.
#[derive(Debug)]
#[must_use = "signals are heard for as long as it lives"]
pub struct Shutdown {
    /// The first `SIGTERM` or `SIGINT` (ctrl-c): take on nothing new, finish what is in hand.
    pub stop: CancellationToken,
    /// The second: leave everything and exit with [`EXIT_AT_ONCE`].
    pub now: CancellationToken,
    /// Ends the listening.
    gone: CancellationToken,
}

impl Drop for Shutdown {
    fn drop(&mut self) {
        self.gone.cancel();
    }
}

/// Listens for signals from now on, inside a tokio runtime. From here on they do not end the
/// process by themselves.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn listen() -> io::Result<Shutdown> {
    let signals = Signals::new()?;
    let shutdown = Shutdown {
        stop: CancellationToken::new(),
        now: CancellationToken::new(),
        gone: CancellationToken::new(),
    };
    let (stop, now, gone) = (
        shutdown.stop.clone(),
        shutdown.now.clone(),
        shutdown.gone.clone(),
    );
    let tasks = TaskTracker::new();
    tasks.spawn(async move {
        let mut signals = signals;
        for token in [stop, now] {
            tokio::select! {
                () = gone.cancelled() => return,
                () = signals.next() => token.cancel(),
            }
        }
    });
    Ok(shutdown)
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        // An error means that no ctrl-c can come, so there is none to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
