//! Marian's tokens: cut by SentencePiece, numbered by `vocab.json`.
//!
//! Gives the ids that `MarianTokenizer` of the transformers library gives. Like it, this applies
//! no Moses punctuation normalisation: the library builds that normaliser where sacremoses is
//! installed, and never calls it when it tokenises. Unlike it, control tokens such as `</s>` and
//! language codes such as `>>fra<<` inside a text are plain characters here, and decoding leaves
//! the spacing as SentencePiece has it (`clean_up_tokenization_spaces=False`).

use std::collections::HashMap;

use super::spm::SentencePiece;
use crate::model::CountTokens;

/// Why a vocabulary or a prompt is of no use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MarianTokensError {
    /// `vocab.json` is not a map from piece to id.
    #[error("the vocabulary is not a JSON object from piece to id; fetch vocab.json again")]
    Parse(#[from] serde_json::Error),
    /// `vocab.json` lacks a token that every Marian model has.
    #[error("the vocabulary has no {0:?}; is this the vocab.json of a Marian model?")]
    Missing(&'static str),
    /// The model has no such target language token.
    #[error("this model has no target token {token:?}; it has: {known}")]
    UnknownTarget {
        /// What was asked for.
        token: String,
        /// What there is, or `none`.
        known: String,
    },
}

/// Text to ids on the source side, ids to text on the target side.
#[derive(Debug)]
pub struct MarianTokens {
    source: SentencePiece,
    target: SentencePiece,
    ids: HashMap<String, u32>,
    pieces: HashMap<u32, String>,
    eos: u32,
    unknown: u32,
}

impl MarianTokens {
    /// A tokenizer from its two SentencePiece models and the text of `vocab.json`.
    ///
    /// # Errors
    /// When the vocabulary does not parse or has no `</s>` or `<unk>`.
    pub fn new(
        source: SentencePiece,
        target: SentencePiece,
        vocab: &[u8],
    ) -> Result<Self, MarianTokensError> {
        let ids: HashMap<String, u32> = serde_json::from_slice(vocab)?;
        let id = |token: &'static str| {
            ids.get(token)
                .copied()
                .ok_or(MarianTokensError::Missing(token))
        };
        let (eos, unknown) = (id("</s>")?, id("<unk>")?);
        let pieces = ids.iter().map(|(piece, id)| (*id, piece.clone())).collect();
        Ok(Self {
            source,
            target,
            ids,
            pieces,
            eos,
            unknown,
        })
    }

    /// The id of a piece.
    pub fn id(&self, piece: &str) -> Option<u32> {
        self.ids.get(piece).copied()
    }

    /// The id that ends a text.
    pub fn eos(&self) -> u32 {
        self.eos
    }

    /// One more than the largest id.
    pub fn id_bound(&self) -> usize {
        self.ids.values().max().map_or(0, |id| {
            usize::try_from(*id).unwrap_or(usize::MAX).saturating_add(1)
        })
    }

    /// The ids of `text` for the encoder: the target token if there is one, the pieces, `</s>`.
    ///
    /// # Errors
    /// When the vocabulary does not have `target`.
    pub fn encode(&self, target: &str, text: &str) -> Result<Vec<u32>, MarianTokensError> {
        let target = target.trim();
        let mut ids = Vec::new();
        if !target.is_empty() {
            ids.push(
                *self
                    .ids
                    .get(target)
                    .ok_or_else(|| self.unknown_target(target))?,
            );
        }
        let pieces = self.source.encode(text);
        ids.extend(
            pieces
                .iter()
                .map(|piece| self.ids.get(piece).copied().unwrap_or(self.unknown)),
        );
        ids.push(self.eos);
        Ok(ids)
    }

    /// The text of `ids`, without special tokens, trimmed as the transformers library trims it.
    pub fn decode(&self, ids: &[u32]) -> String {
        let pieces = ids
            .iter()
            .filter_map(|id| self.pieces.get(id))
            .map(String::as_str);
        let pieces = pieces.filter(|piece| !matches!(*piece, "</s>" | "<unk>" | "<pad>"));
        self.target.decode(pieces).trim().to_owned()
    }

    fn unknown_target(&self, target: &str) -> MarianTokensError {
        let mut known: Vec<&str> = self
            .pieces
            .values()
            .map(String::as_str)
            .filter(|p| p.starts_with(">>") && p.ends_with("<<"))
            .collect();
        known.sort_unstable();
        let known = if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(" ")
        };
        MarianTokensError::UnknownTarget {
            token: target.to_owned(),
            known,
        }
    }
}

impl CountTokens for MarianTokens {
    fn count(&self, text: &str) -> usize {
        self.source.encode(text).len()
    }
}
