//! The page as a whole, on the results in `tests/data/report`.

#![expect(
    clippy::string_slice,
    reason = "offsets come from searching the same text"
)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;
use crate::report::spot::{columns, written};

/// An article in two languages, with findings of several codes.
const RESULT: &str = include_str!("../../tests/data/report/result.json");
/// Hostile texts, words without end, spans that do not fit, sections that do not match.
const ODD: &str = include_str!("../../tests/data/report/odd.json");
/// An empty article, and nothing made of it.
const BARE: &str = include_str!("../../tests/data/report/bare.json");

fn read(json: &str) -> ResultMessage {
    serde_json::from_str(json).unwrap()
}

/// What stands between all occurrences of `before` and the next `after`.
fn between<'a>(html: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    html.match_indices(before)
        .map(|(at, _)| {
            let rest = &html[at + before.len()..];
            &rest[..rest.find(after).unwrap()]
        })
        .collect()
}

/// What is in the element of an id, which holds no other of its name.
fn element<'a>(html: &'a str, id: &str, name: &str) -> &'a str {
    let rest = between(html, &format!("id=\"{id}\""), &format!("</{name}>"));
    assert_eq!(rest.len(), 1, "{id}");
    rest[0].split_once('>').unwrap().1
}

/// The text of a piece of the page, without the numbers of remarks.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let skip = if rest[at..].starts_with("<sup") {
            "</sup>"
        } else {
            ">"
        };
        rest = &rest[at + rest[at..].find(skip).unwrap() + skip.len()..];
    }
    text.push_str(rest);
    unescaped(&text)
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// The sentence of an id, with its marks in brackets.
fn marked(html: &str, id: &str) -> String {
    let html = element(html, id, "span").replace("</mark>", "]");
    let mut parts = html.split("<mark");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        text.push('[');
        text.push_str(part.split_once('>').unwrap().1);
    }
    plain(&text)
}

#[test]
fn every_segment_and_every_remark_stands_on_the_page_once() {
    for (json, segments, findings) in [(RESULT, 33, 7), (ODD, 9, 11), (BARE, 0, 0)] {
        let result = read(json);
        let html = page(&result);
        let columns = columns(&result);
        let mut count = 0;
        for (spot, segment) in written(&result, &columns) {
            count += 1;
            let shown = plain(element(&html, &spot.to_string(), "span"));
            let nothing = "(nothing was written)";
            let shown = shown.strip_prefix(nothing).unwrap_or(&shown);
            assert_eq!(shown, segment.text, "{spot}");
        }
        assert_eq!(count, segments);
        for number in 1..=findings {
            assert_eq!(html.matches(&format!(" id=\"f{number}\"")).count(), 1);
            // From the list, and from the segment that it is about; from the other text besides.
            let links = html.matches(&format!(" href=\"#f{number}\"")).count();
            assert!((2..=3).contains(&links), "{number}: {links}");
        }
        assert!(!html.contains(&format!("id=\"f{}\"", findings + 1)));
    }
}

#[test]
fn every_source_section_is_whole() {
    for json in [RESULT, ODD] {
        let result = read(json);
        let html = page(&result);
        for (index, section) in result.source.sections.iter().enumerate() {
            let row = between(
                &html,
                &format!("id=\"s{}\"", index + 1),
                "<div class=\"cell of-",
            );
            let cell = row[0].split_once("data-lang=\"en\">").unwrap().1;
            assert_eq!(plain(cell), section.text, "section {index}");
        }
    }
}

#[test]
fn ids_are_unique_and_whatever_refers_to_one_finds_it() {
    for json in [RESULT, ODD, BARE] {
        let html = page(&read(json));
        let ids = between(&html, " id=\"", "\"");
        let known: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), known.len());
        let mut references = between(&html, " href=\"#", "\"");
        for attribute in ["data-of", "data-by", "data-seg", "aria-labelledby"] {
            for list in between(&html, &format!(" {attribute}=\""), "\"") {
                assert!(!list.is_empty());
                references.extend(list.split(' '));
            }
        }
        assert!(!references.is_empty());
        for reference in references {
            assert!(known.contains(reference), "{reference}");
        }
    }
}

#[test]
fn findings_are_marked_in_both_texts_at_their_bytes() {
    let html = page(&read(RESULT));
    for (id, marked_text) in [
        ("en-s2-1", "[$4.2 billion]"),
        ("ko-s2-1", "약 [4억 2천만 달러] 규모의"),
        ("en-s3-2", "on [3 March]."),
        ("ru-s3-2", "проверку [3 мая]."),
        ("en-s7-2", "The authority [has not denied] reports"),
        ("ko-s7-2", "보도를 [부인했으며], 규제"),
        ("en-m3", "to [Kelstrand] and"),
        ("ko-m3", "배를 [켈스트랜드]와"),
    ] {
        let shown = marked(&html, id);
        assert!(shown.contains(marked_text), "{shown}");
    }
    // Two findings at the same place are one mark with two numbers.
    assert!(html.contains("<mark class=\"error by-ru\" data-f=\"6 7\">Port Ilse</mark>"));
    // The source shows what was said of a language in that language's name.
    assert!(html.contains("<mark class=\"notice by-ko\" data-f=\"2\">Kelstrand</mark>"));
    assert_eq!(html.matches("<mark ").count(), 10);
}

