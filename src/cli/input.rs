//! A file or stdin to a checked [`Job`].

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::value::RawValue;

use super::args::RunArgs;
use super::exit::Failure;
use crate::hash::of_bytes;
use crate::job::wire::{ArticleMessage, JobMessage, parse_job};
use crate::job::{ErrorCode, InvalidJob, Job, Lang, Task, ninjs};
use crate::text::input::{InputKind, sniff};

/// What the command line says about a job. Where the input is a job itself, each of these that
/// was given takes the place of the job's own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wishes {
    /// `--to`.
    pub(super) targets: Vec<Lang>,
    /// `--task`.
    pub(super) tasks: Vec<Task>,
    /// `--summary-sentences`.
    pub(super) summary_sentences: Option<usize>,
    /// `--summary-words`.
    pub(super) summary_words: Option<usize>,
    /// `--source-lang`.
    pub(super) source_lang: Option<Lang>,
}

impl From<&RunArgs> for Wishes {
    fn from(args: &RunArgs) -> Self {
        Self {
            targets: args.to.clone(),
            tasks: args.task.clone(),
            summary_sentences: args.summary_sentences,
            summary_words: args.summary_words,
            source_lang: args.source_lang,
        }
    }
}

/// Reads the input at `path` (`-` is stdin) and makes a job of it.
///
/// # Errors
/// When there is no such file, when it holds no text, or when it is no valid job.
pub(super) fn read_job(path: &Path, wishes: &Wishes) -> Result<Job, Failure> {
    let name = display_name(path);
    let bytes = read(path)?;
    job_from_bytes(&bytes, wishes)
        .with_context(|| name)
        .map_err(Failure::from)
}

/// Makes a job of an input's bytes, told apart by content.
///
/// # Errors
/// When they hold no text, or no valid job.
pub(super) fn job_from_bytes(bytes: &[u8], wishes: &Wishes) -> anyhow::Result<Job> {
    if bytes.len() > Job::MAX_MESSAGE_BYTES {
        anyhow::bail!(
            "has more than {} bytes: give the article's text, without pictures or scripts",
            Job::MAX_MESSAGE_BYTES
        );
    }
    // Characters are counted where the job is checked, without what JSON puts around them.
    let article = match sniff(bytes, Job::MAX_MESSAGE_BYTES)? {
        InputKind::Text(text) => ArticleMessage {
            text: Some(text),
            ..ArticleMessage::default()
        },
        InputKind::Html(html) => ArticleMessage {
            html: Some(html),
            ..ArticleMessage::default()
        },
        InputKind::Json(json) => return Ok(job_from_json(&json, bytes, wishes)?),
    };
    let message = JobMessage::new(id_of(bytes), article);
    Ok(with_wishes(message, wishes).try_into()?)
}

fn job_from_json(text: &str, bytes: &[u8], wishes: &Wishes) -> Result<Job, InvalidJob> {
    // Values as they are written: metadata come back with every digit.
    let Ok(mut object) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(text) else {
        // Not JSON after all: the job's parser says so best.
        return parse_job(text.as_bytes());
    };
    if ninjs::is_item(|key| object.contains_key(key)) {
        let message = ninjs::parse_item(text)?.into_message(&id_of(bytes))?;
        return with_wishes(message, wishes).try_into();
    }
    if !["id", "article", "targets", "tasks"]
        .iter()
        .any(|key| object.contains_key(*key))
    {
        return Err(InvalidJob {
            code: ErrorCode::InvalidField,
            message: "the JSON is neither a job (with id and article; see `presslate schema job`) nor a ninjs item \
                      (with headline and body_html or body_text, or with headlines and bodies)"
                .to_owned(),
            field: None,
            id: None,
        });
    }
    if *wishes == Wishes::default() {
        return parse_job(text.as_bytes());
    }
    let mut set = |key: &str, value: serde_json::Value| {
        let raw = RawValue::from_string(value.to_string());
        object.extend(raw.ok().map(|raw| (key.to_owned(), raw)));
    };
    if !wishes.tasks.is_empty() {
        let names: Vec<_> = wishes.tasks.iter().map(|task| task.name()).collect();
        set("tasks", names.into());
    }
    if let Some(sentences) = wishes.summary_sentences {
        set("summary_sentences", sentences.into());
    }
    if let Some(words) = wishes.summary_words {
        set("summary_words", words.into());
    }
    if let Some(lang) = wishes.source_lang {
        set("source_lang", lang.tag().into());
    }
    if !wishes.targets.is_empty() {
        let tags: Vec<_> = wishes.targets.iter().map(|lang| lang.tag()).collect();
        set("targets", tags.into());
        object.remove("target_lang");
    }
    let text = serde_json::to_string(&object).map_err(|error| InvalidJob {
        code: ErrorCode::Internal,
        message: format!("the job cannot be written with the flags in it: {error}"),
        field: None,
        id: None,
    })?;
    parse_job(text.as_bytes())
}

