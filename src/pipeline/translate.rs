//! Segments into a target language: all at once, each checked, each again if it fails.

use futures_util::StreamExt;
use futures_util::stream;

use crate::check::{self, Code, Finding, Standard, letters, tidy};
use crate::glossary::{Glossary, Protected};
use crate::job::Lang;
use crate::model::catalog::{Entry, PromptTemplate};
use crate::model::{Card, CountTokens, Generate, ModelError, Part, Prompt, Stop};
use crate::pipeline::attempt::{Ask, Call, MAX_RETRIES, Output, is_seq2seq};
use crate::pipeline::cache::Key;
use crate::pipeline::prompt::{self, Values};
use crate::text::chunk::split_long;
use crate::text::join_words;

/// Requests of one stage that are open at a time: enough to fill any batch, and a bound on memory.
const IN_FLIGHT: usize = 64;
/// A language model writes at most so many tokens per token of the source, and [`CAP_EXTRA`]
/// more. English is the language tokenizers know best: Korean and Russian take up to 2.5 times
/// its tokens.
const CAP_FACTOR: usize = 3;
/// See [`CAP_FACTOR`]; a short headline may need it.
const CAP_EXTRA: usize = 16;
/// Longest segment, in tokens: beyond it models leave out parts.
const LONGEST_SEGMENT: usize = 256;
/// No segment is cut shorter than this, whatever the context.
const SHORTEST_SEGMENT: usize = 8;
/// Terms given beside a segment.
const MOST_TERMS: usize = 8;
/// Context given beside a segment, in tokens.
const CONTEXT_TOKENS: usize = 96;

/// One text to translate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    /// The text, on one line.
    pub(super) source: String,
    /// What stands before it in the article, nearest last; may be empty.
    pub(super) context: String,
    /// How terms in it are translated, for the prompt; may be empty.
    terms: String,
    /// Whether a model wrote it, in the same job.
    follows: bool,
}

/// Texts in order, each with as much of what stands before it as the prompt takes; `follows` says
/// whether a model wrote them, in the same job.
pub(super) fn units(
    texts: Vec<String>,
    follows: bool,
    entry: &Entry,
    lang: Lang,
    tokens: &dyn CountTokens,
    glossary: &Glossary,
) -> Vec<Unit> {
    let takes_terms = template(entry, lang).is_some_and(|template| template.terms.is_some());
    let wants_context = template(entry, lang).is_some_and(prompt::takes_context);
    let mut before = String::new();
    texts
        .into_iter()
        .map(|text| {
            let source = join_words(&text);
            let context = if wants_context {
                std::mem::replace(&mut before, source.clone())
            } else {
                String::new()
            };
            let context = if tokens.count(&context) <= CONTEXT_TOKENS {
                context
            } else {
                String::new()
            };
            let terms = if takes_terms {
                listed(&glossary.prompt_terms(&source, lang, MOST_TERMS))
            } else {
                String::new()
            };
            Unit {
                source,
                context,
                terms,
                follows,
            }
        })
        .collect()
}

/// Terms with their translations, as a prompt gives them.
fn listed(terms: &[(String, String)]) -> String {
    let pairs: Vec<String> = terms
        .iter()
        .map(|(source, target)| format!("{source} = {target}"))
        .collect();
    pairs.join("; ")
}

/// Longest segment that leaves room for its translation, in tokens.
pub(super) fn segment_budget(entry: &Entry, lang: Lang, card: &Card) -> usize {
    let budget = match template(entry, lang) {
        Some(template) => {
            let context = if prompt::takes_context(template) {
                CONTEXT_TOKENS
            } else {
                0
            };
            let taken = prompt::overhead(template, &*card.tokens) + context + CAP_EXTRA;
            card.context_tokens.saturating_sub(taken) / (1 + CAP_FACTOR)
        }
        // Source and target have the whole length each, and no target is twice its source.
        None => card.context_tokens / 2,
    };
    budget.clamp(SHORTEST_SEGMENT, LONGEST_SEGMENT)
}

