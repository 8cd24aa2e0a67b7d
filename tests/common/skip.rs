//! Tests that cannot run here say so aloud.

use std::io::Write;

/// Says that a test is skipped, and why. Written past the test runner, which keeps to itself what
/// passing tests print.
pub(crate) fn skip(why: &str) {
    let line = format!("\nSKIPPED: {why}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}
