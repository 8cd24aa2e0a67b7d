//! A table that is shown on a screen and printed as text: what does not fit is left out by rank.

use super::words::{clip, width};

/// What a piece of text is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Tone {
    #[default]
    Plain,
    /// Steps back.
    Faint,
    /// Stands out.
    Strong,
    Good,
    /// Needs a look.
    Warn,
    Bad,
}

/// Text with a tone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) tone: Tone,
}

impl Piece {
    pub(super) fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self {
            text: text.into(),
            tone,
        }
    }

    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Tone::Plain)
    }
}

/// On which side a column's texts stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) side: Side,
    /// 0 is always there; the highest is left out first.
    pub(super) rank: u8,
    /// Whether its texts may be cut before anything is left out.
    pub(super) elastic: bool,
}

/// A column of texts.
pub(super) const fn left(name: &'static str, rank: u8) -> Column {
    Column {
        name,
        side: Side::Left,
        rank,
        elastic: false,
    }
}

/// A column of texts that may be long.
pub(super) const fn elastic(name: &'static str, rank: u8) -> Column {
    Column {
        elastic: true,
        ..left(name, rank)
    }
}

/// A column of numbers.
pub(super) const fn right(name: &'static str, rank: u8) -> Column {
    Column {
        name,
        side: Side::Right,
        rank,
        elastic: false,
    }
}

/// A table with a title.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) columns: Vec<Column>,
    /// As many pieces as there are columns.
    pub(super) rows: Vec<Vec<Piece>>,
    /// What is said when there are no rows.
    pub(super) empty: Piece,
}

/// One line of text with tones.
pub(super) type Line = Vec<Piece>;

/// The least that an elastic column, and then the first one, is cut to before others are left out: an
/// address of IPv4 without its port.
const NARROWEST: usize = 16;
/// Between columns.
const GAP: usize = 2;

impl Panel {
    /// Head and rows as lines of at most `room` columns. What is too wide is cut, at `ellipsis`.
    pub(super) fn lines(&self, room: usize, ellipsis: &str) -> (Line, Vec<Line>) {
        if self.rows.is_empty() {
            let text = clip(&self.empty.text, room, ellipsis);
            return (Vec::new(), vec![vec![Piece::new(text, self.empty.tone)]]);
        }
        let head: Vec<Piece> = self
            .columns
            .iter()
            .map(|column| Piece::new(column.name, Tone::Faint))
            .collect();
        let mut widths = self.widths(&head, room);
        self.stretch(&head, &mut widths, room);
        let line = |row: &[Piece]| {
            let mut line = Vec::new();
            for ((piece, column), width) in row.iter().zip(&self.columns).zip(&widths) {
                let Some(width) = *width else { continue };
                if !line.is_empty() {
                    line.push(Piece::plain(" ".repeat(GAP)));
                }
                line.extend(pad(piece, width, column.side, ellipsis));
            }
            // What stands at the end of a line needs nothing behind it.
            while line
                .last()
                .is_some_and(|piece| piece.text.trim().is_empty())
            {
                line.pop();
            }
            line
        };
        (line(&head), self.rows.iter().map(|row| line(row)).collect())
    }

    /// The width that a column needs.
    fn need(&self, at: usize, head: &[Piece]) -> Option<usize> {
        let cells = self.rows.iter().filter_map(|row| row.get(at));
        let texts = cells.chain(head.get(at));
        texts.map(|piece| width(&piece.text)).max()
    }

    /// Gives elastic columns what others left when they were left out.
    fn stretch(&self, head: &[Piece], widths: &mut [Option<usize>], room: usize) {
        let mut spare = room.saturating_sub(total(widths));
        for (at, (column, width)) in self.columns.iter().zip(widths).enumerate() {
            if let (true, Some(width), Some(need)) = (column.elastic, width, self.need(at, head)) {
                let more = need.saturating_sub(*width).min(spare);
                *width += more;
                spare -= more;
            }
        }
    }

    /// The widths of columns, `None` for those that are left out.
    fn widths(&self, head: &[Piece], room: usize) -> Vec<Option<usize>> {
        let mut widths: Vec<Option<usize>> = (0..self.columns.len())
            .map(|at| self.need(at, head))
            .collect();
        loop {
            let excess = total(&widths).checked_sub(room);
            let Some(excess) = excess.filter(|excess| *excess > 0) else {
                return widths;
            };
            let elastic = self.columns.iter().zip(&mut widths);
            let long = elastic
                .filter_map(|(column, width)| width.as_mut().filter(|_| column.elastic))
                .find(|width| **width > NARROWEST);
            if let Some(long) = long {
                *long = long.saturating_sub(excess).max(NARROWEST);
                continue;
            }
            // The first column has names, which can be cut some way; numbers cannot.
            if let Some(Some(first)) = widths.first_mut()
                && *first >= excess + NARROWEST
            {
                *first -= excess;
                return widths;
            }
            let droppable = self.columns.iter().zip(&widths).enumerate();
            let worst = droppable
                .filter(|(_, (column, width))| column.rank > 0 && width.is_some())
                .max_by_key(|(_, (column, _))| column.rank)
                .map(|(at, _)| at);
            if let Some(dropped) = worst.and_then(|at| widths.get_mut(at)) {
                *dropped = None;
                continue;
            }
            // Only what is always there is left: the widest gives way.
            let widest = widths.iter_mut().flatten().max_by_key(|width| **width);
            match widest {
                Some(width) if *width > 1 => *width = width.saturating_sub(excess).max(*width / 2),
                _ => return widths,
            }
        }
    }
}

