//! RabbitMQ over AMQP 0-9-1.
//!
//! A session is two connections with a channel each, built by one function: one connection
//! consumes and one publishes, because a broker short of memory or disk stops reading from
//! publishers, and acknowledgements must not wait behind that. A session is never repaired: any
//! error ends it, and a supervisor builds the next one. What was delivered on an old
//! session cannot be settled any more and comes again.
//!
//! The library's own recovery stays off: it does not cover channel errors, its stream is silent
//! when it has given up, and two ways of recovering are harder to test than one.

pub mod admin;
mod connect;
mod declare;
mod hand;
mod link;
mod probe;
mod properties;
mod reason;
mod session;
mod sink;
mod source;
mod tap;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use lapin::types::ShortString;
use lapin::uri::{AMQPScheme, AMQPUri, SASLMechanism};
use secrecy::{ExposeSecret, SecretString};

pub use connect::{ClientFiles, Files};
pub use link::{Link, LinkState, LinkView};
pub use probe::Broker;
pub use sink::AmqpSink;
pub use source::{AmqpSettler, AmqpSource, AmqpToken};

use super::QueueError;
use super::topology::Names;
use crate::telemetry::events;

/// How to reach the broker and what to use there.
#[derive(Clone)]
pub struct Config {
    /// `amqp://user:password@host:port/vhost`. The host is no IPv6 literal, which the parser drops
    /// for localhost: [`crate::config::QueueSettings`] refuses one.
    pub url: SecretString,
    /// What goes with the address and is in files.
    pub files: Files,
    /// Exchanges and queues.
    pub names: Names,
    /// Declare exchanges and queues at start; otherwise only check that they are there, which is
    /// all that an account without the right to configure can do.
    pub declare: bool,
    /// Deliveries that the broker sends ahead of their acknowledgements: as many as the worker
    /// has slots. More would charge a crash to jobs that had not begun.
    pub prefetch: u16,
    /// For the lane whose turn it is to give the next delivery after one of its was settled, before
    /// another lane is served instead: some round trips. With a prefetch of the slots that are in
    /// use, a lane has nothing more to give until then.
    pub turn_wait: Duration,
    /// Heartbeat, in whole seconds; the `heartbeat` of the URL goes before it.
    pub heartbeat: Duration,
    /// For one connection to be ready.
    pub connect_timeout: Duration,
    /// For the broker to answer one request (declare, consume, acknowledge).
    pub request_timeout: Duration,
    /// For the broker to confirm one message. Does not run while the broker says that it is
    /// blocked.
    pub confirm_timeout: Duration,
    /// First pause before a session is built again.
    pub min_backoff: Duration,
    /// Longest pause before a session is built again.
    pub max_backoff: Duration,
}

impl Config {
    /// Where a broker listens if nobody says otherwise.
    pub const DEFAULT_URL: &str = "amqp://guest:guest@127.0.0.1:5672/%2f";

    /// The defaults, for one broker address.
    pub fn new(url: impl Into<SecretString>) -> Self {
        Self {
            url: url.into(),
            files: Files::default(),
            names: Names::default(),
            declare: true,
            prefetch: 1,
            turn_wait: Duration::from_millis(100),
            heartbeat: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(10),
            confirm_timeout: Duration::from_secs(30),
            min_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(2),
        }
    }
}

/// Without the password.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = Address::parse(self)
            .map_or_else(|_| "(not an AMQP address)".to_owned(), |a| a.to_string());
        f.debug_struct("Config")
            .field("url", &address)
            .field("files", &self.files)
            .field("names", &self.names)
            .field("declare", &self.declare)
            .field("prefetch", &self.prefetch)
            .field("turn_wait", &self.turn_wait)
            .field("heartbeat", &self.heartbeat)
            .field("connect_timeout", &self.connect_timeout)
            .field("request_timeout", &self.request_timeout)
            .field("confirm_timeout", &self.confirm_timeout)
            .field("min_backoff", &self.min_backoff)
            .field("max_backoff", &self.max_backoff)
            .finish()
    }
}

/// Opens a link to the broker: the two ends for a worker, and the handle that keeps them alive.
/// Returns at once; connecting, and connecting again, happens in a task of the link. To be called
/// inside a tokio runtime with time and I/O.
///
/// # Errors
/// When the settings cannot be meant: an address that is none, a name that is too long.
pub fn open(config: Config) -> Result<(AmqpSource, AmqpSink, Link), QueueError> {
    let address = Address::parse(&config)?;
    if address.is_in_clear() {
        events::BrokerInClear {
            broker: &address.to_string(),
        }
        .emit();
    }
    // The longest of the names.
    short(&format!("{}.30s", config.names.retry))?;
    short(&config.names.results)?;
    short(&config.names.urgent)?;
    Ok(link::start(config, address))
}

/// Where the broker is, and how to log in; prints without the password.
#[derive(Clone)]
struct Address {
    uri: AMQPUri,
    files: Files,
}

