//! Where to look, how often, and at what: flags, checked.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use crate::cli::args::{TopArgs, TopFormat};
use crate::config::SettingError;
use crate::queue::topology::Names;

/// What the flags of `top` say.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) workers: Vec<Target>,
    pub(super) management: Option<Management>,
    pub(super) names: Names,
    pub(super) interval: Duration,
    /// What rates are taken over; `None` when the user has not said.
    pub(super) window: Option<Duration>,
    pub(super) once: bool,
    pub(super) format: TopFormat,
}

/// One worker, or all behind a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    One(Endpoint),
    Every { host: String, port: u16 },
}

/// Something that answers over HTTP.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// With its login, which reqwest takes out and sends as it has to be sent.
    base: Url,
}

/// The broker's management API.
#[derive(Debug, Clone)]
pub(super) struct Management {
    pub(super) endpoint: Endpoint,
    /// Has the password, where it is not in the address.
    pub(super) password_file: Option<PathBuf>,
    pub(super) vhost: String,
}

const WORKER: &str = "--worker";
const MANAGEMENT: &str = "PRESSLATE_MANAGEMENT";
const PASSWORD_FILE: &str = "PRESSLATE_MANAGEMENT_PASSWORD_FILE";

/// A login is not shown.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Endpoint {
    /// Reads an address; `example` is what a right one looks like. No message holds the address: it
    /// may have a password in it.
    fn parse(setting: &'static str, address: &str, example: &str) -> Result<Self, SettingError> {
        let wrong = |what: &str| SettingError {
            setting,
            message: format!("{what}: write {example}"),
        };
        let full = if address.contains("://") {
            address.to_owned()
        } else {
            format!("http://{address}")
        };
        let base = Url::parse(&full).map_err(|error| wrong(&format!("is no address ({error})")))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(wrong("begins with neither http:// nor https://"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(wrong("has a `?` or `#` in it"));
        }
        if base.cannot_be_a_base() || !base.has_host() {
            return Err(wrong("names no host"));
        }
        Ok(Self { base })
    }

    /// A worker at an address of a name.
    pub(super) fn at(address: std::net::SocketAddr) -> Option<Self> {
        Self::parse(WORKER, &address.to_string(), "").ok()
    }

    /// The address of something that it serves, by the segments of its path.
    pub(super) fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        // Fails only for addresses that have no path, and those were refused.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// What it is called on the screen.
    pub(super) fn shown(&self) -> String {
        let mut shown = self.base.clone();
        // Neither fails for an address with a host.
        let _user = shown.set_username("");
        let _password = shown.set_password(None);
        let shown = shown.as_str().trim_end_matches('/');
        shown.strip_prefix("http://").unwrap_or(shown).to_owned()
    }

    /// With another password.
    fn with_password(mut self, password: &str) -> Self {
        // What is special in an address gets encoded, but for the sign that begins what is encoded.
        let _set = self.base.set_password(Some(&password.replace('%', "%25")));
        self
    }
}

impl Management {
    /// The endpoint with the password as it is now.
    ///
    /// # Errors
    /// Why the file cannot be read.
    pub(super) fn current(&self) -> Result<Endpoint, String> {
        let Some(file) = &self.password_file else {
            return Ok(self.endpoint.clone());
        };
        let password = std::fs::read_to_string(file)
            .map_err(|error| format!("{PASSWORD_FILE}: {}: {error}", file.display()))?;
        Ok(self
            .endpoint
            .clone()
            .with_password(password.trim_end_matches(['\r', '\n'])))
    }
}

impl TryFrom<TopArgs> for Settings {
    type Error = SettingError;

    fn try_from(args: TopArgs) -> Result<Self, SettingError> {
        let workers = args
            .workers
            .iter()
            .map(|text| text.trim())
            .filter(|text| !text.is_empty())
            .map(target)
            .collect::<Result<Vec<_>, _>>()?;
        if workers.is_empty() {
            return Err(SettingError {
                setting: WORKER,
                message: "names none: write http://127.0.0.1:9464".to_owned(),
            });
        }
        Ok(Self {
            workers,
            management: management(
                args.management.as_ref(),
                args.management_password_file,
                args.vhost,
            )?,
            names: Names::prefixed(&args.queue_prefix),
            interval: Duration::from_secs(args.interval),
            window: args.window.map(Duration::from_secs),
            once: args.once,
            format: args.format,
        })
    }
}

fn target(text: &str) -> Result<Target, SettingError> {
    let Some(name) = text.strip_prefix("dns:") else {
        return Endpoint::parse(WORKER, text, "http://127.0.0.1:9464").map(Target::One);
    };
    name.rsplit_once(':')
        .filter(|(host, _)| !host.is_empty())
        .and_then(|(host, port)| {
            Some(Target::Every {
                host: host.to_owned(),
                port: port.parse().ok()?,
            })
        })
        .ok_or_else(|| SettingError {
            setting: WORKER,
            message: format!(
                "{text:?} has no name and port after `dns:`: write dns:presslate:9464"
            ),
        })
}

