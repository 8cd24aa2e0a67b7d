//! The worker processes, and somebody who starts them again when they end, as a container would.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::ledger::Ledger;
use crate::options::Sabotage;

/// Before a process is started again.
const PAUSE: Duration = Duration::from_millis(100);
/// Jobs that a worker has in hand at the same time.
pub(crate) const SLOTS: u16 = 4;

/// All worker processes.
#[derive(Debug, Default)]
pub(crate) struct Fleet {
    berths: Vec<Arc<Berth>>,
    keepers: Vec<JoinHandle<()>>,
}

/// The place of one process, and of the next one there.
#[derive(Debug)]
struct Berth {
    number: u16,
    url: String,
    sabotage: Option<Sabotage>,
    log: PathBuf,
    ledger: Ledger,
    crew: Mutex<Option<Crew>>,
    closing: AtomicBool,
}

/// A process that runs.
#[derive(Debug)]
struct Crew {
    process: Child,
    orders: ChildStdin,
}

impl Fleet {
    /// Starts so many workers.
    pub(crate) fn start(
        count: u16,
        url: &str,
        sabotage: Option<Sabotage>,
        logs: &std::path::Path,
        ledger: &Ledger,
    ) -> Result<Self> {
        let mut fleet = Self {
            berths: Vec::new(),
            keepers: Vec::new(),
        };
        for number in 0..count {
            let berth = Arc::new(Berth {
                number,
                url: url.to_owned(),
                sabotage,
                log: logs.join(format!("worker-{number}.log")),
                ledger: ledger.clone(),
                crew: Mutex::new(None),
                closing: AtomicBool::new(false),
            });
            let keeper = Arc::clone(&berth);
            let thread = std::thread::Builder::new().name(format!("keeper-{number}"));
            fleet.keepers.push(thread.spawn(move || {
                if let Err(error) = keeper.keep() {
                    keeper
                        .ledger
                        .note(format!("worker {number} cannot be started: {error:#}"));
                }
            })?);
            fleet.berths.push(berth);
        }
        Ok(fleet)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.berths.len()
    }

    /// Kills one.
    pub(crate) fn kill(&self, which: usize) {
        self.berth(which, |berth| {
            berth.with(|crew| crew.process.kill().context("killing"))
        });
    }

    /// Sends one a signal, by its name.
    pub(crate) fn signal(&self, which: usize, signal: &str) {
        self.berth(which, |berth| {
            berth.with(|crew| {
                // The process has not been waited for, so its number is still its own.
                let kill = format!("kill -{signal} {}", crew.process.id());
                let status = Command::new("sh")
                    .args(["-c", &kill])
                    .stderr(Stdio::null())
                    .status()?;
                anyhow::ensure!(status.success(), "{kill}: {status}");
                Ok(())
            })
        });
    }

    /// Gives one an order, see [`crate::doom`].
    pub(crate) fn order(&self, which: usize, order: &str) {
        self.berth(which, |berth| {
            berth.with(|crew| writeln!(crew.orders, "{order}").context("giving an order"))
        });
    }

    fn berth(&self, which: usize, act: impl FnOnce(&Berth) -> Result<()>) {
        let Some(berth) = self.berths.get(which % self.berths.len().max(1)) else {
            return;
        };
        // It may just have ended by itself.
        if let Err(error) = act(berth) {
            berth
                .ledger
                .note(format!("worker {}: {error:#}", berth.number));
        }
    }

    /// Asks all to end, kills what has not after `patience`, and waits.
    pub(crate) fn close(mut self, patience: Duration) {
        for berth in &self.berths {
            berth.closing.store(true, Ordering::SeqCst);
        }
        for which in 0..self.berths.len() {
            self.signal(which, "TERM");
        }
        let started = std::time::Instant::now();
        while self.keepers.iter().any(|keeper| !keeper.is_finished())
            && started.elapsed() < patience
        {
            pause();
        }
        self.end();
    }

    fn end(&mut self) {
        for berth in &self.berths {
            berth.closing.store(true, Ordering::SeqCst);
        }
        for keeper in self.keepers.drain(..) {
            // Again and again: one may be about to be started.
            while !keeper.is_finished() {
                for berth in &self.berths {
                    let _gone = berth.with(|crew| Ok(crew.process.kill()?));
                }
                pause();
            }
            let _joined = keeper.join();
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.end();
    }
}

impl Berth {
    /// Runs one process after the other.
    fn keep(&self) -> Result<()> {
        while !self.closing.load(Ordering::SeqCst) {
            let log = std::fs::File::options()
                .create(true)
                .append(true)
                .open(&self.log)?;
            let mut command = Command::new(std::env::current_exe()?);
            command
                .args(["worker", "--url", &self.url, "--slots", &SLOTS.to_string()])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(log);
            if let Some(sabotage) = self.sabotage {
                let name = format!("{sabotage:?}").to_lowercase();
                command.args(["--sabotage", &name]);
            }
            let mut process = command.spawn().context("starting a worker")?;
            let (Some(said), Some(orders)) = (process.stdout.take(), process.stdin.take()) else {
                anyhow::bail!("a worker without pipes");
            };
            let id = process.id();
            *self.crew.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(Crew { process, orders });
            self.ledger
                .note(format!("worker {} started as {id}", self.number));
            let mut aboard = Vec::new();
            for line in BufReader::new(said).lines() {
                self.hear(&line?, id, &mut aboard);
            }
            // It has closed its output, so it has ended or is about to.
            let crew = self
                .crew
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            let Some(Crew {
                mut process,
                orders,
            }) = crew
            else {
                continue;
            };
            let status = process.wait()?;
            drop(orders);
            self.ledger
                .note(format!("worker {} ended: {status}", self.number));
            self.ledger.exit(describe(status));
            pause();
        }
        Ok(())
    }

    /// `run KEY` and `end KEY`, with what else is told of a job in between.
    fn hear(&self, line: &str, id: u32, aboard: &mut Vec<(String, bool)>) {
        let number = self.number;
        let Some((what, key)) = line.split_once(' ') else {
            return self.ledger.note(format!("worker {number}: {line}"));
        };
        let told = format!("{what} by worker {number} ({id})");
        if what != "run" {
            aboard.retain(|(other, _)| what != "end" || other != key);
            return self.ledger.about(key, told);
        }
        let suspect = self.ledger.run(key, told);
        for (other, other_is_suspect) in &*aboard {
            if suspect || *other_is_suspect {
                self.ledger.crowded(format!(
                    "worker {number} ({id}) runs {key} beside {other}, and one of them is a suspect"
                ));
            }
        }
        aboard.push((key.to_owned(), suspect));
    }

    fn with(&self, act: impl FnOnce(&mut Crew) -> Result<()>) -> Result<()> {
        match &mut *self.crew.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(crew) => act(crew),
            None => Ok(()),
        }
    }
}

fn describe(status: ExitStatus) -> String {
    status.to_string()
}

#[expect(clippy::disallowed_methods, reason = "in a thread of its own")]
fn pause() {
    std::thread::sleep(PAUSE);
}
