//! SentencePiece's normaliser: a character map kept as a double-array trie, and its rules for
//! spaces.
//!
//! `tokenizers` has a `Precompiled` normaliser for the same map, but it looks up whole graphemes
//! and takes the shortest match. SentencePiece takes the longest match at every position; so does
//! this, because an equal cut needs equal text.

use super::SpmError;
use super::proto::{NormalizerSpec, TrainerSpec};

/// SentencePiece's stand-in for a space.
pub(crate) const SPACE: char = '\u{2581}';

/// Turns text into what the vocabulary was trained on.
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are settings of SentencePiece's file"
)]
#[derive(Debug, Clone)]
pub struct Normalizer {
    map: Option<CharsMap>,
    user_defined: Vec<String>,
    add_dummy_prefix: bool,
    remove_extra_spaces: bool,
    escape_spaces: bool,
    space_is_suffix: bool,
}

impl Normalizer {
    pub(super) fn new(
        spec: Option<&NormalizerSpec>,
        trainer: Option<&TrainerSpec>,
        mut user_defined: Vec<String>,
    ) -> Result<Self, SpmError> {
        let charsmap = spec
            .and_then(|spec| spec.precompiled_charsmap.as_deref())
            .filter(|map| !map.is_empty());
        user_defined.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
        Ok(Self {
            map: charsmap.map(CharsMap::parse).transpose()?,
            user_defined,
            add_dummy_prefix: spec.and_then(|spec| spec.add_dummy_prefix).unwrap_or(true),
            remove_extra_spaces: spec
                .and_then(|spec| spec.remove_extra_whitespaces)
                .unwrap_or(true),
            escape_spaces: spec
                .and_then(|spec| spec.escape_whitespaces)
                .unwrap_or(true),
            space_is_suffix: trainer
                .and_then(|spec| spec.treat_whitespace_as_suffix)
                .unwrap_or(false),
        })
    }

    /// Whether decoding takes off the space that encoding put before the text.
    pub(super) fn strips_first_space(&self) -> bool {
        self.add_dummy_prefix || self.remove_extra_spaces
    }

    /// The longest user-defined piece that `text` begins with.
    pub(super) fn user_defined<'a>(&self, text: &'a str) -> Option<&'a str> {
        self.user_defined
            .iter()
            .find_map(|piece| text.get(..piece.len()).filter(|start| start == piece))
    }

    /// Normalises `text`; spaces come out as `▁`.
    pub fn normalize(&self, text: &str) -> String {
        let space = if self.escape_spaces { SPACE } else { ' ' };
        let mut rest = text;
        if self.remove_extra_spaces {
            while let (" ", used) = self.prefix(rest) {
                rest = after(rest, used);
            }
        }
        let mut out = String::with_capacity(text.len() + 8);
        if rest.is_empty() {
            return out;
        }
        if self.add_dummy_prefix && !self.space_is_suffix {
            out.push(space);
        }
        let mut after_space = self.remove_extra_spaces;
        while !rest.is_empty() {
            let (replacement, used) = self.prefix(rest);
            let piece = if after_space {
                replacement.trim_start_matches(' ')
            } else {
                replacement
            };
            if !piece.is_empty() {
                out.extend(piece.chars().map(|c| if c == ' ' { space } else { c }));
                after_space = piece.ends_with(' ');
            }
            after_space &= self.remove_extra_spaces;
            rest = after(rest, used);
        }
        if self.remove_extra_spaces {
            out.truncate(out.trim_end_matches(space).len());
        }
        if self.add_dummy_prefix && self.space_is_suffix {
            out.push(space);
        }
        out
    }

    /// What the beginning of `text` becomes, and how many of its bytes that covers: 0 only for
    /// empty text.
    fn prefix<'a>(&'a self, text: &'a str) -> (&'a str, usize) {
        if let Some(piece) = self.user_defined(text) {
            return (piece, piece.len());
        }
        let mapped = self.map.as_ref().and_then(|map| map.longest(text));
        // A map made for other text than UTF-8 could end inside a character: do not follow it.
        if let Some((replacement, used)) = mapped.filter(|(_, used)| text.is_char_boundary(*used)) {
            return (replacement, used);
        }
        let used = text.chars().next().map_or(0, char::len_utf8);
        (text.get(..used).unwrap_or_default(), used)
    }
}

fn after(text: &str, used: usize) -> &str {
    text.get(used..).unwrap_or_default()
}

/// `precompiled_charsmap`: the trie's size in bytes (u32), the trie (u32 units, all little
/// endian), then the replacements, each ended by a zero byte.
#[derive(Debug, Clone)]
struct CharsMap {
    trie: Vec<u32>,
    replacements: String,
}

