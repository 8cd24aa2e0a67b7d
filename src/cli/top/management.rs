//! What the broker's management API says.

use serde_json::Value;

use crate::queue::topology::{DELAYS, Names};

/// What is asked for of a queue: an answer with all columns is a hundred times as long.
pub(super) const QUEUE: &str = "name,messages_ready,messages_unacknowledged,consumers,\
    message_stats.publish_details.rate,message_stats.ack_details.rate,\
    message_stats.deliver_no_ack_details.rate,message_stats.get_no_ack_details.rate";
/// What is asked for of the broker.
pub(super) const OVERVIEW: &str = "product_name,product_version,rabbitmq_version";
/// What is asked for of its nodes.
pub(super) const NODE: &str = "name,running,mem_alarm,disk_free_alarm";

/// One of presslate's queues, or several that hold the same.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Queue {
    /// Its name, or what the names begin with.
    pub(super) name: String,
    pub(super) role: Role,
    /// `None` when there is no such queue.
    pub(super) counts: Option<Counts>,
}

/// What lies in a queue and moves through it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Counts {
    pub(super) ready: u64,
    pub(super) unacked: u64,
    pub(super) consumers: u64,
    /// Messages a second, over the last seconds as the broker counts them.
    pub(super) incoming: f64,
    /// Taken and done with, a second.
    pub(super) outgoing: f64,
}

/// What a queue is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Jobs that workers take.
    Jobs,
    /// Answers.
    Results,
    /// Jobs that could not be done.
    Dead,
    /// Jobs that wait for their time.
    Waiting,
}

/// What the broker says of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Broker {
    /// Such as `RabbitMQ 4.3.6`.
    pub(super) product: String,
    pub(super) queues: Vec<Queue>,
    /// Such as `memory alarm on rabbit@one`.
    pub(super) alarms: Vec<String>,
}

impl Broker {
    /// How many jobs wait to be taken.
    pub(super) fn waiting(&self) -> u64 {
        self.queues
            .iter()
            .filter(|queue| queue.role == Role::Jobs)
            .filter_map(|queue| queue.counts)
            .map(|counts| counts.ready)
            .sum()
    }
}

/// Reads the answer of `/api/queues/VHOST`: presslate's queues, in the order in which they are shown.
/// `None` when it is no list of queues.
pub(super) fn queues(body: &str, names: &Names) -> Option<Vec<Queue>> {
    let body: Value = serde_json::from_str(body).ok()?;
    let all = body.as_array()?;
    let counts_of = |name: &str| all.iter().find(|queue| named(queue) == name).map(counts);
    let queue = |name: &str, role| Queue {
        name: name.to_owned(),
        role,
        counts: counts_of(name),
    };
    let retries = DELAYS.map(|(suffix, _)| counts_of(&format!("{}.{suffix}", names.retry)));
    Some(vec![
        queue(&names.jobs, Role::Jobs),
        queue(&names.urgent, Role::Jobs),
        queue(&names.results, Role::Results),
        queue(&names.dead, Role::Dead),
        queue(&names.suspects, Role::Jobs),
        Queue {
            name: format!("{}.*", names.retry),
            role: Role::Waiting,
            counts: retries.into_iter().flatten().reduce(plus),
        },
    ])
}

