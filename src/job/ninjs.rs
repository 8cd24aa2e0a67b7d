//! News items in the IPTC's ninjs format, versions 1 to 3, as jobs and as answers.
//!
//! Version 1 has `headline` and `body_html`; since version 2 they are lists, `headlines` and
//! `bodies`, whose entries carry a role and a content type. Version 3 only renames
//! `contenttype` to `contentType` and others likewise. Items are told apart by the fields they have,
//! because most do not state their version.
//!
//! An [`Item`] is kept whole, so that a translation can be made an item with all that is not
//! translated in it ([`Item::translated`]).

mod entities;
mod fields;
mod version;
mod write;

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::job::wire::{ArticleMessage, JobMessage};
use crate::job::{Body, ErrorCode, InvalidJob, JobId, Metadata, Priority, quote, time};
use fields::{BodyForm, Fields, choose_body};

pub use entities::entities;
pub use version::Version;
pub use write::{SOURCE_TYPE, Translation};

/// A ninjs item with everything in it. What matters here is looked at when it becomes a job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Item(Map<String, Value>);

/// As JSON.
impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(&self.0).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

/// The schema of what matters here, and leave to have more.
impl JsonSchema for Item {
    fn schema_name() -> Cow<'static, str> {
        "Item".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Fields::json_schema(generator)
    }
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
    let refused = |error| quote::refuse(error, "ninjs item", "");
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let item: Item = serde_path_to_error::deserialize(&mut deserializer).map_err(refused)?;
    item.fields()?;
    Ok(item)
}

/// What a job takes from an item.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) title: Option<String>,
    pub(super) body: Body,
    pub(super) language: Option<String>,
    pub(super) priority: Option<Priority>,
    pub(super) embargo: Option<Timestamp>,
}

impl Item {
    /// The value of a field.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.0.get(field)
    }

    /// The job of this item: its URI as the id, and itself as the article. Targets and
    /// tasks are left for the caller. A URI that does not fit an id goes into the metadata, and
    /// `fallback_id` takes its place.
    ///
    /// # Errors
    /// [`InvalidJob`] when the item has no story in a form that is read here.
    pub fn into_message(self, fallback_id: &str) -> Result<JobMessage, InvalidJob> {
        let (id, metadata) = match self.fields()?.uri {
            Some(uri) if JobId::new(uri.as_str()).is_ok() => (uri, None),
            Some(uri) => {
                let metadata = serde_json::json!({ "uri": uri }).to_string();
                (fallback_id.to_owned(), Metadata::from_json(&metadata))
            }
            None => (fallback_id.to_owned(), None),
        };
        let story = self.story().map_err(|error| InvalidJob {
            id: Some(id.clone()),
            ..error
        })?;
        let article = ArticleMessage {
            title: story.title,
            ninjs: Some(Box::new(self)),
            ..ArticleMessage::default()
        };
        Ok(JobMessage {
            source_lang: story.language,
            priority: story.priority.map(|priority| priority.get().into()),
            metadata,
            ..JobMessage::new(id, article)
        })
    }

    /// What matters of it, by its types.
    fn fields(&self) -> Result<Fields, InvalidJob> {
        let read = serde_path_to_error::deserialize(&Value::Object(self.0.clone()));
        read.map_err(|error| quote::refuse(error, "ninjs item", ""))
    }

    /// Its headline as the title, HTML before plain text as the body, its language as stated, its
    /// urgency as a priority, and until when it must not be published, where that is a time with its
    /// offset from UTC.
    ///
    /// # Errors
    /// [`InvalidJob`], its field a path in the item.
    pub(super) fn story(&self) -> Result<Story, InvalidJob> {
        let fields = self.fields()?;
        let title = fields.title().map(str::to_owned);
        let priority = match fields.urgency {
            None => None,
            Some(urgency) => Some(priority(urgency)?),
        };
        let embargo = ["embargoed", "embargoedUntil"]
            .into_iter()
            .find_map(|name| time::parse(self.get(name)?.as_str()?));
        let html = [fields.body_html, fields.body_xhtml]
            .into_iter()
            .flatten()
            .find(|text| is_written(text))
            .or_else(|| chosen(&fields.bodies, BodyForm::is_html));
        let plain = fields.body_text.filter(|text| is_written(text));
        let text = || plain.or_else(|| chosen(&fields.bodies, BodyForm::is_plain));
        let body = match html {
            Some(html) => Body::Html(html),
            None => Body::Text(text().ok_or_else(|| no_story(&fields.bodies))?),
        };
        Ok(Story {
            title,
            body,
            language: fields.language,
            priority,
            embargo,
        })
    }
}

fn chosen(bodies: &[BodyForm], form: fn(&BodyForm) -> bool) -> Option<String> {
    let at = choose_body(bodies, form)?;
    bodies.get(at).map(|body| body.value.clone())
}

fn is_written(text: &str) -> bool {
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
        .filter_map(BodyForm::media_type)
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
mod tests;
