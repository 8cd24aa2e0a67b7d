//! A long article is summarised part by part; these are its parts' summaries.

use futures_util::StreamExt;
use futures_util::stream;

use crate::job::Lang;
use crate::model::catalog::PromptTemplate;
use crate::model::{CountTokens, Generate, ModelError};
use crate::pipeline::attempt::Call;
use crate::pipeline::prompt::Values;
use crate::pipeline::summarise::ask;
use crate::pipeline::summarise::draft::Draft;
use crate::pipeline::summarise::material::{
    Material, PART_SENTENCES, SENTENCE_TOKENS, part_budget,
};
use crate::pipeline::summarise::{Length, Meaning};
use crate::text::join_words;
use crate::text::sentences::sentences;

/// Parts asked for at a time.
const IN_FLIGHT: usize = 64;

/// A summary of each part, in order.
pub(super) async fn note_all<G: Generate>(
    call: &Call<'_, G>,
    template: &PromptTemplate,
    parts: &[String],
    basis: (&Material, &Meaning<'_, G>),
    progress: &(dyn Fn() + Send + Sync),
) -> Result<Vec<String>, ModelError> {
    // As many sentences together as the summary is to have, at the least.
    let (material, _) = basis;
    let count = PART_SENTENCES.max(material.length.sentences.div_ceil(parts.len().max(1)));
    let work: Vec<_> = parts
        .iter()
        .map(|part| async move {
            note(call, template, part, count, basis)
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
    (material, meaning): (&Material, &Meaning<'_, G>),
) -> Result<String, ModelError> {
    // A third of the room, so that notes always come together in fewer groups.
    let room = part_budget(template, &call.card, material.length.sentences) / 3;
    let cap = (SENTENCE_TOKENS * count).min(room).max(1);
    let values = Values {
        text: part,
        sentences: count,
        ..Values::default()
    };
    let mut best: Option<Draft> = None;
    for attempt in 0..2 {
        let generated = ask(call, template, &values, cap, attempt).await?;
        let length = Length::of(count);
        let draft = Draft::new(&generated, length, &material.evidence, meaning).await?;
        let weight = draft.weight();
        let better = best.as_ref().is_none_or(|best| weight < best.weight());
        if better && draft.is_usable() {
            best = Some(draft);
        }
        if weight == 0 {
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
