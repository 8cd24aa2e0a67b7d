//! An article into a few English sentences, each with the sentences that it rests on.

mod draft;
mod extract;
mod length;
mod material;
mod meaning;
mod notes;

use crate::check::Finding;
use crate::model::catalog::{Entry, PromptTemplate};
use crate::model::{Generate, Generated, ModelError};
use crate::pipeline::attempt::{Ask, Call, Output};
use crate::pipeline::prompt::{self, Values};
use crate::text::chunk::chunks;
use draft::Draft;
use material::{answer_room, part_budget};
use notes::note_all;

pub(super) use extract::{extracted, opening};
pub(super) use length::Length;
pub(super) use material::{Material, parts};
pub(super) use meaning::{Asked, Meaning};

/// The prompt that summarises an article.
pub(super) fn template(entry: &Entry) -> Option<&PromptTemplate> {
    entry.prompts.as_ref()?.summarise.as_ref()
}

/// Pieces of work in summarising an article of so many parts.
pub(super) fn steps(parts: usize) -> usize {
    if parts == 1 { 1 } else { parts + 1 }
}

/// Summarises an article that comes in `parts`. `progress` is called once for each of [`steps`].
///
/// An article longer than the context is summarised part by part, and then those summaries are:
/// every paragraph is read by some request.
pub(super) async fn summarise<G: Generate>(
    call: &Call<'_, G>,
    template: &PromptTemplate,
    (material, meaning): (&Material, &Meaning<'_, G>),
    parts: &[String],
    progress: &(dyn Fn() + Send + Sync),
) -> Result<Vec<Output>, ModelError> {
    let basis = (material, meaning);
    let merge = call
        .entry
        .prompts
        .as_ref()
        .and_then(|prompts| prompts.merge.as_ref())
        .unwrap_or(template);
    let outputs = if let [whole] = parts {
        write(call, template, whole, basis).await?
    } else {
        let mut notes = note_all(call, template, parts, basis, progress).await?;
        // The notes of a very long article may be too long for one request in their turn.
        loop {
            let costs: Vec<usize> = notes
                .iter()
                .map(|note| call.card.tokens.count(note) + 1)
                .collect();
            let budget = part_budget(merge, &call.card, material.length.sentences);
            let groups: Vec<String> = chunks(&costs, budget)
                .into_iter()
                .filter_map(|range| notes.get(range))
                .map(|notes| notes.join("\n"))
                .collect();
            if let [all] = groups.as_slice() {
                break write(call, merge, all, basis).await?;
            }
            if groups.len() >= notes.len() {
                return Err(ModelError::TooLong {
                    tokens: costs.iter().sum(),
                    limit: budget,
                });
            }
            notes = note_all(call, merge, &groups, basis, &|| ()).await?;
        }
    };
    progress();
    Ok(outputs)
}

/// Asks for a summary, of an article or of a part.
async fn ask<G: Generate>(
    call: &Call<'_, G>,
    template: &PromptTemplate,
    values: &Values<'_>,
    cap: usize,
    attempt: u32,
) -> Result<Generated, ModelError> {
    call.generate(Ask {
        prompt: prompt::render(template, values),
        stop: &template.stop,
        cap,
        attempt,
        // Its sentences are still to be translated.
        ahead: true,
    })
    .await
}

/// The final text: asked for once, and once more if anything is wrong with it. What is still wrong
/// then gives way to sentences of the article.
async fn write<G: Generate>(
    call: &Call<'_, G>,
    template: &PromptTemplate,
    text: &str,
    (material, meaning): (&Material, &Meaning<'_, G>),
) -> Result<Vec<Output>, ModelError> {
    let wanted = material.length.sentences;
    let values = Values {
        text,
        sentences: wanted,
        ..Values::default()
    };
    let room = call.card.tokens.count(text) + material::SENTENCE_TOKENS;
    let cap = answer_room(wanted).min(room);
    let mut drafts: Vec<Draft> = Vec::new();
    for attempt in 0..2 {
        let generated = ask(call, template, &values, cap, attempt).await?;
        let (length, evidence) = (material.length, &material.evidence);
        let draft = Draft::new(&generated, length, evidence, meaning).await?;
        let good = draft.weight() == 0;
        drafts.push(draft);
        if good {
            break;
        }
    }
    let attempts = if drafts.len() > 1 { 2 } else { 1 };
    let first: Vec<Finding> = drafts.first().map(Draft::findings).unwrap_or_default();
    let best = drafts
        .into_iter()
        .enumerate()
        .min_by_key(|(index, draft)| (draft.weight(), *index));
    let (kept, sentences) = best.map_or((0, Vec::new()), |(kept, draft)| (kept, draft.sentences));
    // The first draft's own sentences say themselves what was wrong with it.
    let before = if kept == 0 { &[][..] } else { &first };
    Ok(extract::complete(sentences, before, attempts, material))
}
