//! Which sentences tell a story best, without a model.
//!
//! Sentences that share words with many others are central (`LexRank`: a random walk over sentences,
//! from each to those like it); news puts first what matters most; and a sentence that begins with
//! "He" or "But" needs the one before it. Those three make a score, and each pick lowers the scores
//! of sentences that say the same.
//!
//! Erkan and Radev, "`LexRank`: Graph-based Lexical Centrality as Salience in Text Summarization"
//! (2004); Carbonell and Goldstein's maximal marginal relevance (1998).

use crate::text::words::{Bag, Rarity, words};

/// Sentences looked at: the walk takes time by the square, and no story has its point after so many.
const MOST: usize = 400;
/// How much of the walk goes to sentences that are alike; the rest goes anywhere.
const DAMPING: f64 = 0.85;
/// Steps of the walk. It has settled to three digits long before.
const STEPS: usize = 40;
/// Sentences with fewer words are asides and captions.
const SHORTEST: usize = 6;
/// Longer ones are lists.
const LONGEST: usize = 60;

/// Words that point back to a sentence that would be missing.
const POINTS_BACK: &str = "he she it they this that these those his her their its such but and \
    however meanwhile also moreover instead so then there yet nor or asked still another others both \
    earlier later separately";

/// Up to `count` of `sentences` (given in reading order), as indices in reading order, none saying
/// what `taken` says already. Fewer where there are no more that say something.
pub fn pick(sentences: &[&str], taken: &[&str], count: usize) -> Vec<usize> {
    let sentences = sentences.get(..MOST).unwrap_or(sentences);
    let bags: Vec<Bag> = sentences.iter().map(|text| Bag::new(text)).collect();
    let rarity = Rarity::new(&bags);
    let vectors: Vec<Vector> = bags.iter().map(|bag| Vector::new(bag, &rarity)).collect();
    let scores = scores(sentences, &vectors);
    let mut said: Vec<Vector> = taken
        .iter()
        .map(|text| Vector::new(&Bag::new(text), &rarity))
        .collect();
    let mut picked: Vec<usize> = Vec::new();
    while picked.len() < count {
        let best = scores
            .iter()
            .zip(&vectors)
            .enumerate()
            .filter(|(index, _)| !picked.contains(index))
            .filter_map(|(index, (score, vector))| {
                let said = said
                    .iter()
                    .map(|other| vector.cosine(other))
                    .fold(0.0, f64::max);
                // Half the words the same, by weight, is the same sentence over again.
                (said < 0.5).then_some((index, score * (1.0 - said)))
            })
            .max_by(|(a, left), (b, right)| left.total_cmp(right).then(b.cmp(a)));
        let Some((index, _)) = best else { break };
        picked.push(index);
        said.extend(vectors.get(index).cloned());
    }
    picked.sort_unstable();
    picked
}

/// Words with their weights, in order of the words, of length one.
#[derive(Debug, Clone)]
struct Vector(Vec<(String, f64)>);

impl Vector {
    fn new(bag: &Bag, rarity: &Rarity) -> Self {
        let mut weights: Vec<(String, f64)> = bag
            .words()
            .filter_map(|word| Some((word.to_owned(), rarity.known(word)?)))
            .collect();
        let length = weights
            .iter()
            .map(|(_, weight)| weight * weight)
            .sum::<f64>()
            .sqrt();
        for (_, weight) in &mut weights {
            *weight /= length.max(f64::MIN_POSITIVE);
        }
        Self(weights)
    }

    fn cosine(&self, other: &Self) -> f64 {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut sum = 0.0;
        while let (Some((a, x)), Some((b, y))) = (left.peek(), right.peek()) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => drop(left.next()),
                std::cmp::Ordering::Greater => drop(right.next()),
                std::cmp::Ordering::Equal => {
                    sum += x * y;
                    left.next();
                    right.next();
                }
            }
        }
        sum
    }
}

