//! `presslate licenses`.

use serde_json::Value;

use super::run::with_tiny_model;
use super::{Desk, stderr, stdout};

fn licenses(desk: &Desk, args: &str) -> String {
    let output = desk
        .presslate(&format!("licenses {args}"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    stdout(&output)
}

fn json(args: &str) -> Value {
    serde_json::from_str(&licenses(&Desk::new(), args)).unwrap()
}

fn named<'a>(list: &'a Value, key: &str, name: &str) -> &'a Value {
    let mut all = list.as_array().unwrap().iter();
    all.find(|one| one[key] == name)
        .unwrap_or_else(|| panic!("{name} is not listed"))
}

#[test]
fn the_list_for_people_has_models_and_crates() {
    let text = licenses(&Desk::new(), "");
    for needle in [
        "presslate 0.1.0 is under Apache-2.0.",
        "\ngemma-3-4b-it-q4_k_m: Gemma Terms of Use, commercial use: conditions\n  https://ai.google.dev/gemma/terms\n  Allowed under",
        "\nlapin 4.",
        ": MIT\n  https://github.com/amqp-rs/lapin\n",
        "\nstd 1.",
        "\n`presslate licenses --full` has the texts.\n",
    ] {
        assert!(text.contains(needle), "{needle:?} is missing");
    }
    assert!(!text.contains("Permission is hereby granted"));
}

#[test]
fn the_list_for_programs_says_the_same() {
    let list = json("--format json");
    assert_eq!(list["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(list["licence"], "Apache-2.0");
    let model = named(&list["models"], "id", "opus-mt-tc-big-en-zle");
    assert_eq!(model["licence"], "CC-BY-4.0");
    assert_eq!(model["commercial_use"], "yes");
    assert!(model["note"].as_str().unwrap().contains("Helsinki"));
    let candle = named(&list["crates"], "name", "candle-core");
    assert_eq!(candle["licence"], "MIT OR Apache-2.0");
    assert!(list.get("notices").is_none());
    for one in list["crates"].as_array().unwrap() {
        assert!(
            spdx(one["licence"].as_str().unwrap()),
            "{one}: not an expression"
        );
    }
}

/// Whether this could be an SPDX expression: names, and what may stand between them.
fn spdx(expression: &str) -> bool {
    let mut words = expression
        .split([' ', '(', ')'])
        .filter(|word| !word.is_empty());
    let word = |word: &str| {
        word.chars()
            .all(|c| c.is_ascii_alphanumeric() || "-.+".contains(c))
    };
    !expression.is_empty() && words.all(word)
}

#[test]
fn the_full_list_has_the_makers_notices() {
    let list = json("--format json --full");
    let notices = list["notices"].as_array().unwrap();
    let of = |name: &str| -> Vec<&str> {
        let mine = |notice: &&Value| {
            let mut crates = notice["crates"].as_array().unwrap().iter();
            crates.any(|one| one.as_str().unwrap().starts_with(&format!("{name} ")))
        };
        let texts = notices
            .iter()
            .filter(mine)
            .map(|notice| notice["text"].as_str().unwrap());
        texts.collect()
    };
    for (name, notice) in [
        ("tokio", "Copyright (c) Tokio Contributors"),
        ("selectors", "Mozilla Public License Version 2.0"),
        ("subtle", "Isis Agora Lovecruft"),
        ("icu_properties", "UNICODE LICENSE V3"),
        ("aws-lc-sys", "OpenSSL"),
        ("whatlang", "Potapov"),
        ("hf-hub", "Apache License"),
        ("std", "The Rust Project Developers"),
    ] {
        let texts = of(name);
        assert!(
            texts.iter().any(|text| text.contains(notice)),
            "{name} without {notice:?}: {texts:?}"
        );
    }
    for one in list["crates"].as_array().unwrap() {
        assert!(!of(one["name"].as_str().unwrap()).is_empty(), "{one}");
    }
    // For people it is the same.
    let text = licenses(&Desk::new(), "--full");
    for notice in notices {
        assert!(text.contains(notice["text"].as_str().unwrap()));
    }
}

#[test]
fn models_of_the_site_are_listed_too() {
    let text = licenses(&with_tiny_model(None), "--catalog-dir catalog");
    assert!(text.contains("\ntiny: "), "{text}");
}

#[test]
fn the_list_goes_into_a_file_where_one_is_named() {
    let desk = Desk::new();
    assert_eq!(licenses(&desk, "--full --out NOTICES"), "");
    let text = std::fs::read_to_string(desk.path("NOTICES")).unwrap();
    assert!(text.contains("Permission is hereby granted"));
}
