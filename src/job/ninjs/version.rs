//! Which version of ninjs an item is of.

use serde_json::{Map, Value};

use super::Item;

/// A major version of ninjs. They have other names for the same things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// `headline`, `body_html`; names in small letters.
    V1,
    /// `headlines`, `bodies`; names in small letters.
    V2,
    /// The same, with capitals within names: `versionCreated`.
    V3,
}

/// Names that only version 1 has.
const FIRST: &[&str] = &[
    "headline",
    "body_html",
    "body_xhtml",
    "body_text",
    "byline",
    "person",
    "organisation",
    "place",
    "subject",
    "charcount",
    "wordcount",
    "description_text",
    "description_html",
    "$standard",
];
/// Names that only version 3 has.
const THIRD: &[&str] = &[
    "altIds",
    "contentCreated",
    "copyrightHolder",
    "copyrightNotice",
    "digitalSourceType",
    "edNote",
    "embargoedUntil",
    "eventDetails",
    "firstCreated",
    "infoSources",
    "plannedCoverage",
    "pubStatus",
    "representationType",
    "rightsInfo",
    "trustIndicators",
    "usageTerms",
    "versionCreated",
];
/// Names in the entries of lists that only version 3 has.
const THIRD_WITHIN: &[&str] = &["contentType", "charCount", "wordCount"];

impl Item {
    /// The version that the item states, else the one that its names are of, else 3.
    pub fn version(&self) -> Version {
        match self.stated().map(|(major, _)| major) {
            Some(1) => return Version::V1,
            Some(2) => return Version::V2,
            Some(3) => return Version::V3,
            _ => {}
        }
        let has = |names: &[&str]| names.iter().any(|name| self.0.contains_key(*name));
        let lists: Vec<&Value> = ["headlines", "bodies", "descriptions"]
            .iter()
            .filter_map(|name| self.0.get(*name)?.as_array())
            .flatten()
            .collect();
        let within = |names: &[&str]| {
            lists.iter().any(|entry| {
                entry
                    .as_object()
                    .is_some_and(|entry| names.iter().any(|name| entry.contains_key(*name)))
            })
        };
        if has(THIRD) || within(THIRD_WITHIN) {
            return Version::V3;
        }
        if lists.is_empty() && has(FIRST) {
            return Version::V1;
        }
        // What is written in small letters is of version 2 if version 3 writes it otherwise.
        let small = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| name.to_ascii_lowercase()).collect()
        };
        let second = small(THIRD).iter().any(|name| self.0.contains_key(name))
            || small(THIRD_WITHIN).iter().any(|name| within(&[name]));
        if second { Version::V2 } else { Version::V3 }
    }

    /// Major and minor version, where the item states them.
    pub(super) fn stated(&self) -> Option<(u32, u32)> {
        stated(&self.0)
    }
}

fn stated(item: &Map<String, Value>) -> Option<(u32, u32)> {
    let standard = item.get("$standard").or_else(|| item.get("standard"))?;
    let version = standard.get("version")?.as_str()?;
    let mut numbers = version.trim_start_matches('v').split('.');
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next().and_then(|minor| minor.parse().ok());
    Some((major, minor.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_of_the_version_that_it_states_or_else_looks_like() {
        use Version::{V1, V2, V3};
        for (json, version) in [
            (r#"{"$standard":{"version":"1.3"},"bodies":[]}"#, V1),
            (
                r#"{"standard":{"version":"2.0"},"headlines":[{"value":"a"}]}"#,
                V2,
            ),
            (r#"{"standard":{"version":"3.1"}}"#, V3),
            (r#"{"headline":"a","body_text":"b"}"#, V1),
            (
                r#"{"bodies":[{"contenttype":"text/plain","value":"a"}]}"#,
                V2,
            ),
            (
                r#"{"bodies":[{"contentType":"text/plain","value":"a"}]}"#,
                V3,
            ),
            (r#"{"bodies":[{"value":"a"}],"versioncreated":"x"}"#, V2),
            (r#"{"bodies":[{"value":"a"}],"versionCreated":"x"}"#, V3),
            (r#"{"bodies":[{"value":"a"}]}"#, V3),
            (r#"{"standard":{"version":"9"},"headline":"a"}"#, V1),
        ] {
            let item: Item = serde_json::from_str(json).unwrap();
            assert_eq!(item.version(), version, "{json}");
        }
    }
}
