//! An article and its summary in one target language.

use tokio::sync::SetOnce;

use crate::job::wire::{Summary, TargetResult};
use crate::job::{Job, Lang};
use crate::model::{Generate, ModelError};
use crate::pipeline::attempt::{Call, Output};
use crate::pipeline::stages::Stages;
use crate::pipeline::translate::Unit;
use crate::pipeline::{assemble, translate};
use crate::text::chunk::Segment;
use crate::text::{Article, publish};

/// What is translated into every language.
pub(super) struct Matter<'a> {
    pub(super) job: &'a Job,
    pub(super) article: &'a Article,
}

/// A summary's sentences, ready to translate.
struct Sentences<'a> {
    english: &'a Summary,
    units: Vec<Unit>,
    /// Where each sentence's pieces begin in it: a sentence may be longer than the model takes.
    begins: Vec<Vec<usize>>,
}

impl<'a> Sentences<'a> {
    fn new<G>(call: &Call<'_, G>, lang: Lang, english: &'a Summary) -> Self {
        let cut: Vec<Vec<(usize, String)>> = english
            .segments
            .iter()
            .map(|sentence| translate::pieces(&sentence.text, call.entry, lang, &call.card))
            .collect();
        let begins = cut
            .iter()
            .map(|pieces| pieces.iter().map(|(begins, _)| *begins).collect())
            .collect();
        let texts = cut.into_iter().flatten().map(|(_, piece)| piece).collect();
        Self {
            english,
            units: units(call, lang, texts, true),
            begins,
        }
    }

    /// The summary in the target language, from one output per unit.
    fn translated(self, outputs: Vec<Output>) -> Summary {
        let mut outputs = outputs.into_iter();
        let whole = self
            .begins
            .into_iter()
            .map(|begins| Output::joined(begins.into_iter().zip(outputs.by_ref()).collect()))
            .collect();
        assemble::translated_summary(self.english, whole)
    }
}

fn units<G>(call: &Call<'_, G>, lang: Lang, texts: Vec<String>, follows: bool) -> Vec<Unit> {
    let Call { entry, card, .. } = call;
    translate::units(texts, follows, entry, lang, &*card.tokens, &call.glossary)
}

/// The article's `segments`, if it is translated, and its English `summary`, if one is wanted: that
/// is waited for while the segments are translated.
pub(super) async fn into_language<G: Generate>(
    call: &Call<'_, G>,
    lang: Lang,
    Matter { job, article }: &Matter<'_>,
    segments: Option<&[Segment]>,
    summary: Option<&SetOnce<Summary>>,
    stages: &Stages<'_>,
) -> Result<TargetResult, ModelError> {
    if let Some(summary) = summary.filter(|_| segments.is_none()) {
        // Nothing begins before there is something to translate.
        summary.wait().await;
    }
    let texts = segments.into_iter().flatten();
    let texts = texts.map(|segment| assemble::trimmed(article, segment).0.to_owned());
    let of_article = units(call, lang, texts.collect(), false);
    let ready = summary
        .and_then(SetOnce::get)
        .map(|english| Sentences::new(call, lang, english));

    let known = of_article.len() + ready.as_ref().map_or(0, |ready| ready.units.len());
    let stage = stages.begin(format!("translate:{lang}"), known);
    let progress = stages.progress(&stage, call.tally);
    let sections = async {
        let outputs = translate::translate(call, lang, &of_article, &progress).await?;
        Ok::<_, ModelError>(segments.map(|of| assemble::sections(article, of, outputs, lang)))
    };
    let in_short = async {
        let sentences = match (ready, summary) {
            (Some(ready), _) => ready,
            (None, None) => return Ok(None),
            (None, Some(summary)) => {
                let sentences = Sentences::new(call, lang, summary.wait().await);
                stages.grow(&stage, sentences.units.len());
                sentences
            }
        };
        let outputs = translate::translate(call, lang, &sentences.units, &progress).await?;
        Ok(Some(sentences.translated(outputs)))
    };
    let (sections, summary) = tokio::try_join!(sections, in_short)?;
    stages.end(stage);

    let mut target = assemble::target(lang, summary, sections.unwrap_or_default());
    assemble::mark_varying(&mut target, &call.known);
    in_its_form(job, article, &mut target);
    Ok(target)
}

/// Adds a translation in the form that its article came in.
fn in_its_form(job: &Job, article: &Article, target: &mut TargetResult) {
    target.html = publish::html(job, article, target);
    let version = job.revision.saturating_add(1).to_string();
    let created = jiff::Timestamp::now().to_string();
    target.item = publish::item(job, article, target, &version, &created);
}
