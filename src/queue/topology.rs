//! The exchanges, queues and bindings that a worker needs, as data: applied by
//! [`amqp`](super::amqp), printed for an administrator.
//!
//! ```text
//! producers ─▶ (jobs) ─ job, *.job ───────▶ [jobs]      ─┐
//!                     ─ urgent, *.urgent ─▶ [jobs.urgent] ├─▶ worker ─▶ (results) ─▶ [results]
//!                     ─ *.suspect ────────▶ [suspects]  ─┘      │
//!                              ▲                  ▲ suspect     ├─▶ (dead) ─▶ [dead]
//!                  1s.job … ───┘ time is up       │             │
//!                  [retry.1s] … [retry.1h] ◀── (retry) ◀────────┘
//! ```
//!
//! RabbitMQ 3.10 and 4.x both take it. The reasons behind the arguments:
//!
//! - `x-delivery-limit` is always set, because without it a message that kills workers comes back
//!   for ever on 3.10, and is deleted after 20 returns on 4.3;
//! - `at-least-once` dead-lettering, because the default drops a message whose dead-letter queue
//!   cannot take it just then; it works only together with `reject-publish`;
//! - `reject-publish`, because the alternative throws away the oldest message;
//! - one queue for each delay, because messages leave a queue in order, and one with a long delay
//!   would hold up all behind it;
//! - what only a later version can do (`x-consumer-timeout`, `x-delayed-retry-*`) is asked of every
//!   version: arguments cannot be added afterwards, and would stop every worker when the broker
//!   under its queues is upgraded. Older versions keep them and do nothing;
//! - a stream for control messages, because every worker has to hear them, also one that starts
//!   later, and an account that may not declare anything can still read a stream.

mod names;
mod permissions;

use std::time::Duration;

use serde_json::{Value, json};

pub use names::{Lane, Names};
pub use permissions::{Account, Keys};

/// Urgent jobs before one of another lane has its turn, where both wait. Without, what was sent ahead of
/// the normal lane would be in hand until the broker takes it away.
pub const URGENT_IN_A_ROW: u32 = 3;

/// How long a job can wait in one go: a suffix of names, and the time. Longer waits take several.
pub const DELAYS: [(&str, Duration); 5] = [
    ("1s", Duration::from_secs(1)),
    ("5s", Duration::from_secs(5)),
    ("30s", Duration::from_secs(30)),
    ("5m", Duration::from_mins(5)),
    ("1h", Duration::from_hours(1)),
];

/// Routing key of dead letters.
pub const DEAD_KEY: &str = "dead";
/// Routing key of orders to workers.
pub const CONTROL_KEY: &str = "control";

/// Unfinished deliveries after which the broker takes a job out of its queue by itself: the last
/// net, far above the worker's own limit, which gives an answer besides.
pub const DELIVERY_LIMIT: i64 = 20;

/// High enough never to be met, and below what either broker version refuses. Results and dead
/// letters are not ours to drop, however often somebody looks at one and puts it back.
const NO_DELIVERY_LIMIT: i64 = 1_000_000;

/// How long the broker lets a delivery go unanswered, where it can be said for one queue (since
/// 3.12); 3.10 takes the argument and ignores it.
pub const CONSUMER_TIMEOUT: Duration = Duration::from_hours(1);

/// Messages that a queue holds before it refuses more.
const MAX_LENGTH: i64 = 100_000;
/// Bytes that a queue holds before it refuses more.
const MAX_LENGTH_BYTES: i64 = 2_000_000_000;
/// Bytes of orders that are kept, and of one file of them.
const CONTROL_BYTES: i64 = 20_000_000;
const CONTROL_SEGMENT_BYTES: i64 = 1_000_000;
/// How long orders are kept.
const CONTROL_AGE: &str = "24h";

/// What a broker can do beyond what every supported version can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Features {
    /// Since 4.3: queues keep a failed delivery back for a while by themselves, and hand-backs do
    /// not count as failures.
    pub delayed_retry: bool,
}

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
        let exchange = |name: &str, kind| Exchange {
            name: name.to_owned(),
            kind,
        };
        let queue = |name: &str, arguments| Queue {
            name: name.to_owned(),
            arguments,
        };
        let bind = |exchange: &str, queue: &str, key: &str| Binding {
            exchange: exchange.to_owned(),
            queue: queue.to_owned(),
            key: key.to_owned(),
        };
        let mut topology = Self {
            exchanges: vec![
                exchange(&names.dead, ExchangeKind::Direct),
                exchange(&names.results, ExchangeKind::Topic),
                exchange(&names.control, ExchangeKind::Direct),
                exchange(&names.jobs, ExchangeKind::Topic),
                exchange(&names.retry, ExchangeKind::Topic),
            ],
            queues: vec![
                queue(&names.dead, quorum(NO_DELIVERY_LIMIT)),
                queue(&names.results, limited(quorum(NO_DELIVERY_LIMIT))),
                queue(&names.control, stream()),
            ],
            bindings: vec![
                bind(&names.dead, &names.dead, DEAD_KEY),
                bind(&names.results, &names.results, "result"),
                bind(&names.results, &names.results, "error"),
                bind(&names.control, &names.control, CONTROL_KEY),
                bind(&names.retry, &names.suspects, Lane::Suspect.key()),
            ],
        };
        for lane in Lane::ALL {
            let (name, key) = (names.lane(lane), lane.key());
            topology
                .queues
                .push(queue(name, lane_arguments(&names.dead)));
            if lane != Lane::Suspect {
                topology.bindings.push(bind(&names.jobs, name, key));
            }
            topology
                .bindings
                .push(bind(&names.jobs, name, &format!("*.{key}")));
        }
        for (suffix, delay) in DELAYS {
            let name = format!("{}.{suffix}", names.retry);
            topology
                .bindings
                .push(bind(&names.retry, &name, &format!("{suffix}.*")));
            topology
                .queues
                .push(queue(&name, delayed(&names.jobs, delay)));
        }
        topology
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

