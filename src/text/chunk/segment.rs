//! The units of translation, and how a section is made of them again.

use std::ops::Range;

use super::split::split_long;
use crate::job::{Lang, SectionKind};
use crate::text::Article;
use crate::text::sentences::sentences;

/// One unit of translation: a sentence, or part of one that is too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Index into [`Article::sections`].
    pub section: usize,
    /// Bytes within the section's text, without the white space around them. Never empty.
    pub range: Range<usize>,
}

/// The units of translation of an article in reading order: one per sentence, the title and headings
/// whole. What costs more than `budget` tokens by `count` is cut ([`split_long`]). Every section has at
/// least one, as no section is blank.
pub fn segments(
    article: &Article,
    lang: Lang,
    budget: usize,
    count: &dyn Fn(&str) -> usize,
) -> Vec<Segment> {
    let mut found = Vec::new();
    for (section, text) in article
        .sections
        .iter()
        .map(|section| &section.text)
        .enumerate()
    {
        let whole = article.sections.get(section).is_some_and(|section| {
            matches!(section.kind, SectionKind::Title | SectionKind::Heading)
        });
        let sentences = if whole {
            std::iter::once(0..text.len()).collect()
        } else {
            sentences(text, lang)
        };
        for sentence in sentences {
            let part = text.get(sentence.clone()).unwrap_or_default();
            let pieces = split_long(part, lang, budget, count).into_iter();
            let ranges = pieces.filter_map(|piece| {
                trimmed(
                    text,
                    sentence.start + piece.start..sentence.start + piece.end,
                )
            });
            found.extend(ranges.map(|range| Segment { section, range }));
        }
    }
    found
}

/// The range without the white space at its ends; none if nothing is left.
fn trimmed(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let part = text.get(range.clone())?;
    let start = range.start + (part.len() - part.trim_start().len());
    let end = start + part.trim().len();
    (end > start).then_some(start..end)
}

/// A section's text made of translations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejoined {
    /// The text.
    pub text: String,
    /// Where each translation stands in it, in bytes: one place for each range that has a translation,
    /// empty where that is.
    pub places: Vec<Range<usize>>,
}

/// Puts translations in the place of the ranges they were made from. What stood before, between and
/// after the ranges, which is white space, stays. An empty translation takes the white space before
/// it along. `ranges` ascend and do not overlap; a range without a translation is left out.
pub fn rejoin(section_text: &str, ranges: &[Range<usize>], translations: &[String]) -> String {
    rejoin_placed(section_text, ranges, translations).text
}

/// [`rejoin`], and where each translation stands.
pub fn rejoin_placed(
    section_text: &str,
    ranges: &[Range<usize>],
    translations: &[String],
) -> Rejoined {
    let mut out = String::with_capacity(section_text.len() * 2);
    let mut places = Vec::with_capacity(ranges.len());
    let mut end = 0;
    for (range, translation) in ranges.iter().zip(translations) {
        let gap = section_text.get(end..range.start).unwrap_or_default();
        end = range.end;
        let translation = translation.trim();
        if !translation.is_empty() {
            if !(out.is_empty()
                && range.start > 0
                && gap.trim().is_empty()
                && ranges.first() != Some(range))
            {
                out.push_str(gap);
            }
            out.push_str(translation);
        }
        places.push(out.len() - translation.len()..out.len());
    }
    let last = ranges
        .get(translations.len().min(ranges.len()).wrapping_sub(1))
        .map_or(0, |range| range.end);
    if translations.len() >= ranges.len() {
        out.push_str(section_text.get(last..).unwrap_or_default());
    }
    Rejoined { text: out, places }
}

#[cfg(test)]
#[expect(
    clippy::string_slice,
    reason = "the ranges under test are sliced by, so that a bad one fails the test"
)]
mod tests {
    use super::*;
    use crate::job::Section;

    fn article(texts: &[(SectionKind, &str)]) -> Article {
        let sections = texts
            .iter()
            .map(|(kind, text)| Section::new(*kind, *text))
            .collect();
        Article {
            sections,
            dropped: Vec::new(),
            embeds: Vec::new(),
        }
    }

    fn words(text: &str) -> usize {
        text.split_whitespace().count()
    }

    #[test]
    fn a_segment_is_a_sentence_without_the_space_around_it() {
        let article = article(&[
            (SectionKind::Title, "Ferry Sails. At Last"),
            (
                SectionKind::Paragraph,
                "It sailed. “At last,” he said.  It was 9 a.m.",
            ),
        ]);
        let found = segments(&article, Lang::En, 100, &words);
        let texts: Vec<&str> = found
            .iter()
            .map(|segment| &article.sections[segment.section].text[segment.range.clone()])
            .collect();
        assert_eq!(
            texts,
            [
                "Ferry Sails. At Last",
                "It sailed.",
                "“At last,” he said.",
                "It was 9 a.m."
            ]
        );
    }

    #[test]
    fn a_sentence_over_the_budget_becomes_several_segments() {
        let article = article(&[(
            SectionKind::Paragraph,
            "One two three, four five six. Seven.",
        )]);
        let found = segments(&article, Lang::En, 3, &words);
        assert_eq!(found.len(), 3);
        assert_eq!(
            found[1],
            Segment {
                section: 0,
                range: 15..29
            }
        );
    }

    #[test]
    fn translations_are_put_back_with_the_space_between_them() {
        let text = "One. Two.  Three.";
        let ranges = [0..4, 5..9, 11..17];
        let into = |texts: [&str; 3]| rejoin(text, &ranges, &texts.map(str::to_owned));
        assert_eq!(into(["하나.", "둘.", "셋."]), "하나. 둘.  셋.");
        assert_eq!(into(["One.", "", "Three."]), "One.  Three.");
        assert_eq!(into(["", "Two.", ""]), "Two.");
        assert_eq!(rejoin("", &[], &[]), "");
        let placed = rejoin_placed(text, &ranges, &["하나.", "", "셋."].map(str::to_owned));
        let found: Vec<&str> = placed
            .places
            .into_iter()
            .map(|place| &placed.text[place])
            .collect();
        assert_eq!(found, ["하나.", "", "셋."]);
    }

    proptest::proptest! {
        #[test]
        fn segments_put_back_unchanged_give_the_section(text in "[A-Za-z.?!“” é한]{0,80}", budget in 1_usize..6) {
            let text = text.trim().to_owned();
            proptest::prop_assume!(!text.is_empty());
            let article = article(&[(SectionKind::Paragraph, &text)]);
            let ranges: Vec<Range<usize>> = segments(&article, Lang::En, budget, &words).into_iter().map(|segment| segment.range).collect();
            let texts: Vec<String> = ranges.iter().map(|range| text[range.clone()].to_owned()).collect();
            proptest::prop_assert_eq!(rejoin(&text, &ranges, &texts), text);
        }
    }
}
