//! How long texts take that come at random times, whether or not the model keeps up.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::arrivals::arrivals;
use super::measure::{Run, failure};
use super::stats::{percentile, rate};
use super::subject::{Running, Subject};
use super::texts::Texts;
use crate::cli::exit::Failure;
use crate::model::Generate;

/// Texts at least, so that the slowest of a hundred is one of them.
const LEAST: usize = 100;

/// What was measured at one rate of arrivals.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Load {
    /// Of what the batch could do when all texts were there at once.
    pub(super) share: f64,
    pub(super) batch: usize,
    pub(super) texts: usize,
    pub(super) arrivals_per_second: f64,
    /// From the first arrival to the last text.
    pub(super) seconds: f64,
    pub(super) tokens: usize,
    /// From a text's arrival to its end, in seconds, in any order.
    pub(super) latencies: Vec<f64>,
}

impl Load {
    pub(super) fn texts_per_second(&self) -> f64 {
        rate(self.texts, self.seconds)
    }

    pub(super) fn tokens_per_second(&self) -> f64 {
        rate(self.tokens, self.seconds)
    }

    pub(super) fn latency(&self, percent: usize) -> f64 {
        percentile(&self.latencies, percent)
    }
}

/// Measures each of `shares` of what `best` could do, with its batch size.
///
/// # Errors
/// When the model does not load, or a text cannot be written.
pub(super) async fn measure(
    subject: &mut Subject,
    texts: &Texts,
    best: &Run,
    shares: &[f64],
    cancel: &CancellationToken,
) -> Result<Vec<Load>, Failure> {
    let count = texts.count().max(LEAST);
    let work = async |running: Running| {
        // Not counted: what is computed once is computed here.
        let warm = texts.request(0, cancel);
        let warmed = running.engine.generate(&running.card.id, warm).await;
        warmed.map_err(|error| failure(&running.card.id, texts, 0, error))?;
        let mut loads = Vec::with_capacity(shares.len());
        for share in shares {
            let per_second = best.texts_per_second() * share;
            let load = at_rate(&running, texts, count, per_second, cancel).await?;
            loads.push(Load {
                share: *share,
                ..load
            });
        }
        Ok(loads)
    };
    subject.run(best.batch, count, cancel, work).await
}

async fn at_rate(
    running: &Running,
    texts: &Texts,
    count: usize,
    per_second: f64,
    cancel: &CancellationToken,
) -> Result<Load, Failure> {
    let id = &running.card.id;
    let times = arrivals(count, per_second);
    let started = Instant::now();
    let mut waiting: FuturesUnordered<_> = times
        .into_iter()
        .enumerate()
        .map(|(index, at)| {
            let due = started + Duration::from_secs_f64(at);
            async move {
                sleep_until(due).await;
                let request = texts.request(index, cancel);
                let answer = running.engine.generate(id, request).await;
                (index, due.elapsed(), answer)
            }
        })
        .collect();
    let (mut latencies, mut tokens) = (Vec::with_capacity(count), 0);
    while let Some((index, latency, answer)) = waiting.next().await {
        let index = index.checked_rem(texts.count()).unwrap_or(0);
        tokens += answer
            .map_err(|error| failure(id, texts, index, error))?
            .tokens;
        latencies.push(latency.as_secs_f64());
    }
    Ok(Load {
        share: 0.0,
        batch: running.card.batch,
        texts: count,
        arrivals_per_second: per_second,
        seconds: started.elapsed().as_secs_f64(),
        tokens,
        latencies,
    })
}