/// What the command line says, and its defaults: both tasks, into every language.
fn with_wishes(message: JobMessage, wishes: &Wishes) -> JobMessage {
    let translates = wishes.tasks.is_empty() || wishes.tasks.contains(&Task::Translate);
    let targets: &[Lang] = match wishes.targets.as_slice() {
        [] if translates => &Lang::TARGETS,
        targets => targets,
    };
    let tasks = (!wishes.tasks.is_empty()).then(|| {
        wishes
            .tasks
            .iter()
            .map(|task| task.name().to_owned())
            .collect()
    });
    JobMessage {
        targets: targets.iter().map(|lang| lang.tag().to_owned()).collect(),
        tasks,
        summary_sentences: wishes.summary_sentences.or(message.summary_sentences),
        summary_words: wishes.summary_words.or(message.summary_words),
        source_lang: wishes
            .source_lang
            .map(|lang| lang.tag().to_owned())
            .or(message.source_lang),
        ..message
    }
}

/// The same id for the same input, so that results can be compared.
fn id_of(bytes: &[u8]) -> String {
    let digits = of_bytes(bytes);
    format!("run-{}", digits.get(..16).unwrap_or(&digits))
}

/// Never reads more than one byte over the limit: the input may be endless.
fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let limit = u64::try_from(Job::MAX_MESSAGE_BYTES).unwrap_or(u64::MAX);
    read_at_most(path, limit.saturating_add(1))
}

/// Reads the file at `path` (`-` is stdin) to its end.
///
/// # Errors
/// When there is no such file, or it cannot be read.
pub(super) fn read_all(path: &Path) -> anyhow::Result<Vec<u8>> {
    read_at_most(path, u64::MAX)
}

fn read_at_most(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin()
            .lock()
            .take(limit)
            .read_to_end(&mut bytes)
            .context("stdin")?;
        return Ok(bytes);
    }
    let describe = |error: &io::Error| match error.kind() {
        io::ErrorKind::NotFound => format!("{}: there is no such file", path.display()),
        io::ErrorKind::PermissionDenied => {
            format!("{}: may not be read by this user", path.display())
        }
        _ => format!("{}: could not be read: {error}", path.display()),
    };
    let file = File::open(path).map_err(|error| anyhow::Error::msg(describe(&error)))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        anyhow::bail!("{}: is a directory: name a file in it", path.display());
    }
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| anyhow::Error::msg(describe(&error)))?;
    Ok(bytes)
}

