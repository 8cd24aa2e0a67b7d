//! Mistakes, each with its own words and status.

use std::io::Write;
use std::process::{Output, Stdio};

use insta_cmd::assert_cmd_snapshot;

use super::{Desk, stderr};

/// The beginning of a PNG image.
const PNG: [u8; 16] = *b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

#[test]
fn inputs_that_hold_no_article_are_refused_each_in_its_own_words() {
    let desk = Desk::new();
    desk.write("empty.txt", "")
        .write("blank.txt", " \n\t\n ")
        .write("picture.png", PNG);
    desk.write("latin1.txt", b"Caf\xe9 in Leeds")
        .write("page.pdf", "%PDF-1.7\n%")
        .write("story.gz", b"\x1f\x8b\x08\0\0");
    std::fs::create_dir(desk.path("folder")).unwrap();
    assert_cmd_snapshot!("empty_file", desk.presslate("run empty.txt"));
    assert_cmd_snapshot!("blank_file", desk.presslate("run blank.txt"));
    assert_cmd_snapshot!("missing_file", desk.presslate("run nowhere.txt"));
    assert_cmd_snapshot!("folder", desk.presslate("run folder"));
    assert_cmd_snapshot!("picture", desk.presslate("run picture.png"));
    assert_cmd_snapshot!("pdf", desk.presslate("run page.pdf"));
    assert_cmd_snapshot!("gzip", desk.presslate("run story.gz"));
    assert_cmd_snapshot!("not_utf8", desk.presslate("run latin1.txt"));
    assert_cmd_snapshot!("empty_stdin", desk.presslate("run -"));
}

#[test]
fn jobs_that_are_none_are_refused_with_the_field() {
    let desk = Desk::new();
    desk.write(
        "target.json",
        r#"{"id":"a-1","article":{"text":"Rain fell."},"targets":["ko","tlh"]}"#,
    );
    desk.write(
        "type.json",
        r#"{"id":"a-1","article":{"text":7},"targets":["ko"]}"#,
    );
    desk.write("cut.json", r#"{"id":"a-1","article":{"text":"Rain"#);
    desk.write("other.json", r#"{"name":"something else"}"#);
    desk.write(
        "ninjs.json",
        r#"{"uri":"urn:x:1","headline":"Rain","bodies":[{"value":3}]}"#,
    );
    desk.write(
        "german.json",
        r#"{"uri":"urn:x:1","headline":"Regen","body_text":"Es regnet.","language":"de"}"#,
    );
    assert_cmd_snapshot!("unknown_target_in_job", desk.presslate("run target.json"));
    assert_cmd_snapshot!("wrong_type_in_job", desk.presslate("run type.json"));
    assert_cmd_snapshot!("cut_job", desk.presslate("run cut.json"));
    assert_cmd_snapshot!("json_that_is_no_job", desk.presslate("run other.json"));
    assert_cmd_snapshot!("wrong_type_in_ninjs", desk.presslate("run ninjs.json"));
    assert_cmd_snapshot!("german_ninjs", desk.presslate("run german.json"));
}

#[test]
fn settings_that_cannot_be_used_exit_with_status_2() {
    let desk = Desk::new();
    desk.write("story.txt", "Rain fell on Leeds.");
    assert_cmd_snapshot!(
        "unknown_language",
        desk.presslate("run story.txt --to ko,tlh")
    );
    assert_cmd_snapshot!(
        "unknown_model",
        desk.presslate("run story.txt --model gpt-9")
    );
    assert_cmd_snapshot!(
        "unknown_device",
        desk.presslate("run story.txt --device gpu")
    );
    assert_cmd_snapshot!(
        "no_sentences",
        desk.presslate("run story.txt --summary-sentences 0")
    );
    assert_cmd_snapshot!(
        "missing_model_dir",
        desk.presslate("run story.txt --model-dir weights")
    );
    assert_cmd_snapshot!(
        "log_filter",
        desk.presslate("run story.txt --log presslate=loud")
    );
    assert_cmd_snapshot!(
        "amqp_url",
        desk.presslate("work --amqp-url http://ed:secret@broker")
    );
    assert_cmd_snapshot!("deadline", desk.presslate("work --deadline 900"));
}

#[test]
fn a_job_of_10_megabytes_is_refused_without_reading_more_than_the_limit() {
    let desk = Desk::new();
    let job = format!(
        r#"{{"id":"a-1","article":{{"text":"{}"}},"targets":["ko"]}}"#,
        "Rain. ".repeat(1_800_000)
    );
    assert!(job.len() > 10_000_000);
    desk.write("big.json", &job);
    assert_cmd_snapshot!("job_of_10_megabytes", desk.presslate("run big.json"));

    // Through a pipe one can see how much is taken.
    let mut command = desk.presslate("run");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut taken = 0;
    let refused = job.as_bytes().chunks(64 * 1024).any(|chunk| {
        let written = stdin.write_all(chunk);
        taken += chunk.len();
        written.is_err()
    });
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        refused && taken < 5 * 1024 * 1024,
        "{taken} bytes were taken"
    );
    assert!(
        stderr(&output).contains("stdin: has more than 4194304 bytes"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_result_that_could_not_be_written_is_noticed_before_the_work() {
    let desk = Desk::new();
    desk.write("story.txt", "Rain fell on Leeds.");
    let failed =
        |output: Output, why: &str| assert!(stderr(&output).contains(why), "{}", stderr(&output));
    failed(
        desk.presslate("run story.txt --out missing/result.json")
            .output()
            .unwrap(),
        "--out missing/result.json",
    );
    std::fs::create_dir(desk.path("folder")).unwrap();
    failed(
        desk.presslate("run story.txt --out folder")
            .output()
            .unwrap(),
        "is a directory",
    );
}
