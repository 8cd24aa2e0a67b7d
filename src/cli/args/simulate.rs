//! Flags of `presslate simulate`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use jiff::SignedDuration;

use crate::capacity::arrivals::Burst;
use crate::capacity::scenario::Scale;

/// Flags of `simulate`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = EXAMPLES,
    group = ArgGroup::new("jobs").required(true).args(["rate", "arrivals"]),
    group = ArgGroup::new("times").required(true).args(["article_seconds", "bench", "article_times"])
)]
pub struct SimulateArgs {
    /// Jobs that come, on average: such as 100/s, 30/min or 5000/h
    #[arg(long, value_name = "RATE", value_parser = rate, help_heading = "Jobs")]
    pub rate: Option<f64>,

    /// Hours in which they come; then the workers finish what is left
    #[arg(long, value_name = "X", default_value = "1", value_parser = above_zero, help_heading = "Jobs")]
    pub hours: f64,

    /// Shares of the rate in parts of equal length, such as 1,1,4,2 for a third quarter with four
    /// times the rate of the first; the average stays as it is
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        value_parser = share,
        conflicts_with = "arrivals",
        help_heading = "Jobs"
    )]
    pub curve: Vec<f64>,

    /// More jobs at a time: 500@20m is 500 at once after 20 minutes, x5@20m+10m is five times the
    /// rate for 10 minutes. May be given several times
    #[arg(
        long,
        value_name = "BURST",
        value_parser = burst,
        conflicts_with = "arrivals",
        help_heading = "Jobs"
    )]
    pub burst: Vec<Burst>,

    /// All gaps between jobs are the same; otherwise they come by chance, as from many senders
    #[arg(long, conflicts_with = "arrivals", help_heading = "Jobs")]
    pub even: bool,

    /// Times at which jobs came, one a line: seconds, or RFC 3339; perhaps a tab and `urgent` or
    /// `normal`, and a tab and the article's own seconds
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "hours",
        help_heading = "Jobs"
    )]
    pub arrivals: Option<PathBuf>,

    /// The share of jobs that are urgent, where --arrivals does not say
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = part, help_heading = "Jobs")]
    pub urgent: f64,

    /// Seconds that a worker takes for an article that it has alone, on average
    #[arg(long, value_name = "X", value_parser = above_zero, help_heading = "Articles")]
    pub article_seconds: Option<f64>,

    /// What `presslate bench --article PAGE --format json` wrote: the article's seconds, those in which
    /// models load, and with `--in-work` what several at the same time gain
    #[arg(long, value_name = "FILE", help_heading = "Articles")]
    pub bench: Option<PathBuf>,

    /// Seconds of articles that were measured, one a line; each is as likely as the others
    #[arg(long, value_name = "FILE", help_heading = "Articles")]
    pub article_times: Option<PathBuf>,

    /// How much articles differ: the standard deviation of their seconds, as a share of the average
    #[arg(
        long,
        value_name = "X",
        default_value = "0.5",
        value_parser = spread,
        conflicts_with = "article_times",
        help_heading = "Articles"
    )]
    pub spread: f64,

    /// Articles a minute that a worker finishes with so many in work, such as 1=7.5,2=9,8=12 [default:
    /// as --bench says; no more with several than with one]
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        value_parser = point,
        help_heading = "Articles"
    )]
    pub in_work: Vec<(usize, f64)>,

    /// Workers, always as many
    #[arg(
        long,
        value_name = "N",
        default_value = "1",
        conflicts_with = "scale",
        help_heading = "Workers"
    )]
    pub workers: usize,

    /// Workers that follow the queue, as KEDA has it: a worker for each so many jobs that wait or are
    /// in work, looked at every `poll` seconds, and taken away after `cooldown` seconds
    #[arg(
        long,
        value_name = "value=N,max=N[,min=0,poll=30,cooldown=300]",
        value_parser = scale,
        help_heading = "Workers"
    )]
    pub scale: Option<Scale>,

    /// Jobs in work at the same time in each worker
    #[arg(long, value_name = "N", default_value = "2", help_heading = "Workers")]
    pub slots: usize,

    /// Seconds from a worker's start to its first job [default: as --bench says, or 30]
    #[arg(long, value_name = "X", value_parser = at_least_zero, help_heading = "Workers")]
    pub start_seconds: Option<f64>,

    /// Seconds that jobs may go on in a worker that is taken away; then they begin anew elsewhere
    #[arg(long, value_name = "X", default_value = "20", value_parser = at_least_zero, help_heading = "Workers")]
    pub grace: f64,

    /// Times at which a worker is killed, such as 20m,1h; another starts in its place
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        value_parser = moment,
        help_heading = "Workers"
    )]
    pub kill: Vec<f64>,

    /// Seconds until the broker notices: 0 for a process, two or three heartbeats of 20 seconds for a
    /// machine that disappears
    #[arg(long, value_name = "X", default_value = "0", value_parser = at_least_zero, help_heading = "Workers")]
    pub noticed_after: f64,

    /// What a machine costs an hour, in a currency of yours
    #[arg(long, value_name = "X", value_parser = at_least_zero, help_heading = "Workers")]
    pub price: Option<f64>,

    /// Where chance is asked, equal seeds give equal answers
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// How the answer is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: SimulationFormat,

    /// Draw the length of the queue, the latency and the workers over time
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
}

