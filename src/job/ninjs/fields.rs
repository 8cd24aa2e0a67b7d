//! The fields of an item that matter here, with their types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::is_written;

/// A ninjs item, as far as it matters here. Everything else in it is carried through to what is made of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Fields {
    /// Names the item for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uri: Option<String>,
    /// BCP 47 tag of its language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) language: Option<String>,
    /// 1 is the most urgent, 9 the least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 9))]
    pub(super) urgency: Option<i64>,
    /// The headline, version 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) headline: Option<String>,
    /// The story as HTML, version 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body_html: Option<String>,
    /// The story as XHTML, version 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body_xhtml: Option<String>,
    /// The story as plain text, version 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body_text: Option<String>,
    /// Headlines, since version 2.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) headlines: Vec<Headline>,
    /// The story in one or more forms, since version 2.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) bodies: Vec<BodyForm>,
}

/// A headline of a ninjs item since version 2.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct Headline {
    /// What it is for, such as `main`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<String>,
    /// `text/plain` when absent.
    #[serde(
        rename = "contentType",
        alias = "contenttype",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) content_type: Option<String>,
    /// Its text.
    pub(super) value: String,
}

/// One form of a story of a ninjs item since version 2.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub(super) struct BodyForm {
    /// What it is for, such as `main`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<String>,
    /// `text/plain`, `text/html` and the like.
    #[serde(
        rename = "contentType",
        alias = "contenttype",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) content_type: Option<String>,
    /// The text.
    pub(super) value: String,
}

impl Fields {
    /// The headline of version 1, else the main one of the list, else its first.
    pub(super) fn title(&self) -> Option<&str> {
        let stated = self.headline.as_deref().filter(|text| is_written(text));
        let listed = || {
            let headline = self.headlines.get(choose_headline(&self.headlines)?)?;
            Some(headline.value.as_str())
        };
        stated.or_else(listed)
    }
}

impl Headline {
    pub(super) fn is_html(&self) -> bool {
        let kind = self.content_type.as_deref().unwrap_or_default();
        kind.contains("html")
    }
}

impl BodyForm {
    pub(super) fn is_html(&self) -> bool {
        let kind = self.media_type();
        kind.is_some_and(|kind| kind == "text/html" || kind == "application/xhtml+xml")
    }

    /// Plain text, also where the producer did not say.
    pub(super) fn is_plain(&self) -> bool {
        self.media_type().is_none_or(|kind| kind == "text/plain")
    }

    /// The content type without parameters such as `; charset=utf-8`.
    pub(super) fn media_type(&self) -> Option<String> {
        let kind = self
            .content_type
            .as_deref()?
            .split(';')
            .next()?
            .trim()
            .to_ascii_lowercase();
        (!kind.is_empty()).then_some(kind)
    }
}

/// Which headline is the title: the one with the role `main` if there is one, else the first.
pub(super) fn choose_headline(headlines: &[Headline]) -> Option<usize> {
    choose(headlines, |headline| {
        is_written(&headline.value).then_some(headline.role.as_deref())
    })
}

/// Which body has the wanted form: the one with the role `main` if there is one, else the first.
pub(super) fn choose_body(bodies: &[BodyForm], form: fn(&BodyForm) -> bool) -> Option<usize> {
    choose(bodies, |body| {
        (form(body) && is_written(&body.value)).then_some(body.role.as_deref())
    })
}

/// The first entry that fits with the role `main`, else the first that fits; `fits` gives the role of
/// one that does.
fn choose<T>(entries: &[T], fits: impl Fn(&T) -> Option<Option<&str>>) -> Option<usize> {
    let main = |entry: &T| fits(entry) == Some(Some("main"));
    entries
        .iter()
        .position(main)
        .or_else(|| entries.iter().position(|entry| fits(entry).is_some()))
}
