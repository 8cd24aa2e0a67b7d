//! The part of SentencePiece's `ModelProto` that encoding and decoding need. The tags are those of
//! its `sentencepiece_model.proto`; fields left out here are skipped when reading.

/// A whole `.spm` or `.model` file.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ModelProto {
    /// The vocabulary.
    #[prost(message, repeated, tag = "1")]
    pub pieces: Vec<Piece>,
    /// How the model was trained.
    #[prost(message, optional, tag = "2")]
    pub trainer_spec: Option<TrainerSpec>,
    /// What is done to text before it is cut.
    #[prost(message, optional, tag = "3")]
    pub normalizer_spec: Option<NormalizerSpec>,
}

/// One entry of the vocabulary.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Piece {
    /// Its text, with `▁` for a space.
    #[prost(string, optional, tag = "1")]
    pub piece: Option<String>,
    /// Its log-probability (Unigram) or minus its merge rank (BPE).
    #[prost(float, optional, tag = "2")]
    pub score: Option<f32>,
    /// What it is for.
    #[prost(enumeration = "PieceType", optional, tag = "3")]
    pub r#type: Option<i32>,
}

/// What a piece is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum PieceType {
    /// Text.
    Normal = 1,
    /// Stands for all text that no piece covers.
    Unknown = 2,
    /// Never in text, such as `</s>`.
    Control = 3,
    /// Text that is never normalised and always kept whole.
    UserDefined = 4,
    /// Left out of the vocabulary.
    Unused = 5,
    /// A byte, where unknown characters are spelt out.
    Byte = 6,
}

/// How the model was trained.
#[derive(Clone, PartialEq, prost::Message)]
pub struct TrainerSpec {
    /// Unigram, BPE, word or character.
    #[prost(enumeration = "ModelType", optional, tag = "3")]
    pub model_type: Option<i32>,
    /// Whether `▁` ends a word instead of beginning one.
    #[prost(bool, optional, tag = "24")]
    pub treat_whitespace_as_suffix: Option<bool>,
    /// Whether unknown characters are spelt out as bytes.
    #[prost(bool, optional, tag = "35")]
    pub byte_fallback: Option<bool>,
}

/// The ways to cut text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ModelType {
    /// The likeliest cut under a unigram model.
    Unigram = 1,
    /// Byte-pair merges.
    Bpe = 2,
    /// Whole words.
    Word = 3,
    /// Characters.
    Char = 4,
}

/// What is done to text before it is cut.
#[derive(Clone, PartialEq, prost::Message)]
pub struct NormalizerSpec {
    /// Such as `nmt_nfkc`.
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    /// The character map: see [`super::normalizer`].
    #[prost(bytes = "vec", optional, tag = "2")]
    pub precompiled_charsmap: Option<Vec<u8>>,
    /// Whether a space is put before the text (true when absent).
    #[prost(bool, optional, tag = "3")]
    pub add_dummy_prefix: Option<bool>,
    /// Whether runs of spaces become one, and none are left at the ends (true when absent).
    #[prost(bool, optional, tag = "4")]
    pub remove_extra_whitespaces: Option<bool>,
    /// Whether spaces become `▁` (true when absent).
    #[prost(bool, optional, tag = "5")]
    pub escape_whitespaces: Option<bool>,
}
