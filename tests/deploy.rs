//! The examples of `deploy/`, run as they are: with accounts that may do no more than what the
//! README gives them, against a broker of their own.

mod helm;
mod manifests;
mod monitoring;
#[cfg(unix)]
mod rehearsal;
mod shards;

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Output, Stdio};

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Connection, ConnectionProperties};
use presslate::cli::args::Message;
use presslate::cli::schema::schema;
use serde_json::{Value, json};

use crate::cli::run::with_tiny_model;
use crate::cli::{Desk, stderr, stdout};
use crate::common;
use crate::common::node::{Node, Setup};
use crate::common::python::Requirements;
use crate::common::running::Running;

const JOB: &str = r#"{"id":"a-1","article":{"text":"Two streets in Leeds were closed on Monday after rain."},
    "targets":["ru"],"tasks":["translate"],"metadata":{"desk":"home"}}"#;
const EXAMPLES: [&str; 5] = [
    "producer.py",
    "consumer.py",
    "cancel.py",
    "replay.py",
    "shard.py",
];

fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("deploy")
        .join(name)
}

fn readme() -> String {
    fs::read_to_string(deploy("README.md")).unwrap()
}

/// The block of code after a mark of the README.
fn block(mark: &str) -> String {
    let readme = readme();
    let (_, after) = readme
        .split_once(&format!("<!-- {mark} -->"))
        .unwrap_or_else(|| panic!("deploy/README.md has no {mark}"));
    let (_, code) = after.split_once("```").unwrap();
    let (_, code) = code.split_once('\n').unwrap();
    code.split_once("```").unwrap().0.to_owned()
}

/// A Python that has what the examples need.
fn python() -> Option<PathBuf> {
    let requirements = Requirements {
        file: "deploy/examples/requirements.txt",
        manner: &[],
    };
    common::python::python("deploy-examples", &[requirements])
}

/// Everything that an example needs to run, and an account for each.
struct Newsroom {
    node: Node,
    desk: Desk,
    python: PathBuf,
}

impl Newsroom {
    /// As the README has it set up: accounts by what `topology print` prints, queues by `topology
    /// apply`.
    fn open() -> Option<Self> {
        let (python, node) = (python()?, Node::start(Setup::default())?);
        let newsroom = Self {
            node,
            desk: with_tiny_model(None),
            python,
        };
        let script = newsroom.presslate("topology print --format permissions", "admin");
        let mut with_passwords = String::new();
        for line in script.lines() {
            with_passwords += line;
            // Where there is none it is asked for.
            if let Some(name) = line.strip_prefix("rabbitmqctl add_user presslate-") {
                write!(with_passwords, " secret-of-{name}").unwrap();
            }
            with_passwords.push('\n');
        }
        let mut shell = newsroom.node.command("sh");
        let output = shell.args(["-euc", &with_passwords]).output().unwrap();
        assert!(output.status.success(), "{script}\n{}", stderr(&output));
        newsroom.presslate("topology apply", "admin");
        Some(newsroom)
    }

    fn url(&self, account: &str) -> String {
        let address = self.node.address();
        format!("amqp://presslate-{account}:secret-of-{account}@{address}/news")
    }

    /// Runs a command that must succeed, and gives what it prints.
    fn presslate(&self, words: &str, account: &str) -> String {
        let mut command = self.desk.presslate(words);
        let output = command
            .env("PRESSLATE_AMQP_URL", self.url(account))
            .output()
            .unwrap();
        assert!(output.status.success(), "{words}: {}", stderr(&output));
        stdout(&output)
    }

    /// A worker that is connected, and its log.
    fn work(&self) -> (Running, BufReader<impl Read + use<>>) {
        let mut command = self.desk.presslate(
            "work --no-declare --model tiny --catalog-dir catalog --model-dir weights --device cpu",
        );
        command
            .env("PRESSLATE_AMQP_URL", self.url("worker"))
            .stderr(Stdio::piped());
        let mut worker = Running(command.spawn().unwrap());
        let mut log = BufReader::new(worker.0.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("connected to the broker") {
            assert!(log.read_line(&mut said).unwrap() > 0, "{said}");
        }
        (worker, log)
    }

    fn example(&self, name: &str, account: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.python);
        command
            .arg(deploy("examples").join(name))
            .args(arguments)
            .current_dir(self.desk.path("."))
            .env("PRESSLATE_AMQP_URL", self.url(account))
            .env_remove("PRESSLATE_QUEUE_PREFIX")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, name: &str, account: &str, arguments: &[&str]) -> Output {
        self.example(name, account, arguments).output().unwrap()
    }

