//! The tables and the plain text.

use super::*;
use crate::cli::top::fleet::tests::watched;
use crate::cli::top::{json, plain};

#[test]
fn the_whole_picture_as_text() {
    let text = plain::text(&watched(120), Scope::Auto, &UNICODE, 1000);
    insta::assert_snapshot!(text);
}

#[test]
fn the_whole_picture_as_text_in_72_columns_of_ascii() {
    let text = plain::text(&watched(120), Scope::Start, &ASCII, 72);
    assert!(text.is_ascii());
    assert!(text.lines().all(|line| line.len() <= 72));
    insta::assert_snapshot!(text);
}

#[test]
fn the_whole_picture_as_json() {
    let text = json::text(&watched(120));
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    insta::assert_json_snapshot!(value);
}

#[test]
fn figures_are_those_since_the_start_until_the_window_says_something() {
    let (early, late) = (watched(30), watched(60));
    assert_eq!(span(Scope::Auto.of(&early)), "since start");
    assert_eq!(span(Scope::Window.of(&early)), "last 30s");
    assert_eq!(span(Scope::Auto.of(&late)), "last 1m00s");
    assert_eq!(span(Scope::Start.of(&late)), "since start");
}

#[test]
fn without_the_management_api_queues_are_unknown_and_say_what_to_do() {
    let mut picture = watched(0);
    picture.broker = None;
    let queues = panel(Kind::Queues, &picture, Scope::Auto, &UNICODE);
    assert!(queues.rows.is_empty() && queues.empty.text.contains("--management"));
    picture.broker = Some(Err("refuses user or password".to_owned()));
    let queues = panel(Kind::Queues, &picture, Scope::Auto, &UNICODE);
    assert_eq!(
        queues.empty.text,
        "unknown: the management API refuses user or password"
    );
}

#[test]
fn a_bar_is_full_only_when_all_is_done() {
    assert_eq!(progress(0, 40, &ASCII), "---------- 0/40");
    assert_eq!(progress(39, 40, &ASCII), "#########- 39/40");
    assert_eq!(progress(40, 40, &ASCII), "########## 40/40");
    assert_eq!(progress(50, 40, &ASCII), "########## 40/40");
    assert_eq!(progress(0, 0, &ASCII), "");
    assert_eq!(
        progress(u64::MAX, u64::MAX, &UNICODE).chars().next(),
        Some('█')
    );
}

#[test]
fn a_job_that_has_not_begun_says_so() {
    let mut picture = watched(0);
    picture.jobs.truncate(1);
    for (_, job) in &mut picture.jobs {
        (job.id, job.stage) = (String::new(), String::new());
    }
    let jobs = panel(Kind::Jobs, &picture, Scope::Auto, &UNICODE);
    let texts: Vec<&str> = jobs.rows[0]
        .iter()
        .map(|piece| piece.text.as_str())
        .collect();
    assert_eq!(texts.get(..2), Some(&["no id", "waits its turn"][..]));
}

#[test]
fn jobs_that_the_workers_do_not_name_are_still_counted() {
    let mut picture = watched(0);
    picture.jobs.clear();
    let jobs = panel(Kind::Jobs, &picture, Scope::Auto, &UNICODE);
    assert_eq!(jobs.title, "jobs in work 6");
    assert_eq!(jobs.empty.text, "the workers do not say which");
}
