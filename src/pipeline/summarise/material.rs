//! What a summary is made from: the article in parts that fit the context, and what it is held against.

use crate::check::support::Evidence;
use crate::job::{Lang, SectionKind};
use crate::model::catalog::PromptTemplate;
use crate::model::{Card, CountTokens};
use crate::pipeline::prompt;
use crate::pipeline::summarise::Length;
use crate::text::chunk::{chunks, segments};
use crate::text::{Article, join_words, rank};

/// Room for one sentence of a summary, in tokens.
pub(super) const SENTENCE_TOKENS: usize = 64;
/// Fewest sentences asked for of each part of a long article.
pub(super) const PART_SENTENCES: usize = 3;
/// A part is never shorter than this, in tokens, whatever the context.
const SHORTEST_PART: usize = 16;

/// An article and how long its summary is to be.
#[derive(Debug)]
pub(in crate::pipeline) struct Material {
    /// What the article says, sentence by sentence.
    pub(in crate::pipeline) evidence: Evidence,
    /// How long the summary is to be.
    pub(super) length: Length,
}

impl Material {
    /// Takes an article apart for a summary of a length.
    pub(in crate::pipeline) fn new(article: &Article, length: Length) -> Self {
        Self {
            evidence: Evidence::new(article),
            length,
        }
    }

    /// The sentences of the body; of the headlines where there is no body. With the index of each
    /// in the evidence.
    pub(super) fn body(&self) -> Vec<(usize, &str)> {
        let of = |wanted: &dyn Fn(SectionKind) -> bool| -> Vec<(usize, &str)> {
            self.evidence
                .sentences()
                .iter()
                .enumerate()
                .filter(|(_, sentence)| wanted(sentence.kind))
                .map(|(index, sentence)| (index, sentence.text.as_str()))
                .collect()
        };
        let body = of(&|kind| {
            !matches!(
                kind,
                SectionKind::Title | SectionKind::Heading | SectionKind::Caption
            )
        });
        if body.is_empty() { of(&|_| true) } else { body }
    }

    /// Whether the article is no longer than its summary would be, in sentences and in tokens or
    /// words.
    pub(super) fn is_short(&self, tokens: &dyn CountTokens) -> bool {
        let body = self.body();
        let cost: usize = body.iter().map(|(_, text)| tokens.count(text)).sum();
        body.len() <= self.length.sentences
            && cost <= answer_room(self.length.sentences)
            && self.length.takes(body.iter().map(|(_, text)| *text))
    }

    /// Up to `count` sentences of the article that tell it best and that `taken` does not say yet,
    /// in reading order.
    pub(super) fn extract(&self, taken: &[&str], count: usize) -> Vec<(usize, String)> {
        let body = self.body();
        let texts: Vec<&str> = body.iter().map(|(_, text)| *text).collect();
        rank::pick(&texts, taken, count)
            .into_iter()
            .filter_map(|picked| body.get(picked))
            .map(|(index, text)| (*index, (*text).to_owned()))
            .collect()
    }
}

/// The article in parts that fit the context, each with its paragraphs on lines of their own.
pub(in crate::pipeline) fn parts(
    article: &Article,
    length: Length,
    template: &PromptTemplate,
    card: &Card,
) -> Vec<String> {
    let tokens = &*card.tokens;
    let budget = part_budget(template, card, length.sentences);
    let pieces = pieces(article, budget, tokens);
    let costs: Vec<usize> = pieces.iter().map(|piece| tokens.count(piece) + 1).collect();
    chunks(&costs, budget)
        .into_iter()
        .filter_map(|range| pieces.get(range))
        .map(|pieces| pieces.join("\n"))
        .collect()
}

/// Room for an answer of so many sentences, in tokens.
pub(super) fn answer_room(wanted: usize) -> usize {
    SENTENCE_TOKENS * (wanted + 1)
}

/// Longest text that leaves room for an answer, in tokens.
pub(super) fn part_budget(template: &PromptTemplate, card: &Card, wanted: usize) -> usize {
    let answer = answer_room(wanted.max(PART_SENTENCES));
    let taken = prompt::overhead(template, &*card.tokens) + answer;
    card.context_tokens.saturating_sub(taken).max(SHORTEST_PART)
}

/// The sections of an article, those longer than `budget` tokens cut at sentences.
fn pieces(article: &Article, budget: usize, tokens: &dyn CountTokens) -> Vec<String> {
    // One token is for the line break after a piece.
    let budget = budget.saturating_sub(1);
    let mut pieces = Vec::new();
    for section in &article.sections {
        if tokens.count(&section.text) <= budget {
            pieces.push(section.text.clone());
            continue;
        }
        let alone = Article {
            sections: vec![section.clone()],
            dropped: Vec::new(),
            embeds: Vec::new(),
        };
        let cut = segments(&alone, Lang::En, budget, &|text| tokens.count(text));
        pieces.extend(
            cut.into_iter()
                .filter_map(|segment| section.text.get(segment.range))
                .map(join_words),
        );
    }
    pieces
}