fn named(queue: &Value) -> &str {
    queue
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn counts(queue: &Value) -> Counts {
    // A queue that has just been declared has no counts yet.
    let number = |name: &str| queue.get(name).and_then(Value::as_u64).unwrap_or(0);
    let rate = |name: &str| {
        let rate = queue
            .get("message_stats")
            .and_then(|stats| stats.get(name)?.get("rate")?.as_f64());
        rate.unwrap_or(0.0)
    };
    Counts {
        ready: number("messages_ready"),
        unacked: number("messages_unacknowledged"),
        consumers: number("consumers"),
        incoming: rate("publish_details"),
        outgoing: rate("ack_details") + rate("deliver_no_ack_details") + rate("get_no_ack_details"),
    }
}

fn plus(a: Counts, b: Counts) -> Counts {
    Counts {
        ready: a.ready.saturating_add(b.ready),
        unacked: a.unacked.saturating_add(b.unacked),
        consumers: a.consumers.saturating_add(b.consumers),
        incoming: a.incoming + b.incoming,
        outgoing: a.outgoing + b.outgoing,
    }
}

/// Reads the answer of `/api/overview`: the product and its version.
pub(super) fn product(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let version = text("product_version").or_else(|| text("rabbitmq_version"))?;
    Some(format!(
        "{} {version}",
        text("product_name").unwrap_or("RabbitMQ")
    ))
}

/// Reads the answer of `/api/nodes`: what keeps nodes from taking messages.
pub(super) fn alarms(body: &str) -> Vec<String> {
    let Ok(Value::Array(nodes)) = serde_json::from_str(body) else {
        return Vec::new();
    };
    let is = |node: &Value, name: &str| node.get(name).and_then(Value::as_bool);
    let mut alarms = Vec::new();
    for node in &nodes {
        let name = named(node);
        if is(node, "running") == Some(false) {
            alarms.push(format!("node {name} is not running"));
        }
        for (field, alarm) in [("mem_alarm", "memory"), ("disk_free_alarm", "disk")] {
            if is(node, field) == Some(true) {
                alarms.push(format!("{alarm} alarm on {name}"));
            }
        }
    }
    alarms
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "whole numbers are exact")]

    use super::*;

    const QUEUES: &str = r#"[
        {"consumers":3,"messages_ready":120,"messages_unacknowledged":6,"name":"presslate.jobs",
         "message_stats":{"publish_details":{"rate":1.5},"ack_details":{"rate":1.25}}},
        {"consumers":0,"messages_ready":2,"messages_unacknowledged":0,"name":"presslate.dead"},
        {"name":"presslate.results","consumers":1,
         "message_stats":{"get_no_ack_details":{"rate":0.5},"ack_details":{"rate":0.25}}},
        {"name":"presslate.retry.1s","messages_ready":1},
        {"name":"presslate.retry.1h","messages_ready":4},
        {"name":"presslate.reply.desk","messages_ready":9},
        {"name":"other.jobs","messages_ready":1000}]"#;

    #[test]
    fn the_queues_of_a_prefix_are_found_and_counted() {
        let queues = queues(QUEUES, &Names::default()).unwrap();
        let shown: Vec<_> = queues
            .iter()
            .map(|queue| (queue.name.as_str(), queue.counts.map(|counts| counts.ready)))
            .collect();
        assert_eq!(
            shown,
            [
                ("presslate.jobs", Some(120)),
                ("presslate.jobs.urgent", None),
                ("presslate.results", Some(0)),
                ("presslate.dead", Some(2)),
                ("presslate.suspects", None),
                ("presslate.retry.*", Some(5)),
            ]
        );
        let jobs = queues[0].counts.unwrap();
        assert_eq!((jobs.unacked, jobs.consumers), (6, 3));
        assert_eq!((jobs.incoming, jobs.outgoing), (1.5, 1.25));
        assert_eq!(queues[2].counts.unwrap().outgoing, 0.75);
        let broker = Broker {
            queues,
            ..Broker::default()
        };
        assert_eq!(broker.waiting(), 120);
    }

    #[test]
    fn what_is_no_list_of_queues_is_none() {
        for body in ["", "{}", r#"{"error":"not_authorised"}"#, "<html>"] {
            assert_eq!(queues(body, &Names::default()), None, "{body}");
        }
        let none = queues("[]", &Names::default()).unwrap();
        assert!(none.iter().all(|queue| queue.counts.is_none()));
    }

    #[test]
    fn the_product_and_its_alarms_are_named() {
        let overview = r#"{"product_name":"RabbitMQ","product_version":"4.3.6"}"#;
        assert_eq!(product(overview).unwrap(), "RabbitMQ 4.3.6");
        assert_eq!(
            product(r#"{"rabbitmq_version":"3.9.0"}"#).unwrap(),
            "RabbitMQ 3.9.0"
        );
        assert_eq!(product("{}"), None);
        let nodes = r#"[{"name":"rabbit@a","running":true,"mem_alarm":true,"disk_free_alarm":false},
            {"name":"rabbit@b","running":false}]"#;
        assert_eq!(
            alarms(nodes),
            ["memory alarm on rabbit@a", "node rabbit@b is not running"]
        );
        assert!(alarms(r#"{"error":"x"}"#).is_empty());
    }
}
