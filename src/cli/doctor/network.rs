//! Checks of what is reached over the network: the hub, the package index, the broker.

use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Check;
use crate::config::{Address, HubSettings};
use crate::model::weights::without_login;

/// How long anything may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Checks everything at the same time.
pub(super) async fn checks(
    settings: &HubSettings,
    proxy: Option<&str>,
    address: &Address,
) -> [Check; 3] {
    let (hub, pip, broker) = tokio::join!(hub(settings, proxy), pip(), broker(address));
    [hub, pip, broker]
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

async fn broker(address: &Address) -> Check {
    const ADVICE: &str = "needed for `work` alone: start RabbitMQ, or set PRESSLATE_AMQP_URL";
    let stream = match connect(&address.host, address.port).await {
        Ok(stream) => stream,
        Err(why) => return Check::warning("broker", format!("{address}: {why}"), ADVICE),
    };
    if address.tls {
        return Check::ok(
            "broker",
            format!("{address}: the port answers (TLS and login are tried by `work`)"),
        );
    }
    match timeout(PATIENCE, speaks_amqp(stream)).await {
        Ok(Ok(true)) => Check::ok(
            "broker",
            format!("{address}: speaks AMQP 0-9-1 (the login is tried by `work`)"),
        ),
        _ => Check::problem(
            "broker",
            format!("{address}: something answers, and it is no AMQP broker"),
            "look at PRESSLATE_AMQP_URL",
        ),
    }
}

/// Sends the protocol header; a broker answers with a method frame on channel 0.
async fn speaks_amqp(mut stream: TcpStream) -> std::io::Result<bool> {
    stream.write_all(b"AMQP\x00\x00\x09\x01").await?;
    let mut start = [0; 3];
    stream.read_exact(&mut start).await?;
    Ok(start == [1, 0, 0])
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

    /// Listens, answers one connection with `reply`, and gives the address.
    async fn stand_in(reply: &'static [u8]) -> (Address, tokio::task::JoinSet<()>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut header = [0; 8];
            stream.read_exact(&mut header).await.unwrap();
            stream.write_all(reply).await.unwrap();
        });
        (
            Address {
                tls: false,
                host: "127.0.0.1".to_owned(),
                port,
                vhost: "%2f".to_owned(),
            },
            tasks,
        )
    }

    #[tokio::test]
    async fn the_login_of_a_mirror_is_not_shown() {
        let (address, _tasks) = stand_in(b"").await;
        let settings = HubSettings {
            endpoint: format!("http://ed:geheim@127.0.0.1:{}", address.port),
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
    async fn a_broker_is_known_by_its_first_frame() {
        let (address, _tasks) = stand_in(&[1, 0, 0, 0, 0]).await;
        assert_eq!(broker(&address).await.level, Level::Ok);
        let (address, _tasks) = stand_in(b"HTTP/1.1 400 Bad Request\r\n").await;
        assert_eq!(broker(&address).await.level, Level::Problem);
    }

    #[tokio::test]
    async fn a_broker_that_is_not_there_is_a_warning_with_advice() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let check = broker(&Address {
            tls: false,
            host: "127.0.0.1".to_owned(),
            port,
            vhost: String::new(),
        })
        .await;
        assert_eq!(check.level, Level::Warning);
        assert!(check.advice.unwrap().contains("PRESSLATE_AMQP_URL"));
    }
}