impl CharsMap {
    fn parse(blob: &[u8]) -> Result<Self, SpmError> {
        let broken = |what: &str| SpmError::Invalid(format!("its character map {what}"));
        let (size, rest) = blob
            .split_first_chunk::<4>()
            .ok_or_else(|| broken("is cut short"))?;
        let size =
            usize::try_from(u32::from_le_bytes(*size)).map_err(|_| broken("is too large"))?;
        let (trie, replacements) = rest
            .split_at_checked(size)
            .ok_or_else(|| broken("is cut short"))?;
        let (units, odd) = trie.as_chunks::<4>();
        if !odd.is_empty() || units.is_empty() {
            return Err(broken("has a trie of odd size"));
        }
        let replacements = std::str::from_utf8(replacements).map_err(|_| broken("is not UTF-8"))?;
        Ok(Self {
            trie: units.iter().map(|unit| u32::from_le_bytes(*unit)).collect(),
            replacements: replacements.to_owned(),
        })
    }

    /// The replacement for the longest prefix of `text` that the map has, and that prefix's bytes.
    fn longest(&self, text: &str) -> Option<(&str, usize)> {
        let unit = |at: u32| {
            usize::try_from(at)
                .ok()
                .and_then(|at| self.trie.get(at))
                .copied()
        };
        let offset = |unit: u32| (unit >> 10) << ((unit & (1 << 9)) >> 6);
        let mut at = offset(unit(0)?);
        let mut found = None;
        for (used, byte) in text.bytes().enumerate() {
            if byte == 0 {
                break;
            }
            at ^= u32::from(byte);
            let Some(node) = unit(at) else { break };
            if node & ((1 << 31) | 0xff) != u32::from(byte) {
                break;
            }
            at ^= offset(node);
            if node >> 8 & 1 == 1
                && let Some(leaf) = unit(at)
            {
                found = Some((leaf & !(1 << 31), used + 1));
            }
        }
        let (start, used) = found?;
        let tail = self.replacements.get(usize::try_from(start).ok()?..)?;
        Some((tail.split('\0').next().unwrap_or_default(), used))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Normalizer {
        Normalizer::new(None, None, Vec::new()).unwrap()
    }

    /// A map with the one rule `a` to `bc `.
    fn map_a() -> Vec<u8> {
        let offset = 1u32;
        let mut units = vec![0u32; 256 + 8];
        units[0] = offset << 10;
        let node = usize::try_from(offset ^ u32::from(b'a')).unwrap();
        let leaf_offset = u32::try_from(node).unwrap() ^ 0xc8;
        units[node] = (leaf_offset << 10) | 0x100 | u32::from(b'a');
        units[0xc8] = 1 << 31; // the replacement at 0
        let mut blob = u32::try_from(units.len() * 4)
            .unwrap()
            .to_le_bytes()
            .to_vec();
        blob.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
        blob.extend(b"bc \0");
        blob
    }

    #[test]
    fn spaces_at_the_ends_and_in_runs_are_dropped() {
        assert_eq!(plain().normalize("  two   words "), "▁two▁words");
        assert_eq!(plain().normalize("   "), "");
        assert_eq!(plain().normalize(""), "");
    }

    #[test]
    fn the_character_map_is_applied_and_its_spaces_count_as_spaces() {
        let spec = NormalizerSpec {
            precompiled_charsmap: Some(map_a()),
            ..NormalizerSpec::default()
        };
        let normalizer = Normalizer::new(Some(&spec), None, Vec::new()).unwrap();
        assert_eq!(normalizer.normalize("xa  ay"), "▁xbc▁bc▁y");
    }

    #[test]
    fn user_defined_pieces_are_not_normalised() {
        let spec = NormalizerSpec {
            precompiled_charsmap: Some(map_a()),
            ..NormalizerSpec::default()
        };
        let normalizer = Normalizer::new(Some(&spec), None, vec!["<a>".to_owned()]).unwrap();
        assert_eq!(normalizer.normalize("a<a>"), "▁bc▁<a>");
    }

    #[test]
    fn a_broken_character_map_is_refused_or_ignored_but_never_panics() {
        for blob in [
            &b"\x01"[..],
            b"\xff\xff\xff\x7f",
            b"\x03\x00\x00\x00abc",
            b"\x04\x00\x00\x00\x00\x00\x00\x00\xff",
        ] {
            let spec = NormalizerSpec {
                precompiled_charsmap: Some(blob.to_vec()),
                ..NormalizerSpec::default()
            };
            assert!(
                Normalizer::new(Some(&spec), None, Vec::new()).is_err(),
                "{blob:?}"
            );
        }
        let mut wild = map_a();
        for byte in wild.iter_mut().skip(4).take(1040) {
            *byte = byte.wrapping_mul(31).wrapping_add(7);
        }
        let spec = NormalizerSpec {
            precompiled_charsmap: Some(wild),
            ..NormalizerSpec::default()
        };
        Normalizer::new(Some(&spec), None, Vec::new())
            .unwrap()
            .normalize("any text at all, 한국 и");
    }
}
