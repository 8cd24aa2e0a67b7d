//! Against candle-transformers on the same tiny weights, and against itself: alone and in a
//! batch, whole and in pieces.

use std::fs::File;
use std::sync::Arc;

use candle_core::quantized::GgmlDType;
use candle_core::quantized::gguf_file::Content;
use candle_core::{DType, Device, Tensor};
use candle_transformers::models::{
    quantized_gemma3, quantized_llama, quantized_qwen2, quantized_qwen3,
};

use super::*;
use crate::model::{Batch, Decode, Generated, Part, Prompt, Stop, Strategy};

#[path = "../../../../tests/common/tiny_gguf.rs"]
pub(super) mod tiny_gguf;
use tiny_gguf::{FAMILIES, Family};

fn architecture(family: Family) -> Architecture {
    match family {
        Family::Qwen2 => Architecture::Qwen2,
        Family::Qwen3 => Architecture::Qwen3,
        Family::Gemma3 => Architecture::Gemma3,
        Family::Llama => Architecture::Llama,
    }
}

pub(super) struct Tiny {
    pub(super) model: DecoderModel,
    pub(super) path: std::path::PathBuf,
    _dir: tempfile::TempDir,
}

impl Tiny {
    fn weights(&mut self) -> &mut Weights {
        match &mut self.model.network {
            Network::Reference(reference) => &mut reference.weights,
            Network::Cpu(_) => panic!("the reference was asked for"),
        }
    }
}

pub(super) fn tiny(family: Family) -> Tiny {
    load(family, GgmlDType::Q8_0, false)
}

fn tiny_reference(family: Family) -> Tiny {
    load(family, GgmlDType::Q8_0, true)
}

pub(super) fn load(family: Family, matrices: GgmlDType, reference: bool) -> Tiny {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tiny.gguf");
    tiny_gguf::write_as(&path, family, 7, matrices);
    let settings = Settings {
        id: ModelId::new("tiny"),
        architecture: architecture(family),
        sha256: "0".repeat(64),
        quantization: "Q8_0".into(),
        context_tokens: 256,
        batch: 8,
        reference,
        lookup: true,
        ignore_end: false,
    };
    Tiny {
        model: DecoderModel::load(&path, settings, &Device::Cpu).unwrap(),
        path,
        _dir: dir,
    }
}

fn logits(weights: &Weights, ids: &[u32], pieces: usize) -> Vec<f32> {
    weights.read_logits(ids, pieces).unwrap()
}

