//! Marian: against candle-transformers' own on a tiny model, against the transformers library on
//! real weights where there are some, and against itself in batches.

mod real;

use std::fmt::Write;
use std::sync::{Arc, LazyLock};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::marian as theirs;
use presslate::model::arch::marian::config::Config;
use presslate::model::arch::marian::linear::Quantization;
use presslate::model::arch::marian::net::Network;
use presslate::model::arch::marian::weights::WeightFile;
use presslate::model::arch::marian::{MarianFiles, MarianModel, MarianSettings};
use presslate::model::tokens::spm::SentencePiece;
use presslate::model::tokens::spm::proto::ModelType;
use presslate::model::{
    Batch, Decode, Generated, Model, ModelError, ModelId, Part, Prompt, Request, Stop, Strategy,
};
use proptest::prelude::*;

use crate::common::tiny_marian;

const SENTENCES: [&str; 6] = [
    "The ferry was late.",
    "Two of the five boats in the harbour sank during the storm on Monday night.",
    "No.",
    "Город на реке, 한국의 도시 and a town on the coast.",
    "It rained for a week.",
    "\"We are all right,\" said the mayor.",
];

fn decode(strategy: Strategy) -> Decode {
    Decode::plain(strategy, 20)
}

const BEAM_4: Strategy = Strategy::Beam {
    width: 4,
    length_penalty: 1.0,
};

fn request(text: &str, decode: Decode) -> Request {
    let prompt = Prompt {
        prefix: "".into(),
        parts: vec![Part::Text(Arc::from(text))],
    };
    Request::new(prompt, decode)
}

fn generate(model: &mut MarianModel, requests: &[Request]) -> Vec<Result<Generated, ModelError>> {
    let mut batch = Batch::new(requests.iter().cloned());
    model.generate(&mut batch);
    let answers = batch.into_answers().into_iter();
    answers
        .map(|answer| answer.expect("a request was not answered"))
        .collect()
}

fn texts(model: &mut MarianModel, requests: &[Request]) -> Vec<String> {
    generate(model, requests)
        .into_iter()
        .map(|result| result.unwrap().text)
        .collect()
}

/// The logits of candle-transformers' Marian for the whole of `target`: (target, ids). (Its encoder
/// takes the decoder's number of heads, so the model must have the same number in both.)
fn their_logits(files: &MarianFiles, source: &[u32], target: &[u32]) -> Tensor {
    let config: theirs::Config =
        serde_json::from_slice(&std::fs::read(&files.config).unwrap()).unwrap();
    let bytes = std::fs::read(&files.weights).unwrap();
    let weights = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu).unwrap();
    let mut model = theirs::MTModel::new(&config, weights).unwrap();
    let ids = |ids: &[u32]| {
        Tensor::new(ids, &Device::Cpu)
            .unwrap()
            .unsqueeze(0)
            .unwrap()
    };
    let encoded = model.encoder().forward(&ids(source), 0).unwrap();
    model
        .decode(&ids(target), &encoded, 0)
        .unwrap()
        .squeeze(0)
        .unwrap()
}

fn largest_difference(a: &Tensor, b: &Tensor) -> f32 {
    (a - b)
        .unwrap()
        .abs()
        .unwrap()
        .max_all()
        .unwrap()
        .to_scalar()
        .unwrap()
}

#[test]
fn logits_are_those_of_candle_transformers() {
    let folder = tempfile::tempdir().unwrap();
    let files = tiny_marian::write(folder.path(), 5);
    let model = tiny_marian::load(&files, Quantization::F32, 8);
    let source = model.tokens().encode("", SENTENCES[1]).unwrap();
    let target: Vec<u32> = [vec![9], model.tokens().encode("", SENTENCES[3]).unwrap()].concat();
    let theirs = their_logits(&files, &source, &target);
    let mut decoding = model.network().unwrap().encode(&[&source]).unwrap();
    let ours: Vec<Tensor> = target
        .iter()
        .map(|token| decoding.step(&[*token]).unwrap())
        .collect();
    let difference = largest_difference(&Tensor::cat(&ours, 0).unwrap(), &theirs);
    let spread = theirs
        .abs()
        .unwrap()
        .max_all()
        .unwrap()
        .to_scalar::<f32>()
        .unwrap();
    assert!(
        difference < 1e-4 && spread > 1.0,
        "differ by {difference} in logits up to {spread}"
    );
}

