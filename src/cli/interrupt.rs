//! Ctrl-C while something runs: the first asks it to stop, the second does not wait.

use std::future::Future;
use std::io;
use std::pin::pin;

use tokio_util::sync::CancellationToken;

use super::exit::Exit;

/// Runs `work` to its end. On the first signal `cancel` fires and `work` may come to its end; on
/// the second the process ends.
///
/// # Errors
/// When signals cannot be listened for.
pub(super) async fn interruptible<T>(work: impl Future<Output = T>, cancel: &CancellationToken) -> io::Result<T> {
    let mut signals = Signals::new()?;
    let mut work = pin!(work);
    tokio::select! {
        biased;
        done = &mut work => return Ok(done),
        () = signals.next() => cancel.cancel(),
    }
    tokio::select! {
        biased;
        done = &mut work => Ok(done),
        () = signals.next() => leave(),
    }
}

#[expect(clippy::exit, reason = "the user asked twice; unwinding would wait for the engine thread")]
fn leave() -> ! {
    std::process::exit(i32::from(Exit::Interrupted.code()))
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
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
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
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
