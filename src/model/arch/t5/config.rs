//! `config.json` of a T5 model.

use candle_nn::Activation;
use serde::Deserialize;

/// The sizes and special ids of a model, under the names of its `config.json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Config {
    /// Token ids.
    pub vocab_size: usize,
    /// Width of the network.
    pub d_model: usize,
    /// Width of one attention head.
    pub d_kv: usize,
    /// Width inside the feed-forward blocks.
    pub d_ff: usize,
    /// Encoder layers, and decoder layers unless those have their own number.
    pub num_layers: usize,
    /// Decoder layers.
    #[serde(default)]
    pub num_decoder_layers: Option<usize>,
    /// Attention heads.
    pub num_heads: usize,
    /// Kinds of distance between two tokens.
    pub relative_attention_num_buckets: usize,
    /// Distances from here on are all of one kind.
    #[serde(default = "max_distance")]
    pub relative_attention_max_distance: usize,
    /// Added to the mean square before its root is divided by.
    pub layer_norm_epsilon: f64,
    /// Such as `gated-gelu`.
    #[serde(default)]
    pub feed_forward_proj: FeedForwardKind,
    /// Whether the output layer is the embedding.
    #[serde(default = "yes")]
    pub tie_word_embeddings: bool,
    /// Fills the shorter rows of a batch; never generated.
    pub pad_token_id: u32,
    /// Ends a text.
    pub eos_token_id: u32,
    /// What the decoder begins with; the pad token when absent.
    #[serde(default)]
    pub decoder_start_token_id: Option<u32>,
}

/// What stands between the two halves of a feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum FeedForwardKind {
    /// T5 1.0.
    #[default]
    #[serde(rename = "relu")]
    Relu,
    /// T5 1.1, mT5, MADLAD-400: two first halves, one of which gates the other.
    #[serde(rename = "gated-gelu")]
    GatedGelu,
    /// As `GatedGelu`, with another gate.
    #[serde(rename = "gated-silu")]
    GatedSilu,
}

impl FeedForwardKind {
    /// Whether there are two first halves.
    pub(super) fn gated(self) -> bool {
        self != Self::Relu
    }

    pub(super) fn activation(self) -> Activation {
        match self {
            Self::Relu => Activation::Relu,
            // As in the transformers library, "gated-gelu" means the tanh approximation.
            Self::GatedGelu => Activation::NewGelu,
            Self::GatedSilu => Activation::Silu,
        }
    }
}

fn max_distance() -> usize {
    128
}

fn yes() -> bool {
    true
}

impl Config {
    /// Layers of the decoder.
    pub fn decoder_layers(&self) -> usize {
        self.num_decoder_layers.unwrap_or(self.num_layers)
    }

    /// What the decoder begins with.
    pub fn start(&self) -> u32 {
        self.decoder_start_token_id.unwrap_or(self.pad_token_id)
    }
}