/// How the answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum SimulationFormat {
    /// For people
    #[default]
    Table,
    /// For programs; has the time in pieces too
    Json,
}

const EXAMPLES: &str = "\
Examples:
  presslate simulate --rate 60/h --burst 40@20m --workers 10 --article-seconds 480
  presslate simulate --rate 1/s --bench article.json --workers 500 --slots 4 --svg queue.svg
  presslate simulate --rate 20/min --curve 1,1,3,5,3,1 --hours 24 --article-seconds 60 \\
      --scale value=4,min=1,max=60 --price 0.40

Jobs neither fail nor expire, and what the network and the broker take is left out.";

/// In seconds from the beginning.
fn moment(text: &str) -> Result<f64, String> {
    let parsed = text.trim().parse::<SignedDuration>().ok();
    let seconds = parsed.map(|moment| moment.as_secs_f64());
    let seconds = seconds.filter(|seconds| *seconds >= 0.0);
    seconds.ok_or_else(|| "write times such as 90s, 20m or 1h30m".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    let parsed = text.trim().split_once('/').and_then(|(count, time)| {
        let seconds = match time.trim() {
            "s" | "sec" | "second" => 1.0,
            "min" | "minute" => 60.0,
            "h" | "hour" => 3600.0,
            "d" | "day" => 86_400.0,
            _ => return None,
        };
        let count = count.trim().parse::<f64>().ok()?;
        (count.is_finite() && count >= 0.0).then_some(count / seconds)
    });
    parsed.ok_or_else(|| "write a rate such as 100/s, 30/min, 5000/h or 20000/d".to_owned())
}

fn burst(text: &str) -> Result<Burst, String> {
    let parsed = text.trim().split_once('@').and_then(|(what, when)| {
        if let Some(factor) = what.strip_prefix('x') {
            let factor = factor.parse::<f64>().ok()?;
            let (at, seconds) = when.split_once('+')?;
            let good = factor.is_finite() && factor >= 0.0;
            let (at, seconds) = (moment(at).ok()?, moment(seconds).ok()?);
            good.then_some(Burst::Rate {
                at,
                seconds,
                factor,
            })
        } else {
            Some(Burst::Jobs {
                at: moment(when).ok()?,
                count: what.parse().ok()?,
            })
        }
    });
    parsed.ok_or_else(|| {
        "write 500@20m for 500 jobs after 20 minutes, or x5@20m+10m for five times the rate"
            .to_owned()
    })
}

fn point(text: &str) -> Result<(usize, f64), String> {
    let parsed = text
        .trim()
        .split_once('=')
        .and_then(|(jobs, rate)| Some((jobs.trim().parse().ok()?, rate.trim().parse().ok()?)));
    parsed.ok_or_else(|| "write jobs and articles a minute, such as 1=7.5,2=9,8=12".to_owned())
}

fn scale(text: &str) -> Result<Scale, String> {
    let (mut value, mut max) = (None, None);
    let (mut min, mut poll, mut cooldown) = (0, 30, 300);
    for part in text.split(',') {
        let whole = part
            .split_once('=')
            .and_then(|(name, number)| Some((name.trim(), number.trim().parse::<usize>().ok()?)));
        match whole {
            Some(("value", number)) => value = Some(number),
            Some(("max", number)) => max = Some(number),
            Some(("min", number)) => min = number,
            Some(("poll", number)) => poll = number,
            Some(("cooldown", number)) => cooldown = number,
            _ => {
                return Err(format!(
                    "{part:?} is none of value, max, min, poll and cooldown with a whole number: write \
                     value=20,max=50"
                ));
            }
        }
    }
    let (Some(value), Some(max)) = (value, max) else {
        return Err("value (jobs for each worker) and max are needed: value=20,max=50".to_owned());
    };
    let seconds = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    Ok(Scale {
        value,
        min,
        max,
        poll_seconds: seconds(poll),
        cooldown_seconds: seconds(cooldown),
    })
}

fn number(text: &str, good: impl Fn(f64) -> bool, advice: &str) -> Result<f64, String> {
    let number = text.trim().parse::<f64>().ok();
    number
        .filter(|number| number.is_finite() && good(*number))
        .ok_or_else(|| advice.to_owned())
}

fn above_zero(text: &str) -> Result<f64, String> {
    number(text, |x| x > 0.0, "write a number above 0")
}

fn at_least_zero(text: &str) -> Result<f64, String> {
    number(text, |x| x >= 0.0, "write a number, 0 or more")
}

fn share(text: &str) -> Result<f64, String> {
    number(text, |x| x >= 0.0, "write shares such as 1,1,4,2")
}

fn part(text: &str) -> Result<f64, String> {
    number(
        text,
        |x| (0.0..=1.0).contains(&x),
        "write a number from 0 to 1",
    )
}

fn spread(text: &str) -> Result<f64, String> {
    number(
        text,
        |x| (0.0..=3.0).contains(&x),
        "write a number from 0 to 3",
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        simulate: SimulateArgs,
    }

    fn simulate(args: &str) -> Result<SimulateArgs, String> {
        let all = std::iter::once("simulate").chain(args.split_whitespace());
        Line::try_parse_from(all)
            .map(|line| line.simulate)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn rates_bursts_and_scales_are_read_as_they_are_meant() {
        let args = simulate(
            "--rate 30/min --article-seconds 60 --burst 500@20m --burst x5@1h30m+90s \
             --scale value=4,min=1,max=60 --in-work 1=7.5,2=9 --kill 20m,1h",
        )
        .unwrap();
        assert_eq!(args.rate, Some(0.5));
        let rate = Burst::Rate {
            at: 5400.0,
            seconds: 90.0,
            factor: 5.0,
        };
        let jobs = Burst::Jobs {
            at: 1200.0,
            count: 500,
        };
        assert_eq!(args.burst, [jobs, rate]);
        assert_eq!(args.in_work, [(1, 7.5), (2, 9.0)]);
        assert_eq!(args.kill, [1200.0, 3600.0]);
        let scale = args.scale.unwrap();
        assert_eq!((scale.value, scale.min, scale.max), (4, 1, 60));
        assert_eq!((scale.poll_seconds, scale.cooldown_seconds), (30.0, 300.0));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_what_to_write() {
        for (args, advice) in [
            ("--rate 5 --article-seconds 1", "such as 100/s"),
            ("--rate 5/fortnight --article-seconds 1", "such as 100/s"),
            ("--rate -1/s --article-seconds 1", "--rate"),
            ("--article-seconds 1", "--rate"),
            ("--rate 5/s", "--article-seconds"),
            (
                "--rate 5/s --article-seconds 1 --bench b.json",
                "cannot be used with",
            ),
            (
                "--rate 5/s --arrivals a.txt --article-seconds 1",
                "cannot be used with",
            ),
            (
                "--arrivals a.txt --hours 2 --article-seconds 1",
                "cannot be used with",
            ),
            ("--rate 5/s --article-seconds 0", "above 0"),
            ("--rate 5/s --article-seconds 1 --burst 500", "500@20m"),
            ("--rate 5/s --article-seconds 1 --burst x5@1h", "500@20m"),
            ("--rate 5/s --article-seconds 1 --urgent 2", "from 0 to 1"),
            ("--rate 5/s --article-seconds 1 --in-work 2", "1=7.5,2=9"),
            (
                "--rate 5/s --article-seconds 1 --scale max=3",
                "value=20,max=50",
            ),
            (
                "--rate 5/s --article-seconds 1 --scale value=2,most=3",
                "most=3",
            ),
            (
                "--rate 5/s --article-seconds 1 --scale value=2,max=3 --workers 2",
                "cannot be used with",
            ),
            ("--rate 5/s --article-seconds 1 --kill soon", "1h30m"),
        ] {
            let error = simulate(args).unwrap_err();
            assert!(error.contains(advice), "{args}: {error}");
        }
    }
}
