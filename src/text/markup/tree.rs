//! Marks as a tree: each is within another or beside it.

use crate::job::markup::{Inline, Mark};

/// Deepest nesting of marks that is kept; no words have that many elements around them.
pub const MAX_NESTING: usize = 16;

/// Puts marks in order, the outer before the inner, and makes them fit `text`: what is outside of it,
/// empty, or not at the borders of characters is taken out, white space at the ends is left outside,
/// and a mark that crosses another is cut off. A link within a link and what is nested deeper than
/// [`MAX_NESTING`] are taken out.
pub fn tidy(text: &str, marks: Vec<Mark>) -> Vec<Mark> {
    let mut marks: Vec<Mark> = marks
        .into_iter()
        .filter_map(|mark| trimmed(text, mark))
        .collect();
    // Stable, so that of two around the same words the first is the outer one.
    marks.sort_by_key(|mark| (mark.start, std::cmp::Reverse(mark.end)));
    let mut kept: Vec<Mark> = Vec::with_capacity(marks.len());
    let mut open: Vec<(usize, Inline)> = Vec::new();
    for mut mark in marks {
        while open.last().is_some_and(|(end, _)| *end <= mark.start) {
            open.pop();
        }
        if let Some((end, _)) = open.last()
            && mark.end > *end
        {
            mark.end = *end;
            let Some(cut) = trimmed(text, mark) else {
                continue;
            };
            mark = cut;
        }
        let link_in_link = mark.tag == Inline::A && open.iter().any(|(_, tag)| *tag == Inline::A);
        if link_in_link || open.len() >= MAX_NESTING {
            continue;
        }
        open.push((mark.end, mark.tag));
        kept.push(mark);
    }
    kept
}

fn trimmed(text: &str, mut mark: Mark) -> Option<Mark> {
    let words = text.get(mark.start..mark.end)?;
    mark.start += words.len() - words.trim_start().len();
    mark.end = mark.start + words.trim().len();
    (mark.start < mark.end).then_some(mark)
}

/// Marks of one level and, under each, those within it; indices into the list that it was made of.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) top: Vec<usize>,
    pub(super) within: Vec<Vec<usize>>,
}

impl Tree {
    /// The tree of marks that are [`tidy`], or nearly: one that crosses another is beside it.
    pub(super) fn of(marks: &[Mark]) -> Self {
        let mut tree = Self {
            top: Vec::new(),
            within: vec![Vec::new(); marks.len()],
        };
        let mut open: Vec<(usize, usize)> = Vec::new();
        for (at, mark) in marks.iter().enumerate() {
            while open.last().is_some_and(|(_, end)| *end < mark.end)
                || open.last().is_some_and(|(_, end)| *end <= mark.start)
                || open.len() > MAX_NESTING
            {
                open.pop();
            }
            let siblings = match open.last() {
                Some((parent, _)) => tree.within.get_mut(*parent),
                None => Some(&mut tree.top),
            };
            if let Some(siblings) = siblings {
                siblings.push(at);
            }
            open.push((at, mark.end));
        }
        tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(marks: &[Mark]) -> Vec<(usize, usize)> {
        marks.iter().map(|mark| (mark.start, mark.end)).collect()
    }

    #[test]
    fn marks_are_put_in_order_and_cut_where_they_cross() {
        let text = "The ferry sailed at noon.";
        let marks = vec![
            Mark::new(Inline::I, 10, 19),
            Mark::new(Inline::B, 3, 16),
            Mark::new(Inline::Em, 4, 9),
        ];
        let tidied = tidy(text, marks);
        assert_eq!(ranges(&tidied), [(4, 16), (4, 9), (10, 16)]);
        let tree = Tree::of(&tidied);
        assert_eq!(tree.top, [0]);
        assert_eq!(tree.within[0], [1, 2]);
    }

    #[test]
    fn marks_that_fit_no_words_are_taken_out() {
        let text = "한국 배";
        for (start, end) in [(0, 100), (1, 6), (6, 7), (3, 3), (6, 3)] {
            let marks = vec![Mark::new(Inline::B, start, end)];
            assert!(tidy(text, marks).is_empty(), "{start}..{end}");
        }
        let link = |start, end| Mark::new(Inline::A, start, end);
        assert_eq!(
            ranges(&tidy(text, vec![link(0, 10), link(7, 10)])),
            [(0, 10)]
        );
        let deep = vec![Mark::new(Inline::B, 0, 6); 50];
        assert_eq!(tidy(text, deep).len(), MAX_NESTING);
    }
}
