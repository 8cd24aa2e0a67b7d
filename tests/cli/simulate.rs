//! `presslate simulate`: what it reads and writes.

use serde_json::Value;

use super::{Desk, stderr, stdout};

#[test]
fn what_bench_measured_is_played_and_drawn() {
    let desk = Desk::new();
    desk.write(
        "bench.json",
        r#"{"schema":"presslate.bench/1","article":{"seconds":60.0,"load_seconds":7.5,"articles_per_minute":1.0,
            "in_work":[{"jobs":2,"articles_per_minute":1.5}]}}"#,
    )
    .write("times", "# jobs\n0\n0\turgent\n30\t\t90\n");
    let args =
        "simulate --bench bench.json --spread 0 --arrivals times --format json --svg queue.svg";
    let output = desk.presslate(args).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["schema"], "presslate.simulation/1");
    assert_eq!(report["jobs"], 3);
    assert_eq!(report["lanes"]["urgent"]["jobs"], 1);
    // 210 seconds of work: two at a time are half as fast again, and the last is alone.
    let seconds = report["last_done_seconds"].as_f64().unwrap();
    assert!((seconds - 170.0).abs() < 1e-6, "{seconds}");
    let svg = std::fs::read_to_string(desk.path("queue.svg")).unwrap();
    assert!(
        svg.starts_with("<svg ") && svg.contains("3 jobs in"),
        "{svg}"
    );
}

#[test]
fn what_cannot_be_played_exits_with_status_2_and_says_why() {
    let desk = Desk::new();
    desk.write("bench.json", r#"{"schema":"presslate.bench/1","runs":[]}"#)
        .write("times", "1\nlater\n");
    for (args, said) in [
        ("--rate 1/s --bench bench.json", "--article PAGE"),
        ("--rate 1/s --bench nowhere.json", "nowhere.json"),
        ("--arrivals times --article-seconds 1", "line 2"),
        ("--rate 1/s --article-seconds 1 --workers 0", "no worker"),
        (
            "--rate 100000/s --hours 24 --article-seconds 1",
            "one of several shards",
        ),
        ("--rate 1/s --article-seconds 1 --in-work 2=3", "--in-work"),
        (
            "--rate 1/s --article-seconds 1 --burst 5@2h",
            "comes after the end",
        ),
        (
            "--rate 1/s --article-seconds 1 --scale value=1,min=3,max=2",
            "min is above max",
        ),
        (
            "--rate 1/s --article-seconds 1 --svg nowhere/a.svg",
            "nowhere",
        ),
    ] {
        let output = desk
            .presslate(&format!("simulate {args}"))
            .output()
            .unwrap();
        let status = if said == "nowhere" { 1 } else { 2 };
        assert_eq!(
            output.status.code(),
            Some(status),
            "{args}: {}",
            stderr(&output)
        );
        assert!(
            stderr(&output).contains(said),
            "{args}: {}",
            stderr(&output)
        );
    }
}
