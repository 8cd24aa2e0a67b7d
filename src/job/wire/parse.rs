//! Bytes to a [`Job`]: sizes first, then UTF-8, then JSON, then each field by name.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::job::quote;
use crate::job::{ArticleInput, Body, ErrorCode, InvalidJob, Job, JobId, Lang, Section, Task};

/// A job as it stands on the queue. The smallest one is
/// `{"id":"a-1","article":{"text":"…"},"targets":["ko","ru"]}`.
// What the schema demands beyond the types is what `parse_job` checks, as far as a schema can say it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobMessage {
    /// `major.minor` of this format; `1.0` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^1(\.|$)"))]
    pub version: Option<String>,
    /// Names the job in every answer: 1 to 200 bytes, no control characters.
    #[schemars(
        length(max = 200),
        regex(
            pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
        )
    )]
    pub id: String,
    /// The article.
    pub article: ArticleMessage,
    /// Languages to translate into: `ko`, `ru`. May be empty when `tasks` is `summarise` alone: the
    /// summary is then in English only.
    #[serde(default)]
    #[schemars(inner(regex(pattern = r"^([kK][oO]|[rR][uU])([-_]|$)")))]
    pub targets: Vec<String>,
    /// `summarise`, `translate`; both when absent. With `summarise` alone, only the summary is
    /// translated into `targets`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), inner(regex(pattern = "^(summari[sz]e|translate)$")))]
    pub tasks: Option<Vec<String>>,
    /// Length of the summary in sentences, 1 to 12; 3 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 12))]
    pub summary_sentences: Option<usize>,
    /// The article's language, such as `en`; detected when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[eE][nN]([-_]|$)"))]
    pub source_lang: Option<String>,
    /// Anything; comes back in the result untouched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<serde_json::Value>,
}

/// The article: exactly one of `text`, `html` and `sections`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = exactly_one_body)]
pub struct ArticleMessage {
    /// The headline, where it is not part of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A raw page or story as plain text; page chrome is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"\S"))]
    pub text: Option<String>,
    /// A page or fragment of HTML; page chrome is removed. Nothing it links to is fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"\S"))]
    pub html: Option<String>,
    /// Sections cut by the producer; nothing is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sections: Option<Vec<Section>>,
}

/// Parses and checks a message.
///
/// ```
/// let job = presslate::job::wire::parse_job(
///     br#"{"id":"a-1","article":{"text":"Rain fell on Leeds."},"targets":["ko"]}"#,
/// )?;
/// assert_eq!(job.id.as_str(), "a-1");
/// # Ok::<(), presslate::job::InvalidJob>(())
/// ```
///
/// # Errors
/// [`InvalidJob`], naming the field where one is at fault. Never panics, whatever the bytes.
pub fn parse_job(payload: &[u8]) -> Result<Job, InvalidJob> {
    if payload.len() > Job::MAX_MESSAGE_BYTES {
        return Err(invalid(
            ErrorCode::TooLarge,
            None,
            format!(
                "the message has {} bytes; at most {} are accepted: send the article's text without pictures or scripts",
                payload.len(),
                Job::MAX_MESSAGE_BYTES
            ),
        ));
    }
    let text = std::str::from_utf8(payload).map_err(|error| {
        invalid(
            ErrorCode::MalformedMessage,
            None,
            format!(
                "the message is not UTF-8 (first bad byte at offset {}): send UTF-8 JSON",
                error.valid_up_to()
            ),
        )
    })?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let message: JobMessage =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| InvalidJob {
            id: peek_id(payload),
            ..quote::refuse(error, "job")
        })?;
    deserializer.end().map_err(|error| {
        invalid(
            ErrorCode::MalformedMessage,
            None,
            format!("text after the job's closing brace: {error}"),
        )
    })?;
    Job::try_from(message)
}

impl TryFrom<JobMessage> for Job {
    type Error = InvalidJob;

    /// Checks every field; for messages that were made here rather than read (see
    /// [`crate::job::ninjs`]).
    fn try_from(message: JobMessage) -> Result<Self, InvalidJob> {
        let id = JobId::new(message.id.as_str())
            .ok()
            .map(|id| id.as_str().to_owned());
        check(message).map_err(|error| InvalidJob { id, ..error })
    }
}

/// A schema for "one of these and no other" that types cannot say. `null` counts as absent.
fn exactly_one_body(schema: &mut schemars::Schema) {
    let bodies: Vec<_> = ["text", "html", "sections"]
        .into_iter()
        .map(|name| {
            serde_json::json!({ "required": [name], "properties": { name: { "not": { "type": "null" } } } })
        })
        .collect();
    schema.insert("oneOf".to_owned(), bodies.into());
}

/// The `id` of a message that may be anything else but valid, for use in an error result.
pub fn peek_id(payload: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct OnlyId {
        id: String,
    }
    if payload.len() > Job::MAX_MESSAGE_BYTES {
        return None;
    }
    let OnlyId { id } = serde_json::from_slice(payload).ok()?;
    JobId::new(id).ok().map(|id| id.as_str().to_owned())
}

