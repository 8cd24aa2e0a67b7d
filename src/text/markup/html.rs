//! An article written as HTML.

use std::collections::BTreeMap;

use super::embed::sanitised_html;
use super::escape::{push_close, push_open, push_text};
use super::tree::Tree;
use crate::job::markup::{Container, ContainerTag, Embed, Inline as Tag, Mark, TargetMark};
use crate::job::wire::TargetSection;
use crate::job::{Section, SectionKind};

/// The article in its own language: a fragment, one element after the other.
pub fn source_html(sections: &[Section], embeds: &[Embed]) -> String {
    let lines = sections.iter().map(|section| {
        let marks = section
            .marks
            .iter()
            .enumerate()
            .map(|(at, mark)| (mark.start, mark.end, at));
        Inline::of(&section.text, &section.marks, marks).html()
    });
    article(sections, embeds, lines)
}

/// A translation as HTML, with the markup of its source. `target` has as many sections as `source`,
/// in the same order; what it has no section for is left out.
pub fn target_html(source: &[Section], target: &[TargetSection], embeds: &[Embed]) -> String {
    let lines = source.iter().zip(target).map(|(section, target)| {
        let marks = target.marks.iter().map(
            |TargetMark {
                 mark, start, end, ..
             }| (*start, *end, *mark),
        );
        Inline::of(&target.text, &section.marks, marks).html()
    });
    let shown = source.get(..target.len()).unwrap_or(source);
    article(shown, embeds, lines)
}

fn article(sections: &[Section], embeds: &[Embed], lines: impl Iterator<Item = String>) -> String {
    let paths: Vec<Vec<Container>> = sections
        .iter()
        .enumerate()
        .map(|(at, section)| path(section, at))
        .collect();
    let mut alone: BTreeMap<Container, usize> = BTreeMap::new();
    for container in paths.iter().filter_map(|path| path.last()) {
        *alone.entry(*container).or_default() += 1;
    }
    let mut page = Page::default();
    let mut embeds = embeds.iter().peekable();
    for (at, ((section, path), line)) in sections.iter().zip(&paths).zip(lines).enumerate() {
        while let Some(embed) = embeds.next_if(|embed| embed.before <= at) {
            page.embed(embed);
        }
        let only = path.last().is_some_and(|last| alone.get(last) == Some(&1));
        page.block(element(section, path.last(), only), path, &line);
    }
    embeds.for_each(|embed| page.embed(embed));
    page.move_to(&[]);
    page.out
}

/// The elements around a section. A quotation or an entry of a list that does not say where it
/// stands has them all the same, and neighbouring entries share a list.
fn path(section: &Section, at: usize) -> Vec<Container> {
    use ContainerTag::{Blockquote, Dd, Dt, Li, Ul};
    let own = u32::MAX - 1 - u32::try_from(at).unwrap_or(u32::MAX / 2);
    let mut path = section.within.clone();
    let has = |tags: &[ContainerTag]| path.iter().any(|each| tags.contains(&each.tag));
    let missing = match section.kind {
        SectionKind::ListItem if !has(&[Li, Dt, Dd]) => vec![(Ul, u32::MAX), (Li, own)],
        SectionKind::Quote if !has(&[Blockquote]) => vec![(Blockquote, own)],
        _ => Vec::new(),
    };
    path.extend(missing.into_iter().map(|(tag, id)| Container { tag, id }));
    path
}

/// The element of a section's own; none for the only one in an entry of a list.
fn element(section: &Section, parent: Option<&Container>, only: bool) -> Option<&'static str> {
    use ContainerTag::{Dd, Dt, Figure, Li};
    let parent = parent.map(|parent| parent.tag);
    match section.kind {
        SectionKind::Title => Some("h1"),
        SectionKind::Heading => Some(match section.level {
            Some(3) => "h3",
            Some(4) => "h4",
            Some(5) => "h5",
            Some(6) => "h6",
            _ => "h2",
        }),
        SectionKind::Caption if parent == Some(Figure) => Some("figcaption"),
        _ if only && matches!(parent, Some(Li | Dt | Dd)) => None,
        _ => Some("p"),
    }
}

