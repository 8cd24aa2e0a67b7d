//! `presslate bench` on tiny models that the tests make: what it writes, not how fast that is.

use std::process::Output;

use serde_json::Value;

use super::{Desk, stderr, stdout};
use crate::common::tiny_gguf::{self, Family};
use crate::common::tiny_marian;

const TEXTS: &str = "Rain is expected.\nThe bridge is closed to lorries.\nStorm.\n";

fn desk() -> Desk {
    let desk = Desk::new();
    std::fs::create_dir(desk.path("tiny")).unwrap();
    tiny_marian::write(&desk.path("tiny"), 5);
    desk.write("texts", TEXTS);
    desk
}

fn bench(desk: &Desk, args: &str) -> Output {
    desk.presslate(&format!("bench --device cpu --threads 1 {args}"))
        .output()
        .unwrap()
}

fn report(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    serde_json::from_str(&stdout(output)).unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn a_report_has_every_field_and_counts_what_was_read_and_written() {
    let desk = desk();
    let args =
        "--weights tiny --input texts --batch 1,2 --repeat 1 --format json --max-new-tokens 8";
    let report = report(&bench(&desk, args));
    let head = [
        "schema",
        "version",
        "model",
        "quantization",
        "device",
        "isa",
        "threads",
        "load_seconds",
        "runs",
    ];
    assert_eq!(keys(&report), head);
    assert_eq!(report["schema"], "presslate.bench/1");
    assert_eq!(report["model"], "tiny");
    assert_eq!(report["quantization"], "f32");
    assert_eq!(
        (&report["device"], &report["threads"]),
        (&"cpu".into(), &1.into())
    );
    let runs = report["runs"].as_array().unwrap();
    let batches: Vec<_> = runs
        .iter()
        .map(|run| run["batch"].as_u64().unwrap())
        .collect();
    assert_eq!(batches, [1, 2]);
    for run in runs {
        assert_eq!(
            keys(run),
            [
                "batch",
                "beams",
                "texts",
                "seconds",
                "tokens",
                "tokens_per_second",
                "prompt_tokens",
                "prompt_tokens_per_second",
                "texts_per_minute",
                "first_result_seconds",
                "peak_memory_bytes",
                "cpu_seconds"
            ]
        );
        assert_eq!((&run["texts"], &run["beams"]), (&3.into(), &1.into()));
        let number = |name: &str| run[name].as_f64().unwrap();
        assert!(number("tokens") > 0.0 && number("tokens") <= 24.0, "{run}");
        let rate = number("tokens") / number("seconds");
        assert!(
            (number("tokens_per_second") / rate - 1.0).abs() < 1e-6,
            "{run}"
        );
        assert!(number("first_result_seconds") <= number("seconds"), "{run}");
        // Texts do not depend on the batch, so neither do their lengths.
        for same in ["tokens", "prompt_tokens"] {
            assert_eq!(run[same], runs[0][same]);
        }
    }
}

#[test]
fn with_ignore_end_every_text_has_as_many_tokens_as_it_may() {
    let desk = desk();
    tiny_gguf::write(&desk.path("tiny.gguf"), Family::Qwen2, 7);
    desk.write("before", "Text: ").write("after", "\nAnswer:");
    for (model, batch) in [
        ("tiny --beams 1", 2),
        ("tiny --beams 3 --quantization q8_0", 2),
        ("tiny.gguf --prefix before --suffix after", 4),
    ] {
        let args = format!(
            "--weights {model} --input texts --batch {batch} --repeat 1 --format json \
             --max-new-tokens 12 --ignore-end"
        );
        let report = report(&bench(&desk, &args));
        assert_eq!(report["runs"][0]["tokens"], 36, "{model}");
    }
}

#[test]
fn texts_a_picture_and_latencies_are_written_where_they_are_asked_for() {
    let desk = desk();
    let args = "--weights tiny --input texts --batch 2 --repeat 1 --format json --max-new-tokens 4 \
                --load 0.9 --outputs out.txt --svg picture.svg";
    let report = report(&bench(&desk, args));
    let load = &report["load"][0];
    assert_eq!((&load["share"], &load["batch"]), (&0.9.into(), &2.into()));
    assert_eq!(load["texts"], 100);
    let latency = |percent| {
        load[format!("latency_p{percent}_seconds")]
            .as_f64()
            .unwrap()
    };
    assert!(0.0 < latency(50) && latency(50) <= latency(95) && latency(95) <= latency(99));
    let texts = std::fs::read_to_string(desk.path("out.txt")).unwrap();
    assert_eq!(texts.lines().count(), 3, "{texts}");
    let picture = std::fs::read_to_string(desk.path("picture.svg")).unwrap();
    assert!(picture.starts_with("<svg ") && picture.contains("tiny (f32) on cpu"));
}

#[test]
fn an_article_is_measured_from_page_to_translation() {
    let desk = super::run::with_tiny_model(None);
    let output = desk
        .presslate(
            "bench --model tiny --catalog-dir catalog --model-dir weights --device cpu --threads 1 \
             --article story.txt --to ru --repeat 1 --format json",
        )
        .output()
        .unwrap();
    let report = report(&output);
    assert_eq!(report["runs"], Value::Array(Vec::new()));
    let article = &report["article"];
    assert_eq!(article["models"], serde_json::json!(["tiny"]));
    assert_eq!(article["targets"], serde_json::json!(["ru"]));
    assert!(article["articles_per_minute"].as_f64().unwrap() > 0.0);
    assert!(article["tokens"].as_u64().unwrap() > 0);
}

#[test]
fn people_get_a_table() {
    let desk = desk();
    let output = bench(
        &desk,
        "--weights tiny --input texts --batch 2 --repeat 1 --max-new-tokens 4",
    );
    let text = stdout(&output);
    assert!(text.starts_with("tiny (f32) on cpu, 1 thread, "), "{text}");
    let table: Vec<&str> = text.lines().skip(2).collect();
    assert!(
        table[0].starts_with("BATCH  TEXTS  SECONDS") && table.len() == 2,
        "{text}"
    );
    assert_eq!(stderr(&output), "");
}

#[test]
fn what_cannot_be_measured_is_refused_with_what_to_do() {
    let desk = desk();
    desk.write("gap", "One.\n\nThree.\n")
        .write("long", "rain ".repeat(200) + "\n")
        .write("suffix", "x");
    for (args, code, advice) in [
        (
            "--weights none",
            2,
            "name a .gguf file or a folder with a Marian model",
        ),
        (
            "--weights tiny --quantization q9",
            2,
            "`presslate bench --help`",
        ),
        ("--weights tiny --input gap", 1, "line 2 of gap is empty"),
        ("--weights tiny --input none", 1, "--input none"),
        ("--weights tiny --input long --batch 1", 1, "line 1 of long"),
        ("--weights tiny --suffix suffix", 2, "leave it out"),
        (
            "--weights tiny --outputs tiny",
            2,
            "--outputs tiny: is a directory",
        ),
        ("--model nothing", 2, "nothing"),
    ] {
        let output = bench(&desk, args);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{args}: {message}");
        assert!(message.contains(advice), "{args}: {message}");
        assert_eq!(stdout(&output), "", "{args}");
    }
}
