//! News items in the IPTC's ninjs format, versions 1 to 3, as jobs.
//!
//! Version 1 has `headline` and `body_html`; since version 2 they are lists, `headlines` and
//! `bodies`, whose entries carry a role and a content type. Version 3 only renames
//! `contenttype` to `contentType`. Items are told apart by the fields they have, because most do
//! not state their version.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::job::quote;
use crate::job::wire::{ArticleMessage, JobMessage};
use crate::job::{Body, ErrorCode, InvalidJob, JobId, Metadata, Priority};

/// A ninjs item, as far as it matters here. Everything else in it is ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Item {
    /// Names the item for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// BCP 47 tag of its language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// 1 is the most urgent, 9 the least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 9))]
    pub urgency: Option<i64>,
    /// The headline, version 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// The story as HTML, version 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_html: Option<String>,
    /// The story as XHTML, version 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_xhtml: Option<String>,
    /// The story as plain text, version 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_text: Option<String>,
    /// Headlines, since version 2.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headlines: Vec<Headline>,
    /// The story in one or more forms, since version 2.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bodies: Vec<BodyForm>,
}

/// A headline of a ninjs item since version 2.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Headline {
    /// What it is for, such as `main`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// `text/plain` when absent.
    #[serde(
        rename = "contentType",
        alias = "contenttype",
        skip_serializing_if = "Option::is_none"
    )]
    pub content_type: Option<String>,
    /// Its text.
    pub value: String,
}

/// One form of a story of a ninjs item since version 2.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct BodyForm {
    /// What it is for, such as `main`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// `text/plain`, `text/html` and the like.
    #[serde(
        rename = "contentType",
        alias = "contenttype",
        skip_serializing_if = "Option::is_none"
    )]
    pub content_type: Option<String>,
    /// The text.
    pub value: String,
}

/// Whether a JSON object looks like a ninjs item rather than a job, by whether it has a key.
pub fn is_item(has: impl Fn(&str) -> bool) -> bool {
    const MARKS: [&str; 6] = [
        "headline",
        "headlines",
        "bodies",
        "body_html",
        "body_xhtml",
        "body_text",
    ];
    !has("article") && MARKS.into_iter().any(has)
}

/// Reads an item from JSON.
///
/// # Errors
/// [`InvalidJob`], naming the field, when a field that matters here has the wrong type.
pub fn parse_item(text: &str) -> Result<Item, InvalidJob> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| quote::refuse(error, "ninjs item", ""))
}

/// What a job takes from an item.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) title: Option<String>,
    pub(super) body: Body,
    pub(super) language: Option<String>,
    pub(super) priority: Option<Priority>,
}

impl Item {
    /// The job of this item: its URI as the id, and its story. Targets and
    /// tasks are left for the caller. A URI that does not fit an id goes into the metadata, and
    /// `fallback_id` takes its place.
    ///
    /// # Errors
    /// [`InvalidJob`] when the item has no story in a form that is read here.
    pub fn into_message(mut self, fallback_id: &str) -> Result<JobMessage, InvalidJob> {
        let (id, metadata) = match self.uri.take() {
            Some(uri) if JobId::new(uri.as_str()).is_ok() => (uri, None),
            Some(uri) => {
                let metadata = serde_json::json!({ "uri": uri }).to_string();
                (fallback_id.to_owned(), Metadata::from_json(&metadata))
            }
            None => (fallback_id.to_owned(), None),
        };
        let story = self.into_story().map_err(|error| InvalidJob {
            id: Some(id.clone()),
            ..error
        })?;
        let mut article = ArticleMessage {
            title: story.title,
            ..ArticleMessage::default()
        };
        match story.body {
            Body::Text(text) => article.text = Some(text),
            Body::Html(html) => article.html = Some(html),
            Body::Sections(sections) => article.sections = Some(sections),
        }
        Ok(JobMessage {
            source_lang: story.language,
            priority: story.priority.map(|priority| priority.get().into()),
            metadata,
            ..JobMessage::new(id, article)
        })
    }

    /// Its headline as the title, HTML before plain text as the body, its language as stated, and
    /// its urgency as a priority.
    ///
    /// # Errors
    /// [`InvalidJob`], its field a path in the item.
    pub(super) fn into_story(self) -> Result<Story, InvalidJob> {
        let title = self.title();
        let priority = match self.urgency {
            None => None,
            Some(urgency) => Some(priority(urgency)?),
        };
        let html = self
            .body_html
            .filter(is_written)
            .or(self.body_xhtml.filter(is_written))
            .or_else(|| choose_body(&self.bodies, is_html));
        let plain = self.body_text.filter(is_written);
        let text = || plain.or_else(|| choose_body(&self.bodies, is_plain));
        let body = match html {
            Some(html) => Body::Html(html),
            None => Body::Text(text().ok_or_else(|| no_story(&self.bodies))?),
        };
        Ok(Story {
            title,
            body,
            language: self.language,
            priority,
        })
    }

