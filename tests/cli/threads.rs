//! The number of compute threads: what the container allows, not what the machine has.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Desk, stdout};
use crate::common::skip::skip;

/// A group of processes that may use so much of the processors together; gone when dropped.
struct Quota {
    folder: PathBuf,
}

impl Quota {
    const PERIOD: u32 = 100_000;

    /// A group below the one that this process is in, or why there is none.
    fn new(name: &str, hundredths: u32) -> Result<Self, String> {
        let groups = std::fs::read_to_string("/proc/self/cgroup").map_err(|e| e.to_string())?;
        let path = |controllers: &str| {
            let fits = |line: &&str| {
                let listed = line.split(':').nth(1).unwrap_or("-");
                listed
                    .split(',')
                    .any(|controller| controller == controllers)
            };
            let line = groups.lines().find(fits)?;
            line.splitn(3, ':')
                .nth(2)
                .map(|path| path.trim_start_matches('/').to_owned())
        };
        let quota = hundredths * (Self::PERIOD / 100);
        let (parent, file, limit) = match (path("cpu"), path("")) {
            (Some(below), _) => (
                Path::new("/sys/fs/cgroup/cpu").join(below),
                "cpu.cfs_quota_us",
                quota.to_string(),
            ),
            (None, Some(below)) => (
                Path::new("/sys/fs/cgroup").join(below),
                "cpu.max",
                format!("{quota} {}", Self::PERIOD),
            ),
            (None, None) => return Err("there are no control groups".to_owned()),
        };
        let folder = parent.join(format!("presslate-{name}-{}", std::process::id()));
        let why = |error: std::io::Error| format!("no control group can be made: {error}");
        std::fs::create_dir(&folder).map_err(why)?;
        let group = Self { folder };
        std::fs::write(group.folder.join(file), limit).map_err(why)?;
        Ok(group)
    }

    /// The same command as a process of the group.
    fn within(&self, command: &Command) -> Command {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", r#"echo $$ > "$0/cgroup.procs" && exec "$@""#])
            .arg(&self.folder)
            .arg(command.get_program())
            .args(command.get_args())
            .env_clear()
            .envs(
                command
                    .get_envs()
                    .filter_map(|(key, value)| Some((key, value?))),
            );
        if let Some(folder) = command.get_current_dir() {
            shell.current_dir(folder);
        }
        shell
    }
}

impl Drop for Quota {
    #[expect(
        clippy::disallowed_methods,
        reason = "no runtime is here that could be held up"
    )]
    fn drop(&mut self) {
        // The last process of a group leaves it a little after it was waited for.
        for _ in 0..50 {
            if std::fs::remove_dir(&self.folder).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "quotas are Linux's")]
fn a_quota_of_one_core_and_a_half_is_one_thread() {
    let quota = match Quota::new("threads", 150) {
        Ok(quota) => quota,
        Err(why) => return skip(&format!("the test of CPU quotas: {why}")),
    };
    let desk = Desk::new();
    for given in [None, Some("64")] {
        let mut doctor = desk.presslate("doctor --device cpu");
        doctor.envs(given.map(|number| ("RAYON_NUM_THREADS", number)));
        let text = stdout(&quota.within(&doctor).output().unwrap());
        assert!(
            text.contains("1 for computing; 1 may run at once here"),
            "{given:?}\n{text}"
        );
    }
}
