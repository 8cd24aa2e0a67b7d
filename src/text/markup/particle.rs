//! The particle at the end of a Korean word, as far as it can be told from the word.

/// Particles that follow any syllable, the longer before those that end them.
const AFTER_ANY: &[&str] = &[
    "에게서",
    "에서는",
    "에게는",
    "에서",
    "에게",
    "까지",
    "부터",
    "보다",
    "처럼",
];
/// Particles that follow a syllable with a final consonant, and those that follow one without.
const PAIRS: &[(&str, &str)] = &[("은", "는"), ("을", "를"), ("과", "와"), ("으로", "로")];

/// Bytes of the particle that `word` ends with; 0 where there is none, or where it may be part of the word.
/// Two syllables have to be left of the word in Hangul, since a shorter one looks like too many others;
/// `이`, `가`, `도`, `의` and `에` are too common as ends of words to be told.
pub(super) fn particle(word: &str) -> usize {
    let stem_of = |particle: &str| word.strip_suffix(particle).filter(|stem| can_stand(stem));
    let fits = AFTER_ANY
        .iter()
        .copied()
        .find(|particle| stem_of(particle).is_some());
    let agreed = || {
        PAIRS.iter().find_map(|(closed, open)| {
            let has_final = |stem: &str| stem.chars().next_back().and_then(final_consonant);
            let after_closed = stem_of(closed)
                .and_then(has_final)
                .is_some_and(|last| last != 0 && (*closed != "으로" || last != RIEUL));
            let after_open = stem_of(open)
                .and_then(has_final)
                .is_some_and(|last| last == 0 || (*open == "로" && last == RIEUL));
            match (after_closed, after_open) {
                (true, _) => Some(*closed),
                (_, true) => Some(*open),
                _ => None,
            }
        })
    };
    fits.or_else(agreed).map_or(0, str::len)
}

/// The number of `ㄹ` among final consonants.
const RIEUL: u32 = 8;

/// Which final consonant a syllable has, 0 for none; nothing for other characters.
fn final_consonant(c: char) -> Option<u32> {
    let at = u32::from(c).checked_sub(0xac00)?;
    (at < 11_172).then_some(at % 28)
}

fn can_stand(stem: &str) -> bool {
    let syllables = stem
        .chars()
        .filter(|c| final_consonant(*c).is_some())
        .count();
    syllables >= 2 || (syllables == 0 && !stem.is_empty())
}

#[cfg(test)]
#[expect(
    clippy::string_slice,
    reason = "the ranges under test are sliced by, so that a bad one fails the test"
)]
mod tests {
    use super::*;

    #[test]
    fn particles_that_agree_are_told_from_the_word() {
        for (word, stem) in [
            ("정부는", "정부"),
            ("대통령은", "대통령"),
            ("여객선을", "여객선"),
            ("부산에서", "부산"),
            ("서울로", "서울"),
            ("평양으로", "평양"),
            ("러시아와", "러시아"),
            ("NATO에서", "NATO"),
            ("2031년까지", "2031년까지"),
        ] {
            let cut = &word[..word.len() - particle(word)];
            assert_eq!(cut, stem, "{word}");
        }
    }

    #[test]
    fn ends_that_may_be_part_of_the_word_stay() {
        for word in [
            "가을",
            "마을",
            "있는",
            "오는",
            "어린이",
            "은",
            "결과",
            "와",
            "항로",
            "Ferry",
            "",
        ] {
            assert_eq!(particle(word), 0, "{word}");
        }
    }
}