#[test]
fn padding_changes_no_logit() {
    let model = tiny_marian::model(6);
    let sources = SENTENCES.map(|text| model.tokens().encode("", text).unwrap());
    let all: Vec<&[u32]> = sources.iter().map(Vec::as_slice).collect();
    let mut together = model.network().unwrap().encode(&all).unwrap();
    let first = together.step(&[9; 6]).unwrap();
    let second = together.step(&[20, 21, 22, 23, 24, 25]).unwrap();
    for (row, source) in all.iter().enumerate() {
        let mut alone = model.network().unwrap().encode(&[source]).unwrap();
        for (together, token) in [(&first, 9), (&second, 20 + u32::try_from(row).unwrap())] {
            let alone = alone.step(&[token]).unwrap();
            let difference = largest_difference(&alone, &together.narrow(0, row, 1).unwrap());
            assert!(difference < 1e-4, "row {row} differs by {difference}");
        }
    }
}

#[test]
fn a_batch_writes_what_its_sentences_write_alone() {
    let mut model = tiny_marian::model(7);
    let sample = Strategy::Sample {
        temperature: 0.8,
        top_p: 0.9,
        seed: 3,
    };
    for strategy in [
        Strategy::Greedy,
        BEAM_4,
        Strategy::Beam {
            width: 2,
            length_penalty: 0.6,
        },
        sample,
    ] {
        let requests = SENTENCES.map(|text| request(text, decode(strategy)));
        let together = texts(&mut model, &requests);
        let alone: Vec<String> = requests
            .iter()
            .flat_map(|one| texts(&mut model, std::slice::from_ref(one)))
            .collect();
        assert_eq!(together, alone, "{strategy:?}");
        let different: std::collections::BTreeSet<&String> = together.iter().collect();
        assert!(
            different.len() > 3,
            "the texts hardly depend on their sources: {together:?}"
        );
    }
}

#[test]
fn requests_of_different_settings_may_share_a_call() {
    let mut model = tiny_marian::model(8);
    let strategies = [
        Strategy::Greedy,
        BEAM_4,
        Strategy::Beam {
            width: 1,
            length_penalty: 1.0,
        },
    ];
    let requests: Vec<Request> = strategies
        .iter()
        .flat_map(|strategy| SENTENCES.map(|text| request(text, decode(*strategy))))
        .collect();
    let together = texts(&mut model, &requests);
    let alone: Vec<String> = requests
        .iter()
        .flat_map(|one| texts(&mut model, std::slice::from_ref(one)))
        .collect();
    assert_eq!(together, alone);
}

#[test]
fn a_beam_of_one_is_greedy() {
    let mut model = tiny_marian::model(9);
    let greedy = SENTENCES.map(|text| request(text, decode(Strategy::Greedy)));
    let narrow = SENTENCES.map(|text| {
        request(
            text,
            decode(Strategy::Beam {
                width: 1,
                length_penalty: 1.0,
            }),
        )
    });
    assert_eq!(texts(&mut model, &greedy), texts(&mut model, &narrow));
}

#[test]
fn the_eight_bit_network_is_close_to_the_exact_one() {
    let folder = tempfile::tempdir().unwrap();
    let files = tiny_marian::write(folder.path(), 10);
    let source = [5u32, 6, 7, 0];
    let logits = [Quantization::F32, Quantization::Q8_0].map(|quantization| {
        let model = tiny_marian::load(&files, quantization, 1);
        let mut decoding = model.network().unwrap().encode(&[&source]).unwrap();
        decoding.step(&[1]).unwrap()
    });
    // Only layers of 32 inputs and more are quantised, so the tiny model's second feed-forward
    // half must be: the numbers differ, a little.
    let difference = largest_difference(&logits[0], &logits[1]);
    assert!(difference < 0.5, "{difference}");
}