impl Address {
    fn parse(config: &Config) -> Result<Self, QueueError> {
        // What the parser says may hold the whole address, and with it the password.
        let not_an_address = || {
            QueueError::Refused(
                "the broker's address (PRESSLATE_AMQP_URL) is not an AMQP address: write \
                 amqp://user:password@host:5672/vhost, with %2f for the default virtual host, and \
                 special characters in the password percent-encoded"
                    .to_owned(),
            )
        };
        let url = config.url.expose_secret();
        let mut uri = AMQPUri::from_str(url).map_err(|_| not_an_address())?;
        short(&uri.vhost)?;
        if uri.query.heartbeat.is_none() {
            uri.query.heartbeat = Some(
                u16::try_from(config.heartbeat.as_secs())
                    .unwrap_or(u16::MAX)
                    .max(1),
            );
        }
        // The parser puts "guest" where nobody is named.
        if config.files.client.is_some() && !names_a_user(url) {
            uri.query.auth_mechanism = Some(SASLMechanism::External);
        }
        Ok(Self {
            uri,
            files: config.files.clone(),
        })
    }

    fn host(&self) -> String {
        format!("{}:{}", self.uri.authority.host, self.uri.authority.port)
    }

    /// Whether the login is the client certificate.
    fn is_external(&self) -> bool {
        self.uri.query.auth_mechanism == Some(SASLMechanism::External)
    }

    fn user(&self) -> &str {
        if self.is_external() {
            "(client certificate)"
        } else {
            &self.uri.authority.userinfo.username
        }
    }

    fn vhost(&self) -> &str {
        &self.uri.vhost
    }

    /// Whether the password, and every article, can be read on the way.
    fn is_in_clear(&self) -> bool {
        let host = self.uri.authority.host.as_str();
        let here = host == "localhost"
            || host
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        self.uri.scheme == AMQPScheme::AMQP && !here
    }
}

fn names_a_user(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority
        .rsplit_once('@')
        .is_some_and(|(user, _)| !user.is_empty() && !user.starts_with(':'))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}://{}@{}/{}",
            self.uri.scheme,
            self.user(),
            self.host(),
            self.vhost()
        )
    }
}

/// A name for the wire. The library's own conversion panics on what is too long.
fn short(name: &str) -> Result<ShortString, QueueError> {
    ShortString::try_new(name).map_err(|_| {
        QueueError::Refused(format!(
            "a name for the broker has {} bytes; at most 255 are possible: {name:.40}…",
            name.len()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_in_no_debug_output() {
        let config = Config::new("amqp://desk:hunter2@broker.example:5673/news");
        let shown = format!("{config:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(
            shown.contains("amqp://desk@broker.example:5673/news"),
            "{shown}"
        );
    }

    #[test]
    fn an_address_that_is_none_is_refused_without_repeating_it() {
        for url in [
            "",
            "broker:5672",
            "mailto:hunter2@x",
            "http://desk:hunter2@broker/",
            "amqp://desk:hunter2@broker:port/",
        ] {
            let error = open(Config::new(url))
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            assert!(
                error.contains("amqp://user:password@host:5672/vhost"),
                "{url}: {error}"
            );
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_name_over_255_bytes_is_refused_and_does_not_panic() {
        let mut config = Config::new(Config::DEFAULT_URL);
        config.names.results = "r".repeat(256);
        assert!(
            open(config)
                .err()
                .is_some_and(|error| error.to_string().contains("256 bytes"))
        );
    }

    #[test]
    fn the_heartbeat_of_the_url_goes_before_the_setting() {
        let heartbeat = |url: &str| {
            Address::parse(&Config::new(url))
                .unwrap()
                .uri
                .query
                .heartbeat
        };
        assert_eq!(heartbeat("amqp://h/"), Some(20));
        assert_eq!(heartbeat("amqp://h/?heartbeat=7"), Some(7));
    }

    #[test]
    fn the_client_certificate_is_the_login_where_the_address_names_no_user() {
        let external = |url: &str, client: bool| {
            let mut config = Config::new(url);
            config.files.client = client.then(|| ClientFiles {
                certificate: "c.pem".into(),
                key: "k.pem".into(),
            });
            Address::parse(&config).unwrap().is_external()
        };
        assert!(external("amqps://broker/news", true));
        assert!(external("amqps://ed@broker?auth_mechanism=external", true));
        assert!(!external("amqps://ed:pw@broker/news", true));
        assert!(!external("amqps://broker/news", false));
    }

    #[test]
    fn only_another_machine_without_tls_is_in_clear() {
        for (url, in_clear) in [
            ("amqp://broker/", true),
            ("amqp://10.0.0.7/", true),
            ("amqps://broker/", false),
            ("amqp://localhost/", false),
            ("amqp://127.0.0.1/", false),
        ] {
            let address = Address::parse(&Config::new(url)).unwrap();
            assert_eq!(address.is_in_clear(), in_clear, "{url}");
        }
    }
}