#[test]
fn spans_that_do_not_fit_are_not_marked_and_overlaps_are_cut() {
    let html = page(&read(ODD));
    assert_eq!(marked(&html, "ko-s2-1"), "[꺾][쇠][ <b>] 문장.");
    // A span from within a syllable.
    assert!(!marked(&html, "ko-s1-1").contains('['));
    // A segment whose text is another than stands at its place.
    assert!(!marked(&html, "en-s1-1").contains('['));
    // All are listed all the same.
    let notes = between(&html, "<li class=\"finding\"", "</li>");
    assert_eq!(notes.len(), 11);
    for note in ["overlaps", "out of bounds", "backwards", "empty"] {
        assert_eq!(notes.iter().filter(|text| text.contains(note)).count(), 1);
    }
}

#[test]
fn a_summary_links_to_the_sentences_that_say_so() {
    let html = page(&read(RESULT));
    let rows: Vec<_> = (1..=3)
        .map(|row| between(&html, &format!("id=\"m{row}\""), "<div class=\"cell of-")[0])
        .collect();
    for (row, links) in rows.iter().zip([
        vec!["#en-s2-1", "#en-s1-1"],
        vec!["#en-s3-1", "#en-s3-3"],
        vec!["#en-s5-1"],
    ]) {
        for link in &links {
            assert!(row.contains(&format!("href=\"{link}\"")), "{link}");
        }
        assert_eq!(row.matches("href=\"#en-s").count(), links.len());
    }
    assert!(rows[2].contains("The article’s own words, from"));
    assert_eq!(html.matches("The article’s own words, from").count(), 1);
    // Of the supporting spans of the odd one, one is a stretch of the article; another is within it.
    let odd = page(&read(ODD));
    assert_eq!(between(&odd, "<div class=\"support\"", "</div>").len(), 1);
    assert!(odd.contains("data-by=\"en-s2-1"));
}

#[test]
fn what_needs_review_says_why_even_without_findings() {
    let html = page(&read(ODD));
    assert_eq!(html.matches("The result does not say why").count(), 2);
    assert_eq!(html.matches("Said of the English sentence").count(), 1);
    assert!(html.contains("Tone of voice"));
    assert!(html.contains("5 of 9 segments need review"));
    assert!(page(&read(RESULT)).contains("4 of 33 segments need review"));
    assert!(page(&read(RESULT)).contains("before: repeats itself"));
    assert!(page(&read(BARE)).contains("Nothing was summarised or translated"));
}

#[test]
fn an_embargo_is_said_first_and_in_the_title() {
    let html = page(&read(RESULT));
    let embargo = html.find("Not to be published before").unwrap();
    assert!(embargo < html.find("<h1").unwrap());
    assert!(
        html.contains("<time datetime=\"2031-03-12T06:00:00Z\">12 March 2031, 06:00 UTC</time>")
    );
    assert!(html.contains("<title>Embargoed: Port of Aldermouth"));
    assert!(!page(&read(BARE)).contains("Not to be published"));
}

/// Puts a hostile text of its own in the place of every text, and gives the paths of all.
fn poison(value: &mut Value, path: &str, paths: &mut Vec<String>) {
    // What has to be one of a few words.
    const FIXED: [&str; 7] = ["kind", "lang", "status", "severity", "tag", "placed", "by"];
    match value {
        Value::String(text) if !FIXED.contains(&path.rsplit('.').next().unwrap()) => {
            *text = format!("\"'><zz{}-><script>&", paths.len());
            paths.push(path.to_owned());
        }
        Value::Array(values) => {
            for value in values {
                poison(value, path, paths);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                poison(value, &format!("{path}.{key}"), paths);
            }
        }
        _ => {}
    }
}

#[test]
fn no_text_of_a_result_becomes_markup() {
    let mut value: Value = serde_json::from_str(RESULT).unwrap();
    let mut paths = Vec::new();
    poison(&mut value, "", &mut paths);
    let html = page(&serde_json::from_value(value).unwrap());
    assert!(paths.len() > 120, "{}", paths.len());
    assert_eq!(html.matches("<script").count(), 1);
    assert!(!html.contains("<zz") && !html.contains("\"'"));
    for (number, path) in paths.iter().enumerate() {
        let shown = html.contains(&format!("&lt;zz{number}-&gt;"));
        // What stands on the page in another form, or was replaced by the segments it is made of.
        let elsewhere = [
            ".source_text",
            ".summary.text",
            ".targets.title",
            ".targets.sections.text",
            ".reasons",
        ];
        // Of a mark the page shows what it marks, and where a link leads only in the article itself.
        let known =
            path.contains(".marks.attributes.") || elsewhere.iter().any(|end| path.ends_with(end));
        assert!(shown || known, "{path}");
    }
}

