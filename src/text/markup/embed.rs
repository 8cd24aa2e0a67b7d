//! Pictures, films, tables and posts, without what could run.

use dom_query::{Document, NodeRef};

use super::escape::{push_close, push_open, push_text};
use super::safe::is_element;

/// Deeper than anything that is embedded.
const DEEPEST: usize = 64;
/// Elements that are left out with all that is in them.
const GONE: &[&str] = &[
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "math",
    "object",
    "embed",
    "applet",
    "canvas",
    "select",
    "textarea",
    "title",
    "head",
    "form",
    "button",
    "input",
    "frameset",
    "frame",
    "link",
    "meta",
    "base",
    "xmp",
    "plaintext",
    "noembed",
    "noframes",
];

/// An element as it may go out; nothing if it has nothing to show.
pub(in crate::text) fn sanitised(node: &NodeRef<'_>) -> Option<String> {
    let mut out = String::new();
    push(&mut out, node, 0);
    (!out.is_empty()).then_some(out)
}

/// The first embed of a piece of HTML as it may go out.
pub(super) fn sanitised_html(html: &str) -> Option<String> {
    if crate::text::input::markup_depth(html) > DEEPEST {
        return None;
    }
    let document = Document::fragment(html);
    let mut out = String::new();
    let root = document.root();
    // A fragment has its parser's own elements around it.
    for child in root.children_it(false) {
        push(&mut out, &child, 0);
    }
    (!out.is_empty()).then_some(out)
}

fn push(out: &mut String, node: &NodeRef<'_>, depth: usize) {
    if node.is_text() {
        push_text(out, &node.text());
        return;
    }
    let Some(name) = node.node_name().filter(|_| node.is_element()) else {
        return;
    };
    if depth > DEEPEST || GONE.contains(&&*name) {
        return;
    }
    if !is_element(&name) {
        for child in node.children_it(false) {
            push(out, &child, depth + 1);
        }
        return;
    }
    let attributes = attributes(node, &name);
    let shows = match &*name {
        "img" | "iframe" | "source" | "track" => attributes
            .iter()
            .any(|(key, value)| matches!(key.as_str(), "src" | "srcset") && !value.is_empty()),
        _ => true,
    };
    if !shows {
        return;
    }
    let pairs = attributes
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    push_open(out, &name, pairs);
    let media = matches!(&*name, "video" | "audio" | "picture");
    if &*name != "iframe" {
        for child in node.children_it(false) {
            let wanted = child.node_name().is_some_and(|name| {
                matches!(&*name, "source" | "track") || (&*name == "img" && !media_only(node))
            });
            if !media || wanted {
                push(out, &child, depth + 1);
            }
        }
    }
    push_close(out, &name);
}

/// Films and sound show a text in their place only where they are not known at all.
fn media_only(node: &NodeRef<'_>) -> bool {
    node.node_name()
        .is_some_and(|name| matches!(&*name, "video" | "audio"))
}

/// The attributes that may go out. A picture that a page's script would load has its address in
/// another place.
fn attributes(node: &NodeRef<'_>, name: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for attribute in node.attrs() {
        let key = attribute.name.local.to_string();
        if !found.iter().any(|(known, _)| *known == key)
            && let Some(value) = super::safe::attribute(name, &key, &attribute.value)
        {
            found.push((key, value));
        }
    }
    if matches!(name, "img" | "source" | "iframe") {
        for (key, lazy) in [("src", "data-src"), ("srcset", "data-srcset")] {
            let placeholder = found
                .iter()
                .find(|(known, _)| known == key)
                .is_none_or(|(_, value)| value.is_empty() || value.starts_with("data:"));
            let loaded = node
                .attr(lazy)
                .and_then(|value| super::safe::attribute(name, key, &value))
                .filter(|value| placeholder && !value.is_empty());
            if let Some(value) = loaded {
                found.retain(|(known, _)| known != key);
                found.insert(0, (key.to_owned(), value));
            }
        }
    }
    found
}
