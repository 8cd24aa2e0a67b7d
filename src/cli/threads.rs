//! The number of compute threads, which candle takes from the environment alone.

use std::ffi::OsString;
use std::num::NonZeroUsize;

use super::Console;
use crate::model::device;

/// What candle and its thread pools read, once, when they first compute.
const VARIABLES: [&str; 2] = [RAYON, CANDLE];
const RAYON: &str = "RAYON_NUM_THREADS";
const CANDLE: &str = "CANDLE_NUM_THREADS";

/// Makes computing use `threads`. Where the environment says otherwise, the program replaces
/// itself by itself with the right environment: changing the environment of a running process is
/// unsound once there are threads. To be called before anything was read or written.
pub(super) fn apply(threads: NonZeroUsize, console: Console) {
    let unset = Unset {
        candle: device::threads(),
        rayon: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
    };
    if agree(threads, |name| std::env::var_os(name), unset) {
        return;
    }
    // Returns only when it fails.
    let why = replace(threads);
    console.say(&format!(
        "warning: computing with {} threads instead of {threads}: {why}\n",
        device::threads()
    ));
}

/// Threads that a pool takes where no variable says how many.
#[derive(Debug, Clone, Copy)]
struct Unset {
    candle: NonZeroUsize,
    rayon: NonZeroUsize,
}

/// Whether every pool has `threads` in this environment: candle has one of its own besides two of
/// rayon's, and each looks at something else. One that is larger would take turns on the cores
/// with the others, and some wait by spinning.
fn agree(threads: NonZeroUsize, lookup: impl Fn(&str) -> Option<OsString>, unset: Unset) -> bool {
    let set = |name| -> Option<NonZeroUsize> { lookup(name)?.to_str()?.parse().ok() };
    let (rayon, candle) = (set(RAYON), set(CANDLE));
    [
        rayon.unwrap_or(unset.rayon),
        rayon.unwrap_or(unset.candle),
        candle.or(rayon).unwrap_or(unset.candle),
    ]
    .iter()
    .all(|pool| *pool == threads)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed(threads: usize, environment: &[(&str, &str)], candle: usize, rayon: usize) -> bool {
        let number = |number| NonZeroUsize::new(number).unwrap();
        let lookup = |name: &str| {
            let found = environment.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).into())
        };
        let unset = Unset {
            candle: number(candle),
            rayon: number(rayon),
        };
        agree(number(threads), lookup, unset)
    }

    #[test]
    fn a_machine_that_is_right_by_itself_is_left_alone() {
        assert!(agreed(4, &[], 4, 4));
    }

    #[test]
    fn a_quota_below_the_cores_or_two_threads_a_core_are_not_right_by_themselves() {
        assert!(!agreed(2, &[], 8, 2));
        assert!(!agreed(4, &[], 4, 8));
    }

    #[test]
    fn both_variables_have_to_say_the_same() {
        assert!(agreed(2, &[(RAYON, "2"), (CANDLE, "2")], 2, 8));
        assert!(agreed(2, &[(RAYON, "2")], 2, 8));
        assert!(!agreed(2, &[(RAYON, "2"), (CANDLE, "64")], 2, 8));
        assert!(!agreed(2, &[(CANDLE, "2")], 8, 8));
        assert!(!agreed(2, &[(RAYON, "0")], 8, 8));
    }

    #[test]
    fn what_the_program_gives_itself_is_right() {
        let given = VARIABLES.map(|name| (name, "3"));
        assert!(agreed(3, &given, 3, 64));
    }
}
