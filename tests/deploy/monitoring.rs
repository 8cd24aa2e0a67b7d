//! What watches over workers: `deploy/monitoring`, held against the tools that read it, and a Prometheus
//! that is asked everything that is in there.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lapin::BasicProperties;
use serde_json::{Value, json};

use crate::cli::run::with_tiny_model;
use crate::cli::{stderr, stdout};
use crate::common::broker::{Broker, setting};
use crate::common::node::{Node, Setup};
use crate::common::npm;
use crate::common::ports::Ports;
use crate::common::running::Running;
use crate::common::skip::skip;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(root(path)).unwrap()
}

/// What stands behind a word on the lines that begin with it, as YAML and Markdown have it.
fn behind<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    text.lines()
        .filter_map(|line| line.trim_start().strip_prefix(word))
        .map(str::trim)
        .collect()
}

fn alerts() -> BTreeSet<String> {
    let rules = read("deploy/monitoring/alerts.yaml");
    let names = behind(&rules, "- alert: ");
    let distinct: BTreeSet<String> = names.iter().map(|&name| name.to_owned()).collect();
    assert!(names.len() > 20, "{names:?}");
    assert_eq!(names.len(), distinct.len(), "an alert is there twice");
    distinct
}

fn dashboard() -> Value {
    serde_json::from_str(&read("deploy/monitoring/grafana/dashboards/presslate.json")).unwrap()
}

/// Whether a program is there; where it must be, its absence fails the test.
fn there(program: &str, argument: &str) -> bool {
    let output = Command::new(program).arg(argument).output();
    if output.is_ok_and(|output| output.status.success()) {
        return true;
    }
    assert!(setting("CI").is_none(), "CI needs {program}: install it");
    skip(&format!(
        "{program} is not here, which what watches over workers is tried with"
    ));
    false
}

fn succeed(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}\n{}\n{}",
        stdout(&output),
        stderr(&output)
    );
    output
}

#[test]
fn every_alert_leads_to_its_entry_in_the_runbook_and_every_entry_has_an_alert() {
    let (rules, runbook) = (
        read("deploy/monitoring/alerts.yaml"),
        read("deploy/monitoring/RUNBOOK.md"),
    );
    let entries: BTreeSet<String> = behind(&runbook, "## ")
        .iter()
        .map(|&entry| entry.to_owned())
        .collect();
    assert_eq!(entries, alerts());
    // As Markdown makes anchors of headings.
    let links: BTreeSet<String> = behind(&rules, "runbook_url: ")
        .iter()
        .map(|url| url.split_once('#').unwrap().1.to_owned())
        .collect();
    let anchors: BTreeSet<String> = entries.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(links, anchors);
    for (_, after) in runbook
        .match_indices("](#")
        .map(|(at, _)| runbook.split_at(at + 3))
    {
        let anchor = after.split(')').next().unwrap();
        assert!(anchors.contains(anchor), "the runbook has no #{anchor}");
    }
    for entry in runbook.split("\n## ").skip(1) {
        for part in ["**critical.**", "**warning.**"] {
            let severity = part.trim_matches(['*', '.']);
            let (name, _) = entry.split_once('\n').unwrap();
            let rule = rules
                .split("- alert: ")
                .find(|rule| rule.split('\n').next() == Some(name))
                .unwrap();
            let wanted = rule.contains(&format!("severity: {severity}"));
            assert_eq!(entry.contains(part), wanted, "{name} is {severity}, or not");
        }
        for part in ["*Look", "*Over when*"] {
            assert!(entry.contains(part), "{part} is missing from {entry}");
        }
    }
}

#[test]
fn every_alert_is_tested_where_it_fires_and_where_it_keeps_still() {
    let tests = read("deploy/monitoring/alerts.test.yaml");
    let (mut fires, mut still) = (BTreeSet::new(), BTreeSet::new());
    for test in tests.split("alertname: ").skip(1) {
        let name = test.split([',', '\n']).next().unwrap().to_owned();
        let (_, expected) = test.split_once("exp_alerts:").unwrap();
        if expected.starts_with(" []") {
            still.insert(name);
        } else {
            assert!(expected.trim_start().starts_with("- exp_labels:"), "{test}");
            fires.insert(name);
        }
    }
    assert_eq!(fires, alerts());
    assert_eq!(still, alerts());
}

#[test]
fn the_runbook_names_settings_that_there_are() {
    let runbook = read("deploy/monitoring/RUNBOOK.md");
    let config: String = fs::read_dir(root("src/config"))
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    let mut settings = 0;
    for (at, _) in runbook.match_indices("PRESSLATE_") {
        let (_, from) = runbook.split_at(at);
        let end = from.find(|letter: char| !letter.is_ascii_uppercase() && letter != '_');
        let (name, _) = from.split_at(end.unwrap());
        assert!(
            config.contains(&format!("\"{name}\"")),
            "there is no setting {name}"
        );
        settings += 1;
    }
    assert!(settings > 5);
}