fn management(
    address: Option<&SecretString>,
    password_file: Option<PathBuf>,
    vhost: String,
) -> Result<Option<Management>, SettingError> {
    const EXAMPLE: &str = "http://watcher@broker:15672";
    let Some(address) = address.filter(|address| !address.expose_secret().is_empty()) else {
        return Ok(None);
    };
    let endpoint = Endpoint::parse(MANAGEMENT, address.expose_secret(), EXAMPLE)?;
    if endpoint.base.username().is_empty() {
        return Err(SettingError {
            setting: MANAGEMENT,
            message: format!("names no user: write {EXAMPLE}"),
        });
    }
    let management = Management {
        endpoint,
        password_file,
        vhost,
    };
    // A file that cannot be read is said now; later it is a line on the screen.
    management.current().map_err(|message| SettingError {
        setting: PASSWORD_FILE,
        message: message
            .trim_start_matches(PASSWORD_FILE)
            .trim_start_matches(": ")
            .to_owned(),
    })?;
    Ok(Some(management))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct OnlyTop {
        #[command(flatten)]
        top: TopArgs,
    }

    fn settings(args: &[&str]) -> Result<Settings, SettingError> {
        OnlyTop::parse_from(std::iter::once("test").chain(args.iter().copied()))
            .top
            .try_into()
    }

    fn shown(settings: &Settings) -> Vec<String> {
        let shown = |target: &Target| match target {
            Target::One(endpoint) => endpoint.shown(),
            Target::Every { host, port } => format!("all of {host} at {port}"),
        };
        settings.workers.iter().map(shown).collect()
    }

    #[test]
    fn workers_are_repeated_or_separated_by_commas_with_or_without_a_scheme() {
        let settings = settings(&[
            "--worker",
            "10.0.0.1:9464,http://w2:9464/",
            "--worker",
            "dns:presslate:9464",
            "--worker",
            "https://w3/behind/a/proxy",
        ])
        .unwrap();
        assert_eq!(
            shown(&settings),
            [
                "10.0.0.1:9464",
                "w2:9464",
                "all of presslate at 9464",
                "https://w3/behind/a/proxy"
            ]
        );
        let Some(Target::One(proxied)) = settings.workers.last() else {
            panic!("{settings:?}")
        };
        assert_eq!(
            proxied.url(&["metrics"]).as_str(),
            "https://w3/behind/a/proxy/metrics"
        );
    }

    #[test]
    fn without_flags_the_worker_of_this_machine_is_looked_at_and_no_broker() {
        let settings = settings(&[]).unwrap();
        assert_eq!(shown(&settings), ["127.0.0.1:9464"]);
        assert!(settings.management.is_none());
        assert_eq!(settings.names, Names::default());
    }

    #[test]
    fn an_address_that_is_none_is_refused_and_never_repeated() {
        for (args, says) in [
            (["--worker", "ftp://geheim@x:1"], "neither http"),
            (["--worker", "http://geheim@x:99999"], "is no address"),
            (["--worker", "dns:presslate"], "dns:presslate:9464"),
            (["--worker", ","], "names none"),
            (["--management", "http://x:15672"], "names no user"),
            (["--management", "http://u:geheim@x:1?y"], "`?`"),
        ] {
            let error = settings(&args).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("geheim"), "{error}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let settings = settings(&["--management", "http://watch%40er:ge%2Fheim@b:15672"]).unwrap();
        assert!(!format!("{settings:?}").contains("heim"), "{settings:?}");
        assert_eq!(settings.management.unwrap().endpoint.shown(), "b:15672");
    }

    #[test]
    fn the_password_of_a_file_is_read_again_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("password");
        std::fs::write(&file, "first\n").unwrap();
        let args = ["--management", "http://watcher:old@b:15672"];
        let path = file.to_str().unwrap();
        let settings =
            settings(&[args.as_slice(), &["--management-password-file", path]].concat()).unwrap();
        let management = settings.management.unwrap();
        let password = || {
            management
                .current()
                .unwrap()
                .base
                .password()
                .unwrap()
                .to_owned()
        };
        assert_eq!(password(), "first");
        std::fs::write(&file, "@/%2F").unwrap();
        assert_eq!(password(), "%40%2F%252F");
    }

    #[test]
    fn a_password_file_that_is_missing_is_said_before_the_screen_is_drawn() {
        let error = settings(&[
            "--management",
            "http://watcher@b:15672",
            "--management-password-file",
            "/nonexistent/password",
        ])
        .unwrap_err();
        assert_eq!(error.setting, PASSWORD_FILE);
        assert!(
            error.message.starts_with("/nonexistent/password: "),
            "{error}"
        );
    }

    #[test]
    fn a_virtual_host_is_one_segment_of_a_path() {
        let endpoint = Endpoint::parse("x", "http://b:15672/rabbit/", "").unwrap();
        assert_eq!(
            endpoint.url(&["api", "queues", "/"]).as_str(),
            "http://b:15672/rabbit/api/queues/%2F"
        );
    }
}
