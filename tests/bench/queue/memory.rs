//! Memory of a worker process over many jobs.

use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::broker::{Broker, answer};
use crate::picture;
use crate::{MemoryArgs, median, say};

/// Jobs between two samples.
const EVERY: usize = 250;
/// Jobs that wait at most.
const AHEAD: usize = 1000;
/// What may come on top, as a part of what there was.
const GROWTH: f64 = 0.05;

/// A moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) seconds: f64,
    pub(crate) jobs: usize,
    /// Resident memory, in kibibytes.
    pub(crate) kib: u32,
}

/// A worker process; it ends when dropped.
#[derive(Debug)]
pub(crate) struct Process(pub(crate) Child);

impl Process {
    /// Starts one, and waits until it has connected.
    pub(crate) fn start(broker: &Broker, slots: u16, millis: u64) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([
                "--amqp-url",
                &broker.url,
                "worker",
                "--prefix",
                &broker.prefix,
            ])
            .args([
                "--slots",
                &slots.to_string(),
                "--millis",
                &millis.to_string(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let said = child.stdout.take().context("a worker without a pipe")?;
        let process = Self(child);
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        ensure!(line.trim() == "ready", "the worker did not connect");
        Ok(process)
    }

    /// Has it end, and waits.
    pub(crate) fn close(mut self) -> Result<()> {
        drop(self.0.stdin.take());
        let status = self.0.wait()?;
        ensure!(status.success(), "the worker ended with {status}");
        Ok(())
    }

    fn kib(&self) -> Result<u32> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))
            .context("memory is read from /proc, as Linux has it")?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .context("no VmRSS")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _waited = self.0.wait();
    }
}

/// Measures; `false` when memory grows.
pub(crate) async fn measure(broker: &Broker, args: &MemoryArgs) -> Result<bool> {
    let process = Process::start(broker, args.slots, 0)?;
    let mut answers = broker.answers().await?;
    let (mut sent, mut samples, started) = (0, Vec::new(), Instant::now());
    for jobs in 0..args.jobs {
        if jobs.is_multiple_of(EVERY) {
            samples.push(Sample {
                seconds: started.elapsed().as_secs_f64(),
                jobs,
                kib: process.kib()?,
            });
            let more = (jobs + AHEAD).min(args.jobs).saturating_sub(sent);
            broker.fill(sent, more).await?;
            sent += more;
        }
        answer(&mut answers).await?;
    }
    samples.push(Sample {
        seconds: started.elapsed().as_secs_f64(),
        jobs: args.jobs,
        kib: process.kib()?,
    });
    process.close()?;

    std::fs::create_dir_all(&args.folder)?;
    let mut csv = "seconds,jobs,rss_kib\n".to_owned();
    for Sample { seconds, jobs, kib } in &samples {
        let _infallible = writeln!(csv, "{seconds:.3},{jobs},{kib}");
    }
    std::fs::write(args.folder.join("memory.csv"), csv)?;
    std::fs::write(args.folder.join("memory.svg"), picture::draw(&samples))?;
    judge(&samples, args)
}

/// Compares the second fifth of the run with the last: the first fills caches.
fn judge(samples: &[Sample], args: &MemoryArgs) -> Result<bool> {
    let fifth = samples.len() / 5;
    ensure!(
        fifth > 0,
        "too few jobs to see anything: at least {}",
        EVERY * 10
    );
    let middle = |from: usize| {
        let values: Vec<f64> = samples
            .iter()
            .skip(from)
            .take(fifth)
            .map(|sample| f64::from(sample.kib))
            .collect();
        median(&values) / 1024.0
    };
    let (early, late) = (middle(fifth), middle(samples.len() - fifth));
    let growth = late / early - 1.0;
    let flat = growth <= GROWTH;
    let most = samples
        .iter()
        .map(|sample| sample.kib)
        .max()
        .unwrap_or_default();
    say(&format!(
        "{} jobs of 4 KiB, {} in hand\nresident memory, median of the second fifth of the run  {early:>8.1} MiB\n\
         resident memory, median of the last fifth            {late:>8.1} MiB\n\
         growth                                               {:>8.1} %{}\n\
         most                                                 {:>8.1} MiB\n\
         samples and picture: {}\n",
        args.jobs,
        args.slots,
        growth * 100.0,
        if flat { "" } else { "  <-- MISS" },
        f64::from(most) / 1024.0,
        args.folder.display()
    ))?;
    Ok(flat)
}
