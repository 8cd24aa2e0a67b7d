//! What a program runs on, as a target triple of Rust.

use std::env::consts::{ARCH, OS};

/// What this program runs on.
pub(super) fn own() -> String {
    let vendor = if cfg!(target_vendor = "apple") {
        "apple"
    } else if cfg!(target_vendor = "pc") {
        "pc"
    } else {
        "unknown"
    };
    let system = if OS == "macos" { "darwin" } else { OS };
    let abi = [
        ("-gnu", cfg!(target_env = "gnu")),
        ("-musl", cfg!(target_env = "musl")),
        ("-msvc", cfg!(target_env = "msvc")),
    ];
    let abi = abi.into_iter().find_map(|(name, is)| is.then_some(name));
    format!("{ARCH}-{vendor}-{system}{}", abi.unwrap_or_default())
}

/// Whether a program for `target` is one for this processor and system. Its libraries are not
/// looked at.
pub(super) fn runs_here(target: &str) -> bool {
    let parts = |triple: &str| {
        let mut parts = triple.split('-');
        (
            parts.next().map(str::to_owned),
            parts.nth(1).map(str::to_owned),
        )
    };
    parts(target) == parts(&own())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_for_another_processor_or_system_does_not_run_here() {
        assert!(runs_here(&own()));
        for other in ["z80-unknown-linux-gnu", "x86_64-unknown-plan9", "", "-"] {
            assert!(!runs_here(other), "{other}");
        }
    }

    #[cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
    #[test]
    fn the_triple_is_the_one_that_rust_has() {
        assert_eq!(own(), "x86_64-unknown-linux-gnu");
        assert!(runs_here("x86_64-unknown-linux-musl"));
        assert!(!runs_here("aarch64-unknown-linux-gnu"));
    }
}
