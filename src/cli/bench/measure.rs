//! One measurement: all texts at once, through the engine of the worker.

use std::time::Instant;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio_util::sync::CancellationToken;

use super::stats::{median_by, rate};
use super::subject::{Running, Subject};
use super::texts::Texts;
use super::{memory, processor};
use crate::cli::exit::Failure;
use crate::model::{Generate, Generated, ModelError, ModelId};

/// The median of several runs of the same texts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    pub(super) batch: usize,
    pub(super) texts: usize,
    pub(super) seconds: f64,
    /// Written.
    pub(super) tokens: usize,
    /// Read, without the shared beginning.
    pub(super) prompt_tokens: usize,
    /// Until the first text was done.
    pub(super) first_result_seconds: f64,
    pub(super) peak_memory_bytes: Option<u64>,
    /// Of all threads together.
    pub(super) cpu_seconds: Option<f64>,
}

impl Run {
    pub(super) fn texts_per_second(&self) -> f64 {
        rate(self.texts, self.seconds)
    }

    pub(super) fn tokens_per_second(&self) -> f64 {
        rate(self.tokens, self.seconds)
    }

    pub(super) fn prompt_tokens_per_second(&self) -> f64 {
        rate(self.prompt_tokens, self.seconds)
    }
}

/// What is measured with one batch size, and what there is to know about the model.
#[derive(Debug, Clone)]
pub(super) struct Measured {
    pub(super) run: Run,
    pub(super) quantization: String,
    pub(super) load_seconds: f64,
    /// Of the last run.
    pub(super) texts: Vec<String>,
}

/// Measures batches of `batch`: a run that does not count, then `repeat` that do.
///
/// # Errors
/// When the model does not load, or a text cannot be written.
pub(super) async fn measure(
    subject: &mut Subject,
    texts: &Texts,
    batch: usize,
    repeat: usize,
    cancel: &CancellationToken,
) -> Result<Measured, Failure> {
    let work = async |running: Running| {
        once(&running, texts, cancel).await?;
        let mut runs = Vec::with_capacity(repeat);
        let mut written = Vec::new();
        for _ in 0..repeat {
            let (run, answers) = once(&running, texts, cancel).await?;
            runs.push(run);
            written = answers;
        }
        let run = median_by(runs, |run| run.seconds)
            .ok_or_else(|| anyhow::anyhow!("--repeat: nothing was run"))?;
        Ok(Measured {
            run: Run {
                batch,
                peak_memory_bytes: memory::peak(),
                ..run
            },
            quantization: running.card.quantization.clone(),
            load_seconds: running.load_seconds,
            texts: written,
        })
    };
    subject.run(batch, texts.count(), cancel, work).await
}

async fn once(
    running: &Running,
    texts: &Texts,
    cancel: &CancellationToken,
) -> Result<(Run, Vec<String>), Failure> {
    let id = &running.card.id;
    // Without tokio's budget for one task, which would leave some texts unsent.
    tokio::task::unconstrained(async {
        let (started, mut waiting) = running.at_once(|| {
            let waiting = FuturesUnordered::new();
            for index in 0..texts.count() {
                let request = texts.request(index, cancel);
                let answer = async move { (index, running.engine.generate(id, request).await) };
                let mut answer = Box::pin(answer);
                // Asked once, it is sent. Nothing is answered yet, unless by a failure.
                match answer.as_mut().now_or_never() {
                    None => waiting.push(answer),
                    Some((_, failed)) => drop(failed?),
                }
            }
            Ok((Instant::now(), waiting))
        })?;
        let mut run = Run {
            batch: running.card.batch,
            texts: texts.count(),
            seconds: 0.0,
            tokens: 0,
            prompt_tokens: 0,
            first_result_seconds: 0.0,
            peak_memory_bytes: None,
            cpu_seconds: None,
        };
        let before = processor::seconds();
        let mut written = vec![String::new(); texts.count()];
        let mut first = None;
        while let Some((index, answer)) = waiting.next().await {
            let Generated {
                text,
                stop: _,
                prompt_tokens,
                tokens,
            } = answer.map_err(|error| failure(id, texts, index, error))?;
            first.get_or_insert_with(|| started.elapsed());
            run.tokens += tokens;
            run.prompt_tokens += prompt_tokens;
            if let Some(place) = written.get_mut(index) {
                *place = text;
            }
        }
        run.seconds = started.elapsed().as_secs_f64();
        run.cpu_seconds = processor::seconds()
            .zip(before)
            .map(|(after, before)| after - before);
        run.first_result_seconds = first.map_or(run.seconds, |first| first.as_secs_f64());
        Ok((run, written))
    })
    .await
}

/// A failure that says which text it is about.
pub(super) fn failure(id: &ModelId, texts: &Texts, index: usize, error: ModelError) -> Failure {
    let place = texts.place(index);
    anyhow::Error::from(error)
        .context(format!("{id} could not write {place}"))
        .into()
}
