//! A T5 model of some hundred kilobytes with random weights and a real tokenizer.

use std::fs::File;
use std::path::Path;

use candle_core::quantized::{GgmlDType, QTensor, gguf_file};
use candle_core::{DType, Device, Tensor};
use presslate::model::ModelId;
use presslate::model::arch::t5::{T5Files, T5Model, T5Settings};
use serde_json::json;

use super::special_tokens::special_tokens;
use super::tiny_marian::Random;

const WIDTH: usize = 64;
const INNER: usize = 96;
const HEADS: usize = 2;
const LAYERS: usize = 2;

/// Writes the files of a model into `folder`, its dense layers stored as `linears`.
pub(crate) fn write(folder: &Path, seed: u64, linears: GgmlDType) -> T5Files {
    let files = T5Files {
        config: folder.join("config.json"),
        weights: folder.join("model.gguf"),
        tokenizer: folder.join("tokenizer.json"),
    };
    let mut vocab = vec![
        json!(["<pad>", 0.0]),
        json!(["</s>", 0.0]),
        json!(["<unk>", 0.0]),
        json!(["<2ru>", -50.0]),
    ];
    vocab.extend(["▁the", "▁a", "ing", "er"].map(|piece| json!([piece, -3.0])));
    vocab.extend(
        ('!'..='~')
            .chain(['▁'])
            .map(|c| json!([c.to_string(), -9.0])),
    );
    let size = vocab.len();
    let added = special_tokens(&["<pad>", "</s>", "<unk>", "<2ru>"]);
    let metaspace =
        json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true});
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added, "normalizer": null,
        "pre_tokenizer": metaspace, "post_processor": null, "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": 2, "vocab": vocab, "byte_fallback": false},
    });
    std::fs::write(&files.tokenizer, tokenizer.to_string()).unwrap();
    let config = json!({
        "vocab_size": size, "d_model": WIDTH, "d_kv": WIDTH / HEADS, "d_ff": INNER, "num_layers": LAYERS,
        "num_decoder_layers": LAYERS, "num_heads": HEADS, "relative_attention_num_buckets": 32,
        "relative_attention_max_distance": 128, "dropout_rate": 0.0, "layer_norm_epsilon": 1e-6,
        "initializer_factor": 1.0, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": false,
        "is_encoder_decoder": true, "use_cache": true, "pad_token_id": 0, "eos_token_id": 1,
        "decoder_start_token_id": 0,
    });
    std::fs::write(&files.config, config.to_string()).unwrap();
    let tensors = tensors(&mut Random(seed), size, linears);
    let tensors: Vec<(&str, &QTensor)> = tensors
        .iter()
        .map(|(name, tensor)| (name.as_str(), tensor))
        .collect();
    gguf_file::write(&mut File::create(&files.weights).unwrap(), &[], &tensors).unwrap();
    files
}

/// A loaded model.
pub(crate) fn load(files: &T5Files) -> T5Model {
    load_on(files, &Device::Cpu)
}

/// The same on a device.
pub(crate) fn load_on(files: &T5Files, device: &Device) -> T5Model {
    let settings = T5Settings {
        id: ModelId::new("tiny-t5"),
        sha256: "00".repeat(32),
        quantization: "Q8_0".to_owned(),
        context_tokens: 100,
        batch: 4,
        reference: false,
        shortlist: true,
        ignore_end: false,
    };
    T5Model::load(files, settings, device).unwrap()
}

fn tensors(random: &mut Random, vocab: usize, linears: GgmlDType) -> Vec<(String, QTensor)> {
    let mut all = Vec::new();
    let mut put = |name: String, tensor: &Tensor| {
        let blocks = tensor.dims().last().unwrap().is_multiple_of(32) && tensor.rank() == 2;
        let dtype = if blocks { linears } else { GgmlDType::F32 };
        all.push((name, QTensor::quantize(tensor, dtype).unwrap()));
    };
    // Halves, so that a copy in half precision is exact.
    let shared = random
        .tensor(&[vocab, WIDTH], 1.0)
        .to_dtype(DType::F16)
        .unwrap()
        .to_dtype(DType::F32)
        .unwrap();
    put("shared.weight".to_owned(), &shared);
    put(
        "lm_head.weight".to_owned(),
        &random.tensor(&[vocab, WIDTH], 0.3),
    );
    for (stack, decoder) in [("encoder", false), ("decoder", true)] {
        put(
            format!("{stack}.final_layer_norm.weight"),
            &(random.tensor(&[WIDTH], 0.1) + 1.0).unwrap(),
        );
        let bias = format!("{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight");
        put(bias, &random.tensor(&[32, HEADS], 2.0));
        for block in 0..LAYERS {
            let prefix = format!("{stack}.block.{block}.layer");
            let attentions: &[(usize, &str)] = if decoder {
                &[(0, "SelfAttention"), (1, "EncDecAttention")]
            } else {
                &[(0, "SelfAttention")]
            };
            for (layer, attention) in attentions {
                for projection in ["q", "k", "v", "o"] {
                    let name = format!("{prefix}.{layer}.{attention}.{projection}.weight");
                    put(name, &random.tensor(&[WIDTH, WIDTH], 0.12));
                }
            }
            let last = attentions.len();
            for layer in 0..=last {
                put(
                    format!("{prefix}.{layer}.layer_norm.weight"),
                    &(random.tensor(&[WIDTH], 0.1) + 1.0).unwrap(),
                );
            }
            put(
                format!("{prefix}.{last}.DenseReluDense.wi_0.weight"),
                &random.tensor(&[INNER, WIDTH], 0.12),
            );
            put(
                format!("{prefix}.{last}.DenseReluDense.wi_1.weight"),
                &random.tensor(&[INNER, WIDTH], 0.12),
            );
            put(
                format!("{prefix}.{last}.DenseReluDense.wo.weight"),
                &random.tensor(&[WIDTH, INNER], 0.12),
            );
        }
    }
    all
}