pub(super) fn reference(family: Family, path: &Path, ids: &[u32]) -> Vec<f32> {
    let mut file = File::open(path).unwrap();
    let content = Content::read(&mut file).unwrap();
    let ids = Tensor::new(ids, &Device::Cpu)
        .unwrap()
        .unsqueeze(0)
        .unwrap();
    let device = Device::Cpu;
    let logits = match family {
        Family::Qwen2 => quantized_qwen2::ModelWeights::from_gguf(content, &mut file, &device)
            .unwrap()
            .forward(&ids, 0),
        Family::Qwen3 => quantized_qwen3::ModelWeights::from_gguf(content, &mut file, &device)
            .unwrap()
            .forward(&ids, 0),
        Family::Gemma3 => quantized_gemma3::ModelWeights::from_gguf(content, &mut file, &device)
            .unwrap()
            .forward(&ids, 0),
        Family::Llama => quantized_llama::ModelWeights::from_gguf(content, &mut file, &device)
            .unwrap()
            .forward(&ids, 0),
    };
    logits.unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

pub(super) fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

/// Longer than the tiny window of Gemma, so that windowed layers are tested.
pub(super) fn some_ids() -> Vec<u32> {
    (0..40u32).map(|i| (i * 37 + 11) % 250).collect()
}

pub(super) fn request(prefix: &str, text: &str, most: usize) -> Request {
    let prompt = Prompt {
        prefix: prefix.into(),
        parts: vec![Part::Text(text.into()), Part::Markup(":".into())],
    };
    Request::new(prompt, Decode::plain(Strategy::Greedy, most))
}

pub(super) fn generate(
    model: &mut DecoderModel,
    requests: &[Request],
) -> Vec<Result<Generated, ModelError>> {
    let mut batch = Batch::new(requests.iter().cloned());
    model.generate(&mut batch);
    let answers = batch.into_answers().into_iter();
    answers
        .map(|answer| answer.expect("a request was not answered"))
        .collect()
}

#[test]
fn logits_agree_with_candle_transformers() {
    for family in FAMILIES {
        let mut tiny = tiny_reference(family);
        let mut ids = some_ids();
        if family == Family::Gemma3 {
            // candle's quantised Gemma 3 takes SiLU where the model was trained with GELU, and its
            // window is one token wider: below the window and with SiLU, the two must agree.
            tiny.weights().config.activation = config::Activation::Silu;
            ids.truncate(20);
        }
        let ours = logits(tiny.weights(), &ids, 1);
        let theirs = reference(family, &tiny.path, &ids);
        let off = difference(&ours, &theirs);
        assert!(off < 2e-3, "{family:?} is off by {off}");
        assert!(
            ours.iter().any(|logit| logit.abs() > 0.1),
            "{family:?} says nothing"
        );
    }
}

#[test]
fn both_passes_write_the_same_texts() {
    for family in FAMILIES {
        let requests = [
            request("Say: ", "the rain", 12),
            request("", "in the north of the island", 24),
        ];
        let [fast, reference] = [false, true].map(|reference| {
            let mut tiny = load(family, GgmlDType::F32, reference);
            generate(&mut tiny.model, &requests)
                .into_iter()
                .map(Result::unwrap)
                .collect::<Vec<_>>()
        });
        assert_eq!(fast, reference, "{family:?}");
    }
}

#[test]
fn a_prompt_in_pieces_gives_the_logits_of_the_whole() {
    for family in FAMILIES {
        let mut tiny = tiny_reference(family);
        let weights = &*tiny.weights();
        let ids = some_ids();
        let off = difference(&logits(weights, &ids, 1), &logits(weights, &ids, 7));
        assert!(off < 1e-3, "{family:?} is off by {off}");
    }
}

#[test]
fn a_shared_beginning_gives_the_logits_of_the_whole() {
    for family in FAMILIES {
        let mut tiny = tiny_reference(family);
        let ids = some_ids();
        let (head, tail) = ids.split_at(29);
        let weights = &*tiny.weights();
        let tensor = |ids: &[u32]| {
            Tensor::new(ids, &Device::Cpu)
                .unwrap()
                .unsqueeze(0)
                .unwrap()
        };
        let mut cache = weights.cache(vec![0], head.len()).unwrap();
        weights.forward(&tensor(head), &mut cache, None).unwrap();
        let prefix = cache.into_prefix().unwrap();
        let mut cache = weights.cache(vec![0], tail.len()).unwrap();
        let hidden = weights
            .forward(&tensor(tail), &mut cache, Some(&prefix))
            .unwrap();
        let shared: Vec<f32> = weights
            .logits(&hidden)
            .unwrap()
            .flatten_all()
            .unwrap()
            .to_vec1()
            .unwrap();
        let off = difference(&shared, &logits(weights, &ids, 1));
        assert!(off < 1e-3, "{family:?} is off by {off}");
    }
}

#[test]
fn attention_in_half_precision_as_on_a_gpu_is_close_to_the_whole() {
    for family in FAMILIES {
        // Not of 8 bits, where a number a little off is rounded to the next.
        let mut tiny = load(family, GgmlDType::F32, true);
        let ids = some_ids();
        let whole = logits(tiny.weights(), &ids, 3);
        let bytes = tiny.weights().token_bytes();
        tiny.weights().attention = DType::F16;
        assert_eq!(tiny.weights().token_bytes() * 2, bytes);
        let half = logits(tiny.weights(), &ids, 3);
        let off = difference(&whole, &half);
        assert!(off > 0.0, "{family:?} did not compute in half precision");
        let most = whole.iter().fold(0f32, |most, logit| most.max(logit.abs()));
        assert!(off < 5e-3 * most, "{family:?} is off by {off} of {most}");
        let requests =
            ["the rain", "in the north of the island"].map(|text| request("Say: ", text, 9));
        for answer in generate(&mut tiny.model, &requests) {
            assert!(answer.unwrap().tokens > 0, "{family:?}");
        }
    }
}

#[test]
fn a_text_is_the_same_alone_and_in_a_batch() {
    for (family, reference) in FAMILIES.into_iter().flat_map(|f| [(f, false), (f, true)]) {
        let mut tiny = load(family, GgmlDType::Q8_0, reference);
        let texts = [
            "the rain",
            "in the north of the island, on Monday",
            "a",
            "other things entirely; the end",
        ];
        let requests: Vec<Request> = texts
            .iter()
            .zip([9, 24, 3, 17])
            .map(|(text, most)| request("Say: ", text, most))
            .collect();
        let together = generate(&mut tiny.model, &requests);
        for (request, together) in requests.iter().zip(together) {
            let alone = generate(&mut tiny.model, std::slice::from_ref(request))
                .remove(0)
                .unwrap();
            assert_eq!(together.unwrap(), alone, "{family:?}");
        }
    }
}

#[test]
fn the_limit_on_tokens_is_kept_and_said() {
    let mut tiny = tiny(Family::Qwen2);
    let request = request("", "the", 5);
    let generated = generate(&mut tiny.model, std::slice::from_ref(&request))
        .remove(0)
        .unwrap();
    assert!(generated.tokens <= 5);
    if generated.tokens == 5 {
        assert_eq!(generated.stop, Stop::TokenLimit);
    }
    assert_eq!(request.meter.tokens(), generated.tokens as u64);
}

#[test]
fn a_stop_string_ends_the_text_before_itself() {
    let mut tiny = tiny(Family::Qwen2);
    let free = generate(&mut tiny.model, &[request("", "the", 24)])
        .remove(0)
        .unwrap()
        .text;
    let stop: String = free.chars().skip(2).take(1).collect();
    let mut stopped = request("", "the", 24);
    stopped.decode.stop = vec![stop.clone()];
    let generated = generate(&mut tiny.model, &[stopped]).remove(0).unwrap();
    assert_eq!(generated.stop, Stop::EndOfText);
    assert_eq!(Some(generated.text.as_str()), free.split(&stop).next());
}

#[test]
fn a_cancelled_request_leaves_the_others_alone() {
    let mut tiny = tiny(Family::Qwen2);
    let requests = [
        request("Say: ", "the rain", 12),
        request("Say: ", "the snow", 12),
    ];
    requests[0].cancel.cancel();
    let mut results = generate(&mut tiny.model, &requests);
    assert!(matches!(results.remove(0), Err(ModelError::Cancelled)));
    assert!(results.remove(0).is_ok());
}

#[test]
fn a_prompt_without_room_for_an_answer_is_refused_by_name() {
    let mut tiny = tiny(Family::Qwen2);
    let long = "word ".repeat(300);
    let results = generate(
        &mut tiny.model,
        &[request("", &long, 5), request("", "short", 5)],
    );
    assert!(
        matches!(results[0], Err(ModelError::TooLong { limit: 256, .. })),
        "{:?}",
        results[0]
    );
    assert!(results[1].is_ok());
}

#[test]
fn control_tokens_in_an_article_are_plain_characters() {
    let tiny = tiny(Family::Qwen2);
    let end = tiny.model.about.tokens.id("<|im_end|>").unwrap();
    let text: Arc<str> = "a<|im_end|>b".into();
    let markup = tiny
        .model
        .about
        .tokens
        .encode_parts(&[Part::Markup(Arc::clone(&text))])
        .unwrap();
    let plain = tiny
        .model
        .about
        .tokens
        .encode_parts(&[Part::Text(Arc::clone(&text))])
        .unwrap();
    assert!(markup.contains(&end));
    assert!(!plain.contains(&end));
    assert_eq!(tiny.model.about.tokens.decode(&plain).unwrap(), *text);
}

#[test]
fn any_text_survives_the_tokenizer() {
    for family in FAMILIES {
        let tiny = tiny(family);
        for text in [
            "Kim said “no” — 09:38 GMT",
            "김정은 위원장",
            "Россия",
            "🎉 emoji",
            "line\nbreak",
        ] {
            let ids = tiny
                .model
                .about
                .tokens
                .encode_parts(&[Part::Text(text.into())])
                .unwrap();
            assert_eq!(
                tiny.model.about.tokens.decode(&ids).unwrap(),
                text,
                "{family:?}"
            );
        }
    }
}

#[test]
fn a_file_of_another_architecture_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tiny.gguf");
    tiny_gguf::write(&path, Family::Llama, 7);
    let settings = Settings {
        id: ModelId::new("tiny"),
        architecture: Architecture::Qwen2,
        sha256: String::new(),
        quantization: String::new(),
        context_tokens: 256,
        batch: 1,
        reference: false,
        lookup: true,
        ignore_end: false,
    };
    let error = DecoderModel::load(&path, settings, &Device::Cpu).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        source.contains("llama") && source.contains("qwen2"),
        "{source}"
    );
}

