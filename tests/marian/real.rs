//! Marian on real weights, where somebody has put them: see tests/peers/README.md.

use std::path::{Path, PathBuf};

use candle_core::Device;
use presslate::model::arch::marian::linear::Quantization;
use presslate::model::arch::marian::{MarianFiles, MarianModel, MarianSettings};
use presslate::model::{Decode, ModelId, Request, Strategy};

use super::{BEAM_4, decode, request, texts};

/// `$TEST_WEIGHTS/opus-mt-en-fr`, where somebody has put the real model.
fn real_weights() -> Option<PathBuf> {
    let folder =
        std::env::var_os("TEST_WEIGHTS").map(|folder| Path::new(&folder).join("opus-mt-en-fr"));
    if folder.is_none() {
        crate::common::skip::skip(
            "TEST_WEIGHTS is not set, so Marian was not compared on real weights (tests/peers/README.md)",
        );
    }
    folder
}

fn real_model(folder: &Path, quantization: Quantization) -> MarianModel {
    let settings = MarianSettings {
        id: ModelId::new("opus-mt-en-fr"),
        sha256: String::new(),
        quantization,
        context_tokens: 512,
        batch: 16,
        reference: false,
        shortlist: true,
        ignore_end: false,
    };
    MarianModel::load(&MarianFiles::in_folder(folder), settings, &Device::Cpu).unwrap()
}

fn data(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/marian")
        .join(name);
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

/// How many lines are the same; the others are printed.
fn same_lines(what: &str, ours: &[String], expected: &[String]) -> usize {
    assert_eq!(ours.len(), expected.len());
    for (ours, expected) in ours
        .iter()
        .zip(expected)
        .filter(|(ours, expected)| ours != expected)
    {
        println!("{what} differs:\n  ours:     {ours}\n  expected: {expected}");
    }
    let same = ours
        .iter()
        .zip(expected)
        .filter(|(ours, expected)| ours == expected)
        .count();
    println!("{what}: {same} of {} lines are the same", expected.len());
    same
}

#[test]
fn real_weights_translate_as_the_transformers_library_does() {
    let Some(folder) = real_weights() else { return };
    let mut model = real_model(&folder, Quantization::F32);
    let lines = data("sentences.txt");
    let ids: Vec<String> = lines
        .iter()
        .map(|line| {
            let ids = model.tokens().encode("", line).unwrap();
            ids.iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert_eq!(same_lines("token ids", &ids, &data("expected.ids.txt")), 50);
    let settings = |strategy| Decode {
        max_new_tokens: 200,
        ..decode(strategy)
    };
    let requests = |strategy| {
        lines
            .iter()
            .map(|line| request(line, settings(strategy)))
            .collect::<Vec<_>>()
    };

    let greedy = texts(&mut model, &requests(Strategy::Greedy));
    assert!(same_lines("greedy", &greedy, &data("expected.fr.txt")) >= 48);
    let alone: Vec<String> = requests(Strategy::Greedy)
        .iter()
        .flat_map(|one| texts(&mut model, std::slice::from_ref(one)))
        .collect();
    assert!(same_lines("batch and single", &greedy, &alone) >= 49);
    let beam = texts(&mut model, &requests(BEAM_4));
    assert!(same_lines("beam 4", &beam, &data("expected.beam4.fr.txt")) >= 48);
}

#[test]
fn real_weights_in_eight_bits_translate_nearly_as_in_f32() {
    let Some(folder) = real_weights() else { return };
    let mut model = real_model(&folder, Quantization::Q8_0);
    let settings = Decode {
        max_new_tokens: 200,
        ..decode(Strategy::Greedy)
    };
    let requests: Vec<Request> = data("sentences.txt")
        .iter()
        .map(|line| request(line, settings.clone()))
        .collect();
    let texts = texts(&mut model, &requests);
    assert!(same_lines("q8_0", &texts, &data("expected.fr.txt")) >= 40);
}
