//! `config.json` of a Marian model.

use candle_nn::Activation;
use serde::Deserialize;

/// The sizes and special ids of a model, under the names of its `config.json`.
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are fields of somebody else's file"
)]
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Config {
    /// Ids of the encoder, and of the decoder unless it has its own number.
    pub vocab_size: usize,
    /// Ids of the decoder.
    #[serde(default)]
    pub decoder_vocab_size: Option<usize>,
    /// Width of the network.
    pub d_model: usize,
    /// Encoder layers.
    pub encoder_layers: usize,
    /// Width inside an encoder layer's feed-forward block.
    pub encoder_ffn_dim: usize,
    /// Attention heads of the encoder.
    pub encoder_attention_heads: usize,
    /// Decoder layers.
    pub decoder_layers: usize,
    /// Width inside a decoder layer's feed-forward block.
    pub decoder_ffn_dim: usize,
    /// Attention heads of the decoder.
    pub decoder_attention_heads: usize,
    /// Longest source and longest output, in tokens.
    pub max_position_embeddings: usize,
    /// `swish`, `relu` or `gelu`.
    pub activation_function: Activation,
    /// Whether embeddings are multiplied by the root of `d_model`.
    #[serde(default)]
    pub scale_embedding: bool,
    /// Fills the shorter rows of a batch; never generated.
    pub pad_token_id: u32,
    /// Ends a text.
    pub eos_token_id: u32,
    /// What the decoder begins with.
    pub decoder_start_token_id: u32,
    /// Token sequences that must not be generated. Those of one token are honoured; the pad token
    /// is banned whether it is listed or not.
    #[serde(default)]
    pub bad_words_ids: Option<Vec<Vec<u32>>>,
    /// Whether encoder and decoder have the same embeddings.
    #[serde(default = "yes")]
    pub share_encoder_decoder_embeddings: bool,
    /// Sinusoidal positions; others are refused.
    #[serde(default = "yes")]
    pub static_position_embeddings: bool,
    /// Layer norm before each block instead of after it: refused.
    #[serde(default)]
    pub normalize_before: bool,
    /// Layer norm after the embedding: refused.
    #[serde(default)]
    pub normalize_embedding: bool,
    /// One more layer norm at the end: refused.
    #[serde(default)]
    pub add_final_layer_norm: bool,
}

fn yes() -> bool {
    true
}

/// Why a `config.json` is of no use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Not JSON, or a field is missing or of the wrong type.
    #[error("config.json is not that of a Marian model; fetch it again")]
    Parse(#[from] serde_json::Error),
    /// The sizes contradict each other.
    #[error("config.json contradicts itself: {0}")]
    Sizes(&'static str),
    /// A variant that no published Marian model uses; the transformers library does not run it
    /// either.
    #[error("config.json asks for {0}, which Marian here does not have")]
    Unsupported(&'static str),
}

impl Config {
    /// Reads and checks a `config.json`.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn parse(json: &[u8]) -> Result<Self, ConfigError> {
        let config: Self = serde_json::from_slice(json)?;
        config.check()?;
        Ok(config)
    }

    /// Ids that the decoder knows.
    pub fn target_vocab(&self) -> usize {
        self.decoder_vocab_size.unwrap_or(self.vocab_size)
    }

    /// Tokens that are never generated.
    pub fn banned(&self) -> Vec<u32> {
        let listed = self.bad_words_ids.iter().flatten();
        let single = listed.filter_map(|words| {
            if let [word] = words.as_slice() {
                Some(*word)
            } else {
                None
            }
        });
        let mut banned: Vec<u32> = single.chain([self.pad_token_id]).collect();
        banned.sort_unstable();
        banned.dedup();
        banned
    }

    fn check(&self) -> Result<(), ConfigError> {
        let divides = |heads: usize| heads > 0 && self.d_model.is_multiple_of(heads);
        if self.d_model == 0 || !self.d_model.is_multiple_of(2) {
            return Err(ConfigError::Sizes("d_model must be even and above zero"));
        }
        if !divides(self.encoder_attention_heads) || !divides(self.decoder_attention_heads) {
            return Err(ConfigError::Sizes(
                "d_model is not a multiple of the attention heads",
            ));
        }
        if self.max_position_embeddings == 0 || self.vocab_size == 0 {
            return Err(ConfigError::Sizes(
                "max_position_embeddings and vocab_size must be above zero",
            ));
        }
        let known = |id: u32| usize::try_from(id).is_ok_and(|id| id < self.target_vocab());
        if ![
            self.pad_token_id,
            self.eos_token_id,
            self.decoder_start_token_id,
        ]
        .into_iter()
        .all(known)
        {
            return Err(ConfigError::Sizes(
                "a special token lies outside the vocabulary",
            ));
        }
        match () {
            () if !self.static_position_embeddings => {
                Err(ConfigError::Unsupported("learned positions"))
            }
            () if self.normalize_before => {
                Err(ConfigError::Unsupported("layer norm before each block"))
            }
            () if self.normalize_embedding => {
                Err(ConfigError::Unsupported("layer norm after the embedding"))
            }
            () if self.add_final_layer_norm => Err(ConfigError::Unsupported("a final layer norm")),
            () => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(extra: &str) -> String {
        format!(
            r#"{{"vocab_size":100,"d_model":8,"encoder_layers":1,"encoder_ffn_dim":16,"encoder_attention_heads":2,
            "decoder_layers":1,"decoder_ffn_dim":16,"decoder_attention_heads":2,"max_position_embeddings":32,
            "activation_function":"swish","pad_token_id":99,"eos_token_id":0,"decoder_start_token_id":99{extra}}}"#
        )
    }

    #[test]
    fn the_pad_token_is_banned_once_and_other_single_bad_words_too() {
        assert_eq!(Config::parse(json("").as_bytes()).unwrap().banned(), [99]);
        let config =
            Config::parse(json(r#","bad_words_ids":[[99],[5],[6,7]]"#).as_bytes()).unwrap();
        assert_eq!(config.banned(), [5, 99]);
    }

    #[test]
    fn variants_that_would_be_computed_wrongly_are_refused() {
        for field in [
            "normalize_before",
            "normalize_embedding",
            "add_final_layer_norm",
        ] {
            let error = Config::parse(json(&format!(r#","{field}":true"#)).as_bytes()).unwrap_err();
            assert!(matches!(error, ConfigError::Unsupported(_)), "{field}");
        }
        let error =
            Config::parse(json(r#","static_position_embeddings":false"#).as_bytes()).unwrap_err();
        assert!(matches!(error, ConfigError::Unsupported(_)));
        let error = Config::parse(json(r#","decoder_vocab_size":50"#).as_bytes()).unwrap_err();
        assert!(matches!(error, ConfigError::Sizes(_)));
    }
}
