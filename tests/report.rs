//! The report page: that it has words for every code, and that a browser and axe find nothing to object to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use presslate::check::Code;
use presslate::eval::rates::{FIGURE_CODES, MISSING_CODES, NAME_CODES};
use presslate::job::wire::ResultMessage;
use presslate::report::{codes, page};

use crate::common::npm;
use crate::common::skip::skip;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_code_has_words_and_there_are_no_words_for_others() {
    let known: BTreeSet<&str> = codes::known().collect();
    let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(known, codes);
    for shares in [&NAME_CODES[..], &FIGURE_CODES[..], &MISSING_CODES[..]] {
        for code in shares {
            assert!(codes.contains(code), "{code} is the name of no code");
        }
    }
}

/// Whether a program answers.
fn answers(program: &str) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| output.status.success())
}

#[test]
fn the_page_is_accessible_in_a_browser() {
    for program in ["node", "npm", "chromium"] {
        if !answers(program) {
            return skip(&format!(
                "{program} is not here, which the check of the report page needs"
            ));
        }
    }
    let files = ["check.mjs", "package.json", "package-lock.json"];
    let Some(folder) = npm::installed(&root().join("tests/browser"), &files, "axe-core") else {
        return;
    };
    let pages: Vec<PathBuf> = ["result", "odd", "bare"]
        .iter()
        .map(|name| {
            let json = root().join(format!("tests/data/report/{name}.json"));
            let result: ResultMessage =
                serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
            let path = folder.path().join(format!("{name}.html"));
            std::fs::write(&path, page(&result)).unwrap();
            path
        })
        .collect();
    let checked = Command::new("node")
        .arg("check.mjs")
        .args(&pages)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(
        checked.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&checked.stdout),
        String::from_utf8_lossy(&checked.stderr)
    );
}