#[test]
fn the_page_loads_nothing_and_its_policy_fits_its_parts() {
    use base64::Engine;
    use sha2::Digest;
    for json in [RESULT, ODD, BARE] {
        let html = page(&read(json));
        for (element, directive) in [("style", "style-src"), ("script", "script-src")] {
            let inside = between(&html, &format!("<{element}>"), &format!("</{element}>"));
            assert_eq!(inside.len(), 1);
            let hash = sha2::Sha256::digest(inside[0]);
            let hash = base64::engine::general_purpose::STANDARD.encode(hash);
            assert!(html.contains(&format!("{directive} 'sha256-{hash}'")));
        }
        let script = between(&html, "<script>", "</script>")[0];
        let style = between(&html, "<style>", "</style>")[0];
        let outside = html.replace(script, "").replace(style, "");
        let tags = between(&outside, "<", ">").join("\n");
        for bad in [
            " src=",
            " style=",
            " onclick=",
            " onmouseover=",
            "link ",
            "iframe",
            "img",
            "form ",
            "object",
        ] {
            assert!(!tags.contains(bad), "{bad}");
        }
    }
}

#[test]
fn every_text_says_its_language() {
    let html = page(&read(RESULT));
    for (column, count) in [("ko", 8), ("ru", 8)] {
        for row in 1..=count {
            let id = format!("id=\"{column}-s{row}-1\"");
            let before = &html[..html.find(&id).unwrap()];
            let lang = &before[before.rfind(" lang=\"").unwrap() + 7..];
            assert!(lang.starts_with(column), "{id}");
        }
    }
}

#[test]
fn a_megabyte_is_laid_out_at_once() {
    let sentence = "The harbour was closed again for a day, and nobody knew when the ships that \
                    wait before it would be let in at last. ";
    let sections: Vec<Value> = (0..25)
        .map(|_| json!({ "kind": "paragraph", "text": sentence.repeat(400) }))
        .collect();
    let segment = |section: usize, at: usize, text: &str| {
        let start = at * sentence.len();
        json!({ "source": { "section": section, "start": start, "end": start + sentence.len() - 1 },
                "source_text": sentence.trim_end(), "text": text, "status": "needs_review", "attempts": 3,
                "findings": [{ "code": "time", "severity": "error",
                               "source": { "start": 4, "end": 11 }, "target": { "start": 0, "end": 3 } }] })
    };
    let target = |lang: &str, text: &str| {
        let sections: Vec<Value> = (0..25)
            .map(|section| {
                let segments: Vec<Value> = (0..400).map(|at| segment(section, at, text)).collect();
                json!({ "kind": "paragraph", "text": "다른 글", "segments": segments })
            })
            .collect();
        json!({ "lang": lang, "status": "needs_review", "sections": sections })
    };
    let mut value: Value = serde_json::from_str(BARE).unwrap();
    value["source"]["sections"] = sections.into();
    value["targets"] = json!([
        target("ko", "항구가 다시 하루 닫혔다."),
        target("ru", "«Порт» снова закрыли.")
    ]);
    let result = serde_json::from_value(value).unwrap();
    let began = Instant::now();
    let html = page(&result);
    let took = began.elapsed();
    assert_eq!(html.matches("<li class=\"finding\"").count(), 20_000);
    // A fraction of a second when optimised; what grows with the square takes minutes.
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn marks_whose_place_is_estimated_are_named_with_their_words_and_others_are_not() {
    let html = page(&read(RESULT));
    let shown: Vec<String> = between(&html, "<div class=\"estimates\" lang=\"en\">", "</div>")
        .into_iter()
        .map(plain)
        .collect();
    assert_eq!(
        shown,
        [
            "Place estimatedlink on minor injuries is on 가벼운 부상 here",
            "Place estimatedlink on minor injuries is on лёгкими травмами here",
        ]
    );
    let mut result = read(RESULT);
    for target in &mut result.targets {
        for mark in target
            .sections
            .iter_mut()
            .flat_map(|section| &mut section.marks)
        {
            mark.end = mark.start;
        }
    }
    assert!(page(&result).contains("has no words here"));
    // What does not fit its text is ignored.
    for section in &mut result.source.sections {
        section.marks.clear();
    }
    assert!(!page(&result).contains("Place estimated"));
}