fn display_name(path: &Path) -> String {
    if path == Path::new("-") {
        "stdin".to_owned()
    } else {
        PathBuf::from(path).display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Body;

    fn job(input: &str) -> Job {
        job_from_bytes(input.as_bytes(), &Wishes::default()).unwrap()
    }

    fn error(input: &str) -> String {
        job_from_bytes(input.as_bytes(), &Wishes::default())
            .unwrap_err()
            .to_string()
    }

    const JOB: &str =
        r#"{"id":"a-1","article":{"text":"Rain fell."},"targets":["ko"],"tasks":["translate"]}"#;

    #[test]
    fn plain_text_becomes_a_job_with_both_tasks_and_languages() {
        let job = job("Rain fell on Leeds.\n");
        assert_eq!(
            job.article.body,
            Body::Text("Rain fell on Leeds.\n".to_owned())
        );
        assert_eq!(job.targets, Lang::TARGETS);
        assert_eq!(job.tasks, Task::ALL.into());
    }

    #[test]
    fn html_and_ninjs_are_told_from_text() {
        assert!(matches!(
            job("<html><body><p>Rain.</p></body></html>").article.body,
            Body::Html(_)
        ));
        let item = job(r#"{"uri":"urn:x:1","headline":"Rain","body_html":"<p>Rain fell.</p>"}"#);
        assert_eq!(
            (item.id.as_str(), item.article.title.as_deref()),
            ("urn:x:1", Some("Rain"))
        );
        assert!(matches!(item.article.body, Body::Html(_)));
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_article() {
        assert_eq!(
            job("\u{feff}Rain fell.").article.body,
            Body::Text("Rain fell.".to_owned())
        );
        assert_eq!(job(&format!("\u{feff}{JOB}")).id.as_str(), "a-1");
    }

    #[test]
    fn a_job_is_taken_as_it_is() {
        assert_eq!(job(JOB), parse_job(JOB.as_bytes()).unwrap());
    }

    #[test]
    fn flags_take_the_place_of_a_jobs_own_fields() {
        let wishes = Wishes {
            targets: vec![Lang::Ru],
            summary_sentences: Some(2),
            ..Wishes::default()
        };
        let job = job_from_bytes(JOB.as_bytes(), &wishes).unwrap();
        assert_eq!(
            (job.targets, job.summary_sentences),
            (vec![Lang::Ru], Some(2))
        );
        assert_eq!(job.tasks, [Task::Translate].into());
    }

    #[test]
    fn flags_leave_the_rest_of_a_job_as_it_is_written() {
        let wishes = Wishes {
            targets: vec![Lang::Ru],
            ..Wishes::default()
        };
        let metadata = r#"{"z": 123456789012345678901234567890, "a": 1.10}"#;
        let input = format!(
            r#"{{"id":"a-1","article":{{"text":"Rain fell."}},"target_lang":"ko","revision":3,"metadata":{metadata}}}"#
        );
        let job = job_from_bytes(input.as_bytes(), &wishes).unwrap();
        assert_eq!((job.targets, job.revision), (vec![Lang::Ru], 3));
        let kept = job.metadata.as_ref().map(crate::job::Metadata::as_json);
        assert_eq!(kept, Some(metadata));
    }

    #[test]
    fn a_job_may_hold_a_ninjs_item_and_an_item_may_stand_alone() {
        let item = r#"{"uri":"urn:x:1","headline":"Rain","body_text":"Rain fell.","urgency":1}"#;
        let held = format!(r#"{{"id":"a-1","article":{{"ninjs":{item}}},"targets":["ko"]}}"#);
        for (input, id) in [(item, "urn:x:1"), (held.as_str(), "a-1")] {
            let job = job(input);
            assert_eq!((job.id.as_str(), job.priority.get()), (id, 9));
            assert_eq!(job.article.body, Body::Text("Rain fell.".to_owned()));
        }
    }

    #[test]
    fn a_summary_alone_needs_no_language() {
        let wishes = Wishes {
            tasks: vec![Task::Summarise],
            ..Wishes::default()
        };
        let job = job_from_bytes(b"Rain fell.", &wishes).unwrap();
        assert_eq!((job.targets, job.tasks), (vec![], [Task::Summarise].into()));
    }

    #[test]
    fn the_id_of_an_input_depends_on_its_bytes_alone() {
        assert_eq!(job("Rain.").id, job("Rain.").id);
        assert_ne!(job("Rain.").id, job("Snow.").id);
    }

    #[test]
    fn json_that_is_neither_job_nor_ninjs_says_what_both_look_like() {
        assert!(error(r#"{"a":1}"#).contains("neither a job"));
        assert!(
            error(r#"{"id":"x"}"#).contains("article"),
            "{}",
            error(r#"{"id":"x"}"#)
        );
        assert!(
            error(r#"{"id":"x",}"#).contains("does not parse"),
            "{}",
            error(r#"{"id":"x",}"#)
        );
    }
}
