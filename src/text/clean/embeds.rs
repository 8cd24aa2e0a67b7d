//! What on a page is no text: pictures, films, sound, tables of figures, posts of social networks.

use dom_query::NodeRef;

use super::containers::Context;
use super::measure::{is_prose, is_sentence, key, word_count};
use crate::job::markup::Container;
use crate::text::markup::{POSTS, sanitised};

/// A cell of a table of figures has no more words than this.
const CELL: usize = 12;
/// A table of figures has no more elements than this.
const MOST_ELEMENTS: usize = 5_000;

/// Something on a page that is no text.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) html: String,
    /// What it is recognised by where the page is read another time.
    pub(super) key: String,
    pub(super) within: Vec<Container>,
    pub(super) context: Context,
}

/// The element as an embed, if it is one that has something to show.
pub(super) fn read(node: &NodeRef<'_>, name: &str, context: Context) -> Option<String> {
    let is_one = match name {
        "img" => !is_tracker(node),
        "picture" | "iframe" | "video" | "audio" => true,
        "blockquote" => is_post(node),
        "table" => is_figures(node, context),
        _ => false,
    };
    let html = if is_one { sanitised(node) } else { None }?;
    // The frame of a picture or a film may be all that is left of it.
    let shows = !matches!(name, "picture" | "video" | "audio")
        || html.contains(" src=\"")
        || html.contains(" srcset=\"");
    shows.then_some(html)
}

/// What an embed is recognised by: its address, else its text.
pub(super) fn key_of(node: &NodeRef<'_>, name: &str) -> String {
    let source = |node: &NodeRef<'_>| {
        ["src", "data-src", "srcset"]
            .into_iter()
            .find_map(|name| node.attr(name))
            .map(|source| source.to_string())
    };
    match name {
        "table" | "blockquote" => key(&node.text()),
        _ => source(node)
            .or_else(|| {
                node.descendants_it()
                    .filter(NodeRef::is_element)
                    .find_map(|inner| source(&inner))
            })
            .unwrap_or_default(),
    }
}

/// Pictures of one pixel count readers.
fn is_tracker(node: &NodeRef<'_>) -> bool {
    ["width", "height"].iter().any(|side| {
        node.attr(side)
            .is_some_and(|size| matches!(size.trim().trim_end_matches("px"), "0" | "1"))
    })
}

fn is_post(node: &NodeRef<'_>) -> bool {
    node.attr("class").is_some_and(|class| {
        class
            .split_ascii_whitespace()
            .any(|class| POSTS.contains(&class))
    })
}

/// Whether a table holds figures and names rather than the page or the story: two rows and two columns at
/// least, headings or figures, and no sentences.
fn is_figures(node: &NodeRef<'_>, context: Context) -> bool {
    if context.purpose.is_some() || context.link {
        return false;
    }
    let (mut rows, mut cells, mut heads, mut figures) = (0_usize, 0_usize, 0_usize, 0_usize);
    for (at, inner) in node.descendants_it().enumerate() {
        let Some(name) = inner.node_name().filter(|_| inner.is_element()) else {
            continue;
        };
        if at > MOST_ELEMENTS {
            return false;
        }
        match &*name {
            "table" | "form" | "h1" | "h2" | "article" | "main" | "nav" | "ul" | "ol" => {
                return false;
            }
            "tr" => rows += 1,
            "td" | "th" => {
                let text = inner.text();
                let text = text.trim();
                if word_count(text) > CELL || is_prose(text) || is_sentence(text) {
                    return false;
                }
                cells += 1;
                heads += usize::from(&*name == "th");
                figures += usize::from(text.contains(|c: char| c.is_ascii_digit()));
            }
            _ => {}
        }
    }
    rows >= 2 && cells >= rows * 2 && (heads > 0 || figures * 3 >= cells)
}
