//! One run from start to end: bursts of jobs, faults into them, and the reckoning.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use presslate::queue::topology::{DELAYS, Names};
use tokio::time::sleep;

use crate::apply::{Done, apply, recovery};
use crate::jobs::Spec;
use crate::ledger::Book;
use crate::options::RunArgs;
use crate::report::{self, Ended, Frame};
use crate::schedule::Step;
use crate::stage::Stage;
use crate::verdict::{explain, judge};
use crate::wire::Wire;
use crate::world::{World, waiting};

/// A run in which nothing goes on for this long is stuck.
const STUCK: Duration = Duration::from_mins(2);
/// For the first answer after a fault, before it counts as never.
const NEVER: Duration = Duration::from_mins(1);
/// For copies to come after the last answer.
const AFTERWARDS: Duration = Duration::from_secs(3);
/// For workers to end when they are asked to.
const FAREWELL: Duration = Duration::from_secs(15);

/// Runs; `false` when something is wrong.
pub(crate) async fn run(
    args: &RunArgs,
    specs: Vec<Spec>,
    steps: &[Step],
    folder: &Path,
) -> Result<bool> {
    let started = Instant::now();
    let mut stage = Stage::set(args, specs, folder).await?;
    say(&format!(
        "broker and {} workers are up after {:.1} s\n",
        args.workers,
        started.elapsed().as_secs_f64()
    ))?;
    let ended = faults(&stage.world, args.jobs, steps).await?;
    say("every fault is over; waiting for the last answers\n")?;
    finish(&stage.world).await?;
    let fleet = std::mem::take(&mut stage.world.fleet);
    tokio::task::spawn_blocking(move || fleet.close(FAREWELL)).await?;
    let left = left(&stage.world).await?;
    let ledger = stage.world.ledger.clone();
    stage.strike().await;

    let book = ledger.book();
    let verdict = judge(&book);
    let late = ended.iter().filter(|ended| ended.is_late()).count();
    let frame = Frame {
        exits: &book.exits,
        seen_again: book.seen_again,
        crowded: book.crowded,
        left: &left,
        took: started.elapsed(),
    };
    let miss = report::is_miss(&verdict.totals, late, &frame);
    if miss {
        say(&explain(&verdict, &book))?;
    }
    say(&format!(
        "\n{}\n{}",
        report::faults(&ended),
        report::totals(&verdict.totals, late, &frame)
    ))?;
    if args.keep {
        keep(folder, &book, &explain(&verdict, &book))?;
    }
    Ok(!miss)
}

/// Writes down what happened to every job.
fn keep(folder: &Path, book: &Book, explanation: &str) -> Result<()> {
    let mut history = BufWriter::new(File::create(folder.join("history.txt"))?);
    for entry in &book.jobs {
        writeln!(history, "{entry}")?;
    }
    write!(history, "{explanation}")?;
    Ok(history.flush()?)
}

/// Causes one fault after the other, each into a burst of jobs.
async fn faults(world: &World, jobs: usize, steps: &[Step]) -> Result<Vec<Ended>> {
    let mut ended = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        let share = |part: usize| (jobs * (index * 10 + part)).div_ceil((steps.len() * 10).max(1));
        sleep(step.gap).await;
        world.pace.until(share(6));
        sleep(step.into_burst).await;
        let began = Instant::now();
        world.ledger.note(format!("fault {}: {step}", index + 1));
        // Jobs keep coming while it lasts.
        let trickle = async {
            for part in 6..=8 {
                world.pace.until(share(part));
                sleep(step.hold / 3).await;
            }
        };
        let applied = tokio::join!(apply(step, world), trickle).0;
        let Done {
            ready,
            skipped,
            what,
        } = applied.with_context(|| format!("fault {}: {step}", index + 1))?;
        let first = world.pace.told();
        // What is sent from here on, and there must be something.
        world.pace.until(share(10).max(first + 1));
        let recovery = recovery(world, first, ready, NEVER).await;
        let end = Ended {
            fault: step.fault,
            recovery,
            skipped,
            took: began.elapsed(),
        };
        world.ledger.note(format!("fault {} is over", index + 1));
        say(&format!(
            "{:>4}/{} {step} {what}: {}{}\n",
            index + 1,
            steps.len(),
            skipped.map_or_else(|| tell(recovery), |why| format!("skipped: {why}")),
            if end.is_late() { "  <-- MISS" } else { "" }
        ))?;
        ended.push(end);
    }
    world.pace.until(jobs.max(world.ledger.book().jobs.len()));
    Ok(ended)
}

fn tell(recovery: Option<Duration>) -> String {
    recovery.map_or_else(
        || "no answer".to_owned(),
        |took| format!("an answer {:.1} s after", took.as_secs_f64()),
    )
}

/// Waits until every job is answered and in the dead letters if it belongs there, or nothing goes
/// on any more.
async fn finish(world: &World) -> Result<()> {
    let mut told = Instant::now();
    loop {
        let open = {
            let book = world.ledger.book();
            let open = book.jobs.iter().filter(|job| !job.is_over()).count();
            let nameless = book
                .jobs
                .iter()
                .filter(|job| job.spec.is_nameless())
                .count();
            open + nameless.saturating_sub(book.nameless.len())
        };
        if open == 0 {
            sleep(AFTERWARDS).await;
            return Ok(());
        }
        if world.ledger.idle() > STUCK {
            return say(&format!(
                "STUCK: {open} jobs are open, and nothing went on for {STUCK:?}\n"
            ));
        }
        if told.elapsed() > Duration::from_secs(15) {
            told = Instant::now();
            say(&format!("  {open} jobs are open\n"))?;
        }
        world.ledger.news().await;
    }
}

/// What the queues still hold, with no worker there.
async fn left(world: &World) -> Result<Vec<(String, u32)>> {
    let Names {
        jobs,
        urgent,
        suspects,
        results,
        retry,
        ..
    } = &world.names;
    let mut queues = vec![
        jobs.clone(),
        urgent.clone(),
        suspects.clone(),
        results.clone(),
    ];
    queues.extend(DELAYS.iter().map(|(suffix, _)| format!("{retry}.{suffix}")));
    let wire = Wire::open(&world.url).await?;
    let mut left = Vec::new();
    for queue in queues {
        let count = waiting(&wire, &queue).await?;
        if count > 0 {
            left.push((queue, count));
        }
    }
    Ok(left)
}

/// Prints at once.
pub(crate) fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}
