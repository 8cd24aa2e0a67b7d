//! The catalogue's model on its real weights, where somebody has put them: see tests/peers/README.md.

use std::path::Path;

use candle_core::Device;
use presslate::model::ModelId;
use presslate::model::arch::bert::{BertFiles, BertModel, BertSettings};

use super::embed;

/// Sentence, sentence, and the cosine that the transformers library gives.
const PAIRS: &str = include_str!("../data/bert/expected.tsv");

/// `$TEST_WEIGHTS/all-minilm-l6-v2`, where somebody has put the real model.
pub(crate) fn real_model() -> Option<BertModel> {
    let folder = std::env::var_os("TEST_WEIGHTS");
    let Some(folder) = folder.map(|folder| Path::new(&folder).join("all-minilm-l6-v2")) else {
        crate::common::skip::skip(
            "TEST_WEIGHTS is not set, so BERT was not compared on real weights (tests/peers/README.md)",
        );
        return None;
    };
    let files = BertFiles {
        config: folder.join("config.json"),
        weights: folder.join("model.safetensors"),
        tokenizer: folder.join("tokenizer.json"),
    };
    let settings = BertSettings {
        id: ModelId::new("all-minilm-l6-v2"),
        sha256: String::new(),
        quantization: "f32".to_owned(),
        context_tokens: 256,
        batch: 32,
    };
    Some(BertModel::load(&files, settings, &Device::Cpu).unwrap())
}

#[test]
fn real_weights_compare_as_in_the_transformers_library() {
    let Some(mut model) = real_model() else {
        return;
    };
    let mut pairs = 0;
    for line in PAIRS.lines().skip(1) {
        let [left, right, expected] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line:?} has not three columns")
        };
        let expected: f32 = expected.parse().unwrap();
        let embedded = embed(&mut model, &[left, right]);
        let ours = embedded[0].likeness(&embedded[1]);
        println!("{ours:.4} {expected:.4}  {left} | {right}");
        assert!(
            (ours - expected).abs() < 1e-3,
            "{left} | {right}: {ours}, not {expected}"
        );
        pairs += 1;
    }
    assert!(pairs >= 8, "{pairs} pairs");
}
