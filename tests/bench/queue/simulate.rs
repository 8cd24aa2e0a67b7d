//! A measured run beside its simulation: how well does `presslate simulate` foresee what two real
//! workers do with a burst?
//!
//! What the simulation is told comes from one worker alone: how long each article takes it, and what
//! it gains from several in work. What it is asked about are two workers and jobs that come unevenly;
//! of that run it knows nothing but when each job came, and which article it was.

mod articles;
mod compare;
mod exchange;
mod fleet;
mod picture;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use presslate::capacity::arrivals::{Arrival, Arrivals, Burst, Expected};
use presslate::capacity::random::SplitMix;
use presslate::capacity::scenario::{Fleet, Scenario, Worker};
use presslate::capacity::service::{Articles, Curve};
use presslate::capacity::{Outcome, simulate};
use presslate::queue::Lane;

use crate::broker::Broker;
use crate::{SimulateArgs, median, say};
use articles::Story;
use compare::Comparison;
use exchange::{Exchange, Kept, Sent};
use fleet::Crew;

/// Different lengths of articles.
const LENGTHS: usize = 4;
/// Sentences of the article with which the length of the others is found.
const TRIAL: usize = 4;
/// How often each is measured alone.
const ALONE: usize = 6;
/// Jobs that are measured with several in work.
const TOGETHER: usize = 40;
/// What may be between two calibrations, before and after a round, for the machine to count as quiet.
const QUIET: f64 = 0.07;

/// What one worker alone does.
#[derive(Debug)]
struct Calibration {
    /// Seconds of each article.
    seconds: Vec<f64>,
    /// Work done with so many at a time, as times that of one.
    points: Vec<(usize, f64)>,
    curve: Curve,
}

/// Measures; `false` when the simulation is too far off.
pub(crate) async fn measure(broker: &Broker, args: &SimulateArgs) -> Result<bool> {
    let folder = tempfile::Builder::new()
        .prefix("presslate-bench-")
        .tempdir()?;
    articles::write_model(folder.path())?;
    let program = program(args)?;
    let mut exchange = Exchange::open(broker).await?;

    let crew = Crew::start(&program, broker, folder.path(), 1, args.slots).await?;
    say(&format!("{}\n", crew.manner()))?;
    let story = fitting(&mut exchange, args).await?;
    let mut before = calibrate(&mut exchange, &story, args.slots).await?;
    crew.close()?;
    tell(&before, args.slots)?;

    let mut rounds = Vec::new();
    for round in 0..args.rounds {
        let crew = Crew::start(&program, broker, folder.path(), args.workers, args.slots).await?;
        warm(&mut exchange, &story, args.workers * args.slots).await?;
        let plan = plan(&before, args, round)?;
        let kept = exchange.keep_to(&plan, &story).await?;
        crew.close()?;

        // In turns: what else the machine does changes both alike, if it changes slowly.
        let crew = Crew::start(&program, broker, folder.path(), 1, args.slots).await?;
        let after = calibrate(&mut exchange, &story, args.slots).await?;
        crew.close()?;
        let known = before.between(&after)?;
        let simulated = simulate(&scenario(&known, args, &kept.sent))?;
        let comparison = Comparison::new(&kept, &simulated)?;
        let apart = before.apart(&after);
        say(&format!(
            "{}the worker alone, before and after: {:.1} % apart{}\n",
            comparison.table(round + 1),
            apart * 100.0,
            if apart > QUIET {
                "; the machine was not quiet"
            } else {
                ""
            }
        ))?;
        draw(args, round + 1, &kept, &simulated)?;
        rounds.push((comparison, apart <= QUIET));
        before = after;
    }
    judge(rounds, args.within)
}

impl Calibration {
    /// The mean of two.
    fn between(&self, other: &Self) -> Result<Self> {
        let pairs = self.seconds.iter().zip(&other.seconds);
        let most = self.points.iter().zip(&other.points);
        let points: Vec<(usize, f64)> = most
            .map(|((jobs, one), (_, two))| (*jobs, f64::midpoint(*one, *two)))
            .collect();
        Self::new(
            pairs.map(|(one, two)| f64::midpoint(*one, *two)).collect(),
            points,
        )
    }