/// Columns of text that they take, with what is between them.
fn total(widths: &[Option<usize>]) -> usize {
    let shown = widths.iter().flatten();
    shown.clone().sum::<usize>() + GAP * shown.count().saturating_sub(1)
}

/// The space is a piece of its own: it would be underlined with the text.
fn pad(piece: &Piece, room: usize, side: Side, ellipsis: &str) -> [Piece; 2] {
    let text = clip(&piece.text, room, ellipsis);
    let space = Piece::plain(" ".repeat(room.saturating_sub(width(&text))));
    let text = Piece::new(text, piece.tone);
    match side {
        Side::Left => [text, space],
        Side::Right => [space, text],
    }
}

/// The text of a line alone.
pub(super) fn bare(line: &[Piece]) -> String {
    line.iter().map(|piece| piece.text.as_str()).collect()
}

/// Pieces one behind the other, with `between` them, on as many lines of at most `room` columns as it
/// takes. What is wider than a line is cut.
pub(super) fn wrap(pieces: &[Line], between: &str, room: usize, ellipsis: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut taken = 0;
    for piece in pieces {
        let wide = width(&bare(piece));
        match lines.last_mut() {
            Some(line) if taken + width(between) + wide <= room => {
                line.push(Piece::new(between, Tone::Faint));
                line.extend(piece.iter().cloned());
                taken += width(between) + wide;
            }
            _ => {
                lines.push(cut(piece, room, ellipsis));
                taken = wide.min(room);
            }
        }
    }
    lines
}

/// A line of at most `room` columns.
pub(super) fn cut(line: &[Piece], room: usize, ellipsis: &str) -> Line {
    let mut left = room;
    let mut kept = Vec::new();
    for piece in line {
        if left == 0 {
            break;
        }
        let text = clip(&piece.text, left, ellipsis);
        left = left.saturating_sub(width(&text));
        kept.push(Piece::new(text, piece.tone));
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn panel() -> Panel {
        let row = |name: &str, state: &str, rate: &str, memory: &str| {
            [name, state, rate, memory].map(Piece::plain).to_vec()
        };
        Panel {
            title: "workers".to_owned(),
            columns: vec![
                left("worker", 0),
                left("state", 0),
                right("jobs/min", 1),
                right("memory", 2),
            ],
            rows: vec![
                row("news-worker-01.example:9464", "ready", "12.4", "1.4G"),
                row("평택:9464", "not ready", "0", "512M"),
            ],
            empty: Piece::plain("no workers"),
        }
    }

    fn text(room: usize) -> String {
        let (head, rows) = panel().lines(room, "…");
        let lines: Vec<String> = std::iter::once(&head)
            .chain(&rows)
            .map(|line| bare(line))
            .collect();
        lines.join("\n")
    }

    #[test]
    fn columns_are_aligned_by_what_a_terminal_shows() {
        assert_eq!(
            text(100),
            "\
worker                       state      jobs/min  memory
news-worker-01.example:9464  ready          12.4    1.4G
평택:9464                    not ready         0    512M"
        );
    }

    #[test]
    fn names_are_cut_before_numbers_are_left_out() {
        assert_eq!(
            text(46),
            "\
worker             state      jobs/min  memory
news-worker-01.e…  ready          12.4    1.4G
평택:9464          not ready         0    512M"
        );
        assert_eq!(
            text(34),
            "\
worker                   state
news-worker-01.example…  ready
평택:9464                not ready"
        );
    }

    #[test]
    fn without_rows_it_says_so() {
        let nothing = Panel {
            rows: Vec::new(),
            ..panel()
        };
        let (head, rows) = nothing.lines(6, "~");
        assert_eq!(
            (bare(&head).as_str(), bare(&rows[0]).as_str()),
            ("", "no wo~")
        );
    }

    #[test]
    fn a_header_is_wrapped_between_its_pieces() {
        let pieces: Vec<Line> = ["workers 3/3", "broker up", "12 jobs/min"]
            .map(|text| vec![Piece::plain(text)])
            .to_vec();
        let lines: Vec<String> = wrap(&pieces, " | ", 25, "…")
            .iter()
            .map(|line| bare(line))
            .collect();
        assert_eq!(lines, ["workers 3/3 | broker up", "12 jobs/min"]);
        assert_eq!(bare(&wrap(&pieces, " | ", 8, "…")[0]), "workers…");
    }

    #[test]
    fn a_long_text_is_cut_first_and_has_what_the_others_leave() {
        let mut panel = panel();
        panel.columns.push(elastic("why", 0));
        let why = "the queue of results is full, or nothing is bound to it";
        for row in &mut panel.rows {
            row.push(Piece::plain(why));
        }
        for room in 46..140 {
            let (_, rows) = panel.lines(room, "…");
            let line = bare(&rows[0]);
            let (_, shown) = line.rsplit_once("  ").unwrap();
            let whole = shown == why;
            assert!(whole || width(&line) == room, "{room}: {line:?}");
            assert!(whole || width(shown) >= NARROWEST, "{room}: {line:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_ever_wider_than_its_room(room in 0_usize..120) {
            let (head, rows) = panel().lines(room, "…");
            for line in std::iter::once(head).chain(rows) {
                // Two columns that are always there and the gap between them need some room.
                prop_assert!(width(&bare(&line)) <= room.max(4), "{room}: {:?}", bare(&line));
            }
        }
    }
}
