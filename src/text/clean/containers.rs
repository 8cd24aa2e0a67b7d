//! What the elements of a page say about the text inside them.

use dom_query::NodeRef;

use super::Hint;
use crate::text::DropReason;

/// Elements whose text is not on the page.
const UNSEEN: &[&str] = &[
    "script", "style", "noscript", "template", "svg", "math", "head", "iframe", "object", "canvas",
    "audio", "video", "select", "option", "datalist", "textarea", "input", "title", "meta", "link",
    "map",
];
/// Elements that begin and end a block.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "button",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "legend",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "time",
    "tr",
    "ul",
];
/// Words in a class, id or role that tell what an element is for.
const PURPOSES: &[(DropReason, &[&str])] = &[
    (
        DropReason::Consent,
        &["cookie", "cookies", "consent", "gdpr", "cmp", "onetrust"],
    ),
    (
        DropReason::Subscription,
        &[
            "newsletter",
            "newsletters",
            "subscribe",
            "subscription",
            "signup",
            "paywall",
            "mailchimp",
        ],
    ),
    (
        DropReason::Sharing,
        &[
            "share",
            "sharing",
            "sharebar",
            "social",
            "comments",
            "disqus",
            "addthis",
            "sharethis",
        ],
    ),
    (
        DropReason::RelatedLinks,
        &[
            "related",
            "recirculation",
            "recirc",
            "recommended",
            "recommendations",
            "trending",
            "outbrain",
            "taboola",
            "readmore",
        ],
    ),
    (
        DropReason::Advertisement,
        &[
            "ad",
            "ads",
            "advert",
            "adverts",
            "advertisement",
            "adslot",
            "sponsored",
            "dfp",
        ],
    ),
    (
        DropReason::Byline,
        &["byline", "dateline", "timestamp", "pubdate", "authors"],
    ),
    (
        DropReason::Navigation,
        &[
            "nav",
            "navbar",
            "navigation",
            "menu",
            "breadcrumb",
            "breadcrumbs",
            "tags",
            "ticker",
        ],
    ),
];

/// What holds for the text inside an element.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says one thing, and all can hold at once"
)]
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    pub(super) hint: Hint,
    /// Why the element is not part of the story, if its name or class says so.
    pub(super) purpose: Option<DropReason>,
    /// Whether that is beyond doubt. An `aside` may hold part of the story, a `nav` does not.
    pub(super) sure: bool,
    /// Within the element that the page itself calls its article.
    pub(super) in_article: bool,
    pub(super) link: bool,
    pub(super) bold: bool,
    /// Of the heading that it is, 2 to 6.
    pub(super) level: Option<u8>,
}

impl Context {
    pub(super) const OUTSIDE: Self = Self {
        hint: Hint::None,
        purpose: None,
        sure: false,
        in_article: false,
        link: false,
        bold: false,
        level: None,
    };

    /// The context inside `node`, an element called `name`.
    pub(super) fn inside(self, node: &NodeRef<'_>, name: &str, page_len: usize) -> Self {
        let mut inner = self;
        inner.hint = match (name, self.hint) {
            // A paragraph in a quotation, a list or a caption is part of that.
            (_, Hint::Quote | Hint::Caption | Hint::ListItem) => self.hint,
            ("h1", _) => Hint::Title,
            ("h2" | "h3" | "h4" | "h5" | "h6", _) => Hint::Heading,
            ("p" | "pre", _) => Hint::Paragraph,
            ("blockquote", _) => Hint::Quote,
            ("figcaption" | "figure" | "caption", _) => Hint::Caption,
            ("li" | "dd" | "dt", _) => Hint::ListItem,
            (other, _) if is_block(other) => Hint::None,
            _ => self.hint,
        };
        inner.level = match name {
            "h2" => Some(2),
            "h3" => Some(3),
            "h4" => Some(4),
            "h5" => Some(5),
            "h6" => Some(6),
            _ if is_block(name) => None,
            _ => self.level,
        };
        inner.link |= name == "a";
        inner.bold |= matches!(name, "b" | "strong");
        let role = node.attr("role").unwrap_or_default();
        let body = node
            .attr("itemprop")
            .is_some_and(|prop| &*prop == "articleBody");
        inner.in_article |= matches!(name, "article" | "main") || &*role == "main" || body;
        if !self.sure {
            let (purpose, sure) = match name {
                "nav" => (Some(DropReason::Navigation), true),
                "footer" => (Some(DropReason::Furniture), false),
                "aside" => (Some(DropReason::RelatedLinks), false),
                "button" => (Some(DropReason::Furniture), true),
                "time" => (Some(DropReason::Byline), false),
                _ => (None, false),
            };
            // `time` within a sentence is part of the sentence; only a block of its own is a stamp.
            let (purpose, sure) = match purpose_by_class(node, name, &role, page_len) {
                Some(reason) => (Some(reason), true),
                None => (purpose, sure),
            };
            if purpose.is_some() && (name != "time" || self.hint == Hint::None) {
                inner.purpose = purpose;
                inner.sure = sure;
            }
        }
        inner
    }
}

