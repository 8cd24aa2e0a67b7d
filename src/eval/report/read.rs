//! Evaluations that were written down before.

use serde_json::Value;

use super::{About, SCHEMA};
use crate::eval::segment::{Flag, Segment, Translated, status_named};
use crate::job::Lang;

/// Why something is not an evaluation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {wanted} expected")]
pub struct ReadError {
    /// Where, such as `languages[0].segments[3].output`.
    place: String,
    /// What should be there.
    wanted: &'static str,
}

/// A value, and the way to it.
#[derive(Clone)]
struct At<'a> {
    place: String,
    value: &'a Value,
}

impl<'a> At<'a> {
    fn field(&self, name: &str) -> Self {
        let place = if self.place.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.place)
        };
        Self {
            place,
            value: self.value.get(name).unwrap_or(&Value::Null),
        }
    }

    /// What `read` makes of each of a list.
    fn each<T>(&self, read: impl Fn(&Self) -> Result<T, ReadError>) -> Result<Vec<T>, ReadError> {
        let items = self.is(self.value.as_array(), "a list")?.iter().enumerate();
        let items = items.map(|(index, value)| {
            read(&Self {
                place: format!("{}[{index}]", self.place),
                value,
            })
        });
        items.collect()
    }

    fn text(&self) -> Result<&'a str, ReadError> {
        self.is(self.value.as_str(), "a text")
    }

    fn is<T>(&self, found: Option<T>, wanted: &'static str) -> Result<T, ReadError> {
        found.ok_or_else(|| ReadError {
            place: self.place.clone(),
            wanted,
        })
    }
}

pub(super) fn evaluation(value: &Value) -> Result<(About, Vec<Translated>), ReadError> {
    let root = At {
        place: String::new(),
        value,
    };
    let schema = root.field("schema");
    schema.is((schema.value == SCHEMA).then_some(()), SCHEMA)?;
    let details = root.field("details");
    let details = details.is(details.value.as_object(), "an object")?.iter();
    let about = About {
        set: root.field("set").text()?.to_owned(),
        system: root.field("system").text()?.to_owned(),
        details: details
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect(),
    };
    Ok((about, root.field("languages").each(language)?))
}

fn language(at: &At<'_>) -> Result<Translated, ReadError> {
    let (lang, tokens, seconds) = (at.field("lang"), at.field("tokens"), at.field("seconds"));
    let known = |tag: &str| Lang::TARGETS.into_iter().find(|lang| lang.tag() == tag);
    Ok(Translated {
        lang: lang.is(known(lang.text()?), "ko or ru")?,
        tokens: tokens.is(tokens.value.as_u64(), "a number of tokens")?,
        seconds: seconds.is(seconds.value.as_f64(), "a number of seconds")?,
        segments: at.field("segments").each(segment)?,
    })
}

fn segment(at: &At<'_>) -> Result<Segment, ReadError> {
    let text = |name: &str| at.field(name).text().map(str::to_owned);
    let status = at.field("status");
    let flag = |at: &At<'_>| {
        Ok(Flag {
            code: at.field("code").text()?.to_owned(),
            note: at.field("note").text()?.to_owned(),
        })
    };
    Ok(Segment {
        doc: text("doc")?,
        source: text("source")?,
        output: text("output")?,
        reference: text("reference")?,
        status: status.is(status_named(status.text()?), "ok, retried or needs_review")?,
        flags: at.field("findings").each(flag)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Evaluation;
    use crate::eval::segment::tests;
    use serde_json::json;

    fn message(change: impl FnOnce(&mut Value)) -> String {
        let mut json = tests::evaluation(0).to_json();
        change(&mut json);
        Evaluation::from_json(&json).unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        assert_eq!(
            message(|json| json["schema"] = json!("presslate.bench/1")),
            "schema: presslate.eval/1 expected"
        );
        assert_eq!(
            message(|json| json["languages"][1]["lang"] = json!("fr")),
            "languages[1].lang: ko or ru expected"
        );
        assert_eq!(
            message(|json| json["languages"][0]["segments"][3]["output"] = json!(null)),
            "languages[0].segments[3].output: a text expected"
        );
        assert_eq!(
            message(|json| json["languages"][0]["segments"][3]["status"] = json!("fine")),
            "languages[0].segments[3].status: ok, retried or needs_review expected"
        );
        assert_eq!(
            message(|json| *json = json!([])),
            "schema: presslate.eval/1 expected"
        );
    }
}
