//! Any text as a page, plain and as HTML: an article of which nothing is lost, or none. What stands
//! before a zero byte is the headline.

#![no_main]

use libfuzzer_sys::fuzz_target;
use presslate::job::{ArticleInput, Body, Lang, SectionKind};
use presslate::text::Article;
use presslate::text::clean::{clean, from_sections};
use presslate::text::sentences::sentences;

fuzz_target!(|bytes: &[u8]| {
    let Ok(page) = std::str::from_utf8(bytes) else {
        return;
    };
    let (title, page) = match page.split_once('\0') {
        Some((title, page)) => (Some(title), page),
        None => (None, page),
    };
    let article = |body| {
        clean(&ArticleInput {
            title: title.map(str::to_owned),
            body,
        })
    };
    if let Ok(article) = article(Body::Text(page.to_owned())) {
        whole(&article);
        // A headline that is known stands for the page's own, in its own spelling.
        if title.is_none() {
            nothing_lost(&article, page);
        }
    }
    if let Ok(article) = article(Body::Html(page.to_owned())) {
        whole(&article);
    }
});

/// Holds for every article, whatever it was made from.
fn whole(article: &Article) {
    assert!(!article.sections.is_empty());
    for (at, section) in article.sections.iter().enumerate() {
        assert!(!section.text.trim().is_empty(), "section {at} is blank");
        assert!(!section.text.contains('\n'), "section {at} is no line");
        assert!(
            at == 0 || section.kind != SectionKind::Title,
            "a title at {at}"
        );
        let tiles = sentences(&section.text, Lang::En);
        let joined: String = tiles
            .into_iter()
            .map(|range| &section.text[range])
            .collect();
        assert_eq!(joined, section.text, "sentences do not tile section {at}");
    }
    assert!(
        article
            .dropped
            .iter()
            .all(|dropped| !dropped.text.is_empty())
    );
    let again = from_sections(&article.sections, None).expect("sections that are not blank");
    assert_eq!(again.sections, article.sections, "cleaned twice");
}

/// Every letter and digit of a plain page is in a section or among what was dropped.
fn nothing_lost(article: &Article, page: &str) {
    let dropped = article.dropped.iter().map(|dropped| dropped.text.as_str());
    let kept = article.sections.iter().map(|section| section.text.as_str());
    let found = letters(kept.chain(dropped));
    let there = letters([page].into_iter());
    let less = |of: &[char], by: &[char]| {
        let mut rest = of.to_vec();
        for c in by {
            if let Some(at) = rest.iter().position(|other| other == c) {
                rest.swap_remove(at);
            }
        }
        rest
    };
    assert!(
        found == there,
        "lost {:?}, came from nowhere {:?}",
        less(&there, &found),
        less(&found, &there)
    );
}

fn letters<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<char> {
    let mut letters: Vec<char> = texts
        .flat_map(str::chars)
        .filter(|c| c.is_alphanumeric())
        .collect();
    letters.sort_unstable();
    letters
}
