//! How alike the sentences of a summary and of its article are, where there is a model that says.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::check::support::Evidence;
use crate::model::{Card, Embedding, Generate, ModelError, ModelId};
use crate::pipeline::attempt::Tally;

/// What an article's sentences mean; or nobody knows.
#[derive(Debug)]
pub(in crate::pipeline) struct Meaning<'a, G>(Option<Known<'a, G>>);

#[derive(Debug)]
struct Known<'a, G> {
    asked: Asked<'a, G>,
    /// Of each of the evidence's sentences.
    article: Vec<Embedding>,
}

/// Who is asked.
#[derive(Debug)]
pub(in crate::pipeline) struct Asked<'a, G> {
    pub(in crate::pipeline) engine: &'a G,
    pub(in crate::pipeline) card: Arc<Card>,
    pub(in crate::pipeline) cancel: CancellationToken,
    pub(in crate::pipeline) tally: &'a Tally,
}

impl<'a, G: Generate> Meaning<'a, G> {
    /// Of an article that no model is there for.
    pub(in crate::pipeline) fn unknown() -> Self {
        Self(None)
    }

    /// What a model makes of an article's sentences.
    pub(in crate::pipeline) async fn of(
        evidence: &Evidence,
        asked: Asked<'a, G>,
    ) -> Result<Self, ModelError> {
        let sentences = evidence.sentences().iter();
        let texts = sentences.map(|sentence| Arc::from(sentence.text.as_str()));
        let article = asked.embed(texts.collect()).await?;
        Ok(Self(Some(Known { asked, article })))
    }

    /// How alike each of these is to each of the evidence's sentences; nothing where nobody knows.
    pub(super) async fn likeness(&self, sentences: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        let Self(Some(known)) = self else {
            return Ok(Vec::new());
        };
        let texts = sentences.iter().map(|text| Arc::from(text.as_str()));
        let embedded = known.asked.embed(texts.collect()).await?;
        let to_article =
            |one: &Embedding| known.article.iter().map(|of| one.likeness(of)).collect();
        Ok(embedded.iter().map(to_article).collect())
    }
}

impl<G: Generate> Asked<'_, G> {
    /// A batch at a time, so that others get their turn in a long article.
    async fn embed(&self, texts: Vec<Arc<str>>) -> Result<Vec<Embedding>, ModelError> {
        let id: &ModelId = &self.card.id;
        let mut all = Vec::with_capacity(texts.len());
        for batch in texts.chunks(self.card.batch.max(1)) {
            let embedded = self.engine.embed(id, batch.to_vec(), &self.cancel).await?;
            self.tally
                .add(embedded.iter().map(Embedding::tokens).sum(), 0);
            all.extend(embedded);
        }
        Ok(all)
    }
}
