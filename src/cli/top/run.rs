//! Looking again and again: on a screen, as text, or once.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event;
use ratatui::crossterm::terminal::is_raw_mode_enabled;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::fetch::Asker;
use super::fleet::{Fleet, Moment, Picture};
use super::screen::{Effect, Screen};
use super::settings::Settings;
use super::view::{self, Terminal};
use crate::cli::exit::{Exit, Failure};
use crate::shutdown;

/// What rates are taken over, where nothing else is said.
const WINDOW: Duration = Duration::from_mins(5);
/// How long a key may wait, and a signal.
const BLINK: Duration = Duration::from_millis(100);

/// Takes looks, and makes pictures of them.
pub(super) struct Watcher {
    asker: Asker,
    settings: Settings,
    fleet: Fleet,
    began: Instant,
}

impl Watcher {
    /// # Errors
    /// When TLS cannot be set up.
    pub(super) fn new(settings: Settings) -> Result<Self, Failure> {
        Ok(Self {
            asker: Asker::new().context(
                "TLS cannot be set up: are there certificates of authorities on this machine?",
            )?,
            fleet: Fleet::new(settings.window.unwrap_or(WINDOW)),
            settings,
            began: Instant::now(),
        })
    }

    async fn look(&mut self) -> Picture {
        let look = self.asker.look(&self.settings).await;
        // After the answers: a worker that lets one wait must not seem to be faster for it.
        let moment = Moment {
            elapsed: self.began.elapsed(),
            unix: SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default()
                .as_secs_f64(),
        };
        self.fleet.take(look, moment)
    }

    /// One look; or, where the user has named a window, as many as it takes to fill it.
    pub(super) async fn once(&mut self) -> Picture {
        let mut picture = self.look().await;
        if let Some(window) = self.settings.window {
            let end = self.began + window;
            while Instant::now() < end {
                let next = Instant::now() + self.settings.interval;
                tokio::time::sleep_until(next.min(end)).await;
                picture = self.look().await;
            }
        }
        picture
    }

    /// Hands a picture out at every interval, until told to stop or nobody takes them.
    async fn watch(
        mut self,
        pictures: watch::Sender<Option<Arc<Picture>>>,
        stop: CancellationToken,
    ) {
        loop {
            let next = Instant::now() + self.settings.interval;
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                picture = self.look() => {
                    if pictures.send(Some(Arc::new(picture))).is_err() {
                        return;
                    }
                }
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep_until(next) => {}
            }
        }
    }
}

/// Prints a picture at every interval, until a signal comes or nobody reads any more.
///
/// # Errors
/// When signals cannot be listened for, or stdout cannot be written.
pub(super) async fn repeat(
    watcher: Watcher,
    print: impl Fn(&Picture) -> String,
) -> Result<Exit, Failure> {
    let signals = shutdown::listen()?;
    let (sender, mut pictures) = watch::channel(None);
    let watching = watcher.watch(sender, signals.stop.clone());
    let printing = async {
        while pictures.changed().await.is_ok() {
            let Some(picture) = pictures.borrow_and_update().clone() else {
                continue;
            };
            let mut stdout = io::stdout().lock();
            let text = format!("{}\n", print(&picture));
            match stdout
                .write_all(text.as_bytes())
                .and_then(|()| stdout.flush())
            {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
                written => written.context("stdout")?,
            }
        }
        Ok(Exit::Done)
    };
    tokio::select! {
        printed = printing => printed,
        () = watching => Ok(Exit::Done),
    }
}

/// Draws pictures on the terminal until the user leaves.
///
/// # Errors
/// When there is no terminal to draw on, or looking broke down.
pub(super) fn screen(runtime: &Runtime, watcher: Watcher, look: Terminal) -> Result<Exit, Failure> {
    let signals = runtime.block_on(async { shutdown::listen() })?;
    let (sender, pictures) = watch::channel(None);
    let watching = runtime.spawn(watcher.watch(sender, signals.stop.clone()));
    let drawn = {
        let mut terminal =
            Restored(ratatui::try_init().context("the terminal cannot be drawn on")?);
        draw(&mut terminal.0, pictures, look, &signals.stop)
    };
    signals.stop.cancel();
    let looked = runtime.block_on(watching);
    drawn.context("the terminal")?;
    looked.context("looking at the workers broke down")?;
    Ok(Exit::Done)
}

/// Gives the terminal back as it was, however drawing ends; after a panic a hook does.
struct Restored(DefaultTerminal);

impl Drop for Restored {
    fn drop(&mut self) {
        // The hook may have done so already. Twice would put the cursor back to where it was before
        // the message of the panic, and write over it.
        if is_raw_mode_enabled().unwrap_or(true) {
            ratatui::restore();
        }
    }
}

fn draw(
    terminal: &mut DefaultTerminal,
    mut pictures: watch::Receiver<Option<Arc<Picture>>>,
    look: Terminal,
    stop: &CancellationToken,
) -> io::Result<()> {
    let mut screen = Screen::default();
    let mut picture: Option<Arc<Picture>> = None;
    let mut changed = true;
    while !stop.is_cancelled() {
        match pictures.has_changed() {
            Ok(true) if !screen.paused => {
                picture.clone_from(&pictures.borrow_and_update());
                changed = true;
            }
            Ok(_) => {}
            // Nobody looks any more: why, the one who waits for it will say.
            Err(_) => return Ok(()),
        }
        if changed {
            terminal.draw(|frame| view::draw(frame, picture.as_deref(), &mut screen, look))?;
            changed = false;
        }
        if !event::poll(BLINK)? {
            continue;
        }
        let event = event::read()?;
        match screen.event(&event) {
            Effect::Leave => return Ok(()),
            Effect::Redraw => {
                if is_redraw(&event) {
                    terminal.clear()?;
                }
                changed = true;
            }
            Effect::Nothing => {}
        }
    }
    Ok(())
}

/// Whether the user wants everything drawn again, because something else wrote on the screen.
fn is_redraw(event: &event::Event) -> bool {
    let ctrl = |key: &event::KeyEvent| key.modifiers.contains(event::KeyModifiers::CONTROL);
    matches!(event, event::Event::Key(key) if ctrl(key) && key.code == event::KeyCode::Char('l'))
}
