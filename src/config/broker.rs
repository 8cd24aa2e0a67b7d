//! The broker: where it is, and what it takes to get in.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::SettingError;

const URL: &str = "PRESSLATE_AMQP_URL";
const PASSWORD_FILE: &str = "PRESSLATE_AMQP_PASSWORD_FILE";
const CA_FILE: &str = "PRESSLATE_AMQP_CA_FILE";
const CERT_FILE: &str = "PRESSLATE_AMQP_CERT_FILE";
const KEY_FILE: &str = "PRESSLATE_AMQP_KEY_FILE";

/// The broker, as it may be written.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Broker")]
pub struct BrokerArgs {
    /// Address of the broker; `amqps://` for TLS; `%2f` is the virtual host `/`
    #[arg(
        long,
        value_name = "URL",
        env = "PRESSLATE_AMQP_URL",
        hide_env_values = true
    )]
    #[arg(default_value = "amqp://guest:guest@127.0.0.1:5672/%2f")]
    pub amqp_url: SecretString,

    /// A file with the broker's password, in place of the one in the address. It and the files
    /// below are read at every connect, so that they can be replaced while a worker runs
    #[arg(
        long,
        value_name = "FILE",
        env = "PRESSLATE_AMQP_PASSWORD_FILE",
        hide_env_values = true
    )]
    pub amqp_password_file: Option<PathBuf>,

    /// Certificates (PEM) of the authorities that may sign the broker's [default: those that this
    /// machine knows]
    #[arg(
        long,
        value_name = "FILE",
        env = "PRESSLATE_AMQP_CA_FILE",
        hide_env_values = true
    )]
    pub amqp_ca_file: Option<PathBuf>,

    /// A certificate (PEM) to show to the broker. It is the login too where the address names no
    /// user (SASL EXTERNAL)
    #[arg(
        long,
        value_name = "FILE",
        env = "PRESSLATE_AMQP_CERT_FILE",
        hide_env_values = true
    )]
    pub amqp_cert_file: Option<PathBuf>,

    /// The private key of that certificate (PEM, without a passphrase)
    #[arg(
        long,
        value_name = "FILE",
        env = "PRESSLATE_AMQP_KEY_FILE",
        hide_env_values = true
    )]
    pub amqp_key_file: Option<PathBuf>,

    /// What the names of the exchanges and queues begin with: jobs come from PREFIX.jobs, answers go
    /// to PREFIX.results, and jobs that cannot be done to PREFIX.dead
    #[arg(
        long,
        value_name = "PREFIX",
        env = "PRESSLATE_QUEUE_PREFIX",
        hide_env_values = true
    )]
    #[arg(default_value = "presslate")]
    pub queue_prefix: String,
}

/// The broker, checked.
#[derive(Debug, Clone)]
pub struct BrokerSettings {
    /// Address of the broker, with what password it has in it.
    pub url: SecretString,
    /// The same for people: without user and password.
    pub address: Address,
    /// Has the password, where it is not in the address.
    pub password_file: Option<PathBuf>,
    /// Has the authorities for the broker's certificate.
    pub ca_file: Option<PathBuf>,
    /// Have a client certificate and its key.
    pub client_files: Option<(PathBuf, PathBuf)>,
    /// What the names of the queues and exchanges begin with, without a dot at the end.
    pub prefix: String,
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

impl TryFrom<BrokerArgs> for BrokerSettings {
    type Error = SettingError;

    fn try_from(args: BrokerArgs) -> Result<Self, SettingError> {
        let parts = Parts::split(args.amqp_url.expose_secret())?;
        let address = parts.address()?;
        let tls_files = [
            (CA_FILE, &args.amqp_ca_file),
            (CERT_FILE, &args.amqp_cert_file),
            (KEY_FILE, &args.amqp_key_file),
        ];
        for (setting, file) in tls_files {
            let Some(file) = file else { continue };
            if !address.tls {
                return Err(SettingError::new(
                    setting,
                    format!(
                        "is for TLS, and {URL} says amqp://: write amqps:// there, or leave this out"
                    ),
                ));
            }
            read(setting, file)?;
        }
        let client_files = match (args.amqp_cert_file, args.amqp_key_file) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) => {
                return Err(SettingError::new(
                    KEY_FILE,
                    format!(
                        "is missing: the certificate in {CERT_FILE} is of no use without its key"
                    ),
                ));
            }
            (None, Some(_)) => {
                return Err(SettingError::new(
                    CERT_FILE,
                    format!(
                        "is missing: the key in {KEY_FILE} is of no use without its certificate"
                    ),
                ));
            }
        };
        if parts.is_external() && client_files.is_none() {
            return Err(SettingError::new(
                URL,
                format!(
                    "asks for a login by certificate: name one with {CERT_FILE} and {KEY_FILE}"
                ),
            ));
        }
        if let Some(file) = &args.amqp_password_file {
            if parts.user.is_none_or(str::is_empty) {
                return Err(SettingError::new(
                    URL,
                    "names no user to go with the password file: write amqp://user@host:5672/%2f",
                ));
            }
            if read(PASSWORD_FILE, file)?.trim_ascii_end().is_empty() {
                return Err(SettingError::new(
                    PASSWORD_FILE,
                    format!("{} is empty", file.display()),
                ));
            }
        }
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
        Ok(Self {
            url: args.amqp_url,
            address,
            password_file: args.amqp_password_file,
            ca_file: args.amqp_ca_file,
            client_files,
            prefix,
        })
    }
}

