//! One job from start to end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;

use crate::check::names::{Kind, Known};
use crate::job::wire::{self, ModelUse, ResultMessage, SegmentStatus, Summary, TargetResult};
use crate::job::{Entity, EntityKind, Job, Lang, Task};
use crate::model::catalog::Entry;
use crate::model::{Card, Generate, Meter, ModelId};
use crate::pipeline::attempt::{Call, Tally};
use crate::pipeline::language::Matter;
use crate::pipeline::stages::Stages;
use crate::pipeline::summarise::{self, Asked, Length, Material, Meaning};
use crate::pipeline::write::{self, Summariser, Translator, Written};
use crate::pipeline::{Glossaries, JobError, Observe, Plan, SegmentCache, assemble, translate};
use crate::text::chunk::Segment;
use crate::text::detect::{self, Detected};
use crate::text::{Article, chunk, clean};

/// What a run works with.
pub(super) struct Run<'a, G> {
    pub(super) engine: &'a G,
    pub(super) plan: &'a Plan,
    pub(super) seed: u64,
    pub(super) job: &'a Job,
    pub(super) cancel: CancellationToken,
    pub(super) meter: Meter,
    pub(super) tally: &'a Tally,
    pub(super) cache: Option<&'a SegmentCache>,
    pub(super) glossaries: Option<&'a Glossaries>,
}

/// Runs a job whose plan has every model it needs.
pub(super) async fn run<'a, G: Generate>(
    run: &Run<'a, G>,
    observer: &'a dyn Observe,
) -> Result<ResultMessage, JobError> {
    let job = run.job;
    let terms = run.terms().await?;
    let summariser = run.summariser()?;
    let translators = run.translators()?;
    let stages = Stages::new(observer);

    let stage = stages.begin("clean", 0);
    let input = job.article.clone();
    let article = Arc::new(off_thread(move || clean::clean(&input)).await??);
    stages.end(stage);

    let stage = stages.begin("detect", 0);
    run.require_english(&article).await?;
    stages.end(stage);

    let embedder = run.embedder();
    let entries = summariser
        .into_iter()
        .chain(embedder)
        .chain(translators.iter().map(|(_, entry)| *entry));
    let cards = run.cards(entries, &stages).await?;
    let card = |entry: &Entry| {
        cards
            .get(&entry.id)
            .cloned()
            .ok_or_else(|| no_model(format!("run {}", entry.id)))
    };

    let stage = stages.begin("segment", 0);
    let mut segmented = Vec::new();
    for (lang, entry) in &translators {
        let segments = if run.translates_article() {
            Some(segment(&article, *lang, entry, card(entry)?).await?)
        } else {
            None
        };
        segmented.push(segments);
    }
    stages.end(stage);

    let (shared, entities) = (article.clone(), job.entities.clone());
    let known = Arc::new(off_thread(move || names(&shared, &entities)).await?);

    let mut models = Vec::new();
    let work_on_summary = if job.tasks.contains(&Task::Summarise) {
        let model = summariser
            .map(|entry| card(entry).map(|card| (entry, card)))
            .transpose()?;
        if let Some((entry, card)) = &model {
            models.push(model_use("summarise".to_owned(), entry, card));
        }
        let compares = embedder.map(&card).transpose()?;
        let used = embedder.zip(compares.as_ref());
        models.extend(used.map(|(entry, card)| model_use("embed".to_owned(), entry, card)));
        Some(Summariser {
            model: summariser.map(|entry| &*entry.id),
            work: run.summarise(model, compares, &article, &stages),
        })
    } else {
        None
    };
    let mut work = Vec::new();
    for ((lang, entry), segments) in translators.iter().zip(segmented) {
        let card = card(entry)?;
        models.push(model_use(format!("translate:{lang}"), entry, &card));
        work.push(Translator {
            lang: *lang,
            call: Call {
                glossary: terms.of(job, *lang),
                known: known.clone(),
                ..run.call(entry, card)
            },
            segments,
        });
    }
    let matter = Matter {
        job,
        article: &article,
    };
    let Written { summary, targets } =
        write::write(matter, work_on_summary, &work, &stages, observer).await?;

    let article = Arc::unwrap_or_clone(article);
    Ok(ResultMessage {
        version: wire::VERSION.to_owned(),
        kind: "result".to_owned(),
        id: job.id.as_str().to_owned(),
        revision: job.revision,
        embargoed_until: job.embargoed_until.map(|time| time.to_string()),
        status: status(summary.as_ref(), &targets),
        source: assemble::source(article),
        summary,
        targets,
        models,
        glossary: terms.used,
        timings: stages.timings(),
        tokens: run.tally.counts(),
        segments: run.tally.segments(),
        worker: env!("CARGO_PKG_VERSION").to_owned(),
        metadata: job.metadata.clone(),
    })
}

