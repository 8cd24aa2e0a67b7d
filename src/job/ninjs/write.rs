//! A translation as an item: what was translated is replaced, what was not and is words of the story is
//! taken out, and all the rest stays as it was.

use serde_json::{Map, Value, json};

use super::fields::{BodyForm, Fields, Headline, choose_body, choose_headline};
use super::{Item, Version};
use crate::job::Lang;

/// The newscode of what a model wrote.
pub const SOURCE_TYPE: &str =
    "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
/// The vocabulary that it is from, and its name.
const SOURCE_TYPES: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/";
const SOURCE_TYPE_NAME: &str = "trainedAlgorithmicMedia";
/// What the original is to a translation.
const TRANSLATION_OF: &str = "translationOf";

/// What takes the place of the words of an item.
#[derive(Debug, Clone, Copy)]
pub struct Translation<'a> {
    /// The language of all of it.
    pub lang: Lang,
    /// The headline; without one, the item has none.
    pub title: Option<&'a str>,
    /// A summary as the item's description, plain text; without one, the item has none.
    pub summary: Option<&'a str>,
    /// The story as plain text.
    pub text: &'a str,
    /// The story as HTML that is XML too; bodies of that form are left out without it.
    pub html: Option<&'a str>,
    /// The version of the new item, such as `1`.
    pub version: &'a str,
    /// When that was made, as RFC 3339.
    pub created: &'a str,
    /// Whether somebody has to read it first: its status is then `withheld`, unless the original is
    /// `canceled`.
    pub needs_review: bool,
}

impl Item {
    /// The item of a translation, of the same major version as this one, its original. It has its own
    /// URI ([`Item::translated_uri`]), refers to the original in its associations and alternative ids,
    /// and says that a model wrote it ([`SOURCE_TYPE`]). Alternative ids of the original name the
    /// original, so they go to the association. What is in it besides (embargo, rights, byline,
    /// subjects, renditions …) stays.
    #[must_use]
    pub fn translated(&self, translation: &Translation<'_>) -> Self {
        let mut writer = Writer {
            item: self.0.clone(),
            version: self.version(),
            // Items of jobs have been read before.
            fields: self.fields().unwrap_or_default(),
            translation,
        };
        writer.headlines();
        writer.bodies();
        writer.descriptions();
        writer.identity(self);
        writer.source_type(self.stated());
        Self(writer.item)
    }

    /// The URI of the translation of this item into a language: the original's with the language behind
    /// it, as a parameter where it has a host and so may be an address, after a colon otherwise. Nothing
    /// if the item has none.
    pub fn translated_uri(&self, lang: Lang) -> Option<String> {
        let uri = self.get("uri")?.as_str().filter(|uri| !uri.is_empty())?;
        let tag = lang.tag();
        if !uri.contains("://") {
            return Some(format!("{uri}:{tag}"));
        }
        let (address, fragment) = match uri.find('#') {
            Some(at) => uri.split_at(at),
            None => (uri, ""),
        };
        let mark = if address.contains('?') { '&' } else { '?' };
        Some(format!("{address}{mark}lang={tag}{fragment}"))
    }
}

struct Writer<'a> {
    item: Map<String, Value>,
    version: Version,
    fields: Fields,
    translation: &'a Translation<'a>,
}

