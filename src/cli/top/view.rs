//! The picture on a screen.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::bar;
use ratatui::text::{Line as Text, Span};
use ratatui::widgets::{Paragraph, RenderDirection, Sparkline};

use super::fleet::Picture;
use super::header;
use super::layout::{Section, heights, side_by_side};
use super::panel::{Line, Panel, Piece, Tone, cut, wrap};
use super::panels::{Kind, Signs, panel};
use super::screen::{KEYS, Screen};
use super::words::{clip, clock, count, rate, width};

/// What the terminal can do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    pub(super) colour: bool,
    pub(super) signs: &'static Signs,
}

/// From this many rows on, curves are three rows high.
const TALL: u16 = 34;
/// Below this many rows, tables are worth more than curves.
const LOW: u16 = 22;
/// Lines that the summary may take.
const SUMMARY: usize = 3;
/// Lines that what is wrong may take.
const ALERTS: usize = 2;

/// Draws everything.
pub(super) fn draw(
    frame: &mut Frame<'_>,
    picture: Option<&Picture>,
    screen: &mut Screen,
    terminal: Terminal,
) {
    let area = frame.area();
    if area.height == 0 || area.width == 0 {
        return;
    }
    if screen.help {
        help(frame, area, terminal);
        return;
    }
    let Some(picture) = picture else {
        let line = vec![Piece::new("presslate: looking …", Tone::Faint)];
        put(frame, area, &[line], terminal);
        return;
    };
    let room = usize::from(area.width);
    let ellipsis = terminal.signs.ellipsis;
    let mut lines = wrap(
        &header::summary(picture, screen.scope),
        terminal.signs.between,
        room,
        ellipsis,
    );
    lines.truncate(SUMMARY);
    lines.extend(alerts(picture, screen, room, terminal));
    let top = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let curve = if area.height >= TALL { 3 } else { 1 };
    let curve = if area.height < LOW || screen.zoomed {
        0
    } else {
        curve
    };
    let [head, curves, body, foot] = Layout::vertical([
        Constraint::Length(top),
        Constraint::Length(curve),
        Constraint::Min(0),
        Constraint::Length(1),
    ])
    .areas(area);
    put(frame, head, &lines, terminal);
    draw_curves(frame, curves, picture, screen, terminal);
    tables(frame, body, picture, screen, terminal);
    put(
        frame,
        foot,
        &[footer(picture, screen, room, terminal)],
        terminal,
    );
}

/// Columns of an alert that say what it is about.
const LEAST_ALERT: usize = 24;

/// What is wrong, on two lines at most, with how much more there is.
fn alerts(picture: &Picture, screen: &Screen, room: usize, terminal: Terminal) -> Vec<Line> {
    let alerts = header::alerts(picture, screen.scope);
    if alerts.is_empty() {
        return vec![vec![Piece::new("nothing is wrong", Tone::Good)]];
    }
    let signs = terminal.signs;
    // Long ones are shortened before others are left out.
    let short = (room / 2).max(LEAST_ALERT);
    for most in [usize::MAX, room, short] {
        let pieces: Vec<Line> = alerts
            .iter()
            .map(|line| cut(line, most, signs.ellipsis))
            .collect();
        let lines = wrap(&pieces, signs.between, room, signs.ellipsis);
        if lines.len() <= ALERTS {
            return lines;
        }
    }
    let mut shown = alerts.len();
    loop {
        shown -= 1;
        let mut pieces: Vec<Line> = alerts
            .iter()
            .take(shown)
            .map(|line| cut(line, short, signs.ellipsis))
            .collect();
        let more = format!("{} more", alerts.len() - shown);
        pieces.push(vec![Piece::new(more, Tone::Warn)]);
        let lines = wrap(&pieces, signs.between, room, signs.ellipsis);
        if lines.len() <= ALERTS || shown <= 1 {
            return lines.into_iter().take(ALERTS).collect();
        }
    }
}

