//! Screens, as they are seen.

use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent};
use ratatui::style::Color;

use super::*;
use crate::cli::top::fleet::tests::watched;
use crate::cli::top::panel::bare;
use crate::cli::top::panels::{ASCII, UNICODE};

const COLOUR: Terminal = Terminal {
    colour: true,
    signs: &UNICODE,
};
const BARE: Terminal = Terminal {
    colour: false,
    signs: &ASCII,
};

fn drawn(columns: u16, rows: u16, keys: &[KeyCode], terminal: Terminal) -> TestBackend {
    let mut screen = Screen::default();
    for key in keys {
        screen.event(&Event::Key(KeyEvent::from(*key)));
    }
    let mut on = ratatui::Terminal::new(TestBackend::new(columns, rows)).unwrap();
    let picture = watched(120);
    on.draw(|frame| draw(frame, Some(&picture), &mut screen, terminal))
        .unwrap();
    on.backend().clone()
}

#[test]
fn a_small_screen() {
    insta::assert_snapshot!(drawn(60, 20, &[], COLOUR));
}

#[test]
fn a_usual_screen() {
    insta::assert_snapshot!(drawn(80, 24, &[], COLOUR));
}

#[test]
fn a_large_screen() {
    insta::assert_snapshot!(drawn(120, 40, &[], COLOUR));
}

#[test]
fn the_readme_shows_the_screen_as_it_is_drawn() {
    let drawn = drawn(96, 33, &[], COLOUR).to_string();
    let mut screen = String::new();
    for line in drawn.lines() {
        screen += line.trim_matches('"').trim_end();
        screen += "\n";
    }
    let readme = include_str!("../../../deploy/README.md");
    let (_, after) = readme.split_once("<!-- screen: presslate top -->").unwrap();
    let (_, shown) = after.split_once("```text\n").unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    assert!(shown == screen, "deploy/README.md should show:\n{screen}");
}

#[test]
fn a_screen_without_utf8_has_none() {
    let screen = drawn(80, 24, &[], BARE);
    assert!(
        screen
            .buffer()
            .content
            .iter()
            .all(|cell| cell.symbol().is_ascii())
    );
    insta::assert_snapshot!(screen);
}

#[test]
fn a_table_that_has_the_screen_for_itself() {
    insta::assert_snapshot!(drawn(80, 12, &[KeyCode::Tab, KeyCode::Enter], COLOUR));
}

#[test]
fn the_help_fits_on_a_small_screen() {
    insta::assert_snapshot!(drawn(60, 20, &[KeyCode::Char('?')], BARE));
}

#[test]
fn before_the_first_answers_it_says_that_it_looks() {
    let mut on = ratatui::Terminal::new(TestBackend::new(30, 3)).unwrap();
    on.draw(|frame| draw(frame, None, &mut Screen::default(), COLOUR))
        .unwrap();
    assert!(on.backend().to_string().contains("looking"));
}

#[test]
fn colours_are_used_only_where_they_are_wanted() {
    let coloured = |terminal| {
        let screen = drawn(80, 24, &[], terminal);
        let cells = &screen.buffer().content;
        cells.iter().filter(|cell| cell.fg != Color::Reset).count()
    };
    assert!(coloured(COLOUR) > 0);
    assert_eq!(coloured(BARE), 0);
}

#[test]
fn every_size_can_be_drawn() {
    let picture = watched(4);
    for columns in [1, 2, 7, 20, 41, 77, 78, 200] {
        for rows in [1, 2, 3, 5, 9, 16, 34, 60] {
            for keys in [
                &[][..],
                &[KeyCode::BackTab],
                &[KeyCode::Enter],
                &[KeyCode::Char('?')],
            ] {
                let mut screen = Screen::default();
                for key in keys {
                    screen.event(&Event::Key(KeyEvent::from(*key)));
                }
                let mut on = ratatui::Terminal::new(TestBackend::new(columns, rows)).unwrap();
                on.draw(|frame| draw(frame, Some(&picture), &mut screen, COLOUR))
                    .unwrap();
                let seen = on.backend().to_string();
                assert_eq!(seen.lines().count(), usize::from(rows), "{columns}x{rows}");
            }
        }
    }
}

#[test]
fn what_was_paused_says_so() {
    let screen = drawn(80, 24, &[KeyCode::Char('p')], COLOUR).to_string();
    assert!(
        screen.lines().last().unwrap().contains("PAUSED"),
        "{screen}"
    );
}

#[test]
fn what_is_wrong_takes_two_lines_and_says_how_much_more_there_is() {
    let picture = watched(0);
    let lines = |room| -> Vec<String> {
        let lines = alerts(&picture, &Screen::default(), room, COLOUR);
        lines.iter().map(|line| bare(line)).collect()
    };
    assert_eq!(
        lines(70),
        [
            "worker-3:9464 does not answer: connection refused · 2 dead letters",
            "worker-2:9464 is not ready: loading starter-ko"
        ]
    );
    assert_eq!(
        lines(45),
        [
            "worker-3:9464 does not … · 2 dead letters",
            "worker-2:9464 is not re…"
        ]
    );
    assert_eq!(lines(10), ["worker-3:…", "2 more"]);
}
