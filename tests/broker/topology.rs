//! `presslate topology`: what it makes, what it finds, and whether the accounts that it prints can
//! do what they must, and nothing else.

use std::process::Output;

use lapin::message::BasicGetMessage;
use lapin::options::{
    BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, BasicQosOptions,
    ConfirmSelectOptions, QueueBindOptions,
};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind};
use presslate::queue::topology::{Names, Topology};

use super::*;
use crate::cli::{Desk, stderr, stdout};
use crate::common::broker::Broker;
use crate::common::node::{Node, Setup};

/// A prefix with characters that mean something in a pattern.
const PREFIX: &str = "desk.7+";

fn topology(address: &str, prefix: &str, args: &str) -> Output {
    Desk::new()
        .presslate(&format!("topology {args}"))
        .env("PRESSLATE_AMQP_URL", address)
        .env("PRESSLATE_QUEUE_PREFIX", prefix)
        .output()
        .unwrap()
}

fn prefix(broker: &Broker) -> &str {
    broker.names.jobs.strip_suffix(".jobs").unwrap()
}

/// The word before something, such as `ok` before `queue x`.
fn word<'a>(report: &'a str, noun: &str, name: &str) -> Option<&'a str> {
    let mut lines = report.lines().map(|line| line.split_whitespace());
    lines.find_map(|mut words| {
        let word = words.next()?;
        (words.next() == Some(noun) && words.next() == Some(name)).then_some(word)
    })
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

fn table(arguments: &[(&str, AMQPValue)]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        table.insert((*name).into(), value.clone());
    }
    table
}

