//! `presslate simulate`: how long a queue gets, and how many workers it takes.

mod picture;
mod read;
mod report;

use super::args::{SimulateArgs, SimulationFormat};
use super::exit::{Exit, Failure};
use super::output::Output;
use crate::capacity::arrivals::{Arrivals, Expected};
use crate::capacity::scenario::{Fleet, Worker};
use crate::capacity::service::{Articles, Curve};
use crate::capacity::{Scenario, simulate};
use read::Bench;
use report::Report;

/// Seconds until a worker takes its first job, where nobody says.
const START_SECONDS: f64 = 30.0;

/// Simulates, and reports.
///
/// # Errors
/// When a file cannot be read, a number cannot be meant, or the picture cannot be written.
pub(super) fn run(args: &SimulateArgs) -> Result<Exit, Failure> {
    let svg = args.svg.as_deref().map(|path| Output::file("--svg", path));
    let svg = svg.transpose()?;
    let scenario = scenario(args).map_err(Failure::usage)?;
    let outcome = simulate(&scenario).map_err(Failure::usage)?;
    let report = Report {
        scenario: &scenario,
        outcome: &outcome,
        price: args.price,
    };
    if let Some(svg) = svg {
        svg.write(&picture::draw(&report)?)?;
    }
    let text = match args.format {
        SimulationFormat::Table => report.table(),
        SimulationFormat::Json => report.json().to_string() + "\n",
    };
    Output::open(None)?.write(&text)?;
    Ok(Exit::Done)
}

/// What the flags describe.
fn scenario(args: &SimulateArgs) -> anyhow::Result<Scenario> {
    let bench = args.bench.as_deref().map(Bench::read).transpose()?;
    let curve = if !args.in_work.is_empty() {
        Curve::new(args.in_work.clone()).map_err(|error| anyhow::anyhow!("--in-work: {error}"))?
    } else if let Some(bench) = &bench {
        bench.curve.clone()
    } else {
        Curve::default()
    };
    let mean = args
        .article_seconds
        .or(bench.as_ref().map(|bench| bench.seconds));
    let articles = match (&args.article_times, mean) {
        (Some(path), _) => Articles::Measured(read::times(path)?),
        (None, Some(mean)) => Articles::Around {
            mean,
            spread: args.spread,
        },
        (None, None) => anyhow::bail!("--article-seconds, --bench or --article-times is needed"),
    };
    let arrivals = match &args.arrivals {
        Some(path) => Arrivals::Recorded(read::arrivals(path)?),
        None => Arrivals::Expected(Expected {
            per_second: args.rate.unwrap_or_default(),
            seconds: args.hours * 3600.0,
            even: args.even,
            curve: args.curve.clone(),
            bursts: args.burst.clone(),
        }),
    };
    let measured_start = bench.map(|bench| bench.load_seconds);
    Ok(Scenario {
        arrivals,
        urgent: args.urgent,
        articles,
        worker: Worker {
            slots: args.slots,
            prefetch: args.slots,
            curve,
            start_seconds: args
                .start_seconds
                .or(measured_start)
                .unwrap_or(START_SECONDS),
            grace_seconds: args.grace,
        },
        fleet: args.scale.map_or(Fleet::Fixed(args.workers), Fleet::Scaled),
        losses: args.kill.clone(),
        noticed_after: args.noticed_after,
        seed: args.seed,
    })
}
