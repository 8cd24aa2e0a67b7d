//! The broker, and how much is taken from it at a time.

use std::fmt;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::SettingError;

const URL: &str = "PRESSLATE_AMQP_URL";
const PASSWORD_FILE: &str = "PRESSLATE_AMQP_PASSWORD_FILE";

/// The broker, and how much is taken from it at a time.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Queue")]
pub struct QueueArgs {
    /// Address of the broker; `%2f` is the virtual host `/`
    #[arg(
        long,
        value_name = "URL",
        env = "PRESSLATE_AMQP_URL",
        hide_env_values = true
    )]
    #[arg(default_value = "amqp://guest:guest@127.0.0.1:5672/%2f")]
    pub amqp_url: SecretString,

    /// A file with the broker's password, in place of the one in the address
    #[arg(
        long,
        value_name = "FILE",
        env = "PRESSLATE_AMQP_PASSWORD_FILE",
        hide_env_values = true
    )]
    pub amqp_password_file: Option<PathBuf>,

    /// Jobs come from the queue PREFIX.jobs; answers go to PREFIX.results, and jobs that cannot be
    /// done to PREFIX.dead
    #[arg(
        long,
        value_name = "PREFIX",
        env = "PRESSLATE_QUEUE_PREFIX",
        hide_env_values = true
    )]
    #[arg(default_value = "presslate")]
    pub queue_prefix: String,

    /// Only check that exchanges and queues are there, as an account without the right to configure
    /// must; otherwise they are declared
    #[arg(
        long,
        env = "PRESSLATE_AMQP_NO_DECLARE",
        hide_env_values = true,
        value_parser = clap::builder::FalseyValueParser::new()
    )]
    pub no_declare: bool,

    /// Jobs in work at the same time; they share batches of the models
    #[arg(
        long,
        value_name = "N",
        env = "PRESSLATE_SLOTS",
        hide_env_values = true,
        default_value = "2"
    )]
    pub slots: NonZeroU16,

    /// Jobs taken from the broker ahead of time [default: as many as slots]
    #[arg(
        long,
        value_name = "N",
        env = "PRESSLATE_PREFETCH",
        hide_env_values = true
    )]
    pub prefetch: Option<NonZeroU16>,

    /// Seconds that running jobs are given to finish when the worker is told to stop
    #[arg(
        long,
        value_name = "SECONDS",
        env = "PRESSLATE_GRACE",
        hide_env_values = true,
        default_value = "20"
    )]
    pub grace: u64,
}

/// The broker, and how much is taken from it at a time, checked.
#[derive(Debug, Clone)]
pub struct QueueSettings {
    /// Address of the broker, password included.
    pub url: SecretString,
    /// The same for people: without user and password.
    pub address: Address,
    /// What the names of the queues and exchanges begin with, without a dot at the end.
    pub prefix: String,
    /// Declare exchanges and queues; otherwise only check that they are there.
    pub declare: bool,
    /// Jobs in work at the same time.
    pub slots: u16,
    /// Jobs taken from the broker ahead of time; never fewer than slots.
    pub prefetch: u16,
    /// How long running jobs may go on once the worker is told to stop.
    pub grace: Duration,
}

/// A broker's address without what is secret about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Spoken over TLS?
    pub tls: bool,
    /// Host name or IPv4 address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Virtual host as it stands in the address, encoded.
    pub vhost: String,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "amqps" } else { "amqp" };
        let Self {
            host, port, vhost, ..
        } = self;
        write!(f, "{scheme}://{host}:{port}/{vhost}")
    }
}

impl TryFrom<QueueArgs> for QueueSettings {
    type Error = SettingError;

