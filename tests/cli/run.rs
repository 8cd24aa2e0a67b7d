//! `presslate run` from a file to a result, on a tiny model that the test makes.

use std::fmt::Write;
use std::process::Output;

use presslate::cli::args::Message;
use presslate::cli::schema::schema;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Desk, stderr, stdout};
use crate::common::tiny_gguf::{self, Family};

// Short, because a model of random weights seldom ends a text before its limit.
const STORY: &str =
    "Leeds Cleans Up\n\nTwo streets in Leeds were closed on Monday after hours of rain.\n";

/// A catalogue with one tiny model, whose weights are in the folder for such.
pub(crate) fn with_tiny_model(expected_sha256: Option<&str>) -> Desk {
    let desk = Desk::new();
    std::fs::create_dir_all(desk.path("weights/tiny")).unwrap();
    std::fs::create_dir(desk.path("catalog")).unwrap();
    let weights = desk.path("weights/tiny/model.gguf");
    tiny_gguf::write(&weights, Family::Qwen2, 11);
    let bytes = std::fs::read(&weights).unwrap();
    let sha256: String = Sha256::digest(&bytes)
        .iter()
        .fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
    let sha256 = expected_sha256.unwrap_or(&sha256);
    let size = bytes.len();
    let prompt = r#"prefix = "Text: ", item = "{text}\nAnswer:", stop = ["\n"]"#;
    let toml = format!(
        r#"
        id = "tiny"
        description = "Random weights, for tests"
        tasks = ["summarise", "translate"]
        source_langs = ["en"]
        target_langs = ["en", "ko", "ru"]
        architecture = "qwen2"
        quantization = "F32"
        context_tokens = 512
        memory_mib = 16
        licence = {{ name = "Apache-2.0", url = "https://example.com", commercial = "yes" }}
        files = [{{ name = "model.gguf", role = "weights", size = {size}, sha256 = "{sha256}" }}]
        sources = [{{ kind = "hub", repo = "example/tiny", revision = "unpinned" }}]
        decode = {{ batch = 4 }}
        [prompts]
        translate = {{ ko = {{ {prompt} }}, ru = {{ {prompt} }} }}
        summarise = {{ {prompt} }}
        merge = {{ {prompt} }}
        "#
    );
    desk.write("catalog/tiny.toml", toml)
        .write("story.txt", STORY);
    desk
}

fn run(desk: &Desk, args: &str) -> Output {
    desk.presslate(&format!(
        "run --model tiny --catalog-dir catalog --model-dir weights --device cpu {args}"
    ))
    .output()
    .unwrap()
}

