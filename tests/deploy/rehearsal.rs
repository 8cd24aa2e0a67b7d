//! `deploy/rehearse.sh` in its short form: with the broker of this machine and a tiny model, without systemd.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use super::{deploy, python};
use crate::cli::run::with_tiny_model;
use crate::cli::{stderr, stdout};
use crate::common::skip::skip;

/// Whether a command succeeds.
fn does(program: &str, arguments: &[&str]) -> bool {
    let output = Command::new(program).args(arguments).output();
    output.is_ok_and(|output| output.status.success())
}

#[test]
fn a_bare_machine_is_set_up_watched_and_drained_and_loses_nothing() {
    // It makes users, on the machine and on the broker: nothing for a developer's own.
    let needed = [
        ("root", does("sh", &["-c", "test $(id -u) = 0"])),
        (
            "a RabbitMQ that obeys rabbitmqctl",
            does("rabbitmqctl", &["-q", "status"]),
        ),
        ("Prometheus", does("prometheus", &["--version"])),
        ("setpriv", does("setpriv", &["--version"])),
    ];
    if let Some((what, _)) = needed.iter().find(|(_, there)| !there) {
        return skip(&format!("deploy/rehearse.sh needs {what}"));
    }
    let Some(python) = python() else { return };
    let desk = with_tiny_model(None);
    // The worker runs as a user of its own, who has to get at the weights.
    fs::set_permissions(desk.path(""), Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(deploy("rehearse.sh"));
    command
        .args([
            "--jobs",
            "20",
            "--binary",
            env!("CARGO_BIN_EXE_presslate"),
            "--python",
        ])
        .arg(python)
        .stdin(Stdio::null());
    for (name, value) in [
        ("PRESSLATE_MODEL", "tiny".to_owned()),
        (
            "PRESSLATE_CATALOG_DIR",
            desk.path("catalog").display().to_string(),
        ),
        (
            "PRESSLATE_MODEL_DIR",
            desk.path("weights").display().to_string(),
        ),
        ("PRESSLATE_DEVICE", "cpu".to_owned()),
        ("HF_HUB_OFFLINE", "1".to_owned()),
    ] {
        command.arg("--set").arg(format!("{name}={value}"));
    }
    let output = command.output().unwrap();
    let said = format!("{}\n{}", stdout(&output), stderr(&output));
    assert!(output.status.success(), "{said}");
    assert!(said.contains("held: 20 jobs, 20 results"), "{said}");
}
