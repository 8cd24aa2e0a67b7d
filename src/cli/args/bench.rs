//! Flags of `presslate bench`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::target;
use crate::cli::exit::Exit;
use crate::config::{EmbedderArgs, EngineArgs, ModelArgs, TelemetryArgs};
use crate::job::Lang;

/// Flags of `bench`.
#[derive(Debug, Args)]
#[command(after_help = Exit::table())]
pub struct BenchArgs {
    /// Measure a model that no catalogue names, in place of --model: a folder with the files of a
    /// Marian model, or a .gguf file
    #[arg(long, value_name = "PATH")]
    pub weights: Option<PathBuf>,

    /// For Marian: how weights are held in memory, `f32`, `f16` (on a GPU), `q8_0` or `int8`
    /// [default: as the catalogue says, or `f32`]
    #[arg(long, value_name = "NAME")]
    pub quantization: Option<String>,

    /// Source texts, one a line [default: 24 sentences of news, asked for as the catalogue says]
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,

    /// For language models: what stands before every text, control tokens included, and is computed
    /// once. For translators with several languages: the target token
    #[arg(long, value_name = "FILE")]
    pub prefix: Option<PathBuf>,

    /// For language models: what stands after every text, control tokens included
    #[arg(long, value_name = "FILE")]
    pub suffix: Option<PathBuf>,

    /// Texts computed together, for one measurement each [default: 1,8,32; none with --article]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = rows)]
    pub batch: Vec<usize>,

    /// Sequences kept at every step; 1 takes the likeliest token. Language models take it as 1
    #[arg(long, value_name = "N", default_value = "1", value_parser = beams)]
    pub beams: usize,

    /// Scores of a beam are divided by length to this power
    #[arg(long, value_name = "X", default_value = "1.0", value_parser = penalty)]
    pub length_penalty: f32,

    /// Tokens that a text may have
    #[arg(long, value_name = "N", default_value = "256")]
    pub max_new_tokens: NonZeroUsize,

    /// Write exactly --max-new-tokens, whatever the model says, so that runs can be compared
    #[arg(long)]
    pub ignore_end: bool,

    /// Whether translators may leave out words that are unlikely for a source
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub shortlist: When,

    /// Whether language models may guess what a text copies from its source, and check it
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub lookup: When,

    /// Measure the way of a whole article too: its summary and translations
    #[arg(long, value_name = "FILE", conflicts_with = "weights")]
    pub article: Option<PathBuf>,

    /// Languages that the article is translated into: ko, ru [default: both, or what the job says]
    #[arg(
        long,
        value_name = "LANG",
        value_delimiter = ',',
        value_parser = target,
        requires = "article"
    )]
    pub to: Vec<Lang>,

    /// Measure the article with so many of it in work at the same time too, as the slots of a worker
    /// have them, such as 2,4; once each
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        value_parser = slots,
        requires = "article"
    )]
    pub in_work: Vec<usize>,

    /// Measure how long texts take that come at random times, as many a second as these shares of
    /// what the best batch could do, such as 0.5,0.8,1.0
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = share)]
    pub load: Vec<f64>,

    /// Runs of each measurement, of which the median is reported; one more before them is not
    /// counted
    #[arg(long, value_name = "N", default_value = "3")]
    pub repeat: NonZeroUsize,

    /// How the report is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: ReportFormat,

    /// Write the texts of the last run to a file, one a line in the order of the sources; line
    /// breaks in them become spaces
    #[arg(long, value_name = "FILE")]
    pub outputs: Option<PathBuf>,

    /// Draw throughput against batch size, and latency against load where it was measured
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,

    /// Which model: of a profile, the one that summarises. For --article, all of them.
    #[command(flatten)]
    pub model: ModelArgs,
    /// Which compares sentences, for --article.
    #[command(flatten)]
    pub embedder: EmbedderArgs,
    /// What it runs on.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// What is logged.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// Whether something is done that makes a model faster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum When {
    /// Where the model can and it pays
    #[default]
    Auto,
    /// Never
    Off,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ReportFormat {
    /// A table, for people
    #[default]
    Text,
    /// For programs
    Json,
}

/// The batch sizes that are measured where none are named.
pub(in crate::cli) const BATCHES: [usize; 3] = [1, 8, 32];

fn rows(text: &str) -> Result<usize, String> {
    within(text, 1024)
}

fn slots(text: &str) -> Result<usize, String> {
    within(text, 256)
}

fn beams(text: &str) -> Result<usize, String> {
    within(text, 64)
}

fn within(text: &str, most: usize) -> Result<usize, String> {
    let number = text
        .trim()
        .parse()
        .ok()
        .filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| format!("write a number from 1 to {most}"))
}

fn penalty(text: &str) -> Result<f32, String> {
    let number = text.parse().ok().filter(|number: &f32| number.is_finite());
    number.ok_or_else(|| "write a number such as 1.0".to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    let number = text
        .trim()
        .parse()
        .ok()
        .filter(|share| (0.01..=10.0).contains(share));
    number.ok_or_else(|| "write shares such as 0.5,0.8,1.0".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::cli::args::{Cli, Command};

    use super::*;

    fn bench(args: &str) -> Result<BenchArgs, String> {
        let all = ["presslate", "bench"]
            .into_iter()
            .chain(args.split_whitespace());
        match Cli::try_parse_from(all).map(|cli| cli.command) {
            Ok(Command::Bench(bench)) => Ok(*bench),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn lists_are_separated_by_commas() {
        let args = bench("--batch 1,16 --load 0.5,1.0").unwrap();
        assert_eq!(args.batch, [1, 16]);
        assert_eq!(args.load, [0.5, 1.0]);
    }

    #[test]
    fn numbers_that_cannot_be_meant_are_refused_with_what_to_write() {
        for (args, advice) in [
            ("--batch 0", "from 1 to 1024"),
            ("--batch 1,x", "from 1 to 1024"),
            ("--beams 0", "from 1 to 64"),
            ("--length-penalty NaN", "such as 1.0"),
            ("--load 0", "such as 0.5,0.8,1.0"),
            ("--load=-1", "such as 0.5,0.8,1.0"),
            ("--repeat 0", "--repeat"),
            ("--to ko", "--article"),
            ("--in-work 2", "--article"),
            ("--article a.txt --in-work 0", "from 1 to 256"),
            ("--article a.txt --weights b", "--weights"),
        ] {
            let error = bench(args).unwrap_err();
            assert!(error.contains(advice), "{args}: {error}");
        }
    }
}