#[test]
fn a_page_is_written_beside_the_result() {
    let desk = with_tiny_model(None);
    let output = run(
        &desk,
        "story.txt --task translate --to ko --report page.html",
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let page = std::fs::read_to_string(desk.path("page.html")).unwrap();
    assert!(page.contains("Leeds Cleans Up"), "{page}");
}

#[test]
fn an_article_comes_out_as_the_queues_result_message() {
    let desk = with_tiny_model(None);
    let output = run(&desk, "story.txt --format json --task translate --to ru");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(
        text.ends_with("}\n") && text.lines().count() == 1,
        "one line: {text}"
    );
    let result: Value = serde_json::from_str(&text).unwrap();
    jsonschema::validator_for(&serde_json::to_value(schema(Message::Result)).unwrap())
        .unwrap()
        .validate(&result)
        .unwrap();
    assert_eq!(result["source"]["sections"][0]["text"], "Leeds Cleans Up");
    let (source, target) = (&result["source"]["sections"], &result["targets"][0]);
    assert_eq!(target["lang"], "ru");
    assert_eq!(
        target["sections"].as_array().unwrap().len(),
        source.as_array().unwrap().len()
    );
    assert_eq!(result["summary"], Value::Null);
    assert_eq!(result["models"][0]["id"], "tiny");
}

#[test]
fn the_same_input_gives_the_same_result_but_for_the_times() {
    let desk = with_tiny_model(None);
    let result = || {
        let output = run(
            &desk,
            "story.txt --format json --to ko --task translate --seed 3",
        );
        let mut result: Value = serde_json::from_str(&stdout(&output)).unwrap();
        result["timings"].take();
        result
    };
    assert_eq!(result(), result());
}

#[test]
fn the_text_form_has_the_article_and_marks_what_needs_review() {
    let desk = with_tiny_model(None);
    let output = run(&desk, "story.txt --task translate --to ko --strict");
    let (text, report) = (stdout(&output), stderr(&output));
    // Random weights write nonsense, and the checks must say so.
    assert_eq!(output.status.code(), Some(4), "{report}");
    assert!(text.starts_with("── English (en) ───"), "{text}");
    assert!(text.contains("\n# Leeds Cleans Up\n"), "{text}");
    assert!(text.contains("\n── Korean (ko) ───"), "{text}");
    assert!(text.contains("[check"), "{text}");
    assert!(report.contains("to review, marked [check]"), "{report}");
    assert!(report.contains("tiny (F32, sha256 "), "{report}");
    assert!(
        !text.contains('\u{1b}') && !report.contains('\u{1b}'),
        "no colour outside a terminal"
    );
}

#[test]
fn a_result_can_go_to_a_file() {
    let desk = with_tiny_model(None);
    let output = run(
        &desk,
        "story.txt --format json --task translate --to ko --out result.json",
    );
    assert_eq!(
        (output.status.code(), stdout(&output)),
        (Some(0), String::new()),
        "{}",
        stderr(&output)
    );
    let result: Value =
        serde_json::from_slice(&std::fs::read(desk.path("result.json")).unwrap()).unwrap();
    assert_eq!(result["kind"], "result");
}

#[test]
fn weights_with_another_hash_are_refused_with_both_hashes() {
    let wrong = "0123456789abcdef".repeat(4);
    let desk = with_tiny_model(Some(&wrong));
    let output = run(&desk, "story.txt");
    let message = stderr(&output);
    assert_eq!(
        (output.status.code(), stdout(&output)),
        (Some(1), String::new())
    );
    assert!(
        message.contains(&format!("expected sha256 {wrong}")),
        "{message}"
    );
    let found = message
        .lines()
        .find_map(|line| line.trim().strip_prefix("found    sha256 "))
        .expect(&message);
    assert!(found.len() == 64 && found != wrong, "{message}");
}

#[test]
fn without_weights_and_network_each_source_says_why() {
    let desk = with_tiny_model(None);
    std::fs::remove_dir_all(desk.path("weights/tiny")).unwrap();
    let output = run(&desk, "story.txt");
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.contains("model.gguf of model tiny could not be had from any source"),
        "{message}"
    );
    assert!(message.contains("hub example/tiny: "), "{message}");
    assert!(message.contains("PRESSLATE_MODEL_DIR"), "{message}");
}

#[test]
fn an_article_in_another_language_is_refused_by_name() {
    let desk = with_tiny_model(None);
    desk.write(
        "bericht.txt",
        "Nach neun Stunden Regen blieben am Montag zwei Straßen in Leeds gesperrt. Die Stadt will beide bis Donnerstag \
         wieder öffnen und bittet die Menschen, bis dahin einen Umweg zu nehmen und zu Hause zu bleiben.\n",
    );
    let output = run(&desk, "bericht.txt");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("the article is in German; presslate reads English (en)"),
        "{}",
        stderr(&output)
    );
}

#[cfg(unix)]
#[test]
fn a_signal_stops_the_work_and_says_what_was_finished() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::Stdio;

    let desk = with_tiny_model(None);
    // Enough to be still at work when the signal comes; `stage=` lines tell when it has begun.
    let story = (0..400).fold(String::new(), |mut story, number| {
        writeln!(
            story,
            "On Monday {number} volunteers filled sandbags in Mill Lane after nine hours of rain.\n"
        )
        .unwrap();
        story
    });
    desk.write("long.txt", story);
    let args = "run --model tiny --catalog-dir catalog --model-dir weights --device cpu long.txt --task translate";
    let mut command = desk.presslate(args);
    command
        .env("PRESSLATE_LOG", "presslate::cli=debug")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("translate:") {
        line.clear();
        assert!(
            lines.read_line(&mut line).unwrap() > 0,
            "ended before it began to translate"
        );
    }
    let interrupt = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupt.success());
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), stdout(&output)),
        (Some(130), String::new()),
        "{rest}"
    );
    assert!(
        rest.contains("interrupted; finished before that: ") && rest.contains("clean"),
        "{rest}"
    );
}
