//! A message to a [`Job`]: each field by name.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::message::{ArticleMessage, JobMessage, TermMessage};
use crate::job::ninjs::{Item, entities};
use crate::job::quote::{quote, refused_within};
use crate::job::{
    ArticleInput, Body, ErrorCode, InvalidJob, Job, JobId, Lang, Metadata, Priority, Task, Term,
    time,
};

/// What came with a message outside of it, for where it does not say itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Defaults {
    pub(super) id: Option<String>,
    pub(super) reply_to: Option<String>,
    pub(super) priority: Option<u8>,
}

impl TryFrom<JobMessage> for Job {
    type Error = InvalidJob;

    /// Checks every field; for messages that were made here rather than read (see
    /// [`crate::job::ninjs`]).
    fn try_from(message: JobMessage) -> Result<Self, InvalidJob> {
        check(message, Defaults::default())
    }
}

/// Checks every field. An error carries the job's id, where it has a valid one.
pub(super) fn check(mut message: JobMessage, defaults: Defaults) -> Result<Job, InvalidJob> {
    message.id = message.id.or(defaults.id);
    let id = message.id.as_deref().and_then(valid_id);
    message.reply_to = message.reply_to.or(defaults.reply_to);
    check_fields(message, defaults.priority).map_err(|error| InvalidJob { id, ..error })
}

/// An id as it stands in answers, if it is one.
pub(super) fn valid_id(id: &str) -> Option<String> {
    JobId::new(id).ok().map(|id| id.as_str().to_owned())
}

fn check_fields(message: JobMessage, priority: Option<u8>) -> Result<Job, InvalidJob> {
    check_version(message.version.as_deref())?;
    check_length(&message)?;
    let id = check_id(message.id)?;
    let tasks = check_tasks(message.tasks)?;
    let targets = check_targets(&message.targets, message.target_lang.as_deref())?;
    if tasks.contains(&Task::Translate) && targets.is_empty() {
        return Err(field(
            "targets",
            "names no language to translate into: give [\"ko\"], [\"ru\"] or both, or ask for \"tasks\": [\"summarise\"]",
        ));
    }
    let stated_lang = check_source(message.source_lang.as_deref(), "source_lang")?;
    let stated_priority = check_priority(message.priority)?;
    let embargoed_until = check_time(message.embargoed_until.as_deref(), "embargoed_until")?;
    let expires = check_time(message.expires.as_deref(), "expires")?;
    if let (Some(embargo), Some(expires)) = (embargoed_until, expires)
        && expires <= embargo
    {
        return Err(field(
            "expires",
            format!("is {expires}, which is not after embargoed_until ({embargo})"),
        ));
    }
    let glossary = check_glossary(message.glossary.unwrap_or_default(), &targets)?;
    if let Some(metadata) = &message.metadata {
        check_metadata(metadata)?;
    }
    let glossary_id = check_name(message.glossary_id, "glossary_id")?;
    let reply_to = check_name(message.reply_to, "reply_to")?;
    if reply_to
        .as_deref()
        .is_some_and(|name| name.contains(char::is_whitespace))
    {
        return Err(field(
            "reply_to",
            "has a space in it: give the name of a queue",
        ));
    }
    let source = check_article(message.article)?;
    // An envelope's byte may be anything; what is over the top is at the top.
    let carried = priority
        .map(|priority| priority.min(Priority::MAX))
        .and_then(Priority::new);
    Ok(Job {
        id,
        article: source.article,
        targets,
        tasks,
        summary_sentences: message.summary_sentences,
        summary_words: message.summary_words,
        source_lang: stated_lang.or(match source.language {
            Some(tag) if stated_lang.is_none() => {
                check_source(Some(&tag), "article.ninjs.language")?
            }
            _ => None,
        }),
        revision: message.revision.unwrap_or_default(),
        priority: stated_priority
            .or(source.priority)
            .or(carried)
            .unwrap_or_default(),
        embargoed_until: embargoed_until.or(source.embargo),
        expires,
        glossary_id,
        glossary,
        reply_to,
        metadata: message.metadata,
        entities: source.item.as_deref().map(entities).unwrap_or_default(),
        item: source.item,
    })
}

/// Checks how long the summary is to be.
fn check_length(message: &JobMessage) -> Result<(), InvalidJob> {
    let within = |name: &str, asked: Option<usize>, range: std::ops::RangeInclusive<usize>| {
        let Some(asked) = asked.filter(|asked| !range.contains(asked)) else {
            return Ok(());
        };
        let (least, most) = (range.start(), range.end());
        Err(field(
            name,
            format!("is {asked}; it must be {least} to {most}"),
        ))
    };
    let sentences = 1..=Job::MAX_SUMMARY_SENTENCES;
    within("summary_sentences", message.summary_sentences, sentences)?;
    within("summary_words", message.summary_words, Job::SUMMARY_WORDS)
}

