//! Ctrl-C while something runs: the first asks it to stop, the second does not wait.

use std::future::Future;
use std::io;
use std::pin::pin;

use tokio_util::sync::CancellationToken;

use crate::shutdown;

/// Runs `work` to its end. On the first signal `cancel` fires and `work` may come to its end; on
/// the second the process ends.
///
/// # Errors
/// When signals cannot be listened for.
pub(super) async fn interruptible<T>(
    work: impl Future<Output = T>,
    cancel: &CancellationToken,
) -> io::Result<T> {
    let signals = shutdown::listen()?;
    let mut work = pin!(work);
    tokio::select! {
        biased;
        done = &mut work => return Ok(done),
        () = signals.stop.cancelled() => cancel.cancel(),
    }
    tokio::select! {
        biased;
        done = &mut work => Ok(done),
        () = signals.now.cancelled() => leave(),
    }
}

/// Ends the process as somebody wants it who has asked twice.
#[expect(clippy::exit, reason = "unwinding would wait for the engine thread")]
pub(super) fn leave() -> ! {
    std::process::exit(i32::from(shutdown::EXIT_AT_ONCE))
}
