//! The model that compares sentences: used where it is here, and nowhere fetched unasked.

use std::fmt::Write;
use std::process::Output;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::run::with_tiny_model;
use super::{Desk, stderr, stdout};
use crate::common::tiny_bert;

/// A desk with a tiny model that writes, and one that compares in the catalogue: `here` or not.
fn with_embedder(here: bool) -> Desk {
    let desk = with_tiny_model(None);
    let folder = desk.path("weights/tiny-bert");
    std::fs::create_dir(&folder).unwrap();
    tiny_bert::write(&folder, 12);
    let mut files = String::new();
    let roles = [
        ("model.safetensors", "weights"),
        ("config.json", "config"),
        ("tokenizer.json", "tokenizer"),
    ];
    for (name, role) in roles {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let mut hash = String::new();
        for byte in Sha256::digest(&bytes) {
            write!(hash, "{byte:02x}").unwrap();
        }
        let size = bytes.len();
        writeln!(
            files,
            "{{ name = \"{name}\", role = \"{role}\", size = {size}, sha256 = \"{hash}\" }},"
        )
        .unwrap();
    }
    let toml = format!(
        r#"
        id = "tiny-bert"
        description = "Random weights, for tests"
        tasks = ["embed"]
        source_langs = ["en"]
        architecture = "bert"
        quantization = "f32"
        context_tokens = 48
        memory_mib = 1
        licence = {{ name = "Apache-2.0", url = "https://example.com", commercial = "yes" }}
        files = [{files}]
        sources = [{{ kind = "hub", repo = "example/tiny-bert", revision = "unpinned" }}]
        decode = {{ batch = 4 }}
        "#
    );
    desk.write("catalog/tiny-bert.toml", toml);
    if !here {
        std::fs::remove_dir_all(folder).unwrap();
    }
    desk
}

fn summarised(desk: &Desk, args: &str) -> Output {
    desk.presslate(&format!(
        "run story.txt --model tiny --catalog-dir catalog --model-dir weights --device cpu \
         --task summarise --summary-sentences 1 --format json {args}"
    ))
    .output()
    .unwrap()
}

/// What the models of a result did.
fn tasks(output: &Output) -> Vec<String> {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    let result: Value = serde_json::from_str(&stdout(output)).unwrap();
    let models = result["models"].as_array().unwrap().iter();
    models
        .map(|model| model["task"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn one_that_is_here_is_used_unless_told_not_to() {
    let desk = with_embedder(true);
    assert_eq!(tasks(&summarised(&desk, "")), ["summarise", "embed"]);
    assert_eq!(
        tasks(&summarised(&desk, "--embedder tiny-bert")),
        ["summarise", "embed"]
    );
    assert_eq!(tasks(&summarised(&desk, "--embedder none")), ["summarise"]);
}

#[test]
fn one_that_is_not_here_is_neither_missed_nor_fetched() {
    let desk = with_embedder(false);
    let output = summarised(&desk, "");
    assert_eq!(tasks(&output), ["summarise"]);
    assert!(
        !stderr(&output).contains("tiny-bert"),
        "{}",
        stderr(&output)
    );
    // Named, it is wanted.
    let output = summarised(&desk, "--embedder tiny-bert");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("tiny-bert"), "{}", stderr(&output));
}

#[test]
fn one_that_was_changed_is_not_used_in_silence() {
    let desk = with_embedder(true);
    desk.write("weights/tiny-bert/config.json", "{}");
    let output = summarised(&desk, "");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("config.json"),
        "{}",
        stderr(&output)
    );
    assert_eq!(tasks(&summarised(&desk, "--embedder none")), ["summarise"]);
}

#[test]
fn a_model_that_does_something_else_is_refused() {
    let desk = with_embedder(true);
    for id in ["tiny", "no-such-model"] {
        let output = summarised(&desk, &format!("--embedder {id}"));
        assert_eq!(output.status.code(), Some(2));
        let said = stderr(&output);
        assert!(
            said.contains(id) && said.contains("all-minilm-l6-v2, tiny-bert"),
            "{said}"
        );
    }
}

#[test]
fn doctor_and_the_list_say_whether_there_is_one() {
    let (with, without) = (with_embedder(true), with_embedder(false));
    let doctor = |desk: &Desk| {
        let args = "doctor --model tiny --catalog-dir catalog --model-dir weights --device cpu";
        stdout(&desk.presslate(args).output().unwrap())
    };
    assert!(
        doctor(&with).contains("tiny-bert is here"),
        "{}",
        doctor(&with)
    );
    let text = doctor(&without);
    let line = text.lines().find(|line| line.contains("embedder")).unwrap();
    assert!(line.starts_with("ok"), "{text}");
    assert!(text.contains("`presslate models pull tiny-bert`"), "{text}");
    let listed = with.presslate("models list --catalog-dir catalog --model-dir weights");
    let listed = stdout(&{ listed }.output().unwrap());
    let line = listed
        .lines()
        .find(|line| line.starts_with("tiny-bert "))
        .unwrap();
    assert!(
        line.contains(" embed ") && line.trim_end().ends_with("yes"),
        "{listed}"
    );
}