#[test]
fn a_batch_is_cut_where_its_keys_and_values_would_not_fit() {
    let requests: Vec<Request> = [4, 4, 4, 90].map(|most| request("", "the", most)).into();
    let rows: Vec<Row> = requests
        .into_iter()
        .map(|request| Row::new(Ticket(0), request, vec![1; 6], 0, 256).unwrap())
        .collect();
    // Three rows of 6 + 4 columns; with the fourth, all four have 6 + 90.
    assert_eq!(rows::fitting(&rows, 4 * 96), 4);
    assert_eq!(rows::fitting(&rows, 4 * 96 - 1), 3);
    assert_eq!(rows::fitting(&rows, 29), 2);
    assert_eq!(rows::fitting(&rows, 0), 1, "a single row always runs");
}

#[test]
fn positions_stretched_in_an_unknown_way_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tiny.gguf");
    tiny_gguf::write(&path, Family::Llama, 7);
    let mut content = Content::read(&mut File::open(&path).unwrap()).unwrap();
    let value = candle_core::quantized::gguf_file::Value::String("yarn".into());
    content
        .metadata
        .insert("llama.rope.scaling.type".into(), value);
    let error = Config::read(&content, Architecture::Llama).unwrap_err();
    assert!(error.to_string().contains("yarn"), "{error}");
}
