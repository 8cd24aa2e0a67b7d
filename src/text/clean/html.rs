//! A page or fragment of HTML, cut into blocks.
//!
//! The whole page is walked, so that what is left out can be reported; the readability library says
//! which of its blocks belong to the article. It is not taken at its word: it leaves cookie notices
//! in and loses standfirsts, so a block is dropped when the page's own marks say that it is chrome,
//! and kept when it is running text that nothing speaks against.

use std::collections::HashSet;

use dom_query::Document;
use dom_smoothie::{Config, Readability};

use super::arrange::Blocks;
use super::embeds::Found as Embed;
use super::measure::{is_all_capitalised, is_headline, is_prose, is_sentence, key, word_count};
use super::walk::{self, Found};
use super::{Block, Hint, Placeless, byline, rules};
use crate::text::input::{MAX_NESTING, markup_depth};
use crate::text::{DropReason, EmptyArticle};

/// More elements than any article page has; the library is not asked about such a page.
const MOST_ELEMENTS: usize = 30_000;
/// From this share of linked text on, a line is a link.
const LINK: f32 = 0.8;

/// The blocks of a page and its headline.
pub(super) struct Page {
    pub(super) blocks: Blocks,
    pub(super) title: Option<String>,
}

/// Cuts a page or fragment into blocks; those that are no part of the story are marked. `title` is the
/// headline where it is known.
pub(super) fn blocks(html: &str, title: Option<&str>) -> Result<Page, EmptyArticle> {
    if markup_depth(html) > MAX_NESTING {
        return Err(EmptyArticle {
            why: format!("its markup is nested more than {MAX_NESTING} deep"),
        });
    }
    let whole = is_whole_page(html);
    let document = if whole {
        Document::from(html)
    } else {
        Document::fragment(html)
    };
    // A parser may nest deeper than the tags say; what comes next recurses, the library too.
    if walk::is_too_deep(&document.root()) {
        return Err(EmptyArticle {
            why: format!("a parser nests its markup more than {} deep", walk::DEEPEST),
        });
    }
    let found = walk::blocks(&document.body().unwrap_or_else(|| document.root()));
    let kept = if whole { readable(html) } else { None };
    let headline = title
        .map(str::to_owned)
        .or_else(|| headline(&document, &found.blocks));
    let mut blocks: Vec<Block> = found
        .blocks
        .into_iter()
        .map(|found| judge(found, kept.as_ref()))
        .collect();
    name_related(&mut blocks);
    let tail = judge_embeds(found.tail, kept.as_ref());
    Ok(Page {
        blocks: Blocks { blocks, tail },
        title: headline,
    })
}

fn is_whole_page(html: &str) -> bool {
    let head: String = html
        .chars()
        .take(4096)
        .collect::<String>()
        .to_ascii_lowercase();
    ["<!doctype", "<html", "<head", "<body"]
        .iter()
        .any(|mark| head.contains(mark))
}

/// What the library takes for the article: keys of its blocks, and of what is no text in it.
struct Readable {
    blocks: HashSet<String>,
    embeds: HashSet<String>,
}

/// What the library takes for the article; nothing if it finds none.
fn readable(html: &str) -> Option<Readable> {
    let config = Config {
        max_elements_to_parse: MOST_ELEMENTS,
        ..Config::default()
    };
    let article = Readability::new(html, None, Some(config))
        .ok()?
        .parse()
        .ok()?;
    let content = Document::fragment(article.content);
    let walked = walk::blocks(&content.root());
    let in_blocks = walked.blocks.iter().flat_map(|found| &found.embeds);
    let embeds = in_blocks
        .chain(&walked.tail)
        .map(|embed| embed.key.clone())
        .collect();
    let blocks: HashSet<String> = walked.blocks.iter().map(|found| key(&found.text)).collect();
    (!blocks.is_empty()).then_some(Readable { blocks, embeds })
}