fn read(setting: &'static str, file: &Path) -> Result<Vec<u8>, SettingError> {
    std::fs::read(file)
        .map_err(|error| SettingError::new(setting, format!("{}: {error}", file.display())))
}

/// The pieces of an AMQP address. Error messages never hold the address: it has a password in it.
struct Parts<'a> {
    tls: bool,
    user: Option<&'a str>,
    host: &'a str,
    /// After the slash. Without a slash the virtual host is `/`; with nothing after it, the one with
    /// the empty name.
    vhost: Option<&'a str>,
    query: Option<&'a str>,
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
        let (rest, query) = rest
            .split_once('?')
            .map_or((rest, None), |(rest, query)| (rest, Some(query)));
        let (authority, vhost) = rest
            .split_once('/')
            .map_or((rest, None), |(authority, vhost)| (authority, Some(vhost)));
        let (user, host) = match authority.rsplit_once('@') {
            Some((userinfo, host)) => (userinfo.split(':').next(), host),
            None => (None, authority),
        };
        Ok(Self {
            tls,
            user,
            host,
            vhost,
            query,
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
        Ok(Address {
            tls: self.tls,
            host: host.to_owned(),
            port,
            vhost: self.vhost.unwrap_or("%2f").to_owned(),
        })
    }

    /// Whether the address asks for SASL EXTERNAL.
    fn is_external(&self) -> bool {
        self.query.is_some_and(|query| {
            query
                .split('&')
                .any(|pair| pair.eq_ignore_ascii_case("auth_mechanism=external"))
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use std::fs;

    use super::*;

    #[derive(Parser)]
    struct OnlyBroker {
        #[command(flatten)]
        broker: BrokerArgs,
    }

    fn settings(args: &[&str]) -> Result<BrokerSettings, SettingError> {
        OnlyBroker::parse_from(std::iter::once("test").chain(args.iter().copied()))
            .broker
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
            ("amqps://broker?heartbeat=10", "amqps://broker:5671/%2f"),
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
        let args = OnlyBroker::parse_from(["test", "--amqp-url", "amqp://ed:geheim@broker"]).broker;
        assert!(!format!("{args:?}").contains("geheim"));
        assert!(!format!("{:?}", BrokerSettings::try_from(args).unwrap()).contains("geheim"));
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
    fn a_password_file_needs_a_user_in_the_address() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("password");
        fs::write(&file, "pw\n").unwrap();
        let file = file.to_str().unwrap();
        let with = |url| settings(&["--amqp-url", url, "--amqp-password-file", file]);
        assert!(with("amqp://ed@broker/").is_ok());
        assert!(with("amqp://ed:old@broker").is_ok());
        assert_eq!(with("amqp://broker/").unwrap_err().setting, URL);
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
        fs::write(&file, "\n").unwrap();
        assert!(
            settings(&["--amqp-password-file", arg])
                .unwrap_err()
                .message
                .contains("is empty")
        );
    }

    #[test]
    fn files_for_tls_are_refused_with_an_address_in_clear_and_when_they_are_missing() {
        let dir = tempfile::tempdir().unwrap();
        let (ca, absent) = (dir.path().join("ca.pem"), dir.path().join("absent"));
        fs::write(&ca, "x").unwrap();
        let (ca, absent) = (ca.to_str().unwrap(), absent.to_str().unwrap());
        let tls = "amqps://ed:pw@broker";
        for (args, setting) in [
            (vec!["--amqp-ca-file", ca], CA_FILE),
            (vec!["--amqp-url", tls, "--amqp-ca-file", absent], CA_FILE),
            (vec!["--amqp-url", tls, "--amqp-cert-file", ca], KEY_FILE),
            (vec!["--amqp-url", tls, "--amqp-key-file", ca], CERT_FILE),
            (
                vec!["--amqp-url", "amqps://broker?auth_mechanism=external"],
                URL,
            ),
        ] {
            assert_eq!(settings(&args).unwrap_err().setting, setting, "{args:?}");
        }
        let both = ["--amqp-cert-file", ca, "--amqp-key-file", ca];
        let args = [&["--amqp-url", tls, "--amqp-ca-file", ca], &both[..]].concat();
        assert!(settings(&args).is_ok());
    }
}