/// A text cut into pieces that can be translated, each with its first byte.
pub(super) fn pieces(text: &str, entry: &Entry, lang: Lang, card: &Card) -> Vec<(usize, String)> {
    let budget = segment_budget(entry, lang, card);
    split_long(text, Lang::En, budget, &|text| card.tokens.count(text))
        .into_iter()
        .filter_map(|range| {
            let piece = text.get(range.clone())?;
            let begins = range.start + (piece.len() - piece.trim_start().len());
            Some((begins, piece.trim().to_owned()))
        })
        .collect()
}

/// Whether the catalogue says how this model is asked to translate into `lang`.
pub(super) fn can_translate(entry: &Entry, lang: Lang) -> bool {
    is_seq2seq(entry.architecture) || template(entry, lang).is_some()
}

fn template(entry: &Entry, lang: Lang) -> Option<&PromptTemplate> {
    entry.prompts.as_ref()?.translate.get(&lang)
}

/// Translates every unit, in order. `progress` is called as each is done, in any order.
pub(super) async fn translate<G: Generate>(
    call: &Call<'_, G>,
    lang: Lang,
    units: &[Unit],
    progress: &(dyn Fn() + Send + Sync),
) -> Result<Vec<Output>, ModelError> {
    let work: Vec<_> = units
        .iter()
        .enumerate()
        .map(|(index, unit)| async move { (index, translate_one(call, lang, unit).await) })
        .collect();
    let mut running = stream::iter(work).buffer_unordered(IN_FLIGHT);
    let mut outputs: Vec<(usize, Output)> = Vec::with_capacity(units.len());
    while let Some((index, output)) = running.next().await {
        outputs.push((index, output?));
        progress();
    }
    outputs.sort_by_key(|(index, _)| *index);
    Ok(outputs.into_iter().map(|(_, output)| output).collect())
}

async fn translate_one<G: Generate>(
    call: &Call<'_, G>,
    lang: Lang,
    unit: &Unit,
) -> Result<Output, ModelError> {
    if !letters::any(&unit.source) {
        // Rules, stars and bare figures say the same in every language.
        return Ok(Output::verbatim(unit.source.clone()));
    }
    let template = template(call.entry, lang);
    let prompt = prompt(call.entry, template, lang, unit);
    let key = key(call, &prompt, lang);
    let (place, new) = call.place(key);
    let kept = call.cache.filter(|_| new);
    let kept = kept.and_then(|cache| cache.get(&key));
    call.tally.segment(kept.is_some());
    // A summary's sentence is often one of the article's, and would come out the same: whoever comes
    // second waits for it.
    let written = async {
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let output = write(call, template, lang, unit, &prompt).await?;
        if let Some(cache) = call.cache {
            cache.put(key, output.clone());
        }
        Ok(output)
    };
    place.get_or_try_init(|| written).await.cloned()
}

/// What the translation of a unit depends on. The program is part of it for the sake of its checks.
fn key<G>(call: &Call<'_, G>, prompt: &Prompt, lang: Lang) -> Key {
    let seed = call.seed.to_string();
    let decode = format!("{:?}", call.entry.decode);
    let rest = [
        env!("CARGO_PKG_VERSION"),
        &call.entry.id,
        &call.card.sha256,
        &call.card.quantization,
        lang.tag(),
        &seed,
        &decode,
        call.glossary.hash(),
    ];
    Key::new(prompt, &rest)
}