#[test]
fn promtool_takes_the_configuration_and_the_rules_and_the_alerts_do_as_their_tests_say() {
    if !there("promtool", "--version") {
        return;
    }
    for words in [
        ["check", "config", "prometheus.yml"],
        ["check", "rules", "alerts.yaml"],
        ["test", "rules", "alerts.test.yaml"],
    ] {
        succeed(
            Command::new("promtool")
                .args(words)
                .current_dir(root("deploy/monitoring")),
        );
    }
}

#[test]
fn panels_lie_beside_each_other_and_take_the_data_source_that_is_chosen() {
    let board = dashboard();
    let (mut ids, mut taken) = (BTreeSet::new(), BTreeSet::new());
    for panel in board["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}");
        let [x, y, w, h] =
            ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
        assert!(w > 0 && h > 0 && x + w <= 24, "{title}");
        for place in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(taken.insert(place), "{title} lies upon another panel");
        }
        if panel["type"] == "row" || panel["type"] == "text" {
            continue;
        }
        assert!(
            panel["description"].is_string(),
            "{title} says nothing of itself"
        );
        for target in panel["targets"].as_array().unwrap() {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}");
        }
    }
    assert!(ids.len() > 40);
}

#[test]
fn the_dashboard_is_as_grafanas_own_types_have_it() {
    if !there("node", "--version") || !there("npm", "--version") {
        return;
    }
    let from = root("tests/deploy/monitoring/schema");
    let files = ["check.mjs", "types.ts", "package.json", "package-lock.json"];
    let Some(folder) = npm::installed(&from, &files, "Grafana's types") else {
        return;
    };
    let check = |board: &Path| {
        let mut command = Command::new("node");
        command
            .arg("check.mjs")
            .arg(board)
            .current_dir(folder.path());
        command.output().unwrap()
    };
    let right = check(&root("deploy/monitoring/grafana/dashboards/presslate.json"));
    assert!(right.status.success(), "{}", stderr(&right));
    // The check sees what is wrong.
    let mut board = dashboard();
    board["panels"][1]["options"]["textMode"] = json!("nonsense");
    let wrong = folder.path().join("wrong.json");
    fs::write(&wrong, board.to_string()).unwrap();
    let wrong = check(&wrong);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        stderr(&wrong).contains("/panels/1/options/textMode"),
        "{}",
        stderr(&wrong)
    );
}

/// Asks everything. The reference of metrics is `deploy/METRICS.md`.
fn check(arguments: &[&str]) -> Command {
    let mut command = Command::new("python3");
    command
        .arg("-B")
        .arg(root("tests/deploy/monitoring/check.py"))
        .args(arguments)
        .stdin(Stdio::null());
    command
}

#[test]
fn every_query_has_an_answer_where_there_is_every_series() {
    if there("prometheus", "--version") && there("python3", "--version") {
        succeed(&mut check(&["--stand-in"]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_query_has_an_answer_from_a_worker_that_works_and_its_broker() {
    if !there("prometheus", "--version") || !there("python3", "--version") {
        return;
    }
    let Some(node) = Node::start(Setup {
        metrics: true,
        ..Setup::default()
    }) else {
        return;
    };
    let (desk, ports) = (with_tiny_model(None), Ports::take());
    let [port] = ports.numbers;
    let mut command =
        desk.presslate("work --model tiny --catalog-dir catalog --model-dir weights --device cpu");
    command
        .env("PRESSLATE_AMQP_URL", node.url())
        .env("PRESSLATE_ADMIN", format!("127.0.0.1:{port}"))
        .stderr(Stdio::piped());
    let mut worker = Running(command.spawn().unwrap());
    let mut log = BufReader::new(worker.0.stderr.take().unwrap());
    let mut said = String::new();
    while !said.contains("connected to the broker") {
        assert!(log.read_line(&mut said).unwrap() > 0, "{said}");
    }
    // Read to its end, so that the worker never waits for it.
    let reader = tokio::task::spawn_blocking(move || std::io::copy(&mut log, &mut std::io::sink()));

    let (worker_url, broker_url) = (
        format!("http://127.0.0.1:{port}/metrics"),
        node.metrics_url(),
    );
    let mut checked = tokio::task::spawn_blocking(move || {
        check(&["--worker-metrics", &worker_url, "--rabbitmq", &broker_url])
            .output()
            .unwrap()
    });
    // Many things have no answer while nothing happens: one job after the other until all is asked.
    let broker = Broker::at(&node.url()).await.unwrap();
    let mut count = 0_u64;
    let output = loop {
        tokio::select! {
            checked = &mut checked => break checked.unwrap(),
            () = tokio::time::sleep(Duration::from_millis(300)) => {}
        }
        count += 1;
        let job = json!({
            "id": format!("watched-{count}"),
            "article": {"text": format!("Street {count} in Leeds was closed on Monday after rain.")},
            "targets": ["ru"],
            "tasks": ["translate"],
        });
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let properties = BasicProperties::default().with_timestamp(now.as_secs());
        let key = if count.is_multiple_of(3) {
            "urgent"
        } else {
            "job"
        };
        broker
            .publish(
                "presslate.jobs",
                key,
                job.to_string().as_bytes(),
                properties,
            )
            .await;
    };
    broker.forget();
    drop(worker);
    reader.await.unwrap().unwrap();
    assert!(
        output.status.success(),
        "{}\n{}",
        stdout(&output),
        stderr(&output)
    );
}