/// As on a GPU, which is the only place where a catalogue's `int8` or `f16` becomes this.
#[test]
fn the_half_precision_network_is_close_to_the_exact_one() {
    let folder = tempfile::tempdir().unwrap();
    let files = tiny_marian::write(folder.path(), 10);
    let config = std::fs::read(&files.config).unwrap();
    let config: Config = serde_json::from_slice(&config).unwrap();
    let sources: [&[u32]; 2] = [&[5, 6, 7, 8, 9, 0], &[6, 0]];
    let [exact, half] = [Quantization::F32, Quantization::F16].map(|quantization| {
        let mut weights = WeightFile::open(&files.weights, &Device::Cpu).unwrap();
        let network = Network::load(&config, &mut weights, quantization, &Device::Cpu).unwrap();
        let mut decoding = network.encode(&sources).unwrap();
        decoding.step(&[1, 1]).unwrap();
        decoding.arrange(&[1, 0], &[1, 0]).unwrap();
        let logits = decoding.step(&[4, 5]).unwrap();
        assert_eq!(logits.dtype(), DType::F32);
        logits
    });
    let spread: f32 = exact.abs().unwrap().max_all().unwrap().to_scalar().unwrap();
    let difference = largest_difference(&exact, &half);
    assert!(difference > 0.0, "nothing was computed in half precision");
    assert!(difference < 0.02 * spread, "{difference} of {spread}");
}

#[test]
fn small_integers_write_the_same_alone_together_and_from_run_to_run() {
    let folder = tempfile::tempdir().unwrap();
    let files = tiny_marian::write(folder.path(), 12);
    let sample = Strategy::Sample {
        temperature: 0.8,
        top_p: 0.9,
        seed: 3,
    };
    let requests: Vec<Request> = [Strategy::Greedy, BEAM_4, sample]
        .iter()
        .flat_map(|strategy| SENTENCES.map(|text| request(text, decode(*strategy))))
        .collect();
    let mut model = tiny_marian::load(&files, Quantization::Int8, 64);
    let alone: Vec<String> = requests
        .iter()
        .flat_map(|one| texts(&mut model, std::slice::from_ref(one)))
        .collect();
    let different: std::collections::BTreeSet<&String> = alone.iter().collect();
    assert!(different.len() > 6, "{alone:?}");
    for batch in [1, 2, 5, 64] {
        let mut model = tiny_marian::load(&files, Quantization::Int8, batch);
        assert_eq!(texts(&mut model, &requests), alone, "batches of {batch}");
    }
}

#[test]
fn small_integers_are_close_to_the_exact_network() {
    let folder = tempfile::tempdir().unwrap();
    let files = tiny_marian::write(folder.path(), 13);
    let [exact, close] = [Quantization::F32, Quantization::Int8].map(|quantization| {
        let model = tiny_marian::load(&files, quantization, 1);
        let sources = SENTENCES.map(|text| model.tokens().encode("", text).unwrap());
        let sources: Vec<&[u32]> = sources.iter().map(Vec::as_slice).collect();
        let mut steps = model.steps();
        steps.admit(&sources).unwrap();
        let first = steps.step(&[9; 6]).unwrap().values;
        let second = steps.step(&[20, 21, 22, 23, 24, 25]).unwrap().values;
        [first, second].concat()
    });
    let norm = |values: &mut dyn Iterator<Item = f32>| {
        values
            .map(|value| f64::from(value).powi(2))
            .sum::<f64>()
            .sqrt()
    };
    let off = norm(&mut exact.iter().zip(&close).map(|(a, b)| a - b));
    let size = norm(&mut exact.iter().copied());
    // Random weights pass errors on as real ones do not: tests/bench/peers looks at those.
    assert!(off > 0.0 && off / size < 0.2, "{off} of {size}");
}

