//! A tree of markup, cut into blocks of text in reading order.

use dom_query::NodeRef;

use super::Hint;
use super::containers::{Context, is_block, is_unseen};
use super::lines::one_line;

/// Deeper than any page that is let in; a guard for trees that a parser made deeper than its text.
pub(super) const DEEPEST: usize = 600;

/// A block with what its surroundings say about it.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) text: String,
    pub(super) context: Context,
    /// Share of the text that is inside links, 0 to 1.
    pub(super) links: f32,
    /// Whether all of it is in bold type.
    pub(super) bold: bool,
}

/// Whether the tree under `root` is deeper than [`DEEPEST`], found without recursion.
pub(super) fn is_too_deep(root: &NodeRef<'_>) -> bool {
    let mut open: Vec<(NodeRef<'_>, usize)> = vec![(*root, 0)];
    while let Some((node, depth)) = open.pop() {
        if depth > DEEPEST {
            return true;
        }
        open.extend(node.children_it(false).map(|child| (child, depth + 1)));
    }
    false
}

/// All blocks under `root`.
pub(super) fn blocks(root: &NodeRef<'_>) -> Vec<Found> {
    let mut walker = Walker {
        found: Vec::new(),
        text: String::new(),
        linked: 0,
        bold: 0,
        context: Context::OUTSIDE,
    };
    walker.walk(root, Context::OUTSIDE, root.text().len(), 0);
    walker.flush();
    walker.found
}

struct Walker {
    found: Vec<Found>,
    /// The block being read.
    text: String,
    linked: usize,
    bold: usize,
    /// Of its first text.
    context: Context,
}

impl Walker {
    fn walk(&mut self, node: &NodeRef<'_>, context: Context, page_len: usize, depth: usize) {
        for child in node.children_it(false) {
            if child.is_text() {
                self.add(&child.text(), context);
                continue;
            }
            let Some(name) = child.node_name().filter(|_| child.is_element()) else {
                continue;
            };
            if is_unseen(&child, &name) {
                continue;
            }
            if &*name == "br" {
                self.line_break();
                continue;
            }
            let inner = context.inside(&child, &name, page_len);
            if depth >= DEEPEST {
                self.add(&child.text(), inner);
                continue;
            }
            // A `time` that stands in running text is a part of it.
            let block = is_block(&name) && (&*name != "time" || context.hint == Hint::None);
            if block {
                self.flush();
            } else if matches!(&*name, "td" | "th") {
                self.text.push(' ');
            }
            self.walk(&child, inner, page_len, depth + 1);
            if block {
                self.flush();
            }
        }
    }

    fn add(&mut self, text: &str, context: Context) {
        let seen = text.trim().chars().count();
        if seen > 0 {
            if self.text.trim().is_empty() {
                self.context = context;
            }
            self.linked += if context.link { seen } else { 0 };
            self.bold += if context.bold { seen } else { 0 };
        }
        self.text.push_str(text);
    }

    /// One break is a space, two are the end of a paragraph.
    fn line_break(&mut self) {
        if self.text.trim_end_matches([' ', '\t']).ends_with('\n') {
            self.flush();
        } else {
            while self.text.ends_with(char::is_whitespace) {
                self.text.pop();
            }
            self.text.push('\n');
        }
    }

    fn flush(&mut self) {
        let text = one_line(&self.text);
        if !text.is_empty() {
            let length = text.chars().count().max(1);
            #[expect(
                clippy::cast_precision_loss,
                reason = "a share of a few thousand characters"
            )]
            let links = self.linked as f32 / length as f32;
            self.found.push(Found {
                text,
                context: self.context,
                links,
                bold: self.bold * 10 >= length * 9,
            });
        }
        self.text.clear();
        self.linked = 0;
        self.bold = 0;
    }
}
