//! What comes from others, and what is promised about it: the bill of materials, and the tests that
//! deploy/SECURITY.md names.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::common::broker::setting;
use crate::common::skip::skip;

const TARGET: &str = "x86_64-unknown-linux-gnu";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether there is what a bill of materials is made with.
fn have_cyclonedx() -> bool {
    let mut cargo = Command::new(setting("CARGO").unwrap_or_else(|| "cargo".to_owned()));
    let asked = cargo.args(["cyclonedx", "--version"]).output();
    asked.is_ok_and(|output| output.status.success())
}

#[test]
fn the_bill_of_materials_has_every_crate_of_the_program_with_licence_and_hash() {
    if !have_cyclonedx() {
        assert!(setting("CI").is_none(), "CI needs cargo-cyclonedx");
        skip("no cargo-cyclonedx: `cargo install cargo-cyclonedx --version 0.5.9 --locked`");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (bill, binary) = (
        folder.path().join("bill.json"),
        folder.path().join("program"),
    );
    fs::write(&binary, "abc").unwrap();
    let output = Command::new(root().join("deploy/sbom.sh"))
        .args(["--target", TARGET, "--out"])
        .arg(&bill)
        .arg("--binary")
        .arg(&binary)
        // Its Python is kept between runs.
        .env("CARGO_TARGET_DIR", env!("CARGO_TARGET_TMPDIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let bill: Value = serde_json::from_str(&fs::read_to_string(&bill).unwrap()).unwrap();
    assert_eq!(bill["specVersion"], "1.5");
    let program = &bill["metadata"]["component"];
    assert_eq!(program["name"], "presslate");
    assert_eq!(
        program["hashes"][0]["content"],
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "the SHA-256 of the bytes abc"
    );

    let text = |component: &Value, field: &str| component[field].as_str().unwrap().to_owned();
    let components: BTreeMap<(String, String), &Value> = bill["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|component| {
            let id = (text(component, "name"), text(component, "version"));
            (id, component)
        })
        .collect();
    let table = fs::read_to_string(root().join("src/cli/licenses/crates.tsv")).unwrap();
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let mut seen = 0;
    for line in table.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, version, licence, _, builds, _] = fields.as_slice() else {
            panic!("{line}");
        };
        let here = builds.split(',').any(|build| {
            let build = build.strip_suffix("+otlp").unwrap_or(build);
            ["*", "", "x86_64-linux"].contains(&build)
        });
        if !here || *name == "std" {
            continue;
        }
        seen += 1;
        let component = components
            .get(&((*name).to_owned(), (*version).to_owned()))
            .unwrap_or_else(|| panic!("{name} {version} is not in the bill"));
        let purl = component["purl"].as_str().unwrap();
        assert!(purl.starts_with(&format!("pkg:cargo/{name}@")), "{purl}");
        assert_eq!(component["licenses"][0]["expression"], *licence, "{purl}");
        let hash = component["hashes"][0]["content"].as_str().unwrap();
        assert!(hash.len() == 64 && lock.contains(hash), "{purl}: {hash}");
    }
    assert!(seen > 300, "{seen}");
    for name in ["lapin", "candle-core", "tokenizers", "rustls", "aws-lc-sys"] {
        assert!(components.keys().any(|(there, _)| there == name), "{name}");
    }
}

/// The text of every file with this ending below a folder.
fn texts(folder: &Path, ending: &str) -> String {
    let mut all = String::new();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                all += &fs::read_to_string(path).unwrap();
            }
        }
    }
    all
}

#[test]
fn every_test_that_the_security_notes_name_is_there() {
    let notes = fs::read_to_string(root().join("deploy/SECURITY.md")).unwrap();
    let code = texts(&root().join("src"), "rs") + &texts(&root().join("tests"), "rs");
    // The names of tests are sentences; nothing else in the notes has as many underscores.
    let names: Vec<&str> = notes
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.matches('_').count() > 3 && *name == name.to_lowercase())
        .collect();
    assert!(names.len() > 30, "{names:?}");
    for name in names {
        assert!(
            code.contains(&format!("fn {name}(")),
            "there is no test {name}"
        );
    }
}
