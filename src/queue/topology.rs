//! The exchanges, queues and bindings that a worker needs, as data: applied by
//! [`amqp`](super::amqp), printed for an administrator.
//!
//! RabbitMQ 3.10 and 4.x both take it. The reasons behind the arguments:
//!
//! - `x-delivery-limit` is always set, because without it a message that kills workers comes back
//!   for ever on 3.10, and is deleted after 20 returns on 4.3;
//! - `at-least-once` dead-lettering, because the default drops a message whose dead-letter queue
//!   cannot take it just then; it works only together with `reject-publish`;
//! - `reject-publish`, because the alternative throws away the oldest message.

use serde_json::{Value, json};

/// Names on the broker. Each is the name of an exchange and of the queue behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Jobs to do.
    pub jobs: String,
    /// Results and error results.
    pub results: String,
    /// Jobs that could not be done.
    pub dead: String,
}

impl Names {
    /// Names that begin with `prefix` and a dot.
    pub fn prefixed(prefix: &str) -> Self {
        let name = |what: &str| format!("{prefix}.{what}");
        Self {
            jobs: name("jobs"),
            results: name("results"),
            dead: name("dead"),
        }
    }
}

impl Default for Names {
    fn default() -> Self {
        Self::prefixed("presslate")
    }
}

/// Routing key of jobs in their exchange. Producers may as well publish to the default exchange
/// with the queue's name.
pub const JOB_KEY: &str = "job";
/// Routing key of dead letters.
pub const DEAD_KEY: &str = "dead";

/// Failed deliveries of a job after which the broker takes it out of the queue by itself: the net
/// under [`crate::worker::Settings::max_attempts`], for jobs that kill the process.
pub const DELIVERY_LIMIT: i64 = 5;

/// High enough never to be met, and below what either broker version refuses. Results and dead
/// letters are not ours to drop, however often somebody looks at one and puts it back.
const NO_DELIVERY_LIMIT: i64 = 1_000_000;

/// How long the broker lets a delivery go unanswered, in milliseconds. 3.10 takes the argument
/// and ignores it (there the limit is a setting of the node, 30 minutes by default).
const CONSUMER_TIMEOUT_MS: i64 = 3_600_000;

/// Messages that a queue holds before it refuses more.
const MAX_LENGTH: i64 = 100_000;
/// Bytes that a queue holds before it refuses more.
const MAX_LENGTH_BYTES: i64 = 2_000_000_000;

/// What there has to be on the broker. Everything in it is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// In the order they are to be declared.
    pub exchanges: Vec<Exchange>,
    /// In the order they are to be declared: dead letters before what is dead-lettered.
    pub queues: Vec<Queue>,
    /// Which exchange feeds which queue.
    pub bindings: Vec<Binding>,
}

/// An exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Its name.
    pub name: String,
    /// How it routes.
    pub kind: ExchangeKind,
}

/// How an exchange routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExchangeKind {
    /// By equal key.
    Direct,
    /// By pattern, so that consumers can pick kinds of answers.
    Topic,
}

impl ExchangeKind {
    /// The broker's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Topic => "topic",
        }
    }
}

/// A queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// `x-` arguments. The broker accepts misspelt ones silently, so they are written here only.
    pub arguments: Vec<(&'static str, Argument)>,
}

/// The value of an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// A word.
    Text(String),
    /// A whole number.
    Number(i64),
}

/// An exchange feeds a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// From here.
    pub exchange: String,
    /// To here.
    pub queue: String,
    /// What matches this.
    pub key: String,
}

impl Topology {
    /// The topology under the given names.
    pub fn new(names: &Names) -> Self {
        let Names {
            jobs,
            results,
            dead,
        } = names;
        Self {
            exchanges: vec![
                Exchange {
                    name: dead.clone(),
                    kind: ExchangeKind::Direct,
                },
                Exchange {
                    name: results.clone(),
                    kind: ExchangeKind::Topic,
                },
                Exchange {
                    name: jobs.clone(),
                    kind: ExchangeKind::Direct,
                },
            ],
            queues: vec![
                Queue {
                    name: dead.clone(),
                    arguments: quorum(NO_DELIVERY_LIMIT),
                },
                Queue {
                    name: results.clone(),
                    arguments: limited(quorum(NO_DELIVERY_LIMIT)),
                },
                Queue {
                    name: jobs.clone(),
                    arguments: dead_lettered(limited(quorum(DELIVERY_LIMIT)), dead),
                },
            ],
            bindings: vec![
                Binding {
                    exchange: dead.clone(),
                    queue: dead.clone(),
                    key: DEAD_KEY.to_owned(),
                },
                Binding {
                    exchange: results.clone(),
                    queue: results.clone(),
                    key: "result".to_owned(),
                },
                Binding {
                    exchange: results.clone(),
                    queue: results.clone(),
                    key: "error".to_owned(),
                },
                Binding {
                    exchange: jobs.clone(),
                    queue: jobs.clone(),
                    key: JOB_KEY.to_owned(),
                },
            ],
        }
    }

