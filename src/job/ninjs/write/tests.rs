use super::*;
use crate::job::ninjs::parse_item;

fn translation(html: Option<&str>) -> Translation<'_> {
    Translation {
        lang: Lang::Ko,
        title: Some("여객선 & 출항"),
        summary: Some("여객선이 떠났다."),
        text: "여객선이 월요일에 떠났다.\n\n비가 내렸다.",
        html,
        version: "1",
        created: "2031-04-02T06:00:00Z",
        needs_review: false,
    }
}

fn written(json: &str, translation: &Translation<'_>) -> Value {
    let item = parse_item(json).unwrap().translated(translation);
    serde_json::to_value(item).unwrap()
}

const HTML: Option<&str> = Some("<p>여객선이 월요일에 떠났다.</p>\n<p>비가 내렸다.</p>\n");

#[test]
fn an_item_of_version_1_has_a_translation_of_version_1() {
    let json = r#"{
        "$standard": { "name": "ninjs", "version": "1.6", "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_1.6.json#" },
        "uri": "https://example.org/items/7?x=1#top", "type": "text", "version": "4", "versioncreated": "2031-04-01T06:00:00Z",
        "language": "en-GB", "headline": "Ferry Sails", "headline_short": "Ferry", "title": "Ferry", "byline": "Ada Quay",
        "body_html": "<p>The ferry left.</p>", "body_text": "The ferry left.", "body_nitf": "<nitf/>",
        "description_text": "It left.", "description_long": "It did leave.", "charcount": 15, "wordcount": 3,
        "embargoed": "2031-04-03T06:00:00Z", "expires": "2032-04-03T06:00:00Z", "usageterms": "Not for resale", "pubstatus": "usable",
        "rightsinfo": { "linkedrights": "https://example.org/rights" }, "urgency": 3, "located": "Leeds",
        "person": [{ "name": "Ada Quay", "rel": "about" }], "genre": [{ "name": "Feature" }], "altids": { "desk": "77" },
        "associations": { "main": { "uri": "urn:x:picture", "type": "picture", "headline": "The ferry" } }
    }"#;
    let item = written(json, &translation(HTML));
    for (field, value) in [
        ("uri", json!("https://example.org/items/7?x=1&lang=ko#top")),
        ("headline", json!("여객선 & 출항")),
        ("title", json!("여객선 & 출항")),
        ("body_html", json!(HTML)),
        (
            "body_text",
            json!("여객선이 월요일에 떠났다.\n\n비가 내렸다."),
        ),
        ("description_text", json!("여객선이 떠났다.")),
        ("language", json!("ko")),
        ("version", json!("1")),
        ("versioncreated", json!("2031-04-02T06:00:00Z")),
        ("charcount", json!(23)),
        ("wordcount", json!(5)),
        (
            "digitalsourcetype",
            json!({ "name": "trainedAlgorithmicMedia", "uri": SOURCE_TYPE }),
        ),
        (
            "altids",
            json!({ "translationOf": "https://example.org/items/7?x=1#top" }),
        ),
        ("byline", json!("Ada Quay")),
        ("pubstatus", json!("usable")),
    ] {
        assert_eq!(item[field], value, "{field}");
    }
    let original = json!({
        "uri": "https://example.org/items/7?x=1#top", "type": "text", "version": "4", "language": "en-GB",
        "versioncreated": "2031-04-01T06:00:00Z", "altids": { "desk": "77" },
    });
    assert_eq!(item["associations"]["translationOf"], original);
    let before: Value = serde_json::from_str(json).unwrap();
    for field in [
        "$standard",
        "type",
        "embargoed",
        "expires",
        "usageterms",
        "rightsinfo",
        "urgency",
        "located",
        "person",
        "genre",
    ] {
        assert_eq!(item[field], before[field], "{field}");
    }
    assert_eq!(item["associations"]["main"], before["associations"]["main"]);
    for field in ["headline_short", "body_nitf", "description_long"] {
        assert_eq!(item.get(field), None, "{field}");
    }
}

