//! The summary of a job and its languages: at once, where one model writes them.
//!
//! A batch that is full costs little more a pass than one that is not. So the summary, which is one
//! text, and the segments that are written again, which come late and one by one, run beside the
//! rest. Work for several models follows one another: they would take turns on the device, and
//! memory may not have room for all.

use futures_util::future::try_join_all;
use tokio::sync::SetOnce;

use crate::job::Lang;
use crate::job::wire::{Summary, TargetResult};
use crate::model::Generate;
use crate::pipeline::attempt::Call;
use crate::pipeline::language::{Matter, into_language};
use crate::pipeline::stages::Stages;
use crate::pipeline::{Event, JobError, Observe};
use crate::text::chunk::Segment;

/// A language, and what translates into it.
pub(super) struct Translator<'a, G> {
    pub(super) lang: Lang,
    pub(super) call: Call<'a, G>,
    /// The article's segments; none where only its summary is translated.
    pub(super) segments: Option<Vec<Segment>>,
}

/// Who writes the summary.
pub(super) struct Summariser<'a, F> {
    /// The id of the model; none where no model does.
    pub(super) model: Option<&'a str>,
    pub(super) work: F,
}

/// What was written; the targets in the order of their translators.
pub(super) struct Written {
    pub(super) summary: Option<Summary>,
    pub(super) targets: Vec<TargetResult>,
}

/// Writes the summary, where one is wanted, and translates it and the article. The observer is
/// told of each as soon as it is complete.
pub(super) async fn write<G: Generate>(
    matter: Matter<'_>,
    summariser: Option<Summariser<'_, impl Future<Output = Result<Summary, JobError>>>>,
    translators: &[Translator<'_, G>],
    stages: &Stages<'_>,
    observer: &dyn Observe,
) -> Result<Written, JobError> {
    let summary = summariser.as_ref().map(|_| SetOnce::new());
    let with = summariser.as_ref().and_then(|summariser| summariser.model);
    let models: Vec<&str> = translators
        .iter()
        .map(|translator| &*translator.call.entry.id)
        .collect();
    let mut turns = turns(with, &models).into_iter();

    let in_source = async {
        if let (Some(summariser), Some(summary)) = (summariser, &summary) {
            let done = summariser.work.await?;
            observer.event(Event::SummaryReady(Box::new(done.clone())));
            // Nobody else writes it.
            drop(summary.set(done));
        }
        Ok(())
    };
    let translates = |indices: Vec<usize>| {
        let (matter, summary) = (&matter, summary.as_ref());
        let work = indices.into_iter().filter_map(move |index| {
            let translator = translators.get(index)?;
            Some(async move {
                let Translator {
                    lang,
                    call,
                    segments,
                } = translator;
                let (lang, segments) = (*lang, segments.as_deref());
                let target = into_language(call, lang, matter, segments, summary, stages).await?;
                observer.event(Event::TargetReady(Box::new(target.clone())));
                Ok::<_, JobError>((index, target))
            })
        });
        try_join_all(work)
    };
    let first = translates(turns.next().unwrap_or_default());
    let ((), mut done) = tokio::try_join!(in_source, first)?;
    for turn in turns {
        done.extend(translates(turn).await?);
    }

    done.sort_by_key(|(index, _)| *index);
    Ok(Written {
        targets: done.into_iter().map(|(_, target)| target).collect(),
        summary: summary.and_then(SetOnce::into_inner),
    })
}

/// Which translators run at once, by their places in `models`: first those with the model that
/// summarises, maybe none, then those of one model after the other.
fn turns(summariser: Option<&str>, models: &[&str]) -> Vec<Vec<usize>> {
    let mut turns: Vec<(Option<&str>, Vec<usize>)> = vec![(summariser, Vec::new())];
    for (index, model) in models.iter().enumerate() {
        let model = Some(*model);
        match turns.iter_mut().find(|(known, _)| *known == model) {
            Some((_, turn)) => turn.push(index),
            None => turns.push((model, vec![index])),
        }
    }
    turns.into_iter().map(|(_, turn)| turn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_models_work_runs_at_once_and_two_models_work_does_not() {
        assert_eq!(turns(Some("a"), &["a", "a"]), [vec![0, 1]]);
        assert_eq!(turns(Some("a"), &["b", "a", "b"]), [vec![1], vec![0, 2]]);
        assert_eq!(turns(None, &["a", "b"]), [vec![], vec![0], vec![1]]);
        assert_eq!(turns(Some("a"), &[]), [Vec::<usize>::new()]);
    }
}
