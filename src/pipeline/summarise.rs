//! An article into a few English sentences, and whether it really says so.

use futures_util::StreamExt;
use futures_util::stream;

use crate::job::{Lang, SectionKind};
use crate::model::catalog::{Entry, PromptTemplate};
use crate::model::{Card, CountTokens, Generate, ModelError, Stop};
use crate::pipeline::attempt::{Call, Output};
use crate::check::support::Article as Evidence;
use crate::check::{self, Finding, repeats, script, shape, tidy};
use crate::pipeline::prompt::{self, Values};
use crate::text::join_words;
use crate::text::Article;
use crate::text::chunk::{chunks, segments};
use crate::text::sentences::sentences;

/// Room for one sentence of a summary, in tokens.
const SENTENCE_TOKENS: usize = 64;
/// Fewest sentences asked for of each part of a long article.
const PART_SENTENCES: usize = 3;
/// Parts asked for at a time.
const IN_FLIGHT: usize = 64;
/// A part is never shorter than this, in tokens, whatever the context.
const SHORTEST_PART: usize = 16;

/// All that a summary needs of an article, made off the async threads.
#[derive(Debug)]
pub(super) struct Material {
    /// The article in parts that fit the context, each with its paragraphs on lines of their own.
    parts: Vec<String>,
    /// Sentences of the body: one more than wanted, if there are so many.
    lead: Vec<String>,
    /// Whether the article is no longer than its summary would be, in sentences and in tokens.
    is_short: bool,
    evidence: Evidence,
    wanted: usize,
}

impl Material {
    /// Takes an article apart for a summary of `wanted` sentences.
    pub(super) fn new(
        article: &Article,
        wanted: usize,
        template: &PromptTemplate,
        card: &Card,
    ) -> Self {
        let tokens = &*card.tokens;
        let all = article
            .sections
            .iter()
            .map(|section| section.text.as_str())
            .collect::<Vec<_>>()
            .join("\n");
        let pieces = pieces(article, part_budget(template, card, wanted), tokens);
        let costs: Vec<usize> = pieces.iter().map(|piece| tokens.count(piece) + 1).collect();
        let parts = chunks(&costs, part_budget(template, card, wanted))
            .into_iter()
            .filter_map(|range| pieces.get(range))
            .map(|pieces| pieces.join("\n"))
            .collect();
        let lead = lead(article, wanted + 1);
        let lead_tokens: usize = lead.iter().map(|sentence| tokens.count(sentence)).sum();
        Self {
            parts,
            is_short: lead.len() <= wanted && lead_tokens <= answer_room(wanted),
            lead,
            evidence: Evidence::new(&all),
            wanted,
        }
    }

    /// Pieces of work in summarising it.
    pub(super) fn steps(&self) -> usize {
        if self.is_short || self.parts.len() == 1 {
            1
        } else {
            self.parts.len() + 1
        }
    }
}

/// The prompt that summarises an article.
pub(super) fn template(entry: &Entry) -> Option<&PromptTemplate> {
    entry.prompts.as_ref()?.summarise.as_ref()
}

/// Summarises. `progress` is called once for each of [`Material::steps`].
///
/// An article longer than the context is summarised part by part, and then those summaries are:
/// every paragraph is read by some request.
pub(super) async fn summarise<G: Generate>(
    call: &Call<'_, G>,
    template: &PromptTemplate,
    material: &Material,
    progress: &(dyn Fn() + Send + Sync),
) -> Result<Vec<Output>, ModelError> {
    if material.is_short {
        progress();
        return Ok(material
            .lead
            .iter()
            .cloned()
            .map(Output::verbatim)
            .collect());
    }
    let merge = call
        .entry
        .prompts
        .as_ref()
        .and_then(|prompts| prompts.merge.as_ref())
        .unwrap_or(template);
    let outputs = if let [whole] = material.parts.as_slice() {
        write(call, template, whole, material).await?
    } else {
        let mut notes = note_all(call, template, &material.parts, material, progress).await?;
        // The notes of a very long article may be too long for one request in their turn.
        loop {
            let costs: Vec<usize> = notes
                .iter()
                .map(|note| call.card.tokens.count(note) + 1)
                .collect();
            let budget = part_budget(merge, &call.card, material.wanted);
            let groups: Vec<String> = chunks(&costs, budget)
                .into_iter()
                .filter_map(|range| notes.get(range))
                .map(|notes| notes.join("\n"))
                .collect();
            if let [all] = groups.as_slice() {
                break write(call, merge, all, material).await?;
            }
            if groups.len() >= notes.len() {
                return Err(ModelError::TooLong {
                    tokens: costs.iter().sum(),
                    limit: budget,
                });
            }
            notes = note_all(call, merge, &groups, material, &|| ()).await?;
        }
    };
    progress();
    Ok(outputs)
}

