//! Does a summary say only what its article says, and where does the article say it?
//!
//! A sentence of a summary rests on the sentences of the article that it shares its words with, rare
//! words counting more. Names and figures must stand in the article as they are.

mod claims;

use std::collections::HashSet;
use std::ops::Range;

use crate::check::{Code, Finding};
use crate::job::{Lang, SectionKind};
use crate::text::chunk::{self, Segment};
use crate::text::words::{Bag, Rarity};
use crate::text::{Article, join_words};
use claims::{Claim, Index};

/// Sentences of the article that one of the summary may rest on.
const MOST_SUPPORT: usize = 4;
/// A further sentence must bring at least so much of the weight of the words.
const LEAST_GAIN: f64 = 0.12;
/// So much of the weight must be found in the sentences that it rests on. Copied and shortened
/// sentences have nearly all of it, reworded ones half.
const LEAST_COVERED: f64 = 0.4;

/// A sentence of an article.
#[derive(Debug)]
pub struct Sentence {
    /// Index of its section.
    pub section: usize,
    /// Bytes within the section's text, without the white space around them.
    pub range: Range<usize>,
    /// Its words with single spaces between them.
    pub text: String,
    /// Of which kind its section is.
    pub kind: SectionKind,
    bag: Bag,
    index: Index,
}

/// An article, ready to be asked what it says.
#[derive(Debug)]
pub struct Evidence {
    sentences: Vec<Sentence>,
    /// Of the whole: names and figures may be spread over sentences.
    index: Index,
    rarity: Rarity,
}

/// What a sentence of a summary rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grounding {
    /// Indices into [`Evidence::sentences`], the closest first.
    pub support: Vec<usize>,
    /// What nothing supports, with places in the summary's sentence.
    pub findings: Vec<Finding>,
}

impl Evidence {
    /// Takes an article apart.
    pub fn new(article: &Article) -> Self {
        // Nothing is too long to be compared.
        let cut = chunk::segments(article, Lang::En, usize::MAX, &|_| 0);
        let sentences: Vec<Sentence> = cut
            .into_iter()
            .filter_map(|segment| sentence(article, segment))
            .collect();
        let whole: Vec<&str> = article
            .sections
            .iter()
            .map(|section| section.text.as_str())
            .collect();
        Self {
            index: Index::new(&whole.join("\n")),
            rarity: Rarity::new(sentences.iter().map(|sentence| &sentence.bag)),
            sentences,
        }
    }

    /// Every sentence in reading order.
    pub fn sentences(&self) -> &[Sentence] {
        &self.sentences
    }

    /// Looks for what a sentence says.
    pub fn ground(&self, sentence: &str) -> Grounding {
        let bag = Bag::new(sentence);
        let total: f64 = bag.words().map(|word| self.weight(word)).sum();
        let mut covered: HashSet<&str> = HashSet::new();
        let mut support: Vec<usize> = Vec::new();
        while support.len() < MOST_SUPPORT
            && let Some((index, gain)) = self.closest(&bag, &covered, &support)
            && gain >= LEAST_GAIN * total
            && gain > 0.0
        {
            support.push(index);
            let found = self.sentences.get(index).map(|sentence| &sentence.bag);
            covered.extend(
                bag.words()
                    .filter(|word| found.is_some_and(|found| found.has(word))),
            );
        }
        let mut findings = Vec::new();
        for claim in claims::claims(sentence) {
            if self.stands_in(&claim, &support) {
                continue;
            }
            if !self.index.has(&claim) {
                let at = sentence.find(claim.shown());
                findings.push(Finding {
                    target: at.map(|at| at..at + claim.shown().len()),
                    note: format!("the article does not have “{}”", claim.shown()),
                    ..Finding::whole(claim.code())
                });
            } else if let Some(index) = self.sentence_with(&claim, &bag) {
                let found = self.sentences.get(index).map(|sentence| &sentence.bag);
                covered.extend(
                    bag.words()
                        .filter(|word| found.is_some_and(|found| found.has(word))),
                );
                support.push(index);
            }
        }
        let found: f64 = covered.iter().map(|word| self.weight(word)).sum();
        if total > 0.0 && found < LEAST_COVERED * total {
            findings.push(Finding {
                note: "no sentence of the article says this".to_owned(),
                ..Finding::whole(Code::UnsupportedSentence)
            });
        }
        findings.sort_by_key(|finding| finding.code);
        Grounding { support, findings }
    }

    fn weight(&self, word: &str) -> f64 {
        self.rarity.weight(word)
    }

