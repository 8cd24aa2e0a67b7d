//! Text to tokens and back, the way each model was trained to see it.

pub mod gguf;
pub mod marian;
pub mod spm;

use std::sync::Arc;

use tokenizers::Tokenizer;

use crate::model::{CountTokens, Part};

/// A tokenizer in two minds about control tokens: markup may hold them, other people's text may
/// not.
#[derive(Debug, Clone)]
pub struct TextTokens {
    /// Reads `<|im_start|>` as one control token.
    markup: Arc<Tokenizer>,
    /// Reads `<|im_start|>` as twelve characters.
    plain: Arc<Tokenizer>,
}

impl TextTokens {
    /// Wraps a tokenizer.
    pub fn new(tokenizer: Tokenizer) -> Self {
        let mut plain = tokenizer.clone();
        plain.set_encode_special_tokens(true);
        Self {
            markup: Arc::new(tokenizer),
            plain: Arc::new(plain),
        }
    }

    /// Token ids of a piece of markup.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn encode_markup(&self, text: &str) -> candle_core::Result<Vec<u32>> {
        encode(&self.markup, text)
    }

    /// Token ids of a prompt's parts, one after the other.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn encode_parts(&self, parts: &[Part]) -> candle_core::Result<Vec<u32>> {
        let mut ids = Vec::new();
        for part in parts {
            match part {
                Part::Markup(text) => ids.extend(encode(&self.markup, text)?),
                Part::Text(text) => ids.extend(encode(&self.plain, text)?),
            }
        }
        Ok(ids)
    }

    /// The text of `ids`, control tokens left out. An incomplete character at the end comes out
    /// as U+FFFD.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn decode(&self, ids: &[u32]) -> candle_core::Result<String> {
        self.markup
            .decode(ids, true)
            .map_err(candle_core::Error::wrap)
    }

    /// The id of a token, by its exact text.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.markup.token_to_id(token)
    }
}

impl CountTokens for TextTokens {
    fn count(&self, text: &str) -> usize {
        // A tokenizer that fails on a text will fail loudly when the text is encoded; for
        // planning, a character a token is the safe side.
        encode(&self.plain, text).map_or_else(|_| text.chars().count(), |ids| ids.len())
    }
}

fn encode(tokenizer: &Tokenizer, text: &str) -> candle_core::Result<Vec<u32>> {
    let encoding = tokenizer
        .encode_fast(text, false)
        .map_err(candle_core::Error::wrap)?;
    Ok(encoding.get_ids().to_vec())
}