fn footer(picture: &Picture, screen: &Screen, room: usize, terminal: Terminal) -> Line {
    let mut line = Vec::new();
    if screen.paused {
        line.push(Piece::new("PAUSED ", Tone::Warn));
    }
    let arrows = terminal.signs.arrows;
    let keys = format!(
        "{}  q leave  ? help  Tab table  Enter zoom  s span  p pause  {arrows} scroll",
        clock(picture.unix)
    );
    line.push(Piece::new(keys, Tone::Faint));
    cut(&line, room, terminal.signs.ellipsis)
}

fn draw_curves(
    frame: &mut Frame<'_>,
    area: Rect,
    picture: &Picture,
    screen: &Screen,
    terminal: Terminal,
) {
    if area.height == 0 {
        return;
    }
    let figures = screen.scope.of(picture);
    let waiting = picture.waiting_curve.last();
    let mut curves = vec![(
        format!("jobs/min {} ", rate(figures.jobs_per_minute)),
        &picture.jobs_curve,
        Color::Cyan,
    )];
    if let Some(waiting) = waiting {
        curves.push((
            format!("jobs waiting {} ", count(*waiting)),
            &picture.waiting_curve,
            Color::Magenta,
        ));
    }
    let areas = Layout::horizontal(curves.iter().map(|_| Constraint::Fill(1)))
        .spacing(2)
        .split(area);
    for ((name, points, colour), area) in curves.into_iter().zip(areas.iter()) {
        let label = u16::try_from(width(&name)).unwrap_or(u16::MAX);
        let [left, right] =
            Layout::horizontal([Constraint::Length(label), Constraint::Min(0)]).areas(*area);
        put(frame, left, &[vec![Piece::plain(name)]], terminal);
        let style = if terminal.colour {
            Style::new().fg(colour)
        } else {
            Style::new()
        };
        // The newest stands at the right, where the eye looks for it.
        let newest: Vec<u64> = points.iter().rev().map(|point| scaled(*point)).collect();
        let curve = Sparkline::default()
            .data(newest)
            .direction(RenderDirection::RightToLeft)
            .bar_set(bars(terminal.signs))
            .style(style);
        frame.render_widget(curve, right);
    }
}

/// A curve is drawn of whole numbers, and rates are often below 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what does not fit becomes the nearest that does"
)]
fn scaled(point: f64) -> u64 {
    (point * 100.0) as u64
}

fn bars(signs: &Signs) -> bar::Set<'static> {
    let [empty, one, two, three, four, five, six, seven, full] = signs.heights;
    bar::Set {
        empty,
        one_eighth: one,
        one_quarter: two,
        three_eighths: three,
        half: four,
        five_eighths: five,
        three_quarters: six,
        seven_eighths: seven,
        full,
    }
}

fn tables(
    frame: &mut Frame<'_>,
    area: Rect,
    picture: &Picture,
    screen: &mut Screen,
    terminal: Terminal,
) {
    let table = |kind| panel(kind, picture, screen.scope, terminal.signs);
    let focus = screen.focus();
    if screen.zoomed {
        let panel = table(focus);
        draw_panel(frame, area, focus, &panel, screen, terminal);
        return;
    }
    let panels = Kind::ALL.map(|kind| (kind, table(kind)));
    let beside = side_by_side(area.width, focus);
    let need = |section: Section| {
        let shown = panels.iter().filter(|(kind, _)| {
            Section::of(*kind) == section && (section != Section::Figures || beside.contains(kind))
        });
        // Title and names of columns; what is empty has a line instead.
        let rows = shown.map(|(_, panel)| match panel.rows.len() {
            0 => 2,
            rows => rows.saturating_add(2),
        });
        u16::try_from(rows.max().unwrap_or(0)).unwrap_or(u16::MAX / 8)
    };
    let shares = heights(area.height, &need, Section::of(focus));
    let areas =
        Layout::vertical(shares.iter().map(|(_, height)| Constraint::Length(*height))).split(area);
    for ((section, _), area) in shares.iter().zip(areas.iter()) {
        let shown: Vec<_> = panels
            .iter()
            .filter(|(kind, _)| {
                Section::of(*kind) == *section
                    && (*section != Section::Figures || beside.contains(kind))
            })
            .collect();
        let columns = Layout::horizontal(shown.iter().map(|_| Constraint::Fill(1)))
            .spacing(2)
            .split(*area);
        for ((kind, panel), area) in shown.into_iter().zip(columns.iter()) {
            draw_panel(frame, *area, *kind, panel, screen, terminal);
        }
    }
}

