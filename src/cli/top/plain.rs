//! The picture as text, from top to bottom: for scripts, logs and screen readers.

use super::fleet::Picture;
use super::header;
use super::panel::{Line, bare, wrap};
use super::panels::{Kind, Scope, Signs, panel};
use super::words::clock;

/// The picture on lines of at most `room` columns.
pub(super) fn text(picture: &Picture, scope: Scope, signs: &Signs, room: usize) -> String {
    let mut text = String::new();
    let mut say = |line: &str| {
        text.push_str(line.trim_end());
        text.push('\n');
    };
    let paragraph = |lines: &[Line]| -> Vec<String> {
        let lines = wrap(lines, signs.between, room, signs.ellipsis);
        lines.iter().map(|line| bare(line)).collect()
    };
    say(&clock(picture.unix));
    for line in paragraph(&header::summary(picture, scope)) {
        say(&line);
    }
    let alerts = header::alerts(picture, scope);
    if alerts.is_empty() {
        say("nothing is wrong");
    }
    for line in paragraph(&alerts) {
        say(&line);
    }
    for kind in Kind::ALL {
        let panel = panel(kind, picture, scope, signs);
        let (head, rows) = panel.lines(room, signs.ellipsis);
        say("");
        say(&panel.title.to_uppercase());
        if !head.is_empty() {
            say(&bare(&head));
        }
        for row in rows {
            say(&bare(&row));
        }
    }
    text
}
