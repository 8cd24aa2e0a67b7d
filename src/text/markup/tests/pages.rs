//! Pages in, pages out.

use super::*;
use crate::job::wire::TargetSection;
use crate::text::clean::clean_html;

/// The page as it comes back when each sentence is translated by `translate`.
fn through(html: &str, lang: Lang, translate: impl Fn(&str) -> String) -> String {
    let article = clean_html(html, None).unwrap();
    let target: Vec<TargetSection> = article
        .sections
        .iter()
        .map(|section| {
            let whole = 0..section.text.len();
            let texts = [translate(&section.text)];
            let done = translated(
                section,
                std::slice::from_ref(&whole),
                &texts,
                lang,
                &nowhere,
            );
            TargetSection {
                kind: section.kind,
                text: done.text,
                segments: Vec::new(),
                marks: done.marks,
            }
        })
        .collect();
    target_html(&article.sections, &target, &article.embeds)
}

const PAGE: &str = r#"<h2>The Ferry Sails</h2>
<figure class="wide"><img src="/ferry.jpg" alt="A ferry" onload="x()"><figcaption>The ferry leaves the <em>old dock</em> on Monday.</figcaption></figure>
<p>The ferry left on Monday, <a href="https://example.org/dock?a=1&amp;b=2" onclick="track()">the harbour board</a> said, with <strong>forty people</strong> aboard.</p>
<h3>What It Costs</h3>
<ul><li>Adults pay <b>four crowns</b> a crossing.<ul><li>Children pay two crowns a crossing.</li></ul></li>
<li>Bicycles go free on weekdays.</li></ul>
<blockquote><p>We have waited eleven years for this day.</p><p>It was worth the wait, I should say.</p></blockquote>
<table><tr><th>Day</th><th>Sailings</th></tr><tr><td>Monday</td><td style="color:red">4</td></tr></table>
<p>The next sailing is on Tuesday morning at nine.</p>
<iframe src="https://video.example.org/embed/7" width="560" onload="x()"></iframe>
<p>It is the first since the storm of last year.</p>
<blockquote class="twitter-tweet" data-x="y"><p>Bon voyage! <a href="https://example.org/s/1">1 May</a></p></blockquote>
<script>alert(1)</script>"#;

#[test]
fn a_page_that_is_not_changed_comes_back_as_it_was() {
    let html = through(PAGE, Lang::Ru, str::to_owned);
    let expected = r#"<h1>The Ferry Sails</h1>
<figure><img src="/ferry.jpg" alt="A ferry"/><figcaption>The ferry leaves the <em>old dock</em> on Monday.</figcaption></figure>
<p>The ferry left on Monday, <a href="https://example.org/dock?a=1&amp;b=2">the harbour board</a> said, with <strong>forty people</strong> aboard.</p>
<h3>What It Costs</h3>
<ul><li>Adults pay <b>four crowns</b> a crossing.<ul><li>Children pay two crowns a crossing.</li></ul></li><li>Bicycles go free on weekdays.</li></ul>
<blockquote><p>We have waited eleven years for this day.</p><p>It was worth the wait, I should say.</p></blockquote>
<table><tbody><tr><th>Day</th><th>Sailings</th></tr><tr><td>Monday</td><td>4</td></tr></tbody></table>
<p>The next sailing is on Tuesday morning at nine.</p>
<iframe src="https://video.example.org/embed/7" width="560"></iframe>
<p>It is the first since the storm of last year.</p>
<blockquote class="twitter-tweet"><p>Bon voyage! <a href="https://example.org/s/1">1 May</a></p></blockquote>
"#;
    assert_eq!(html, expected);
    // What goes out can come in again.
    assert_eq!(through(&html, Lang::Ru, str::to_owned), expected);
}

#[test]
fn a_translated_page_has_its_markup() {
    for (lang, words) in [
        (Lang::Ko, "여객선 소식 하나 둘 셋"),
        (Lang::Ru, "Паром отплыл в понедельник"),
    ] {
        let html = through(PAGE, lang, |text| {
            let count = text.split_whitespace().count();
            words
                .split(' ')
                .cycle()
                .take(count)
                .collect::<Vec<_>>()
                .join(" ")
        });
        for part in [
            "<a href=\"https://example.org/dock?a=1&amp;b=2\">",
            "<strong>",
            "<em>",
            "<figure><img",
            "<ul><li>",
            "<td>4</td>",
            "<iframe ",
        ] {
            assert_eq!(
                html.matches(part).count(),
                if part == "<ul><li>" { 2 } else { 1 },
                "{part} in {html}"
            );
        }
        assert!(
            !html.contains("Adults") && !html.contains("script"),
            "{html}"
        );
    }
}

#[test]
fn a_link_around_several_paragraphs_is_one_around_each() {
    let article = clean_html(
        "<p>The ferry left on Monday.</p><a href=/x><p>It came back on Tuesday.</p><p>Nobody was aboard, they said.</p></a>",
        None,
    )
    .unwrap();
    let links: Vec<usize> = article
        .sections
        .iter()
        .map(|section| section.marks.len())
        .collect();
    assert_eq!(links, [0, 1, 1]);
    let html = source_html(&article.sections, &article.embeds);
    assert!(
        html.contains("<p><a href=\"/x\">It came back on Tuesday.</a></p>"),
        "{html}"
    );
}

#[test]
fn pictures_of_other_stories_and_trackers_are_not_taken_along() {
    let story = "<p>The ferry left the harbour on Monday with forty people and a brass band aboard, the board said.</p>".to_owned()
        + "<p>A crowd of two thousand stood on the quay to see it go, and some of them had waited since dawn.</p>";
    let page = format!(
        "<html><body><header><img src=/logo.png></header><nav><a href=/><img src=/home.png></a></nav>\
         <article><h1>The Ferry Sails at Last</h1><figure><img src=/ferry.jpg><figcaption>The ferry on Monday.</figcaption></figure>{story}\
         <img src=/count.gif width=1 height=1><div class=related><a href=/b><img src=/b.jpg>Another Ship Sinks in the Bay</a></div></article>\
         <footer><img src=/badge.png></footer></body></html>"
    );
    let article = clean_html(&page, None).unwrap();
    let html: Vec<&str> = article
        .embeds
        .iter()
        .map(|embed| embed.html.as_str())
        .collect();
    assert_eq!(html, [r#"<img src="/ferry.jpg"/>"#]);
    let out = source_html(&article.sections, &article.embeds);
    assert!(out.contains(r#"<figure><img src="/ferry.jpg"/><figcaption>The ferry on Monday.</figcaption></figure>"#), "{out}");
}

#[test]
fn sections_that_do_not_say_where_they_stand_have_lists_and_quotations() {
    let sections = [
        Section::new(SectionKind::Title, "A & B"),
        Section::new(SectionKind::ListItem, "One"),
        Section::new(SectionKind::ListItem, "Two"),
        Section::new(SectionKind::Quote, "“Said”"),
        Section::new(SectionKind::Caption, "Seen"),
    ];
    assert_eq!(
        source_html(&sections, &[]),
        "<h1>A &amp; B</h1>\n<ul><li>One</li><li>Two</li></ul>\n<blockquote><p>“Said”</p></blockquote>\n<p>Seen</p>\n"
    );
}
