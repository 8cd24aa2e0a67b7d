//! A tree of markup, cut into blocks of text in reading order.

use dom_query::NodeRef;

use super::Hint;
use super::containers::{Context, is_block, is_hidden, is_unseen};
use super::embeds::{self, Found as Embed};
use super::lines::marked_line;
use crate::job::markup::{Container, ContainerTag, Inline, Mark};
use crate::text::markup::attribute;

/// Deeper than any page that is let in; a guard for trees that a parser made deeper than its text.
pub(super) const DEEPEST: usize = 600;
/// Lists, quotations and figures that are kept around a block; there are no more in any article.
const MOST_CONTAINERS: usize = 12;

/// A block with what its surroundings say about it.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) text: String,
    pub(super) context: Context,
    /// Share of the text that is inside links, 0 to 1.
    pub(super) links: f32,
    /// Whether all of it is in bold type.
    pub(super) bold: bool,
    /// Elements around some of its words.
    pub(super) marks: Vec<Mark>,
    /// Elements around it.
    pub(super) within: Vec<Container>,
    /// What stands before it and is no text.
    pub(super) embeds: Vec<Embed>,
}

/// What there is under an element.
#[derive(Debug)]
pub(super) struct Walked {
    pub(super) blocks: Vec<Found>,
    /// What stands behind the last block and is no text.
    pub(super) tail: Vec<Embed>,
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
pub(super) fn blocks(root: &NodeRef<'_>) -> Walked {
    let mut walker = Walker {
        found: Vec::new(),
        text: String::new(),
        linked: 0,
        bold: 0,
        context: Context::OUTSIDE,
        marks: Vec::new(),
        open: Vec::new(),
        path: Vec::new(),
        within: Vec::new(),
        containers: 0,
        before: Vec::new(),
        after: Vec::new(),
    };
    walker.walk(root, Context::OUTSIDE, root.text().len(), 0);
    walker.flush();
    Walked {
        blocks: walker.found,
        tail: walker.before,
    }
}

struct Walker {
    found: Vec<Found>,
    /// The block being read.
    text: String,
    linked: usize,
    bold: usize,
    /// Of its first text.
    context: Context,
    /// On the block being read: those that have ended, and those that have not, whose end is not known.
    marks: Vec<Mark>,
    open: Vec<Mark>,
    /// Around what comes next, and around the block being read.
    path: Vec<Container>,
    within: Vec<Container>,
    /// How many there were.
    containers: u32,
    /// What stands before the block being read, and what stands in it and goes behind it.
    before: Vec<Embed>,
    after: Vec<Embed>,
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
            if is_hidden(&child) {
                continue;
            }
            let embed = embeds::read(&child, &name, context);
            if let Some(html) = embed {
                self.embed(html, &child, &name, context.inside(&child, &name, page_len));
                continue;
            }
            if is_unseen(&name) {
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
            let contained = self.enter(&name);
            let marked = self.begin(&child, &name);
            self.walk(&child, inner, page_len, depth + 1);
            if marked && let Some(mark) = self.open.pop() {
                self.end(mark);
            }
            if block {
                self.flush();
            }
            if contained {
                self.path.pop();
            }
        }
    }

    /// Notes a list, a quotation or a figure that begins.
    fn enter(&mut self, name: &str) -> bool {
        let tag = ContainerTag::parse(name).filter(|_| self.path.len() < MOST_CONTAINERS);
        if let Some(tag) = tag {
            self.containers += 1;
            let id = self.containers;
            self.path.push(Container { tag, id });
        }
        tag.is_some()
    }

    /// Notes a link, bold type and the like that begins.
    fn begin(&mut self, node: &NodeRef<'_>, name: &str) -> bool {
        let Some(tag) = Inline::parse(name) else {
            return false;
        };
        let mut mark = Mark::new(tag, self.text.len(), 0);
        for found in node.attrs() {
            let key = found.name.local.to_string();
            if let Some(value) = attribute(name, &key, &found.value) {
                mark.attributes.entry(key).or_insert(value);
            }
        }
        self.open.push(mark);
        true
    }

    fn end(&mut self, mut mark: Mark) {
        mark.end = self.text.len();
        if mark.start < mark.end {
            self.marks.push(mark);
        }
    }

    fn embed(&mut self, html: String, node: &NodeRef<'_>, name: &str, context: Context) {
        if is_block(name) {
            self.flush();
        }
        let found = Embed {
            html,
            key: embeds::key_of(node, name),
            within: self.path.clone(),
            context,
        };
        if self.text.trim().is_empty() {
            self.before.push(found);
        } else {
            self.after.push(found);
        }
    }

    fn add(&mut self, text: &str, context: Context) {
        let seen = text.trim().chars().count();
        if seen > 0 {
            if self.text.trim().is_empty() {
                self.context = context;
                self.within.clone_from(&self.path);
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
            let length = self.text.trim_end().len();
            self.text.truncate(length);
            for mark in self.marks.iter_mut().chain(&mut self.open) {
                mark.start = mark.start.min(length);
                mark.end = mark.end.min(length);
            }
            self.text.push('\n');
        }
    }

    fn flush(&mut self) {
        let raw = std::mem::take(&mut self.text);
        // What goes on in the next block is around all of this one from where it began. The outer of two
        // around the same words has to come first, and what has ended was ended from the inside.
        let mut marks = Vec::with_capacity(self.open.len() + self.marks.len());
        for mark in &mut self.open {
            marks.push(mark.clone());
            mark.start = 0;
        }
        for mark in &mut marks {
            mark.end = raw.len();
        }
        marks.extend(self.marks.drain(..).rev());
        let (text, marks) = marked_line(&raw, marks);
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
                marks,
                within: std::mem::take(&mut self.within),
                embeds: std::mem::take(&mut self.before),
            });
        }
        self.before.append(&mut self.after);
        self.linked = 0;
        self.bold = 0;
    }
}
