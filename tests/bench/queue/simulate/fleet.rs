//! Worker processes, as anybody would start them.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::time::sleep;

use super::articles::MODEL;
use crate::broker::Broker;

/// For a worker to start, and to end.
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(50);
/// What a worker logs once it has connected.
const CONNECTED: &str = "connected to the broker";

/// Workers that run; they are killed when dropped.
#[derive(Debug)]
pub(super) struct Crew {
    workers: Vec<Child>,
    pinned: bool,
}

impl Crew {
    /// Starts so many, each with one thread on a processor of its own, and waits until all have
    /// connected.
    pub(super) async fn start(
        program: &Path,
        broker: &Broker,
        folder: &Path,
        count: usize,
        slots: usize,
    ) -> Result<Self> {
        // Without it, two workers that have a processor each on average take turns on one at times.
        let pinned = Command::new("taskset")
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        let processors = std::thread::available_parallelism()?.get();
        ensure!(
            count <= processors,
            "{count} workers need a processor each, and there are {processors}: see --workers"
        );
        let mut crew = Self {
            workers: Vec::new(),
            pinned,
        };
        for number in 0..count {
            let log = folder.join(format!("worker-{number}.log"));
            let mut command = if pinned {
                let mut command = Command::new("taskset");
                command
                    .args(["--cpu-list", &number.to_string()])
                    .arg(program);
                command
            } else {
                Command::new(program)
            };
            command
                .args(["work", "--model", MODEL, "--catalog-dir", "catalog"])
                .args([
                    "--model-dir",
                    "weights",
                    "--device",
                    "cpu",
                    "--threads",
                    "1",
                ])
                .args(["--slots", &slots.to_string()])
                // Every job is to be computed.
                .args(["--segment-cache-mib", "0"])
                .args(["--queue-prefix", &broker.prefix])
                .current_dir(folder)
                .env_clear()
                .env("PATH", std::env::var_os("PATH").unwrap_or_default())
                .env("HOME", folder)
                .env("HF_HUB_OFFLINE", "1")
                .env("PRESSLATE_AMQP_URL", &broker.url)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(File::create(&log)?);
            let child = command
                .spawn()
                .with_context(|| format!("{} cannot be started", program.display()))?;
            crew.workers.push(child);
            crew.connected(number, &log).await?;
        }
        Ok(crew)
    }

    async fn connected(&mut self, number: usize, log: &Path) -> Result<()> {
        let started = Instant::now();
        loop {
            let said = std::fs::read_to_string(log)?;
            if said.contains(CONNECTED) {
                return Ok(());
            }
            let ended = match self.workers.get_mut(number) {
                Some(worker) => worker.try_wait()?,
                None => None,
            };
            ensure!(
                ended.is_none() && started.elapsed() < PATIENCE,
                "worker {number} did not connect:\n{said}"
            );
            sleep(PAUSE).await;
        }
    }

    /// How they run.
    pub(super) fn manner(&self) -> &'static str {
        if self.pinned {
            "each worker has one thread, on a processor of its own"
        } else {
            "there is no taskset (util-linux): workers share the processors, which the simulation does not know"
        }
    }

    /// Tells all to stop, and waits.
    pub(super) fn close(mut self) -> Result<()> {
        for worker in &mut self.workers {
            // It has not been waited for, so its number is still its own.
            let told = Command::new("kill").arg(worker.id().to_string()).status()?;
            ensure!(told.success(), "a worker ended before it was told to");
        }
        for worker in &mut self.workers {
            let status = worker.wait()?;
            ensure!(status.success(), "a worker ended with {status}");
        }
        Ok(())
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            let _ended = worker.kill();
            let _waited = worker.wait();
        }
    }
}