fn draw_panel(
    frame: &mut Frame<'_>,
    area: Rect,
    kind: Kind,
    panel: &Panel,
    screen: &mut Screen,
    terminal: Terminal,
) {
    let room = usize::from(area.width);
    let (head, rows) = panel.lines(room, terminal.signs.ellipsis);
    let named = usize::from(!head.is_empty());
    let fit = usize::from(area.height).saturating_sub(1 + named);
    let first = screen.first_row(kind, rows.len(), fit);
    let all = rows.len();
    let shown: Vec<Line> = rows.into_iter().skip(first).take(fit).collect();
    let title = if shown.len() < all {
        format!(
            "{} ({}-{} of {all})",
            panel.title,
            first + 1,
            first + shown.len()
        )
    } else {
        panel.title.clone()
    };
    let title = clip(&title, room, terminal.signs.ellipsis);
    let drawn_out = room.saturating_sub(width(&title) + 1);
    let mut style = Style::new().add_modifier(Modifier::BOLD);
    if screen.focus() == kind {
        style = style.add_modifier(Modifier::REVERSED);
    }
    let title = Text::from(vec![
        Span::styled(title, style),
        Span::raw(" "),
        Span::styled(
            terminal.signs.rule.repeat(drawn_out),
            styled(Tone::Faint, terminal),
        ),
    ]);
    let mut lines = vec![title];
    lines.extend(
        Some(head)
            .filter(|head| !head.is_empty())
            .iter()
            .map(|head| text(head, terminal)),
    );
    lines.extend(shown.iter().map(|line| text(line, terminal)));
    frame.render_widget(Paragraph::new(lines), area);
}

fn help(frame: &mut Frame<'_>, area: Rect, terminal: Terminal) {
    let mut lines = vec![vec![Piece::new("presslate top: keys", Tone::Strong)]];
    for (keys, what) in KEYS {
        lines.push(vec![
            Piece::new(format!("  {keys:<15} "), Tone::Strong),
            Piece::plain(what),
        ]);
    }
    lines.push(Vec::new());
    for explained in [
        "needs review   results with something in them to look at",
        "oldest job     since the oldest job in work was sent",
        "rows           texts computed together in a pass",
        "requests       texts that wait for the model",
        "free           memory left on the device",
        "mean           of all that took part, exactly",
        "p50 p95        half, and 95 of 100, took so long at most",
    ] {
        lines.push(vec![Piece::new(format!("  {explained}"), Tone::Faint)]);
    }
    let room = usize::from(area.width);
    let lines: Vec<Line> = lines
        .iter()
        .map(|line| cut(line, room, terminal.signs.ellipsis))
        .collect();
    put(frame, area, &lines, terminal);
}

fn put(frame: &mut Frame<'_>, area: Rect, lines: &[Line], terminal: Terminal) {
    let lines: Vec<Text<'_>> = lines.iter().map(|line| text(line, terminal)).collect();
    frame.render_widget(Paragraph::new(lines), area);
}

fn text(line: &[Piece], terminal: Terminal) -> Text<'static> {
    let span = |piece: &Piece| Span::styled(piece.text.clone(), styled(piece.tone, terminal));
    Text::from(line.iter().map(span).collect::<Vec<_>>())
}

/// Without colour, what is bad is bold and underlined, and what needs a look is bold.
fn styled(tone: Tone, terminal: Terminal) -> Style {
    let style = Style::new();
    match (tone, terminal.colour) {
        (Tone::Plain, _) | (Tone::Good, false) => style,
        (Tone::Faint, _) => style.add_modifier(Modifier::DIM),
        (Tone::Strong, _) | (Tone::Warn, false) => style.add_modifier(Modifier::BOLD),
        (Tone::Good, true) => style.fg(Color::Green),
        (Tone::Warn, true) => style.fg(Color::Yellow),
        (Tone::Bad, true) => style.fg(Color::Red).add_modifier(Modifier::BOLD),
        (Tone::Bad, false) => style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
    }
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
