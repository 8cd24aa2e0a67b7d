//! The program from outside: what it prints where, and the status it exits with.

mod admin;
mod bench;
mod bundle;
mod embedder;
mod errors;
mod licenses;
mod models;
mod quality;
pub(crate) mod run;
mod simulate;
mod threads;
mod top;
#[cfg(all(feature = "otlp", unix))]
mod traces;
mod work;

use std::process::{Command, Output, Stdio};

use insta_cmd::assert_cmd_snapshot;
use tempfile::TempDir;

/// A folder to run the program in, with nothing of this machine's settings.
pub(crate) struct Desk(TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        std::fs::write(self.path(name), content).unwrap();
        self
    }

    /// The program with these arguments, separated by spaces.
    pub(crate) fn presslate(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_presslate"));
        // `HOME` is relative so that no path of this machine gets into a snapshot. The hub is
        // switched off: no test may depend on a network.
        command
            .args(args.split_whitespace())
            .current_dir(&self.0)
            .env_clear();
        command
            .env("HOME", ".")
            .env("HF_HUB_OFFLINE", "1")
            .stdin(Stdio::null());
        command
    }
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn help_is_the_reference() {
    let desk = Desk::new();
    for name in [
        "",
        "run",
        "work",
        "bench",
        "eval",
        "report",
        "simulate",
        "topology",
        "topology apply",
        "topology check",
        "topology print",
        "models",
        "models list",
        "models pull",
        "models verify",
        "models path",
        "models remove",
        "bundle",
        "bundle create",
        "bundle verify",
        "bundle install",
        "doctor",
        "top",
        "health",
        "schema",
        "licenses",
    ] {
        let snapshot = format!(
            "help_{}",
            if name.is_empty() {
                "presslate".to_owned()
            } else {
                name.replace(' ', "_")
            }
        );
        assert_cmd_snapshot!(snapshot, desk.presslate(&format!("{name} --help")));
    }
}

#[test]
fn every_setting_of_the_help_has_an_environment_name_of_ours_or_of_its_owner() {
    let desk = Desk::new();
    for command in ["run", "work", "bench", "topology check"] {
        let help = stdout(
            &desk
                .presslate(&format!("{command} --help"))
                .output()
                .unwrap(),
        );
        let names = help
            .lines()
            .filter_map(|line| line.trim().strip_prefix("[env: ")?.strip_suffix(']'));
        let names: Vec<&str> = names.collect();
        assert!(names.len() > 7, "{names:?}");
        for name in names {
            assert!(
                name.starts_with("PRESSLATE_") || name == "OTEL_EXPORTER_OTLP_ENDPOINT",
                "{name}"
            );
        }
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    let output = Desk::new().presslate("--version").output().unwrap();
    assert_eq!(
        stdout(&output),
        format!("presslate {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn schema_prints_a_json_schema_and_nothing_else() {
    for message in ["job", "result", "error"] {
        let output = Desk::new()
            .presslate(&format!("schema {message}"))
            .output()
            .unwrap();
        assert!(output.status.success());
        assert_eq!(stderr(&output), "");
        let schema: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert!(jsonschema::meta::is_valid(&schema), "{message}");
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let desk = Desk::new();
    let mut command = desk.presslate("schema result");
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Closed before the program writes or while it does: either way nobody reads.
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), stderr(&output)),
        (Some(0), String::new())
    );
}

#[test]
fn models_list_shows_every_model_with_its_licence_and_profiles() {
    let output = Desk::new().presslate("models list").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    for needle in [
        "MODEL",
        "COMMERCIAL USE",
        "opus-mt-en-ru",
        "CC-BY-4.0",
        "1.04 GiB",
        "starter",
        "quality",
    ] {
        assert!(text.contains(needle), "{needle} is missing from\n{text}");
    }
}

#[test]
fn doctor_says_what_is_missing_and_what_to_do() {
    let desk = Desk::new();
    let mut command = desk.presslate("doctor");
    // A port that this test holds and on which nobody answers like a broker: refused at once.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let output = command
        .env(
            "PRESSLATE_AMQP_URL",
            format!("amqp://ed:geheim@127.0.0.1:{port}/news"),
        )
        .output()
        .unwrap();
    let text = stdout(&output);
    for subject in [
        "device", "threads", "memory", "model", "disk", "hub", "pip", "broker",
    ] {
        assert!(
            text.lines()
                .any(|line| line.contains(&format!(" {subject} "))),
            "{subject}\n{text}"
        );
    }
    assert!(
        text.contains("not asked, because HF_HUB_OFFLINE is set"),
        "{text}"
    );
    assert!(
        text.contains(&format!(
            "warning  broker    amqp://127.0.0.1:{port}/news: "
        )),
        "{text}"
    );
    assert!(text.contains("set PRESSLATE_AMQP_URL"), "{text}");
    assert!(!text.contains("geheim"), "{text}");
    for line in text.lines() {
        let known = ["ok ", "warning ", "problem ", "    "]
            .iter()
            .any(|start| line.starts_with(start));
        assert!(known, "{line:?}");
    }
}