#[derive(Default)]
struct Page {
    out: String,
    open: Vec<Container>,
}

impl Page {
    /// Closes and opens what it takes to stand within `path`.
    fn move_to(&mut self, path: &[Container]) {
        let shared = self
            .open
            .iter()
            .zip(path)
            .take_while(|(open, wanted)| open == wanted)
            .count();
        while self.open.len() > shared {
            if let Some(closed) = self.open.pop() {
                push_close(&mut self.out, closed.tag.name());
                self.end_line();
            }
        }
        for container in path.iter().skip(shared) {
            push_open(&mut self.out, container.tag.name(), []);
            self.open.push(*container);
        }
    }

    /// `line` is markup already.
    fn block(&mut self, element: Option<&str>, path: &[Container], line: &str) {
        self.move_to(path);
        if let Some(element) = element {
            push_open(&mut self.out, element, []);
        }
        self.out.push_str(line);
        if let Some(element) = element {
            push_close(&mut self.out, element);
            self.end_line();
        }
    }

    fn embed(&mut self, embed: &Embed) {
        // A result may come from anywhere, so that it was made safe once does not count.
        if let Some(html) = sanitised_html(&embed.html) {
            self.move_to(&embed.within);
            self.out.push_str(&html);
            self.end_line();
        }
    }

    /// A line for each element of the outermost level; white space means something within others.
    fn end_line(&mut self) {
        if self.open.is_empty() {
            self.out.push('\n');
        }
    }
}

/// A text with elements around parts of it.
struct Inline<'a> {
    text: &'a str,
    marks: &'a [Mark],
    tree: Tree,
    /// Where each mark stands; nothing for one that is left out.
    places: Vec<Option<(usize, usize)>>,
}

impl<'a> Inline<'a> {
    /// `places` are byte ranges with an index into `marks`; those that do not fit the text are left out.
    fn of(
        text: &'a str,
        marks: &'a [Mark],
        places: impl Iterator<Item = (usize, usize, usize)>,
    ) -> Self {
        let mut inline = Self {
            text,
            marks,
            tree: Tree::of(marks),
            places: vec![None; marks.len()],
        };
        for (start, end, at) in places.filter(|(start, end, _)| text.get(*start..*end).is_some()) {
            if let Some(place) = inline.places.get_mut(at) {
                place.get_or_insert((start, end));
            }
        }
        inline
    }

    fn html(&self) -> String {
        let mut out = String::with_capacity(self.text.len() * 2);
        self.push(&mut out, 0, self.text.len(), &self.tree.top, false);
        out
    }

    /// Appends the bytes from `start` to `end` with the marks of one level. They go where they say as far
    /// as that is behind the one before, so that whatever they say, none crosses another.
    fn push(&self, out: &mut String, start: usize, end: usize, marks: &[usize], linked: bool) {
        let mut placed: Vec<(usize, usize, usize)> = marks
            .iter()
            .filter_map(|at| {
                let (from, to) = self.places.get(*at).copied().flatten()?;
                Some((from, to, *at))
            })
            .collect();
        placed.sort_unstable();
        let mut cursor = start;
        for (from, to, at) in placed {
            let Some(mark) = self.marks.get(at) else {
                continue;
            };
            let from = from.clamp(cursor, end);
            let to = to.clamp(from, end);
            self.push_text(out, cursor, from);
            cursor = to;
            let inner = self.tree.within.get(at).map_or(&[][..], Vec::as_slice);
            let link = mark.tag == Tag::A;
            // A parser would end the outer link there.
            if link && linked {
                self.push(out, from, to, inner, linked);
                continue;
            }
            let name = mark.tag.name();
            let attributes = mark.attributes.iter();
            push_open(
                out,
                name,
                attributes.map(|(key, value)| (key.as_str(), value.as_str())),
            );
            self.push(out, from, to, inner, linked || link);
            push_close(out, name);
        }
        self.push_text(out, cursor, end);
    }

    fn push_text(&self, out: &mut String, start: usize, end: usize) {
        push_text(out, self.text.get(start..end).unwrap_or_default());
    }
}