fn judge(found: Found, kept: Option<&Readable>) -> Block {
    let drop = verdict(&found, kept.map(|kept| &kept.blocks));
    let bold_subhead = found.bold
        && is_headline(&found.text)
        && word_count(&found.text) <= 14
        && found.links < LINK;
    let hint = match found.context.hint {
        Hint::Paragraph | Hint::None if bold_subhead => Hint::Heading,
        hint => hint,
    };
    Block {
        drop,
        marks: found.marks,
        within: found.within,
        level: found.context.level,
        embeds: judge_embeds(found.embeds, kept),
        ..Block::new(found.text, hint)
    }
}

/// Leaves out what the page's own marks say is chrome. In a fragment, everything else is the story's; in a
/// page, what the library keeps, and perhaps what stands in the page's article and is no link.
fn judge_embeds(found: Vec<Embed>, kept: Option<&Readable>) -> Vec<Placeless> {
    found
        .into_iter()
        .filter_map(|embed| {
            let context = embed.context;
            let sure = kept.is_none_or(|kept| kept.embeds.contains(&embed.key));
            let chrome = context.purpose.is_some() && (context.sure || !sure);
            let perhaps = sure || (context.in_article && !context.link);
            (!chrome && perhaps).then_some(Placeless {
                html: embed.html,
                within: embed.within,
                sure,
            })
        })
        .collect()
}

/// Links that were dropped under a heading of related stories are those stories, not a menu.
fn name_related(blocks: &mut [Block]) {
    let mut related = false;
    for block in blocks {
        related = block.drop.is_some() && (related || rules::is_related_heading(&block.text));
        if related && block.drop == Some(DropReason::Navigation) && word_count(&block.text) >= 3 {
            block.drop = Some(DropReason::RelatedLinks);
        }
    }
}

fn verdict(found: &Found, kept: Option<&HashSet<String>>) -> Option<DropReason> {
    let text = &found.text;
    let context = &found.context;
    let inside = kept.is_none_or(|kept| kept.contains(&key(text)));
    let about =
        || byline::is_stamp(text) || byline::is_credit_line(text) || byline::is_byline(text);
    let said = rules::chrome(text).or_else(|| about().then_some(DropReason::Byline));
    if let Some(reason) = context.purpose.filter(|_| context.sure || !inside) {
        return Some(said.unwrap_or(reason));
    }
    let heading = matches!(context.hint, Hint::Title | Hint::Heading);
    if found.links >= LINK && !is_sentence(text) && !heading {
        return Some(said.unwrap_or(if context.in_article || inside {
            DropReason::RelatedLinks
        } else {
            DropReason::Navigation
        }));
    }
    if inside || context.hint == Hint::Title {
        return None;
    }
    let part =
        is_prose(text) || (context.in_article && (context.hint != Hint::None || is_sentence(text)));
    if part && found.links < 0.5 {
        None
    } else {
        Some(said.unwrap_or(DropReason::Navigation))
    }
}

/// The headline: the page's first-level heading, where its metadata agree or there is only one;
/// else the title in the metadata, without the name of the site.
fn headline(document: &Document, found: &[Found]) -> Option<String> {
    let content = |selector: &str| {
        let attribute = document.select(selector).attr("content");
        attribute
            .map(|content| super::lines::one_line(&content))
            .filter(|content| !content.is_empty())
    };
    let site = content("meta[property='og:site_name']");
    let element = || {
        Some(super::lines::one_line(
            &document.select("head > title").text(),
        ))
        .filter(|title| !title.is_empty())
    };
    let meta = content("meta[property='og:title']").or_else(element);
    let headings: Vec<&Found> = found
        .iter()
        .filter(|found| found.context.hint == Hint::Title && found.context.purpose.is_none())
        .filter(|found| {
            site.as_deref()
                .is_none_or(|site| key(site) != key(&found.text))
        })
        .collect();
    let agreed = meta.as_deref().map(key).and_then(|meta| {
        headings.iter().find(|heading| {
            let key = key(&heading.text);
            word_count(&key) >= 2 && (meta.contains(&key) || key.contains(&meta))
        })
    });
    // Some pages have their own name for a heading; a headline has a word in common with the title.
    let related = |heading: &str| {
        let meta = meta.as_deref().map(key).unwrap_or_default();
        meta.is_empty()
            || key(heading)
                .split(' ')
                .any(|word| word.len() >= 4 && meta.split(' ').any(|other| other == word))
    };
    let only = || match headings.as_slice() {
        [one] if one.context.in_article || related(&one.text) => Some(one),
        _ => None,
    };
    agreed
        .or_else(only)
        .map(|heading| heading.text.clone())
        .or_else(|| meta.map(|meta| without_site(&meta, site.as_deref())))
}

