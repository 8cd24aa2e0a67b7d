//! `presslate topology`: the exchanges and queues on the broker.

mod print;

use std::fmt::Write;
use std::time::Duration;

use super::args::TopologyCommand;
use super::exit::{Exit, Failure};
use super::output::Output;
use super::text::Palette;
use super::{Console, wiring};
use crate::config::{BrokerSettings, DeadlineArgs, DeadlineSettings};
use crate::queue::amqp::Broker;
use crate::queue::amqp::admin::{Admin, Current, Difference, Finding, State, identify};
use crate::queue::topology::{CONSUMER_TIMEOUT, Names, Topology};

/// Does one of the three.
///
/// # Errors
/// When a setting is wrong, the broker cannot be reached or refuses, or stdout cannot be written.
pub(super) fn run(command: TopologyCommand, console: Console) -> Result<Exit, Failure> {
    match command {
        TopologyCommand::Apply { broker } => {
            let broker = broker.try_into().map_err(Failure::usage)?;
            on_broker(&broker, None, console)
        }
        TopologyCommand::Check { broker, deadline } => {
            let broker = broker.try_into().map_err(Failure::usage)?;
            on_broker(&broker, Some(deadline), console)
        }
        TopologyCommand::Print {
            broker,
            format,
            replies,
        } => {
            let broker = broker.try_into().map_err(Failure::usage)?;
            print::run(&broker, format, replies)
        }
    }
}

/// Compares when there is a `deadline` to compare with; else makes what is missing.
fn on_broker(
    settings: &BrokerSettings,
    deadline: Option<DeadlineArgs>,
    console: Console,
) -> Result<Exit, Failure> {
    let config = wiring::broker(settings);
    let topology = Topology::new(&Names::prefixed(&settings.prefix));
    let checking = deadline.is_some();
    let runtime = wiring::runtime()?;
    let asked = runtime.block_on(async {
        let broker = identify(&config).await?;
        let admin = Admin::open(config).await?;
        let found = if checking {
            admin.check(&topology).await
        } else {
            admin.apply(&topology).await
        };
        admin.close().await;
        found.map(|findings| (broker, findings))
    });
    runtime.shutdown_background();
    let (broker, findings) = asked?;

    let output = Output::open(None)?;
    let mut report = Report {
        palette: Palette::new(console.colour && output.is_terminal()),
        text: String::new(),
        good: true,
    };
    report.broker(&broker, settings);
    for finding in &findings {
        report.finding(finding);
    }
    if let Some(deadline) = deadline {
        report.deadline(&broker, deadline);
    }
    report.advice(&findings, checking, settings);
    let good = report.good;
    output.write(&report.text)?;
    Ok(if good { Exit::Done } else { Exit::Failed })
}

/// What is printed.
struct Report {
    palette: Palette,
    text: String,
    good: bool,
}

impl Report {
    fn line(&mut self, word: &str, noun: &str, text: &str) {
        let padded = format!("{word:<8}");
        let word = match word {
            "missing" | "differs" | "problem" => self.palette.bad(&padded),
            "warning" | "there" | "hidden" => self.palette.warn(&padded),
            _ => self.palette.good(&padded),
        };
        let _infallible = writeln!(self.text, "{word} {noun:<8} {text}");
    }

    fn below(&mut self, text: &str) {
        let _infallible = writeln!(self.text, "{:>18}{text}", "");
    }

    fn note(&mut self, text: &str) {
        let _infallible = writeln!(self.text, "{text}");
    }

    fn broker(&mut self, broker: &Broker, settings: &BrokerSettings) {
        let known = broker.is_rabbitmq_since(3, 10);
        let word = if known { "ok" } else { "warning" };
        self.line(word, "broker", &format!("{broker} at {}", settings.address));
        if !known {
            self.below(
                "presslate is tested with RabbitMQ 3.10 and 4.3; this one is used like 3.10",
            );
        }
        self.below(if broker.features().delayed_retry {
            "failed jobs wait in their own queue"
        } else {
            "failed jobs wait in the queues for delays"
        });
        self.below(&if has_own_timeout(broker) {
            format!(
                "unanswered jobs are taken away after {} s, which the queues say",
                CONSUMER_TIMEOUT.as_secs()
            )
        } else {
            "unanswered jobs are taken away after consumer_timeout of rabbitmq.conf, 1800 s where it is not set"
                .to_owned()
        });
    }

