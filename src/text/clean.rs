//! A page into an article: which blocks are the story, what each is, and what was taken off.
//!
//! Plain text is cut into lines, HTML into its blocks with the help of a readability library; then
//! both go through the same rules, which know the phrases and shapes of page
//! chrome and nothing of any one site. A block of running text is dropped only when it speaks in
//! the page's own voice ("we use cookies …") or says again what stood before it.

mod arrange;
mod byline;
mod containers;
mod embeds;
mod html;
mod lines;
mod measure;
mod phrases;
mod picture;
mod rules;
mod walk;

use super::input::{InputError, check_html, check_text};
use super::markup::attribute;
use super::{Article, DropReason, EmptyArticle};
use crate::job::markup::{Container, Mark};
use crate::job::{ArticleInput, Body, Section, SectionKind};

/// A piece of a page before it is known what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Block {
    text: String,
    hint: Hint,
    /// Set when it is known not to be part of the story.
    drop: Option<DropReason>,
    /// Markup within it.
    marks: Vec<Mark>,
    /// Markup around it.
    within: Vec<Container>,
    /// Of a heading, 2 to 6.
    level: Option<u8>,
    /// What stands before it and is no text.
    embeds: Vec<Placeless>,
}

/// Something on a page that is no text, before it is known where in the article it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Placeless {
    html: String,
    within: Vec<Container>,
    /// Whether it is known to be part of the story; otherwise what stands behind it decides.
    sure: bool,
}

impl Block {
    fn new(text: String, hint: Hint) -> Self {
        Self {
            text,
            hint,
            drop: None,
            marks: Vec::new(),
            within: Vec::new(),
            level: None,
            embeds: Vec::new(),
        }
    }
}

/// What the page's own marks say a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hint {
    None,
    Title,
    Heading,
    Paragraph,
    Quote,
    Caption,
    ListItem,
}

/// Cleans the body of an article, whatever its form.
///
/// # Errors
/// [`EmptyArticle`] when nothing is left, or when the body is made to keep a program busy: jobs from
/// a queue come here without [`sniff`](super::input::sniff).
pub fn clean(article: &ArticleInput) -> Result<Article, EmptyArticle> {
    let title = article.title.as_deref();
    match &article.body {
        Body::Text(page) => {
            check_text(page).map_err(refused)?;
            clean_text(page, title)
        }
        Body::Html(html) => {
            check_html(html).map_err(refused)?;
            clean_html(html, title)
        }
        Body::Sections(sections) => from_sections(sections, title),
    }
}

fn refused(error: InputError) -> EmptyArticle {
    let why = match error {
        InputError::Bomb { why } => {
            format!("{why}; it is refused because working through it could take for ever")
        }
        other => other.to_string(),
    };
    EmptyArticle { why }
}

/// Cleans a page of plain text. `title` is the headline where it is known; otherwise it is looked
/// for above the first paragraph.
///
/// ```
/// let page = "Home | News | Sport\n\nFerry Sails at Last\n\nThe ferry left the harbour on Monday with forty people.";
/// let article = presslate::text::clean::clean_text(page, None)?;
/// assert_eq!(article.sections[0].text, "Ferry Sails at Last");
/// assert_eq!(article.dropped[0].text, "Home | News | Sport");
/// # Ok::<(), presslate::text::EmptyArticle>(())
/// ```
///
/// # Errors
/// [`EmptyArticle`] when nothing is left.
pub fn clean_text(page: &str, title: Option<&str>) -> Result<Article, EmptyArticle> {
    let page = arrange::Blocks {
        blocks: lines::blocks(page),
        tail: Vec::new(),
    };
    arrange::arrange(page, title, arrange::Form::Text)
}

/// Cleans a page or a fragment of HTML. `title` is the headline where it is known; otherwise it is
/// taken from the page's heading or metadata.
///
/// # Errors
/// [`EmptyArticle`] when nothing is left, or when the markup is nested too deep to be a page.
pub fn clean_html(html: &str, title: Option<&str>) -> Result<Article, EmptyArticle> {
    let page = html::blocks(html, title)?;
    arrange::arrange(page.blocks, page.title.as_deref(), arrange::Form::Html)
}

