//! Something that answers over HTTP where a worker or a broker would.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// What was asked, with names of headers in lower case.
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) head: String,
}

/// Answers on a port of its own until it is dropped.
pub(crate) struct StandIn {
    pub(crate) address: SocketAddr,
    gone: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl StandIn {
    /// On a free port of the loopback; `answer` gives status and body.
    pub(crate) fn new(answer: impl Fn(&Request) -> (u16, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let gone = Arc::new(AtomicBool::new(false));
        let leaving = Arc::clone(&gone);
        let serve = move || {
            for stream in listener.incoming() {
                if leaving.load(Ordering::Relaxed) {
                    return;
                }
                // One that hangs up early is its own business.
                if let Some(stream) = stream.ok().as_mut() {
                    let _served = reply(stream, &answer);
                }
            }
        };
        let builder = std::thread::Builder::new().name("stand-in".to_owned());
        Self {
            address,
            gone,
            thread: Some(builder.spawn(serve).unwrap()),
        }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Relaxed);
        // Wakes it from waiting for the next connection.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn reply(
    stream: &mut TcpStream,
    answer: &impl Fn(&Request) -> (u16, String),
) -> std::io::Result<()> {
    let mut asked = Vec::new();
    let mut piece = [0; 1024];
    while !asked.ends_with(b"\r\n\r\n") {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        asked.extend_from_slice(&piece[..read]);
    }
    let asked = String::from_utf8_lossy(&asked);
    let (line, head) = asked.split_once("\r\n").unwrap_or((&asked, ""));
    let request = Request {
        path: line.split(' ').nth(1).unwrap_or_default().to_owned(),
        head: head.to_ascii_lowercase(),
    };
    let (status, body) = answer(&request);
    write!(
        stream,
        "HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
