//! Pages in, articles out: the golden results of `tests/data/pages`, and what must hold for any page.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail the test, and say aloud what they skip"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use presslate::job::{ArticleInput, Body, Lang, Section, SectionKind};
use presslate::text::Article;
use presslate::text::chunk::{segments, split_long};
use presslate::text::clean::{clean as clean_input, clean_html, clean_text, from_sections};
use presslate::text::detect::detect;
use presslate::text::sentences::sentences;
use proptest::strategy::Strategy as _;

const PAGES: [&str; 8] = [
    "agency.txt",
    "budget.html",
    "comet.html",
    "final.txt",
    "flood-live.txt",
    "harbour.txt",
    "museum.html",
    "orchard.txt",
];

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/pages")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn clean(name: &str) -> Article {
    let page = page(name);
    let html = Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "html");
    if html {
        clean_html(&page, None)
    } else {
        clean_text(&page, None)
    }
    .expect("an article")
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
    let text = page
        .lines()
        .map(str::trim)
        .filter(|line| line.split(' ').count() >= 12 && line.ends_with(['.', '”', '"']));
    text.filter(|line| {
        !line.contains('©') && !line.contains("newsletter") && !line.contains("cookies")
    })
}

#[test]
fn no_long_paragraph_of_a_text_page_is_lost_or_changed() {
    for name in PAGES.into_iter().filter(|name| {
        Path::new(name)
            .extension()
            .is_some_and(|extension| extension == "txt")
    }) {
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
            assert!(
                sections.any(|section| section.text == bare),
                "{name}: lost, changed or out of order: {line}"
            );
            seen += 1;
        }
        assert!(seen >= 4, "{name}: only {seen} paragraphs were looked at");
    }
}

#[test]
fn cleaning_a_clean_article_drops_nothing_and_changes_no_text() {
    for name in PAGES {
        let article = clean(name);
        let texts: Vec<&str> = article
            .sections
            .iter()
            .map(|section| section.text.as_str())
            .collect();
        let title = article
            .sections
            .first()
            .filter(|first| first.kind == SectionKind::Title)
            .map(|first| first.text.as_str());
        let again = clean_text(&texts.join("\n\n"), title).expect("an article");
        assert_eq!(again.dropped, [], "{name}");
        let texts_again: Vec<&str> = again
            .sections
            .iter()
            .map(|section| section.text.as_str())
            .collect();
        assert_eq!(texts_again, texts, "{name}");
    }
}

/// The seed page, where this checkout has it beside it, or where `TEST_SHARED` says.
fn seed() -> Option<String> {
    let shared = std::env::var_os("TEST_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let path = shared.join("eval/seed-article.txt");
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        crate::common::skip::skip(&format!(
            "there is no seed page at {} (set TEST_SHARED to the folder that has eval/)",
            path.display()
        ));
    }
    text
}

#[test]
fn the_seed_page_gives_its_headline_its_two_subheads_and_every_paragraph_unchanged() {
    let Some(page) = seed() else { return };
    let article = clean_text(&page, None).expect("an article");

    let lines: Vec<&str> = page
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let (first, rest) = lines.split_first().unwrap();
    let story = &rest[..rest.len() - 2];
    let texts: Vec<&str> = article
        .sections
        .iter()
        .map(|section| section.text.as_str())
        .collect();
    assert_eq!(texts, story);

    let dropped: Vec<(&str, &str)> = article
        .dropped
        .iter()
        .map(|dropped| (dropped.text.as_str(), dropped.reason.name()))
        .collect();
    assert_eq!(dropped[0], (*first, "navigation"));
    assert_eq!(dropped[1], ("Related Articles", "related_links"));
    assert_eq!(dropped[2], ("Back to top button", "furniture"));
    assert_eq!(dropped.len(), 3);

    let of = |kind| {
        article
            .sections
            .iter()
            .filter(move |section| section.kind == kind)
            .map(|section| section.text.as_str())
    };
    assert_eq!(article.sections[0].kind, SectionKind::Title);
    assert_eq!(article.sections[1].kind, SectionKind::Lead);
    assert_eq!(
        of(SectionKind::Heading).collect::<Vec<_>>(),
        ["Steadfast Allies", "‘Begging’ for Help"]
    );
    assert_eq!(
        of(SectionKind::Title).count() + of(SectionKind::Lead).count(),
        2
    );
    assert_eq!(of(SectionKind::Paragraph).count(), story.len() - 4);
}

fn has(article: &Article, kind: SectionKind, text: &str) -> bool {
    article
        .sections
        .iter()
        .any(|section| section.kind == kind && section.text == text)
}

