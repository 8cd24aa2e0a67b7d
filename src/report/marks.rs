//! Marks within a text: spans that may overlap, flattened to pieces that do not.

/// A remark's place in a text. Sound by construction: see [`Mark::new`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    start: usize,
    end: usize,
    /// Index of the remark.
    pub(super) remark: usize,
    /// Whether the remark's place ends here, and does not go on in another text.
    pub(super) ends: bool,
}

impl Mark {
    /// A mark on bytes of a text; `None` where they are empty, outside it, or cut a character.
    pub(super) fn new(text: &str, start: usize, end: usize, remark: usize) -> Option<Self> {
        let marked = text.get(start..end)?;
        (!marked.is_empty()).then_some(Self {
            start,
            end,
            remark,
            ends: true,
        })
    }

    /// The part of a mark within a stretch of its text, counted from where that begins.
    pub(super) fn clipped(self, start: usize, end: usize) -> Option<Self> {
        let clipped = Self {
            start: self.start.max(start).checked_sub(start)?,
            end: self.end.min(end).checked_sub(start)?,
            ends: self.ends && self.end <= end,
            ..self
        };
        (clipped.start < clipped.end).then_some(clipped)
    }
}

/// A stretch of text that the same marks cover.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    /// The text.
    pub(super) text: &'a str,
    /// Remarks whose marks cover it, ascending.
    pub(super) remarks: Vec<usize>,
    /// Those of them whose place ends here, ascending.
    pub(super) ending: Vec<usize>,
}

/// Cuts a text at the ends of its marks. The pieces together are the text.
pub(super) fn pieces<'a>(text: &'a str, marks: &[Mark]) -> Vec<Piece<'a>> {
    let mut cuts: Vec<usize> = marks
        .iter()
        .flat_map(|mark| [mark.start, mark.end])
        .chain([0, text.len()])
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut waiting: Vec<Mark> = marks.to_vec();
    waiting.sort_unstable_by_key(|mark| (mark.start, mark.remark));
    let mut waiting = waiting.into_iter().peekable();
    let mut open: Vec<Mark> = Vec::new();
    let mut pieces = Vec::new();
    for (&start, &end) in cuts.iter().zip(cuts.iter().skip(1)) {
        let Some(text) = text.get(start..end) else {
            continue;
        };
        open.retain(|mark| mark.end > start);
        while let Some(mark) = waiting.next_if(|mark| mark.start <= start) {
            open.push(mark);
        }
        let ordered = |marks: &mut dyn Iterator<Item = &Mark>| {
            let mut remarks: Vec<usize> = marks.map(|mark| mark.remark).collect();
            remarks.sort_unstable();
            remarks.dedup();
            remarks
        };
        pieces.push(Piece {
            text,
            remarks: ordered(&mut open.iter()),
            ending: ordered(&mut open.iter().filter(|mark| mark.ends && mark.end == end)),
        });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut<'a>(text: &'a str, spans: &[(usize, usize)]) -> Vec<(&'a str, Vec<usize>, Vec<usize>)> {
        let marks: Vec<_> = spans
            .iter()
            .enumerate()
            .filter_map(|(remark, &(start, end))| Mark::new(text, start, end, remark))
            .collect();
        pieces(text, &marks)
            .into_iter()
            .map(|piece| (piece.text, piece.remarks, piece.ending))
            .collect()
    }

    #[test]
    fn overlapping_marks_become_pieces_that_do_not() {
        assert_eq!(cut("abc", &[]), [("abc", vec![], vec![])]);
        assert_eq!(
            cut("abcdef", &[(0, 4), (2, 6)]),
            [
                ("ab", vec![0], vec![]),
                ("cd", vec![0, 1], vec![0]),
                ("ef", vec![1], vec![1])
            ]
        );
        assert_eq!(
            cut("abcdef", &[(1, 5), (2, 3), (1, 5)]),
            [
                ("a", vec![], vec![]),
                ("b", vec![0, 2], vec![]),
                ("c", vec![0, 1, 2], vec![1]),
                ("de", vec![0, 2], vec![0, 2]),
                ("f", vec![], vec![])
            ]
        );
        assert_eq!(cut("", &[(0, 0)]), []);
    }

    #[test]
    fn hangul_and_cyrillic_are_cut_between_characters_or_not_at_all() {
        // Three bytes to a syllable, two to a letter.
        assert_eq!(
            cut("총 42억 원", &[(4, 9)]),
            [
                ("총 ", vec![], vec![]),
                ("42억", vec![0], vec![0]),
                (" 원", vec![], vec![])
            ]
        );
        assert_eq!(
            cut("млн", &[(0, 2), (2, 6)]),
            [("м", vec![0], vec![0]), ("лн", vec![1], vec![1])]
        );
        for bad in [
            (4, 8),
            (1, 3),
            (0, 99),
            (9, 4),
            (3, 3),
            (99, 100),
            (0, usize::MAX),
        ] {
            assert_eq!(
                cut("총 42억 원", &[bad]),
                [("총 42억 원", vec![], vec![])],
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_mark_over_two_sentences_ends_in_the_second() {
        let mark = Mark::new("One. Two.", 2, 7, 0).unwrap();
        let (first, second) = (mark.clipped(0, 4).unwrap(), mark.clipped(5, 9).unwrap());
        assert_eq!((first.start, first.end, first.ends), (2, 4, false));
        assert_eq!((second.start, second.end, second.ends), (0, 2, true));
        assert_eq!(mark.clipped(7, 9), None);
        assert_eq!(mark.clipped(0, 2), None);
    }
}