    /// The topology as a definitions file, for `rabbitmqctl import_definitions`.
    pub fn definitions(&self, vhost: &str) -> Value {
        let exchanges: Vec<Value> = self
            .exchanges
            .iter()
            .map(|Exchange { name, kind }| {
                json!({"name": name, "vhost": vhost, "type": kind.name(), "durable": true,
                       "auto_delete": false, "internal": false, "arguments": {}})
            })
            .collect();
        let queues: Vec<Value> = self
            .queues
            .iter()
            .map(|Queue { name, arguments }| {
                let arguments: serde_json::Map<String, Value> =
                    arguments.iter().map(|(key, value)| ((*key).to_owned(), value.to_json())).collect();
                json!({"name": name, "vhost": vhost, "durable": true, "auto_delete": false, "arguments": arguments})
            })
            .collect();
        let bindings: Vec<Value> = self
            .bindings
            .iter()
            .map(|Binding { exchange, queue, key }| {
                json!({"source": exchange, "vhost": vhost, "destination": queue, "destination_type": "queue",
                       "routing_key": key, "arguments": {}})
            })
            .collect();
        json!({"exchanges": exchanges, "queues": queues, "bindings": bindings})
    }
}

impl Argument {
    fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => json!(number),
        }
    }
}

type Arguments = Vec<(&'static str, Argument)>;

fn text(value: &str) -> Argument {
    Argument::Text(value.to_owned())
}

fn quorum(delivery_limit: i64) -> Arguments {
    vec![
        ("x-queue-type", text("quorum")),
        ("x-delivery-limit", Argument::Number(delivery_limit)),
        ("x-overflow", text("reject-publish")),
    ]
}

fn limited(mut arguments: Arguments) -> Arguments {
    arguments.push(("x-max-length", Argument::Number(MAX_LENGTH)));
    arguments.push(("x-max-length-bytes", Argument::Number(MAX_LENGTH_BYTES)));
    arguments
}

fn dead_lettered(mut arguments: Arguments, dead: &str) -> Arguments {
    arguments.push(("x-dead-letter-exchange", text(dead)));
    arguments.push(("x-dead-letter-routing-key", text(DEAD_KEY)));
    arguments.push(("x-dead-letter-strategy", text("at-least-once")));
    arguments.push(("x-consumer-timeout", Argument::Number(CONSUMER_TIMEOUT_MS)));
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::queue::AnswerKind;

    #[test]
    fn every_binding_joins_an_exchange_and_a_queue_that_are_declared() {
        let topology = Topology::new(&Names::default());
        for binding in &topology.bindings {
            assert!(
                topology
                    .exchanges
                    .iter()
                    .any(|exchange| exchange.name == binding.exchange),
                "{binding:?}"
            );
            assert!(
                topology
                    .queues
                    .iter()
                    .any(|queue| queue.name == binding.queue),
                "{binding:?}"
            );
        }
    }

    #[test]
    fn every_kind_of_answer_is_routed_to_the_results_queue() {
        let names = Names::default();
        let topology = Topology::new(&names);
        for kind in [AnswerKind::Result, AnswerKind::Error] {
            assert!(
                topology
                    .bindings
                    .iter()
                    .any(|binding| binding.queue == names.results && binding.key == kind.name()),
                "nothing takes {kind:?}"
            );
        }
    }

    #[test]
    fn every_queue_states_its_delivery_limit_and_refuses_when_full() {
        for queue in Topology::new(&Names::default()).queues {
            let has = |name: &str| queue.arguments.iter().any(|(key, _)| *key == name);
            assert!(has("x-delivery-limit") && has("x-overflow"), "{queue:?}");
        }
    }

    #[test]
    fn definitions_hold_all_of_it() {
        let definitions = Topology::new(&Names::prefixed("desk")).definitions("news");
        assert_eq!(definitions["queues"][2]["name"], "desk.jobs");
        assert_eq!(
            definitions["queues"][2]["arguments"]["x-dead-letter-exchange"],
            "desk.dead"
        );
        assert_eq!(definitions["queues"][2]["arguments"]["x-delivery-limit"], 5);
        assert_eq!(definitions["bindings"].as_array().unwrap().len(), 4);
        assert_eq!(definitions["exchanges"][1]["type"], "topic");
    }
}
