//! Pages in, articles out: the golden results of `tests/data/pages`, and what must hold for any page.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use presslate::job::SectionKind;
use presslate::text::Article;
use presslate::text::clean::{clean_html, clean_text};

const PAGES: [&str; 8] = [
    "agency.txt", "budget.html", "comet.html", "final.txt", "flood-live.txt", "harbour.txt", "museum.html", "orchard.txt",
];

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pages").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn clean(name: &str) -> Article {
    let page = page(name);
    let html = Path::new(name).extension().is_some_and(|extension| extension == "html");
    if html { clean_html(&page, None) } else { clean_text(&page, None) }.expect("an article")
}

/// One line per section and per dropped piece, as the golden files have them.
fn render(article: &Article) -> String {
    let mut out = String::new();
    for section in &article.sections {
        writeln!(out, "{:?}: {}", section.kind, section.text).unwrap();
    }
    out.push_str("\nDropped\n");
    for dropped in &article.dropped {
        writeln!(out, "{}: {}", dropped.reason.name(), dropped.text).unwrap();
    }
    out
}

#[test]
fn every_page_gives_its_golden_article() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("data/pages");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for name in PAGES {
            insta::assert_snapshot!(name, render(&clean(name)));
        }
    });
}

/// The paragraphs of a page that are running text, picked by a rule that shares nothing with the cleaner.
fn long_lines(page: &str) -> impl Iterator<Item = &str> {
    let text = page.lines().map(str::trim).filter(|line| line.split(' ').count() >= 12 && line.ends_with(['.', '”', '"']));
    text.filter(|line| !line.contains('©') && !line.contains("newsletter") && !line.contains("cookies"))
}

#[test]
fn no_long_paragraph_of_a_text_page_is_lost_or_changed() {
    for name in PAGES.into_iter().filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "txt")) {
        // Lines broken at a fixed width are joined, so that page is held against its golden file only.
        if name == "orchard.txt" {
            continue;
        }
        let article = clean(name);
        let page = page(name);
        let mut sections = article.sections.iter();
        let mut seen = 0;
        for line in long_lines(&page) {
            let bare = line.trim_start_matches("• ");
            assert!(sections.any(|section| section.text == bare), "{name}: lost, changed or out of order: {line}");
            seen += 1;
        }
        assert!(seen >= 4, "{name}: only {seen} paragraphs were looked at");
    }
}

#[test]
fn cleaning_a_clean_article_drops_nothing_and_changes_no_text() {
    for name in PAGES {
        let article = clean(name);
        let texts: Vec<&str> = article.sections.iter().map(|section| section.text.as_str()).collect();
        let title = article.sections.first().filter(|first| first.kind == SectionKind::Title).map(|first| first.text.as_str());
        let again = clean_text(&texts.join("\n\n"), title).expect("an article");
        assert_eq!(again.dropped, [], "{name}");
        let texts_again: Vec<&str> = again.sections.iter().map(|section| section.text.as_str()).collect();
        assert_eq!(texts_again, texts, "{name}");
    }
}

/// The seed page, where this checkout has it beside it, or where `TEST_SHARED` says.
fn seed() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "where test data lies is the business of the test")]
    let shared = std::env::var_os("TEST_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let path = shared.join("eval/seed-article.txt");
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("skipped: there is no seed page at {} (set TEST_SHARED to the folder that has eval/)", path.display());
    }
    text
}

#[test]
fn the_seed_page_gives_its_headline_its_two_subheads_and_every_paragraph_unchanged() {
    let Some(page) = seed() else { return };
    let article = clean_text(&page, None).expect("an article");

    let lines: Vec<&str> = page.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let (first, rest) = lines.split_first().unwrap();
    let story = &rest[..rest.len() - 2];
    let texts: Vec<&str> = article.sections.iter().map(|section| section.text.as_str()).collect();
    assert_eq!(texts, story);

    let dropped: Vec<(&str, &str)> = article.dropped.iter().map(|dropped| (dropped.text.as_str(), dropped.reason.name())).collect();
    assert_eq!(dropped[0], (*first, "navigation"));
    assert_eq!(dropped[1], ("Related Articles", "related_links"));
    assert_eq!(dropped[2], ("Back to top button", "furniture"));
    assert_eq!(dropped.len(), 3);

    let of = |kind| article.sections.iter().filter(move |section| section.kind == kind).map(|section| section.text.as_str());
    assert_eq!(article.sections[0].kind, SectionKind::Title);
    assert_eq!(article.sections[1].kind, SectionKind::Lead);
    assert_eq!(of(SectionKind::Heading).collect::<Vec<_>>(), ["Steadfast Allies", "‘Begging’ for Help"]);
    assert_eq!(of(SectionKind::Title).count() + of(SectionKind::Lead).count(), 2);
    assert_eq!(of(SectionKind::Paragraph).count(), story.len() - 4);
}
