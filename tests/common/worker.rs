//! A worker as a process of its own, on a tiny model that the test makes.

use std::io::{BufRead, BufReader, Read};
use std::process::{ChildStderr, Output, Stdio};

use super::broker::Broker;
use super::running::Running;
use crate::cli::Desk;

/// A job that the tiny model is asked.
pub(crate) const JOB: &str = r#"{"id":"a-1","article":{"text":"Two streets in Leeds were closed on Monday after rain."},
    "targets":["ru"],"tasks":["translate"],"metadata":{"desk":"home"}}"#;
/// The tiny model of [`crate::cli::run::with_tiny_model`].
pub(crate) const MODEL: &str =
    "--model tiny --catalog-dir catalog --model-dir weights --device cpu";

/// A worker that takes jobs.
pub(crate) struct Worker {
    process: Running,
    log: BufReader<ChildStderr>,
    /// What it has logged so far, of what was read.
    read: String,
}

impl Worker {
    /// Starts one on the queues of `broker`, in the folder of a tiny model.
    pub(crate) fn start(desk: &Desk, broker: &Broker, flags: &str) -> Self {
        let prefix = broker.names.jobs.strip_suffix(".jobs").unwrap();
        let flags = format!("--queue-prefix {prefix} {flags}");
        Self::at(desk, &broker.uri().to_string(), &flags)
    }

    /// Starts one for a broker at an address.
    pub(crate) fn at(desk: &Desk, broker: &str, flags: &str) -> Self {
        let mut command = desk.presslate(&format!("work {MODEL} {flags}"));
        command
            .env("PRESSLATE_AMQP_URL", broker)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = Running(command.spawn().unwrap());
        let log = BufReader::new(process.0.stderr.take().unwrap());
        Self {
            process,
            log,
            read: String::new(),
        }
    }

    /// Reads its log up to a line with `text`, and gives that line.
    pub(crate) fn log_until(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            let more = self.log.read_line(&mut line).unwrap() > 0;
            self.read.push_str(&line);
            assert!(more, "it ended before {text:?}:\n{}", self.read);
            if line.contains(text) {
                return line;
            }
        }
    }

    /// The address of its admin port, where it was started with one.
    pub(crate) fn admin(&mut self) -> String {
        let line = self.log_until("the admin port answers");
        let (_, address) = line.trim().rsplit_once("address=").unwrap();
        format!("http://{address}")
    }

    /// Tells it to stop, and waits until it has: its output, and the whole of its log.
    #[cfg(unix)]
    pub(crate) fn stop(mut self) -> (Output, String) {
        let kill = std::process::Command::new("kill")
            .arg(self.process.0.id().to_string())
            .status()
            .unwrap();
        assert!(kill.success());
        self.log.read_to_string(&mut self.read).unwrap();
        let mut stdout = Vec::new();
        let mut pipe = self.process.0.stdout.take().unwrap();
        pipe.read_to_end(&mut stdout).unwrap();
        let output = Output {
            status: self.process.0.wait().unwrap(),
            stdout,
            stderr: Vec::new(),
        };
        (output, self.read)
    }
}
