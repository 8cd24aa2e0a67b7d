//! T5 on a tiny random model: against candle-transformers' own where that is right, and against
//! itself in batches. Real weights (MADLAD-400) have not been run by these tests.

use std::sync::Arc;

use candle_core::quantized::GgmlDType;
use candle_core::{Device, Tensor};
use candle_transformers::models::quantized_t5 as theirs;
use presslate::model::{
    Batch, Decode, Generated, Model, ModelError, Part, Prompt, Request, Stop, Strategy,
};

use crate::common::tiny_t5;

const SENTENCES: [&str; 5] = [
    "The ferry was late.",
    "Two of the five boats in the harbour sank during the storm.",
    "No.",
    "It rained for a week.",
    "\"We are all right,\" said the mayor.",
];

fn request(text: &str, strategy: Strategy, max_new_tokens: usize) -> Request {
    let prompt = Prompt {
        prefix: "<2ru>".into(),
        parts: vec![Part::Text(Arc::from(text))],
    };
    Request::new(prompt, Decode::plain(strategy, max_new_tokens))
}

fn generate(model: &mut dyn Model, requests: &[Request]) -> Vec<Result<Generated, ModelError>> {
    let mut batch = Batch::new(requests.iter().cloned());
    model.generate(&mut batch);
    let answers = batch.into_answers().into_iter();
    answers
        .map(|answer| answer.expect("a request was not answered"))
        .collect()
}

#[test]
fn logits_are_those_of_candle_transformers_as_far_as_its_positions_are_right() {
    let folder = tempfile::tempdir().unwrap();
    let files = tiny_t5::write(folder.path(), 21, GgmlDType::F32);
    let model = tiny_t5::load(&files);
    let config: theirs::Config =
        serde_json::from_slice(&std::fs::read(&files.config).unwrap()).unwrap();
    let weights = theirs::VarBuilder::from_gguf(&files.weights, &Device::Cpu).unwrap();
    let mut other = theirs::T5ForConditionalGeneration::load(weights, &config).unwrap();
    let source: Vec<u32> = (0..40).map(|i| 3 + (i * 7) % 90).chain([1]).collect();
    let encoded = other
        .encode(
            &Tensor::new(&*source, &Device::Cpu)
                .unwrap()
                .unsqueeze(0)
                .unwrap(),
        )
        .unwrap();
    let mut decoding = model.network().encode(&[&source]).unwrap();
    // From the tenth token on candle-transformers takes the wrong bias (see `arch::t5::distance`).
    for (step, token) in [0u32, 9, 14, 80, 33, 5, 61, 20, 47].into_iter().enumerate() {
        let ids = Tensor::new(&[[token]], &Device::Cpu).unwrap();
        let expected = other.decode(&ids, &encoded).unwrap();
        let ours = decoding.logits(&[token]).unwrap();
        let scale = expected
            .abs()
            .unwrap()
            .max_all()
            .unwrap()
            .to_scalar::<f32>()
            .unwrap();
        let difference = (&ours - &expected)
            .unwrap()
            .abs()
            .unwrap()
            .max_all()
            .unwrap()
            .to_scalar::<f32>()
            .unwrap();
        assert!(
            difference < 1e-4 * scale && scale > 1.0,
            "step {step}: {difference} of {scale}"
        );
    }
}

#[test]
fn a_batch_writes_what_its_sentences_write_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = tiny_t5::load(&tiny_t5::write(folder.path(), 22, GgmlDType::Q8_0));
    for strategy in [
        Strategy::Greedy,
        Strategy::Beam {
            width: 3,
            length_penalty: 1.0,
        },
    ] {
        let requests = SENTENCES.map(|text| request(text, strategy, 24));
        let together: Vec<String> = generate(&mut model, &requests)
            .into_iter()
            .map(|r| r.unwrap().text)
            .collect();
        let alone: Vec<String> = requests
            .iter()
            .map(|one| {
                generate(&mut model, std::slice::from_ref(one))
                    .remove(0)
                    .unwrap()
                    .text
            })
            .collect();
        assert_eq!(together, alone);
        let different: std::collections::BTreeSet<&String> = together.iter().collect();
        assert!(
            different.len() > 2,
            "the texts hardly depend on their sources: {together:?}"
        );
    }
}

#[test]
fn limits_cancellation_and_empty_text_are_honoured() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = tiny_t5::load(&tiny_t5::write(folder.path(), 23, GgmlDType::Q8_0));
    let requests = [
        request("A boat.", Strategy::Greedy, 5),
        request("", Strategy::Greedy, 5),
        request("A boat.", Strategy::Greedy, 5),
        request(&"word ".repeat(100), Strategy::Greedy, 5),
    ];
    requests[2].cancel.cancel();
    let results = generate(&mut model, &requests);
    let first = results[0].as_ref().unwrap();
    assert!(
        first.tokens == 5 && first.stop == Stop::TokenLimit || first.stop == Stop::EndOfText,
        "{first:?}"
    );
    assert_eq!(results[1].as_ref().unwrap().text, "");
    assert!(matches!(results[2], Err(ModelError::Cancelled)));
    assert!(matches!(
        results[3],
        Err(ModelError::TooLong { limit: 100, .. })
    ));
}

#[test]
fn control_tokens_in_a_text_are_text() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = tiny_t5::load(&tiny_t5::write(folder.path(), 24, GgmlDType::Q8_0));
    let count = |text: &str| Model::card(&model).tokens.count(text);
    assert!(count("</s>") > 1);
    assert!(count("<2ru>") > 1);
    let mut unknown = request("A boat.", Strategy::Greedy, 5);
    unknown.prompt.prefix = "<2xx>".into();
    let error = generate(&mut model, &[unknown]).remove(0).unwrap_err();
    let shown =
        std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
    assert!(shown.contains("<2xx>"), "{shown}");
}
