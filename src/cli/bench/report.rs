//! What was measured, for people and for programs.

use std::fmt::Write;

use serde_json::{Value, json};

use super::article::{Article, InWork};
use super::load::Load;
use super::measure::Run;
use crate::cli::table;
use crate::cli::text::bytes;

/// The name of the JSON form; it changes when a field is removed or changes its meaning.
const SCHEMA: &str = "presslate.bench/1";

/// What was measured.
#[derive(Debug, Clone)]
pub(super) struct Report {
    pub(super) model: String,
    pub(super) quantization: String,
    pub(super) device: String,
    pub(super) isa: &'static str,
    pub(super) threads: usize,
    pub(super) beams: usize,
    pub(super) load_seconds: f64,
    pub(super) runs: Vec<Run>,
    pub(super) article: Option<Article>,
    pub(super) load: Vec<Load>,
}

impl Report {
    /// One object, with numbers as they are.
    pub(super) fn json(&self) -> Value {
        let runs = self.runs.iter().map(|run| {
            json!({
                "batch": run.batch,
                "beams": self.beams,
                "texts": run.texts,
                "seconds": run.seconds,
                "tokens": run.tokens,
                "tokens_per_second": run.tokens_per_second(),
                "prompt_tokens": run.prompt_tokens,
                "prompt_tokens_per_second": run.prompt_tokens_per_second(),
                "texts_per_minute": 60.0 * run.texts_per_second(),
                "first_result_seconds": run.first_result_seconds,
                "peak_memory_bytes": run.peak_memory_bytes,
                "cpu_seconds": run.cpu_seconds,
            })
        });
        let load = self.load.iter().map(|load| {
            json!({
                "share": load.share,
                "batch": load.batch,
                "beams": self.beams,
                "texts": load.texts,
                "arrivals_per_second": load.arrivals_per_second,
                "seconds": load.seconds,
                "texts_per_minute": 60.0 * load.texts_per_second(),
                "tokens": load.tokens,
                "tokens_per_second": load.tokens_per_second(),
                "latency_p50_seconds": load.latency(50),
                "latency_p95_seconds": load.latency(95),
                "latency_p99_seconds": load.latency(99),
            })
        });
        let mut report = json!({
            "schema": SCHEMA,
            "version": env!("CARGO_PKG_VERSION"),
            "model": self.model,
            "quantization": self.quantization,
            "device": self.device,
            "isa": self.isa,
            "threads": self.threads,
            "load_seconds": self.load_seconds,
            "runs": runs.collect::<Vec<_>>(),
        });
        if let Value::Object(fields) = &mut report {
            if let Some(article) = &self.article {
                fields.insert("article".to_owned(), article_json(article));
            }
            if !self.load.is_empty() {
                fields.insert("load".to_owned(), load.collect());
            }
        }
        report
    }

    /// The machine and the model in a line, then a table for each kind of measurement.
    pub(super) fn text(&self) -> String {
        let mut text = self.title();
        let _infallible = writeln!(text, "; loaded in {} s", seconds(self.load_seconds));
        if !self.runs.is_empty() {
            let head = [
                "BATCH",
                "TEXTS",
                "SECONDS",
                "TOKENS",
                "TOKENS/S",
                "READ/S",
                "TEXTS/MIN",
                "FIRST S",
                "MEMORY",
            ];
            let rows = self.runs.iter().map(|run| {
                vec![
                    run.batch.to_string(),
                    run.texts.to_string(),
                    seconds(run.seconds),
                    run.tokens.to_string(),
                    tenths(run.tokens_per_second()),
                    tenths(run.prompt_tokens_per_second()),
                    tenths(60.0 * run.texts_per_second()),
                    seconds(run.first_result_seconds),
                    memory(run.peak_memory_bytes),
                ]
            });
            push_table(&mut text, "", &head, rows);
        }
        if let Some(article) = &self.article {
            let head = ["ARTICLES/MIN", "SECONDS", "FIRST S", "TOKENS", "MEMORY"];
            let row = vec![
                hundredths(article.per_minute()),
                seconds(article.seconds),
                seconds(article.first_result_seconds),
                article.tokens.to_string(),
                memory(article.peak_memory_bytes),
            ];
            let title = format!(
                "The article, into {}, with {}; loaded in {} s\n",
                match article.targets.as_slice() {
                    [] => "no language".to_owned(),
                    targets => targets.join(" and "),
                },
                article.models.join(", "),
                seconds(article.load_seconds)
            );
            push_table(&mut text, &title, &head, [row]);
            if !article.in_work.is_empty() {
                let rows = article.in_work.iter().map(|several| {
                    vec![
                        several.jobs.to_string(),
                        hundredths(several.per_minute()),
                        seconds(several.seconds),
                    ]
                });
                let head = ["IN WORK", "ARTICLES/MIN", "SECONDS"];
                push_table(&mut text, "", &head, rows);
            }
        }
        if let Some(first) = self.load.first() {
            let head = [
                "LOAD",
                "TEXTS",
                "COMING/MIN",
                "DONE/MIN",
                "TOKENS/S",
                "P50 S",
                "P95 S",
                "P99 S",
            ];
            let rows = self.load.iter().map(|load| {
                vec![
                    hundredths(load.share),
                    load.texts.to_string(),
                    tenths(60.0 * load.arrivals_per_second),
                    tenths(60.0 * load.texts_per_second()),
                    tenths(load.tokens_per_second()),
                    seconds(load.latency(50)),
                    seconds(load.latency(95)),
                    seconds(load.latency(99)),
                ]
            });
            let title = format!("Texts at random times, batch {}\n", first.batch);
            push_table(&mut text, &title, &head, rows);
        }
        text
    }