    /// The sentence that has most of what is not covered yet; of equals the first that is no
    /// headline.
    fn closest(&self, bag: &Bag, covered: &HashSet<&str>, taken: &[usize]) -> Option<(usize, f64)> {
        let mut best: Option<(usize, f64)> = None;
        for (index, sentence) in self.sentences.iter().enumerate() {
            if taken.contains(&index) {
                continue;
            }
            let mut gain: f64 = bag
                .words()
                .filter(|word| !covered.contains(word) && sentence.bag.has(word))
                .map(|word| self.weight(word))
                .sum();
            if matches!(sentence.kind, SectionKind::Title | SectionKind::Heading) {
                gain *= 0.9;
            }
            if best.is_none_or(|(_, kept)| gain > kept) {
                best = Some((index, gain));
            }
        }
        best
    }

    fn stands_in(&self, claim: &Claim, support: &[usize]) -> bool {
        support
            .iter()
            .filter_map(|index| self.sentences.get(*index))
            .any(|sentence| sentence.index.has(claim))
    }

    /// Of the sentences that have a claim, the one most like the summary's.
    fn sentence_with(&self, claim: &Claim, bag: &Bag) -> Option<usize> {
        let shared = |sentence: &Sentence| -> f64 {
            let words = bag.words().filter(|word| sentence.bag.has(word));
            words.map(|word| self.weight(word)).sum()
        };
        self.sentences
            .iter()
            .enumerate()
            .filter(|(_, sentence)| sentence.index.has(claim))
            .max_by(|(a, left), (b, right)| shared(left).total_cmp(&shared(right)).then(b.cmp(a)))
            .map(|(index, _)| index)
    }
}

fn sentence(article: &Article, Segment { section, range }: Segment) -> Option<Sentence> {
    let of = article.sections.get(section)?;
    let text = of.text.get(range.clone())?;
    Some(Sentence {
        section,
        text: join_words(text),
        kind: of.kind,
        bag: Bag::new(text),
        index: Index::new(text),
        range,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Section;

    fn evidence() -> Evidence {
        let sections = vec![
            Section::new(SectionKind::Title, "Mines Found off Liepaja"),
            Section::new(
                SectionKind::Paragraph,
                "The Latvian navy found three mines off Liepaja on Monday. Captain Anna Ozola said divers would \
                 blow them up within a week.",
            ),
            Section::new(
                SectionKind::Paragraph,
                "Some 80,000 mines were laid in the Baltic Sea during the world wars, historians estimate.",
            ),
        ];
        Evidence::new(&Article {
            sections,
            dropped: Vec::new(),
            embeds: Vec::new(),
        })
    }

    fn texts(sentence: &str) -> (Vec<usize>, Vec<Code>) {
        let grounding = evidence().ground(sentence);
        let codes = grounding
            .findings
            .iter()
            .map(|finding| finding.code)
            .collect();
        (grounding.support, codes)
    }

    #[test]
    fn a_sentence_rests_on_the_one_that_says_it() {
        assert_eq!(
            texts("The navy of Latvia found three mines off Liepaja on Monday."),
            (vec![1], vec![])
        );
        assert_eq!(
            texts("About 80,000 mines lie in the Baltic Sea, laid in the world wars."),
            (vec![3], vec![])
        );
    }

    #[test]
    fn a_sentence_made_of_two_rests_on_both() {
        let (support, codes) =
            texts("Captain Ozola’s divers will blow up the three mines found off Liepaja.");
        assert_eq!(codes, []);
        assert_eq!(HashSet::from_iter(support), HashSet::from([1, 2]));
    }

    #[test]
    fn what_the_article_does_not_say_is_found_and_shown() {
        let grounding =
            evidence().ground("The Latvian navy found four mines off Ventspils on Monday.");
        let codes: Vec<Code> = grounding
            .findings
            .iter()
            .map(|finding| finding.code)
            .collect();
        assert_eq!(codes, [Code::UnsupportedFigure, Code::UnsupportedName]);
        assert_eq!(grounding.findings[1].target, Some(38..47));
        let (_, codes) = texts("Critics demanded higher subsidies from parliament after protests.");
        assert_eq!(codes, [Code::UnsupportedSentence]);
    }

    #[test]
    fn places_are_bytes_of_the_section() {
        let evidence = evidence();
        let second = &evidence.sentences()[2];
        assert_eq!((second.section, second.range.start), (1, 58));
        assert!(second.text.starts_with("Captain Anna"));
    }
}
