//! Makes a [`Topology`] on the broker, and compares it with what is there: for an administrator.
//!
//! AMQP has no way to read the settings of a queue. But a declaration with other settings is
//! refused with the first one that differs, and what it is; so the refused setting is taken over
//! and the declaration is tried again, until nothing differs. Only what exists already is declared
//! that way, so that comparing makes nothing.

mod refusal;

use lapin::protocol::AMQPError;
use lapin::types::AMQPValue;
use lapin::{Channel, Connection, ErrorKind};
use tokio::time::timeout;

use super::connect::connect;
use super::declare::{Item, Manner, bind, binding_to};
use super::probe::{Broker, probe};
use super::reason::{self, code};
use super::{Address, Config};
use crate::queue::QueueError;
use crate::queue::topology::Topology;
use refusal::{Refusal, Said};

/// Settings that may differ in one item before it is given up.
const MAX_DIFFERENCES: usize = 32;

/// An account on the broker.
pub struct Admin {
    config: Config,
    address: Address,
    connection: Connection,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// What was found of one part of the topology, or done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `exchange`, `queue` or `binding`.
    pub noun: &'static str,
    /// Its name; of a binding, all that belongs to it.
    pub name: String,
    /// How it stands.
    pub state: State,
}

/// How a part of the topology stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It was not there and has been made; a binding may have been there.
    Made,
    /// It is there with the right settings.
    Right,
    /// It is there; its settings could not be compared for want of permissions.
    There,
    /// Not told to this account, which has no rights to it: 3.10 tells everybody, 4.3 does not.
    Hidden,
    /// It is not there.
    Missing,
    /// It is there with other settings.
    Differs(Vec<Difference>),
}

/// A setting that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Such as `x-delivery-limit` or `durable`.
    pub setting: String,
    /// What it should be; `None` when it should not be set.
    pub wanted: Option<String>,
    /// What it is.
    pub current: Current,
}

/// What a setting is on the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Current {
    /// This.
    Value(String),
    /// Not set.
    Unset,
    /// The broker's words were cut off, or not understood: the settings after this one were not
    /// compared.
    Unknown,
}

/// Asks the broker what it is, without logging in.
///
/// # Errors
/// When it cannot be reached, or is no broker.
pub async fn identify(config: &Config) -> Result<Broker, QueueError> {
    probe(config, &Address::parse(config)?).await
}

/// The virtual host that an address means, decoded.
///
/// # Errors
/// When the address is none.
pub fn vhost(config: &Config) -> Result<String, QueueError> {
    Ok(Address::parse(config)?.vhost().to_owned())
}

impl Admin {
    /// Logs in.
    ///
    /// # Errors
    /// When the broker cannot be reached or refuses the login.
    pub async fn open(config: Config) -> Result<Self, QueueError> {
        let address = Address::parse(&config)?;
        let connection = connect(&config, &address, "presslate topology").await?;
        Ok(Self {
            config,
            address,
            connection,
        })
    }

    /// Logs out.
    pub async fn close(self) {
        let closing = self.connection.close(200, "OK".into());
        if !matches!(
            timeout(self.config.request_timeout, closing).await,
            Ok(Ok(()))
        ) {
            tracing::debug!("the broker did not answer the closing of a connection");
        }
    }

    /// Compares; makes nothing.
    ///
    /// # Errors
    /// When the broker goes away, or says what is not understood.
    pub async fn check(&self, topology: &Topology) -> Result<Vec<Finding>, QueueError> {
        let mut findings = Vec::new();
        for item in Item::all(topology)? {
            findings.push(finding(&item, self.look(&item).await?));
        }
        Ok(findings)
    }

