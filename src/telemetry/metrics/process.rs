//! The process itself, under the names that Prometheus' own libraries use, as Linux tells it.
//! Elsewhere these stay at 0.

use std::fs;
use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

use super::about::{About, Base, Kind, Level, level};

static RESIDENT: About = About {
    name: "process_resident_memory",
    kind: Kind::Gauge,
    unit: Some(Base::Bytes),
    labels: &[],
    help: "Resident memory, mapped weights included",
};
static CPU: About = About {
    name: "process_cpu",
    kind: Kind::Counter,
    unit: Some(Base::Seconds),
    labels: &[],
    help: "Time on all processors, of the program and of the system for it",
};
static STARTED: About = About {
    name: "process_start_time",
    kind: Kind::Gauge,
    unit: Some(Base::Seconds),
    labels: &[],
    help: "When the process started, in Unix time",
};
static FILES: About = About {
    name: "process_open_fds",
    kind: Kind::Gauge,
    unit: None,
    labels: &[],
    help: "Open files and connections",
};
static THREADS: About = About {
    name: "process_threads",
    kind: Kind::Gauge,
    unit: None,
    labels: &[],
    help: "Threads",
};

pub(super) static ALL: &[&About] = &[&RESIDENT, &CPU, &STARTED, &FILES, &THREADS];

/// Ticks a second of the times in `/proc/self/stat`: the same on every Linux that there is
/// (`USER_HZ`), whatever the kernel's own clock.
const TICKS: f64 = 100.0;

#[derive(Debug)]
pub(super) struct ProcessMetrics {
    resident: Level,
    cpu: Counter<f64, AtomicU64>,
    started: Level,
    files: Level,
    threads: Level,
}

impl ProcessMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let cpu = Counter::<f64, AtomicU64>::default();
        CPU.register(registry, cpu.clone());
        let metrics = Self {
            resident: level(registry, &RESIDENT),
            cpu,
            started: level(registry, &STARTED),
            files: level(registry, &FILES),
            threads: level(registry, &THREADS),
        };
        // The metrics are made as the process starts; the clock of /proc counts from the boot.
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        metrics.started.set(now.unwrap_or_default().as_secs_f64());
        metrics
    }

    /// Reads them. What cannot be read stays as it was.
    pub(super) fn read(&self) {
        if let Ok(status) = fs::read_to_string("/proc/self/status") {
            if let Some(kib) = field(&status, "VmRSS:") {
                self.resident.set(kib * 1024.0);
            }
            if let Some(threads) = field(&status, "Threads:") {
                self.threads.set(threads);
            }
        }
        if let Some(ticks) = fs::read_to_string("/proc/self/stat")
            .ok()
            .and_then(|stat| ticks(&stat))
        {
            // A counter can only be added to; what it counts is kept by the system.
            let seconds = ticks / TICKS;
            self.cpu.inc_by((seconds - self.cpu.get()).max(0.0));
        }
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            let files = u32::try_from(files.count()).unwrap_or(u32::MAX);
            // The folder itself was open while it was read.
            self.files.set(f64::from(files.saturating_sub(1)));
        }
    }
}

/// The number after a name in `/proc/self/status`.
fn field(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Time of the program and of the system for it, in ticks.
fn ticks(stat: &str) -> Option<f64> {
    // The program's name may have spaces and brackets in it; what follows has none.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_linux_writes_them() {
        let status = "Name:\tpress\nVmRSS:\t   2048 kB\nThreads:\t7\n";
        assert_eq!(field(status, "VmRSS:"), Some(2048.0));
        assert_eq!(field(status, "Threads:"), Some(7.0));
        assert_eq!(field(status, "VmHWM:"), None);
        let stat = "17 (a) b) S 1 17 17 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 7 0 100 1 2";
        assert_eq!(ticks(stat), Some(300.0));
        assert_eq!(ticks("17 (a S"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_memory_threads_and_files() {
        let mut registry = Registry::default();
        let process = ProcessMetrics::new(&mut registry);
        process.read();
        let cpu = process.cpu.get();
        assert!(process.resident.get() > 0.0 && process.threads.get() >= 1.0);
        assert!(process.files.get() >= 3.0 && process.started.get() > 1.6e9);
        process.read();
        assert!(process.cpu.get() >= cpu);
    }
}
