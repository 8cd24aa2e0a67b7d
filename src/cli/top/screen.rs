//! What the user has chosen to see, and the keys that change it.

use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::panels::{Kind, Scope};

/// What the user has chosen to see.
#[derive(Debug, Clone, Default)]
pub(super) struct Screen {
    pub(super) scope: Scope,
    focus: usize,
    /// The table in focus has the screen for itself.
    pub(super) zoomed: bool,
    pub(super) help: bool,
    pub(super) paused: bool,
    /// The first row shown of each table.
    offsets: [usize; Kind::ALL.len()],
    /// Rows of the table in focus that fit on the screen, as it was last drawn.
    page: usize,
}

/// What a key does to the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Nothing,
    Redraw,
    Leave,
}

impl Screen {
    /// The table that keys move.
    pub(super) fn focus(&self) -> Kind {
        Kind::ALL.get(self.focus).copied().unwrap_or(Kind::Workers)
    }

    /// The first row to show of a table with so many rows, when so many fit.
    pub(super) fn first_row(&mut self, kind: Kind, rows: usize, fit: usize) -> usize {
        if kind == self.focus() {
            self.page = fit;
        }
        let last = rows.saturating_sub(fit);
        let Some(offset) = self.offset(kind) else {
            return 0;
        };
        *offset = (*offset).min(last);
        *offset
    }

    fn offset(&mut self, kind: Kind) -> Option<&mut usize> {
        let at = Kind::ALL.iter().position(|other| *other == kind)?;
        self.offsets.get_mut(at)
    }

    /// Takes what came from the terminal.
    pub(super) fn event(&mut self, event: &Event) -> Effect {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(*key),
            Event::Resize(..) => Effect::Redraw,
            _ => Effect::Nothing,
        }
    }

    fn key(&mut self, key: KeyEvent) -> Effect {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return match key.code {
                KeyCode::Char('c' | 'd') => Effect::Leave,
                KeyCode::Char('l') => Effect::Redraw,
                _ => Effect::Nothing,
            };
        }
        if self.help {
            // Whatever is pressed, one wants to go back; `q` is no exception.
            self.help = false;
            return Effect::Redraw;
        }
        let page = self.page.max(1);
        match key.code {
            // Out of what is zoomed, else out of the program.
            KeyCode::Esc if self.zoomed => self.zoomed = false,
            KeyCode::Esc | KeyCode::Char('q') => return Effect::Leave,
            KeyCode::Char('?' | 'h') => self.help = true,
            KeyCode::Char('p' | ' ') => self.paused = !self.paused,
            KeyCode::Char('s') => self.scope = next(self.scope),
            KeyCode::Enter | KeyCode::Char('z') => self.zoomed = !self.zoomed,
            KeyCode::Tab | KeyCode::Right => self.turn(1),
            KeyCode::BackTab | KeyCode::Left => self.turn(Kind::ALL.len() - 1),
            KeyCode::Up | KeyCode::Char('k') => self.scroll(|row| row.saturating_sub(1)),
            KeyCode::Down | KeyCode::Char('j') => self.scroll(|row| row.saturating_add(1)),
            KeyCode::PageUp => self.scroll(|row| row.saturating_sub(page)),
            KeyCode::PageDown => self.scroll(|row| row.saturating_add(page)),
            KeyCode::Home => self.scroll(|_| 0),
            // Brought back to the last page when it is drawn.
            KeyCode::End => self.scroll(|_| usize::MAX),
            _ => return Effect::Nothing,
        }
        Effect::Redraw
    }

    fn turn(&mut self, by: usize) {
        self.focus = (self.focus + by) % Kind::ALL.len();
    }

    fn scroll(&mut self, to: impl Fn(usize) -> usize) {
        let focus = self.focus();
        if let Some(offset) = self.offset(focus) {
            *offset = to(*offset);
        }
    }
}

