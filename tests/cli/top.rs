//! `presslate top` and `presslate health` against stand-ins for workers and a broker.

#[cfg(unix)]
mod running;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::{Desk, stderr, stdout};
use crate::common::skip::skip;
use crate::common::stand_in::{Request, StandIn};
use crate::common::worker_metrics as says;

/// Seconds of Unix time.
fn now() -> f64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap().as_secs_f64().floor()
}

/// A worker that was started an hour ago and stands still.
fn worker(number: u32) -> StandIn {
    let started = now() - 3600.0;
    StandIn::new(move |request: &Request| match request.path.as_str() {
        "/metrics" => {
            let open = number == 1 && request.head.contains("application/openmetrics-text");
            (200, says::metrics(number, started, 3600.0, open))
        }
        "/ready" => {
            let (status, body) = says::ready(number);
            (status, body.to_owned())
        }
        "/live" => (200, String::new()),
        "/jobs" => (200, says::jobs(number, 3600.0)),
        _ => (404, String::new()),
    })
}

/// A broker that lets in `watcher` with the password `geheim`.
fn broker() -> StandIn {
    StandIn::new(|request| {
        // In base64, and the head is in lower case.
        if !request
            .head
            .contains("authorization: basic d2f0y2hlcjpnzwhlaw0=")
        {
            return (401, r#"{"error":"not_authorised"}"#.to_owned());
        }
        match request.path.split('?').next() {
            Some("/api/queues/news%2Fdesk") => (200, says::queues(3600.0)),
            Some("/api/overview") => (
                200,
                r#"{"product_name":"RabbitMQ","product_version":"4.3.6"}"#.to_owned(),
            ),
            Some("/api/nodes") => (
                200,
                r#"[{"name":"rabbit@a","running":true,"disk_free_alarm":true}]"#.to_owned(),
            ),
            _ => (404, String::new()),
        }
    })
}

fn lines_with<'a>(text: &'a str, what: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.contains(what)).collect()
}

#[test]
fn one_look_shows_every_worker_and_queue_and_one_that_is_gone_is_a_row() {
    let (first, second, broker) = (worker(0), worker(1), broker());
    let gone = worker(0).address;
    let workers = format!("{},http://{},{gone}", first.address, second.address);
    let output = Desk::new()
        .presslate(&format!(
            "top --once --worker {workers} --management http://watcher:geheim@{} --vhost news/desk",
            broker.address
        ))
        .output()
        .unwrap();
    let text = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(text.is_ascii(), "the locale is C: {text}");
    let row = |address: std::net::SocketAddr| {
        // Its row is the last that names it, but for those of its jobs.
        let mut rows = text
            .lines()
            .filter(|line| line.starts_with(&address.to_string()));
        rows.next_back().unwrap()
    };
    assert!(row(first.address).contains("ready") && row(first.address).contains("2/2"));
    assert!(row(second.address).contains("cuda:0"), "{text}");
    assert!(row(gone).contains("connection refused"), "{text}");
    assert!(
        text.contains("workers 2/3 ready | broker up (RabbitMQ 4.3.6)"),
        "{text}"
    );
    assert!(
        text.contains("disk alarm on rabbit@a | 2 dead letters"),
        "{text}"
    );
    assert_eq!(lines_with(&text, "presslate.results").len(), 1);
    assert_eq!(lines_with(&text, "translate:ko").len(), 3, "{text}");
    assert!(text.contains("since start"));
}

/// One look, for programs.
fn as_json(flags: &str) -> Value {
    let output = Desk::new()
        .presslate(&format!("top --once --format json {flags}"))
        .output()
        .unwrap();
    serde_json::from_str(&stdout(&output)).unwrap()
}

#[test]
fn one_look_as_json_has_numbers_for_programs() {
    let first = worker(0);
    let picture = as_json(&format!("--worker {}", first.address));
    assert_eq!(picture["workers_ready"], 1);
    assert_eq!(picture["broker"], Value::Null);
    assert_eq!(picture["window"], Value::Null);
    assert_eq!(picture["jobs"].as_array().unwrap().len(), 2);
    let done = &picture["since_start"]["outcomes"][0];
    assert_eq!(
        (&done["outcome"], &done["count"]),
        (&"done".into(), &400.into())
    );
    let lag = picture["oldest_job_seconds"].as_f64().unwrap();
    assert!((42.0..600.0).contains(&lag), "{lag}");
}