fn scores(sentences: &[&str], vectors: &[Vector]) -> Vec<f64> {
    let central = centrality(vectors);
    let most = central.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    sentences
        .iter()
        .zip(central)
        .zip(0_u32..)
        .map(|((text, central), index)| {
            let early = 1.0 / (1.0 + 0.2 * f64::from(index));
            (0.5 * central / most + 0.5 * early) * alone(text)
        })
        .collect()
}

/// The share of a long random walk that is spent at each sentence.
fn centrality(vectors: &[Vector]) -> Vec<f64> {
    let all = count(vectors.len().max(1));
    let links: Vec<Vec<f64>> = vectors
        .iter()
        .enumerate()
        .map(|(from, vector)| {
            let alike: Vec<f64> = vectors
                .iter()
                .enumerate()
                .map(|(to, other)| {
                    if from == to {
                        0.0
                    } else {
                        vector.cosine(other)
                    }
                })
                .collect();
            let sum: f64 = alike.iter().sum();
            // From a sentence like no other the walk goes anywhere.
            let step = |alike: f64| if sum > 0.0 { alike / sum } else { 1.0 / all };
            alike.into_iter().map(step).collect()
        })
        .collect();
    let mut share = vec![1.0 / all; vectors.len()];
    for _ in 0..STEPS {
        let mut next = vec![(1.0 - DAMPING) / all; vectors.len()];
        for (share, links) in share.iter().zip(&links) {
            for (next, link) in next.iter_mut().zip(links) {
                *next += DAMPING * share * link;
            }
        }
        share = next;
    }
    share
}

/// How well a sentence stands alone, between 0 and 1.
fn alone(text: &str) -> f64 {
    let length = text.split_whitespace().count();
    let first = words(text).next().unwrap_or_default().to_lowercase();
    let mut score = 1.0;
    if super::among(POINTS_BACK, &first) {
        score *= 0.5;
    }
    if text.starts_with(['“', '"', '‘', '\'']) {
        score *= 0.6;
    }
    if !(SHORTEST..=LONGEST).contains(&length) {
        score *= 0.4;
    }
    score
}

/// Counts of sentences are far below 2^52.
#[expect(clippy::cast_precision_loss, reason = "counts of sentences")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORY: [&str; 7] = [
        "The ferry company Nordlink cancelled all crossings to Gotland on Friday after a strike of its engineers.",
        "He said it was sad.",
        "Passengers waited in the terminal, where the kiosk had run out of coffee.",
        "The engineers want Nordlink to hire more staff for the crossings, their union said.",
        "But they had asked before.",
        "Nordlink said crossings to Gotland would resume on Monday if the engineers end the strike.",
        "All crossings to Gotland were cancelled on Friday by the ferry company Nordlink after a strike of its engineers.",
    ];

    #[test]
    fn the_opening_and_what_is_central_are_picked_and_nothing_twice() {
        let picked = pick(&STORY, &[], 3);
        assert!(picked.contains(&0) && picked.contains(&3), "{picked:?}");
        assert!(!picked.contains(&6), "the opening over again: {picked:?}");
        assert!(!picked.contains(&1) && !picked.contains(&4), "{picked:?}");
        assert!(picked.is_sorted());
    }

    #[test]
    fn what_is_said_already_is_not_picked() {
        let picked = pick(&STORY, &[STORY[0]], 1);
        assert_eq!(picked.len(), 1);
        assert!(picked != [0] && picked != [6], "{picked:?}");
    }

    #[test]
    fn there_may_be_fewer_than_asked_for() {
        assert_eq!(pick(&[], &[], 3), Vec::<usize>::new());
        assert_eq!(pick(&["Rain fell.", "Rain fell."], &[], 3), [0]);
    }

    #[test]
    fn the_same_sentences_are_picked_every_time() {
        let first = pick(&STORY, &[], 4);
        assert!((0..5).all(|_| pick(&STORY, &[], 4) == first));
    }
}
