//! Metrics as a worker writes them: the text format of Prometheus, older and newer (`OpenMetrics`).
//!
//! Own code, because the crates that read this format take the text apart at every comma and `=`, also
//! inside of a label's value. Types are not read: what matters is told by a name's ending.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::histogram::Histogram;

/// The labels of one series, in order of their names. Shared: each is kept in several places.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Labels(Arc<[(String, String)]>);

impl Labels {
    /// The value of a label; empty where there is none, which means the same.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value)
    }
}

/// Samples by name and labels.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Metrics(BTreeMap<String, BTreeMap<Labels, f64>>);

impl Metrics {
    /// Reads a text. Lines that are not understood are left out; `None` when none is.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut metrics = Self::default();
        for line in text.lines().map(str::trim) {
            if line.starts_with('#') {
                continue;
            }
            if let Some((name, labels, value)) = sample(line) {
                metrics.set(name, labels, value);
            }
        }
        (!metrics.0.is_empty()).then_some(metrics)
    }

    /// Puts one sample in.
    pub(super) fn set(&mut self, name: &str, labels: Labels, value: f64) {
        self.place(name, labels, |place| *place = value);
    }

    /// Adds what only grows of another worker.
    pub(super) fn add_counters(&mut self, other: &Self) {
        for (name, labels, value) in other.iter().filter(|(name, ..)| is_counter(name)) {
            self.place(name, labels.clone(), |place| *place += value);
        }
    }

    fn place(&mut self, name: &str, labels: Labels, change: impl FnOnce(&mut f64)) {
        let series = match self.0.get_mut(name) {
            Some(series) => series,
            None => self.0.entry(name.to_owned()).or_default(),
        };
        change(series.entry(labels).or_default());
    }

    /// All samples.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Labels, f64)> {
        self.0.iter().flat_map(|(name, series)| {
            series
                .iter()
                .map(move |(labels, value)| (name.as_str(), labels, *value))
        })
    }

    /// The samples of one name.
    pub(super) fn series(&self, name: &str) -> impl Iterator<Item = (&Labels, f64)> {
        self.0
            .get(name)
            .into_iter()
            .flatten()
            .map(|(labels, value)| (labels, *value))
    }

    /// One sample.
    pub(super) fn value(&self, name: &str, labels: &Labels) -> Option<f64> {
        self.0.get(name)?.get(labels).copied()
    }

    /// The only sample of a name, or the first of several.
    pub(super) fn first(&self, name: &str) -> Option<f64> {
        self.series(name).next().map(|(_, value)| value)
    }

    /// The sum over those samples of a name that `wanted` takes; 0 where there are none.
    pub(super) fn sum(&self, name: &str, wanted: impl Fn(&Labels) -> bool) -> f64 {
        self.series(name)
            .filter(|(labels, _)| wanted(labels))
            .map(|(_, value)| value)
            .sum()
    }

    /// Histograms of a name by what `key` makes of their labels; those with equal keys are added.
    pub(super) fn histograms(
        &self,
        name: &str,
        key: impl Fn(&Labels) -> String,
    ) -> BTreeMap<String, Histogram> {
        let mut found: BTreeMap<String, Histogram> = BTreeMap::new();
        for (labels, value) in self.series(&format!("{name}_bucket")) {
            // A bucket with a bound that is no number belongs to nothing that could be computed.
            if let Ok(bound) = labels.get("le").parse() {
                found.entry(key(labels)).or_default().add(bound, value);
            }
        }
        found
    }
}

/// Whether a series only grows, except when its worker starts again.
pub(super) fn is_counter(name: &str) -> bool {
    ["_total", "_bucket", "_count", "_sum"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

/// `name{label="value",…} value`, whatever stands behind it: a time, an exemplar.
fn sample(line: &str) -> Option<(&str, Labels, f64)> {
    let end = line.find(['{', ' ', '\t'])?;
    let (name, rest) = line.split_at_checked(end)?;
    let known = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(known)
    {
        return None;
    }
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inside) => labels(inside)?,
        None => (Labels::default(), rest),
    };
    let value = rest.split_ascii_whitespace().next()?.parse().ok()?;
    Some((name, labels, value))
}

/// What stands between the braces, and the rest of the line after them.
fn labels(text: &str) -> Option<(Labels, &str)> {
    let mut labels = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', ',']);
        if let Some(rest) = rest.strip_prefix('}') {
            labels.sort_unstable();
            return Some((Labels(labels.into()), rest));
        }
        let (name, after) = rest.split_once('=')?;
        let (value, after) = quoted(after.trim_start().strip_prefix('"')?)?;
        labels.push((name.trim().to_owned(), value));
        rest = after;
    }
}

