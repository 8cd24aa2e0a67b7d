//! Markup measured before it is parsed: a parser works through whatever it is given.

use super::MAX_NESTING;

/// How deep elements are nested, going by their tags, up to one more than [`MAX_NESTING`]. Elements
/// that need no closing tag do not count.
pub fn markup_depth(html: &str) -> usize {
    const OPEN_ENDED: [&str; 28] = [
        "area", "base", "body", "br", "col", "colgroup", "dd", "dt", "embed", "head", "hr", "html",
        "img", "input", "li", "link", "meta", "option", "p", "param", "source", "tbody", "td",
        "tfoot", "th", "thead", "tr", "wbr",
    ];
    const FORMATTING: [&str; 14] = [
        "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt",
        "u",
    ];
    // A parser opens unclosed formatting again in every block that follows, so only its own closing
    // tag ends it; and a closing tag that closes nothing must not make the page look shallower.
    let mut blocks: Vec<String> = Vec::new();
    // With the number of blocks that were open when it began.
    let mut formatting: Vec<(String, usize)> = Vec::new();
    let mut deepest = 0;
    for tag in Tags(html) {
        if OPEN_ENDED.contains(&tag.name.as_str()) {
            continue;
        }
        let is_formatting = FORMATTING.contains(&tag.name.as_str());
        let at = if is_formatting {
            formatting.iter().rposition(|(name, _)| *name == tag.name)
        } else {
            blocks.iter().rposition(|name| *name == tag.name)
        };
        match (tag.closing, at) {
            (true, Some(at)) if is_formatting => {
                let began = formatting.get(at).map_or(0, |(_, began)| *began);
                if !is_fenced(&blocks, began, &tag.name) {
                    formatting.remove(at);
                }
            }
            (true, Some(at)) if !is_fenced(&blocks, at + 1, &tag.name) => blocks.truncate(at),
            // A link within a link ends the outer one.
            (false, Some(_)) if tag.name == "a" => {}
            (false, _)
                if !(tag.closes_itself
                    && blocks.iter().any(|name| name == "svg" || name == "math")) =>
            {
                if is_formatting {
                    formatting.push((tag.name, blocks.len()));
                } else {
                    blocks.push(tag.name);
                }
            }
            _ => {}
        }
        deepest = deepest.max(blocks.len() + formatting.len());
        if deepest > MAX_NESTING {
            break;
        }
    }
    deepest
}

/// Whether a closing tag cannot reach out of an element among the blocks from `first` on. Its own
/// closing tag ends a table, whatever is open inside.
fn is_fenced(blocks: &[String], first: usize, name: &str) -> bool {
    const FENCES: [&str; 6] = ["table", "marquee", "object", "applet", "template", "select"];
    let fences = |inner: &String| match name {
        "table" | "template" => inner == "template",
        _ => FENCES.contains(&inner.as_str()),
    };
    blocks.iter().skip(first).any(fences)
}

/// The text outside tags, scripts, styles and comments, entities as they stand.
pub(super) fn visible(html: &str) -> String {
    let mut text = String::with_capacity(html.len() / 4);
    let mut tags = Tags(html);
    loop {
        let before = tags.0;
        let tag = tags.next();
        let end = before
            .find('<')
            .filter(|_| tag.is_some())
            .unwrap_or(before.len());
        text.push_str(before.get(..end).unwrap_or_default());
        text.push(' ');
        if tag.is_none() {
            return text;
        }
    }
}

/// Number of tags, comments included.
pub(super) fn tag_count(html: &str) -> usize {
    Tags(html).count()
}

struct Tag {
    name: String,
    closing: bool,
    closes_itself: bool,
}

/// Reads tags one by one, and steps over comments and over what is inside scripts and styles.
struct Tags<'a>(&'a str);

impl Iterator for Tags<'_> {
    type Item = Tag;

    fn next(&mut self) -> Option<Tag> {
        let (_, rest) = self.0.split_once('<')?;
        if let Some(comment) = rest.strip_prefix("!--") {
            self.0 = comment.split_once("-->").map_or("", |(_, after)| after);
            return Some(Tag {
                name: "br".to_owned(),
                closing: false,
                closes_itself: true,
            });
        }
        let closing = rest.starts_with('/');
        let named = rest.trim_start_matches('/');
        let name: String = named
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .take(24)
            .collect::<String>()
            .to_ascii_lowercase();
        if name.is_empty() && !rest.starts_with(['/', '!', '?']) {
            // `5 < 6`: no tag.
            self.0 = rest;
            return Some(Tag {
                name: "br".to_owned(),
                closing: false,
                closes_itself: true,
            });
        }
        let (inside, after) = rest.split_once('>').unwrap_or((rest, ""));
        self.0 = after;
        let closes_itself = inside.ends_with('/') || rest.starts_with(['!', '?']);
        if !closing && matches!(name.as_str(), "script" | "style") {
            let end = format!("</{name}");
            let at = find_ignoring_case(after, &end);
            self.0 = at.and_then(|at| after.get(at..)).unwrap_or("");
        }
        Some(Tag {
            name,
            closing,
            closes_itself,
        })
    }
}

fn find_ignoring_case(text: &str, what: &str) -> Option<usize> {
    text.match_indices('<').map(|(at, _)| at).find(|at| {
        text.as_bytes()
            .get(*at..at + what.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(what.as_bytes()))
    })
}
