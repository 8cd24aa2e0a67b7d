//! Files that a simulation takes: what `bench` measured, and lists of times.

use std::path::Path;

use anyhow::{Context, bail};
use jiff::Timestamp;
use serde_json::Value;

use crate::capacity::arrivals::Arrival;
use crate::capacity::service::Curve;
use crate::cli::input::read_all;
use crate::queue::topology::Lane;

/// What the report of a bench says of an article.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bench {
    /// With the worker alone.
    pub(super) seconds: f64,
    /// Until the models are loaded.
    pub(super) load_seconds: f64,
    /// With several articles in work.
    pub(super) curve: Curve,
}

impl Bench {
    /// Reads a report.
    ///
    /// # Errors
    /// When there is none, or it does not say how long an article takes.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let named = || format!("--bench {}", path.display());
        let bytes = read_all(path).with_context(named)?;
        Self::parse(&bytes).with_context(named)
    }

    fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        let report: Value = serde_json::from_slice(bytes)
            .context("not JSON: `presslate bench --article PAGE --format json` writes it")?;
        let schema = report.get("schema").and_then(Value::as_str);
        if schema != Some("presslate.bench/1") {
            bail!(
                "not what `presslate bench --format json` writes: its schema is not presslate.bench/1"
            );
        }
        let article = report.get("article").context(
            "says nothing of articles: measure one with `presslate bench --article PAGE --format json`",
        )?;
        let number = |of: &Value, name: &str| {
            let number = of.get(name).and_then(Value::as_f64);
            number.with_context(|| format!("{name} of the article is no number"))
        };
        let mut points = vec![(1, number(article, "articles_per_minute")?)];
        for several in article
            .get("in_work")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let jobs = several.get("jobs").and_then(Value::as_u64);
            let jobs = jobs.and_then(|jobs| usize::try_from(jobs).ok());
            let jobs = jobs.context("jobs of in_work is no number")?;
            if jobs != 1 {
                points.push((jobs, number(several, "articles_per_minute")?));
            }
        }
        Ok(Self {
            seconds: number(article, "seconds")?,
            load_seconds: number(article, "load_seconds")?,
            curve: Curve::new(points)?,
        })
    }
}

/// Seconds, one a line.
///
/// # Errors
/// When the file cannot be read, or a line is none.
pub(super) fn times(path: &Path) -> anyhow::Result<Vec<f64>> {
    lines("--article-times", path, |line| {
        line.trim()
            .parse()
            .context("write seconds, one number a line, such as 12.5")
    })
}

/// When jobs came, one a line.
///
/// # Errors
/// When the file cannot be read, or a line is none.
pub(super) fn arrivals(path: &Path) -> anyhow::Result<Vec<Arrival>> {
    let arrivals = lines("--arrivals", path, arrival)?;
    // Times of the day are counted from the first of them.
    let of_day = arrivals.iter().filter(|(is_date, _)| *is_date).count();
    if of_day == 0 {
        return Ok(arrivals.into_iter().map(|(_, arrival)| arrival).collect());
    }
    if of_day < arrivals.len() {
        bail!(
            "--arrivals {}: seconds and dates cannot be mixed",
            path.display()
        );
    }
    let first = arrivals
        .iter()
        .map(|(_, job)| job.at)
        .fold(f64::MAX, f64::min);
    let from_first = arrivals.into_iter().map(|(_, job)| Arrival {
        at: job.at - first,
        ..job
    });
    Ok(from_first.collect())
}

/// A job, and whether its time is one of a day.
fn arrival(text: &str) -> anyhow::Result<(bool, Arrival)> {
    let mut fields = text.split('\t').map(str::trim);
    let time = fields.next().unwrap_or_default();
    let (is_date, at) = if let Ok(seconds) = time.parse::<f64>() {
        (false, seconds)
    } else {
        let date: Timestamp = time
            .parse()
            .context("write seconds from the beginning, or times such as 2031-04-02T06:00:00Z")?;
        (true, date.as_duration().as_secs_f64())
    };
    let lane = match fields.next() {
        None | Some("") => None,
        Some("normal" | "job") => Some(Lane::Normal),
        Some("urgent") => Some(Lane::Urgent),
        Some(other) => bail!("{other:?} is no lane: write normal or urgent after the first tab"),
    };
    let seconds = match fields.next() {
        None | Some("") => None,
        Some(seconds) => Some(
            seconds
                .parse()
                .context("write the article's seconds after the second tab")?,
        ),
    };
    Ok((is_date, Arrival { at, lane, seconds }))
}

