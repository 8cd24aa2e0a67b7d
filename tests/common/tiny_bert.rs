//! A BERT model of some hundred kilobytes with random weights and a real tokenizer: it knows letters and
//! a few words, and what it makes of a text means nothing.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use presslate::model::ModelId;
use presslate::model::arch::bert::{BertFiles, BertModel, BertSettings};
use serde_json::json;

use super::special_tokens::special_tokens;
use super::tiny_marian::Random;

const WIDTH: usize = 32;
const INNER: usize = 64;
const HEADS: usize = 4;
const LAYERS: usize = 2;
/// Longest text that the model has places for.
pub(crate) const PLACES: usize = 48;

/// The tokens that stand around a text, fill it up, or stand for what is unknown.
const SPECIALS: [&str; 4] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];

/// Writes the files of a model into `folder`.
pub(crate) fn write(folder: &Path, seed: u64) -> BertFiles {
    let files = BertFiles {
        config: folder.join("config.json"),
        weights: folder.join("model.safetensors"),
        tokenizer: folder.join("tokenizer.json"),
    };
    let mut vocab: Vec<String> = SPECIALS.map(str::to_owned).to_vec();
    vocab.extend(["the", "ferry", "was", "late", "##ing", "##ed"].map(str::to_owned));
    for letter in ('!'..='~').filter(|c| !c.is_ascii_uppercase()) {
        vocab.push(letter.to_string());
        vocab.push(format!("##{letter}"));
    }
    let ids: HashMap<&str, usize> = vocab
        .iter()
        .enumerate()
        .map(|(id, piece)| (piece.as_str(), id))
        .collect();
    assert_eq!(ids.len(), vocab.len(), "a piece is there twice");
    let added = special_tokens(&SPECIALS);
    let special = |name: &str| json!({"SpecialToken": {"id": name, "type_id": 0}});
    let of = |name: &str, id: usize| json!({"id": name, "ids": [id], "tokens": [name]});
    let sequence = json!({"Sequence": {"id": "A", "type_id": 0}});
    let around = json!({
        "type": "TemplateProcessing",
        "single": [special("[CLS]"), sequence, special("[SEP]")],
        "pair": [special("[CLS]"), sequence, special("[SEP]")],
        "special_tokens": {"[CLS]": of("[CLS]", 2), "[SEP]": of("[SEP]", 3)},
    });
    let tokenizer = json!({
        // As in the published file: neither is what presslate wants.
        "version": "1.0",
        "truncation": {"max_length": 8, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 16}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
                    "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": added,
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                       "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": around,
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": ids},
    });
    std::fs::write(&files.tokenizer, tokenizer.to_string()).unwrap();
    let config = json!({
        "vocab_size": vocab.len(), "hidden_size": WIDTH, "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS, "intermediate_size": INNER, "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1, "max_position_embeddings": PLACES, "type_vocab_size": 2,
        "initializer_range": 0.02, "layer_norm_eps": 1e-12, "pad_token_id": 0, "model_type": "bert",
    });
    std::fs::write(&files.config, config.to_string()).unwrap();
    let weights = weights(&mut Random(seed), vocab.len());
    candle_core::safetensors::save(&weights, &files.weights).unwrap();
    files
}

/// A loaded model that computes `batch` texts together.
pub(crate) fn load(files: &BertFiles, context_tokens: usize, batch: usize) -> BertModel {
    load_on(files, context_tokens, batch, &Device::Cpu)
}

/// The same on a device.
pub(crate) fn load_on(
    files: &BertFiles,
    context_tokens: usize,
    batch: usize,
    device: &Device,
) -> BertModel {
    let settings = BertSettings {
        id: ModelId::new("tiny-bert"),
        sha256: "00".repeat(32),
        quantization: "f32".to_owned(),
        context_tokens,
        batch,
    };
    BertModel::load(files, settings, device).unwrap()
}

fn weights(random: &mut Random, vocab: usize) -> HashMap<String, Tensor> {
    let mut all = HashMap::new();
    for (name, rows) in [("word", vocab), ("position", PLACES), ("token_type", 2)] {
        let name = format!("embeddings.{name}_embeddings.weight");
        all.insert(name, random.tensor(&[rows, WIDTH], 0.5));
    }
    norm(random, &mut all, "embeddings.LayerNorm");
    for layer in 0..LAYERS {
        let prefix = format!("encoder.layer.{layer}");
        for part in ["query", "key", "value"] {
            let name = format!("{prefix}.attention.self.{part}");
            linear(random, &mut all, &name, WIDTH, WIDTH);
        }
        linear(
            random,
            &mut all,
            &format!("{prefix}.attention.output.dense"),
            WIDTH,
            WIDTH,
        );
        norm(
            random,
            &mut all,
            &format!("{prefix}.attention.output.LayerNorm"),
        );
        linear(
            random,
            &mut all,
            &format!("{prefix}.intermediate.dense"),
            INNER,
            WIDTH,
        );
        linear(
            random,
            &mut all,
            &format!("{prefix}.output.dense"),
            WIDTH,
            INNER,
        );
        norm(random, &mut all, &format!("{prefix}.output.LayerNorm"));
    }
    all
}

fn linear(
    random: &mut Random,
    all: &mut HashMap<String, Tensor>,
    name: &str,
    to: usize,
    from: usize,
) {
    all.insert(format!("{name}.weight"), random.tensor(&[to, from], 0.3));
    all.insert(format!("{name}.bias"), random.tensor(&[to], 0.1));
}

fn norm(random: &mut Random, all: &mut HashMap<String, Tensor>, name: &str) {
    let scale = (random.tensor(&[WIDTH], 0.1) + 1.0).unwrap();
    all.insert(format!("{name}.weight"), scale);
    all.insert(format!("{name}.bias"), random.tensor(&[WIDTH], 0.1));
}
