//! One worker process beside two: how much faster, and how the jobs are shared.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::broker::{Broker, answer};
use crate::memory::Process;
use crate::{ScalingArgs, bare, median, say};

/// Measures; `false` when two are too slow.
pub(crate) async fn measure(broker: &Broker, args: &ScalingArgs) -> Result<bool> {
    say(&format!(
        "jobs of {} ms, {} in hand a process, {} jobs a process and round\n{:>6}{:>12}{:>12}{:>8}  shares of the two\n",
        args.millis, args.slots, args.jobs, "round", "one, 1/s", "two, 1/s", "ratio"
    ))?;
    let mut ratios = Vec::new();
    for round in 0..args.rounds {
        let (one, _) = once(broker, args, 1).await?;
        let (two, shares) = once(broker, args, 2).await?;
        let shares: Vec<String> = shares.iter().map(|share| format!("{share:.1} %")).collect();
        let ratio = two / one;
        say(&format!(
            "{:>6}{one:>12.0}{two:>12.0}{ratio:>8.2}  {}\n",
            round + 1,
            shares.join(", ")
        ))?;
        ratios.push(ratio);
    }
    let ratio = median(&ratios);
    let enough = ratio >= args.at_least;
    say(&format!(
        "median {ratio:.2}{}\n",
        if enough { "" } else { "  <-- MISS" }
    ))?;
    Ok(enough)
}

/// Answers a second, from the first to the last, and each process's part of them in per cent.
async fn once(broker: &Broker, args: &ScalingArgs, processes: usize) -> Result<(f64, Vec<f64>)> {
    let count = args.jobs * processes;
    let mut answers = broker.answers().await?;
    let mut crew = Vec::new();
    for _ in 0..processes {
        crew.push(Process::start(broker, args.slots, args.millis)?);
    }
    broker.fill(0, count).await?;
    let (mut first, mut shares) = (None, BTreeMap::<String, u32>::new());
    for _ in 0..count {
        let body: Value = serde_json::from_slice(&answer(&mut answers).await?)?;
        first.get_or_insert_with(Instant::now);
        let whose = body
            .get("worker")
            .and_then(Value::as_str)
            .context("an answer without a worker")?;
        *shares.entry(whose.to_owned()).or_default() += 1;
    }
    let rate = bare::rate(count, first)?;
    for process in crew {
        process.close()?;
    }
    broker
        .channel
        .basic_cancel(
            "answers".into(),
            lapin::options::BasicCancelOptions::default(),
        )
        .await?;
    let whole = f64::from(u32::try_from(count)?);
    Ok((
        rate,
        shares
            .values()
            .map(|share| f64::from(*share) * 100.0 / whole)
            .collect(),
    ))
}
