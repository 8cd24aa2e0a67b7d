//! A Marian model of about a megabyte with random weights and a real tokenizer. What it writes
//! means nothing, but depends on what it reads, on its seed and on nothing else.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use presslate::model::ModelId;
use presslate::model::arch::marian::linear::Quantization;
use presslate::model::arch::marian::{MarianFiles, MarianModel, MarianSettings};
use presslate::model::tokens::spm::proto::{
    ModelProto, ModelType, NormalizerSpec, Piece, PieceType, TrainerSpec,
};
use prost::Message;

/// Width of the network.
const WIDTH: usize = 16;
const INNER: usize = 48;
const LAYERS: usize = 2;

/// Pieces longer than a character.
const WORDS: [&str; 28] = [
    "▁the",
    "▁a",
    "▁of",
    "▁to",
    "▁in",
    "▁and",
    "▁on",
    "▁said",
    "▁for",
    "▁was",
    "ing",
    "ed",
    "er",
    "es",
    "ion",
    "al",
    "th",
    "re",
    "an",
    "he",
    "▁в",
    "▁и",
    "▁на",
    "ого",
    "ение",
    "▁한",
    "니다",
    "입니다",
];

/// Target tokens of the vocabulary.
pub(crate) const TARGETS: [&str; 2] = [">>rus<<", ">>kor<<"];

/// Writes the files of a model into `folder`.
pub(crate) fn write(folder: &Path, seed: u64) -> MarianFiles {
    let pieces = pieces();
    std::fs::write(
        folder.join("source.spm"),
        spm(&pieces, ModelType::Unigram).encode_to_vec(),
    )
    .unwrap();
    std::fs::write(
        folder.join("target.spm"),
        spm(&pieces, ModelType::Unigram).encode_to_vec(),
    )
    .unwrap();
    let mut vocab: Vec<&str> = vec!["</s>", "<unk>"];
    vocab.extend(TARGETS);
    vocab.extend(pieces.iter().map(String::as_str));
    vocab.push("<pad>");
    let ids: HashMap<&str, usize> = vocab
        .iter()
        .enumerate()
        .map(|(id, piece)| (*piece, id))
        .collect();
    assert_eq!(ids.len(), vocab.len(), "a piece is there twice");
    std::fs::write(folder.join("vocab.json"), serde_json::to_vec(&ids).unwrap()).unwrap();
    std::fs::write(folder.join("config.json"), config(vocab.len()).to_string()).unwrap();
    let weights = Random(seed).weights(vocab.len());
    candle_core::safetensors::save(&weights, folder.join("model.safetensors")).unwrap();
    MarianFiles::in_folder(folder)
}

/// A loaded model.
pub(crate) fn load(files: &MarianFiles, quantization: Quantization, batch: usize) -> MarianModel {
    load_on(files, quantization, batch, &Device::Cpu)
}

/// The same on a device.
pub(crate) fn load_on(
    files: &MarianFiles,
    quantization: Quantization,
    batch: usize,
    device: &Device,
) -> MarianModel {
    let settings = MarianSettings {
        id: ModelId::new("tiny-marian"),
        sha256: "00".repeat(32),
        quantization,
        context_tokens: 64,
        batch,
        reference: false,
        shortlist: true,
        ignore_end: false,
    };
    MarianModel::load(files, settings, device).unwrap()
}

/// A model of this seed.
pub(crate) fn model(seed: u64) -> MarianModel {
    let folder = tempfile::tempdir().unwrap();
    load(&write(folder.path(), seed), Quantization::F32, 8)
}

/// A SentencePiece model of `pieces`; single characters are less likely than longer pieces.
pub(crate) fn spm(pieces: &[String], model_type: ModelType) -> ModelProto {
    let piece = |text: &str, score: f32, kind: PieceType| Piece {
        piece: Some(text.to_owned()),
        score: Some(score),
        r#type: Some(kind.into()),
    };
    let mut all = vec![
        piece("<unk>", 0.0, PieceType::Unknown),
        piece("<s>", 0.0, PieceType::Control),
    ];
    all.push(piece("</s>", 0.0, PieceType::Control));
    all.extend(pieces.iter().zip(0u16..).map(|(text, rank)| {
        let base = if text.chars().count() > 1 { -3.0 } else { -9.0 };
        piece(text, base - f32::from(rank) / 10_000.0, PieceType::Normal)
    }));
    ModelProto {
        pieces: all,
        trainer_spec: Some(TrainerSpec {
            model_type: Some(model_type.into()),
            ..TrainerSpec::default()
        }),
        normalizer_spec: Some(NormalizerSpec {
            name: Some("identity".to_owned()),
            ..NormalizerSpec::default()
        }),
    }
}

