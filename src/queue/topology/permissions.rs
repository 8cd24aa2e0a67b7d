//! What each kind of account may do on the broker: as little as it needs.

use super::{Lane, Names};

/// A kind of account, and what it may do. The three patterns are the broker's: what it may declare
/// and delete, what it may publish to, and what it may consume from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// A name for it.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Exchanges and queues that it may declare and delete.
    pub configure: String,
    /// Exchanges that it may publish to, and queues that it may bind.
    pub write: String,
    /// Queues that it may consume from and empty, and exchanges that it may bind to.
    pub read: String,
    /// With which keys, where not all of them are left to it.
    pub keys: Option<Keys>,
}

/// The routing keys that an account may publish with to an exchange of the type `topic`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The exchange.
    pub exchange: String,
    /// A pattern of the keys.
    pub write: String,
    /// A pattern of the keys that it may bind a queue with.
    pub read: String,
}

/// Nothing has an empty name that could be configured, written or read.
const NOTHING: &str = "^$";

impl Account {
    /// Every kind of account. With `replies` a worker may answer into queues that jobs name, for
    /// which it must be allowed to publish to every queue there is.
    pub fn all(names: &Names, replies: bool) -> [Self; 4] {
        let Names {
            jobs,
            urgent,
            suspects,
            results,
            dead,
            retry,
            control,
            ..
        } = names;
        let mut answers = vec![results.as_str(), retry, dead];
        if replies {
            // What the broker calls the exchange without a name.
            answers.push("amq.default");
        }
        let all = names.everything();
        [
            Self {
                name: "presslate-admin",
                purpose: "declares exchanges and queues: `presslate topology apply`",
                configure: all.clone(),
                write: all.clone(),
                read: all,
                keys: None,
            },
            Self {
                name: "presslate-worker",
                purpose: "does the jobs: `presslate work --no-declare`",
                configure: NOTHING.to_owned(),
                write: any_of(&answers),
                read: any_of(&[jobs, urgent, suspects, control]),
                keys: None,
            },
            Self {
                name: "presslate-producer",
                purpose: "sends jobs, and orders to all workers",
                configure: NOTHING.to_owned(),
                write: any_of(&[jobs, control]),
                read: NOTHING.to_owned(),
                // What is a suspect the workers decide: there each job has a worker to itself.
                keys: Some(Keys {
                    exchange: jobs.clone(),
                    write: any_of(&[Lane::Normal.key(), Lane::Urgent.key()]),
                    read: NOTHING.to_owned(),
                }),
            },
            Self {
                name: "presslate-consumer",
                purpose: "takes answers",
                configure: NOTHING.to_owned(),
                write: NOTHING.to_owned(),
                read: any_of(&[results]),
                keys: None,
            },
        ]
    }
}

impl Names {
    /// A pattern of all names with the prefix.
    fn everything(&self) -> String {
        let prefix = self.jobs.strip_suffix("jobs").unwrap_or(&self.jobs);
        format!("^{}", escaped(prefix))
    }
}

/// A pattern of exactly these names.
fn any_of(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| escaped(name)).collect();
    match names.as_slice() {
        [one] => format!("^{one}$"),
        several => format!("^({})$", several.join("|")),
    }
}

/// A pattern of exactly this text.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if !c.is_alphanumeric() && !matches!(c, '-' | '_' | ' ') && c.is_ascii() {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_account_but_the_administrators_may_declare_anything() {
        for account in Account::all(&Names::default(), true) {
            let nothing = account.configure == NOTHING;
            assert_eq!(nothing, account.name != "presslate-admin", "{account:?}");
        }
    }

    #[test]
    fn a_dot_of_a_name_is_no_dot_of_a_pattern() {
        let [admin, worker, producer, consumer] = Account::all(&Names::prefixed("desk.7+"), false);
        assert_eq!(admin.read, r"^desk\.7\+\.");
        assert_eq!(
            worker.write,
            r"^(desk\.7\+\.results|desk\.7\+\.retry|desk\.7\+\.dead)$"
        );
        assert_eq!(
            worker.read,
            r"^(desk\.7\+\.jobs|desk\.7\+\.jobs\.urgent|desk\.7\+\.suspects|desk\.7\+\.control)$"
        );
        assert_eq!(producer.write, r"^(desk\.7\+\.jobs|desk\.7\+\.control)$");
        assert_eq!(consumer.read, r"^desk\.7\+\.results$");
    }

    #[test]
    fn a_producer_may_send_normal_and_urgent_jobs_and_no_suspects() {
        let [.., producer, _] = Account::all(&Names::default(), true);
        let keys = producer.keys.unwrap();
        assert_eq!(keys.exchange, "presslate.jobs");
        assert_eq!(keys.write, "^(job|urgent)$");
        assert_eq!(keys.read, NOTHING);
    }

    #[test]
    fn only_with_replies_may_a_worker_publish_to_any_queue() {
        let write = |replies| {
            let [_, worker, ..] = Account::all(&Names::default(), replies);
            worker.write
        };
        assert!(write(true).contains(r"amq\.default"));
        assert!(!write(false).contains("amq"));
    }
}
