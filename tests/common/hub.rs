//! A stand-in for the Hugging Face hub: one repository over local HTTP, with faults on demand.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

use sha2::{Digest, Sha256};

/// What the stand-in serves, and how badly.
#[derive(Clone, Default)]
pub(crate) struct Plan {
    /// `owner/name`.
    pub(crate) repo: String,
    /// The commit that every revision resolves to.
    pub(crate) commit: String,
    /// Path to contents.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Answer every request with this status.
    pub(crate) status: Option<u16>,
    /// Ask for this token.
    pub(crate) token: Option<String>,
    /// Close the connection after so many bytes of a body: one number for each download, from the
    /// last to the first.
    pub(crate) cuts: Vec<usize>,
    /// Send so many bytes of a body, then nothing, and keep the connection.
    pub(crate) stall_after: Option<usize>,
    /// Send whole files, whatever range is asked for.
    pub(crate) ignore_ranges: bool,
    /// Take connections and never answer.
    pub(crate) mute: bool,
    /// Tell the SHA-256 of large files, and this one in place of the true one.
    pub(crate) announce: Option<String>,
    /// Downloads wait until this opens.
    pub(crate) gate: Option<Arc<Gate>>,
}

/// Holds downloads up until a test lets them go.
#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<(bool, bool)>,
    changed: Condvar,
}

impl Gate {
    /// Lets waiting downloads, and all later ones, go.
    pub(crate) fn open(&self) {
        self.state.lock().unwrap().1 = true;
        self.changed.notify_all();
    }

    /// Blocks until a download waits at the gate.
    pub(crate) fn wait_for_somebody(&self) {
        let mut state = self.state.lock().unwrap();
        while !state.0 {
            state = self.changed.wait(state).unwrap();
        }
    }

    fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        state.0 = true;
        self.changed.notify_all();
        while !state.1 {
            state = self.changed.wait(state).unwrap();
        }
    }
}

/// A running stand-in; stops when dropped.
pub(crate) struct Hub {
    address: SocketAddr,
    plan: Arc<Mutex<Plan>>,
    requests: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Hub {
    /// Starts a stand-in on a free port.
    pub(crate) fn start(plan: Plan) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let plan = Arc::new(Mutex::new(plan));
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let stop = Arc::<AtomicBool>::default();
        let (shared, log, ended) = (Arc::clone(&plan), Arc::clone(&requests), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming().flatten() {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                let (shared, log) = (Arc::clone(&shared), Arc::clone(&log));
                open.push(stream.try_clone().unwrap());
                // A client that hangs up is no concern of the test's.
                std::thread::spawn(move || answer(stream, &shared, &log).unwrap_or_default());
            }
            // Ends whoever still waits for bytes that a stalled answer withholds.
            for stream in open {
                stream
                    .shutdown(std::net::Shutdown::Both)
                    .unwrap_or_default();
            }
        });
        Self {
            address,
            plan,
            requests,
            stop,
            thread: Some(thread),
        }
    }

    /// What to give as `HF_ENDPOINT`.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes what is served from now on.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Plan)) {
        change(&mut self.plan.lock().unwrap());
    }

    /// Requests so far: method, path, and range if there was one.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Downloads so far.
    pub(crate) fn downloads(&self) -> Vec<String> {
        let is_download =
            |request: &String| request.starts_with("GET ") && request.contains("/resolve/");
        self.requests().into_iter().filter(is_download).collect()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the listener.
        TcpStream::connect(self.address)
            .map(drop)
            .unwrap_or_default();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// SHA-256 in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from_digit(digit.into(), 16).unwrap())
        .collect()
}

fn answer(
    mut stream: TcpStream,
    plan: &Mutex<Plan>,
    log: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, path) = (
        words.next().unwrap_or_default().to_owned(),
        words.next().unwrap_or_default().to_owned(),
    );
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;

    let range = headers.get("range").cloned();
    let suffix = range
        .as_ref()
        .map(|range| format!(" {range}"))
        .unwrap_or_default();
    log.lock().unwrap().push(format!("{method} {path}{suffix}"));

    let mut now = plan.lock().unwrap().clone();
    if now.mute {
        // Until the client gives up.
        return reader.read(&mut [0]).map(drop);
    }
    let wanted = now.token.as_ref().map(|token| format!("Bearer {token}"));
    if wanted.is_some() && wanted.as_ref() != headers.get("authorization") {
        now.status = Some(401);
    }
    if let Some(status) = now.status {
        return write!(
            stream,
            "HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
    }
    let (repo, commit) = (&now.repo, &now.commit);
    if path.starts_with(&format!("/api/models/{repo}/revision/")) {
        return json(
            &mut stream,
            &format!(r#"{{"id":"{repo}","sha":"{commit}"}}"#),
        );
    }
    if path.starts_with(&format!("/api/models/{repo}/paths-info/")) {
        let asked = String::from_utf8_lossy(&body).into_owned();
        let entries = now
            .files
            .iter()
            .filter(|(path, _)| asked.contains(&format!("\"{path}\"")))
            .map(|(path, bytes)| {
                let size = bytes.len();
                let lfs = now.announce.as_ref().map(|sha| {
                    format!(r#","lfs":{{"sha256":"{sha}","size":{size},"pointer_size":134}}"#)
                });
                format!(
                    r#"{{"type":"file","oid":"0","size":{size},"path":"{path}"{}}}"#,
                    lfs.unwrap_or_default()
                )
            });
        return json(
            &mut stream,
            &format!("[{}]", entries.collect::<Vec<_>>().join(",")),
        );
    }
    let file = path
        .strip_prefix(&format!("/{repo}/resolve/"))
        .and_then(|rest| rest.split_once('/'))
        .and_then(|(_, file)| now.files.get(file));
    match file {
        Some(bytes) => download(&mut stream, &method, bytes, range.as_deref(), &now, plan),
        None => write!(
            stream,
            "HTTP/1.1 404 Not Found\r\nX-Error-Code: EntryNotFound\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
    }
}

fn json(stream: &mut TcpStream, text: &str) -> std::io::Result<()> {
    let length = text.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
    )
}

fn download(
    stream: &mut TcpStream,
    method: &str,
    bytes: &[u8],
    range: Option<&str>,
    now: &Plan,
    plan: &Mutex<Plan>,
) -> std::io::Result<()> {
    let bounds = range.filter(|_| !now.ignore_ranges).and_then(|range| {
        let (start, end) = range.strip_prefix("bytes=")?.split_once('-')?;
        Some((start.parse::<usize>().ok()?, end.parse::<usize>().ok()? + 1))
    });
    let (start, end) = bounds.unwrap_or((0, bytes.len()));
    let part = &bytes[start..end];
    let status = if bounds.is_some() {
        "206 Partial Content"
    } else {
        "200 OK"
    };
    let (length, etag, commit) = (part.len(), sha256(bytes), &now.commit);
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nETag: \"{etag}\"\r\nX-Repo-Commit: {commit}\r\n\
         Accept-Ranges: bytes\r\nConnection: close\r\n\r\n"
    )?;
    if method == "HEAD" {
        return Ok(());
    }
    if let Some(gate) = &now.gate {
        gate.pass();
    }
    let cut = plan.lock().unwrap().cuts.pop();
    if let Some(cut) = cut {
        stream.write_all(&part[..cut.min(part.len())])?;
        return stream.shutdown(std::net::Shutdown::Both);
    }
    if let Some(stall) = now.stall_after {
        stream.write_all(&part[..stall.min(part.len())])?;
        stream.flush()?;
        // Until the client gives up.
        return stream.read(&mut [0]).map(drop);
    }
    stream.write_all(part)
}