    fn title(&self) -> Option<String> {
        let written = || {
            self.headlines
                .iter()
                .filter(|headline| is_written(&headline.value))
        };
        let listed = written()
            .find(|headline| headline.role.as_deref() == Some("main"))
            .or_else(|| written().next())
            .map(|headline| headline.value.clone());
        self.headline.clone().filter(is_written).or(listed)
    }
}

/// The body of the wanted form: the one with the role `main` if there is one, else the first.
fn choose_body(bodies: &[BodyForm], form: fn(&BodyForm) -> bool) -> Option<String> {
    let fitting = || {
        bodies
            .iter()
            .filter(|body| form(body) && is_written(&body.value))
    };
    let chosen = fitting()
        .find(|body| body.role.as_deref() == Some("main"))
        .or_else(|| fitting().next());
    chosen.map(|body| body.value.clone())
}

fn is_html(body: &BodyForm) -> bool {
    media_type(body).is_some_and(|kind| kind == "text/html" || kind == "application/xhtml+xml")
}

/// Plain text, also where the producer did not say.
fn is_plain(body: &BodyForm) -> bool {
    media_type(body).is_none_or(|kind| kind == "text/plain")
}

/// The content type without parameters such as `; charset=utf-8`.
fn media_type(body: &BodyForm) -> Option<String> {
    let kind = body
        .content_type
        .as_deref()?
        .split(';')
        .next()?
        .trim()
        .to_ascii_lowercase();
    (!kind.is_empty()).then_some(kind)
}

#[expect(clippy::ptr_arg, reason = "passed to Option::filter")]
fn is_written(text: &String) -> bool {
    !text.trim().is_empty()
}

fn priority(urgency: i64) -> Result<Priority, InvalidJob> {
    let known = u8::try_from(urgency).ok().and_then(Priority::from_urgency);
    known.ok_or_else(|| InvalidJob {
        code: ErrorCode::InvalidField,
        message: format!("urgency is {urgency}; it must be 1 (most urgent) to 9"),
        field: Some("urgency".to_owned()),
        id: None,
    })
}

/// Forms of a story that are named when none of them is read.
const MAX_FORMS: usize = 8;