fn lane_arguments(dead: &str) -> Arguments {
    let mut arguments = limited(quorum(DELIVERY_LIMIT));
    arguments.push(("x-dead-letter-exchange", text(dead)));
    arguments.push(("x-dead-letter-routing-key", text(DEAD_KEY)));
    arguments.push(("x-dead-letter-strategy", text("at-least-once")));
    arguments.push(("x-consumer-timeout", milliseconds(CONSUMER_TIMEOUT)));
    arguments.push(("x-delayed-retry-type", text("failed")));
    arguments.push(("x-delayed-retry-min", milliseconds(Duration::from_secs(1))));
    arguments.push(("x-delayed-retry-max", milliseconds(Duration::from_mins(5))));
    arguments
}

/// Messages go back to the exchange of jobs once their time is up. Their routing key stays, so that
/// each finds its lane again.
fn delayed(jobs: &str, delay: Duration) -> Arguments {
    let mut arguments = limited(quorum(NO_DELIVERY_LIMIT));
    arguments.push(("x-message-ttl", milliseconds(delay)));
    arguments.push(("x-dead-letter-exchange", text(jobs)));
    arguments.push(("x-dead-letter-strategy", text("at-least-once")));
    arguments
}

fn stream() -> Arguments {
    vec![
        ("x-queue-type", text("stream")),
        ("x-max-age", text(CONTROL_AGE)),
        ("x-max-length-bytes", Argument::Number(CONTROL_BYTES)),
        (
            "x-stream-max-segment-size-bytes",
            Argument::Number(CONTROL_SEGMENT_BYTES),
        ),
    ]
}

fn milliseconds(duration: Duration) -> Argument {
    Argument::Number(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
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
    fn every_queue_that_can_states_its_delivery_limit_and_refuses_when_full() {
        for queue in Topology::new(&Names::default()).queues {
            let has = |name: &str| queue.arguments.iter().any(|(key, _)| *key == name);
            let stream = queue.arguments.contains(&("x-queue-type", text("stream")));
            assert!(
                stream || (has("x-delivery-limit") && has("x-overflow")),
                "{queue:?}"
            );
        }
    }

    #[test]
    fn a_job_finds_its_lane_again_after_every_delay() {
        let names = Names::default();
        let topology = Topology::new(&names);
        for lane in Lane::ALL {
            for (suffix, _) in DELAYS {
                let waits = topology.bindings.iter().find(|binding| {
                    binding.exchange == names.retry && binding.key == format!("{suffix}.*")
                });
                assert!(waits.is_some(), "{suffix}");
            }
            let back = topology.bindings.iter().find(|binding| {
                binding.exchange == names.jobs && binding.key == format!("*.{}", lane.key())
            });
            assert_eq!(
                back.map(|binding| binding.queue.as_str()),
                Some(names.lane(lane))
            );
        }
    }

    #[test]
    fn delays_grow_and_carry_their_length_in_their_name() {
        assert!(DELAYS.is_sorted_by(|(_, shorter), (_, longer)| shorter < longer));
        let names = Names::default();
        for (suffix, delay) in DELAYS {
            let queue = Topology::new(&names)
                .queues
                .into_iter()
                .find(|queue| queue.name == format!("presslate.retry.{suffix}"))
                .unwrap();
            assert!(
                queue
                    .arguments
                    .contains(&("x-message-ttl", milliseconds(delay)))
            );
        }
    }

    #[test]
    fn definitions_hold_all_of_it() {
        let topology = Topology::new(&Names::prefixed("desk"));
        let definitions = topology.definitions("news");
        let jobs = definitions["queues"]
            .as_array()
            .unwrap()
            .iter()
            .find(|queue| queue["name"] == "desk.jobs")
            .unwrap();
        assert_eq!(jobs["arguments"]["x-dead-letter-exchange"], "desk.dead");
        assert_eq!(jobs["arguments"]["x-delivery-limit"], DELIVERY_LIMIT);
        assert_eq!(
            definitions["bindings"].as_array().unwrap().len(),
            topology.bindings.len()
        );
        assert_eq!(definitions["exchanges"][1]["type"], "topic");
    }
}
