//! The wire between workers and broker, and what goes wrong with it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From worker to broker.
    Up,
    /// From broker to worker.
    Down,
}

/// What happens to all bytes, of connections old and new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Weather {
    /// Each piece arrives later by this much.
    pub(crate) delay: Duration,
    /// Nothing gets through this way.
    pub(crate) held: Option<Way>,
}

/// What happens to one connection, for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Fate {
    #[default]
    Well,
    /// It ends after half of the next piece.
    Torn,
    /// It stays, and what is sent vanishes.
    Dead,
}

/// Which connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    All,
    /// Every other one: a worker has two, and may lose one of them.
    Half(usize),
}

/// A listener that passes everything on.
#[derive(Debug)]
pub(crate) struct Proxy {
    port: u16,
    weather: watch::Sender<Weather>,
    pipes: Arc<Mutex<Vec<Pipe>>>,
}

/// One connection.
#[derive(Debug, Clone)]
struct Pipe {
    fate: watch::Sender<Fate>,
    over: CancellationToken,
}

impl Proxy {
    /// Listens on a free port, and passes on to `target`. Ends with `stop`.
    pub(crate) async fn start(
        target: String,
        stop: CancellationToken,
        tasks: &TaskTracker,
    ) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (weather, pipes) = (
            watch::Sender::new(Weather::default()),
            Arc::new(Mutex::new(Vec::new())),
        );
        let (forecast, known, inner) = (weather.clone(), Arc::clone(&pipes), tasks.clone());
        tasks.spawn(async move {
            loop {
                let accepted = tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    accepted = listener.accept() => accepted,
                };
                let Ok((near, _)) = accepted else { continue };
                let pipe = Pipe {
                    fate: watch::Sender::new(Fate::Well),
                    over: stop.child_token(),
                };
                let mut pipes = known.lock().unwrap_or_else(PoisonError::into_inner);
                pipes.retain(|pipe: &Pipe| !pipe.over.is_cancelled());
                pipes.push(pipe.clone());
                drop(pipes);
                let (forecast, target, more) =
                    (forecast.subscribe(), target.clone(), inner.clone());
                inner.spawn(async move {
                    // A broker that is down is seen as a connection that ends at once.
                    if let Ok(far) = TcpStream::connect(target).await {
                        join(near, far, &pipe, &forecast, &more);
                        pipe.over.cancelled().await;
                    }
                    pipe.over.cancel();
                });
            }
        });
        Ok(Self {
            port,
            weather,
            pipes,
        })
    }

    /// Where workers find it.
    pub(crate) fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.port)
    }

    /// Changes the weather.
    pub(crate) fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// Ends connections; new ones get through.
    pub(crate) fn cut(&self, part: Part) {
        for pipe in self.part(part) {
            pipe.over.cancel();
        }
    }

    /// Gives connections a fate; new ones are well.
    pub(crate) fn doom(&self, part: Part, fate: Fate) {
        for pipe in self.part(part) {
            pipe.fate.send_replace(fate);
        }
    }

    fn part(&self, part: Part) -> Vec<Pipe> {
        let pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        pipes
            .iter()
            .filter(|pipe| !pipe.over.is_cancelled())
            .enumerate()
            .filter(|(index, _)| match part {
                Part::All => true,
                Part::Half(which) => index % 2 == which % 2,
            })
            .map(|(_, pipe)| pipe.clone())
            .collect()
    }
}

/// Passes bytes on, both ways, until the pipe is over.
fn join(
    near: TcpStream,
    far: TcpStream,
    pipe: &Pipe,
    weather: &watch::Receiver<Weather>,
    tasks: &TaskTracker,
) {
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    for (way, from, to) in [(Way::Up, near_in, far_out), (Way::Down, far_in, near_out)] {
        let (pipe, weather) = (pipe.clone(), weather.clone());
        tasks.spawn(async move {
            tokio::select! {
                biased;
                () = pipe.over.cancelled() => {}
                passed = pass(way, from, to, pipe.fate.subscribe(), weather) => if let Err(error) = passed {
                    tracing::trace!(error = format!("{error:#}"), "a connection ended");
                },
            }
            pipe.over.cancel();
        });
    }
}

async fn pass(
    way: Way,
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    fate: watch::Receiver<Fate>,
    mut weather: watch::Receiver<Weather>,
) -> Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        let piece = buffer
            .get(..length)
            .context("more than there is room for")?;
        weather
            .wait_for(|weather| weather.held != Some(way))
            .await?;
        let delay = weather.borrow().delay;
        if !delay.is_zero() {
            sleep(delay).await;
        }
        let fate = *fate.borrow();
        match fate {
            Fate::Well => to.write_all(piece).await?,
            Fate::Dead => {}
            Fate::Torn => {
                let (half, _) = piece.split_at_checked(length / 2).unwrap_or((piece, &[]));
                to.write_all(half).await?;
                to.flush().await?;
                return Ok(());
            }
        }
    }
}