/// What each line says; those that are empty or begin with `#` say nothing.
fn lines<T>(
    flag: &str,
    path: &Path,
    parse: impl Fn(&str) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    let named = || format!("{flag} {}", path.display());
    let bytes = read_all(path).with_context(named)?;
    let text = String::from_utf8(bytes)
        .context("not UTF-8")
        .with_context(named)?;
    let said = text
        .lines()
        .zip(1..)
        .filter(|(line, _)| !line.trim().is_empty() && !line.starts_with('#'));
    let parsed = said.map(|(line, number)| {
        parse(line)
            .with_context(|| format!("line {number}"))
            .with_context(named)
    });
    let parsed = parsed.collect::<anyhow::Result<Vec<T>>>()?;
    if parsed.is_empty() {
        bail!("{}: has no line", named());
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    /// An error with all its causes.
    fn said<T: std::fmt::Debug>(result: anyhow::Result<T>) -> String {
        format!("{:#}", result.unwrap_err())
    }

    #[test]
    fn a_report_of_bench_says_how_long_articles_and_loading_take() {
        let mut report = json!({"schema": "presslate.bench/1", "article": {"seconds": 480.0,
            "load_seconds": 12.5, "articles_per_minute": 0.125}});
        let read = |report: &Value| Bench::parse(report.to_string().as_bytes());
        let bench = read(&report).unwrap();
        assert!((bench.seconds - 480.0).abs() < 1e-9 && (bench.load_seconds - 12.5).abs() < 1e-9);
        assert!((bench.curve.speed_up(8) - 1.0).abs() < 1e-9);
        report["article"]["in_work"] = json!([{"jobs": 2, "articles_per_minute": 0.15}]);
        let bench = read(&report).unwrap();
        assert!((bench.curve.speed_up(2) - 1.2).abs() < 1e-9);
        assert!(said(Bench::parse(b"ARTICLES/MIN")).contains("--format json"));
        report["article"]["seconds"] = json!("long");
        assert!(said(read(&report)).contains("seconds of the article"));
        report.as_object_mut().unwrap().remove("article");
        assert!(said(read(&report)).contains("--article PAGE"));
        assert!(said(read(&json!({"schema": "other"}))).contains("presslate.bench/1"));
    }

    #[test]
    fn arrivals_are_seconds_or_dates_with_their_lane_and_length() {
        let seconds = file("# when\n0.5\n\n3\turgent\n7\tnormal\t12.5\n8\t\t4\n");
        let read = arrivals(seconds.path()).unwrap();
        let of = |at, lane, seconds| Arrival { at, lane, seconds };
        assert_eq!(
            read,
            [
                of(0.5, None, None),
                of(3.0, Some(Lane::Urgent), None),
                of(7.0, Some(Lane::Normal), Some(12.5)),
                of(8.0, None, Some(4.0)),
            ]
        );
        let dates = file("2031-04-02T06:00:10Z\n2031-04-02T15:00:00+09:00\n");
        let read = arrivals(dates.path()).unwrap();
        assert!(
            (read[0].at - 10.0).abs() < 1e-3 && read[1].at.abs() < 1e-9,
            "{read:?}"
        );
    }

    #[test]
    fn a_line_that_is_none_is_named() {
        for (text, error) in [
            ("1\nsoon\n", "line 2: write seconds from the beginning"),
            ("1\tlate\n", "line 1: \"late\" is no lane"),
            ("1\t\tlong\n", "line 1: write the article's seconds"),
            ("1\n2031-04-02T06:00:00Z\n", "cannot be mixed"),
            ("# nothing\n", "has no line"),
        ] {
            let file = file(text);
            let said = said(arrivals(file.path()));
            assert!(
                said.contains(error) && said.contains("--arrivals"),
                "{said}"
            );
        }
        assert!(said(times(Path::new("nowhere"))).contains("--article-times nowhere"));
        let two = file("1.5\n2\n");
        assert_eq!(times(two.path()).unwrap(), [1.5, 2.0]);
    }
}
