//! The article's own sentences, where no model has written or may be believed.

use crate::check::support::Support;
use crate::check::{self, Code, Finding};
use crate::job::wire::{self, SegmentStatus, SourceSpan, SupportBy};
use crate::pipeline::attempt::Output;
use crate::pipeline::summarise::draft::Drafted;
use crate::pipeline::summarise::material::Material;

/// An article that is no longer than its summary would be, if it is so short.
pub(in crate::pipeline) fn opening(
    material: &Material,
    tokens: &dyn crate::model::CountTokens,
) -> Option<Vec<Output>> {
    let whole = |(index, text): (usize, &str)| Output {
        support: spans(material, &[Support::by_words(index)]),
        ..Output::verbatim(text.to_owned())
    };
    material
        .is_short(tokens)
        .then(|| material.body().into_iter().map(whole).collect())
}

/// A summary made of the article's sentences alone.
pub(in crate::pipeline) fn extracted(material: &Material) -> Vec<Output> {
    let first = Finding::whole(Code::Extracted);
    let picked = material.extract(&[], material.length.sentences);
    let outputs = picked
        .into_iter()
        .map(|sentence| extract(material, sentence, std::slice::from_ref(&first), 0))
        .collect();
    fitted(outputs, material)
}

/// A draft with the article's sentences in the place of those that fail, and as many more as were
/// asked for. A sentence that fails stays, for review, only where the article has no other to give.
pub(super) fn complete(
    sentences: Vec<Drafted>,
    before: &[Finding],
    attempts: u32,
    material: &Material,
) -> Vec<Output> {
    let good: Vec<&str> = sentences
        .iter()
        .filter(|sentence| !check::fails(&sentence.findings))
        .map(|sentence| sentence.text.as_str())
        .collect();
    let lacking = material.length.sentences.saturating_sub(good.len());
    let wants_more = material.length.wants_more(&good);
    let lacking = if wants_more { lacking } else { 0 };
    let mut spare = material.extract(&good, lacking).into_iter();
    let nothing_written = sentences.is_empty();
    let mut outputs: Vec<Output> = Vec::new();
    for sentence in sentences {
        let Drafted {
            text,
            findings,
            support,
        } = sentence;
        let other = if check::fails(&findings) {
            spare.next()
        } else {
            None
        };
        outputs.push(match other {
            Some(other) => extract(material, other, &findings, attempts),
            None => Output {
                support: spans(material, &support),
                ..Output::judged(text, findings, before, attempts)
            },
        });
    }
    let why = Finding::whole(if nothing_written {
        Code::Empty
    } else {
        Code::TooFewSentences
    });
    let why = std::slice::from_ref(&why);
    outputs.extend(spare.map(|other| extract(material, other, why, attempts)));
    fitted(outputs, material)
}

/// A sentence of the article, marked as one, in the place of something with these findings.
fn extract(
    material: &Material,
    (index, text): (usize, String),
    instead_of: &[Finding],
    attempts: u32,
) -> Output {
    let marked = vec![Finding::whole(Code::Extracted)];
    Output {
        support: spans(material, &[Support::by_words(index)]),
        ..Output::judged(text, marked, instead_of, attempts)
    }
}

/// At most as many words as were asked for: sentences are left out from the end, and what is too
/// long alone needs review.
fn fitted(mut outputs: Vec<Output>, material: &Material) -> Vec<Output> {
    let fits = |outputs: &[Output]| {
        material
            .length
            .takes(outputs.iter().map(|output| output.text.as_str()))
    };
    while outputs.len() > 1 && !fits(&outputs) {
        outputs.pop();
    }
    if !fits(&outputs)
        && let Some(only) = outputs.first_mut()
    {
        only.findings.push(Finding::whole(Code::TooLong));
        only.reasons.push(Code::TooLong.name().to_owned());
        only.status = SegmentStatus::NeedsReview;
    }
    outputs
}

fn spans(material: &Material, support: &[Support]) -> Vec<wire::Support> {
    let of = |support: &Support| {
        let sentence = material.evidence.sentences().get(support.sentence)?;
        Some(wire::Support {
            span: SourceSpan {
                section: sentence.section,
                start: sentence.range.start,
                end: sentence.range.end,
            },
            by: if support.by_meaning {
                SupportBy::Meaning
            } else {
                SupportBy::Words
            },
        })
    };
    support.iter().filter_map(of).collect()
}
