//! Decoder-only models of a few hundred kilobytes: seeded random weights of the real shape, and a
//! real tokenizer, so that everything but the quality of the text can be tested in seconds.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::semicolon_if_nothing_returned,
    reason = "the sizes of a tiny model are small numbers"
)]

use std::fs::File;
use std::path::Path;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

/// The families there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    dead_code,
    reason = "the unit tests of the decoder take every family, other tests one"
)]
pub(crate) enum Family {
    Qwen2,
    Qwen3,
    Gemma3,
    Llama,
}

#[allow(dead_code, reason = "as above")]
pub(crate) const FAMILIES: [Family; 4] =
    [Family::Qwen2, Family::Qwen3, Family::Gemma3, Family::Llama];

impl Family {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Gemma3 => "gemma3",
            Self::Llama => "llama",
        }
    }
}

const HIDDEN: usize = 64;
const FEED: usize = 128;
const HEADS: usize = 4;
const KV_HEADS: usize = 2;
const LAYERS: usize = 7;
pub(crate) const CONTEXT: usize = 512;
const WINDOW: u32 = 24;

/// Numbers between -1 and 1, the same for the same seed on every machine.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / 8_388_608.0 - 1.0
    }

    fn tensor(&mut self, shape: &[usize], scale: f32, offset: f32) -> Tensor {
        let size = shape.iter().product();
        let values: Vec<f32> = (0..size).map(|_| self.next() * scale + offset).collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    }
}

/// Writes a model of this family to `path`.
pub(crate) fn write(path: &Path, family: Family, seed: u64) {
    write_as(path, family, seed, GgmlDType::Q8_0);
}

/// Writes a model whose matrices are stored like this.
pub(crate) fn write_as(path: &Path, family: Family, seed: u64, matrices: GgmlDType) {
    let mut metadata = match family {
        Family::Gemma3 => sentencepiece(),
        _ => byte_level(family),
    };
    let vocabulary = metadata
        .iter()
        .find(|(key, _)| key == "tokenizer.ggml.tokens")
        .map(|(_, tokens)| tokens.to_vec().unwrap().len())
        .unwrap();
    let name = family.name();
    metadata.push(("general.architecture".into(), Value::String(name.into())));
    // Without it, candle-transformers' Qwen3 works in half precision.
    metadata.push(("general.dtype".into(), Value::U32(0)));
    let mut size = |key: &str, value: usize| {
        metadata.push((format!("{name}.{key}"), Value::U32(value as u32)));
    };
    size("block_count", LAYERS);
    size("context_length", CONTEXT);
    size("embedding_length", HIDDEN);
    size("feed_forward_length", FEED);
    size("attention.head_count", HEADS);
    size("attention.head_count_kv", KV_HEADS);
    size("attention.key_length", HIDDEN / HEADS);
    size("attention.value_length", HIDDEN / HEADS);
    size("rope.dimension_count", HIDDEN / HEADS);
    metadata.push((
        format!("{name}.attention.layer_norm_rms_epsilon"),
        Value::F32(1e-6),
    ));
    metadata.push((format!("{name}.rope.freq_base"), Value::F32(10_000.0)));
    if family == Family::Gemma3 {
        metadata.push((
            format!("{name}.attention.sliding_window"),
            Value::U32(WINDOW),
        ));
    }

    let mut noise = Noise(seed);
    let mut tensors: Vec<(String, QTensor)> = Vec::new();
    let mut matrix = |name: String, rows: usize, columns: usize, noise: &mut Noise| {
        let scale = 1.7 / (columns as f32).sqrt();
        let tensor = noise.tensor(&[rows, columns], scale, 0.0);
        tensors.push((name, QTensor::quantize(&tensor, matrices).unwrap()));
    };
    matrix("token_embd.weight".into(), vocabulary, HIDDEN, &mut noise);
    // Tied embeddings would echo the last token for ever.
    matrix("output.weight".into(), vocabulary, HIDDEN, &mut noise);
    let head = HIDDEN / HEADS;
    for layer in 0..LAYERS {
        let mut matrix = |part: &str, rows, columns| {
            matrix(
                format!("blk.{layer}.{part}.weight"),
                rows,
                columns,
                &mut noise,
            )
        };
        matrix("attn_q", HIDDEN, HIDDEN);
        matrix("attn_k", KV_HEADS * head, HIDDEN);
        matrix("attn_v", KV_HEADS * head, HIDDEN);
        matrix("attn_output", HIDDEN, HIDDEN);
        matrix("ffn_gate", FEED, HIDDEN);
        matrix("ffn_up", FEED, HIDDEN);
        matrix("ffn_down", HIDDEN, FEED);
    }
    let mut vector = |name: String, size: usize, scale: f32, offset: f32| {
        let tensor = noise.tensor(&[size], scale, offset);
        tensors.push((name, QTensor::quantize(&tensor, GgmlDType::F32).unwrap()));
    };
    vector("output_norm.weight".into(), HIDDEN, 0.1, 1.0);
    for layer in 0..LAYERS {
        let name = |part: &str| format!("blk.{layer}.{part}");
        vector(name("attn_norm.weight"), HIDDEN, 0.1, 1.0);
        vector(name("ffn_norm.weight"), HIDDEN, 0.1, 1.0);
        if family == Family::Qwen2 {
            vector(name("attn_q.bias"), HIDDEN, 0.1, 0.0);
            vector(name("attn_k.bias"), KV_HEADS * head, 0.1, 0.0);
            vector(name("attn_v.bias"), KV_HEADS * head, 0.1, 0.0);
        }
        if matches!(family, Family::Qwen3 | Family::Gemma3) {
            vector(name("attn_q_norm.weight"), head, 0.1, 1.0);
            vector(name("attn_k_norm.weight"), head, 0.1, 1.0);
        }
        if family == Family::Gemma3 {
            vector(name("post_attention_norm.weight"), HIDDEN, 0.1, 1.0);
            vector(name("post_ffw_norm.weight"), HIDDEN, 0.1, 1.0);
        }
    }
    let metadata: Vec<(&str, &Value)> = metadata
        .iter()
        .map(|(key, value)| (key.as_str(), value))
        .collect();
    let tensors: Vec<(&str, &QTensor)> = tensors
        .iter()
        .map(|(name, tensor)| (name.as_str(), tensor))
        .collect();
    let mut file = File::create(path).unwrap();
    gguf_file::write(&mut file, &metadata, &tensors).unwrap();
}

