//! Items that are written, against the schemas that the IPTC publishes.

use std::path::Path;

use jsonschema::{Registry, Validator};
use presslate::job::Lang;
use presslate::job::ninjs::{Translation, parse_item};
use serde_json::{Value, json};

use super::examples;

/// The schema of a version; places are checked by another schema, which is not here.
fn validator(version: &str) -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(format!("tests/data/ninjs/ninjs-schema_{version}.json"));
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let registry = Registry::new()
        .add("https://geojson.org/schema/GeoJSON.json", json!({}))
        .unwrap()
        .prepare()
        .unwrap();
    jsonschema::options()
        .with_registry(&registry)
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
}

fn translation(lang: Lang, html: Option<&str>, needs_review: bool) -> Translation<'_> {
    Translation {
        lang,
        title: Some("리즈, 홍수 뒤 청소에 나서다"),
        summary: Some("두 거리가 아직 닫혀 있다."),
        text: "리즈의 두 거리가 월요일에도 닫혀 있었다.",
        html,
        version: "1",
        created: "2031-04-02T06:00:00Z",
        needs_review,
    }
}

/// An item with as much in it as its version has.
fn full(version: &str) -> Value {
    let common = json!({
        "uri": "urn:example:news:20310402:flood", "type": "text", "version": "2", "profile": "text-full", "urgency": 3,
        "language": "en-GB", "slugline": "flood", "located": "Leeds", "title": "Flood",
    });
    let own = match version.split_once('.').unwrap() {
        ("1", minor) => {
            let mut item = json!({
                "$standard": { "name": "ninjs", "version": version, "schema": "http://www.iptc.org/std/ninjs/ninjs-schema.json" },
                "headline": "Leeds Cleans Up", "headline_short": "Flood", "byline": "Ada Quay", "pubstatus": "usable",
                "body_text": "Two streets were closed.", "body_html": "<p>Two streets were closed.</p>", "body_nitf": "<p/>",
                "description_text": "Closed.", "description_html": "<p>Closed.</p>", "charcount": 24, "wordcount": 4,
                "versioncreated": "2031-04-01T06:00:00Z", "embargoed": "2031-04-03T06:00:00Z", "usageterms": "Not for resale",
                "copyrightholder": "Harbour Post", "person": [{ "name": "Ada Quay", "rel": "about" }],
                "organisation": [{ "name": "City Council" }], "place": [{ "name": "Leeds" }], "genre": [{ "name": "Feature" }],
                "altids": { "desk": "77" }, "associations": { "main": { "uri": "urn:example:picture", "type": "picture" } },
                "trustindicator": [{ "title": "Ethics", "href": "https://example.org/ethics" }],
            });
            if minor == "6" {
                item["expires"] = "2032-04-03T06:00:00Z".into();
                item["rightsinfo"] = json!({ "linkedrights": "https://example.org/rights" });
                item["digitalsourcetype"] = json!({ "name": "humanEdits" });
            }
            item
        }
        ("2", minor) => {
            let mut item = json!({
                "standard": { "name": "ninjs", "version": version }, "by": "Ada Quay", "pubstatus": "usable",
                "headlines": [{ "role": "main", "contenttype": "text/plain", "value": "Leeds Cleans Up" }, { "role": "short", "value": "Flood" }],
                "bodies": [
                    { "role": "text", "contenttype": "text/plain", "charcount": 24, "wordcount": 4, "value": "Two streets were closed." },
                    { "role": "html", "contenttype": "text/html", "value": "<p>Two streets were closed.</p>" },
                    { "role": "wire", "contenttype": "application/nitf+xml", "value": "<nitf/>" },
                ],
                "descriptions": [{ "role": "summary", "contenttype": "text/plain", "value": "Closed." }],
                "versioncreated": "2031-04-01T06:00:00Z", "embargoed": "2031-04-03T06:00:00Z", "usageterms": "Not for resale",
                "people": [{ "name": "Ada Quay" }], "organisations": [{ "name": "City Council" }], "places": [{ "name": "Leeds" }],
                "genres": [{ "name": "Feature" }], "altids": [{ "role": "desk", "value": "77" }],
                "associations": [{ "name": "main", "uri": "urn:example:picture", "type": "picture" }],
                "rightsinfo": { "linkedrights": "https://example.org/rights" },
                "trustindicators": [{ "title": "Ethics", "href": "https://example.org/ethics" }],
            });
            if minor == "2" {
                item["expires"] = "2032-04-03T06:00:00Z".into();
                item["digitalsourcetype"] = json!({ "name": "humanEdits" });
            }
            item
        }
        (_, minor) => {
            let mut item = json!({
                "standard": { "name": "ninjs", "version": version }, "by": "Ada Quay", "pubStatus": "usable",
                "headlines": [{ "role": "main", "contentType": "text/plain", "value": "Leeds Cleans Up" }, { "role": "short", "value": "Flood" }],
                "bodies": [
                    { "role": "text", "contentType": "text/plain", "charCount": 24, "wordCount": 4, "value": "Two streets were closed." },
                    { "role": "html", "contentType": "text/html", "value": "<p>Two streets were closed.</p>" },
                ],
                "descriptions": [{ "role": "summary", "contentType": "text/plain", "value": "Closed." }],
                "versionCreated": "2031-04-01T06:00:00Z", "embargoedUntil": "2031-04-03T06:00:00Z", "expires": "2032-04-03T06:00:00Z",
                "usageTerms": "Not for resale", "people": [{ "name": "Ada Quay" }], "organisations": [{ "name": "City Council" }],
                "places": [{ "name": "Leeds" }], "genres": [{ "name": "Feature" }], "altIds": [{ "role": "desk", "value": "77" }],
                "associations": [{ "name": "main", "uri": "urn:example:picture", "type": "picture" }],
                "rightsInfo": { "linkedRights": "https://example.org/rights" },
                "trustIndicators": [{ "title": "Ethics", "href": "https://example.org/ethics" }],
            });
            if minor == "1" {
                item["digitalSourceType"] = json!({ "name": "humanEdits" });
            }
            item
        }
    };
    let mut item = common;
    item.as_object_mut()
        .unwrap()
        .extend(own.as_object().unwrap().clone());
    item
}