/// Checks a message's version.
pub(super) fn check_version(version: Option<&str>) -> Result<(), InvalidJob> {
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
            format!("is {}; write it as \"1.0\"", quote(version)),
        )),
    }
}

/// Checks a message's id.
pub(super) fn check_id(id: Option<String>) -> Result<JobId, InvalidJob> {
    let id = id.ok_or_else(|| {
        field(
            "id",
            "is missing: name the job, so that its answer can be told",
        )
    })?;
    JobId::new(id).map_err(|why| field("id", why.trim_start_matches("the id ")))
}

fn check_tasks(tasks: Option<Vec<String>>) -> Result<BTreeSet<Task>, InvalidJob> {
    let Some(names) = tasks else {
        return Ok(Task::ALL.into());
    };
    if names.is_empty() {
        return Err(field(
            "tasks",
            "is empty: name summarise, translate or both, or leave it out for both",
        ));
    }
    names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            Task::parse(name).ok_or_else(|| {
                field(
                    &format!("tasks[{index}]"),
                    format!("is {}; the tasks are summarise and translate", quote(name)),
                )
            })
        })
        .collect()
}

fn check_targets(tags: &[String], single: Option<&str>) -> Result<Vec<Lang>, InvalidJob> {
    if let Some(tag) = single {
        if !tags.is_empty() {
            return Err(field(
                "target_lang",
                "stands beside targets: give one of them",
            ));
        }
        return Ok(vec![check_target(tag, "target_lang")?]);
    }
    let mut targets = Vec::new();
    for (index, tag) in tags.iter().enumerate() {
        let lang = check_target(tag, &format!("targets[{index}]"))?;
        if !targets.contains(&lang) {
            targets.push(lang);
        }
    }
    Ok(targets)
}

fn check_target(tag: &str, path: &str) -> Result<Lang, InvalidJob> {
    let known = tag.parse().ok().filter(|lang| Lang::TARGETS.contains(lang));
    known.ok_or_else(|| {
        field(
            path,
            format!("is {}; presslate translates into ko and ru", quote(tag)),
        )
    })
}

fn check_source(tag: Option<&str>, path: &str) -> Result<Option<Lang>, InvalidJob> {
    let Some(tag) = tag else {
        return Ok(None);
    };
    let known = tag.parse().ok().filter(|lang| Lang::SOURCES.contains(lang));
    known.map(Some).ok_or_else(|| InvalidJob {
        code: ErrorCode::UnsupportedLanguage,
        message: format!("{path} is {}; presslate reads English (en)", quote(tag)),
        field: Some(path.to_owned()),
        id: None,
    })
}

fn check_priority(priority: Option<i64>) -> Result<Option<Priority>, InvalidJob> {
    let Some(number) = priority else {
        return Ok(None);
    };
    let known = u8::try_from(number).ok().and_then(Priority::new);
    known.map(Some).ok_or_else(|| {
        field(
            "priority",
            format!(
                "is {number}; it must be 0 to {} (most urgent)",
                Priority::MAX
            ),
        )
    })
}

fn check_time(text: Option<&str>, path: &str) -> Result<Option<Timestamp>, InvalidJob> {
    let Some(text) = text else {
        return Ok(None);
    };
    time::parse(text).map(Some).ok_or_else(|| {
        field(
            path,
            format!(
                "is {}; write a time with its offset from UTC, such as 2031-04-02T06:00:00Z or 2031-04-02T15:00:00+09:00",
                quote(text)
            ),
        )
    })
}

/// A name that goes into message headers.
pub(super) fn check_name(name: Option<String>, path: &str) -> Result<Option<String>, InvalidJob> {
    let Some(name) = name else {
        return Ok(None);
    };
    if name.trim().is_empty() {
        return Err(field(path, "is empty: leave it out, or give a name"));
    }
    if name.len() > Job::MAX_NAME_BYTES {
        return Err(field(
            path,
            format!(
                "has {} bytes; at most {} are accepted",
                name.len(),
                Job::MAX_NAME_BYTES
            ),
        ));
    }
    if name.chars().any(char::is_control) {
        return Err(field(path, "has control characters"));
    }
    Ok(Some(name))
}

