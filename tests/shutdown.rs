//! Signals to this very process.
#![cfg(unix)]

use std::process::Command;
use std::time::Duration;

use presslate::shutdown;
use tokio::time::timeout;

fn send(signal: &str) {
    let status = Command::new("kill")
        .arg(signal)
        .arg(std::process::id().to_string())
        .status();
    assert!(status.unwrap().success());
}

#[tokio::test]
async fn the_first_signal_asks_to_finish_and_the_second_to_end_at_once() {
    let patience = Duration::from_secs(30);
    let shutdown = shutdown::listen().unwrap();
    assert!(!shutdown.stop.is_cancelled());
    send("-TERM");
    timeout(patience, shutdown.stop.cancelled()).await.unwrap();
    assert!(!shutdown.now.is_cancelled(), "one signal is not two");
    send("-INT");
    timeout(patience, shutdown.now.cancelled()).await.unwrap();
}