#[test]
fn prose_that_speaks_of_cookies_newsletters_and_copyright_is_kept() {
    let story = [
        "The regulator said the company’s use of cookies broke the law, and fined it $40 million.",
        "Users must accept cookies before they can read the site, the court found in its ruling.",
        "Copyright law is to change in May, when books by authors who died in 1955 become free.",
        "The buyer can cancel at any time, and the results may not be reproduced elsewhere.",
        "Share prices fell. Follow-on orders did not. Print shops were hit the hardest of all.",
        "Subscribe to the theory, he said, or leave: there was no third way for the party in 1988.",
        "“Sign up for our newsletter,” the sign in the empty window still said on Monday morning.",
        "Terms of the deal are secret.",
        "Related families were told first.",
        "Loading docks were empty.",
        "By noon it was over.",
        "“Follow us,” he told the crowd.",
        "“I agree.”",
        "I agree.",
        "Advertisement spending fell 5% in March.",
        "“Keep reading.”",
        "Powered by wind, it won.",
    ];
    let page = format!(
        "Cookies on Trial in the High Court\n\n{}",
        story.join("\n\n")
    );
    let article = clean_text(&page, None).expect("an article");
    assert_eq!(article.dropped, []);
    let texts: Vec<&str> = article.sections[1..]
        .iter()
        .map(|section| section.text.as_str())
        .collect();
    assert_eq!(texts, story);
}

#[test]
fn a_headline_that_looks_like_chrome_is_still_the_headline() {
    for headline in [
        "OpenAI and YouTube Settle",
        "World Politics",
        "Editor Quits After Row Over War",
        "Is This the End?",
        "Advertisement Revenue Falls Sharply in May",
    ] {
        let page = format!(
            "{headline}\n\nThe two sides met on Monday in the town hall and agreed on nothing at all."
        );
        let article = clean_text(&page, None).expect("an article");
        assert!(
            has(&article, SectionKind::Title, headline),
            "{}",
            render(&article)
        );
    }
}

#[test]
fn a_marked_headline_may_begin_as_chrome_does_and_chrome_may_end_in_a_full_stop() {
    let html = "<h1>Follow Us, Says Mayor of Leeds</h1><p>The mayor led the way out of the hall on Monday.</p>\
                <p>Advertisement</p><p>Follow us on Facebook.</p><p>Story continues below.</p>\
                <p>We value your privacy.</p><p>Nobody came after her, a witness told the paper later.</p>";
    let article = clean_html(html, None).expect("an article");
    assert!(has(
        &article,
        SectionKind::Title,
        "Follow Us, Says Mayor of Leeds"
    ));
    assert_eq!(
        (article.sections.len(), article.dropped.len()),
        (3, 4),
        "{}",
        render(&article)
    );
}

#[test]
fn a_title_that_is_given_is_the_title_and_is_not_said_twice() {
    let story = "The ferry left the harbour on Monday with forty people and a brass band aboard.";
    for page in [
        format!("News\n\nFerry sails\n\n{story}"),
        story.to_owned(),
        format!("{story}\n\nFERRY SAILS"),
    ] {
        let article = clean_text(&page, Some(" Ferry  sails ")).expect("an article");
        let texts: Vec<&str> = article
            .sections
            .iter()
            .map(|section| section.text.as_str())
            .collect();
        assert_eq!(texts, ["Ferry sails", story], "{page}");
        assert_eq!(article.sections[0].kind, SectionKind::Title);
    }
    let html = format!("<p>{story}</p>");
    assert!(has(
        &clean_html(&html, Some("Ferry sails")).expect("an article"),
        SectionKind::Title,
        "Ferry sails"
    ));
}

#[test]
fn one_sentence_is_an_article() {
    for text in [
        "Hello",
        "The ferry left on Monday.",
        "<p>The ferry left on Monday.</p>",
    ] {
        let article = if text.starts_with('<') {
            clean_html(text, None)
        } else {
            clean_text(text, None)
        }
        .expect("an article");
        assert_eq!(article.sections.len(), 1);
        assert_eq!(article.sections[0].kind, SectionKind::Paragraph);
    }
}

#[test]
fn a_page_of_nothing_but_chrome_says_so() {
    let error = clean_text("Advertisement\n\nShare on Facebook\n\nBack to top", None)
        .expect_err("no article");
    assert_eq!(
        error.to_string(),
        "no article text was found: all 3 pieces of text in it are page chrome (advertisement, furniture, sharing)"
    );
    assert_eq!(
        clean_text(" \n ", None)
            .expect_err("no article")
            .to_string(),
        "no article text was found: there is no text in it"
    );
    assert!(clean_html("<div><script>x</script></div>", None).is_err());
}

#[test]
fn markup_nested_too_deep_is_refused_before_it_is_parsed() {
    let html = format!("{}text", "<div>".repeat(100_000));
    let error = clean_html(&html, None).expect_err("refused").to_string();
    assert!(error.contains("nested more than 256 deep"), "{error}");
}

#[test]
fn sections_that_were_cut_already_are_taken_as_they_are() {
    let sections = [
        Section::new(SectionKind::Heading, "Share"),
        Section::new(SectionKind::Paragraph, " Back\n to\ttop "),
        Section::new(SectionKind::Paragraph, " "),
    ];
    let article = from_sections(&sections, Some("Ferry")).expect("an article");
    let texts: Vec<&str> = article
        .sections
        .iter()
        .map(|section| section.text.as_str())
        .collect();
    assert_eq!(texts, ["Ferry", "Share", "Back to top"]);
    assert_eq!(article.dropped, []);
    assert!(from_sections(&sections[2..], None).is_err());
}

