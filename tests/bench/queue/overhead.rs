//! The worker beside the bare loop, in turns.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use presslate::queue::amqp::{self, AmqpSink};
use presslate::queue::{Answer, QueueError, Sink};
use presslate::worker::work;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::broker::Broker;
use crate::worker::{Idler, config, settings};
use crate::{OverheadArgs, bare, median, say};

/// Who takes a turn.
const TURNS: [&str; 3] = ["worker", "marked", "bare"];

/// Messages a second of each, one entry a round.
#[derive(Debug, Default)]
struct Rates {
    worker: Vec<f64>,
    marked: Vec<f64>,
    bare: Vec<f64>,
}

impl Rates {
    fn line(&self, name: &str, of: impl Fn(&[f64]) -> f64, mark: &str) -> String {
        let ratios = |others: &[f64]| -> Vec<f64> {
            let pairs = self.worker.iter().zip(others);
            pairs.map(|(ours, theirs)| ours / theirs).collect()
        };
        format!(
            "{name:>8}{:>10.0}{:>10.0}{:>10.0}{:>14.2}{:>14.2}{mark}\n",
            of(&self.worker),
            of(&self.marked),
            of(&self.bare),
            of(&ratios(&self.marked)),
            of(&ratios(&self.bare)),
        )
    }
}

/// Measures; `false` when the worker is too slow.
pub(crate) async fn measure(broker: &Broker, args: &OverheadArgs) -> Result<bool> {
    let mut good = true;
    for (what, slots, count) in [
        ("one at a time", 1, args.serial),
        ("many at a time", args.slots, args.pipelined),
    ] {
        say(&format!(
            "{what}: {slots} in hand, {count} messages a round, in messages a second\n\
             {:>8}{:>10}{:>10}{:>10}{:>14}{:>14}\n",
            "round", "worker", "marked", "bare", "worker/marked", "worker/bare"
        ))?;
        let mut rates = Rates::default();
        for round in 0..args.rounds {
            for turn in 0..TURNS.len() {
                broker.fill(round * count, count).await?;
                match TURNS.get((round + turn) % TURNS.len()) {
                    Some(&"worker") => rates.worker.push(ours_once(broker, count, slots).await?),
                    Some(&"marked") => {
                        rates
                            .marked
                            .push(bare::measure(broker, count, slots, true).await?);
                    }
                    _ => rates
                        .bare
                        .push(bare::measure(broker, count, slots, false).await?),
                }
                until_answered(broker, count).await?;
            }
            let last = |values: &[f64]| values.last().copied().unwrap_or(f64::NAN);
            say(&rates.line(&(round + 1).to_string(), last, ""))?;
        }
        let pairs = rates.worker.iter().zip(&rates.bare);
        let ratio = median(
            &pairs
                .map(|(ours, theirs)| ours / theirs)
                .collect::<Vec<f64>>(),
        );
        let enough = ratio >= args.at_least;
        good &= enough;
        let mark = if enough { "" } else { "  <-- MISS" };
        say(&rates.line("median", median, mark))?;
        let (ours, theirs) = (median(&rates.worker), median(&rates.bare));
        say(&format!(
            "a message costs the worker {:.3} ms, the bare loop {:.3} ms\n\n",
            1000.0 / ours,
            1000.0 / theirs
        ))?;
    }
    Ok(good)
}

/// Sees that every job was answered, and throws the answers away.
async fn until_answered(broker: &Broker, count: usize) -> Result<()> {
    let answers = broker.purge_results().await?;
    ensure!(
        usize::try_from(answers)? == count,
        "{count} jobs have {answers} answers"
    );
    broker.until_no_jobs().await
}

/// Notes when an answer was confirmed.
#[derive(Debug, Clone)]
struct Clocked {
    inner: AmqpSink,
    first: Arc<Mutex<Option<Instant>>>,
}

impl Sink for Clocked {
    async fn publish(&self, answer: &Answer) -> Result<(), QueueError> {
        let published = self.inner.publish(answer).await;
        self.first
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_with(Instant::now);
        published
    }

    async fn notify(&self, notice: &Answer) {
        self.inner.notify(notice).await;
    }
}

/// Messages a second, from the first confirm until the last job is acknowledged.
async fn ours_once(broker: &Broker, count: usize, slots: u16) -> Result<f64> {
    let (source, sink, link) = amqp::open(config(&broker.url, broker.names.clone(), slots))?;
    let sink = Clocked {
        inner: sink,
        first: Arc::default(),
    };
    let (first, runner) = (Arc::clone(&sink.first), Idler::default());
    let (runs, stop, cancel) = (
        Arc::clone(&runner.runs),
        CancellationToken::new(),
        CancellationToken::new(),
    );
    let watch = async {
        while runs.load(Ordering::SeqCst) < count {
            sleep(Duration::from_millis(1)).await;
        }
        stop.cancel();
    };
    let (worked, ()) = tokio::join!(
        work(source, sink, runner, stop.clone(), cancel, settings(slots)),
        watch
    );
    worked?;
    let first = *first.lock().unwrap_or_else(PoisonError::into_inner);
    let rate = bare::rate(count, first);
    link.close().await;
    rate
}