    fn new(seconds: Vec<f64>, points: Vec<(usize, f64)>) -> Result<Self> {
        let curve = Curve::new(points.clone())?;
        Ok(Self {
            seconds,
            points,
            curve,
        })
    }

    /// What all articles and all slots would take, as a share of what they take in the other.
    fn apart(&self, other: &Self) -> f64 {
        let pace = |known: &Self| {
            let slots = known.points.last().map_or(1.0, |(_, speed_up)| *speed_up);
            known.seconds.iter().sum::<f64>() / slots
        };
        (pace(other) / pace(self) - 1.0).abs()
    }
}

/// The worker program: that which was built beside this one.
fn program(args: &SimulateArgs) -> Result<PathBuf> {
    if let Some(path) = &args.worker {
        return Ok(path.clone());
    }
    let own = std::env::current_exe()?;
    let beside = own
        .parent()
        .and_then(Path::parent)
        .map(|folder| folder.join("presslate"));
    beside.filter(|path| path.is_file()).context(
        "there is no worker to measure: build it with `cargo build --release`, or name one with --worker",
    )
}

/// Articles whose lengths are such that they take as long as is asked for on average.
async fn fitting(exchange: &mut Exchange<'_>, args: &SimulateArgs) -> Result<Story> {
    let trial = Story::of(&[TRIAL]);
    warm(exchange, &trial, 1).await?;
    let sent = exchange.keep_in_work(1, 4, &trial).await?;
    let each = sent.iter().map(Sent::latency).sum::<f64>() / number(sent.len() * TRIAL);
    // A half, three quarters, one and a half, and one and a quarter of what is asked for.
    let sentences = [0.5, 0.75, 1.5, 1.25].map(|share| {
        let wanted = share * number(usize::try_from(args.article_millis).unwrap_or(1)) / 1000.0;
        (1..2000)
            .find(|count| number(*count) * each >= wanted)
            .unwrap_or(2000)
    });
    ensure!(sentences.len() == LENGTHS);
    Ok(Story::of(&sentences))
}

/// Measures one worker: each article alone, then several in work.
async fn calibrate(
    exchange: &mut Exchange<'_>,
    story: &Story,
    slots: usize,
) -> Result<Calibration> {
    warm(exchange, story, 4).await?;
    let alone = exchange.keep_in_work(1, LENGTHS * ALONE, story).await?;
    let seconds: Vec<f64> = (0..LENGTHS)
        .map(|length| {
            let of_it = alone.iter().filter(|sent| sent.length == length);
            let times: Vec<f64> = of_it.map(Sent::latency).collect();
            times.iter().sum::<f64>() / number(times.len())
        })
        .collect();
    let mut points = vec![(1, 1.0)];
    for jobs in 2..=slots {
        let sent = exchange.keep_in_work(jobs, TOGETHER, story).await?;
        points.push((jobs, speed_up(&sent, jobs, &seconds)?));
    }
    Calibration::new(seconds, points)
}

/// How much of the work of one at a time was done in a second with `jobs` in work. From one answer to
/// another, with as many in work at both: what they have of the others counts at neither.
fn speed_up(sent: &[Sent], jobs: usize, seconds: &[f64]) -> Result<f64> {
    let mut answered: Vec<&Sent> = sent.iter().collect();
    answered.sort_by(|a, b| a.done.total_cmp(&b.done));
    let last = sent.len().saturating_sub(jobs);
    let counted = answered
        .get(jobs..last)
        .context("too few jobs to see anything")?;
    let (Some(begun), Some(ended)) = (answered.get(jobs - 1), counted.last()) else {
        anyhow::bail!("too few jobs to see anything");
    };
    let work = counted.iter().filter_map(|sent| seconds.get(sent.length));
    Ok(work.sum::<f64>() / (ended.done - begun.done))
}

/// Jobs that are not counted: models are loaded, and caches filled.
async fn warm(exchange: &mut Exchange<'_>, story: &Story, jobs: usize) -> Result<()> {
    exchange.keep_in_work(jobs, jobs * 2, story).await.map(drop)
}