impl<G: Generate> Run<'_, G> {
    /// The model for the summary, if one is wanted and there is one.
    fn summariser(&self) -> Result<Option<&Entry>, JobError> {
        let wanted = self.job.tasks.contains(&Task::Summarise);
        let Some(entry) = self.plan.summarise.as_deref().filter(|_| wanted) else {
            return Ok(None);
        };
        if summarise::template(entry).is_none() {
            return Err(no_model(format!(
                "summarise en ({} has no prompt for it)",
                entry.id
            )));
        }
        Ok(Some(entry))
    }

    /// The model that compares a summary with its article, if one is written and there is one.
    fn embedder(&self) -> Option<&Entry> {
        let written = self.job.tasks.contains(&Task::Summarise) && self.plan.summarise.is_some();
        self.plan.embed.as_deref().filter(|_| written)
    }

    /// Loads models, each once, and gives what is to be known of them by their ids.
    async fn cards(
        &self,
        entries: impl Iterator<Item = &Entry>,
        stages: &Stages<'_>,
    ) -> Result<BTreeMap<String, Arc<Card>>, JobError> {
        let mut cards = BTreeMap::new();
        for entry in entries {
            if !cards.contains_key(&entry.id) {
                let stage = stages.begin(format!("load:{}", entry.id), 0);
                let id = ModelId::new(&entry.id);
                let card = self.engine.card(&id, &self.cancel).await?;
                cards.insert(entry.id.clone(), card);
                stages.end(stage);
            }
        }
        Ok(cards)
    }

    /// Whether the article is translated, and not its summary alone.
    fn translates_article(&self) -> bool {
        self.job.tasks.contains(&Task::Translate)
    }

    /// The model for each language that is wanted, for the article or for its summary alone.
    fn translators(&self) -> Result<Vec<(Lang, &Entry)>, JobError> {
        let one = |&lang: &Lang| {
            let entry = self
                .plan
                .translate
                .get(&lang)
                .ok_or_else(|| no_model(format!("translate en to {lang}")))?;
            if !translate::can_translate(entry, lang) {
                return Err(no_model(format!(
                    "translate en to {lang} ({} has no prompt for it)",
                    entry.id
                )));
            }
            Ok((lang, &**entry))
        };
        self.job.targets.iter().map(one).collect()
    }

    /// Refuses what is not English.
    async fn require_english(&self, article: &Arc<Article>) -> Result<(), JobError> {
        let stated = self.job.source_lang;
        if let Some(other) = stated.filter(|lang| *lang != Lang::En) {
            let found = other.name().to_owned();
            return Err(JobError::Language { found });
        }
        let shared = article.clone();
        let detected = off_thread(move || {
            let texts = shared.sections.iter().map(|section| section.text.as_str());
            detect::detect(&texts.collect::<Vec<_>>().join("\n"))
        })
        .await?;
        if passes_for_english(&detected, stated.is_some()) {
            Ok(())
        } else {
            Err(JobError::Language {
                found: detected.name.to_owned(),
            })
        }
    }

    fn call<'b>(&'b self, entry: &'b Entry, card: Arc<Card>) -> Call<'b, G> {
        Call {
            engine: self.engine,
            entry,
            card,
            cancel: self.cancel.clone(),
            meter: self.meter.clone(),
            tally: self.tally,
            cache: self.cache,
            seed: self.seed,
            glossary: Arc::default(),
            known: Arc::default(),
            prefixes: Mutex::default(),
            texts: Mutex::default(),
        }
    }

    /// The summary in the article's language: by a model, or of its own sentences where there is none.
    async fn summarise(
        &self,
        model: Option<(&Entry, Arc<Card>)>,
        compares: Option<Arc<Card>>,
        article: &Arc<Article>,
        stages: &Stages<'_>,
    ) -> Result<Summary, JobError> {
        let length = Length::asked(self.job);
        let shared = article.clone();
        let material = off_thread(move || Material::new(&shared, length)).await?;
        let Some((entry, card)) = model else {
            let stage = stages.begin("extract", 0);
            let outputs = off_thread(move || summarise::extracted(&material)).await?;
            stages.end(stage);
            return Ok(assemble::summary(outputs));
        };
        let template =
            summarise::template(entry).ok_or_else(|| no_model("summarise en".to_owned()))?;
        let whole = summarise::opening(&material, &*card.tokens);
        let parts = {
            let (article, template, card) = (article.clone(), template.clone(), card.clone());
            off_thread(move || summarise::parts(&article, length, &template, &card)).await?
        };
        let steps = if whole.is_some() {
            1
        } else {
            summarise::steps(parts.len())
        };
        let meaning = match compares.filter(|_| whole.is_none()) {
            None => Meaning::unknown(),
            Some(card) => {
                let stage = stages.begin("embed", 0);
                let asked = Asked {
                    engine: self.engine,
                    card,
                    cancel: self.cancel.clone(),
                    tally: self.tally,
                };
                let meaning = Meaning::of(&material.evidence, asked).await?;
                stages.end(stage);
                meaning
            }
        };
        let stage = stages.begin("summarise", steps);
        let progress = stages.progress(&stage, self.tally);
        let outputs = if let Some(whole) = whole {
            progress();
            whole
        } else {
            let call = self.call(entry, card);
            summarise::summarise(&call, template, (&material, &meaning), &parts, &progress).await?
        };
        stages.end(stage);
        Ok(assemble::summary(outputs))
    }
}

