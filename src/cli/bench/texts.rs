//! What a model is given to read, and how it is to write.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use crate::cli::args::BenchArgs;
use crate::cli::exit::Failure;
use crate::job::Lang;
use crate::model::catalog::{Entry, PromptTemplate};
use crate::model::{Decode, Part, Prompt, Request, Strategy};
use crate::pipeline::prompt::{Values, render};

/// Invented, of different length, and of what news are about.
const SENTENCES: &str = include_str!("sentences.txt");

/// What a model is given to read, and how it is to write.
#[derive(Debug, Clone)]
pub(super) struct Texts {
    prompts: Vec<Prompt>,
    decode: Decode,
    /// Where they are from.
    source: String,
}

impl Texts {
    /// Reads the files that `args` names.
    ///
    /// # Errors
    /// When one cannot be read, or a line of the texts is empty.
    pub(super) fn read(args: &BenchArgs, entry: &Entry) -> Result<Self, Failure> {
        let (source, text) = match &args.input {
            Some(path) => (path.display().to_string(), read("--input", path)?),
            None => ("the built-in sentences".to_owned(), SENTENCES.to_owned()),
        };
        let lines = lines(&source, &text)?;
        let decoder_only = entry.architecture.is_decoder_only();
        let prefix = args.prefix.as_deref().map(|path| read("--prefix", path));
        let prefix = prefix.transpose()?;
        let suffix = args.suffix.as_deref().map(|path| read("--suffix", path));
        let suffix = suffix.transpose()?;
        if suffix.is_some() && !decoder_only {
            return Err(Failure::usage(anyhow::anyhow!(
                "--suffix: {} translates texts as they are; leave it out",
                entry.id
            )));
        }
        let own_words = args.input.is_some() || prefix.is_some() || suffix.is_some();
        let mut stop = Vec::new();
        let prompts = match template(entry).filter(|_| decoder_only && !own_words) {
            Some(template) => {
                if !args.ignore_end {
                    stop.clone_from(&template.stop);
                }
                let ask = |text: &&str| {
                    let values = Values {
                        text,
                        sentences: 1,
                        ..Values::default()
                    };
                    render(template, &values)
                };
                lines.iter().map(ask).collect()
            }
            None if decoder_only => {
                let prefix: Arc<str> = prefix.unwrap_or_default().into();
                let suffix: Option<Arc<str>> = suffix.map(Into::into);
                let prompt = |line: &&str| Prompt {
                    prefix: Arc::clone(&prefix),
                    parts: std::iter::once(Part::Text((*line).into()))
                        .chain(suffix.clone().map(Part::Markup))
                        .collect(),
                };
                lines.iter().map(prompt).collect()
            }
            None => {
                let target = prefix.unwrap_or_else(|| target(entry).to_owned());
                let target: Arc<str> = target.trim().into();
                let prompt = |line: &&str| Prompt {
                    prefix: Arc::clone(&target),
                    parts: vec![Part::Text((*line).into())],
                };
                lines.iter().map(prompt).collect()
            }
        };
        Ok(Self {
            prompts,
            decode: decode(args, stop),
            source,
        })
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.prompts.len()
    }

    /// Where the text at `index` is from, for messages.
    pub(super) fn place(&self, index: usize) -> String {
        format!("line {} of {}", index + 1, self.source)
    }

    /// A request for the text at `index`; they begin again after the last.
    pub(super) fn request(&self, index: usize, cancel: &CancellationToken) -> Request {
        let at = index.checked_rem(self.count()).unwrap_or(0);
        let prompt = self.prompts.get(at).cloned().unwrap_or_default();
        Request {
            cancel: cancel.clone(),
            ..Request::new(prompt, self.decode.clone())
        }
    }
}

/// The texts of a file, one a line.
fn lines<'a>(source: &str, text: &'a str) -> Result<Vec<&'a str>, Failure> {
    let lines: Vec<&str> = text.lines().collect();
    if lines.is_empty() {
        return Err(anyhow::anyhow!("{source} is empty: write one text a line").into());
    }
    match lines.iter().position(|line| line.trim().is_empty()) {
        Some(empty) => Err(anyhow::anyhow!(
            "line {} of {source} is empty: write one text a line",
            empty + 1
        )
        .into()),
        None => Ok(lines),
    }
}