/// A summary of each part, in order.
async fn note_all<G: Generate>(
    call: &Call<'_, G>,
    template: &PromptTemplate,
    parts: &[String],
    material: &Material,
    progress: &(dyn Fn() + Send + Sync),
) -> Result<Vec<String>, ModelError> {
    // As many sentences together as the summary is to have, at the least.
    let count = PART_SENTENCES.max(material.wanted.div_ceil(parts.len().max(1)));
    let work: Vec<_> = parts
        .iter()
        .map(|part| async move {
            note(call, template, part, count, material)
                .await
                .inspect(|_| progress())
        })
        .collect();
    let mut running = stream::iter(work).buffered(IN_FLIGHT);
    let mut notes = Vec::with_capacity(parts.len());
    while let Some(note) = running.next().await {
        notes.push(note?);
    }
    Ok(notes)
}

/// One part in `count` sentences: asked for once, and once more if anything is wrong with it.
/// Where the model has nothing to say about it, its own first sentences, so that the part is not
/// lost.
async fn note<G: Generate>(
    call: &Call<'_, G>,
    template: &PromptTemplate,
    part: &str,
    count: usize,
    material: &Material,
) -> Result<String, ModelError> {
    // A third of the room, so that notes always come together in fewer groups.
    let room = part_budget(template, &call.card, material.wanted) / 3;
    let cap = (SENTENCE_TOKENS * count).min(room).max(1);
    let values = Values {
        text: part,
        sentences: count,
        ..Values::default()
    };
    let mut best: Option<Draft> = None;
    for attempt in 0..2 {
        let generated = call
            .generate(
                prompt::render(template, &values),
                &template.stop,
                cap,
                attempt,
            )
            .await?;
        let draft = Draft::new(&generated.text, generated.stop, count, &material.evidence);
        let severity = draft.severity();
        let better = best.as_ref().is_none_or(|best| severity < best.severity());
        if better && draft.is_usable() {
            best = Some(draft);
        }
        if severity == 0 {
            break;
        }
    }
    let tokens = &*call.card.tokens;
    Ok(best.map_or_else(|| opening(part, count, cap, tokens), |best| best.text()))
}

/// The first sentences of a part, at most `count` and of at most `cap` tokens; its first words
/// where even one sentence is too long.
fn opening(part: &str, count: usize, cap: usize, tokens: &dyn CountTokens) -> String {
    let first = part
        .lines()
        .flat_map(|line| {
            sentences(line, Lang::En)
                .into_iter()
                .map(|range| join_words(line.get(range).unwrap_or_default()))
        })
        .filter(|sentence| !sentence.is_empty());
    let mut kept = String::new();
    for sentence in first.take(count) {
        let longer = join_words(&format!("{kept} {sentence}"));
        if tokens.count(&longer) > cap {
            break;
        }
        kept = longer;
    }
    if !kept.is_empty() {
        return kept;
    }
    let words: Vec<&str> = part.split_whitespace().collect();
    let text = |kept: usize| words.get(..kept).unwrap_or_default().join(" ");
    let mut kept = words.len().min(cap);
    while kept > 1 && tokens.count(&text(kept)) > cap {
        kept /= 2;
    }
    text(kept)
}

/// The final text: asked for once, and once more if anything is wrong with it.
async fn write<G: Generate>(
    call: &Call<'_, G>,
    template: &PromptTemplate,
    text: &str,
    material: &Material,
) -> Result<Vec<Output>, ModelError> {
    let values = Values {
        text,
        sentences: material.wanted,
        ..Values::default()
    };
    let cap = answer_room(material.wanted).min(call.card.tokens.count(text) + SENTENCE_TOKENS);
    let mut drafts = Vec::new();
    for attempt in 0..2 {
        let generated = call
            .generate(
                prompt::render(template, &values),
                &template.stop,
                cap,
                attempt,
            )
            .await?;
        let draft = Draft::new(
            &generated.text,
            generated.stop,
            material.wanted,
            &material.evidence,
        );
        let good = draft.severity() == 0;
        drafts.push(draft);
        if good {
            break;
        }
    }
    let attempts = if drafts.len() > 1 { 2 } else { 1 };
    let first: Vec<Finding> = drafts.first().map(Draft::findings).unwrap_or_default();
    let kept = drafts
        .iter()
        .position(|draft| Some(draft.severity()) == drafts.iter().map(Draft::severity).min());
    let Some(best) = kept
        .and_then(|kept| drafts.get(kept))
        .filter(|draft| !draft.sentences.is_empty())
    else {
        let lead = material.lead.iter().take(material.wanted).cloned();
        return Ok(lead
            .map(|text| Output::judged(text, &[Finding::Empty], &first, attempts))
            .collect());
    };
    let first = if kept == Some(0) { Vec::new() } else { first };
    Ok(best
        .sentences
        .iter()
        .map(|(text, findings)| Output::judged(text.clone(), findings, &first, attempts))
        .collect())
}