    /// Makes what is not there, and binds everything. What is there with other settings stays.
    ///
    /// # Errors
    /// When the broker goes away, or does not let this account do it.
    pub async fn apply(&self, topology: &Topology) -> Result<Vec<Finding>, QueueError> {
        let mut findings = Vec::new();
        for item in Item::all(topology)? {
            let mut state = self.look(&item).await?;
            if matches!(state, State::Missing | State::Hidden) {
                let what = declaring(&item);
                let declared = self.attempt(&what, &item, Manner::Make).await?;
                declared.map_err(|error| self.explain(error, &what))?;
                state = State::Made;
            }
            findings.push(finding(&item, state));
        }
        for binding in &topology.bindings {
            let what = binding_to(binding);
            let channel = self.channel().await?;
            let bound = self.answer(&what, bind(&channel, binding)?).await?;
            bound.map_err(|error| self.explain(error, &what))?;
            self.leave(channel).await;
            findings.push(Finding {
                noun: "binding",
                name: format!(
                    "{} -> {} ({})",
                    binding.exchange, binding.queue, binding.key
                ),
                state: State::Made,
            });
        }
        Ok(findings)
    }

    async fn look(&self, item: &Item<'_>) -> Result<State, QueueError> {
        let what = format!("looking for {} {:?}", item.noun(), item.name.as_str());
        match self.attempt(&what, item, Manner::Look).await? {
            Ok(()) => self.compare(item).await,
            Err(error) if error.get_id() == code::NOT_FOUND => Ok(State::Missing),
            Err(error) if error.get_id() == code::ACCESS_REFUSED => Ok(State::Hidden),
            // It is there, and another connection has it to itself.
            Err(error) if error.get_id() == code::RESOURCE_LOCKED => Ok(exclusive()),
            Err(error) => Err(self.explain(error, &what)),
        }
    }

    /// Compares an item that exists.
    async fn compare(&self, item: &Item<'_>) -> Result<State, QueueError> {
        let (mut draft, mut differences) = (item.clone(), Vec::new());
        while differences.len() < MAX_DIFFERENCES {
            let what = declaring(item);
            let attempt = self.attempt(&what, &draft, Manner::Make);
            let error = match attempt.await? {
                Ok(()) => break,
                Err(error) => error,
            };
            match error.get_id() {
                code::ACCESS_REFUSED => return Ok(State::There),
                code::RESOURCE_LOCKED => return Ok(exclusive()),
                code::PRECONDITION_FAILED => {}
                _ => return Err(self.explain(error, &what)),
            }
            let Some(refusal) = Refusal::parse(error.get_message().as_str()) else {
                return Err(self.explain(error, &what));
            };
            let wanted = setting(item, &refusal.setting);
            let current = match &refusal.current {
                Said::Value(current) => Current::Value(current.text.clone()),
                Said::Unset => Current::Unset,
                Said::Nothing => Current::Unknown,
            };
            let seen = differences
                .iter()
                .any(|difference: &Difference| difference.setting == refusal.setting);
            let adopted = !seen && adopt(&mut draft, &refusal);
            if !seen {
                differences.push(Difference {
                    setting: refusal.setting,
                    wanted,
                    current,
                });
            }
            if !adopted {
                break;
            }
        }
        Ok(if differences.is_empty() {
            State::Right
        } else {
            State::Differs(differences)
        })
    }

    async fn channel(&self) -> Result<Channel, QueueError> {
        let opened = self.connection.create_channel();
        self.answer("opening a channel", opened)
            .await?
            .map_err(|error| self.explain(error, "opening a channel"))
    }

    async fn leave(&self, channel: Channel) {
        // One that is not closed ends with its connection.
        drop(timeout(self.config.request_timeout, channel.close(200, "OK".into())).await);
    }

    /// Declares on a channel of its own: what is refused closes its channel.
    async fn attempt(
        &self,
        what: &str,
        item: &Item<'_>,
        manner: Manner,
    ) -> Result<Result<(), AMQPError>, QueueError> {
        let channel = self.channel().await?;
        let answer = self.answer(what, item.declare(&channel, manner)).await?;
        if answer.is_ok() {
            self.leave(channel).await;
        }
        Ok(answer)
    }