    fn try_from(args: QueueArgs) -> Result<Self, SettingError> {
        let url = args.amqp_url.expose_secret();
        let parts = Parts::split(url)?;
        let address = parts.address()?;
        let url = match &args.amqp_password_file {
            Some(file) => parts.with_password(&read_password(file)?)?,
            None => url.to_owned(),
        };
        // AMQP names end at 255 bytes, and `amq.` belongs to the broker.
        let prefix = args.queue_prefix;
        if prefix.is_empty()
            || prefix.len() > 200
            || prefix.starts_with("amq.")
            || prefix.ends_with('.')
        {
            return Err(SettingError::new(
                "PRESSLATE_QUEUE_PREFIX",
                "must have 1 to 200 bytes, not begin with \"amq.\" and not end with a dot",
            ));
        }
        let slots = args.slots.get();
        let prefetch = args.prefetch.map_or(slots, NonZeroU16::get);
        if prefetch < slots {
            return Err(SettingError::new(
                "PRESSLATE_PREFETCH",
                format!(
                    "is {prefetch}, so that {slots} slots can never be busy: write at least {slots}, or fewer slots"
                ),
            ));
        }
        Ok(Self {
            url: url.into(),
            address,
            prefix,
            declare: !args.no_declare,
            slots,
            prefetch,
            grace: Duration::from_secs(args.grace),
        })
    }
}

/// The pieces of an AMQP address. Error messages never hold the address: it has a password in it.
struct Parts<'a> {
    tls: bool,
    user: Option<&'a str>,
    host: &'a str,
    /// After the slash, query included. Without a slash the virtual host is `/`; with nothing
    /// after it, the one with the empty name.
    path: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn split(url: &'a str) -> Result<Self, SettingError> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| {
            SettingError::new(
                URL,
                "is no address: write amqp://user:password@host:5672/vhost",
            )
        })?;
        let tls = match scheme {
            "amqp" => false,
            "amqps" => true,
            _ => {
                return Err(SettingError::new(
                    URL,
                    "begins with neither amqp:// nor amqps://",
                ));
            }
        };
        let (authority, path) = rest
            .split_once('/')
            .map_or((rest, None), |(authority, path)| (authority, Some(path)));
        let (user, host) = match authority.rsplit_once('@') {
            Some((userinfo, host)) => (userinfo.split(':').next(), host),
            None => (None, authority),
        };
        Ok(Self {
            tls,
            user,
            host,
            path,
        })
    }

    fn address(&self) -> Result<Address, SettingError> {
        let default_port = if self.tls { 5671 } else { 5672 };
        let wrong_port = || SettingError::new(URL, "has a port that is no number from 1 to 65535");
        // The client's parser drops an IPv6 literal and connects to localhost instead.
        if self.host.starts_with('[') {
            return Err(SettingError::new(
                URL,
                "has an IPv6 literal for a host, which is not understood: use a host name",
            ));
        }
        let (host, port) = self
            .host
            .split_once(':')
            .map_or((self.host, None), |(host, port)| (host, Some(port)));
        if host.is_empty() {
            return Err(SettingError::new(URL, "names no host"));
        }
        let port = match port {
            None => default_port,
            Some(port) => port
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(wrong_port)?,
        };
        let vhost = match self.path {
            Some(path) => path.split('?').next().unwrap_or_default(),
            None => "%2f",
        };
        Ok(Address {
            tls: self.tls,
            host: host.to_owned(),
            port,
            vhost: vhost.to_owned(),
        })
    }

    fn with_password(&self, password: &str) -> Result<String, SettingError> {
        let user = self.user.filter(|user| !user.is_empty()).ok_or_else(|| {
            SettingError::new(
                URL,
                "names no user to go with the password file: write amqp://user@host:5672/%2f",
            )
        })?;
        let scheme = if self.tls { "amqps" } else { "amqp" };
        let mut url = format!(
            "{scheme}://{user}:{}@{}",
            percent_encode(password),
            self.host
        );
        if let Some(path) = self.path {
            url.push('/');
            url.push_str(path);
        }
        Ok(url)
    }
}

fn read_password(file: &Path) -> Result<String, SettingError> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        SettingError::new(PASSWORD_FILE, format!("{}: {error}", file.display()))
    })?;
    let password = text.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        return Err(SettingError::new(
            PASSWORD_FILE,
            format!("{} is empty", file.display()),
        ));
    }
    Ok(password.to_owned())
}