/// A value up to its closing quotation mark, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '"' => return Some((value, chars.as_str())),
            '\\' => match chars.next()? {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Labels {
        let mut pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        pairs.sort();
        Labels(pairs.into())
    }

    const CLASSIC: &str = "\
# HELP presslate_jobs_total Jobs by outcome.
# TYPE presslate_jobs_total counter
presslate_jobs_total{outcome=\"done\",reason=\"none\"} 12
presslate_jobs_total{reason=\"model_failed\",outcome=\"failed\",} 1 1395066363000
presslate_slots 2
process_resident_memory_bytes 1.5e+09
";

    const OPEN: &str = "\
# HELP presslate_jobs Jobs by outcome.
# TYPE presslate_jobs counter
presslate_jobs_total{outcome=\"done\",reason=\"none\"} 12 # {trace_id=\"a # b\"} 1.0 1520879607.789
presslate_jobs_created{outcome=\"done\",reason=\"none\"} 1520430000.123
presslate_jobs_total{outcome=\"failed\",reason=\"model_failed\"} 1
# TYPE presslate_slots gauge
presslate_slots 2
# UNIT process_resident_memory_bytes bytes
process_resident_memory_bytes 1500000000
# EOF
";

    #[test]
    fn the_older_format_and_the_newer_say_the_same() {
        for text in [CLASSIC, OPEN] {
            let metrics = Metrics::parse(text).unwrap();
            let jobs = |outcome: &str| {
                metrics.sum("presslate_jobs_total", |labels| {
                    labels.get("outcome") == outcome
                })
            };
            assert_eq!((jobs("done"), jobs("failed")), (12.0, 1.0), "{text}");
            assert_eq!(metrics.first("presslate_slots"), Some(2.0));
            assert_eq!(metrics.first("process_resident_memory_bytes"), Some(1.5e9));
            assert_eq!(
                metrics.value(
                    "presslate_jobs_total",
                    &of(&[("outcome", "failed"), ("reason", "model_failed")])
                ),
                Some(1.0)
            );
        }
    }

    #[test]
    fn a_labels_value_may_hold_commas_braces_and_escapes() {
        let text = r#"m{model="a,b=c} \"x\" \\ \n",le="+Inf"} NaN"#;
        let (name, labels, value) = sample(text).unwrap();
        assert_eq!((name, labels.get("le")), ("m", "+Inf"));
        assert_eq!(labels.get("model"), "a,b=c} \"x\" \\ \n");
        assert!(value.is_nan());
        assert_eq!(labels.get("absent"), "");
    }

    #[test]
    fn what_is_no_sample_is_left_out_and_a_text_of_nothing_else_is_no_metrics() {
        let metrics = Metrics::parse("junk\nm{a=\"b\" 1\n1m 2\nok 3\nm{a} 4\nm +1x\n").unwrap();
        assert_eq!(metrics.iter().count(), 1);
        assert_eq!(metrics.first("ok"), Some(3.0));
        assert_eq!(
            Metrics::parse("<html><body>404 not found</body></html>"),
            None
        );
        assert_eq!(Metrics::parse(""), None);
    }

    #[test]
    fn histograms_are_added_where_their_keys_are_equal() {
        let text = r#"
d_bucket{stage="load",target="none",le="1.0"} 1
d_bucket{stage="load",target="none",le="+Inf"} 2
d_bucket{stage="translate",target="ko",le="1.0"} 0
d_bucket{stage="translate",target="ko",le="+Inf"} 4
d_bucket{stage="translate",target="ru",le="1.0"} 2
d_bucket{stage="translate",target="ru",le="+Inf"} 2
"#;
        let metrics = Metrics::parse(text).unwrap();
        let found = metrics.histograms("d", |labels| labels.get("stage").to_owned());
        let counts: Vec<_> = found
            .iter()
            .map(|(stage, histogram)| (stage.as_str(), histogram.count()))
            .collect();
        assert_eq!(counts, [("load", 2.0), ("translate", 6.0)]);
    }

    #[test]
    fn only_what_grows_is_a_counter() {
        assert!(is_counter("presslate_jobs_total") && is_counter("x_seconds_bucket"));
        assert!(
            !is_counter("presslate_device_memory_total_bytes") && !is_counter("presslate_slots")
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC*") {
            let _read = Metrics::parse(&text);
        }

        #[test]
        fn any_value_of_a_label_comes_back(value in ".*") {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let line = format!("m{{a=\"{escaped}\"}} 1");
            let (_, labels, _) = sample(&line).unwrap();
            prop_assert_eq!(labels.get("a"), value);
        }
    }
}
