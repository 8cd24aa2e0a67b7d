//! The glossary that a job's translations keep to.

use std::sync::Arc;

use crate::glossary::Glossary;
use crate::job::wire::GlossaryUse;
use crate::job::{ErrorCode, InvalidJob, Job, Lang};
use crate::model::Generate;
use crate::pipeline::JobError;
use crate::pipeline::run::{Run, off_thread};

/// How terms are translated: the job's own terms over those of the desk that it names, or of the
/// worker's default.
pub(super) struct Terms {
    desk: Arc<Glossary>,
    pub(super) used: Option<GlossaryUse>,
}

impl<G: Generate> Run<'_, G> {
    /// Refuses a glossary that the producer counts on and this worker does not have: to translate
    /// without it would be to pass off something else as what was asked for.
    pub(super) async fn terms(&self) -> Result<Terms, JobError> {
        let job = self.job;
        let none = Terms {
            desk: Arc::default(),
            used: None,
        };
        let Some(glossaries) = self.glossaries else {
            return match &job.glossary_id {
                None => Ok(none),
                Some(id) => Err(unknown_glossary(
                    job,
                    format!(
                        "glossary_id is {id:?}, but this worker has no glossaries configured: leave it out, or send the \
                     terms with the job as glossary"
                    ),
                )),
            };
        };
        let Some(id) = job
            .glossary_id
            .clone()
            .or_else(|| glossaries.default.clone())
        else {
            return Ok(none);
        };
        let store = glossaries.store.clone();
        let found = off_thread(move || store.get(&id)).await?;
        let desk = found.map_err(|error| unknown_glossary(job, error.to_string()))?;
        let used = Some(GlossaryUse {
            id: desk.name().to_owned(),
            sha256: desk.hash().to_owned(),
        });
        Ok(Terms { desk, used })
    }
}

fn unknown_glossary(job: &Job, message: String) -> JobError {
    JobError::Invalid(InvalidJob {
        code: ErrorCode::UnknownGlossary,
        message,
        field: Some("glossary_id".to_owned()),
        id: Some(job.id.as_str().to_owned()),
    })
}

impl Terms {
    /// The terms for one language.
    pub(super) fn of(&self, job: &Job, lang: Lang) -> Arc<Glossary> {
        if job.glossary.iter().any(|term| term.is_for(lang)) {
            Arc::new(self.desk.with_terms(&job.glossary, lang))
        } else {
            self.desk.clone()
        }
    }
}