/// Takes sections as they are: nothing is dropped but empty ones, and white space is made regular. A
/// `title` is put first unless the sections begin with one. An article has one title: another one
/// further down becomes a heading.
///
/// # Errors
/// [`EmptyArticle`] when every section is blank.
pub fn from_sections(sections: &[Section], title: Option<&str>) -> Result<Article, EmptyArticle> {
    let mut found: Vec<Section> = sections
        .iter()
        .map(|section| {
            let mut marks = section.marks.clone();
            for mark in &mut marks {
                let tag = mark.tag.name();
                mark.attributes
                    .retain(|name, value| attribute(tag, name, value).is_some());
            }
            let (text, marks) = lines::marked_line(&section.text, marks);
            Section {
                text,
                marks,
                ..section.clone()
            }
        })
        .filter(|section| !section.text.is_empty())
        .collect();
    if found.is_empty() {
        return Err(EmptyArticle {
            why: format!("all of its {} sections are blank", sections.len()),
        });
    }
    let title = title.map(lines::one_line).filter(|title| !title.is_empty());
    let begins_with_title = found
        .first()
        .is_some_and(|first| first.kind == SectionKind::Title);
    if let Some(title) = title.filter(|_| !begins_with_title) {
        found.insert(0, Section::new(SectionKind::Title, title));
    }
    for section in found.iter_mut().skip(1) {
        if section.kind == SectionKind::Title {
            section.kind = SectionKind::Heading;
        }
    }
    Ok(Article {
        sections: found,
        dropped: Vec::new(),
        embeds: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::markup::Inline;

    #[test]
    fn a_title_below_the_first_section_becomes_a_heading() {
        let sections = [
            Section::new(SectionKind::Title, "Ferry Sails"),
            Section::new(SectionKind::Paragraph, "It sailed."),
            Section::new(SectionKind::Title, "Next Year"),
        ];
        let kinds = |sections: &[Section], title: Option<&str>| -> Vec<SectionKind> {
            let article = from_sections(sections, title).unwrap();
            article
                .sections
                .iter()
                .map(|section| section.kind)
                .collect()
        };
        assert_eq!(
            kinds(&sections, Some("Ferry Sails at Last")),
            [
                SectionKind::Title,
                SectionKind::Paragraph,
                SectionKind::Heading
            ]
        );
        assert_eq!(
            kinds(&sections[1..], Some("Ferry Sails at Last")),
            [
                SectionKind::Title,
                SectionKind::Paragraph,
                SectionKind::Heading
            ]
        );
    }

    #[test]
    fn marks_of_sections_are_made_to_fit_and_lose_what_could_run() {
        let marks = vec![
            Mark::new(Inline::A, 4, 11)
                .attribute("href", "javascript:x")
                .attribute("title", "A ferry"),
            Mark::new(Inline::B, 8, 500),
        ];
        let section = Section::new(SectionKind::Paragraph, "  A  ferry sailed.").with_marks(marks);
        let article = from_sections(&[section], None).unwrap();
        let expected = [Mark::new(Inline::A, 2, 7).attribute("title", "A ferry")];
        assert_eq!(article.sections[0].text, "A ferry sailed.");
        assert_eq!(article.sections[0].marks, expected);
    }

    #[test]
    fn a_body_made_to_keep_a_program_busy_is_refused_before_it_is_cleaned() {
        let long_word = "a".repeat(20_000);
        let tags = "<br><i></i>".repeat(10_000);
        for (body, why) in [
            (Body::Text(long_word.clone()), "longer than 10000 bytes"),
            (
                Body::Text("lorem ipsum ".repeat(5_000)),
                "2 words said again and again",
            ),
            (
                Body::Html(format!("<p>{long_word}</p>")),
                "longer than 10000 bytes",
            ),
            (Body::Html(format!("<p>Ferry</p>{tags}")), "tags around"),
        ] {
            let article = ArticleInput { title: None, body };
            let error = clean(&article).expect_err("refused").to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