/// Decodes a unit until it passes its checks, or often enough.
async fn write<G: Generate>(
    call: &Call<'_, G>,
    template: Option<&PromptTemplate>,
    lang: Lang,
    unit: &Unit,
    prompt: &Prompt,
) -> Result<Output, ModelError> {
    let stop = template.map_or(&[][..], |template| &template.stop);
    let cap = cap(call, template, unit);
    let standard = Standard {
        lang,
        known: &call.known,
    };
    let mut first = None;
    let mut best: Option<(String, Vec<Finding>)> = None;
    let mut attempts = 0;
    // Models that take no prompt cannot be told of terms. What lacks some is decoded once with
    // placeholders in their places.
    let mut may_protect = template.is_none();
    let ask = |prompt: Prompt, attempt, ahead| Ask {
        prompt,
        stop,
        cap,
        attempt,
        ahead: unit.follows || ahead,
    };
    for attempt in 0..=MAX_RETRIES {
        attempts = attempt + 1;
        let lacking = best.as_ref().filter(|_| may_protect);
        let protected = lacking.and_then(|(text, _)| protect(call, lang, unit, text));
        let generated = match &protected {
            Some(protected) => {
                may_protect = false;
                let prompt = source_prompt(call.entry, lang, &protected.text);
                // As the first: what is likeliest is a copy, and the text is another already.
                call.generate(ask(prompt, 0, true)).await?
            }
            None => call.generate(ask(prompt.clone(), attempt, false)).await?,
        };
        let text = tidy::tidy(&unit.source, &generated.text);
        let restored = match &protected {
            Some(protected) => protected.restore(&text),
            None => Some(text),
        };
        let Some(text) = restored else {
            // A placeholder was lost: no translation of this source.
            continue;
        };
        let text = call
            .glossary
            .repair(&unit.source, &text, lang)
            .unwrap_or(text);
        let cut = generated.stop == Stop::TokenLimit;
        let mut findings = check::translation(&unit.source, &text, cut, standard);
        with_terms(
            &mut findings,
            call.glossary.check(&unit.source, &text, lang),
        );
        first.get_or_insert_with(|| findings.clone());
        let good = !check::fails(&findings);
        let better = best
            .as_ref()
            .is_none_or(|(_, kept)| check::weight(&findings) < check::weight(kept));
        if better {
            best = Some((text, findings));
        }
        if good {
            break;
        }
    }
    let (text, findings) = best.unwrap_or_default();
    Ok(Output::judged(
        text,
        findings,
        &first.unwrap_or_default(),
        attempts,
    ))
}

/// The source with placeholders for the terms that a translation lacks, where there are such and
/// the model can read it.
fn protect<G>(call: &Call<'_, G>, lang: Lang, unit: &Unit, translation: &str) -> Option<Protected> {
    /// The token for the language, and that for the end.
    const SPARE: usize = 8;
    let protected = call.glossary.protect(&unit.source, translation, lang);
    let fits = call.card.tokens.count(&protected.text) + SPARE <= call.card.context_tokens;
    (fits && !protected.is_plain()).then_some(protected)
}

/// Adds what a glossary finds. What it says of a name need not be said twice.
fn with_terms(findings: &mut Vec<Finding>, terms: Vec<Finding>) {
    let overlaps = |a: &Finding, b: &Finding| match (&a.source, &b.source) {
        (Some(a), Some(b)) => a.start < b.end && b.start < a.end,
        _ => false,
    };
    findings.retain(|finding| {
        finding.code != Code::Name || !terms.iter().any(|term| overlaps(finding, term))
    });
    findings.extend(terms);
    findings.sort_by_key(|finding| finding.code);
}

fn prompt(entry: &Entry, template: Option<&PromptTemplate>, lang: Lang, unit: &Unit) -> Prompt {
    match template {
        Some(template) => prompt::render(
            template,
            &Values {
                text: &unit.source,
                context: &unit.context,
                terms: &unit.terms,
                ..Values::default()
            },
        ),
        None => source_prompt(entry, lang, &unit.source),
    }
}

/// For models that read nothing but a source.
fn source_prompt(entry: &Entry, lang: Lang, source: &str) -> Prompt {
    let prefix = entry.target_prefix.get(&lang).map(String::as_str);
    Prompt {
        prefix: prefix.unwrap_or_default().into(),
        parts: vec![Part::Text(source.into())],
    }
}

/// Hard limit on the output, by the length of the source and by what the context leaves.
fn cap<G>(call: &Call<'_, G>, template: Option<&PromptTemplate>, unit: &Unit) -> usize {
    let tokens = &*call.card.tokens;
    let source = tokens.count(&unit.source);
    let taken = template.map_or(0, |template| {
        prompt::overhead(template, tokens)
            + source
            + tokens.count(&unit.context)
            + tokens.count(&unit.terms)
    });
    (CAP_FACTOR * source + CAP_EXTRA)
        .min(call.card.context_tokens.saturating_sub(taken))
        .max(1)
}
