//! The number of compute threads, which candle takes from the environment alone.

use std::ffi::OsString;
use std::num::NonZeroUsize;

use super::Console;
use crate::model::device;

/// What candle and its thread pool read, once, when they first compute.
const VARIABLES: [&str; 2] = ["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS"];

/// Makes computing use `threads`. Where the environment says otherwise, the program replaces
/// itself by itself with the right environment: changing the environment of a running process is
/// unsound once there are threads. To be called before anything was read or written.
pub(super) fn apply(threads: NonZeroUsize, console: Console) {
    let set = std::env::var_os(VARIABLES[0]) == Some(OsString::from(threads.to_string()));
    if set || device::threads() == threads {
        return;
    }
    // Returns only when it fails.
    let why = replace(threads);
    console.say(&format!(
        "warning: computing with {} threads instead of {threads}: {why}\n",
        device::threads()
    ));
}

#[cfg(unix)]
fn replace(threads: NonZeroUsize) -> std::io::Error {
    use std::os::unix::process::CommandExt;
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return error,
    };
    let mut command = std::process::Command::new(program);
    let mut args = std::env::args_os();
    if let Some(name) = args.next() {
        command.arg0(name);
    }
    command
        .args(args)
        .envs(VARIABLES.map(|name| (name, threads.to_string())))
        .exec()
}

#[cfg(not(unix))]
fn replace(_threads: NonZeroUsize) -> std::io::Error {
    std::io::Error::other("set RAYON_NUM_THREADS instead on this system")
}
