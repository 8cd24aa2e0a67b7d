//! The most memory that this process has had at once.

use crate::cli::doctor::machine::amount;

/// Forgets the most so far. Where the system does not allow that, what comes next includes it.
pub(in crate::cli) fn forget_peak() {
    drop(std::fs::write("/proc/self/clear_refs", "5"));
}

/// The most resident memory since the start, or since it was last forgotten, in bytes; `None` where
/// the system does not say.
pub(in crate::cli) fn peak() -> Option<u64> {
    high_water(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn high_water(status: &str) -> Option<u64> {
    amount(status, "VmHWM:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read_as_linux_writes_it() {
        assert_eq!(
            high_water("VmPeak:\t  20 kB\nVmHWM:\t   12 kB\nVmRSS:\t 8 kB\n"),
            Some(12 * 1024)
        );
        assert_eq!(high_water("VmRSS: 8 kB"), None);
    }
}
