//! Does a summary say only what its article says, and where does the article say it?
//!
//! A sentence of a summary rests on the sentences of the article that it shares its words with, rare
//! words counting more; and where those leave much of it open, on the one that means the same, if
//! somebody says how alike sentences are. Names and figures must stand in the article as they are,
//! whatever is alike.
//!
//! How alike is alike enough was set on news with the catalogue's `all-minilm-l6-v2`, whose cosines it
//! is about; `tests/pipeline/alike.rs` prints the table.

mod claims;

use std::collections::HashSet;
use std::ops::Range;

use crate::check::{Code, Finding, polarity};
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

/// Where words leave more than this open, meaning is asked too.
const WELL_COVERED: f64 = 0.7;
/// From this likeness on a sentence is shown as what another may rest on.
pub const NEAR: f32 = 0.45;
/// From this likeness on it says the same. Sentences of one article that say different things are
/// often nearer than other words for the same thing are: at 0.70 one in twenty that is not said would
/// pass, and here none does. So it excuses little.
pub const ALIKE: f32 = 0.80;

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

/// A sentence that another rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Support {
    /// Index into [`Evidence::sentences`].
    pub sentence: usize,
    /// Whether it was found by its meaning, and not by its words.
    pub by_meaning: bool,
}

impl Support {
    /// One that was found by its words.
    pub fn by_words(sentence: usize) -> Self {
        Self {
            sentence,
            by_meaning: false,
        }
    }
}

/// What a sentence of a summary rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grounding {
    /// The closest first.
    pub support: Vec<Support>,
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

    /// Looks for what a sentence says. `likeness` is how alike it is to each of
    /// [`Evidence::sentences`] in meaning, from -1 to 1; empty where nobody knows.
    pub fn ground(&self, sentence: &str, likeness: &[f32]) -> Grounding {
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
        let said = total <= 0.0 || found >= LEAST_COVERED * total;
        let mut support: Vec<Support> = support.into_iter().map(Support::by_words).collect();
        let alike = if found < WELL_COVERED * total {
            self.alike(sentence, likeness)
        } else {
            None
        };
        if let Some((near, _)) = alike
            && support.iter().all(|by| by.sentence != near)
        {
            let found = Support {
                sentence: near,
                by_meaning: true,
            };
            // What a few words share with it is further away than what says the same.
            support.insert(if said { support.len() } else { 0 }, found);
        }
        if !said && alike.is_none_or(|(_, likeness)| likeness < ALIKE) {
            findings.push(Finding {
                note: "no sentence of the article says this".to_owned(),
                ..Finding::whole(Code::UnsupportedSentence)
            });
        }
        findings.sort_by_key(|finding| finding.code);
        Grounding { support, findings }
    }

    /// The sentence that is most alike and how much, if it is near and denies as the other does.
    fn alike(&self, sentence: &str, likeness: &[f32]) -> Option<(usize, f32)> {
        // Models find a sentence and its denial very much alike.
        let denies = polarity::denies(sentence);
        self.sentences
            .iter()
            .zip(likeness)
            .enumerate()
            .filter(|(_, (of, likeness))| {
                **likeness >= NEAR && polarity::denies(&of.text) == denies
            })
            .max_by(|(a, (_, left)), (b, (_, right))| left.total_cmp(right).then(b.cmp(a)))
            .map(|(index, (_, likeness))| (index, *likeness))
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
        let grounding = evidence().ground(sentence, &[]);
        let codes = grounding
            .findings
            .iter()
            .map(|finding| finding.code)
            .collect();
        let support = grounding.support.iter().map(|by| by.sentence).collect();
        (support, codes)
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
        let grounding = evidence().ground(
            "The Latvian navy found four mines off Ventspils on Monday.",
            &[],
        );
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

    /// How alike a sentence is to the four of the evidence, and what it then rests on.
    fn with_likeness(sentence: &str, likeness: [f32; 4]) -> (Vec<(usize, bool)>, Vec<Code>) {
        let Grounding { support, findings } = evidence().ground(sentence, &likeness);
        let support = support.iter().map(|by| (by.sentence, by.by_meaning));
        let codes = findings.iter().map(|finding| finding.code);
        (support.collect(), codes.collect())
    }

    #[test]
    fn other_words_for_a_sentence_are_supported_where_it_is_alike_enough() {
        let sentence = "Still, explosives from past conflicts litter the seabed, scholars reckon.";
        let unsupported = (vec![], vec![Code::UnsupportedSentence]);
        assert_eq!(texts(sentence), unsupported);
        let alike = [0.2, 0.1, 0.3, ALIKE];
        assert_eq!(with_likeness(sentence, alike), (vec![(3, true)], vec![]));
        // What is only near is shown, and excuses nothing.
        let near = [0.2, 0.1, 0.3, ALIKE - 0.01];
        let (support, codes) = with_likeness(sentence, near);
        assert_eq!((support, &codes), (vec![(3, true)], &unsupported.1));
        let far = [0.2, 0.1, 0.3, NEAR - 0.01];
        let (support, codes) = with_likeness(sentence, far);
        assert_eq!((support.len(), codes), (0, unsupported.1));
        // Of two, the one that is more alike; no number is not alike.
        let two = [ALIKE, f32::NAN, ALIKE + 0.1, ALIKE];
        assert_eq!(with_likeness(sentence, two).0, [(2, true)]);
    }

    #[test]
    fn what_words_say_in_full_asks_for_no_meaning() {
        let sentence = "The Latvian navy found three mines off Liepaja on Monday.";
        assert_eq!(
            with_likeness(sentence, [1.0; 4]),
            (vec![(1, false)], vec![])
        );
    }

    #[test]
    fn likeness_excuses_no_name_no_figure_and_no_denial() {
        let alike = [0.0, 0.0, 1.0, 0.0];
        let codes = |sentence: &str| with_likeness(sentence, alike).1;
        assert_eq!(
            codes("In Ventspils experts plan to destroy them."),
            [Code::UnsupportedName]
        );
        assert_eq!(
            codes("Experts plan to destroy them in 90 hours."),
            [Code::UnsupportedFigure]
        );
        assert_eq!(codes("Experts plan to destroy them shortly."), []);
        assert_eq!(
            codes("Experts refused to destroy them."),
            [Code::UnsupportedSentence]
        );
    }

    #[test]
    fn places_are_bytes_of_the_section() {
        let evidence = evidence();
        let second = &evidence.sentences()[2];
        assert_eq!((second.section, second.range.start), (1, 58));
        assert!(second.text.starts_with("Captain Anna"));
    }
}