fn read(flag: &str, path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path);
    Ok(text.with_context(|| format!("{flag} {}", path.display()))?)
}

/// How a language model of the catalogue is asked: for a translation, if it translates.
fn template(entry: &Entry) -> Option<&PromptTemplate> {
    let prompts = entry.prompts.as_ref()?;
    let translate = prompts.translate.values().next();
    translate.or(prompts.summarise.as_ref())
}

/// The token for a translator's first language; empty where it has but one.
fn target(entry: &Entry) -> &str {
    let mut tokens = Lang::TARGETS
        .iter()
        .filter_map(|lang| entry.target_prefix.get(lang));
    tokens.next().map_or("", String::as_str)
}

fn decode(args: &BenchArgs, stop: Vec<String>) -> Decode {
    let strategy = if args.beams > 1 {
        Strategy::Beam {
            width: args.beams,
            length_penalty: args.length_penalty,
        }
    } else {
        Strategy::Greedy
    };
    Decode {
        stop,
        ..Decode::plain(strategy, args.max_new_tokens.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalog::Catalog;
    use clap::Parser;

    use crate::cli::args::{Cli, Command};

    fn args(args: &str) -> BenchArgs {
        let all = ["presslate", "bench"]
            .into_iter()
            .chain(args.split_whitespace());
        match Cli::try_parse_from(all).unwrap().command {
            Command::Bench(bench) => *bench,
            other => panic!("{other:?}"),
        }
    }

    fn entry(decoder_only: bool) -> Arc<Entry> {
        let catalog = Catalog::builtin().unwrap();
        let fits = |entry: &&Arc<Entry>| entry.architecture.is_decoder_only() == decoder_only;
        Arc::clone(catalog.iter().find(fits).unwrap())
    }

    #[test]
    fn the_built_in_sentences_are_texts() {
        let lines = lines("here", SENTENCES).unwrap();
        assert_eq!(lines.len(), 24);
    }

    #[test]
    fn an_empty_line_is_named() {
        assert!(lines("a.txt", "").is_err());
        let error = lines("a.txt", "one\n\nthree\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 2 of a.txt is empty: write one text a line"
        );
    }

    #[test]
    fn a_language_model_is_asked_as_the_catalogue_says_unless_words_are_given() {
        let entry = entry(true);
        let template = template(&entry).unwrap();
        let texts = Texts::read(&args(""), &entry).unwrap();
        let request = texts.request(0, &CancellationToken::new());
        assert_eq!(&*request.prompt.prefix, template.prefix.as_str());
        assert_eq!(request.decode.stop, template.stop);

        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let (input, prefix, suffix) = (
            file("in", "One.\nTwo.\n"),
            file("p", "<|a|>\n"),
            file("s", "<|b|>"),
        );
        let args = args(&format!(
            "--input {input} --prefix {prefix} --suffix {suffix}"
        ));
        let texts = Texts::read(&args, &entry).unwrap();
        assert_eq!(texts.count(), 2);
        // The fourth is the second again.
        let request = texts.request(3, &CancellationToken::new());
        let expected = Prompt {
            prefix: "<|a|>\n".into(),
            parts: vec![Part::Text("Two.".into()), Part::Markup("<|b|>".into())],
        };
        assert_eq!(request.prompt, expected);
        assert!(request.decode.stop.is_empty());
    }

    #[test]
    fn a_translator_takes_texts_as_they_are() {
        let entry = entry(false);
        let texts = Texts::read(&args("--beams 4 --length-penalty 0.5"), &entry).unwrap();
        let request = texts.request(0, &CancellationToken::new());
        assert_eq!(request.prompt.parts.len(), 1);
        assert_eq!(
            request.decode.strategy,
            Strategy::Beam {
                width: 4,
                length_penalty: 0.5
            }
        );
        let dir = tempfile::tempdir().unwrap();
        let suffix = dir.path().join("s");
        std::fs::write(&suffix, "x").unwrap();
        let error = Texts::read(&args(&format!("--suffix {}", suffix.display())), &entry);
        assert!(error.unwrap_err().to_string().contains("leave it out"));
    }
}