/// `Ferry sails | Harbour Post` without the paper.
fn without_site(title: &str, site: Option<&str>) -> String {
    for mark in [" | ", " :: ", " » ", " · ", " — ", " – ", " - "] {
        let Some((head, tail)) = title.rsplit_once(mark) else {
            continue;
        };
        let named = site.is_some_and(|site| key(site) == key(tail));
        let dash = matches!(mark, " — " | " – " | " - ");
        let looks =
            word_count(tail) <= 4 && word_count(head) >= 3 && (!dash || is_all_capitalised(tail));
        if named || looks {
            return without_site(head.trim(), site);
        }
    }
    title.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heading_of_a_page_is_its_headline_if_the_title_has_anything_to_do_with_it() {
        for (title, heading, expected) in [
            (
                "Ferry: the full story | Daily News",
                "Ferry sails at last",
                "Ferry sails at last",
            ),
            (
                "Ferry sails at last | Daily News",
                "The Paper",
                "Ferry sails at last",
            ),
            ("", "Ferry sails", "Ferry sails"),
        ] {
            let html = format!(
                "<html><head><title>{title}</title></head><body><h1>{heading}</h1><p>It left.</p></body></html>"
            );
            let page = blocks(&html, None).expect("blocks");
            assert_eq!(page.title.as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_page_that_a_parser_nests_deeper_than_its_tags_is_refused() {
        let scopes = (0..20_000).fold(String::new(), |page, at| {
            page + "<b id=" + &at.to_string() + "><marquee></b></marquee>"
        });
        for inside in [
            "<rt>".repeat(50_000),
            "<rp>".repeat(50_000),
            "<optgroup>".repeat(50_000),
            "(<div><marquee></div>)".repeat(20_000),
            scopes,
            format!("<svg>{}", "<option>".repeat(50_000)),
        ] {
            let html = format!("<div class=\"ad\">{inside}Ferry");
            let why = blocks(&html, None).err().map(|error| error.why);
            assert!(why.is_some_and(|why| why.contains("deep")), "{html:.60}");
        }
    }

    #[test]
    fn the_deepest_page_that_is_let_in_does_not_exhaust_the_stack() {
        let html = format!(
            "<html><body>{}<p>The ferry left the harbour on Monday with forty people aboard.",
            "<table><tr><td class=\"ad\">".repeat(145)
        );
        let page = blocks(&html, None).expect("blocks");
        assert_eq!(page.blocks.blocks.len(), 1);
    }

    #[test]
    fn the_name_of_the_site_is_taken_off_a_title() {
        for (title, bare) in [
            ("Ferry Sails at Last | Daily News", "Ferry Sails at Last"),
            (
                "Ferry Sails at Last - World - Daily News",
                "Ferry Sails at Last",
            ),
            ("Ferry sails – at last", "Ferry sails – at last"),
            ("Ferry | Daily News", "Ferry | Daily News"),
        ] {
            assert_eq!(without_site(title, None), bare);
        }
        assert_eq!(
            without_site("Ferry | Daily News", Some("Daily News")),
            "Ferry"
        );
    }
}