#[test]
fn a_vocabulary_map_changes_no_text_that_it_cannot_vouch_for() {
    let folder = tempfile::tempdir().unwrap();
    let files = tiny_marian::write(folder.path(), 14);
    let requests = SENTENCES.map(|text| request(text, decode(Strategy::Greedy)));
    let mut whole = tiny_marian::load(&files, Quantization::Int8, 4);
    let expected = texts(&mut whole, &requests);
    let vocab: std::collections::BTreeMap<String, u32> =
        serde_json::from_slice(&std::fs::read(&files.vocab).unwrap()).unwrap();
    let pieces: Vec<&str> = vocab.keys().map(String::as_str).collect();
    let with_map = |map: String| {
        std::fs::write(folder.path().join("vmap.txt"), map).unwrap();
        let files = MarianFiles::in_folder(folder.path());
        assert!(files.vocabulary_map.is_some());
        texts(
            &mut tiny_marian::load(&files, Quantization::Int8, 4),
            &requests,
        )
    };
    // Knows no source: every sentence is written with the whole vocabulary.
    assert_eq!(with_map("\t</s> ▁the\n".to_owned()), expected);
    // Knows everything: nothing is left out.
    assert_eq!(with_map(format!("\t{}\n", pieces.join(" "))), expected);
    // Allows of each source only itself: what random weights choose among these never stands
    // out, so that each step looks at the whole vocabulary after all.
    let mut selves = String::new();
    for piece in &pieces {
        writeln!(selves, "{piece}\t{piece}").unwrap();
    }
    assert_eq!(with_map(selves), expected);
    let error = std::panic::catch_unwind(|| with_map("no tab here\n".to_owned())).unwrap_err();
    let message = error.downcast_ref::<String>().unwrap();
    assert!(
        message.contains("vmap.txt") && message.contains("line: 1"),
        "{message}"
    );
}

#[test]
fn the_limit_on_tokens_holds_and_is_reported() {
    let mut model = tiny_marian::model(11);
    for strategy in [Strategy::Greedy, BEAM_4] {
        let short = Decode {
            max_new_tokens: 3,
            ..decode(strategy)
        };
        for result in generate(
            &mut model,
            &SENTENCES.map(|text| request(text, short.clone())),
        ) {
            let generated = result.unwrap();
            assert!(generated.tokens <= 3, "{generated:?}");
            assert!(
                generated.tokens == 3 || generated.stop == Stop::EndOfText,
                "{generated:?}"
            );
        }
        let long = Decode {
            max_new_tokens: 100_000,
            ..decode(strategy)
        };
        let generated = generate(&mut model, &[request(SENTENCES[0], long)])
            .remove(0)
            .unwrap();
        assert!(
            generated.tokens <= 64,
            "beyond the positions there are: {}",
            generated.tokens
        );
    }
}

#[test]
fn empty_text_gives_empty_text_and_too_long_text_an_error() {
    let mut model = tiny_marian::model(12);
    let long = "word ".repeat(200);
    let texts = ["", "  \n ", &long, "Fine."];
    let results = generate(
        &mut model,
        &texts.map(|text| request(text, decode(Strategy::Greedy))),
    );
    for empty in &results[..2] {
        assert_eq!(empty.as_ref().unwrap().text, "");
    }
    assert!(
        matches!(results[2], Err(ModelError::TooLong { limit: 64, .. })),
        "{:?}",
        results[2]
    );
    assert!(results[3].is_ok());
}