fn durable() -> QueueDeclareOptions {
    QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_found_by_check_made_by_apply_and_then_right() {
    let Some(broker) = broker().await else { return };
    let address = broker.uri().to_string();
    let run = |args| topology(&address, prefix(&broker), args);
    let all = Topology::new(&broker.names);

    for _ in 0..2 {
        let check = run("check");
        let report = stdout(&check);
        assert_eq!(check.status.code(), Some(1), "{report}{}", stderr(&check));
        for queue in &all.queues {
            assert_eq!(word(&report, "queue", &queue.name), Some("missing"));
        }
        assert!(report.contains("RabbitMQ "), "{report}");
        assert!(report.contains("`presslate topology apply`"), "{report}");
    }
    let apply = run("apply");
    let report = stdout(&apply);
    assert!(apply.status.success(), "{report}{}", stderr(&apply));
    for queue in &all.queues {
        assert_eq!(word(&report, "queue", &queue.name), Some("made"));
    }
    for args in ["apply", "check"] {
        let again = run(args);
        let report = stdout(&again);
        assert!(again.status.success(), "{report}{}", stderr(&again));
        for exchange in &all.exchanges {
            assert_eq!(word(&report, "exchange", &exchange.name), Some("ok"));
        }
        for queue in &all.queues {
            assert_eq!(word(&report, "queue", &queue.name), Some("ok"));
        }
        assert_eq!(report.contains("Bindings and policies"), args == "check");
    }
    // What it made is what a worker asks for.
    Running::start(broker.config(), quick())
        .up()
        .await
        .stop()
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_setting_that_differs_is_told_and_nothing_is_changed() {
    let Some(broker) = broker().await else { return };
    let (channel, names) = (&broker.channel, &broker.names);
    let number = AMQPValue::LongLongInt;
    let quorum =
        |more: &[(&str, AMQPValue)]| table(&[&[("x-queue-type", text("quorum"))], more].concat());
    let results = quorum(&[
        ("x-delivery-limit", number(7)),
        ("x-max-length", number(100_000)),
        ("x-single-active-consumer", AMQPValue::Boolean(true)),
    ]);
    channel
        .queue_declare(names.results.as_str().into(), durable(), results)
        .await
        .unwrap();
    let classic = table(&[("x-queue-type", text("classic"))]);
    channel
        .queue_declare(names.dead.as_str().into(), durable(), classic)
        .await
        .unwrap();
    let options = ExchangeDeclareOptions {
        durable: true,
        ..ExchangeDeclareOptions::default()
    };
    let nothing = FieldTable::default();
    channel
        .exchange_declare(
            names.jobs.as_str().into(),
            ExchangeKind::Fanout,
            options,
            nothing,
        )
        .await
        .unwrap();

    let address = broker.uri().to_string();
    for (args, control) in [("check", "missing"), ("apply", "made"), ("check", "ok")] {
        let output = topology(&address, prefix(&broker), args);
        let report = stdout(&output);
        assert_eq!(output.status.code(), Some(1), "{report}{}", stderr(&output));
        for (noun, name) in [
            ("queue", &names.results),
            ("queue", &names.dead),
            ("exchange", &names.jobs),
        ] {
            assert_eq!(word(&report, noun, name), Some("differs"), "{report}");
        }
        for says in [
            "x-delivery-limit is 7, should be 1000000",
            "x-overflow is unset, should be reject-publish",
            "x-max-length-bytes is unset, should be 2000000000",
            "x-single-active-consumer is true, should be unset",
            "x-queue-type is classic, should be quorum",
            "type is fanout, should be topic",
            "--if-empty",
        ] {
            assert!(report.contains(says), "{says}\n{report}");
        }
        assert!(!report.contains("x-max-length is"), "{report}");
        assert_eq!(word(&report, "queue", &names.control), Some(control));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_that_the_broker_has_no_patience_for_is_found() {
    let Some(broker) = broker().await else { return };
    let address = broker.uri().to_string();
    assert!(
        topology(&address, prefix(&broker), "apply")
            .status
            .success()
    );
    for (more, code, says) in [
        ("", 0, "ok       deadline 840 s for a job"),
        ("--deadline 900", 1, "problem  deadline PRESSLATE_DEADLINE"),
    ] {
        let check = topology(&address, prefix(&broker), &format!("check {more}"));
        let report = stdout(&check);
        assert_eq!(check.status.code(), Some(code), "{report}");
        assert!(report.contains(says), "{report}");
    }
}

#[test]
fn imported_definitions_are_what_check_looks_for() {
    let Some(node) = Node::start(Setup::default()) else {
        return;
    };
    let address = format!("amqp://guest:guest@{}/news", node.address());
    node.ctl(&["add_vhost", "news"]);
    node.ctl(&["set_permissions", "-p", "news", "guest", ".*", ".*", ".*"]);
    let printed = topology(&address, PREFIX, "print --format definitions");
    let desk = Desk::new();
    desk.write("definitions.json", &printed.stdout);
    let file = desk.path("definitions.json");
    node.ctl(&["import_definitions", file.to_str().unwrap()]);

    let check = topology(&address, PREFIX, "check");
    let report = stdout(&check);
    assert!(check.status.success(), "{report}{}", stderr(&check));
    let all = Topology::new(&Names::prefixed(PREFIX));
    for queue in &all.queues {
        assert_eq!(word(&report, "queue", &queue.name), Some("ok"), "{report}");
    }
    let columns = ["source_name", "destination_name", "routing_key"];
    let list = [&["list_bindings", "-p", "news"][..], &columns].concat();
    let bound = node.ctl(&list);
    for binding in &all.bindings {
        let line = format!("{}\t{}\t{}", binding.exchange, binding.queue, binding.key);
        assert!(bound.lines().any(|found| found == line), "{line}\n{bound}");
    }
}

#[test]
fn print_asks_no_broker() {
    let address = "amqp://nobody@broker.invalid/it's%20news";
    let both = stdout(&topology(address, PREFIX, "print"));
    for format in ["definitions", "permissions"] {
        let one = topology(address, PREFIX, &format!("print --format {format}"));
        assert!(one.status.success(), "{}", stderr(&one));
        assert!(both.contains(&stdout(&one)), "{format}\n{both}");
    }
    assert!(
        both.contains(r"rabbitmqctl add_vhost 'it'\''s news'"),
        "{both}"
    );
}

/// A broker with the accounts that `print` makes, each with its name for a password.
struct Accounts {
    node: Node,
}

impl Accounts {
    fn make() -> Option<Self> {
        let node = Node::start(Setup::default())?;
        let address = format!("amqp://{}/news", node.address());
        let printed = stdout(&topology(&address, PREFIX, "print --format permissions"));
        let mut script = String::new();
        for line in printed.lines() {
            if let Some(name) = line.strip_prefix("rabbitmqctl add_user ") {
                script.extend(["echo ", name, " | "]);
            }
            script += line;
            script.push('\n');
        }
        let output = node.command("sh").args(["-euc", &script]).output().unwrap();
        assert!(output.status.success(), "{script}\n{}", stderr(&output));
        Some(Self { node })
    }

    fn url(&self, account: &str) -> String {
        format!("amqp://{account}:{account}@{}/news", self.node.address())
    }

    async fn connect(&self, account: &str) -> Connection {
        Connection::connect(&self.url(account), ConnectionProperties::default())
            .await
            .unwrap()
    }
}

/// Publishes and waits for the confirm.
async fn publish(connection: &Connection, exchange: &str, key: &str) -> lapin::Result<()> {
    let channel = connection.create_channel().await?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    channel
        .basic_publish(
            exchange.into(),
            key.into(),
            BasicPublishOptions::default(),
            &job("a-1"),
            BasicProperties::default(),
        )
        .await?
        .await?;
    Ok(())
}

async fn consume(channel: &Channel, queue: &str) -> lapin::Result<()> {
    channel.basic_qos(1, BasicQosOptions::default()).await?;
    let (options, nothing) = (BasicConsumeOptions::default(), FieldTable::default());
    channel
        .basic_consume(queue.into(), "".into(), options, nothing)
        .await?;
    Ok(())
}

/// Whether the broker refused for want of permissions.
fn refused<T>(tried: &lapin::Result<T>) -> bool {
    matches!(tried, Err(error) if error.to_string().contains("ACCESS_REFUSED"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_accounts_that_are_printed_can_do_their_work_and_nothing_else() {
    let Some(accounts) = Accounts::make() else {
        return;
    };
    let names = Names::prefixed(PREFIX);
    let (worker, admin) = ("presslate-worker", "presslate-admin");

    let early = topology(&accounts.url(worker), PREFIX, "apply");
    assert_eq!(early.status.code(), Some(1));
    assert!(
        stderr(&early).contains("`presslate topology print`"),
        "{}",
        stderr(&early)
    );
    let apply = topology(&accounts.url(admin), PREFIX, "apply");
    assert!(apply.status.success(), "{}", stderr(&apply));
    let check = topology(&accounts.url(worker), PREFIX, "check");
    let report = stdout(&check);
    assert!(check.status.success(), "{report}{}", stderr(&check));
    assert_eq!(word(&report, "queue", &names.jobs), Some("there"));
    // Told by 3.10, not by 4.3.
    let delay = format!("{}.1s", names.retry);
    let delay = word(&report, "queue", &delay);
    assert!(matches!(delay, Some("there" | "hidden")), "{report}");
    assert_eq!(report.matches("presslate-admin").count(), 1, "{report}");

    // From one end to the other, each with its own account.
    let running = Running::start(
        Config {
            names: names.clone(),
            declare: false,
            ..Config::new(accounts.url(worker))
        },
        quick(),
    )
    .up()
    .await;
    let producer = accounts.connect("presslate-producer").await;
    publish(&producer, &names.jobs, "job").await.unwrap();
    publish(&producer, &names.control, "control").await.unwrap();
    let consumer = accounts.connect("presslate-consumer").await;
    let started = Instant::now();
    loop {
        let channel = consumer.create_channel().await.unwrap();
        let got = channel
            .basic_get(names.results.as_str().into(), BasicGetOptions::default())
            .await
            .unwrap();
        if let Some(BasicGetMessage { delivery, .. }) = got {
            assert_eq!(delivery.routing_key.as_str(), "result");
            break;
        }
        assert!(started.elapsed() < PATIENCE, "no result came");
        sleep(Duration::from_millis(20)).await;
    }
    running.stop().await;

    may_publish(&accounts, &names).await;
    may_consume(&accounts, &names).await;
    may_change_nothing(&accounts, &names).await;
}

async fn may_publish(accounts: &Accounts, names: &Names) {
    for (account, allowed) in [
        (
            "presslate-worker",
            vec![&names.results, &names.retry, &names.dead],
        ),
        ("presslate-producer", vec![&names.jobs, &names.control]),
        ("presslate-consumer", vec![]),
    ] {
        let connection = accounts.connect(account).await;
        for (exchange, key) in [
            (&names.results, "result"),
            (&names.retry, "1s.job"),
            (&names.dead, "dead"),
            (&names.jobs, "job"),
            (&names.jobs, "urgent"),
            (&names.control, "control"),
            (&String::new(), "any queue"),
        ] {
            let tried = publish(&connection, exchange, key).await;
            if allowed.contains(&exchange) {
                assert!(tried.is_ok(), "{account} {exchange}: {tried:?}");
            } else {
                assert!(refused(&tried), "{account} may publish to {exchange:?}");
            }
        }
    }
    // What is a suspect the workers say, and what has waited long enough the broker.
    let producer = accounts.connect("presslate-producer").await;
    for key in ["suspect", "x.suspect", "1s.job", "jobs", ""] {
        let tried = publish(&producer, &names.jobs, key).await;
        assert!(refused(&tried), "a producer may publish with {key:?}");
    }
}

async fn may_consume(accounts: &Accounts, names: &Names) {
    let delay = format!("{}.1s", names.retry);
    for (account, allowed) in [
        (
            "presslate-worker",
            vec![&names.jobs, &names.urgent, &names.suspects, &names.control],
        ),
        ("presslate-producer", vec![]),
        ("presslate-consumer", vec![&names.results]),
    ] {
        let connection = accounts.connect(account).await;
        for queue in [
            &names.jobs,
            &names.urgent,
            &names.suspects,
            &names.control,
            &names.results,
            &names.dead,
            &delay,
        ] {
            let channel = connection.create_channel().await.unwrap();
            let tried = consume(&channel, queue).await;
            if allowed.contains(&queue) {
                assert!(tried.is_ok(), "{account} {queue}: {tried:?}");
            } else {
                assert!(refused(&tried), "{account} may consume {queue}");
            }
        }
    }
}

async fn may_change_nothing(accounts: &Accounts, names: &Names) {
    for account in [
        "presslate-worker",
        "presslate-producer",
        "presslate-consumer",
    ] {
        let connection = accounts.connect(account).await;
        let channel = || async { connection.create_channel().await.unwrap() };
        let jobs = || names.jobs.as_str().into();
        let nothing = FieldTable::default();
        let declared = channel()
            .await
            .queue_declare("desk.7+.new".into(), durable(), nothing.clone())
            .await;
        assert!(refused(&declared), "{account} may declare");
        let deleted = channel()
            .await
            .queue_delete(jobs(), QueueDeleteOptions::default())
            .await;
        assert!(refused(&deleted), "{account} may delete a queue");
        let deleted = channel()
            .await
            .exchange_delete(jobs(), ExchangeDeleteOptions::default())
            .await;
        assert!(refused(&deleted), "{account} may delete an exchange");
        let bound = channel()
            .await
            .queue_bind(
                jobs(),
                jobs(),
                "#".into(),
                QueueBindOptions::default(),
                nothing.clone(),
            )
            .await;
        assert!(refused(&bound), "{account} may bind");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doctor_goes_all_the_way_to_the_queues() {
    let Some(broker) = broker().await else { return };
    let doctor = |uri: String, more: &str| {
        let output = Desk::new()
            .presslate(&format!("doctor {more}"))
            .env("PRESSLATE_AMQP_URL", uri)
            .env("PRESSLATE_QUEUE_PREFIX", prefix(&broker))
            .output()
            .unwrap();
        stdout(&output)
    };
    let address = broker.uri().to_string();
    let report = doctor(address.clone(), "");
    for says in [
        "RabbitMQ ",
        "ok       login     ",
        "16 of 16 exchanges and queues are missing; `work` makes them",
    ] {
        assert!(report.contains(says), "{says}\n{report}");
    }
    let report = doctor(address.clone(), "--no-declare");
    assert!(report.contains("problem  topology  "), "{report}");
    assert!(
        topology(&address, prefix(&broker), "apply")
            .status
            .success()
    );
    let report = doctor(address, "--no-declare");
    assert!(
        report.contains("ok       topology  all 16 exchanges"),
        "{report}"
    );

    let mut wrong = broker.uri();
    wrong.authority.userinfo.password = "hunter2".to_owned();
    let report = doctor(wrong.to_string(), "");
    assert!(
        report.contains("problem  login     ") && report.contains("wrong user name or password"),
        "{report}"
    );
    assert!(!report.contains("hunter2"), "{report}");
}