/// Everything but the unreserved characters of RFC 3986.
fn percent_encode(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _infallible = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct OnlyQueue {
        #[command(flatten)]
        queue: QueueArgs,
    }

    fn settings(args: &[&str]) -> Result<QueueSettings, SettingError> {
        OnlyQueue::parse_from(std::iter::once("test").chain(args.iter().copied()))
            .queue
            .try_into()
    }

    #[test]
    fn an_address_is_shown_without_user_and_password() {
        for (url, shown) in [
            (
                "amqp://guest:guest@127.0.0.1:5672/%2f",
                "amqp://127.0.0.1:5672/%2f",
            ),
            ("amqp://ed:a@b:c@broker/news", "amqp://broker:5672/news"),
            ("amqps://broker", "amqps://broker:5671/%2f"),
            ("amqps://broker/", "amqps://broker:5671/"),
            (
                "amqp://ed:pw@10.0.0.7:5673/%2f?heartbeat=10",
                "amqp://10.0.0.7:5673/%2f",
            ),
        ] {
            assert_eq!(
                settings(&["--amqp-url", url]).unwrap().address.to_string(),
                shown
            );
        }
    }

    #[test]
    fn the_password_is_in_no_debug_form_and_no_error() {
        let args = OnlyQueue::parse_from(["test", "--amqp-url", "amqp://ed:geheim@broker"]).queue;
        assert!(!format!("{args:?}").contains("geheim"));
        assert!(!format!("{:?}", QueueSettings::try_from(args).unwrap()).contains("geheim"));
        for url in [
            "http://ed:geheim@broker",
            "ed:geheim@broker",
            "amqp://ed:geheim@broker:x",
            "amqp://ed:geheim@",
        ] {
            let error = settings(&["--amqp-url", url]).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("geheim"), "{error}");
        }
    }

    #[test]
    fn a_password_file_replaces_the_password_and_is_encoded() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("password");
        std::fs::write(&file, "p@ss/wörd\n").unwrap();
        let file = file.to_str().unwrap();
        let url = |base| {
            settings(&["--amqp-url", base, "--amqp-password-file", file]).map(|queue| queue.url)
        };
        assert_eq!(
            url("amqp://ed:old@broker:5672/news")
                .unwrap()
                .expose_secret(),
            "amqp://ed:p%40ss%2Fw%C3%B6rd@broker:5672/news"
        );
        assert_eq!(
            url("amqp://ed@broker/").unwrap().expose_secret(),
            "amqp://ed:p%40ss%2Fw%C3%B6rd@broker/"
        );
        assert_eq!(
            url("amqp://ed@broker").unwrap().expose_secret(),
            "amqp://ed:p%40ss%2Fw%C3%B6rd@broker",
            "a slash would name the virtual host without a name"
        );
        assert!(url("amqp://broker/").is_err());
    }

    #[test]
    fn the_virtual_host_shown_is_the_one_that_the_client_uses() {
        for url in ["amqp://broker", "amqp://broker/", "amqp://broker/news"] {
            let shown = settings(&["--amqp-url", url]).unwrap().address.vhost;
            let used = url.parse::<lapin::uri::AMQPUri>().unwrap().vhost;
            assert_eq!(shown.replace("%2f", "/"), used, "{url}");
        }
    }

    #[test]
    fn an_ipv6_literal_is_refused_rather_than_taken_for_localhost() {
        for url in [
            "amqp://[2001:db8::1]:5672/",
            "amqps://[2001:db8::1]",
            "amqp://ed:geheim@[::1]/",
            "amqps://ed:geheim@[::1",
        ] {
            let error = settings(&["--amqp-url", url]).unwrap_err().to_string();
            assert!(error.contains("IPv6"), "{url}: {error}");
            assert!(!error.contains("geheim"), "{error}");
        }
    }

    #[test]
    fn exchanges_and_queues_are_declared_unless_that_is_turned_off() {
        assert!(settings(&[]).unwrap().declare);
        assert!(!settings(&["--no-declare"]).unwrap().declare);
    }

    #[test]
    fn a_password_file_that_is_missing_or_empty_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("password");
        let arg = file.to_str().unwrap();
        assert_eq!(
            settings(&["--amqp-password-file", arg])
                .unwrap_err()
                .setting,
            PASSWORD_FILE
        );
        std::fs::write(&file, "\n").unwrap();
        assert!(
            settings(&["--amqp-password-file", arg])
                .unwrap_err()
                .message
                .contains("is empty")
        );
    }

    #[test]
    fn fewer_jobs_ahead_than_slots_are_refused() {
        assert_eq!(settings(&["--slots", "4"]).unwrap().prefetch, 4);
        assert_eq!(
            settings(&["--slots", "4", "--prefetch", "3"])
                .unwrap_err()
                .setting,
            "PRESSLATE_PREFETCH"
        );
    }
}
