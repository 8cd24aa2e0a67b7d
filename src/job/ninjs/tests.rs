use super::*;
use crate::job::Job;

fn message(json: &str) -> Result<JobMessage, InvalidJob> {
    parse_item(json)?.into_message("fallback")
}

/// Title and story of an item, as a job has them.
fn article(json: &str) -> (Option<String>, Body) {
    let mut message = message(json).unwrap();
    message.targets = vec!["ko".to_owned()];
    let article = Job::try_from(message).unwrap().article;
    (article.title, article.body)
}

fn html(html: &str) -> Body {
    Body::Html(html.to_owned())
}

#[test]
fn version_1_gives_headline_and_html_before_plain_text() {
    let json = r#"{"uri":"urn:x:1","headline":"Rain in Leeds","body_html":"<p>It rained.</p>","body_text":"It rained.","language":"en-GB"}"#;
    let job = message(json).unwrap();
    assert_eq!(job.id.as_deref(), Some("urn:x:1"));
    assert_eq!(job.source_lang.as_deref(), Some("en-GB"));
    let (title, body) = article(json);
    assert_eq!(title.as_deref(), Some("Rain in Leeds"));
    assert_eq!(body, html("<p>It rained.</p>"));
}

#[test]
fn versions_2_and_3_give_the_main_headline_and_the_html_form() {
    for key in ["contenttype", "contentType"] {
        let json = format!(
            r#"{{"uri":"urn:x:2","headlines":[{{"role":"short","value":"Rain"}},{{"role":"main","value":"Rain in Leeds"}}],
                "bodies":[{{"role":"text","{key}":"text/plain","value":"It rained."}},
                          {{"role":"html","{key}":"text/html; charset=utf-8","value":"<p>It rained.</p>"}}]}}"#
        );
        let (title, body) = article(&json);
        assert_eq!(title.as_deref(), Some("Rain in Leeds"));
        assert_eq!(body, html("<p>It rained.</p>"));
    }
}

#[test]
fn a_blank_field_does_not_hide_a_filled_one() {
    let (title, body) = article(
        r#"{"headline":" ","headlines":[{"role":"main","value":""},{"value":"Rain in Leeds"}],
            "body_html":"","body_xhtml":"<p>It rained.</p>"}"#,
    );
    assert_eq!(title.as_deref(), Some("Rain in Leeds"));
    assert_eq!(body, html("<p>It rained.</p>"));
}

#[test]
fn a_body_without_content_type_is_plain_text() {
    let json = r#"{"headlines":[],"bodies":[{"value":"It rained."}]}"#;
    assert_eq!(message(json).unwrap().id.as_deref(), Some("fallback"));
    assert_eq!(article(json).1, Body::Text("It rained.".to_owned()));
}

#[test]
fn an_item_without_a_readable_story_is_refused_with_the_forms_it_has() {
    let error = message(r#"{"bodies":[{"contentType":"application/nitf+xml","value":"<nitf/>"}]}"#)
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
        let object = serde_json::from_str::<Value>(json).unwrap();
        is_item(|key| object.get(key).is_some())
    };
    assert!(is(r#"{"uri":"x","body_html":""}"#));
    assert!(!is(r#"{"id":"x","article":{"text":"a"},"headline":"b"}"#));
    assert!(!is(r#"{"id":"x"}"#));
}

#[test]
fn the_item_stays_with_the_job_with_what_it_is_about_and_its_embargo() {
    let json = r#"{"uri":"urn:x:5","body_text":"It rained.","x":[1.5,{"y":null}],
        "person":[{"name":"Ada Quay"}],"embargoed":"2031-04-02T15:00:00+09:00"}"#;
    let mut message = message(json).unwrap();
    message.targets = vec!["ru".to_owned()];
    let job = Job::try_from(message).unwrap();
    assert_eq!(job.item.as_deref(), Some(&parse_item(json).unwrap()));
    assert_eq!(job.entities.len(), 1);
    assert_eq!(job.entities[0].name, "Ada Quay");
    let embargo = job.embargoed_until.map(|time| time.to_string());
    assert_eq!(embargo.as_deref(), Some("2031-04-02T06:00:00Z"));
}
