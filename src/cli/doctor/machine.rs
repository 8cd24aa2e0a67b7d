//! Checks of the machine: threads, memory, disk.

use std::num::NonZeroUsize;
use std::path::Path;

use super::Check;
use crate::cli::text::bytes;

const MIB: u64 = 1 << 20;

/// Whether as many threads are asked for as may run.
pub(super) fn threads(asked: NonZeroUsize) -> Check {
    let may_run = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let found = format!("{asked} for computing; {may_run} may run at once here");
    if asked > may_run {
        return Check::warning(
            "threads",
            found,
            format!("more than may run slow each other down: write --threads {may_run}"),
        );
    }
    Check::ok("threads", found)
}

/// Whether there is room in memory for models of `needed_mib` together.
pub(super) fn memory(needed_mib: u64) -> Check {
    let needed = needed_mib.saturating_mul(MIB);
    let Some(free) = free_memory() else {
        let found = format!(
            "the system does not say how much is free; the models need {}",
            bytes(needed)
        );
        return Check::warning("memory", found, "look at it yourself");
    };
    let found = format!("{} free; the models need {}", bytes(free), bytes(needed));
    if free < needed {
        return Check::problem(
            "memory",
            found,
            "choose a smaller model (`presslate models list`), or give the machine more",
        );
    }
    Check::ok("memory", found)
}

/// Whether `missing` bytes of weights still fit into the cache; `None` when their sizes are not all
/// known.
pub(super) fn disk(cache: &Path, missing: Option<u64>) -> Check {
    // The cache is made at the first pull; until then its nearest parent says what is free.
    let there = cache
        .ancestors()
        .find(|path| path.is_dir())
        .unwrap_or(Path::new("."));
    let Ok(free) = fs4::available_space(there) else {
        return Check::warning(
            "disk",
            format!("{}: the system does not say what is free", there.display()),
            "look at it yourself",
        );
    };
    let Some(missing) = missing else {
        return Check::warning(
            "disk",
            format!(
                "{}: {} free, an unknown size to fetch",
                cache.display(),
                bytes(free)
            ),
            "the catalogue does not know the size of every file yet: look at the models' pages",
        );
    };
    let found = format!(
        "{}: {} free, {} to fetch",
        cache.display(),
        bytes(free),
        bytes(missing)
    );
    if free < missing {
        return Check::problem(
            "disk",
            found,
            "free some, or put the cache elsewhere with PRESSLATE_CACHE_DIR",
        );
    }
    Check::ok("disk", found)
}

/// Bytes of memory that this process could still take: what the machine has, or what its container
/// is allowed, whichever is less. `None` where the system does not say.
pub(in crate::cli) fn free_memory() -> Option<u64> {
    memory_now().map(|(free, _)| free)
}

/// Bytes of memory that are free and that there are altogether, of the machine or of its container,
/// whichever has less free.
pub(in crate::cli) fn memory_now() -> Option<(u64, u64)> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let machine = read("/proc/meminfo").and_then(|text| {
        let free = amount(&text, "MemAvailable:")?;
        Some((free, amount(&text, "MemTotal:")?))
    });
    let container = read("/sys/fs/cgroup/memory.max")
        .zip(read("/sys/fs/cgroup/memory.current"))
        .and_then(|(max, current)| headroom(&max, &current));
    [machine, container].into_iter().flatten().min()
}

/// Bytes that Linux says after a name, in `/proc/meminfo` and the `status` of a process.
pub(in crate::cli) fn amount(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib.saturating_mul(1024))
}

/// Bytes that a container may still take, and may have; `None` where it has no limit.
fn headroom(max: &str, current: &str) -> Option<(u64, u64)> {
    let max: u64 = max.trim().parse().ok()?;
    let current: u64 = current.trim().parse().ok()?;
    Some((max.saturating_sub(current), max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_memory_is_read_as_linux_writes_it() {
        let meminfo = "MemTotal:       100 kB\nMemAvailable:    24 kB\n";
        assert_eq!(amount(meminfo, "MemAvailable:"), Some(24 * 1024));
        assert_eq!(amount("nonsense", "MemAvailable:"), None);
        assert_eq!(headroom("1000\n", "300\n"), Some((700, 1000)));
        assert_eq!(headroom("max\n", "300\n"), None);
    }

    #[test]
    fn a_disk_without_room_is_a_problem() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(
            disk(&dir.path().join("not/yet"), Some(0)).level,
            super::super::Level::Ok
        );
        assert_eq!(
            disk(dir.path(), Some(u64::MAX)).level,
            super::super::Level::Problem
        );
        assert_eq!(disk(dir.path(), None).level, super::super::Level::Warning);
    }

    #[test]
    fn memory_for_no_model_at_all_is_there_and_for_a_giant_is_not() {
        assert_ne!(memory(0).level, super::super::Level::Problem);
        assert_ne!(memory(u64::MAX).level, super::super::Level::Ok);
    }
}