fn check_glossary(terms: Vec<TermMessage>, targets: &[Lang]) -> Result<Vec<Term>, InvalidJob> {
    if terms.len() > Term::MAX_PER_JOB {
        return Err(field(
            "glossary",
            format!(
                "has {} terms; at most {} are accepted: send those that the article has",
                terms.len(),
                Term::MAX_PER_JOB
            ),
        ));
    }
    let check = |(index, term): (usize, TermMessage)| {
        let path = |name: &str| format!("glossary[{index}].{name}");
        let written = |text: String, name: &str| {
            if text.trim().is_empty() {
                return Err(field(&path(name), "is empty"));
            }
            let chars = text.chars().count();
            if chars > Term::MAX_CHARS {
                return Err(field(
                    &path(name),
                    format!(
                        "has {chars} characters; at most {} are accepted",
                        Term::MAX_CHARS
                    ),
                ));
            }
            Ok(text)
        };
        let lang = match &term.target_lang {
            Some(tag) => Some(check_target(tag, &path("target_lang"))?),
            None if targets.len() == 1 => None,
            None => {
                return Err(field(
                    &path("target_lang"),
                    format!(
                        "is missing: the job has {} targets, so say which one the term is for",
                        targets.len()
                    ),
                ));
            }
        };
        Ok(Term {
            source: written(term.source, "source")?,
            target: written(term.target, "target")?,
            lang,
        })
    };
    terms.into_iter().enumerate().map(check).collect()
}

/// Checks the size of metadata.
pub(super) fn check_metadata(metadata: &Metadata) -> Result<(), InvalidJob> {
    let depth = metadata.depth();
    if depth > Metadata::MAX_DEPTH {
        return Err(InvalidJob {
            code: ErrorCode::MalformedMessage,
            message: format!(
                "metadata is nested {depth} deep; at most {} are accepted, because readers of JSON take no more",
                Metadata::MAX_DEPTH
            ),
            field: Some("metadata".to_owned()),
            id: None,
        });
    }
    let bytes = metadata.as_json().len();
    if bytes > Metadata::MAX_BYTES {
        return Err(InvalidJob {
            code: ErrorCode::TooLarge,
            message: format!(
                "metadata has {bytes} bytes; at most {} are accepted: send a key to look them up by",
                Metadata::MAX_BYTES
            ),
            field: Some("metadata".to_owned()),
            id: None,
        });
    }
    Ok(())
}

/// An article, and what an item in its place says beside it.
struct Source {
    article: ArticleInput,
    language: Option<String>,
    priority: Option<Priority>,
    embargo: Option<Timestamp>,
    item: Option<Box<Item>>,
}

fn check_article(article: ArticleMessage) -> Result<Source, InvalidJob> {
    let ArticleMessage {
        title,
        text,
        html,
        sections,
        ninjs,
    } = article;
    let mut language = None;
    let mut priority = None;
    let mut embargo = None;
    let mut original = None;
    let mut title = title.filter(|title| !title.trim().is_empty());
    let (path, body) = match (text, html, sections, ninjs) {
        (Some(text), None, None, None) => ("article.text", Body::Text(text)),
        (None, Some(html), None, None) => ("article.html", Body::Html(html)),
        (None, None, Some(sections), None) => ("article.sections", Body::Sections(sections)),
        (None, None, None, Some(item)) => {
            let story = item
                .story()
                .map_err(|error| refused_within("article.ninjs", error))?;
            title = title.or(story.title);
            language = story.language;
            priority = story.priority;
            embargo = story.embargo;
            original = Some(item);
            ("article.ninjs", story.body)
        }
        (None, None, None, None) => {
            return Err(field(
                "article",
                "has none of text, html, sections and ninjs: give one of them",
            ));
        }
        _ => {
            return Err(field(
                "article",
                "has more than one of text, html, sections and ninjs: give one of them",
            ));
        }
    };
    check_body(title.as_deref(), path, &body)?;
    Ok(Source {
        article: ArticleInput { title, body },
        language,
        priority,
        embargo,
        item: original,
    })
}

/// Checks that there is an article, and not too much of it.
fn check_body(title: Option<&str>, path: &str, body: &Body) -> Result<(), InvalidJob> {
    let (characters, blank) = match body {
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
    let (characters, counted) = match title {
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
    Ok(())
}

/// A field that has a wrong value.
pub(super) fn field(path: &str, what: impl std::fmt::Display) -> InvalidJob {
    InvalidJob {
        code: ErrorCode::InvalidField,
        message: format!("{path} {what}"),
        field: Some(path.to_owned()),
        id: None,
    }
}
