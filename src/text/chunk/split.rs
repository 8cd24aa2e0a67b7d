//! Text that is too long for a model, cut where it hurts least.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::job::Lang;
use crate::text::among;
use crate::text::sentences::sentences;

/// Words before which a clause begins.
const CONJUNCTIONS: &str = "\
    and but or nor yet while because although though unless until when where whereas which who \
    that after before since as и а но или что чтобы когда который которая которые потому хотя";

/// Places to cut, from the best to the last resort.
#[derive(Debug, Clone, Copy)]
enum Level {
    Sentence,
    /// After a semicolon, a colon or a dash.
    Clause,
    Comma,
    Conjunction,
    Word,
    /// Between characters as readers see them.
    Grapheme,
}

impl Level {
    const ALL: [Self; 6] = [
        Self::Sentence,
        Self::Clause,
        Self::Comma,
        Self::Conjunction,
        Self::Word,
        Self::Grapheme,
    ];

    /// Ends of the pieces of `text` at this level, ascending; the last is its end.
    fn ends(self, text: &str, lang: Lang) -> Vec<usize> {
        let mut ends: Vec<usize> = match self {
            Self::Sentence => sentences(text, lang)
                .into_iter()
                .map(|range| range.end)
                .collect(),
            Self::Grapheme => text
                .grapheme_indices(true)
                .map(|(at, _)| at)
                .filter(|at| *at > 0)
                .collect(),
            Self::Clause => words(text)
                .filter(|(word, _)| word.ends_with([';', ':', '—', '–']))
                .map(|(_, end)| end)
                .collect(),
            Self::Comma => words(text)
                .filter(|(word, _)| {
                    word.trim_end_matches(['”', '"', ')', '’'])
                        .ends_with([',', ';', ':', '、', '，'])
                })
                .map(|(_, end)| end)
                .collect(),
            Self::Conjunction => words(text)
                .filter(|(word, _)| among(CONJUNCTIONS, word))
                .map(|(word, end)| {
                    let behind = text.get(..end).unwrap_or_default().trim_end().len();
                    behind.saturating_sub(word.len())
                })
                .collect(),
            Self::Word => words(text).map(|(_, end)| end).collect(),
        };
        ends.retain(|end| *end > 0 && *end < text.len());
        ends.push(text.len());
        ends
    }
}

/// The words of `text`, each with the white space after it cut off, and where its piece ends: behind
/// that white space.
fn words(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut at = 0;
    text.split_inclusive(char::is_whitespace)
        .filter_map(move |piece| {
            at += piece.len();
            let word = piece.trim_end();
            (!word.is_empty()).then_some((word, at))
        })
}

/// Cuts `text` into pieces of at most `budget` tokens by `count`: byte ranges that tile it. It is cut
/// between sentences where that is enough, else between clauses, at commas, before conjunctions,
/// between words, and as the last resort between characters, never inside one (a grapheme cluster).
/// A single character that costs more than the budget is a piece of its own.
///
/// `count` should not give a longer text less than a part of it; where it does, pieces are smaller than
/// they could be, never larger.
pub fn split_long(
    text: &str,
    lang: Lang,
    budget: usize,
    count: &dyn Fn(&str) -> usize,
) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let cutter = Cutter {
        lang,
        budget,
        count,
    };
    if !text.is_empty() {
        cutter.cut(text, 0, &Level::ALL, &mut ranges);
    }
    ranges
}

struct Cutter<'a> {
    lang: Lang,
    budget: usize,
    count: &'a dyn Fn(&str) -> usize,
}

impl Cutter<'_> {
    fn fits(&self, text: &str) -> bool {
        // The white space at the end of a piece is not given to the model.
        (self.count)(text.trim()) <= self.budget
    }

    /// Appends the pieces of `text`, which stands at `offset`.
    fn cut(&self, text: &str, offset: usize, levels: &[Level], out: &mut Vec<Range<usize>>) {
        let (Some((level, finer)), false) = (levels.split_first(), self.fits(text)) else {
            out.push(offset..offset + text.len());
            return;
        };
        let ends = level.ends(text, self.lang);
        let mut start = 0;
        let mut from = 0;
        while let Some(rest) = ends.get(from..).filter(|rest| !rest.is_empty()) {
            let fitting = self.most(text, start, rest);
            let Some(end) = rest.get(fitting.max(1) - 1).copied() else {
                break;
            };
            let piece = text.get(start..end).unwrap_or_default();
            if fitting == 0 {
                self.cut(piece, offset + start, finer, out);
            } else {
                out.push(offset + start..offset + end);
            }
            start = end;
            from += fitting.max(1);
        }
    }

    /// How many of the pieces that end at `ends` fit together, from `start` on: looked for in growing
    /// steps and then by halving, so that long texts are not counted over and over.
    fn most(&self, text: &str, start: usize, ends: &[usize]) -> usize {
        let fits = |pieces: usize| {
            let end = pieces.checked_sub(1).and_then(|last| ends.get(last));
            end.is_some_and(|end| self.fits(text.get(start..*end).unwrap_or_default()))
        };
        let mut low = 0;
        let mut high = 1;
        while high <= ends.len() && fits(high) {
            low = high;
            high *= 2;
        }
        let mut high = high.min(ends.len() + 1);
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if fits(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }
}

#[cfg(test)]
#[expect(
    clippy::string_slice,
    reason = "the ranges under test are sliced by, so that a bad one fails the test"
)]
mod tests {
    use super::*;

    fn words_of(text: &str) -> usize {
        text.split_whitespace().count()
    }

    fn pieces(text: &str, budget: usize) -> Vec<&str> {
        split_long(text, Lang::En, budget, &words_of)
            .into_iter()
            .map(|range| &text[range])
            .collect()
    }

    #[test]
    fn long_text_is_cut_at_the_best_place_there_is() {
        assert_eq!(
            pieces("One two. Three four five. Six.", 4),
            ["One two. ", "Three four five. Six."]
        );
        assert_eq!(
            pieces("One two three; four five six, seven eight.", 5),
            ["One two three; ", "four five six, seven eight."]
        );
        assert_eq!(
            pieces("One two three, four five six.", 4),
            ["One two three, ", "four five six."]
        );
        assert_eq!(
            pieces("One two three and four five.", 3),
            ["One two three ", "and four five."]
        );
        assert_eq!(
            pieces("One two three four five.", 2),
            ["One two ", "three four ", "five."]
        );
        assert_eq!(pieces("", 2), Vec::<&str>::new());
    }

    #[test]
    fn characters_made_of_several_are_never_cut() {
        let family = "👨‍👩‍👧‍👦";
        let text = family.repeat(5);
        let cut = split_long(&text, Lang::En, 12, &|text: &str| text.chars().count());
        assert_eq!(cut.len(), 5);
        assert!(cut.iter().all(|range| &text[range.clone()] == family));
    }

    proptest::proptest! {
        #[test]
        fn pieces_tile_the_text_and_keep_to_the_budget(
            text in "(?s)([a-zA-Z한글й,;:.!?“” \n👩‍👧é]{0,12}[ \r\n]?){0,30}",
            budget in 1_usize..20,
        ) {
            let by_chars = |text: &str| text.graphemes(true).count();
            for count in [&words_of as &dyn Fn(&str) -> usize, &by_chars] {
                let ranges = split_long(&text, Lang::En, budget, count);
                let joined: String = ranges.iter().map(|range| &text[range.clone()]).collect();
                proptest::prop_assert_eq!(&joined, &text);
                for range in ranges {
                    proptest::prop_assert!(count(text[range].trim()) <= budget);
                }
            }
        }
    }
}
