//! `presslate top`: workers and queues at a glance, out of the workers' metrics and the broker's
//! management API.

mod answers;
mod fetch;
mod figures;
mod fleet;
mod header;
mod histogram;
mod json;
mod layout;
mod management;
mod odometer;
mod panel;
mod panels;
mod plain;
mod run;
mod scrape;
mod screen;
mod settings;
mod view;
mod words;

#[cfg(test)]
#[path = "../../tests/common/worker_metrics.rs"]
mod worker_metrics;

use std::io::{self, IsTerminal};

pub(in crate::cli) use answers::reasons;
use panels::{ASCII, Scope, UNICODE};
use run::Watcher;
use settings::Settings;
use view::Terminal;

use super::args::{TopArgs, TopFormat};
use super::exit::{Exit, Failure};
use super::output::Output;
use super::wiring;
use crate::config::Environment;

/// Columns of text that nobody looks at on a terminal: as many as it takes.
const UNBOUNDED: usize = 1000;

/// Shows workers and queues until the user leaves, or once.
///
/// # Errors
/// When a setting is wrong, there is no terminal to draw on, or stdout cannot be written.
pub(super) fn run(args: TopArgs, environment: &Environment) -> Result<Exit, Failure> {
    let settings = Settings::try_from(args).map_err(Failure::usage)?;
    let signs = if environment.utf8 { &UNICODE } else { &ASCII };
    let (once, format, asked_window) = (settings.once, settings.format, settings.window);
    let on_terminal = io::stdout().is_terminal();
    let runtime = wiring::runtime()?;
    // A client keeps timers, which belong to the runtime.
    let mut watcher = {
        let _inside = runtime.enter();
        Watcher::new(settings)?
    };
    let room = || {
        let size = ratatui::crossterm::terminal::size().ok();
        size.filter(|_| on_terminal)
            .map_or(UNBOUNDED, |(columns, _)| usize::from(columns.max(20)))
    };
    let ended = if once {
        let picture = runtime.block_on(watcher.once());
        let scope = asked_window.map_or(Scope::Start, |_| Scope::Window);
        let text = match format {
            TopFormat::Table => plain::text(&picture, scope, signs, room()),
            TopFormat::Json => json::text(&picture),
        };
        Output::open(None)?.write(&text).map(|()| Exit::Done)
    } else if on_terminal && !environment.dumb_terminal {
        let terminal = Terminal {
            colour: !environment.no_color,
            signs,
        };
        run::screen(&runtime, watcher, terminal)
    } else {
        // Where nothing can be drawn, or somebody reads along: one picture below the other.
        runtime.block_on(run::repeat(watcher, |picture| {
            plain::text(picture, Scope::Auto, signs, room())
        }))
    };
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    ended
}