/// Whether an element has no text that is on the page.
pub(super) fn is_unseen(name: &str) -> bool {
    UNSEEN.contains(&name)
}

/// Whether an element is not shown, by its attributes.
pub(super) fn is_hidden(node: &NodeRef<'_>) -> bool {
    let hidden = || {
        node.has_attr("hidden")
            || node
                .attr("aria-hidden")
                .is_some_and(|value| &*value == "true")
    };
    let styled = || {
        node.attr("style")
            .is_some_and(|style| style.replace(' ', "").contains("display:none"))
    };
    hidden() || styled()
}

pub(super) fn is_block(name: &str) -> bool {
    BLOCKS.contains(&name)
}

/// The purpose that the element's class, id or role names, unless it holds the story itself: sites
/// hang such words on wrappers too.
fn purpose_by_class(
    node: &NodeRef<'_>,
    name: &str,
    role: &str,
    page_len: usize,
) -> Option<DropReason> {
    if matches!(
        name,
        "html" | "body" | "main" | "article" | "p" | "h1" | "h2" | "h3"
    ) && role.is_empty()
    {
        let byline = name == "p"
            && has_word(
                &node.attr("class").unwrap_or_default(),
                &["byline", "dateline", "timestamp"],
            );
        return byline.then_some(DropReason::Byline);
    }
    let names = format!(
        "{} {} {role}",
        node.attr("class").unwrap_or_default(),
        node.attr("id").unwrap_or_default()
    );
    let (reason, _) = PURPOSES.iter().find(|(_, words)| has_word(&names, words))?;
    // `NodeRef::find` would recurse, as deep as the page is nested.
    let holds_story = node.descendants_it().any(|inner| {
        inner
            .node_name()
            .is_some_and(|name| matches!(&*name, "article" | "main" | "h1"))
    });
    (!holds_story && node.text().len() * 2 < page_len.max(1)).then_some(*reason)
}

/// Whether any of the words stands in the names, which are cut at anything but letters and at a
/// capital after a small letter.
fn has_word(names: &str, words: &[&str]) -> bool {
    names.split(|c: char| !c.is_ascii_alphabetic()).any(|name| {
        let mut start = 0;
        let bytes = name.as_bytes();
        (1..=bytes.len()).any(|at| {
            let ends = at == bytes.len()
                || (bytes.get(at).is_some_and(u8::is_ascii_uppercase)
                    && bytes.get(at - 1).is_some_and(u8::is_ascii_lowercase));
            if !ends {
                return false;
            }
            let part = name.get(start..at).unwrap_or_default().to_ascii_lowercase();
            start = at;
            words.contains(&part.as_str())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_names_are_read_word_by_word() {
        for (names, word, yes) in [
            ("newsletter-box", "newsletter", true),
            ("socialShare big", "share", true),
            ("page-header", "ad", false),
            ("shared-layout", "share", false),
            ("ad_slot_2", "ad", true),
            ("", "ad", false),
        ] {
            assert_eq!(has_word(names, &[word]), yes, "{names}");
        }
    }
}