fn no_story(bodies: &[BodyForm]) -> InvalidJob {
    let forms: Vec<String> = bodies
        .iter()
        .filter_map(media_type)
        .take(MAX_FORMS)
        .map(|form| quote::shown(&form))
        .collect();
    let (code, message) = if forms.is_empty() {
        (ErrorCode::EmptyArticle, "the ninjs item has no story: give body_html or body_text (version 1), or bodies (versions 2 and 3)".to_owned())
    } else {
        (
            ErrorCode::InvalidField,
            format!(
                "the ninjs item has its story only as {}; presslate reads text/html and text/plain",
                forms.join(", ")
            ),
        )
    };
    InvalidJob {
        code,
        message,
        field: Some("bodies".to_owned()),
        id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Body, Job};

    fn message(json: &str) -> Result<JobMessage, InvalidJob> {
        parse_item(json)?.into_message("fallback")
    }

    #[test]
    fn version_1_gives_headline_and_html_before_plain_text() {
        let job = message(
            r#"{"uri":"urn:x:1","headline":"Rain in Leeds","body_html":"<p>It rained.</p>","body_text":"It rained.","language":"en-GB"}"#,
        )
        .unwrap();
        assert_eq!(job.id.as_deref(), Some("urn:x:1"));
        assert_eq!(job.article.title.as_deref(), Some("Rain in Leeds"));
        assert_eq!(job.article.html.as_deref(), Some("<p>It rained.</p>"));
        assert_eq!(job.article.text, None);
        assert_eq!(job.source_lang.as_deref(), Some("en-GB"));
    }

    #[test]
    fn versions_2_and_3_give_the_main_headline_and_the_html_form() {
        for key in ["contenttype", "contentType"] {
            let json = format!(
                r#"{{"uri":"urn:x:2","headlines":[{{"role":"short","value":"Rain"}},{{"role":"main","value":"Rain in Leeds"}}],
                    "bodies":[{{"role":"text","{key}":"text/plain","value":"It rained."}},
                              {{"role":"html","{key}":"text/html; charset=utf-8","value":"<p>It rained.</p>"}}]}}"#
            );
            let job = message(&json).unwrap();
            assert_eq!(job.article.title.as_deref(), Some("Rain in Leeds"));
            assert_eq!(job.article.html.as_deref(), Some("<p>It rained.</p>"));
        }
    }

    #[test]
    fn a_blank_field_does_not_hide_a_filled_one() {
        let job = message(
            r#"{"headline":" ","headlines":[{"role":"main","value":""},{"value":"Rain in Leeds"}],
                "body_html":"","body_xhtml":"<p>It rained.</p>"}"#,
        )
        .unwrap();
        assert_eq!(job.article.title.as_deref(), Some("Rain in Leeds"));
        assert_eq!(job.article.html.as_deref(), Some("<p>It rained.</p>"));
    }

    #[test]
    fn a_body_without_content_type_is_plain_text() {
        let job = message(r#"{"headlines":[],"bodies":[{"value":"It rained."}]}"#).unwrap();
        assert_eq!(
            (job.id.as_deref(), job.article.text.as_deref()),
            (Some("fallback"), Some("It rained."))
        );
    }

    #[test]
    fn an_item_without_a_readable_story_is_refused_with_the_forms_it_has() {
        let error =
            message(r#"{"bodies":[{"contentType":"application/nitf+xml","value":"<nitf/>"}]}"#)
                .unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidField);
        assert!(error.message.contains("application/nitf+xml"), "{error}");

        let error = message(r#"{"headline":"Only a headline","body_html":"  "}"#).unwrap_err();
        assert_eq!(error.code, ErrorCode::EmptyArticle);
    }

    #[test]
    fn a_uri_that_is_no_id_goes_into_the_metadata() {
        let uri = format!("https://example.com/{}", "a".repeat(300));
        let job = message(&format!(r#"{{"uri":"{uri}","body_text":"It rained."}}"#)).unwrap();
        assert_eq!(job.id.as_deref(), Some("fallback"));
        let metadata = job.metadata.unwrap();
        assert_eq!(metadata.as_json(), format!(r#"{{"uri":"{uri}"}}"#));
    }

    #[test]
    fn a_field_of_the_wrong_type_is_named() {
        let error = message(r#"{"bodies":[{"value":7}]}"#).unwrap_err();
        assert_eq!(error.field.as_deref(), Some("bodies[0].value"));
    }

    #[test]
    fn a_story_in_the_wrong_place_is_not_repeated() {
        let story = "Rain fell on Leeds. ".repeat(50);
        let error = message(&format!(r#"{{"bodies":[{{"value":"a"}},"{story}"]}}"#)).unwrap_err();
        assert_eq!(error.field.as_deref(), Some("bodies[1]"));
        assert!(error.message.contains(", expected "), "{error}");
        assert!(error.message.matches("Leeds").count() <= 2, "{error}");
    }

    #[test]
    fn an_item_in_another_language_is_refused_when_it_becomes_a_job() {
        let mut message =
            message(r#"{"uri":"urn:x:3","body_text":"Es regnet.","language":"de"}"#).unwrap();
        message.targets = vec!["ko".to_owned()];
        assert_eq!(
            Job::try_from(message).unwrap_err().code,
            ErrorCode::UnsupportedLanguage
        );
    }

    #[test]
    fn an_english_item_becomes_a_job() {
        let mut message =
            message(r#"{"uri":"urn:x:4","body_text":"It rained.","language":"en"}"#).unwrap();
        message.targets = vec!["ru".to_owned()];
        let job = Job::try_from(message).unwrap();
        assert_eq!(job.article.body, Body::Text("It rained.".to_owned()));
    }

    #[test]
    fn urgency_becomes_a_priority_and_must_be_one() {
        let job = message(r#"{"body_text":"It rained.","urgency":1}"#).unwrap();
        assert_eq!(job.priority, Some(9));
        for urgency in ["0", "10", "-1", "300"] {
            let json = format!(r#"{{"body_text":"It rained.","urgency":{urgency}}}"#);
            let error = message(&json).unwrap_err();
            assert_eq!(error.field.as_deref(), Some("urgency"), "{error}");
        }
    }

    #[test]
    fn a_job_is_not_taken_for_an_item() {
        let is = |json: &str| {
            let object = serde_json::from_str::<serde_json::Value>(json).unwrap();
            is_item(|key| object.get(key).is_some())
        };
        assert!(is(r#"{"uri":"x","body_html":""}"#));
        assert!(!is(r#"{"id":"x","article":{"text":"a"},"headline":"b"}"#));
        assert!(!is(r#"{"id":"x"}"#));
    }
}
