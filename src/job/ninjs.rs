//! News items in the IPTC's ninjs format, versions 1 to 3, as jobs.
//!
//! Version 1 has `headline` and `body_html`; since version 2 they are lists, `headlines` and
//! `bodies`, whose entries carry a role and a content type. Version 3 only renames
//! `contenttype` to `contentType`. Items are told apart by the fields they have, because most do
//! not state their version.

use serde::Deserialize;

use crate::job::quote;
use crate::job::wire::{ArticleMessage, JobMessage};
use crate::job::{ErrorCode, InvalidJob, JobId};

/// A ninjs item, as far as it matters here. Everything else in it is ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Item {
    /// Names the item for good.
    pub uri: Option<String>,
    /// BCP 47 tag of its language.
    pub language: Option<String>,
    /// The headline, version 1.
    pub headline: Option<String>,
    /// The story as HTML, version 1.
    pub body_html: Option<String>,
    /// The story as XHTML, version 1.
    pub body_xhtml: Option<String>,
    /// The story as plain text, version 1.
    pub body_text: Option<String>,
    /// Headlines, since version 2.
    pub headlines: Vec<Headline>,
    /// The story in one or more forms, since version 2.
    pub bodies: Vec<BodyForm>,
}

/// A headline of a ninjs item since version 2.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Headline {
    /// What it is for, such as `main`.
    pub role: Option<String>,
    /// `text/plain` when absent.
    #[serde(rename = "contentType", alias = "contenttype")]
    pub content_type: Option<String>,
    /// Its text.
    pub value: String,
}

/// One form of a story of a ninjs item since version 2.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct BodyForm {
    /// What it is for, such as `main`.
    pub role: Option<String>,
    /// `text/plain`, `text/html` and the like.
    #[serde(rename = "contentType", alias = "contenttype")]
    pub content_type: Option<String>,
    /// The text.
    pub value: String,
}

/// Whether a JSON object looks like a ninjs item rather than a job.
pub fn is_item(object: &serde_json::Map<String, serde_json::Value>) -> bool {
    const MARKS: [&str; 6] = [
        "headline",
        "headlines",
        "bodies",
        "body_html",
        "body_xhtml",
        "body_text",
    ];
    !object.contains_key("article") && MARKS.iter().any(|mark| object.contains_key(*mark))
}

/// Reads an item from JSON.
///
/// # Errors
/// [`InvalidJob`], naming the field, when a field that matters here has the wrong type.
pub fn parse_item(text: &str) -> Result<Item, InvalidJob> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| quote::refuse(error, "ninjs item"))
}

impl Item {
    /// The job of this item: its URI as the id, its headline as the title, HTML before plain
    /// text as the body, and its language as stated. Targets and tasks are left for the caller.
    /// A URI that does not fit an id goes into the metadata, and `fallback_id` takes its place.
    ///
    /// # Errors
    /// [`InvalidJob`] when the item has no story in a form that is read here.
    pub fn into_message(self, fallback_id: &str) -> Result<JobMessage, InvalidJob> {
        let title = self.title();
        let (id, metadata) = match self.uri {
            Some(uri) if JobId::new(uri.as_str()).is_ok() => (uri, None),
            Some(uri) => (
                fallback_id.to_owned(),
                Some(serde_json::json!({ "uri": uri })),
            ),
            None => (fallback_id.to_owned(), None),
        };
        let article = if let Some(html) = self
            .body_html
            .filter(is_written)
            .or(self.body_xhtml.filter(is_written))
        {
            ArticleMessage {
                title,
                html: Some(html),
                ..ArticleMessage::default()
            }
        } else if let Some(html) = choose_body(&self.bodies, is_html) {
            ArticleMessage {
                title,
                html: Some(html),
                ..ArticleMessage::default()
            }
        } else if let Some(text) = self
            .body_text
            .filter(is_written)
            .or_else(|| choose_body(&self.bodies, is_plain))
        {
            ArticleMessage {
                title,
                text: Some(text),
                ..ArticleMessage::default()
            }
        } else {
            return Err(no_story(&self.bodies, id));
        };
        Ok(JobMessage {
            version: None,
            id,
            article,
            targets: Vec::new(),
            tasks: None,
            summary_sentences: None,
            source_lang: self.language,
            metadata,
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

fn no_story(bodies: &[BodyForm], id: String) -> InvalidJob {
    let forms: Vec<String> = bodies
        .iter()
        .filter_map(media_type)
        .map(|form| quote::cut(&form))
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
        id: Some(id),
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
        assert_eq!(job.id, "urn:x:1");
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
            (job.id.as_str(), job.article.text.as_deref()),
            ("fallback", Some("It rained."))
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
        assert_eq!(job.id, "fallback");
        assert_eq!(job.metadata, Some(serde_json::json!({ "uri": uri })));
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
    fn a_job_is_not_taken_for_an_item() {
        let object = |json: &str| serde_json::from_str::<serde_json::Map<_, _>>(json).unwrap();
        assert!(is_item(&object(r#"{"uri":"x","body_html":""}"#)));
        assert!(!is_item(&object(
            r#"{"id":"x","article":{"text":"a"},"headline":"b"}"#
        )));
        assert!(!is_item(&object(r#"{"id":"x"}"#)));
    }
}
