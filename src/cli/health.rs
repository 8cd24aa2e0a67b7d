//! `presslate health`: the worker of this machine asked in one line, for containers without curl.
//!
//! HTTP by hand, because it runs every few seconds: a client would read the certificates of the
//! machine first, which an image need not have.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::args::HealthArgs;
use super::exit::{Exit, Failure};
use super::output::Output;
use super::text::printable;
use super::top::reasons;
use crate::config::SettingError;

/// Bytes of an answer that are read.
const LONGEST: u64 = 64 << 10;

/// Asks, prints one line, and fails when the answer is not yes.
///
/// # Errors
/// When the address is none, or stdout cannot be written.
pub(super) fn run(args: &HealthArgs) -> Result<Exit, Failure> {
    let address = address(&args.admin).map_err(Failure::usage)?;
    let path = if args.ready { "/ready" } else { "/live" };
    let (yes, no) = if args.ready {
        ("ready", "not ready")
    } else {
        ("live", "not live")
    };
    let (line, exit) = match ask(&address, path, Duration::from_secs(args.timeout)) {
        Ok(Answer {
            status: 200..=299, ..
        }) => (format!("{yes}: {address}"), Exit::Done),
        Ok(answer) => (format!("{no}: {address}: {answer}"), Exit::Failed),
        Err(error) => (format!("{no}: {address}: {error}"), Exit::Failed),
    };
    Output::open(None)?.write(&format!("{}\n", printable(&line).replace('\n', " ")))?;
    Ok(exit)
}

#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    body: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match reasons(&self.body).filter(|reasons| !reasons.is_empty()) {
            Some(reasons) => f.write_str(&reasons.join("; ")),
            None => write!(f, "status {}", self.status),
        }
    }
}

/// The address to ask where a worker was told to listen on `admin`.
fn address(admin: &str) -> Result<String, SettingError> {
    let wrong = || SettingError {
        setting: "PRESSLATE_ADMIN",
        message: "names no address and port: write 127.0.0.1:9464".to_owned(),
    };
    let Ok(address) = admin.parse::<SocketAddr>() else {
        // A name, then; whether it is known will be seen.
        let (host, port) = admin.rsplit_once(':').ok_or_else(wrong)?;
        let named = !host.is_empty() && !host.contains(['/', ':', '[', '@', ' ']);
        if !named || port.parse::<u16>().map_or(true, |port| port == 0) {
            return Err(wrong());
        }
        return Ok(admin.to_owned());
    };
    if address.port() == 0 {
        return Err(wrong());
    }
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    Ok(SocketAddr::new(ip, address.port()).to_string())
}

fn ask(address: &str, path: &str, patience: Duration) -> io::Result<Answer> {
    let end = Instant::now() + patience;
    let left = || {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"));
        }
        Ok(left)
    };
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name stands for no address");
    for address in address.to_socket_addrs()? {
        let mut stream = match TcpStream::connect_timeout(&address, left()?) {
            Ok(stream) => stream,
            Err(error) => {
                failed = error;
                continue;
            }
        };
        stream.set_read_timeout(Some(left()?))?;
        stream.set_write_timeout(Some(left()?))?;
        write!(
            stream,
            "GET {path} HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = Vec::new();
        match stream.take(LONGEST).read_to_end(&mut answer) {
            Err(error) if is_timeout(&error) => {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"));
            }
            read => read?,
        };
        return parse(&String::from_utf8_lossy(&answer))
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the answer is not HTTP"));
    }
    Err(failed)
}

/// A socket says one or the other, by the system.
fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

fn parse(answer: &str) -> Option<Answer> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?;
    Some(Answer {
        status: status.parse().ok()?,
        body: body.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with `answer`, and gives what was asked.
    fn serving(answer: &'static str) -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = Vec::new();
            let mut piece = [0; 512];
            while !asked.ends_with(b"\r\n\r\n") {
                let read = stream.read(&mut piece).unwrap();
                asked.extend_from_slice(&piece[..read]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(asked).unwrap()
        });
        (address, server)
    }

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn a_worker_that_says_yes_is_believed() {
        let (address, server) = serving("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nlive");
        assert_eq!(ask(&address, "/live", PATIENCE).unwrap().status, 200);
        assert!(server.join().unwrap().starts_with("GET /live HTTP/1.0\r\n"));
    }

    #[test]
    fn a_worker_that_is_not_ready_says_why() {
        let (address, server) = serving(
            "HTTP/1.1 503 Service Unavailable\r\n\r\n{\"ready\":false,\"reasons\":[\"the broker is down\"]}",
        );
        let answer = ask(&address, "/ready", PATIENCE).unwrap();
        assert_eq!(
            (answer.status, answer.to_string().as_str()),
            (503, "the broker is down")
        );
        server.join().unwrap();
    }

    #[test]
    fn what_is_no_http_is_no_answer() {
        let (address, server) = serving("SSH-2.0-x\r\n\r\n");
        let error = ask(&address, "/live", PATIENCE).unwrap_err();
        assert_eq!(error.to_string(), "the answer is not HTTP");
        server.join().unwrap();
    }

    #[test]
    fn one_that_takes_the_connection_and_says_nothing_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let error = ask(&address, "/live", Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.to_string(), "no answer in time");
    }

    #[test]
    fn a_port_that_nobody_listens_on_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let error = ask(&address, "/live", PATIENCE).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }

    #[test]
    fn every_address_is_asked_as_the_loopback() {
        for (admin, asked) in [
            ("0.0.0.0:9464", "127.0.0.1:9464"),
            ("[::]:9464", "[::1]:9464"),
            ("10.1.2.3:80", "10.1.2.3:80"),
            ("localhost:9464", "localhost:9464"),
        ] {
            assert_eq!(address(admin).unwrap(), asked);
        }
        for wrong in [
            "",
            "9464",
            ":9464",
            "127.0.0.1",
            "127.0.0.1:0",
            "x:y",
            "http://x:1",
            "::1:9464x",
        ] {
            let error = address(wrong).unwrap_err();
            assert_eq!(error.setting, "PRESSLATE_ADMIN", "{wrong}");
        }
    }
}