    fn finding(&mut self, finding: &Finding) {
        let Finding { noun, name, state } = finding;
        let (word, good) = match state {
            State::Made if *noun == "binding" => ("bound", true),
            State::Made => ("made", true),
            State::Right => ("ok", true),
            State::There => ("there", true),
            State::Hidden => ("hidden", true),
            State::Missing => ("missing", false),
            State::Differs(_) => ("differs", false),
        };
        self.good &= good;
        self.line(word, noun, name);
        if let State::Differs(differences) = state {
            for difference in differences {
                self.below(&told(difference));
            }
        }
    }

    fn deadline(&mut self, broker: &Broker, args: DeadlineArgs) {
        let patience = CONSUMER_TIMEOUT.as_secs();
        match DeadlineSettings::try_from(args) {
            Err(error) => {
                self.good = false;
                self.line("problem", "deadline", &error.to_string());
            }
            Ok(settings)
                if has_own_timeout(broker) && settings.consumer_timeout > CONSUMER_TIMEOUT =>
            {
                self.good = false;
                self.line(
                    "problem",
                    "deadline",
                    &format!(
                        "PRESSLATE_CONSUMER_TIMEOUT is {} s, and the queues say {patience} s: write at most {patience}",
                        settings.consumer_timeout.as_secs()
                    ),
                );
            }
            Ok(settings) => {
                let DeadlineSettings {
                    deadline,
                    consumer_timeout,
                } = settings;
                self.line(
                    "ok",
                    "deadline",
                    &format!(
                        "{} s for a job, {} s for the broker to wait",
                        deadline.as_secs(),
                        consumer_timeout.as_secs()
                    ),
                );
                if !has_own_timeout(broker) && consumer_timeout > NODE_TIMEOUT {
                    self.below(&format!(
                        "which needs consumer_timeout = {} or more in rabbitmq.conf",
                        consumer_timeout.as_millis()
                    ));
                }
            }
        }
    }

    fn advice(&mut self, findings: &[Finding], checking: bool, settings: &BrokerSettings) {
        let any =
            |wanted: fn(&State) -> bool| findings.iter().any(|finding| wanted(&finding.state));
        if any(|state| matches!(state, State::There | State::Hidden)) {
            self.note(
                "`there`: its settings were not compared; `hidden`: the broker does not say whether it exists. Both \
                 need rights that this account does not have: run the same with an administrator's (presslate-admin \
                 of `presslate topology print`).",
            );
        }
        if any(|state| *state == State::Missing) {
            self.note("`missing`: run `presslate topology apply` with an administrator's account.");
        }
        if any(|state| matches!(state, State::Differs(_))) {
            self.note(&format!(
                "`differs`: settings cannot be changed afterwards. Stop what publishes to it, let it run empty, delete \
                 it (`rabbitmqctl delete_queue --vhost {} --if-empty NAME`; exchanges on the management page or with \
                 rabbitmqadmin), and run `presslate topology apply`.",
                settings.address.vhost.replace("%2f", "/").replace("%2F", "/")
            ));
        }
        if checking {
            self.note(
                "Bindings and policies cannot be seen over AMQP: `rabbitmqctl list_bindings` and `rabbitmqctl \
                 list_policies` show what there is, `presslate topology print` what there should be.",
            );
        }
    }
}

/// How long RabbitMQ waits for the answer to a delivery unless its administrator says otherwise.
const NODE_TIMEOUT: Duration = Duration::from_mins(30);

/// Since 3.12 a queue says how long its deliveries may take.
fn has_own_timeout(broker: &Broker) -> bool {
    broker.is_rabbitmq_since(3, 12)
}

fn told(difference: &Difference) -> String {
    let Difference {
        setting,
        wanted,
        current,
    } = difference;
    let wanted = wanted.as_deref().unwrap_or("unset");
    match current {
        Current::Value(current) => format!("{setting} is {current}, should be {wanted}"),
        Current::Unset => format!("{setting} is unset, should be {wanted}"),
        Current::Unknown => format!(
            "{setting} should be {wanted}; what it is the broker did not say, and what comes after it was not compared"
        ),
    }
}