#[test]
fn the_form_of_the_body_decides_how_it_is_cleaned() {
    let with = |body| {
        clean_input(&ArticleInput { title: None, body })
            .expect("an article")
            .sections
    };
    let section = Section::new(SectionKind::Paragraph, "<p>Hi</p>");
    let as_it_is = std::slice::from_ref(&section);
    assert_eq!(
        with(Body::Html("<p>Hi</p>".to_owned())),
        [Section::new(SectionKind::Paragraph, "Hi")]
    );
    assert_eq!(with(Body::Text("<p>Hi</p>".to_owned())), as_it_is);
    assert_eq!(with(Body::Sections(vec![section.clone()])), as_it_is);
}

#[test]
fn a_page_of_a_megabyte_goes_all_the_way_through() {
    let mut page = String::from("Ferry Sails at Last\n\n");
    let mut at = 0_u32;
    while page.len() < 1_000_000 {
        at += 1;
        let name = at.wrapping_mul(2_654_435_761);
        write!(page, "Gen. N. Korea{name} met the U.S. team at 9 a.m. on day {at}. “It is no. {name},” he said. ").unwrap();
        if at.is_multiple_of(7) {
            page.push_str("\n\nShare this\n\nA Subhead\n\n");
        }
    }
    let one_paragraph = page.replace('\n', " ");
    let html = format!(
        "<html><body><article><p>{}</p></article></body></html>",
        page.replace("\n\n", "</p><p>")
    );
    let words = |text: &str| text.split_whitespace().count();
    for article in [
        clean_text(&page, None),
        clean_text(&one_paragraph, None),
        clean_html(&html, None),
    ] {
        let article = article.expect("an article");
        let length: usize = article
            .sections
            .iter()
            .map(|section| section.text.len())
            .sum();
        assert!(length > 900_000, "{length}");
        let found = segments(&article, Lang::En, 60, &words);
        assert!(found.len() > 5_000, "{}", found.len());
    }
    assert_eq!(detect(&page).lang, Some(Lang::En));
}

#[test]
fn a_long_page_of_short_lines_goes_all_the_way_through() {
    for line in [
        "Related\n",
        "Abc\n",
        "> Abc\n",
        "By Jane Doe\n",
        "a b\nc\n",
        "A, b, c;\n\n",
    ] {
        let page = line.repeat(100_000 / line.len());
        let (sections, dropped) = match clean_text(&page, None) {
            Ok(article) => (article.sections.len(), article.dropped.len()),
            Err(error) => (0, error.to_string().len()),
        };
        assert!(sections + dropped > 0, "{line:?}");
    }
}

#[test]
fn a_megabyte_without_a_space_or_a_full_stop_is_cut_to_size() {
    let text = "é".repeat(500_000);
    let pieces = split_long(&text, Lang::En, 1_000, &|text: &str| text.chars().count());
    assert_eq!(pieces.len(), 500);
    let dots = "A. ".repeat(330_000);
    assert_eq!(
        sentences(&dots, Lang::En)
            .iter()
            .map(ExactSizeIterator::len)
            .sum::<usize>(),
        dots.len()
    );
}

proptest::proptest! {
    #[test]
    fn every_word_of_a_page_is_in_a_section_or_among_the_dropped(
        lines in proptest::collection::vec(
            proptest::prop_oneof![
                proptest::string::string_regex("[ -~“”’éж한\u{a0}]{0,60}").unwrap(),
                proptest::sample::select(vec![
                    "Advertisement", "Related Articles", "By Jane Doe", "NewsSport EuropeAsia", "12:30 GMT", "Back to top", "> Said",
                    "The ferry left the harbour on Monday with forty people aboard.", "A Subhead", "• One", "",
                ]).prop_map(str::to_owned),
            ],
            0..20,
        ),
    ) {
        let page = lines.join("\n");
        let bare = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let mut words: Vec<char> = bare(&page).chars().collect();
        let mut found: Vec<char> = match clean_text(&page, None) {
            Ok(article) => {
                let dropped = article.dropped.iter().map(|dropped| dropped.text.as_str());
                let texts = article.sections.iter().map(|section| section.text.as_str()).chain(dropped);
                texts.flat_map(|text| bare(text).chars().collect::<Vec<_>>()).collect()
            }
            Err(_) => Vec::new(),
        };
        if found.is_empty() {
            return Ok(());
        }
        words.sort_unstable();
        found.sort_unstable();
        proptest::prop_assert_eq!(found, words);
    }

    #[test]
    fn no_markup_makes_the_cleaner_panic(html in "(<(p|div|b|h1|li|ul|br|table|td|/p|/div|a href=x|!--|script)>|[a-z .<>&;\"é한]{0,12}){0,40}") {
        if let Ok(article) = clean_html(&html, None) {
            proptest::prop_assert!(article.sections.iter().all(|section| !section.text.trim().is_empty()));
        }
    }
}
