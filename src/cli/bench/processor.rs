//! The processor time that this process has taken.

/// Ticks a second in what Linux tells programs, whatever the kernel's own clock.
const TICKS: f64 = 100.0;

/// Seconds so far, of all threads together; `None` where the system does not say.
pub(super) fn seconds() -> Option<f64> {
    of_stat(&std::fs::read_to_string("/proc/self/stat").ok()?)
}

/// Of a line that begins with the number and, in brackets, the name of a process.
fn of_stat(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    // The state is the third field of the whole line, time in user mode the fourteenth.
    let mut ticks = fields.split(' ').skip(11).map(str::parse::<u32>);
    let (user, system) = (ticks.next()?.ok()?, ticks.next()?.ok()?);
    Some((f64::from(user) + f64::from(system)) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_behind_a_name_with_brackets() {
        let stat = "7 (a (b) c) R 1 7 7 0 -1 4194304 99 0 0 0 250 50 0 0 20 0 1 0 5 0 0";
        assert_eq!(of_stat(stat), Some(3.0));
        assert_eq!(of_stat("7 (a) R 1"), None);
    }
}