impl Writer<'_> {
    /// A name as the version writes it; given as version 3 does.
    fn name(&self, name: &str) -> String {
        if self.version == Version::V3 {
            name.to_owned()
        } else {
            name.to_ascii_lowercase()
        }
    }

    /// Sets a field, or takes it out.
    fn set(&mut self, name: &str, value: Option<Value>) {
        match value {
            Some(value) => {
                self.item.insert(name.to_owned(), value);
            }
            None => {
                self.item.shift_remove(name);
            }
        }
    }

    fn remove_with(&mut self, prefix: &str, keep: &[&str]) {
        self.item
            .retain(|name, _| !name.starts_with(prefix) || keep.contains(&name.as_str()));
    }

    fn headlines(&mut self) {
        let title = self.translation.title;
        if self.item.contains_key("title") {
            self.set("title", title.map(Value::from));
        }
        if self.version == Version::V1 {
            self.remove_with("headline_", &[]);
            self.set("headline", title.map(Value::from));
            return;
        }
        let at = choose_headline(&self.fields.headlines);
        let html = at
            .and_then(|at| self.fields.headlines.get(at))
            .is_some_and(Headline::is_html);
        let entry = title.map(|title| {
            let text = if html {
                escaped(title)
            } else {
                title.to_owned()
            };
            self.entry("headlines", at, &text, "main")
        });
        self.set("headlines", entry.map(|entry| json!([entry])));
    }

    fn bodies(&mut self) {
        let Translation { text, html, .. } = *self.translation;
        let counts = |entry: &mut Map<String, Value>| {
            for (name, count) in [
                ("charcount", text.chars().count()),
                ("wordcount", text.split_whitespace().count()),
            ] {
                for (key, value) in entry.iter_mut() {
                    if key.eq_ignore_ascii_case(name) {
                        *value = count.into();
                    }
                }
            }
        };
        if self.version == Version::V1 {
            self.remove_with("body_", &["body_html", "body_xhtml", "body_text"]);
            for (name, value) in [
                ("body_html", html),
                ("body_xhtml", html),
                ("body_text", Some(text)),
            ] {
                if self.item.contains_key(name) {
                    self.set(name, value.map(Value::from));
                }
            }
            counts(&mut self.item);
            return;
        }
        let of = |form| choose_body(&self.fields.bodies, form);
        let mut bodies: Vec<(usize, &str)> = Vec::new();
        bodies.extend(of(BodyForm::is_html).zip(html));
        bodies.extend(of(BodyForm::is_plain).map(|at| (at, text)));
        bodies.sort_unstable();
        let entries: Vec<Value> = bodies
            .into_iter()
            .map(|(at, value)| {
                let mut entry = self.entry("bodies", Some(at), value, "main");
                entry.as_object_mut().into_iter().for_each(counts);
                entry
            })
            .collect();
        let entries = (!entries.is_empty()).then_some(entries);
        self.set("bodies", entries.map(Value::from));
    }

    fn descriptions(&mut self) {
        let summary = self.translation.summary;
        if self.version == Version::V1 {
            let html = self.item.contains_key("description_html");
            self.remove_with("description_", &["description_text", "description_html"]);
            self.set("description_text", summary.map(Value::from));
            let html = summary
                .filter(|_| html)
                .map(|summary| format!("<p>{}</p>", escaped(summary)));
            self.set("description_html", html.map(Value::from));
            return;
        }
        let entry = summary.map(|summary| {
            let plain = |entry: &Value| {
                let kind = entry.get(self.name("contentType"));
                kind.and_then(Value::as_str)
                    .is_none_or(|kind| kind.starts_with("text/plain"))
            };
            let old = self.item.get("descriptions").and_then(Value::as_array);
            let at = old.and_then(|old| old.iter().position(plain));
            self.entry("descriptions", at, summary, "summary")
        });
        self.set("descriptions", entry.map(|entry| json!([entry])));
    }

    /// The entry of a list with another value; a new one of that role if there is none.
    fn entry(&self, list: &str, at: Option<usize>, value: &str, role: &str) -> Value {
        let old = at.and_then(|at| self.item.get(list)?.get(at));
        let mut entry = match old {
            Some(Value::Object(entry)) => entry.clone(),
            _ => Map::from_iter([("role".to_owned(), role.into())]),
        };
        entry.insert("value".to_owned(), value.into());
        entry.into()
    }

    /// What tells the new item from the original, and what it is to that.
    fn identity(&mut self, original: &Item) {
        let Translation {
            lang,
            version,
            created,
            needs_review,
            ..
        } = *self.translation;
        let alt_ids = self.name("altIds");
        let old_ids = self.item.shift_remove(&alt_ids);
        self.set("language", Some(lang.tag().into()));
        self.set("version", Some(version.into()));
        self.set(&self.name("versionCreated"), Some(created.into()));
        let status = self.name("pubStatus");
        if needs_review && self.item.get(&status).and_then(Value::as_str) != Some("canceled") {
            self.set(&status, Some("withheld".into()));
        }
        let Some(uri) = original.get("uri").and_then(Value::as_str) else {
            return;
        };
        self.set("uri", original.translated_uri(lang).map(Value::from));
        let mut reference = Map::new();
        if self.version != Version::V1 {
            reference.insert("name".to_owned(), TRANSLATION_OF.into());
        }
        if self.version == Version::V3 {
            reference.insert("rel".to_owned(), TRANSLATION_OF.into());
        }
        reference.insert("uri".to_owned(), uri.into());
        let carried = ["type", "version", "language"].map(str::to_owned);
        for name in carried.into_iter().chain([self.name("versionCreated")]) {
            let value = original.get(&name).cloned();
            reference.extend(value.map(|value| (name, value)));
        }
        reference.extend(old_ids.map(|ids| (alt_ids.clone(), ids)));
        let empty = || {
            if self.version == Version::V1 {
                json!({})
            } else {
                json!([])
            }
        };
        let mut associations = self.item.shift_remove("associations").unwrap_or_else(empty);
        match &mut associations {
            Value::Object(named) => {
                named.insert(TRANSLATION_OF.to_owned(), reference.into());
            }
            Value::Array(list) => list.push(reference.into()),
            _ => associations = json!([reference]),
        }
        self.set("associations", Some(associations));
        let ids = if self.version == Version::V1 {
            json!({ TRANSLATION_OF: uri })
        } else {
            json!([{ "role": TRANSLATION_OF, "value": uri }])
        };
        self.set(&alt_ids, Some(ids));
    }

    /// Says that a model wrote it: in the field for that, or, where the item states a version that is older
    /// than the field and forbids what it does not know, among the indicators of trust.
    fn source_type(&mut self, stated: Option<(u32, u32)>) {
        let older = match (self.version, stated) {
            (Version::V1, Some((1, minor))) => minor < 6,
            (Version::V2, Some((2, minor))) => minor < 2,
            (Version::V3, Some((3, minor))) => minor < 1,
            _ => false,
        };
        if !older {
            let kind = json!({ "name": SOURCE_TYPE_NAME, "uri": SOURCE_TYPE });
            self.set(&self.name("digitalSourceType"), Some(kind));
            return;
        }
        let (list, entry) = if self.version == Version::V1 {
            let entry = json!({
                "scheme": SOURCE_TYPES, "code": SOURCE_TYPE_NAME, "title": SOURCE_TYPE_NAME, "href": SOURCE_TYPE,
            });
            ("trustindicator".to_owned(), entry)
        } else {
            let entry =
                json!({ "role": SOURCE_TYPES, "title": SOURCE_TYPE_NAME, "href": SOURCE_TYPE });
            (self.name("trustIndicators"), entry)
        };
        let mut entries = match self.item.shift_remove(&list) {
            Some(Value::Array(entries)) => entries,
            _ => Vec::new(),
        };
        entries.push(entry);
        self.set(&list, Some(entries.into()));
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests;