    /// The machine and the model in a line.
    pub(super) fn title(&self) -> String {
        let threads = crate::cli::text::count(self.threads, "thread");
        let mut title = format!(
            "{} ({}) on {}, {threads}, {}",
            self.model, self.quantization, self.device, self.isa
        );
        if self.beams > 1 {
            let _infallible = write!(title, ", beam {}", self.beams);
        }
        title
    }
}

fn article_json(article: &Article) -> Value {
    let mut json = json!({
        "models": article.models,
        "targets": article.targets,
        "load_seconds": article.load_seconds,
        "seconds": article.seconds,
        "articles_per_minute": article.per_minute(),
        "first_result_seconds": article.first_result_seconds,
        "tokens": article.tokens,
        "peak_memory_bytes": article.peak_memory_bytes,
    });
    if let Value::Object(fields) = &mut json
        && !article.in_work.is_empty()
    {
        let in_work = article.in_work.iter().map(|several: &InWork| {
            json!({
                "jobs": several.jobs,
                "seconds": several.seconds,
                "articles_per_minute": several.per_minute(),
            })
        });
        fields.insert("in_work".to_owned(), in_work.collect());
    }
    json
}

fn push_table(
    text: &mut String,
    title: &str,
    head: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) {
    let head = head.iter().map(|name| (*name).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    text.push('\n');
    text.push_str(title);
    text.push_str(&table::numbers(&rows));
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.3}")
}

fn tenths(number: f64) -> String {
    format!("{number:.1}")
}

fn hundredths(number: f64) -> String {
    format!("{number:.2}")
}

fn memory(peak: Option<u64>) -> String {
    peak.map_or_else(|| "?".to_owned(), bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::cli::bench) fn report() -> Report {
        let run = |batch, seconds| Run {
            batch,
            texts: 24,
            seconds,
            tokens: 600,
            prompt_tokens: 480,
            first_result_seconds: 0.25,
            peak_memory_bytes: Some(64 << 20),
            cpu_seconds: Some(1.5),
        };
        let load = |share: f64| Load {
            share,
            batch: 8,
            texts: 4,
            arrivals_per_second: share * 12.0,
            seconds: 4.0,
            tokens: 100,
            latencies: [4.0, 1.0, 2.0, 3.0].map(|latency| latency * share).to_vec(),
        };
        Report {
            model: "tiny".to_owned(),
            quantization: "f32".to_owned(),
            device: "cpu".to_owned(),
            isa: "avx2",
            threads: 2,
            beams: 1,
            load_seconds: 0.125,
            runs: vec![run(1, 6.0), run(8, 2.0)],
            article: Some(Article {
                models: vec!["tiny".to_owned()],
                targets: vec!["ko".to_owned(), "ru".to_owned()],
                load_seconds: 1.0,
                seconds: 30.0,
                first_result_seconds: 9.0,
                tokens: 900,
                peak_memory_bytes: None,
                in_work: vec![InWork {
                    jobs: 2,
                    seconds: 48.0,
                }],
            }),
            load: vec![load(0.5), load(1.0)],
        }
    }

    #[test]
    fn the_json_has_every_field_of_its_schema() {
        let mut json = report().json();
        let version = json["version"].take();
        assert_eq!(version, env!("CARGO_PKG_VERSION"));
        insta::assert_json_snapshot!(json);
    }

    #[test]
    fn the_tables_are_aligned() {
        insta::assert_snapshot!(report().text());
    }
}
