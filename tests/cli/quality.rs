//! `presslate eval` and `presslate report`: what they read and write.

use serde_json::Value;

use super::{Desk, stderr, stdout};

const SET: &str = include_str!("../data/eval/segments.tsv");
const RESULT: &str = include_str!("../data/report/result.json");

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("set.tsv", SET).write("result.json", RESULT);
    desk
}

fn json(desk: &Desk, args: &str) -> Value {
    let output = desk.presslate(args).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_str(&stdout(&output)).unwrap()
}

#[test]
fn references_are_perfect_and_the_checks_have_their_say() {
    let report = json(&desk(), "eval set.tsv --references --format json");
    let languages = report["languages"].as_array().unwrap();
    assert_eq!(languages.len(), 2);
    for language in languages {
        let chrf = language["scores"]["chrf"]["score"].as_f64();
        assert_eq!(chrf.map(f64::round), Some(100.0), "{language}");
        assert_eq!(language["segments"].as_array().unwrap().len(), 30);
    }
}

#[test]
fn an_evaluation_compared_with_itself_is_no_better() {
    let desk = desk();
    for name in ["a.json", "b.json"] {
        let args = format!("eval set.tsv --references --to ko --format json --out {name}");
        assert!(desk.presslate(&args).status().unwrap().success());
    }
    let output = desk
        .presslate("eval --compare a.json b.json")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("chrF"), "{}", stdout(&output));
    assert!(!stdout(&output).contains("better"), "{}", stdout(&output));
}

#[test]
fn a_table_without_the_language_is_refused() {
    let desk = desk();
    desk.write("ru.tsv", "en\tru\nRain.\tДождь.\n");
    let output = desk
        .presslate("eval ru.tsv --references --to ko")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("no column ko"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_result_becomes_a_page_and_anything_else_does_not() {
    let desk = desk();
    let output = desk
        .presslate("report result.json --out page.html")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let page = std::fs::read_to_string(desk.path("page.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("lang=\"ko\""));
    let output = desk.presslate("report set.tsv").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("not a result"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_glossary_that_is_none_is_refused_before_anything_is_fetched() {
    let desk = desk();
    desk.write("story.txt", "The port of Varna reopened on Monday.")
        .write("bad.csv", "source,ko\nVarna\n");
    for (args, said) in [
        ("--glossaries bad.csv", "bad.csv"),
        ("--glossaries nowhere", "nowhere"),
        ("--glossary sports", "there is world"),
    ] {
        let output = desk
            .presslate(&format!("run story.txt {args}"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{args}: {}", stderr(&output));
        assert!(
            stderr(&output).contains(said),
            "{args}: {}",
            stderr(&output)
        );
    }
}