/// A summary as the model wrote it, cut into sentences, each with what is wrong with it.
#[derive(Debug)]
struct Draft {
    sentences: Vec<(String, Vec<Finding>)>,
}

impl Draft {
    fn new(answer: &str, stop: Stop, wanted: usize, evidence: &Evidence) -> Self {
        let plain: Vec<&str> = answer.lines().map(without_marker).collect();
        let text = tidy::tidy("", &plain.join("\n"));
        let mut found: Vec<String> = Vec::new();
        for range in sentences(&text, Lang::En) {
            let sentence = join_words(text.get(range).unwrap_or_default());
            if !sentence.is_empty() && !found.contains(&sentence) {
                found.push(sentence);
            }
        }
        if stop == Stop::TokenLimit
            && found.len() > 1
            && found.last().is_some_and(|last| is_cut(last))
        {
            found.pop();
        }
        found.truncate(wanted);
        let count = found.len();
        let sentences = found
            .into_iter()
            .enumerate()
            .map(|(index, sentence)| {
                let mut findings = Vec::new();
                let mut check =
                    |wrong: bool, finding: Finding| findings.extend(wrong.then_some(finding));
                check(!script::fits("", &sentence, Lang::En), Finding::WrongScript);
                check(repeats::loops(&sentence), Finding::Loop);
                check(tidy::is_chatter("", &sentence), Finding::Preamble);
                check(is_cut(&sentence), Finding::Truncated);
                findings.extend(evidence.unsupported(&sentence));
                if index + 1 == count && count < wanted {
                    findings.push(Finding::TooFewSentences);
                }
                (sentence, findings)
            })
            .collect();
        Self { sentences }
    }

    fn text(&self) -> String {
        self.sentences
            .iter()
            .map(|(text, _)| text.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn findings(&self) -> Vec<Finding> {
        if self.sentences.is_empty() {
            return vec![Finding::Empty];
        }
        let mut all: Vec<Finding> = self
            .sentences
            .iter()
            .flat_map(|(_, findings)| findings)
            .copied()
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether it is about the article at all, right or wrong.
    fn is_usable(&self) -> bool {
        let useless = [
            Finding::Empty,
            Finding::WrongScript,
            Finding::Loop,
            Finding::Preamble,
        ];
        !self
            .findings()
            .iter()
            .any(|finding| useless.contains(finding))
    }

    fn severity(&self) -> u32 {
        if self.sentences.is_empty() {
            return u32::MAX;
        }
        self.sentences
            .iter()
            .map(|(_, findings)| check::severity(findings))
            .sum()
    }
}

fn is_cut(sentence: &str) -> bool {
    shape::lacks_end(".", sentence)
}

/// A line without its list marker.
fn without_marker(line: &str) -> &str {
    let line = line.trim();
    let number = line.chars().take_while(char::is_ascii_digit).count();
    let after_number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = [". ", ") "]
        .iter()
        .find_map(|mark| after_number.strip_prefix(mark));
    let bulleted = || {
        ["- ", "* ", "• "]
            .iter()
            .find_map(|mark| line.strip_prefix(mark))
    };
    let rest = numbered
        .filter(|_| (1..=2).contains(&number))
        .or_else(bulleted);
    rest.unwrap_or(line).trim_start()
}

/// Room for an answer of so many sentences, in tokens.
fn answer_room(wanted: usize) -> usize {
    SENTENCE_TOKENS * (wanted + 1)
}

/// Longest text that leaves room for an answer, in tokens.
fn part_budget(template: &PromptTemplate, card: &Card, wanted: usize) -> usize {
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

/// The first sentences of the body; of the headline where there is no body.
fn lead(article: &Article, count: usize) -> Vec<String> {
    let of = |wanted: &dyn Fn(SectionKind) -> bool| -> Vec<String> {
        article
            .sections
            .iter()
            .filter(|section| wanted(section.kind))
            .flat_map(|section| {
                sentences(&section.text, Lang::En)
                    .into_iter()
                    .map(|range| join_words(section.text.get(range).unwrap_or_default()))
            })
            .filter(|sentence| !sentence.is_empty())
            .take(count)
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