    /// The broker's answer, or its refusal.
    async fn answer<T>(
        &self,
        what: &str,
        answer: impl Future<Output = lapin::Result<T>>,
    ) -> Result<Result<T, AMQPError>, QueueError> {
        let limit = self.config.request_timeout;
        match timeout(limit, answer).await {
            Err(_) => Err(QueueError::Timeout(limit)),
            Ok(Ok(value)) => Ok(Ok(value)),
            Ok(Err(error)) => match error.kind() {
                ErrorKind::ProtocolError(refusal) if error.is_amqp_soft_error() => {
                    Ok(Err(refusal.clone()))
                }
                _ => Err(reason::doing(&error, what, &self.address)),
            },
        }
    }

    fn explain(&self, error: AMQPError, what: &str) -> QueueError {
        let error = ErrorKind::ProtocolError(error).into();
        reason::doing(&error, what, &self.address)
    }
}

fn declaring(item: &Item<'_>) -> String {
    format!("declaring {} {:?}", item.noun(), item.name.as_str())
}

fn finding(item: &Item<'_>, state: State) -> Finding {
    Finding {
        noun: item.noun(),
        name: item.name.as_str().to_owned(),
        state,
    }
}

fn exclusive() -> State {
    State::Differs(vec![Difference {
        setting: "exclusive".to_owned(),
        wanted: Some("false".to_owned()),
        current: Current::Value("true".to_owned()),
    }])
}

/// What an item says of a setting.
fn setting(item: &Item<'_>, name: &str) -> Option<String> {
    match (name, item.routing) {
        ("durable", _) => Some(item.durable.to_string()),
        ("auto_delete", _) => Some(item.auto_delete.to_string()),
        ("type", Some((kind, _))) => Some(kind.to_owned()),
        ("internal", Some((_, internal))) => Some(internal.to_string()),
        _ => match item.arguments.get(name)? {
            AMQPValue::LongString(text) => Some(text.to_string()),
            AMQPValue::LongLongInt(number) => Some(number.to_string()),
            AMQPValue::Boolean(flag) => Some(flag.to_string()),
            other => Some(format!("{other:?}")),
        },
    }
}

/// Takes over what the broker says that a setting is. `false` when that is not possible, and
/// nothing further can be compared.
fn adopt(draft: &mut Item<'_>, refusal: &Refusal) -> bool {
    let name = refusal.setting.as_str();
    let value = match &refusal.current {
        Said::Value(value) => value,
        Said::Unset => return draft.arguments.remove(name).is_some(),
        Said::Nothing => return false,
    };
    let flag = || value.text.parse().ok();
    match (name, &mut draft.routing) {
        ("durable", _) => flag().map(|flag| draft.durable = flag).is_some(),
        ("auto_delete", _) => flag().map(|flag| draft.auto_delete = flag).is_some(),
        ("type", Some((kind, _))) => known_kind(&value.text).map(|known| *kind = known).is_some(),
        ("internal", Some((_, internal))) => flag().map(|flag| *internal = flag).is_some(),
        _ => {
            let (Some(value), Ok(name)) =
                (value.typed(draft.arguments.get(name)), super::short(name))
            else {
                return false;
            };
            draft.arguments.insert(name, value);
            true
        }
    }
}

fn known_kind(name: &str) -> Option<&'static str> {
    ["direct", "topic", "fanout", "headers"]
        .into_iter()
        .find(|known| *known == name)
}

#[cfg(test)]
mod tests {
    use super::refusal::Value;
    use super::*;

    #[test]
    fn a_setting_that_cannot_be_taken_over_ends_the_comparison() {
        let topology = Topology::new(&crate::queue::topology::Names::default());
        let mut item = Item::all(&topology).unwrap().remove(0);
        let mut takes = |setting: &str, current: Said| {
            let setting = setting.to_owned();
            adopt(&mut item, &Refusal { setting, current })
        };
        let value = |text: &str| {
            Said::Value(Value {
                text: text.to_owned(),
                kind: None,
            })
        };
        assert!(takes("type", value("fanout")));
        assert!(takes("durable", value("false")));
        assert!(!takes("durable", value("perhaps")));
        assert!(!takes("type", value("x-delayed-message")));
        assert!(!takes("x-unset", Said::Unset));
        assert!(!takes("x-cut-off", Said::Nothing));
    }
}