const SECOND: &str = r#"{
    "standard": { "name": "ninjs", "version": "VERSION" }, "uri": "urn:x:7", "type": "text", "version": "4",
    "versioncreated": "2031-04-01T06:00:00Z", "pubstatus": "usable", "language": "en", "embargoed": "2031-04-03T06:00:00Z",
    "headlines": [{ "role": "short", "value": "Ferry" }, { "role": "main", "contenttype": "text/html", "value": "Ferry Sails" }],
    "bodies": [
        { "role": "text", "contenttype": "text/plain", "charcount": 15, "wordcount": 3, "value": "The ferry left." },
        { "role": "web", "contenttype": "text/html; charset=utf-8", "value": "<p>The ferry left.</p>" },
        { "role": "wire", "contenttype": "application/nitf+xml", "value": "<nitf/>" }
    ],
    "descriptions": [{ "role": "teaser", "contenttype": "text/plain", "value": "It left." }, { "value": "More" }],
    "people": [{ "name": "Ada Quay" }], "altids": [{ "role": "desk", "value": "77" }], "by": "Ada Quay",
    "associations": [{ "name": "picture", "uri": "urn:x:picture", "type": "picture" }]
}"#;

#[test]
fn an_item_of_version_2_keeps_roles_and_content_types() {
    let item = written(&SECOND.replace("VERSION", "2.2"), &translation(HTML));
    let headline =
        json!([{ "role": "main", "contenttype": "text/html", "value": "여객선 &amp; 출항" }]);
    assert_eq!(item["headlines"], headline);
    let text = "여객선이 월요일에 떠났다.\n\n비가 내렸다.";
    let bodies = json!([
        { "role": "text", "contenttype": "text/plain", "charcount": 23, "wordcount": 5, "value": text },
        { "role": "web", "contenttype": "text/html; charset=utf-8", "value": HTML },
    ]);
    assert_eq!(item["bodies"], bodies);
    let description =
        json!([{ "role": "teaser", "contenttype": "text/plain", "value": "여객선이 떠났다." }]);
    assert_eq!(item["descriptions"], description);
    assert_eq!(item["uri"], "urn:x:7:ko");
    assert_eq!(
        item["altids"],
        json!([{ "role": "translationOf", "value": "urn:x:7" }])
    );
    assert_eq!(item["associations"][0]["name"], "picture");
    let original = &item["associations"][1];
    assert_eq!(original["name"], "translationOf");
    assert_eq!(original["uri"], "urn:x:7");
    assert_eq!(original.get("rel"), None);
    assert_eq!(
        original["altids"],
        json!([{ "role": "desk", "value": "77" }])
    );
    assert_eq!(item["digitalsourcetype"]["uri"], SOURCE_TYPE);
    assert_eq!(item["people"], json!([{ "name": "Ada Quay" }]));
}

#[test]
fn an_older_version_that_is_stated_has_the_source_type_where_it_may_stand() {
    for (json, list) in [
        (
            r#"{"$standard":{"version":"1.4"},"uri":"urn:x:1","body_text":"It rained."}"#
                .to_owned(),
            "trustindicator",
        ),
        (SECOND.replace("VERSION", "2.0"), "trustindicators"),
        (
            r#"{"standard":{"version":"3.0"},"uri":"urn:x:1","bodies":[{"value":"It rained."}]}"#
                .to_owned(),
            "trustIndicators",
        ),
    ] {
        let item = written(&json, &translation(None));
        assert_eq!(item[list][0]["href"], SOURCE_TYPE, "{item}");
        assert!(item.get("digitalsourcetype").is_none() && item.get("digitalSourceType").is_none());
    }
}

#[test]
fn what_needs_review_is_withheld_and_what_was_not_translated_is_not_there() {
    let json = r#"{"uri":"urn:x:7","pubStatus":"usable","headlines":[{"value":"Ferry"}],"title":"Ferry",
        "bodies":[{"contentType":"text/plain","value":"The ferry left."}],"descriptions":[{"value":"It left."}]}"#;
    let bare = Translation {
        title: None,
        summary: None,
        needs_review: true,
        lang: Lang::Ru,
        text: "Паром ушёл.",
        ..translation(None)
    };
    let item = written(json, &bare);
    assert_eq!(item["pubStatus"], "withheld");
    assert_eq!(item["language"], "ru");
    assert_eq!(
        item["bodies"],
        json!([{ "contentType": "text/plain", "value": "Паром ушёл." }])
    );
    for field in ["headlines", "title", "descriptions"] {
        assert_eq!(item.get(field), None, "{field}");
    }
    assert_eq!(item["associations"][0]["rel"], "translationOf");
    let canceled = json.replace("usable", "canceled");
    assert_eq!(written(&canceled, &bare)["pubStatus"], "canceled");
}