#[test]
fn items_that_are_written_fit_the_schema_of_their_version() {
    for version in ["1.3", "1.6", "2.0", "2.2", "3.0", "3.1"] {
        let validator = validator(version);
        let check = |item: &Value, what: &str| {
            if let Err(error) = validator.validate(item) {
                panic!(
                    "{version} {what}: {error} at {}\n{item:#}",
                    error.instance_path()
                );
            }
        };
        let original = full(version);
        check(&original, "original");
        let item = parse_item(&original.to_string()).unwrap();
        for (lang, html) in [(Lang::Ko, Some("<p>닫혀 있었다.</p>\n")), (Lang::Ru, None)] {
            for needs_review in [false, true] {
                let written = item.translated(&translation(lang, html, needs_review));
                let value = serde_json::to_value(&written).unwrap();
                check(&value, lang.tag());
                assert!(!value.to_string().contains("Two streets"), "{version}");
                assert!(
                    value.to_string().contains("trainedAlgorithmicMedia"),
                    "{version}"
                );
                // It is an item again, of the same version, and can be read as one.
                let read = parse_item(&value.to_string()).unwrap();
                assert_eq!(read.version(), item.version());
                assert!(read.into_message("unused").is_ok(), "{version}");
            }
        }
        // The schema does look.
        let mut wrong =
            serde_json::to_value(item.translated(&translation(Lang::Ko, None, false))).unwrap();
        wrong["presslate"] = "x".into();
        assert!(!validator.is_valid(&wrong), "{version}");
    }
}

#[test]
fn the_examples_can_be_written_in_the_newest_version_of_their_kind() {
    for (name, bytes) in examples("ninjs") {
        let (major, _) = name.split_once('.').unwrap();
        let mut original: Value = serde_json::from_slice(&bytes).unwrap();
        // Without a version, the newest is taken.
        original
            .as_object_mut()
            .unwrap()
            .retain(|key, _| !key.ends_with("standard"));
        let item = parse_item(&original.to_string()).unwrap();
        let newest = match major {
            "1" => "1.6",
            "2" => "2.2",
            _ => "3.1",
        };
        let written = item.translated(&translation(Lang::Ko, Some("<p>비.</p>"), false));
        let value = serde_json::to_value(written).unwrap();
        let fits = validator(newest)
            .validate(&value)
            .map_err(|error| error.to_string());
        assert_eq!(fits, Ok(()), "{name}: {value:#}");
    }
}
