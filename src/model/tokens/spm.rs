//! SentencePiece models, read straight from their `.spm` files.
//!
//! Text in, pieces out, and back. Ids are left to the caller: Marian's come from its own
//! `vocab.json`. The cut is the one that SentencePiece itself makes: its normaliser is rebuilt in
//! [`normalizer`], its lattice search is that of `tokenizers` (Unigram), its merges are in `bpe`.

mod bpe;
pub mod normalizer;
pub mod proto;

use std::collections::HashSet;

use prost::Message;
use tokenizers::models::unigram::Unigram;

use bpe::Bpe;
use normalizer::{Normalizer, SPACE};
use proto::{ModelProto, ModelType, Piece, PieceType};

/// Why a `.spm` file is of no use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpmError {
    /// Not a SentencePiece model at all.
    #[error("not a SentencePiece model (its protobuf does not parse); fetch the file again")]
    Parse(#[from] prost::DecodeError),
    /// A SentencePiece model that contradicts itself.
    #[error("a broken SentencePiece model: {0}; fetch the file again")]
    Invalid(String),
    /// A SentencePiece model of a kind that is not read here.
    #[error("a SentencePiece model with {0}, which is not supported")]
    Unsupported(&'static str),
}

/// A SentencePiece model.
#[derive(Debug)]
pub struct SentencePiece {
    normalizer: Normalizer,
    cutter: Cutter,
    known: HashSet<String>,
    control: HashSet<String>,
}

#[derive(Debug)]
enum Cutter {
    Unigram(Box<Unigram>),
    Bpe(Bpe),
}

impl SentencePiece {
    /// Reads a `.spm` file's bytes.
    ///
    /// # Errors
    /// When they are not a SentencePiece model, or one with words or characters as pieces, or one
    /// that spells unknown characters as bytes (no Marian model is of these kinds).
    pub fn parse(bytes: &[u8]) -> Result<Self, SpmError> {
        Self::new(&ModelProto::decode(bytes)?)
    }

    /// A model from its parsed file.
    ///
    /// # Errors
    /// As [`SentencePiece::parse`].
    pub fn new(proto: &ModelProto) -> Result<Self, SpmError> {
        let trainer = proto.trainer_spec.as_ref();
        if trainer.and_then(|spec| spec.byte_fallback).unwrap_or(false) {
            return Err(SpmError::Unsupported("byte fallback"));
        }
        let of_type = |wanted: PieceType| {
            proto
                .pieces
                .iter()
                .filter(move |piece| piece.r#type() == wanted && !piece.piece().is_empty())
        };
        let names = |wanted: PieceType| of_type(wanted).map(|piece| piece.piece().to_owned());
        if names(PieceType::Normal).next().is_none() {
            return Err(SpmError::Invalid("it has no pieces".to_owned()));
        }
        if of_type(PieceType::Normal).any(|piece| !piece.score().is_finite()) {
            return Err(SpmError::Invalid(
                "a piece's score is not a number".to_owned(),
            ));
        }
        let user_defined: Vec<String> = names(PieceType::UserDefined).collect();
        let normalizer = Normalizer::new(
            proto.normalizer_spec.as_ref(),
            trainer,
            user_defined.clone(),
        )?;
        let model_type = trainer.map_or(ModelType::Unigram, proto::TrainerSpec::model_type);
        let cutter = match model_type {
            ModelType::Unigram => Cutter::Unigram(Box::new(unigram(
                of_type(PieceType::Normal),
                &user_defined,
            )?)),
            ModelType::Bpe => Cutter::Bpe(Bpe::new(
                of_type(PieceType::Normal).map(|piece| (piece.piece().to_owned(), piece.score())),
            )),
            ModelType::Word => return Err(SpmError::Unsupported("whole words as pieces")),
            ModelType::Char => return Err(SpmError::Unsupported("characters as pieces")),
        };
        Ok(Self {
            normalizer,
            cutter,
            known: names(PieceType::Normal).chain(user_defined).collect(),
            control: names(PieceType::Control).collect(),
        })
    }

    /// What `text` is before it is cut: the character map applied, spaces as `▁`.
    pub fn normalize(&self, text: &str) -> String {
        self.normalizer.normalize(text)
    }

    /// Cuts `text` into pieces. Text that no piece covers comes out as it is, a run of such
    /// characters as one piece.
    pub fn encode(&self, text: &str) -> Vec<String> {
        let text = self.normalize(text);
        let pieces = match &self.cutter {
            // It fails only without an unknown piece, and `unigram` puts one in.
            Cutter::Unigram(model) => model.encode(&text).unwrap_or_default(),
            Cutter::Bpe(model) => model.encode(&text, |rest| {
                self.normalizer.user_defined(rest).map(str::len)
            }),
        };
        let mut joined: Vec<String> = Vec::with_capacity(pieces.len());
        let mut in_unknown = false;
        for piece in pieces {
            let unknown = !self.known.contains(&piece);
            match joined.last_mut() {
                Some(last) if unknown && in_unknown => last.push_str(&piece),
                _ => joined.push(piece),
            }
            in_unknown = unknown;
        }
        joined
    }

    /// Joins pieces into text. Control pieces vanish.
    pub fn decode<'a>(&self, pieces: impl Iterator<Item = &'a str>) -> String {
        let mut text = String::new();
        for piece in pieces.filter(|piece| !self.control.contains(*piece)) {
            let piece = match piece.strip_prefix(SPACE) {
                Some(rest) if text.is_empty() && self.normalizer.strips_first_space() => rest,
                _ => piece,
            };
            text.extend(piece.chars().map(|c| if c == SPACE { ' ' } else { c }));
        }
        text
    }
}

/// The name that the unknown piece goes by in the lattice: no text has it, as text has no NUL
/// there (a NUL is one byte, this is two).
const UNKNOWN: &str = "\0\0";

fn unigram<'a>(
    normal: impl Iterator<Item = &'a Piece>,
    user_defined: &[String],
) -> Result<Unigram, SpmError> {
    let mut vocab = vec![(UNKNOWN.to_owned(), 0.0)];
    vocab.extend(normal.map(|piece| (piece.piece().to_owned(), f64::from(piece.score()))));
    let best = vocab
        .iter()
        .skip(1)
        .map(|(_, score)| *score)
        .fold(f64::NEG_INFINITY, f64::max);
    vocab.extend(user_defined.iter().map(|piece| {
        // SentencePiece's own rule, which makes them win over any other cut.
        let length = u32::try_from(piece.chars().count()).unwrap_or(u32::MAX);
        (piece.clone(), f64::from(length) * best - 0.1)
    }));
    Unigram::from(vocab, Some(0), false).map_err(|error| SpmError::Invalid(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tokens::spm::proto::{NormalizerSpec, TrainerSpec};

    fn piece(text: &str, score: f32, kind: PieceType) -> Piece {
        Piece {
            piece: Some(text.to_owned()),
            score: Some(score),
            r#type: Some(kind.into()),
        }
    }

    fn model(model_type: ModelType) -> ModelProto {
        let mut pieces = vec![
            piece("<unk>", 0.0, PieceType::Unknown),
            piece("</s>", 0.0, PieceType::Control),
        ];
        let words = [
            ("▁", -4.0),
            ("▁he", -2.0),
            ("▁hello", -3.0),
            ("llo", -2.5),
            ("h", -6.0),
            ("e", -6.0),
        ];
        pieces.extend(
            words
                .iter()
                .map(|(text, score)| piece(text, *score, PieceType::Normal)),
        );
        pieces.extend(["l", "o"].map(|text| piece(text, -6.0, PieceType::Normal)));
        pieces.extend(["▁h", "ll"].map(|text| piece(text, -5.0, PieceType::Normal)));
        pieces.push(piece("<<", 0.0, PieceType::UserDefined));
        ModelProto {
            pieces,
            trainer_spec: Some(TrainerSpec {
                model_type: Some(model_type.into()),
                ..TrainerSpec::default()
            }),
            normalizer_spec: Some(NormalizerSpec::default()),
        }
    }

    #[test]
    fn the_unigram_cut_is_the_likeliest_one() {
        let spm = SentencePiece::new(&model(ModelType::Unigram)).unwrap();
        assert_eq!(spm.encode("hello"), ["▁hello"]);
        assert_eq!(spm.encode("hell"), ["▁he", "ll"]);
    }

    #[test]
    fn the_bpe_cut_follows_the_merges() {
        let spm = SentencePiece::new(&model(ModelType::Bpe)).unwrap();
        assert_eq!(spm.encode("hello"), ["▁hello"]);
        assert_eq!(spm.encode("lol"), ["▁", "l", "o", "l"]);
    }

    #[test]
    fn a_run_of_unknown_characters_is_one_piece() {
        for kind in [ModelType::Unigram, ModelType::Bpe] {
            let spm = SentencePiece::new(&model(kind)).unwrap();
            assert_eq!(spm.encode("he한국e"), ["▁he", "한국", "e"], "{kind:?}");
        }
    }

    #[test]
    fn user_defined_pieces_stay_whole() {
        for kind in [ModelType::Unigram, ModelType::Bpe] {
            let spm = SentencePiece::new(&model(kind)).unwrap();
            assert_eq!(spm.encode("he<<lo"), ["▁he", "<<", "l", "o"], "{kind:?}");
        }
    }

    #[test]
    fn decoding_drops_control_pieces_and_the_first_space() {
        let spm = SentencePiece::new(&model(ModelType::Unigram)).unwrap();
        assert_eq!(
            spm.decode(["▁he", "llo", "</s>", "▁", "o"].into_iter()),
            "hello o"
        );
        assert_eq!(spm.decode([].into_iter()), "");
    }

    #[test]
    fn a_file_that_is_something_else_is_refused() {
        assert!(matches!(
            SentencePiece::parse(b"PK\x03\x04 not a model"),
            Err(SpmError::Parse(_))
        ));
        assert!(matches!(
            SentencePiece::parse(b""),
            Err(SpmError::Invalid(_))
        ));
        assert!(matches!(
            SentencePiece::new(&model(ModelType::Char)),
            Err(SpmError::Unsupported(_))
        ));
    }
}