#[test]
fn a_window_with_one_look_is_waited_for() {
    let first = worker(0);
    let picture = as_json(&format!(
        "--window 1 --interval 1 --worker {}",
        first.address
    ));
    // The stand-in stands still.
    assert_eq!(picture["window"]["jobs_per_minute"], 0.0);
    assert!(
        picture["window"]["seconds"].as_f64().unwrap() > 0.5,
        "{picture}"
    );
}

#[test]
fn a_password_may_come_from_a_file_and_is_never_shown() {
    let (desk, broker) = (Desk::new(), broker());
    desk.write("right", "geheim\n")
        .write("wrong", "geheimnis\n");
    let look = |file: &str| {
        let output = desk
            .presslate(&format!(
                "top --once --management http://watcher@{} --management-password-file {file} --vhost news/desk",
                broker.address
            ))
            .output()
            .unwrap();
        assert!(output.status.success());
        format!("{}{}", stdout(&output), stderr(&output))
    };
    assert!(look("right").contains("presslate.jobs.urgent"));
    let wrong = look("wrong");
    assert!(
        wrong.contains("the management API refuses user or password"),
        "{wrong}"
    );
    assert!(!wrong.contains("geheim"), "{wrong}");
}

#[test]
fn a_virtual_host_that_is_not_there_is_named() {
    let broker = broker();
    let output = Desk::new()
        .presslate(&format!(
            "top --once --management http://watcher:geheim@{}",
            broker.address
        ))
        .output()
        .unwrap();
    assert!(
        stdout(&output).contains("has no virtual host \"/\""),
        "{}",
        stdout(&output)
    );
}