async fn segment(
    article: &Arc<Article>,
    lang: Lang,
    entry: &Entry,
    card: Arc<Card>,
) -> Result<Vec<Segment>, JobError> {
    let budget = translate::segment_budget(entry, lang, &card);
    let article = article.clone();
    off_thread(move || chunk::segments(&article, Lang::En, budget, &|text| card.tokens.count(text)))
        .await
}

/// The names that an article mentions, and those that its producer says it does.
fn names(article: &Article, entities: &[Entity]) -> Known {
    let texts = article.sections.iter().map(|section| section.text.as_str());
    let entities = entities.iter().map(|entity| {
        let kind = match entity.kind {
            EntityKind::Person => Kind::Person,
            EntityKind::Organisation => Kind::Organisation,
            EntityKind::Place => Kind::Place,
        };
        (entity.name.as_str(), kind)
    });
    Known::new(texts, entities)
}

/// Text work takes milliseconds: too long for the threads that talk to the broker.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JobError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| JobError::Panicked)
}

/// A text in Latin letters too short to be sure of is taken as English: refusing a valid brief would
/// be worse, and the checks see what becomes of it. Where English is `stated`, only a text in
/// another script is not.
fn passes_for_english(detected: &Detected, stated: bool) -> bool {
    let unsure = !detected.reliable && detected.lang.is_none() && detected.may_be_english;
    detected.lang == Some(Lang::En) || unsure || (stated && !detected.other_script)
}

fn model_use(task: String, entry: &Entry, card: &Card) -> ModelUse {
    ModelUse {
        task,
        id: entry.id.clone(),
        sha256: card.sha256.clone(),
        quantization: card.quantization.clone(),
    }
}

fn no_model(what: String) -> JobError {
    JobError::NoModel { what }
}

fn status(summary: Option<&Summary>, targets: &[TargetResult]) -> SegmentStatus {
    let in_summary = assemble::worst(summary.iter().flat_map(|summary| &summary.segments));
    targets
        .iter()
        .map(|target| target.status)
        .fold(in_summary, SegmentStatus::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_too_short_to_tell_passes_for_english_and_no_other_script_does() {
        let danish = "Havnen blev onsdag genåbnet efter elleve års ombygning, og borgmesteren \
                      klippede snoren foran flere hundrede gæster på kajen.";
        for (text, unstated, stated) in [
            ("The harbour was reopened on Wednesday.", true, true),
            ("Tanaka, Lindqvist", true, true),
            (danish, false, true),
            ("항구가 수요일에 다시 열렸다고 시장이 말했다.", false, false),
            ("Порт снова открыли в среду, сообщил мэр.", false, false),
            ("港口星期三重新开放，市长说。", false, false),
            ("བོད་སྐད་ནི་སྐད་ཡིག་ཅིག་ཡིན།", false, false),
        ] {
            let detected = detect::detect(text);
            let found = [false, true].map(|stated| passes_for_english(&detected, stated));
            assert_eq!(found, [unstated, stated], "{text}: {detected:?}");
        }
    }
}