fn next(scope: Scope) -> Scope {
    match scope {
        Scope::Auto => Scope::Start,
        Scope::Start => Scope::Window,
        Scope::Window => Scope::Auto,
    }
}

/// Keys and what they do, for the help.
pub(super) const KEYS: [(&str, &str); 8] = [
    ("q Esc Ctrl-C", "leave"),
    ("p", "pause the screen; looking goes on"),
    ("s", "figures: since start, last minutes, either"),
    ("Tab  Shift-Tab", "go to the next or previous table"),
    ("Enter", "give that table the whole screen, and back"),
    ("Up Down j k", "scroll it; PageUp PageDown Home End too"),
    ("Ctrl-L", "draw again"),
    ("?", "this; any key goes back"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn press(screen: &mut Screen, codes: &[KeyCode]) -> Effect {
        let mut effect = Effect::Nothing;
        for code in codes {
            effect = screen.event(&Event::Key(KeyEvent::from(*code)));
        }
        effect
    }

    #[test]
    fn q_escape_and_ctrl_c_leave() {
        let mut screen = Screen::default();
        assert_eq!(press(&mut screen, &[KeyCode::Char('q')]), Effect::Leave);
        assert_eq!(press(&mut screen, &[KeyCode::Esc]), Effect::Leave);
        let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        screen.help = true;
        assert_eq!(screen.event(&Event::Key(ctrl_c)), Effect::Leave);
    }

    #[test]
    fn help_and_zoom_are_left_first() {
        let mut screen = Screen::default();
        assert_eq!(press(&mut screen, &[KeyCode::Char('?')]), Effect::Redraw);
        assert_eq!(press(&mut screen, &[KeyCode::Char('q')]), Effect::Redraw);
        assert!(!screen.help);
        press(&mut screen, &[KeyCode::Enter]);
        assert!(screen.zoomed);
        assert_eq!(press(&mut screen, &[KeyCode::Esc]), Effect::Redraw);
        assert!(!screen.zoomed);
    }

    #[test]
    fn the_focus_goes_round_both_ways() {
        let mut screen = Screen::default();
        assert_eq!(screen.focus(), Kind::Queues);
        press(&mut screen, &[KeyCode::Tab, KeyCode::Tab]);
        assert_eq!(screen.focus(), Kind::Jobs);
        press(&mut screen, &[KeyCode::BackTab; 3]);
        assert_eq!(screen.focus(), Kind::Findings);
        press(&mut screen, &[KeyCode::Tab]);
        assert_eq!(screen.focus(), Kind::Queues);
    }

    #[test]
    fn scrolling_moves_the_table_in_focus_and_ends_with_its_last_row() {
        let mut screen = Screen::default();
        press(&mut screen, &[KeyCode::Tab]);
        assert_eq!(screen.first_row(Kind::Workers, 30, 10), 0);
        press(&mut screen, &[KeyCode::Down, KeyCode::PageDown]);
        assert_eq!(screen.first_row(Kind::Workers, 30, 10), 11);
        press(&mut screen, &[KeyCode::End]);
        assert_eq!(screen.first_row(Kind::Workers, 30, 10), 20);
        press(&mut screen, &[KeyCode::Up]);
        assert_eq!(screen.first_row(Kind::Workers, 30, 10), 19);
        assert_eq!(screen.first_row(Kind::Jobs, 30, 10), 0);
        press(&mut screen, &[KeyCode::Home, KeyCode::Up]);
        assert_eq!(screen.first_row(Kind::Workers, 30, 10), 0);
        assert_eq!(screen.first_row(Kind::Workers, 3, 10), 0);
    }

    #[test]
    fn a_resize_is_drawn_and_an_unknown_key_is_not() {
        let mut screen = Screen::default();
        assert_eq!(screen.event(&Event::Resize(60, 20)), Effect::Redraw);
        assert_eq!(press(&mut screen, &[KeyCode::Char('x')]), Effect::Nothing);
    }
}