    /// Runs an example that must succeed, and gives what it prints.
    fn succeed(&self, name: &str, account: &str, arguments: &[&str]) -> String {
        let output = self.run(name, account, arguments);
        assert!(output.status.success(), "{name}: {}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn consume(&self) -> (Running, BufReader<ChildStdout>) {
        let mut command = self.example("consumer.py", "consumer", &["answers.sqlite"]);
        let mut consumer = Running(command.stdout(Stdio::piped()).spawn().unwrap());
        let lines = BufReader::new(consumer.0.stdout.take().unwrap());
        (consumer, lines)
    }

    /// The stored answers: id, revision, kind, body.
    fn stored(&self) -> Vec<(String, u64, String, Value)> {
        let ask = "import json, sqlite3\n\
                   print(json.dumps(sqlite3.connect('answers.sqlite').execute('SELECT * FROM answers ORDER BY id').fetchall()))";
        let mut command = Command::new(&self.python);
        let output = command
            .args(["-c", ask])
            .current_dir(self.desk.path("."))
            .output()
            .unwrap();
        let rows: Vec<(String, u64, String, String)> =
            serde_json::from_slice(&output.stdout).unwrap();
        let parsed = |body: String| serde_json::from_str(&body).unwrap();
        rows.into_iter()
            .map(|(id, revision, kind, body)| (id, revision, kind, parsed(body)))
            .collect()
    }

    /// Publishes answers as a worker would: message id, job id, revision, and a word to know each
    /// by.
    async fn answer(&self, answers: &[(&str, &str, u64, &str)]) {
        let url = self.url("worker");
        let connection = Connection::connect(&url, ConnectionProperties::default())
            .await
            .unwrap();
        let channel = connection.create_channel().await.unwrap();
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await
            .unwrap();
        for (message_id, id, revision, word) in answers {
            let body = json!({"kind": "result", "id": id, "revision": revision, "word": word});
            let properties = BasicProperties::default().with_message_id((*message_id).into());
            let confirm = channel
                .basic_publish(
                    "presslate.results".into(),
                    "result".into(),
                    BasicPublishOptions {
                        mandatory: true,
                        ..BasicPublishOptions::default()
                    },
                    body.to_string().as_bytes(),
                    properties,
                )
                .await
                .unwrap();
            assert!(confirm.await.unwrap().is_ack());
        }
        connection.close(200, "OK".into()).await.unwrap();
    }
}

/// Reads lines up to one that begins so.
fn until(lines: &mut impl BufRead, beginning: &str) {
    let mut read = String::new();
    while !read
        .lines()
        .last()
        .is_some_and(|line| line.starts_with(beginning))
    {
        let more = lines.read_line(&mut read).unwrap();
        assert!(more > 0, "it ended before {beginning:?}:\n{read}");
    }
}

#[test]
fn the_readme_shows_the_examples_as_they_are() {
    for name in EXAMPLES {
        let file = fs::read_to_string(deploy("examples").join(name)).unwrap();
        assert_eq!(block(&format!("file: examples/{name}")), file, "{name}");
    }
}

#[test]
fn the_readme_quotes_what_simulate_prints() {
    let (readme, desk) = (readme(), Desk::new());
    let quoted: Vec<&str> = readme.split("<!-- run: ").skip(1).collect();
    assert!(quoted.len() > 3, "{}", quoted.len());
    for quoted in quoted {
        // The first block of code is the command, the second what it prints.
        let mut blocks = quoted.split("```").skip(1).step_by(2);
        let mut block = || blocks.next().unwrap().split_once('\n').unwrap().1;
        let (command, printed) = (block(), block());
        let words = command.trim().strip_prefix("presslate ").unwrap();
        let output = desk.presslate(words).output().unwrap();
        assert!(output.status.success(), "{command}{}", stderr(&output));
        assert_eq!(stdout(&output), printed, "{command}");
    }
}

#[test]
fn the_readme_names_every_field_of_a_job_and_every_code_of_an_error() {
    let (readme, json) = (readme(), |message| {
        serde_json::to_value(schema(message)).unwrap()
    });
    let (job, error) = (json(Message::Job), json(Message::Error));
    let fields: Vec<&String> = job["properties"].as_object().unwrap().keys().collect();
    let codes = error["$defs"]["ErrorCode"]["oneOf"].as_array().unwrap();
    let codes: Vec<&str> = codes
        .iter()
        .map(|code| code["const"].as_str().unwrap())
        .collect();
    assert!(
        fields.len() > 10 && codes.len() > 10,
        "{fields:?} {codes:?}"
    );
    for name in fields.into_iter().map(String::as_str).chain(codes) {
        assert!(readme.contains(&format!("`{name}`")), "{name} is missing");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_examples_do_what_the_readme_says_with_no_more_rights_than_it_gives() {
    let Some(newsroom) = Newsroom::open() else {
        return;
    };
    let (worker, _log) = newsroom.work();
    let (consumer, mut lines) = newsroom.consume();

    newsroom.desk.write("job.json", JOB);
    let sent = newsroom.succeed("producer.py", "producer", &["job.json"]);
    assert_eq!(sent, "sent a-1\n");
    until(&mut lines, "stored a-1 0 result");
    let stored = newsroom.stored();
    let [(id, 0, kind, result)] = stored.as_slice() else {
        panic!("{stored:?}");
    };
    assert_eq!((id.as_str(), kind.as_str()), ("a-1", "result"));
    assert_eq!(result["targets"][0]["lang"], "ru");
    assert_eq!(result["metadata"], json!({"desk": "home"}));

    // A job that can never succeed is answered, and can be replayed.
    let refused = JOB.replace(r#"["ru"]"#, r#"["tlh"]"#).replace("a-1", "a-2");
    newsroom.desk.write("refused.json", refused);
    newsroom.succeed("producer.py", "producer", &["refused.json"]);
    until(&mut lines, "stored a-2 0 error");
    let other = newsroom.succeed("replay.py", "admin", &["poison"]);
    assert_eq!(other, "", "only what failed for that reason");
    let replayed = newsroom.succeed("replay.py", "admin", &[]);
    assert!(replayed.starts_with("replayed "), "{replayed}");
    until(&mut lines, "stored a-2 0 error");

    // Called off while nobody works on it; the worker that starts next hears of it.
    drop(worker);
    newsroom.desk.write("later.json", JOB.replace("a-1", "a-3"));
    newsroom.succeed("producer.py", "producer", &["later.json", "urgent"]);
    newsroom.succeed("cancel.py", "producer", &["a-3"]);
    let (worker, _log) = newsroom.work();
    until(&mut lines, "stored a-3 0 error");
    let stored = newsroom.stored();
    assert_eq!(stored[2].3["code"], "cancelled", "{stored:?}");

    newsroom
        .answer(&[
            ("m-1", "b-1", 2, "newest"),
            ("m-2", "b-1", 1, "late"),
            ("m-1", "b-1", 3, "duplicate"),
            ("m-3", "b-2", 0, "last"),
        ])
        .await;
    until(&mut lines, "stored b-2 0 result");
    let stored = newsroom.stored();
    let words: Vec<(&str, u64, &Value)> = stored
        .iter()
        .filter(|(id, ..)| id.starts_with('b'))
        .map(|(id, revision, _, body)| (id.as_str(), *revision, &body["word"]))
        .collect();
    assert_eq!(
        words,
        [("b-1", 2, &json!("newest")), ("b-2", 0, &json!("last"))]
    );
    drop((worker, consumer));

    // Who sends a job hears that it is not safe, and no account does the work of another.
    for (account, arguments) in [
        ("admin", ["job.json", "no such lane"]),
        ("producer", ["job.json", "x.suspect"]),
        ("consumer", ["job.json", "job"]),
    ] {
        let output = newsroom.run("producer.py", account, &arguments);
        assert!(!output.status.success(), "{account} {arguments:?}");
    }
    let output = newsroom.run("consumer.py", "producer", &["theirs.sqlite"]);
    assert!(
        stderr(&output).contains("ACCESS_REFUSED"),
        "{}",
        stderr(&output)
    );
}