/// When jobs come and which articles they are: by chance at half of what the workers can do, with a
/// burst, and a while of one and a half times what they can do.
fn plan(known: &Calibration, args: &SimulateArgs, round: usize) -> Result<Vec<(f64, usize)>> {
    let mut expected = scenario(known, args, &[]);
    let mean = expected.articles.mean();
    let jobs = number(args.jobs);
    let capacity = expected.capacity();
    // A third of the jobs at once, the rest by chance.
    let at_once = args.jobs / 3;
    let seconds = (jobs - number(at_once)) / (0.5 * capacity * 1.4);
    expected.arrivals = Arrivals::Expected(Expected {
        per_second: 0.5 * capacity,
        seconds,
        even: false,
        curve: Vec::new(),
        bursts: vec![
            Burst::Jobs {
                at: 0.1 * seconds,
                count: at_once,
            },
            Burst::Rate {
                at: 0.7 * seconds,
                seconds: 0.2 * seconds,
                factor: 3.0,
            },
        ],
    });
    expected.seed = args.seed + u64::try_from(round)?;
    let foreseen = simulate(&expected)?;
    say(&format!(
        "{} jobs in {seconds:.0} s, {at_once} of them at once; an article takes {:.0} ms on average\n",
        foreseen.jobs.len(),
        mean * 1000.0
    ))?;
    let mut chosen = SplitMix::new(expected.seed);
    let lengths = known.seconds.len();
    Ok(foreseen
        .jobs
        .iter()
        .map(|job| (job.at, chosen.below(lengths)))
        .collect())
}

/// The run, as the simulation is told of it.
fn scenario(known: &Calibration, args: &SimulateArgs, sent: &[Sent]) -> Scenario {
    let arrivals = sent.iter().map(|sent| Arrival {
        at: sent.at,
        lane: Some(Lane::Normal),
        seconds: known.seconds.get(sent.length).copied(),
    });
    Scenario {
        arrivals: Arrivals::Recorded(arrivals.collect()),
        urgent: 0.0,
        articles: Articles::Measured(known.seconds.clone()),
        worker: Worker {
            slots: args.slots,
            prefetch: args.slots,
            curve: known.curve.clone(),
            start_seconds: 0.0,
            grace_seconds: 0.0,
        },
        fleet: Fleet::Fixed(args.workers),
        losses: Vec::new(),
        noticed_after: 0.0,
        seed: args.seed,
    }
}

fn tell(known: &Calibration, slots: usize) -> Result<()> {
    let seconds = known
        .seconds
        .iter()
        .map(|seconds| format!("{:.0}", seconds * 1000.0));
    let gains = (1..=slots).map(|jobs| format!("{jobs}={:.2}", known.curve.speed_up(jobs)));
    say(&format!(
        "one worker: articles alone in {} ms; work done with so many at a time, as times that of one: {}\n",
        seconds.collect::<Vec<_>>().join(", "),
        gains.collect::<Vec<_>>().join(", ")
    ))
}

fn draw(args: &SimulateArgs, round: usize, kept: &Kept, simulated: &Outcome) -> Result<()> {
    std::fs::create_dir_all(&args.folder)?;
    let path = args.folder.join(format!("simulate-{round}.svg"));
    std::fs::write(&path, picture::draw(kept, simulated)?)?;
    say(&format!("picture: {}\n", path.display()))
}

/// Of every figure, the median of the rounds counts in which the machine was quiet; of all, where it
/// never was.
fn judge(rounds: Vec<(Comparison, bool)>, within: f64) -> Result<bool> {
    let quiet = rounds.iter().any(|(_, quiet)| *quiet);
    let counted = rounds.into_iter().filter(|(_, is)| *is == quiet);
    let counted: Vec<Comparison> = counted.map(|(comparison, _)| comparison).collect();
    say(&format!(
        "median of {} {} round(s), simulated over measured\n",
        counted.len(),
        if quiet { "quiet" } else { "NOISY" }
    ))?;
    let mut good = true;
    for (at, name) in Comparison::NAMES.iter().enumerate() {
        let ratios: Vec<f64> = counted.iter().filter_map(|round| round.ratio(at)).collect();
        let ratio = median(&ratios);
        let fits = (ratio - 1.0).abs() <= within;
        good &= fits;
        say(&format!(
            "{name:>24}{ratio:>8.2}{}\n",
            if fits { "" } else { "  <-- MISS" }
        ))?;
    }
    if !quiet {
        say(
            "the machine had other things to do in every round, so that this says little: run it again when it is quiet\n",
        )?;
    }
    Ok(good)
}

/// A count as a number to reckon with.
fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