#[test]
fn where_nothing_can_be_drawn_looks_follow_each_other_as_text_until_it_is_told_to_stop() {
    let first = worker(0);
    let mut child = Desk::new()
        .presslate(&format!("top --interval 1 --worker {}", first.address))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let clocks = lines
        .map(Result::unwrap)
        .filter(|line| line.ends_with(" UTC"))
        .take(2);
    assert_eq!(clocks.count(), 2);
    let told = Command::new("kill")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    assert!(told.success());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_that_has_enough_ends_it() {
    let first = worker(0);
    let mut child = Desk::new()
        .presslate(&format!("top --interval 1 --worker {}", first.address))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    reader.read_line(&mut String::new()).unwrap();
    drop(reader);
    assert!(child.wait().unwrap().success());
}

#[test]
fn addresses_that_are_none_are_refused_before_anything_is_asked() {
    for (args, says) in [
        (
            "--worker ftp://x",
            "--worker: begins with neither http:// nor https://",
        ),
        (
            "--management http://broker:15672",
            "PRESSLATE_MANAGEMENT: names no user",
        ),
        ("--format json", "--once"),
    ] {
        let output = Desk::new()
            .presslate(&format!("top {args}"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{args}");
        assert!(stderr(&output).contains(says), "{}", stderr(&output));
    }
}

#[test]
fn health_is_one_line_and_a_status() {
    let (well, loading) = (worker(0), worker(2));
    let desk = Desk::new();
    let asked = |args: String| {
        let output = desk.presslate(&format!("health {args}")).output().unwrap();
        (output.status.code().unwrap(), stdout(&output))
    };
    let (address, other) = (well.address, loading.address);
    assert_eq!(
        asked(format!("--admin {address}")),
        (0, format!("live: {address}\n"))
    );
    assert_eq!(
        asked(format!("--ready --admin {address}")),
        (0, format!("ready: {address}\n"))
    );
    // A worker listens on every address, and is asked on this machine.
    let everywhere = format!("0.0.0.0:{}", address.port());
    assert_eq!(
        asked(format!("--admin {everywhere}")),
        (0, format!("live: {address}\n"))
    );
    assert_eq!(
        asked(format!("--ready --admin {other}")),
        (1, format!("not ready: {other}: loading starter-ko\n"))
    );
    drop(loading);
    let (status, line) = asked(format!("--admin {other}"));
    assert_eq!(status, 1);
    assert!(line.starts_with(&format!("not live: {other}: ")), "{line}");
}

/// A terminal of its own, in which a command runs and then says how it ended.
struct Terminal {
    socket: String,
}

impl Terminal {
    /// `None`, said aloud, where there is no tmux and none is required.
    fn open(command: &Command, environment: &str) -> Option<Self> {
        if let Err(error) = Command::new("tmux").arg("-V").output() {
            assert!(std::env::var_os("CI").is_none(), "CI needs tmux: {error}");
            skip(&format!("no tmux to draw in: {error}"));
            return None;
        }
        let quoted = |text: &std::ffi::OsStr| format!("'{}'", text.to_str().unwrap());
        let words: Vec<String> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(quoted)
            .collect();
        let script = format!(
            "env {environment} {}; echo \"left with $?\"; exec cat",
            words.join(" ")
        );
        let terminal = Self {
            socket: format!(
                "presslate-{}-{:?}",
                std::process::id(),
                std::thread::current().id()
            )
            .replace(['(', ')'], ""),
        };
        terminal.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            "80",
            "-y",
            "24",
            &script,
        ]);
        Some(terminal)
    }

    fn tmux(&self, args: &[&str]) -> String {
        let output = Command::new("tmux")
            .args(["-u", "-L", &self.socket])
            .args(args)
            .output()
            .unwrap();
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        stdout(&output)
    }

    /// Waits until the screen shows what is looked for.
    #[expect(
        clippy::disallowed_methods,
        reason = "no runtime is here that could be held up"
    )]
    fn shows(&self, what: &str) -> String {
        let mut screen = String::new();
        for _ in 0..1800 {
            screen = self.tmux(&["capture-pane", "-p"]);
            if screen.contains(what) {
                return screen;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("the screen never shows {what:?}:\n{screen}");
    }

    fn press(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(
            Command::new("tmux")
                .args(["-L", &self.socket, "kill-server"])
                .output(),
        );
    }
}

#[test]
fn a_terminal_is_drawn_on_follows_its_size_and_is_given_back() {
    let first = worker(0);
    let command = Desk::new().presslate(&format!("top --interval 1 --worker {}", first.address));
    let Some(terminal) = Terminal::open(&command, "LC_ALL=C.UTF-8") else {
        return;
    };
    // The foot is what is drawn last: a screen without it is not complete.
    let screen = terminal.shows("p pause");
    assert!(
        screen.contains("workers 1/1 ready") && screen.contains("workers ─"),
        "{screen}"
    );
    terminal.press("?");
    terminal.shows("presslate top: keys");
    terminal.press("q");
    terminal.shows("p pause");
    terminal.tmux(&["resize-window", "-x", "60", "-y", "20"]);
    // The foot does not fit any more.
    terminal.shows("s spa…");
    assert_eq!(
        terminal.tmux(&["display-message", "-p", "#{alternate_on}"]),
        "1\n"
    );
    terminal.press("q");
    let screen = terminal.shows("left with 0");
    assert!(!screen.contains("workers 1/1"), "{screen}");
    assert_eq!(
        terminal.tmux(&["display-message", "-p", "#{alternate_on}"]),
        "0\n"
    );
}

#[test]
fn a_terminal_without_colour_or_utf8_gets_neither() {
    let first = worker(0);
    let command = Desk::new().presslate(&format!("top --interval 1 --worker {}", first.address));
    let Some(terminal) = Terminal::open(&command, "LC_ALL=C NO_COLOR=1") else {
        return;
    };
    terminal.shows("p pause");
    let screen = terminal.tmux(&["capture-pane", "-p", "-e"]);
    assert!(screen.is_ascii(), "{screen}");
    // 39 and 49 are what the terminal has by itself.
    let codes = screen
        .split("\u{1b}[")
        .skip(1)
        .filter_map(|piece| piece.split('m').next());
    let codes: Vec<u8> = codes
        .flat_map(|codes| codes.split(';'))
        .map(|code| code.parse().unwrap())
        .collect();
    assert!(codes.contains(&1), "titles are bold: {screen:?}");
    assert!(
        codes.iter().all(|code| matches!(code, 0..=29 | 39 | 49)),
        "{codes:?}"
    );
    terminal.press("C-c");
    terminal.shows("left with 0");
}