/// Words, then every character of printable ASCII, Cyrillic and Hangul.
pub(crate) fn pieces() -> Vec<String> {
    let characters = ('!'..='~')
        .chain('Ѐ'..='ӿ')
        .chain('가'..='힣')
        .chain(['▁', '’', '“', '”', '—']);
    let mut seen = BTreeSet::new();
    let all = WORDS
        .iter()
        .map(ToString::to_string)
        .chain(characters.map(String::from));
    all.filter(|piece| seen.insert(piece.clone())).collect()
}

fn config(vocab: usize) -> serde_json::Value {
    serde_json::json!({
        "model_type": "marian",
        "activation_function": "swish",
        "d_model": WIDTH,
        "encoder_layers": LAYERS,
        "encoder_ffn_dim": INNER,
        "encoder_attention_heads": 4,
        "decoder_layers": LAYERS,
        "decoder_ffn_dim": INNER,
        "decoder_attention_heads": 4,
        "decoder_start_token_id": vocab - 1,
        "decoder_vocab_size": vocab,
        "vocab_size": vocab,
        "pad_token_id": vocab - 1,
        "eos_token_id": 0,
        "forced_eos_token_id": 0,
        "bad_words_ids": [[vocab - 1]],
        "max_position_embeddings": 64,
        "scale_embedding": true,
        "share_encoder_decoder_embeddings": true,
        "static_position_embeddings": true,
        "normalize_before": false,
        "is_encoder_decoder": true,
        "use_cache": true,
    })
}

/// A small seeded generator.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Roughly normal, of this standard deviation.
    pub(crate) fn tensor(&mut self, shape: &[usize], deviation: f32) -> Tensor {
        let count = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|_| self.normal() * deviation).collect();
        Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
    }

    fn normal(&mut self) -> f32 {
        // The sum of twelve uniform numbers has variance 1.
        (0..12).map(|_| self.uniform()).sum::<f32>() - 6.0
    }

    fn uniform(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f32::from(u16::try_from(self.0 >> 48).unwrap()) / 65_536.0
    }

    fn weights(&mut self, vocab: usize) -> HashMap<String, Tensor> {
        let mut all = HashMap::new();
        // Half precision: most of the file. Small beside the layers' weights: tied embeddings
        // otherwise write again what they have just read.
        let shared = self
            .tensor(&[vocab, WIDTH], 0.2)
            .to_dtype(DType::F16)
            .unwrap();
        all.insert("model.shared.weight".to_owned(), shared);
        all.insert(
            "final_logits_bias".to_owned(),
            self.tensor(&[1, vocab], 0.2),
        );
        for i in 0..LAYERS {
            self.layer(
                &format!("model.encoder.layers.{i}"),
                &["self_attn"],
                &mut all,
            );
            self.layer(
                &format!("model.decoder.layers.{i}"),
                &["self_attn", "encoder_attn"],
                &mut all,
            );
        }
        all
    }

    fn layer(&mut self, prefix: &str, attentions: &[&str], all: &mut HashMap<String, Tensor>) {
        let mut put = |name: String, tensor: Tensor| {
            assert!(all.insert(format!("{prefix}.{name}"), tensor).is_none());
        };
        for attention in attentions {
            for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                put(
                    format!("{attention}.{projection}.weight"),
                    self.tensor(&[WIDTH, WIDTH], 0.6),
                );
                put(
                    format!("{attention}.{projection}.bias"),
                    self.tensor(&[WIDTH], 0.1),
                );
            }
        }
        put("fc1.weight".to_owned(), self.tensor(&[INNER, WIDTH], 0.5));
        put("fc1.bias".to_owned(), self.tensor(&[INNER], 0.1));
        put("fc2.weight".to_owned(), self.tensor(&[WIDTH, INNER], 0.5));
        put("fc2.bias".to_owned(), self.tensor(&[WIDTH], 0.1));
        let norms = attentions
            .iter()
            .map(|attention| format!("{attention}_layer_norm"));
        for norm in norms.chain(["final_layer_norm".to_owned()]) {
            put(
                format!("{norm}.weight"),
                (self.tensor(&[WIDTH], 0.1) + 1.0).unwrap(),
            );
            put(format!("{norm}.bias"), self.tensor(&[WIDTH], 0.1));
        }
    }
}