#[test]
fn a_cancelled_request_ends_and_its_neighbours_do_not() {
    let mut model = tiny_marian::model(13);
    for strategy in [Strategy::Greedy, BEAM_4] {
        let requests = SENTENCES.map(|text| request(text, decode(strategy)));
        let expected = texts(&mut model, &requests);
        requests[1].cancel.cancel();
        let before = requests[1].meter.tokens();
        let results = generate(&mut model, &requests);
        assert!(matches!(results[1], Err(ModelError::Cancelled)));
        assert_eq!(requests[1].meter.tokens(), before, "it went on writing");
        for (index, result) in results
            .into_iter()
            .enumerate()
            .filter(|(index, _)| *index != 1)
        {
            assert_eq!(result.unwrap().text, expected[index]);
        }
    }
}

#[test]
fn a_target_token_is_one_id_and_an_unknown_one_is_refused() {
    let mut model = tiny_marian::model(14);
    let plain = model.tokens().encode("", "a town").unwrap();
    let russian = model.tokens().encode(">>rus<<", "a town").unwrap();
    assert_eq!(russian[1..], plain[..]);
    let mut wrong = request("a town", decode(Strategy::Greedy));
    wrong.prompt.prefix = ">>xyz<<".into();
    let error = generate(&mut model, &[wrong]).remove(0).unwrap_err();
    let shown =
        std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
    assert!(shown.contains(">>kor<< >>rus<<"), "{shown}");
    // In an article it is text like any other.
    let hostile = model.tokens().encode("", ">>rus<< </s> a").unwrap();
    assert_eq!(
        hostile
            .iter()
            .filter(|id| **id == model.tokens().eos())
            .count(),
        1
    );
    assert!(!hostile.contains(&russian[0]));
}

#[test]
fn a_missing_or_broken_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let whole = tiny_marian::write(folder.path(), 15);
    let broken = folder.path().join("broken");
    std::fs::write(&broken, b"{}").unwrap();
    let with = |change: &dyn Fn(&mut MarianFiles)| {
        let mut files = whole.clone();
        change(&mut files);
        files
    };
    let cases = [
        (with(&|files| files.config = broken.clone()), "broken"),
        (with(&|files| files.weights = broken.clone()), "broken"),
        (with(&|files| files.source_spm = broken.clone()), "broken"),
        (with(&|files| files.vocab = broken.clone()), "broken"),
        (
            with(&|files| files.target_spm = folder.path().join("absent")),
            "absent",
        ),
    ];
    for (files, name) in cases {
        let settings = MarianSettings {
            id: ModelId::new("tiny"),
            sha256: String::new(),
            quantization: Quantization::F32,
            context_tokens: 64,
            batch: 1,
            reference: false,
            shortlist: true,
            ignore_end: false,
        };
        let error = MarianModel::load(&files, settings, &Device::Cpu).unwrap_err();
        let cause = std::error::Error::source(&error).unwrap();
        assert!(cause.to_string().contains(name), "{cause}");
        assert!(cause.source().is_some(), "{cause} does not say why");
    }
}

/// One of each kind, made once: they have eleven thousand pieces.
static TOKENIZERS: LazyLock<[SentencePiece; 2]> = LazyLock::new(|| {
    [ModelType::Unigram, ModelType::Bpe]
        .map(|kind| SentencePiece::new(&tiny_marian::spm(&tiny_marian::pieces(), kind)).unwrap())
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decoding_what_was_encoded_gives_the_normalised_text(text in "[ -~а-яА-Я가-힣]{0,60}") {
        for spm in &*TOKENIZERS {
            let pieces = spm.encode(&text);
            let decoded = spm.decode(pieces.iter().map(String::as_str));
            let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
            prop_assert_eq!(&decoded, &words.join(" "));
            prop_assert_eq!(pieces.concat(), spm.normalize(&text));
        }
    }

    #[test]
    fn any_text_at_all_can_be_encoded(text in any::<String>()) {
        for spm in &*TOKENIZERS {
            prop_assert_eq!(spm.encode(&text).concat(), spm.normalize(&text));
        }
    }
}