/// GPT-2's alphabet: a printable character for every byte.
fn byte_characters() -> Vec<String> {
    let printable: Vec<u32> = (33..=126).chain(161..=172).chain(174..=255).collect();
    let mut next = 256;
    (0..256u32)
        .map(|byte| {
            let code = if printable.contains(&byte) {
                byte
            } else {
                next += 1;
                next - 1
            };
            char::from_u32(code).unwrap().to_string()
        })
        .collect()
}

fn byte_level(family: Family) -> Vec<(String, Value)> {
    let mut tokens = byte_characters();
    let mut merges = Vec::new();
    for (left, right) in [
        ("t", "h"),
        ("th", "e"),
        ("i", "n"),
        ("e", "r"),
        ("Ġ", "the"),
        ("o", "n"),
        ("a", "n"),
    ] {
        merges.push(Value::String(format!("{left} {right}")));
        tokens.push(format!("{left}{right}"));
    }
    let end = tokens.len() as u32;
    tokens.extend(["<|endoftext|>", "<|im_start|>", "<|im_end|>"].map(str::to_owned));
    let types = (0..tokens.len())
        .map(|id| Value::I32(if id as u32 >= end { 3 } else { 1 }))
        .collect();
    let pre = if family == Family::Llama {
        "llama-bpe"
    } else {
        "qwen2"
    };
    let mut metadata = vec![
        ("tokenizer.ggml.model".into(), Value::String("gpt2".into())),
        ("tokenizer.ggml.pre".into(), Value::String(pre.into())),
        (
            "tokenizer.ggml.tokens".into(),
            Value::Array(tokens.into_iter().map(Value::String).collect()),
        ),
        ("tokenizer.ggml.token_type".into(), Value::Array(types)),
        ("tokenizer.ggml.merges".into(), Value::Array(merges)),
        ("tokenizer.ggml.eos_token_id".into(), Value::U32(end + 2)),
    ];
    if family == Family::Llama {
        metadata.push(("tokenizer.ggml.bos_token_id".into(), Value::U32(end)));
        metadata.push(("tokenizer.ggml.add_bos_token".into(), Value::Bool(true)));
    }
    metadata
}

fn sentencepiece() -> Vec<(String, Value)> {
    let mut entries: Vec<(String, f32, i32)> = vec![
        ("<pad>".into(), 0.0, 3),
        ("<eos>".into(), 0.0, 3),
        ("<bos>".into(), 0.0, 3),
        ("<unk>".into(), 0.0, 2),
        ("<start_of_turn>".into(), 0.0, 3),
        ("<end_of_turn>".into(), 0.0, 3),
    ];
    entries.extend((0..256).map(|byte| (format!("<0x{byte:02X}>"), 0.0, 6)));
    for (rank, piece) in ["th", "the", "▁the", "in", "er", "on"].iter().enumerate() {
        entries.push(((*piece).into(), -(rank as f32), 1));
    }
    entries.push(("▁".into(), -50.0, 1));
    entries.extend((' '..='~').skip(1).map(|c| (c.to_string(), -100.0, 1)));
    let (mut tokens, mut scores, mut types) = (Vec::new(), Vec::new(), Vec::new());
    for (token, score, kind) in entries {
        tokens.push(Value::String(token));
        scores.push(Value::F32(score));
        types.push(Value::I32(kind));
    }
    vec![
        ("tokenizer.ggml.model".into(), Value::String("llama".into())),
        ("tokenizer.ggml.tokens".into(), Value::Array(tokens)),
        ("tokenizer.ggml.scores".into(), Value::Array(scores)),
        ("tokenizer.ggml.token_type".into(), Value::Array(types)),
        ("tokenizer.ggml.bos_token_id".into(), Value::U32(2)),
        ("tokenizer.ggml.eos_token_id".into(), Value::U32(1)),
        ("tokenizer.ggml.add_bos_token".into(), Value::Bool(true)),
        ("tokenizer.ggml.add_space_prefix".into(), Value::Bool(false)),
    ]
}