fn check(message: JobMessage) -> Result<Job, InvalidJob> {
    check_version(message.version.as_deref())?;
    let id =
        JobId::new(message.id).map_err(|why| field("id", why.trim_start_matches("the id ")))?;
    let tasks = check_tasks(message.tasks)?;
    let targets = check_targets(&message.targets)?;
    if tasks.contains(&Task::Translate) && targets.is_empty() {
        return Err(field("targets", "names no language to translate into: give [\"ko\"], [\"ru\"] or both, or ask for \"tasks\": [\"summarise\"]".to_owned()));
    }
    let summary_sentences = message
        .summary_sentences
        .unwrap_or(Job::DEFAULT_SUMMARY_SENTENCES);
    if !(1..=Job::MAX_SUMMARY_SENTENCES).contains(&summary_sentences) {
        return Err(field(
            "summary_sentences",
            format!(
                "is {summary_sentences}; it must be 1 to {}",
                Job::MAX_SUMMARY_SENTENCES
            ),
        ));
    }
    let source_lang = match message.source_lang {
        None => None,
        Some(tag) => Some(check_source(&tag)?),
    };
    Ok(Job {
        id,
        article: check_article(message.article)?,
        targets,
        tasks,
        summary_sentences,
        source_lang,
        metadata: message.metadata,
    })
}

fn check_version(version: Option<&str>) -> Result<(), InvalidJob> {
    let Some(version) = version else {
        return Ok(());
    };
    match version.split('.').next().map(str::parse::<u32>) {
        Some(Ok(1)) => Ok(()),
        Some(Ok(major)) => Err(InvalidJob {
            code: ErrorCode::UnsupportedVersion,
            message: format!(
                "job format version {major} is not known here: this worker reads version 1"
            ),
            field: Some("version".to_owned()),
            id: None,
        }),
        _ => Err(field(
            "version",
            format!("is {}; write it as \"1.0\"", quote::quote(version)),
        )),
    }
}

fn check_tasks(tasks: Option<Vec<String>>) -> Result<BTreeSet<Task>, InvalidJob> {
    let Some(names) = tasks else {
        return Ok(Task::ALL.into());
    };
    if names.is_empty() {
        return Err(field(
            "tasks",
            "is empty: name summarise, translate or both, or leave it out for both".to_owned(),
        ));
    }
    names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            Task::parse(name).ok_or_else(|| {
                field(
                    &format!("tasks[{index}]"),
                    format!(
                        "is {}; the tasks are summarise and translate",
                        quote::quote(name)
                    ),
                )
            })
        })
        .collect()
}

fn check_targets(tags: &[String]) -> Result<Vec<Lang>, InvalidJob> {
    let mut targets = Vec::new();
    for (index, tag) in tags.iter().enumerate() {
        let path = format!("targets[{index}]");
        let lang = tag
            .parse()
            .ok()
            .filter(|lang| Lang::TARGETS.contains(lang))
            .ok_or_else(|| {
                field(
                    &path,
                    format!(
                        "is {}; presslate translates into ko and ru",
                        quote::quote(tag)
                    ),
                )
            })?;
        if !targets.contains(&lang) {
            targets.push(lang);
        }
    }
    Ok(targets)
}

fn check_source(tag: &str) -> Result<Lang, InvalidJob> {
    tag.parse()
        .ok()
        .filter(|lang| Lang::SOURCES.contains(lang))
        .ok_or_else(|| InvalidJob {
            code: ErrorCode::UnsupportedLanguage,
            message: format!(
                "source_lang is {}; presslate reads English (en)",
                quote::quote(tag)
            ),
            field: Some("source_lang".to_owned()),
            id: None,
        })
}

fn check_article(article: ArticleMessage) -> Result<ArticleInput, InvalidJob> {
    let ArticleMessage {
        title,
        text,
        html,
        sections,
    } = article;
    let (path, body) = match (text, html, sections) {
        (Some(text), None, None) => ("article.text", Body::Text(text)),
        (None, Some(html), None) => ("article.html", Body::Html(html)),
        (None, None, Some(sections)) => ("article.sections", Body::Sections(sections)),
        (None, None, None) => {
            return Err(field(
                "article",
                "has none of text, html and sections: give one of them".to_owned(),
            ));
        }
        _ => {
            return Err(field(
                "article",
                "has more than one of text, html and sections: give one of them".to_owned(),
            ));
        }
    };
    let (characters, blank) = match &body {
        Body::Text(text) | Body::Html(text) => (text.chars().count(), text.trim().is_empty()),
        Body::Sections(sections) => (
            sections
                .iter()
                .map(|section| section.text.chars().count())
                .sum(),
            sections
                .iter()
                .all(|section| section.text.trim().is_empty()),
        ),
    };
    if blank {
        return Err(InvalidJob {
            code: ErrorCode::EmptyArticle,
            message: format!("{path} is empty: there is nothing to translate"),
            field: Some(path.to_owned()),
            id: None,
        });
    }
    let (characters, counted) = match &title {
        Some(title) => (
            characters + title.chars().count(),
            format!("{path} has, with the title,"),
        ),
        None => (characters, format!("{path} has")),
    };
    if characters > Job::MAX_ARTICLE_CHARS {
        return Err(InvalidJob {
            code: ErrorCode::TooLarge,
            message: format!(
                "{counted} {characters} characters; at most {} are accepted: split the article",
                Job::MAX_ARTICLE_CHARS
            ),
            field: Some(path.to_owned()),
            id: None,
        });
    }
    Ok(ArticleInput {
        title: title.filter(|title| !title.trim().is_empty()),
        body,
    })
}

fn field(path: &str, what: impl std::fmt::Display) -> InvalidJob {
    InvalidJob {
        code: ErrorCode::InvalidField,
        message: format!("{path} {what}"),
        field: Some(path.to_owned()),
        id: None,
    }
}

fn invalid(code: ErrorCode, field: Option<String>, message: String) -> InvalidJob {
    InvalidJob {
        code,
        message,
        field,
        id: None,
    }
}
