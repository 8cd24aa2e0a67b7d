//! The tokenizer inside a GGUF file.

use std::collections::HashMap;

use candle_core::quantized::gguf_file::{Content, Value};
use candle_core::quantized::tokenizer::TokenizerFromGguf;
use candle_core::{Error, Result};
use tokenizers::decoders::DecoderWrapper;
use tokenizers::decoders::sequence::Sequence;
use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::Replace;
use tokenizers::{AddedToken, Tokenizer};

/// A tokenizer with the tokens that begin and end a text.
#[derive(Debug, Clone)]
pub struct GgufTokens {
    /// The tokenizer.
    pub tokenizer: Tokenizer,
    /// To be put before every text, where the model wants it.
    pub begin: Option<u32>,
    /// Each of these ends a text.
    pub end: Vec<u32>,
}

/// Builds the tokenizer that a GGUF file describes.
///
/// # Errors
/// When the file holds none, or one of a kind that is not known here.
pub fn read(content: &mut Content) -> Result<GgufTokens> {
    let model = string(content, "tokenizer.ggml.model").ok_or_else(|| {
        Error::msg("the GGUF file holds no tokenizer (tokenizer.ggml.model is missing)")
    })?;
    let tokenizer = match model.as_str() {
        "gpt2" => {
            // llama.cpp writes `llama-bpe` for what candle knows as `llama3`; under a name it does
            // not know, candle would fall back to GPT-2's rules, which cut figures differently.
            if string(content, "tokenizer.ggml.pre").as_deref() == Some("llama-bpe") {
                content.metadata.insert(
                    "tokenizer.ggml.pre".to_owned(),
                    Value::String("llama3".to_owned()),
                );
            }
            Tokenizer::from_gguf(content)?
        }
        "llama" => sentencepiece(content)?,
        other => {
            return Err(Error::msg(format!(
                "the GGUF file's tokenizer is of kind {other:?}; gpt2 and llama are known here"
            )));
        }
    };
    // Files of these two families often leave it unsaid; llama.cpp adds it then.
    let begins =
        model == "llama" || string(content, "tokenizer.ggml.pre").as_deref() == Some("llama3");
    let begin = flag(content, "tokenizer.ggml.add_bos_token", begins)
        .then(|| id(content, "tokenizer.ggml.bos_token_id"))
        .flatten();
    let mut end: Vec<u32> = ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"]
        .iter()
        .filter_map(|key| id(content, key))
        .collect();
    // Chat turns and documents end differently; files name only one of the two.
    for token in [
        "<|im_end|>",
        "<|endoftext|>",
        "<|eot_id|>",
        "<|end_of_text|>",
        "<end_of_turn>",
        "<eos>",
        "</s>",
    ] {
        if let Some(id) = tokenizer.token_to_id(token)
            && !end.contains(&id)
        {
            end.push(id);
        }
    }
    Ok(GgufTokens {
        tokenizer,
        begin,
        end,
    })
}

/// Gemma's kind: SentencePiece BPE. The file has scores but no merges; a pair merges when it is
/// itself a token, the best score first.
fn sentencepiece(content: &Content) -> Result<Tokenizer> {
    if flag(content, "tokenizer.ggml.add_space_prefix", true) {
        return Err(Error::msg(
            "the GGUF file's tokenizer puts a space before every text (Llama 2 and its kind), which is not known here",
        ));
    }
    let tokens = strings(content, "tokenizer.ggml.tokens")?;
    let scores: Vec<f32> = array(content, "tokenizer.ggml.scores")?
        .iter()
        .map(Value::to_f32)
        .collect::<Result<_>>()?;
    let types: Vec<i32> = array(content, "tokenizer.ggml.token_type")?
        .iter()
        .map(Value::to_i32)
        .collect::<Result<_>>()?;
    let vocab: HashMap<&str, u32> = tokens.iter().map(String::as_str).zip(0u32..).collect();
    let mut merges = Vec::new();
    for ((token, score), kind) in tokens.iter().zip(&scores).zip(&types) {
        if *kind != NORMAL {
            continue;
        }
        for (cut, _) in token.char_indices().skip(1) {
            let (left, right) = token.split_at(cut);
            if let (Some(&l), Some(&r)) = (vocab.get(left), vocab.get(right)) {
                merges.push((*score, l, r, left.to_owned(), right.to_owned()));
            }
        }
    }
    merges.sort_by(|a, b| {
        b.0.total_cmp(&a.0)
            .then_with(|| (a.1, a.2).cmp(&(b.1, b.2)))
    });
    let merges = merges
        .into_iter()
        .map(|(_, _, _, left, right)| (left, right))
        .collect();
    let vocab: tokenizers::models::bpe::Vocab = vocab
        .iter()
        .map(|(token, id)| ((*token).to_owned(), *id))
        .collect();
    let bpe = BPE::builder()
        .vocab_and_merges(vocab, merges)
        .byte_fallback(true)
        .fuse_unk(true)
        .build()
        .map_err(Error::wrap)?;
    let mut tokenizer = Tokenizer::new(bpe);
    tokenizer
        .with_normalizer(Some(Replace::new(" ", "▁").map_err(Error::wrap)?))
        .map_err(Error::wrap)?;
    let decoders: Vec<DecoderWrapper> = vec![
        Replace::new("▁", " ").map_err(Error::wrap)?.into(),
        tokenizers::decoders::byte_fallback::ByteFallback::new().into(),
        tokenizers::decoders::fuse::Fuse::new().into(),
    ];
    tokenizer.with_decoder(Some(Sequence::new(decoders)));
    let control = tokens
        .iter()
        .zip(&types)
        .filter(|(_, kind)| matches!(**kind, CONTROL | USER_DEFINED))
        .map(|(token, kind)| AddedToken::from(token.clone(), *kind == CONTROL).normalized(false))
        .collect::<Vec<_>>();
    tokenizer.add_tokens(control).map_err(Error::wrap)?;
    Ok(tokenizer)
}

/// Token types of GGUF.
const NORMAL: i32 = 1;
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;

fn array<'a>(content: &'a Content, key: &str) -> Result<&'a Vec<Value>> {
    content
        .metadata
        .get(key)
        .ok_or_else(|| Error::msg(format!("the GGUF file lacks {key}")))?
        .to_vec()
}

fn strings(content: &Content, key: &str) -> Result<Vec<String>> {
    array(content, key)?
        .iter()
        .map(|value| value.to_string().cloned())
        .collect()
}

fn string(content: &Content, key: &str) -> Option<String> {
    content.metadata.get(key)?.to_string().ok().cloned()
}

fn id(content: &Content, key: &str) -> Option<u32> {
    content.metadata.get(key)?.to_u32().ok()
}

fn flag(content: &Content, key: &str, default: bool) -> bool {
    content
        .metadata
        .get(key)
        .and_then(|value| value.to_bool().ok())
        .unwrap_or(default)
}
