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

/// Measures; `false` when the worker is too slow.
pub(crate) async fn measure(broker: &Broker, args: &OverheadArgs) -> Result<bool> {
    let mut good = true;
    for (what, slots, count) in [
        ("one at a time", 1, args.serial),
        ("many at a time", args.slots, args.pipelined),
    ] {
        say(&format!(
            "{what}: {slots} in hand, {count} messages a round\n"
        ))?;
        say(&format!(
            "{:>6}{:>14}{:>14}{:>8}\n",
            "round", "worker, 1/s", "bare, 1/s", "ratio"
        ))?;
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..args.rounds {
            let (mut worker, mut loop_) = (0.0, 0.0);
            for turn in 0..2 {
                broker.fill(round * count, count).await?;
                if (round + turn) % 2 == 0 {
                    worker = ours_once(broker, count, slots).await?;
                } else {
                    loop_ = bare::measure(broker, count, slots).await?;
                }
                until_answered(broker, count).await?;
            }
            let ratio = worker / loop_;
            say(&format!(
                "{:>6}{worker:>14.0}{loop_:>14.0}{ratio:>8.2}\n",
                round + 1
            ))?;
            ours.push(worker);
            theirs.push(loop_);
            ratios.push(ratio);
        }
        let (ours, theirs, ratio) = (median(&ours), median(&theirs), median(&ratios));
        let enough = ratio >= args.at_least;
        good &= enough;
        let mark = if enough { "" } else { "  <-- MISS" };
        say(&format!(
            "{:>6}{ours:>14.0}{theirs:>14.0}{ratio:>8.2}{mark}\n",
            "median"
        ))?;
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
