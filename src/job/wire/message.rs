//! A job as it stands on the queue, before it is checked.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::job::ninjs::Item;
use crate::job::{Metadata, Section};

/// A job as it stands on the queue. The smallest one is
/// `{"id":"a-1","article":{"text":"…"},"targets":["ko","ru"]}`.
// What the schema demands beyond the types is what `parse_job` checks, as far as a schema can say it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = id_is_required)]
pub struct JobMessage {
    /// `major.minor` of this format; `1.0` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^1(\.|$)"))]
    pub version: Option<String>,
    /// Names the job in every answer: 1 to 200 bytes, no control characters. Only the data of a
    /// CloudEvent may leave it out: the event's own id takes its place.
    // Hence an option here, and none in the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        with = "String",
        length(max = 200),
        regex(
            pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
        )
    )]
    pub id: Option<String>,
    /// Counts up when the same job is sent again with other content; 0 when absent. The newest
    /// revision is the one that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// The article.
    pub article: ArticleMessage,
    /// Languages to translate into: `ko`, `ru`. May be empty when `tasks` is `summarise` alone: the
    /// summary is then in English only.
    #[serde(default)]
    #[schemars(inner(regex(pattern = r"^([kK][oO]|[rR][uU])([-_]|$)")))]
    pub targets: Vec<String>,
    /// Another way to write `targets` with one language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([kK][oO]|[rR][uU])([-_]|$)"))]
    pub target_lang: Option<String>,
    /// `summarise`, `translate`; both when absent. With `summarise` alone, only the summary is
    /// translated into `targets`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), inner(regex(pattern = "^(summari[sz]e|translate)$")))]
    pub tasks: Option<Vec<String>>,
    /// Length of the summary in sentences, 1 to 12; 3 when nothing is said of its length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 12))]
    pub summary_sentences: Option<usize>,
    /// Most words of the summary, 15 to 300; whole sentences are left out to keep to it. Without
    /// `summary_sentences`, the summary has as many sentences as make about so many words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 15, max = 300))]
    pub summary_words: Option<usize>,
    /// The article's language, such as `en`; detected when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[eE][nN]([-_]|$)"))]
    pub source_lang: Option<String>,
    /// Names a glossary of the worker's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 200),
        regex(pattern = r"^[^\u0000-\u001f\u007f-\u009f]+$")
    )]
    pub glossary_id: Option<String>,
    /// Terms and their translations, at most 500. A translation in which a term's own is missing
    /// is marked for review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    pub glossary: Option<Vec<TermMessage>>,
    /// 0 to 9, higher is more urgent; 4 when neither the job nor its envelope says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 9))]
    pub priority: Option<i64>,
    /// Not to be published before, such as `2031-04-02T06:00:00Z` or with an offset such as
    /// `+09:00`; comes back in the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(
        pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
    ))]
    pub embargoed_until: Option<String>,
    /// Of no use after, in the same form; later than `embargoed_until`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(
        pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
    ))]
    pub expires: Option<String>,
    /// The queue that wants the answer: 1 to 200 bytes, without spaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 200),
        regex(pattern = r"^[^\s\u0000-\u001f\u007f-\u009f]+$")
    )]
    pub reply_to: Option<String>,
    /// Anything, at most 64 KiB; comes back in every answer untouched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
}

impl JobMessage {
    /// A job that says no more than what it has to.
    pub fn new(id: impl Into<String>, article: ArticleMessage) -> Self {
        Self {
            version: None,
            id: Some(id.into()),
            revision: None,
            article,
            targets: Vec::new(),
            target_lang: None,
            tasks: None,
            summary_sentences: None,
            summary_words: None,
            source_lang: None,
            glossary_id: None,
            glossary: None,
            priority: None,
            embargoed_until: None,
            expires: None,
            reply_to: None,
            metadata: None,
        }
    }
}

/// The article: exactly one of `text`, `html`, `sections` and `ninjs`.
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
    /// A ninjs item of version 1, 2 or 3. Its headline, language and urgency are the job's title,
    /// `source_lang` and priority where the job does not state them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ninjs: Option<Box<Item>>,
}

/// One term of a glossary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TermMessage {
    /// The term in the article's language.
    #[schemars(length(max = 200), regex(pattern = r"\S"))]
    pub source: String,
    /// What stands for it in the translation.
    #[schemars(length(max = 200), regex(pattern = r"\S"))]
    pub target: String,
    /// The language of `target`; may be left out when the job has exactly one target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^([kK][oO]|[rR][uU])([-_]|$)"))]
    pub target_lang: Option<String>,
}

/// A schema for "one of these and no other" that types cannot say. `null` counts as absent.
fn exactly_one_body(schema: &mut schemars::Schema) {
    let bodies: Vec<_> = ["text", "html", "sections", "ninjs"]
        .into_iter()
        .map(|name| {
            serde_json::json!({ "required": [name], "properties": { name: { "not": { "type": "null" } } } })
        })
        .collect();
    schema.insert("oneOf".to_owned(), bodies.into());
}

fn id_is_required(schema: &mut schemars::Schema) {
    schema.insert("required".to_owned(), serde_json::json!(["id", "article"]));
}
